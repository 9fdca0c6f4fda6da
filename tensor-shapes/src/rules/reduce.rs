use crate::{Axis, Compact, Dim, Gone, Shape, Six, Slot, U1};

/// Several axes of the shape `S`, each named once, in any order: `Axes2<0, -1>`.
///
/// ```
/// use formwork_shapes::{Axes3, ReduceAxes, Shape, U3, U7, U8};
/// type Norm = Axes3<0, 2, 3>;
/// assert_eq!(<<Norm as ReduceAxes<(U8, U3, U7, U7)>>::Out>::display(), "[3]");
/// assert_eq!(<<Norm as ReduceAxes<(U8, U3, U7, U7)>>::Keep>::display(), "[1, 3, 1, 1]");
/// ```
pub trait ReduceAxes<S> {
    /// The axes counted from 0, in the order in which they are named.
    const AXES: &'static [usize];
    /// The shape without them.
    type Out: Shape;
    /// The shape with `U1` in their places.
    type Keep: Shape;
}
/// Two axes, for [`ReduceAxes`].
pub struct Axes2<const A: isize, const B: isize>;
/// Three axes, for [`ReduceAxes`].
pub struct Axes3<const A: isize, const B: isize, const C: isize>;
/// Four axes, for [`ReduceAxes`].
pub struct Axes4<const A: isize, const B: isize, const C: isize, const D: isize>;

type At<S, const I: isize> = <S as Axis<I>>::Slot;
type Kept<S, const I: isize> = <S as Axis<I>>::Set<U1>;
type Dropped<X, const I: isize, S> = <X as DropSlot<At<S, I>, S, I>>::Out;

impl<S, const A: isize, const B: isize> ReduceAxes<S> for Axes2<A, B>
where
    S: Shape + Axis<A> + Axis<B>,
    Six<S>: DropSlot<At<S, A>, S, A>,
    Dropped<Six<S>, A, S>: DropSlot<At<S, B>, S, B>,
    Dropped<Dropped<Six<S>, A, S>, B, S>: Compact,
    Kept<S, A>: Axis<B>,
{
    const AXES: &'static [usize] = &[<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX];
    type Out = <Dropped<Dropped<Six<S>, A, S>, B, S> as Compact>::Out;
    type Keep = Kept<Kept<S, A>, B>;
}
impl<S, const A: isize, const B: isize, const C: isize> ReduceAxes<S> for Axes3<A, B, C>
where
    S: Shape + Axis<A> + Axis<B> + Axis<C>,
    Six<S>: DropSlot<At<S, A>, S, A>,
    Dropped<Six<S>, A, S>: DropSlot<At<S, B>, S, B>,
    Dropped<Dropped<Six<S>, A, S>, B, S>: DropSlot<At<S, C>, S, C>,
    Dropped<Dropped<Dropped<Six<S>, A, S>, B, S>, C, S>: Compact,
    Kept<S, A>: Axis<B>,
    Kept<Kept<S, A>, B>: Axis<C>,
{
    const AXES: &'static [usize] = &[<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX, <S as Axis<C>>::INDEX];
    type Out = <Dropped<Dropped<Dropped<Six<S>, A, S>, B, S>, C, S> as Compact>::Out;
    type Keep = Kept<Kept<Kept<S, A>, B>, C>;
}
impl<S, const A: isize, const B: isize, const C: isize, const D: isize> ReduceAxes<S> for Axes4<A, B, C, D>
where
    S: Shape + Axis<A> + Axis<B> + Axis<C> + Axis<D>,
    Six<S>: DropSlot<At<S, A>, S, A>,
    Dropped<Six<S>, A, S>: DropSlot<At<S, B>, S, B>,
    Dropped<Dropped<Six<S>, A, S>, B, S>: DropSlot<At<S, C>, S, C>,
    Dropped<Dropped<Dropped<Six<S>, A, S>, B, S>, C, S>: DropSlot<At<S, D>, S, D>,
    Dropped<Dropped<Dropped<Dropped<Six<S>, A, S>, B, S>, C, S>, D, S>: Compact,
    Kept<S, A>: Axis<B>,
    Kept<Kept<S, A>, B>: Axis<C>,
    Kept<Kept<Kept<S, A>, B>, C>: Axis<D>,
{
    const AXES: &'static [usize] =
        &[<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX, <S as Axis<C>>::INDEX, <S as Axis<D>>::INDEX];
    type Out = <Dropped<Dropped<Dropped<Dropped<Six<S>, A, S>, B, S>, C, S>, D, S> as Compact>::Out;
    type Keep = Kept<Kept<Kept<Kept<S, A>, B>, C>, D>;
}

/// Six slots without the one at `SLOT`.
pub trait DropSlot<SLOT, S, const I: isize> {
    type Out;
}
macro_rules! drop_slot { ($($i:literal: ($($l:ident)*) $m:ident ($($r:ident)*);)*) => { $(
    impl<$($l,)* $m: NotYet<S, I>, $($r,)* S, const I: isize> DropSlot<Slot<$i>, S, I> for ($($l,)* $m, $($r,)*) {
        type Out = ($($l,)* Gone, $($r,)*);
    }
)* } }
drop_slot! {
    -6: () A (B C D E F); -5: (A) B (C D E F); -4: (A B) C (D E F);
    -3: (A B C) D (E F); -2: (A B C D) E (F); -1: (A B C D E) F ();
}

/// The leaf of [`ReduceAxes`]: the axis is still there.
#[diagnostic::on_unimplemented(
    message = "axis {I} of `{S}` is named twice",
    label = "axis {I} is named twice",
    note = "name each axis once: axes count from 0, or from the end as -1, -2, ..."
)]
pub trait NotYet<S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<D: Dim, S, const I: isize> NotYet<S, I> for D {}
