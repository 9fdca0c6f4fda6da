//! Every shape rule on types: the result is stated, rustc compares. Ranks 0 and 6, dims 0, 1 and 200,704, run-time dims.
use formwork_shapes::*;

runtime_dim!(Batch);
runtime_dim!(Seq);
type Big = N<U200, _704>;

fn same<A, B: SameShape<A>>() {}

#[test]
fn shapes_display() {
    assert_eq!(<()>::display(), "[]");
    assert_eq!(<(U10,)>::display(), "[10]");
    assert_eq!(<(Batch, U784)>::display(), "[Batch, 784]");
    assert_eq!(<(U0, U1, Big, Batch, Times<Batch, Seq>, U6)>::display(), "[0, 1, 200704, Batch, Batch * Seq, 6]");
    assert_eq!((<()>::RANK, <(Batch, U784)>::RANK, <(U1, U1, U1, U1, U1, U1)>::RANK), (0, 2, 6));
    assert_eq!(<(Batch, U784)>::SIZES, [None, Some(784)]);
    assert!(<()>::SIZES.is_empty());
}

#[test]
fn axis() {
    type S = (Batch, U3, U4);
    same::<<S as Axis<0>>::Dim, Batch>();
    same::<<S as Axis<-1>>::Dim, U4>();
    same::<<S as Axis<1>>::Remove, (Batch, U4)>();
    same::<<S as Axis<-2>>::Set<U1>, (Batch, U1, U4)>();
    same::<<(U0,) as Axis<0>>::Remove, ()>();
    same::<<(U1, U2, U3, U4, U5, U6) as Axis<-6>>::Remove, (U2, U3, U4, U5, U6)>();
    assert_eq!((<S as Axis<-1>>::INDEX, <S as Axis<0>>::INDEX, <S as Axis<-3>>::INDEX), (2, 0, 0));
}

#[test]
fn unsqueeze_and_stack() {
    same::<<() as InsertAxis<0>>::Out<U1>, (U1,)>();
    same::<<() as InsertAxis<-1>>::Out<U1>, (U1,)>();
    same::<<(Batch, U3) as InsertAxis<-1>>::Out<U1>, (Batch, U3, U1)>();
    same::<<(Batch, U3) as InsertAxis<1>>::Out<U2>, (Batch, U2, U3)>();
    same::<<(Batch, U3) as InsertAxis<-3>>::Out<U2>, (U2, Batch, U3)>();
    same::<<(U1, U2, U3, U4, U5) as InsertAxis<5>>::Out<Batch>, (U1, U2, U3, U4, U5, Batch)>();
    assert_eq!((<(U2, U3) as InsertAxis<-1>>::INDEX, <(U2, U3) as InsertAxis<0>>::INDEX), (2, 0));
}

#[test]
fn squeeze() {
    same::<<(U1,) as Squeeze<0>>::Out, ()>();
    same::<<(Batch, U1, U4) as Squeeze<-2>>::Out, (Batch, U4)>();
}

#[test]
fn matmul() {
    same::<<(U784, U10) as MatMulRhs<(Batch, U784)>>::Out, (Batch, U10)>();
    same::<<(U0, U10) as MatMulRhs<(Batch, U0)>>::Out, (Batch, U10)>();
    same::<<(Batch, U10) as MatMulRhs<(U784, Batch)>>::Out, (U784, U10)>();
    same::<<(U1, U12, U4, U5) as MatMulRhs<(U8, U12, U3, U4)>>::Out, (U8, U12, U3, U5)>();
    same::<<(U4, Big) as MatMulRhs<(U9, U8, U7, U6, U3, U4)>>::Out, (U9, U8, U7, U6, U3, Big)>();
    same::<<(U2, U1, U1, U1, U4, U5) as MatMulRhs<(U3, U4)>>::Out, (U2, U1, U1, U1, U3, U5)>();
}

#[test]
fn square() {
    same::<<(Batch, U3, U3) as Square>::Side, U3>();
    same::<<(Seq, Seq) as Square>::Side, Seq>();
    same::<<(U0, U0) as Square>::Batch, ()>();
}

#[test]
fn broadcast() {
    same::<<() as Broadcast<()>>::Out, ()>();
    same::<<() as Broadcast<(Batch, U3)>>::Out, (Batch, U3)>();
    same::<<(Batch, U3) as Broadcast<()>>::Out, (Batch, U3)>();
    same::<<(U12, U1) as Broadcast<(Batch, U1, Seq)>>::Out, (Batch, U12, Seq)>();
    same::<<(U1,) as Broadcast<(U0,)>>::Out, (U0,)>();
    same::<<(U0,) as Broadcast<(U1,)>>::Out, (U0,)>();
    same::<<(U1,) as Broadcast<(U1,)>>::Out, (U1,)>();
    same::<<(Big,) as Broadcast<(U1, U2, U3, U4, U5, U1)>>::Out, (U1, U2, U3, U4, U5, Big)>();
    fn generic<B: Dim, D: Dim>() {
        same::<<(D,) as Broadcast<(B, D)>>::Out, (B, D)>();
    }
    generic::<Batch, U3>();
}

#[test]
fn expand() {
    fn expands<F, To: ExpandFrom<F>>() {}
    expands::<(), ()>();
    expands::<(), (Batch, U3)>();
    expands::<(U1,), (U0,)>();
    expands::<(U3, U1), (Batch, U3, Big)>();
    expands::<(U1, U1), (Batch, Seq)>();
    expands::<(U1, U2, U3, U4, U5, U6), (U9, U2, U3, U4, U5, U6)>();
}

#[test]
fn reshape() {
    fn reshapes<F, To: ReshapeFrom<F>>() {}
    reshapes::<(), ()>();
    reshapes::<(), (U1, U1)>();
    reshapes::<(U0, U7), (U3, U0)>();
    reshapes::<(U64, U56, U56), (Big,)>();
    reshapes::<(Batch, U768), (Batch, U12, U64)>();
    reshapes::<(Batch, Seq, U768), (Times<Batch, Seq>, U768)>();
    reshapes::<(Times<Batch, Seq>, U768), (Batch, Seq, U12, U64)>();
    reshapes::<(Batch, U1), (Batch,)>();
}

#[test]
fn flatten() {
    same::<<(U8, U3, U4, U4) as FlattenAxes<1, -1>>::Out, (U8, U48)>();
    same::<<(U8, U3, U4, U4) as FlattenAxes<1, 2>>::Out, (U8, U12, U4)>();
    same::<<(U8, U3, U4, U4) as FlattenAxes<0, 3>>::Out, (U384,)>();
    same::<<(U8, U3) as FlattenAxes<1, 1>>::Out, (U8, U3)>();
    same::<<(U7,) as FlattenAxes<0, 0>>::Out, (U7,)>();
    same::<<(U1, U2, U3, U4, U5, U6) as FlattenAxes<-6, -1>>::Out, (U720,)>();
    same::<<(U1, U2, U3, U4, U5, U6) as FlattenAxes<2, 3>>::Out, (U1, U2, U12, U5, U6)>();
    same::<<(Batch, U64, U56, U56) as FlattenAxes<1, 3>>::Out, (Batch, Big)>();
    same::<<(Batch, Seq, U768) as FlattenAxes<0, 1>>::Out, (Times<Batch, Seq>, U768)>();
    same::<<(U3, U0) as FlattenAxes<0, -1>>::Out, (U0,)>();
    fn generic<B: Dim + DimMul<S>, S: Dim, E: Dim>() {
        same::<<(B, S, E) as FlattenAxes<0, 1>>::Out, (Prod<B, S>, E)>();
    }
    generic::<Batch, U12, U64>();
}

#[test]
fn unflatten() {
    same::<<(Batch, Seq, U768) as UnflattenAxis<U12, U64, -1>>::Out, (Batch, Seq, U12, U64)>();
    same::<<(Times<Batch, Seq>, U5) as UnflattenAxis<Batch, Seq, 0>>::Out, (Batch, Seq, U5)>();
    same::<<(U0,) as UnflattenAxis<U0, Big, 0>>::Out, (U0, Big)>();
    same::<<(U6, U2, U3, U4, U5) as UnflattenAxis<U2, U3, 0>>::Out, (U2, U3, U2, U3, U4, U5)>();
}

#[test]
fn permute() {
    same::<<Perm2<1, 0> as Permute<(Batch, U3)>>::Out, (U3, Batch)>();
    same::<<Perm3<0, -1, 1> as Permute<(Batch, U3, U4)>>::Out, (Batch, U4, U3)>();
    same::<<Perm4<0, 2, 1, 3> as Permute<(Batch, Seq, U12, U64)>>::Out, (Batch, U12, Seq, U64)>();
    same::<<Perm5<4, 3, 2, 1, 0> as Permute<(U1, U2, U3, U4, U5)>>::Out, (U5, U4, U3, U2, U1)>();
    same::<<Perm6<5, 0, 4, 1, 3, 2> as Permute<(U0, U1, U2, U3, U4, U5)>>::Out, (U5, U0, U4, U1, U3, U2)>();
    assert_eq!(<Perm3<0, -1, 1> as Permute<(Batch, U3, U4)>>::AXES, [0, 2, 1]);
}

#[test]
fn transpose() {
    same::<<(Batch, U3) as Transpose<0, 1>>::Out, (U3, Batch)>();
    same::<<(Batch, U3, U4) as Transpose<-1, -2>>::Out, (Batch, U4, U3)>();
    same::<<(U1, U2, U3, U4, U5, U6) as Transpose<0, -1>>::Out, (U6, U2, U3, U4, U5, U1)>();
    same::<<(U1, U2) as Transpose<1, 1>>::Out, (U1, U2)>();
}

#[test]
fn slice() {
    same::<<(U10, U4) as SliceAxis<U3, U7, 0>>::Out, (U7, U4)>();
    same::<<(U10,) as SliceAxis<U10, U0, 0>>::Out, (U0,)>();
    same::<<(U10,) as SliceAxis<U0, U10, -1>>::Out, (U10,)>();
    same::<<(Batch, Big) as SliceAxis<N<U200, _000>, U704, 1>>::Out, (Batch, U704)>();
    same::<<(Batch, U4) as SliceAxis<U3, U7, 0>>::Out, (U7, U4)>();
    same::<<(Plus<Batch, U1>,) as SliceAxis<U0, U1, 0>>::Out, (U1,)>();
}

#[test]
fn topk() {
    same::<<(U10, U4) as TopAxis<U3, 0>>::Out, (U3, U4)>();
    same::<<(U10,) as TopAxis<U10, -1>>::Out, (U10,)>();
    same::<<(U10,) as TopAxis<U0, 0>>::Out, (U0,)>();
    same::<<(Batch, Big) as TopAxis<N<U200, _000>, 1>>::Out, (Batch, N<U200, _000>)>();
    same::<<(Batch, U4) as TopAxis<U7, 0>>::Out, (U7, U4)>();
    same::<<(Plus<Batch, U1>,) as TopAxis<U1, 0>>::Out, (U1,)>();
}

#[test]
fn pad() {
    same::<<(U28, U4) as PadAxis<U2, U2, 0>>::Out, (U32, U4)>();
    same::<<(U0,) as PadAxis<U0, U1, -1>>::Out, (U1,)>();
    same::<<(Batch, U4) as PadAxis<U1, U2, 0>>::Out, (Plus<Batch, U3>, U4)>();
}

#[test]
fn concat_and_split() {
    same::<<(U4, U64) as ConcatRhs<(U3, U64), 0>>::Out, (U7, U64)>();
    same::<<(U1, U768) as ConcatRhs<(Batch, U768), 0>>::Out, (Plus<Batch, U1>, U768)>();
    same::<<(U4, U257) as ConcatRhs<(U4, N<U60, _000>), -1>>::Out, (U4, N<U60, _257>)>();
    same::<<(U0,) as ConcatRhs<(U0,), 0>>::Out, (U0,)>();
    same::<<(U4, U10) as SplitAxis<U1, U9, 1>>::Left, (U4, U1)>();
    same::<<(U4, U10) as SplitAxis<U10, U0, -1>>::Right, (U4, U0)>();
    same::<<(Plus<Batch, U1>, U2) as SplitAxis<Batch, U1, 0>>::Left, (Batch, U2)>();
}

#[test]
fn chunk() {
    same::<<(U6, U2) as ChunkAxis<3, 0>>::Out, (U2, U2)>();
    same::<<(Batch, N<U2, _304>) as ChunkAxis<3, -1>>::Out, (Batch, U768)>();
    same::<<(U0,) as ChunkAxis<5, 0>>::Out, (U0,)>();
    same::<<(Big,) as ChunkAxis<1, 0>>::Out, (Big,)>();
}

#[test]
fn reduce() {
    type S = (U8, U3, Batch, U7);
    same::<<S as ReduceAxes<Axes2<2, 3>>>::Out, (U8, U3)>();
    same::<<S as ReduceAxes<Axes2<-1, 0>>>::Out, (U3, Batch)>();
    same::<<S as ReduceAxes<Axes2<-1, 0>>>::Keep, (U1, U3, Batch, U1)>();
    same::<<S as ReduceAxes<Axes3<0, 2, 3>>>::Out, (U3,)>();
    same::<<S as ReduceAxes<Axes4<3, 1, 2, 0>>>::Out, ()>();
    same::<<S as ReduceAxes<Axes4<3, 1, 2, 0>>>::Keep, (U1, U1, U1, U1)>();
    same::<<(U1, U2, U3, U4, U5, U6) as ReduceAxes<Axes2<0, 5>>>::Out, (U2, U3, U4, U5)>();
    assert_eq!(<S as ReduceAxes<Axes3<-1, 0, 2>>>::AXES, [3, 0, 2]);
}

#[test]
fn gather() {
    fn gathers<L, R: GatherIndex<L, I>, const I: isize>() {}
    gathers::<(U4, U10), (U4, U3), 1>();
    gathers::<(Batch, U10), (Batch, U0), -1>();
    gathers::<(U10,), (Batch,), 0>();
    same::<<(U3,) as SelectIndex<(U10, Batch), 0>>::Out, (U3, Batch)>();
    same::<<(Batch,) as SelectIndex<(U1, U2, U3, U4, U5, U6), -1>>::Out, (U1, U2, U3, U4, U5, Batch)>();
    same::<<() as EmbedIn<(U10, U64)>>::Out, (U64,)>();
    same::<<(Batch, Seq) as EmbedIn<(U50257, U768)>>::Out, (Batch, Seq, U768)>();
}

#[test]
fn labels_and_scalars() {
    fn labels<L, R: LabelsOf<L, I>, const I: isize>() {}
    labels::<(Batch, U10), (Batch,), -1>();
    labels::<(U10,), (), 0>();
    labels::<(Batch, U10, U7, U7), (Batch, U7, U7), 1>();
    fn scalar<S: Scalar>() {}
    scalar::<()>();
    same::<(Batch, U3), (Batch, U3)>();
}

#[test]
fn window() {
    macro_rules! fits { ($($h:ident $k:ident $s:ident $p:ident $d:ident = $out:ident;)*) => { $(
        same::<<$h as Window<$k, $s, $p, $d>>::Out, $out>();
        same::<<$h as Window<$k, $s, $p, $d>>::Fit, Yes>();
    )* } }
    // PyTorch: (h + 2p - d(k - 1) - 1) / s + 1
    fits! {
        U224 U7 U2 U3 U1 = U112; U112 U3 U2 U1 U1 = U56; U28 U5 U1 U0 U1 = U24; U28 U2 U2 U0 U1 = U14;
        U5 U5 U1 U0 U1 = U1; U1 U3 U1 U1 U1 = U1; U32 U3 U3 U0 U1 = U10; U32 U3 U1 U2 U2 = U32; U20 U3 U2 U0 U4 = U6;
        U7 U1 U1 U0 U3 = U7; U10 U4 U3 U0 U1 = U3; U0 U1 U1 U1 U1 = U2; U1000 U11 U4 U2 U1 = U249;
    }
    macro_rules! misfits { ($($h:ident $k:ident $s:ident $p:ident $d:ident;)*) => { $(
        same::<<$h as Window<$k, $s, $p, $d>>::Out, U0>();
        same::<<$h as Window<$k, $s, $p, $d>>::Fit, No>();
    )* } }
    misfits! { U5 U7 U2 U0 U1; U5 U3 U1 U0 U3; U5 U0 U1 U0 U1; U5 U0 U1 U0 U2; U5 U3 U0 U0 U1; U5 U3 U1 U0 U0; U0 U1 U1 U0 U1; }
}

#[test]
fn convolution() {
    struct Pool;
    type X = (Batch, U3, U224, U112);
    same::<<X as SlideImage<U2, U2, U0, U1, Pool>>::H, U112>();
    same::<<X as SlideImage<U2, U2, U0, U1, Pool>>::W, U56>();
    same::<<(U64, U3, U7, U1) as Conv2dWeight<X, U2, U0, U1>>::Out, (Batch, U64, U109, U56)>();
    same::<<X as Image>::C, U3>();
}

#[test]
fn rules_know_their_axes_from_zero() {
    type S = (U4, U1, U6);
    assert_eq!(<S as Squeeze<-2>>::INDEX, 1);
    assert_eq!(<S as SliceAxis<U0, U1, -1>>::INDEX, 2);
    assert_eq!(<S as PadAxis<U0, U1, -3>>::INDEX, 0);
    assert_eq!(<S as ConcatRhs<S, -1>>::INDEX, 2);
    assert_eq!(<S as SplitAxis<U2, U4, -1>>::INDEX, 2);
    assert_eq!(<S as ChunkAxis<2, -3>>::INDEX, 0);
    assert_eq!(<S as UnflattenAxis<U2, U3, -1>>::INDEX, 2);
    assert_eq!(<S as GatherIndex<S, -1>>::INDEX, 2);
    assert_eq!(<(U7,) as SelectIndex<S, -1>>::INDEX, 2);
    assert_eq!(<(U4, U6) as LabelsOf<S, -2>>::INDEX, 1);
    assert_eq!(<S as Transpose<-1, 0>>::AXES, [2, 0]);
    assert_eq!(<S as FlattenAxes<-2, -1>>::AXES, [1, 2]);
}
