use crate::{Axis, Compact, Dim, Gone, SetSlot, Shape, Six, Slot, U1, Unpad};

/// Several axes of a shape, `A` such as `Axes2<0, -1>`: each named once, in any order.
///
/// ```
/// use formwork_shapes::{Axes3, ReduceAxes, Shape, U3, U7, U8};
/// type Norm = Axes3<0, 2, 3>;
/// assert_eq!(<<(U8, U3, U7, U7) as ReduceAxes<Norm>>::Out>::display(), "[3]");
/// assert_eq!(<<(U8, U3, U7, U7) as ReduceAxes<Norm>>::Keep>::display(), "[1, 3, 1, 1]");
/// ```
pub trait ReduceAxes<A> {
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
type Dropped<X, S, const I: isize> = <At<S, I> as DropSlot<X, S, I>>::Out;
type Kept<X, S, const I: isize> = <At<S, I> as SetSlot<X, U1>>::Out;

impl<S, const A: isize, const B: isize> ReduceAxes<Axes2<A, B>> for S
where
    S: Shape + Axis<A> + Axis<B>,
    At<S, A>: DropSlot<Six<S>, S, A>,
    At<S, B>: DropSlot<Dropped<Six<S>, S, A>, S, B>,
    Dropped<Dropped<Six<S>, S, A>, S, B>: Compact,
    At<S, A>: SetSlot<Six<S>, U1>,
    At<S, B>: SetSlot<Kept<Six<S>, S, A>, U1>,
    Kept<Kept<Six<S>, S, A>, S, B>: Unpad,
{
    const AXES: &'static [usize] = &[<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX];
    type Out = <Dropped<Dropped<Six<S>, S, A>, S, B> as Compact>::Out;
    type Keep = <Kept<Kept<Six<S>, S, A>, S, B> as Unpad>::Out;
}
impl<S, const A: isize, const B: isize, const C: isize> ReduceAxes<Axes3<A, B, C>> for S
where
    S: Shape + Axis<A> + Axis<B> + Axis<C>,
    At<S, A>: DropSlot<Six<S>, S, A>,
    At<S, B>: DropSlot<Dropped<Six<S>, S, A>, S, B>,
    At<S, C>: DropSlot<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C>,
    Dropped<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C>: Compact,
    At<S, A>: SetSlot<Six<S>, U1>,
    At<S, B>: SetSlot<Kept<Six<S>, S, A>, U1>,
    At<S, C>: SetSlot<Kept<Kept<Six<S>, S, A>, S, B>, U1>,
    Kept<Kept<Kept<Six<S>, S, A>, S, B>, S, C>: Unpad,
{
    const AXES: &'static [usize] = &[<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX, <S as Axis<C>>::INDEX];
    type Out = <Dropped<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C> as Compact>::Out;
    type Keep = <Kept<Kept<Kept<Six<S>, S, A>, S, B>, S, C> as Unpad>::Out;
}
impl<S, const A: isize, const B: isize, const C: isize, const D: isize> ReduceAxes<Axes4<A, B, C, D>> for S
where
    S: Shape + Axis<A> + Axis<B> + Axis<C> + Axis<D>,
    At<S, A>: DropSlot<Six<S>, S, A>,
    At<S, B>: DropSlot<Dropped<Six<S>, S, A>, S, B>,
    At<S, C>: DropSlot<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C>,
    At<S, D>: DropSlot<Dropped<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C>, S, D>,
    Dropped<Dropped<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C>, S, D>: Compact,
    At<S, A>: SetSlot<Six<S>, U1>,
    At<S, B>: SetSlot<Kept<Six<S>, S, A>, U1>,
    At<S, C>: SetSlot<Kept<Kept<Six<S>, S, A>, S, B>, U1>,
    At<S, D>: SetSlot<Kept<Kept<Kept<Six<S>, S, A>, S, B>, S, C>, U1>,
    Kept<Kept<Kept<Kept<Six<S>, S, A>, S, B>, S, C>, S, D>: Unpad,
{
    const AXES: &'static [usize] =
        &[<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX, <S as Axis<C>>::INDEX, <S as Axis<D>>::INDEX];
    type Out = <Dropped<Dropped<Dropped<Dropped<Six<S>, S, A>, S, B>, S, C>, S, D> as Compact>::Out;
    type Keep = <Kept<Kept<Kept<Kept<Six<S>, S, A>, S, B>, S, C>, S, D> as Unpad>::Out;
}

/// The six slots `X` without the one at `Self`.
pub trait DropSlot<X, S, const I: isize> {
    type Out;
}
macro_rules! drop_slot { ($($i:literal: ($($l:ident)*) $m:ident ($($r:ident)*);)*) => { $(
    impl<$($l,)* $m: NotYet<S, I>, $($r,)* S, const I: isize> DropSlot<($($l,)* $m, $($r,)*), S, I> for Slot<$i> {
        type Out = ($($l,)* Gone, $($r,)*);
    }
)* } }
drop_slot! {
    -6: () A (B C D E F); -5: (A) B (C D E F); -4: (A B) C (D E F);
    -3: (A B C) D (E F); -2: (A B C D) E (F); -1: (A B C D E) F ();
}
impl<X, S, const I: isize> DropSlot<X, S, I> for Slot<0> {
    type Out = X;
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
