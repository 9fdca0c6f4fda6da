//! The same elements under other shapes: reshape, permute, transpose, squeeze, expand and their kin.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Dims, named, op_at, op_name};
use crate::tensor::{Tensor, resolve};
use formwork_shapes::{
    Axis, Dim, ExpandFrom, FlattenAxes, InsertAxis, PadAxis, Permute, ReshapeFrom, Shape, SliceAxis, Squeeze,
    Transpose, U1, UnflattenAxis,
};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The same elements in row-major order under shape `R`, which has as many. Run-time dims keep
    /// their order.
    #[track_caller]
    pub fn reshape<R: Shape + ReshapeFrom<S>>(&self) -> Tensor<R, E> {
        let _op = named("reshape");
        match resolve(R::DIMS, &[(S::DIMS, self.node().dims())]) {
            Ok(dims) if dims.iter().product::<usize>() == self.len() => Tensor::of(self.node().reshape(&dims)),
            Ok(dims) => {
                let (expected, found) = (format!("{} elements", self.len()), format!("{dims:?}"));
                Tensor::poisoned(Error::Shape { op: op_name(), expected, found, at: op_at() })
            }
            Err(error) => Tensor::poisoned(error),
        }
    }

    /// Axes `FROM` to `TO` (inclusive) become one.
    #[track_caller]
    pub fn flatten<const FROM: isize, const TO: isize>(&self) -> Tensor<S::Out, E>
    where
        S: FlattenAxes<FROM, TO>,
    {
        let _op = named("flatten");
        let [from, to] = <S as FlattenAxes<FROM, TO>>::AXES;
        let dims = self.node().dims();
        let mut flat: Dims = dims[..from].into();
        flat.push(dims[from..=to].iter().product());
        flat.extend_from_slice(&dims[to + 1..]);
        Tensor::of(self.node().reshape(&flat))
    }

    /// Axis `I` becomes two, of `A` and `B`: the way back of [`Tensor::flatten`].
    #[track_caller]
    pub fn unflatten<const I: isize, A: Dim, B: Dim>(&self) -> Tensor<S::Out, E>
    where
        S: UnflattenAxis<A, B, I>,
    {
        let _op = named("unflatten");
        match resolve(S::Out::DIMS, &[(S::DIMS, self.node().dims())]) {
            Ok(dims) => Tensor::of(self.node().reshape(&dims)),
            Err(error) => Tensor::poisoned(error),
        }
    }

    /// The axes in the order that `P` names: `x.permute::<Perm4<0, 2, 1, 3>>()`.
    #[track_caller]
    pub fn permute<P: Permute<S>>(&self) -> Tensor<P::Out, E> {
        let _op = named("permute");
        Tensor::of(self.node().permute(P::AXES))
    }

    /// Axes `A` and `B` exchanged.
    #[track_caller]
    pub fn transpose<const A: isize, const B: isize>(&self) -> Tensor<S::Out, E>
    where
        S: Transpose<A, B>,
    {
        let _op = named("transpose");
        let mut perm: Dims = (0..self.node().rank()).collect();
        let [a, b] = <S as Transpose<A, B>>::AXES;
        perm.swap(a, b);
        Tensor::of(self.node().permute(&perm))
    }

    /// Axis `I`, of one element, dropped.
    #[track_caller]
    pub fn squeeze<const I: isize>(&self) -> Tensor<<S as Squeeze<I>>::Out, E>
    where
        S: Squeeze<I> + Axis<I>,
    {
        let _op = named("squeeze");
        let mut dims = self.node().dims().clone();
        dims.remove(<S as Axis<I>>::INDEX);
        Tensor::of(self.node().reshape(&dims))
    }

    /// A new axis `I` of one element.
    #[track_caller]
    pub fn unsqueeze<const I: isize>(&self) -> Tensor<S::Out<U1>, E>
    where
        S: InsertAxis<I>,
    {
        let _op = named("unsqueeze");
        let mut dims = self.node().dims().clone();
        dims.insert(<S as InsertAxis<I>>::INDEX, 1);
        Tensor::of(self.node().reshape(&dims))
    }

    /// Axes of one element repeated, and new ones added on the left, to shape `R`. Run-time dims that
    /// this tensor does not have take their sizes from `like`: see [`Tensor::expand_as`].
    #[track_caller]
    pub fn expand<R: Shape + ExpandFrom<S>>(&self) -> Tensor<R, E> {
        let _op = named("expand");
        match resolve(R::DIMS, &[(S::DIMS, self.node().dims())]) {
            Ok(dims) => Tensor::of(self.node().expand(&dims)),
            Err(error) => Tensor::poisoned(error),
        }
    }

    /// [`Tensor::expand`] to the shape and sizes of `like`.
    #[track_caller]
    pub fn expand_as<R: Shape + ExpandFrom<S>, T: Element>(&self, like: &Tensor<R, T>) -> Tensor<R, E> {
        let _op = named("expand_as");
        let (own, to) = (self.node().dims(), like.node().dims());
        let fits = own.iter().rev().zip(to.iter().rev()).all(|(&n, &m)| n == m || n == 1);
        match fits {
            true => Tensor::of(self.node().expand(to)),
            false => {
                Tensor::poisoned(Error::Dims { op: op_name(), left: own.to_vec(), right: to.to_vec(), at: op_at() })
            }
        }
    }

    /// `LEN` elements of axis `I`, from `START`: `x.slice::<1, dim!(2), dim!(3)>()`. PyTorch's `narrow`.
    #[track_caller]
    pub fn slice<const I: isize, START: Dim, LEN: Dim>(&self) -> Tensor<<S as SliceAxis<START, LEN, I>>::Out, E>
    where
        S: SliceAxis<START, LEN, I> + Axis<I>,
    {
        let _op = named("slice");
        let (start, len) = (START::SIZE.unwrap_or(0), LEN::SIZE.unwrap_or(0));
        let axis = <S as Axis<I>>::INDEX;
        let size = self.node().dims()[axis];
        if start + len > size {
            return Tensor::poisoned(bounds(axis, start, len, size));
        }
        Tensor::of(self.node().slice(axis, start, len, 1))
    }

    /// Elements `start..start + len` of axis `I`, which becomes the run-time dim `D`.
    #[track_caller]
    pub fn narrow<const I: isize, D: Dim>(&self, start: usize, len: usize) -> Tensor<<S as Axis<I>>::Set<D>, E>
    where
        S: Axis<I>,
    {
        let _op = named("narrow");
        let axis = <S as Axis<I>>::INDEX;
        let size = self.node().dims()[axis];
        if start.checked_add(len).is_none_or(|end| end > size) {
            return Tensor::poisoned(bounds(axis, start, len, size));
        }
        if let Some(expected) = D::SIZE.filter(|&n| n != len) {
            let (expected, found) = (format!("{expected} elements"), format!("a length of {len}"));
            return Tensor::poisoned(Error::Shape { op: op_name(), expected, found, at: op_at() });
        }
        Tensor::of(self.node().slice(axis, start, len, 1))
    }

    /// Axis `I` backwards.
    #[track_caller]
    pub fn flip<const I: isize>(&self) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("flip");
        let axis = <S as Axis<I>>::INDEX;
        let n = self.node().dims()[axis];
        Tensor::of(if n == 0 { self.node().clone() } else { self.node().slice(axis, n - 1, n, -1) })
    }

    /// `BEFORE` and `AFTER` zeros at the ends of axis `I`.
    #[track_caller]
    pub fn pad<const I: isize, BEFORE: Dim, AFTER: Dim>(&self) -> Tensor<<S as PadAxis<BEFORE, AFTER, I>>::Out, E>
    where
        S: PadAxis<BEFORE, AFTER, I> + Axis<I>,
    {
        let _op = named("pad");
        let (before, after) = (BEFORE::SIZE.unwrap_or(0), AFTER::SIZE.unwrap_or(0));
        Tensor::of(self.node().pad(<S as Axis<I>>::INDEX, before, after))
    }
}

fn bounds(axis: usize, start: usize, len: usize, size: usize) -> Error {
    let message = format!("{len} elements from {start} on do not lie in axis {axis} of {size} elements");
    Error::Bounds { op: op_name(), message, at: op_at() }
}
