use crate::U1;
use crate::dim::Dim;
use crate::shape::Shape;

/// Axis `I` of a shape, negative ones counted from the end: the dim there, and the shapes got by changing it.
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` has no axis {I}",
    label = "no axis {I}",
    note = "axes count from 0, or from the end as -1, -2, ..."
)]
pub trait Axis<const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    /// Its dim.
    type Dim: Dim;
    /// The shape without it.
    type Remove: Shape;
    /// The shape with another dim in its place.
    type Set<X: Dim>: Shape;
    /// Its place counted from the end.
    type Slot;
}

/// A place counted from the end: `Slot<-1>` is the last axis of any shape.
pub struct Slot<const FROM_END: isize>;

macro_rules! axis {
    ($(($($l:ident)*) $m:ident ($($r:ident)*) : $i:literal $n:literal;)*) => { $(
        axis!(@ ($($l)*) $m ($($r)*) $i $i $n);
        axis!(@ ($($l)*) $m ($($r)*) $n $i $n);
    )* };
    (@ ($($l:ident)*) $m:ident ($($r:ident)*) $axis:literal $i:literal $n:literal) => {
        #[diagnostic::do_not_recommend]
        impl<$($l: Dim,)* $m: Dim, $($r: Dim),*> Axis<$axis> for ($($l,)* $m, $($r,)*) {
            const INDEX: usize = $i;
            type Dim = $m;
            type Remove = ($($l,)* $($r,)*);
            type Set<X: Dim> = ($($l,)* X, $($r,)*);
            type Slot = Slot<$n>;
        }
    };
}
axis! {
    () A (): 0 -1;
    () A (B): 0 -2; (A) B (): 1 -1;
    () A (B C): 0 -3; (A) B (C): 1 -2; (A B) C (): 2 -1;
    () A (B C D): 0 -4; (A) B (C D): 1 -3; (A B) C (D): 2 -2; (A B C) D (): 3 -1;
    () A (B C D E): 0 -5; (A) B (C D E): 1 -4; (A B) C (D E): 2 -3; (A B C) D (E): 3 -2; (A B C D) E (): 4 -1;
    () A (B C D E F): 0 -6; (A) B (C D E F): 1 -5; (A B) C (D E F): 2 -4; (A B C) D (E F): 3 -3;
    (A B C D) E (F): 4 -2; (A B C D E) F (): 5 -1;
}

// A scalar has no axis, and no `I` meets this impl. Without any impl for `()`, rustc would say of a method that asks for
// an axis that it does not exist (E0599) instead of giving the message of `Axis`: while it looks the method up it does
// not know `I`, and so takes both conditions for possible.
#[diagnostic::do_not_recommend]
impl<const I: isize> Axis<I> for ()
where
    Number<I>: Low + High,
{
    const INDEX: usize = 0;
    type Dim = U1;
    type Remove = ();
    type Set<X: Dim> = ();
    type Slot = Slot<0>;
}
/// A number, for conditions.
pub struct Number<const I: isize>;
/// 0 or 1. Two of each, or else rustc would take the only one for meant.
pub trait Low {}
impl Low for Number<0> {}
impl Low for Number<1> {}
/// 2 or 3.
pub trait High {}
impl High for Number<2> {}
impl High for Number<3> {}

/// A place for a new axis: before axis `I`, or after the last one. `-1` is the new last axis, as in PyTorch.
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` has no place {I} for a new axis",
    label = "no place {I} for a new axis",
    note = "a shape of rank r takes a new axis at 0 to r, or at -1 to -(r + 1); no shape has more than 6 axes"
)]
pub trait InsertAxis<const I: isize> {
    /// The new axis counted from 0.
    const INDEX: usize;
    /// The shape with a new axis of dim `X`.
    type Out<X: Dim>: Shape;
}

macro_rules! insert {
    ($(($($l:ident)*) ($($r:ident)*) : $i:literal $n:literal;)*) => { $(
        insert!(@ ($($l)*) ($($r)*) $i $i);
        insert!(@ ($($l)*) ($($r)*) $n $i);
    )* };
    (@ ($($l:ident)*) ($($r:ident)*) $axis:literal $i:literal) => {
        #[diagnostic::do_not_recommend]
        impl<$($l: Dim,)* $($r: Dim),*> InsertAxis<$axis> for ($($l,)* $($r,)*) {
            const INDEX: usize = $i;
            type Out<X: Dim> = ($($l,)* X, $($r,)*);
        }
    };
}
insert! {
    () (): 0 -1;
    () (A): 0 -2; (A) (): 1 -1;
    () (A B): 0 -3; (A) (B): 1 -2; (A B) (): 2 -1;
    () (A B C): 0 -4; (A) (B C): 1 -3; (A B) (C): 2 -2; (A B C) (): 3 -1;
    () (A B C D): 0 -5; (A) (B C D): 1 -4; (A B) (C D): 2 -3; (A B C) (D): 3 -2; (A B C D) (): 4 -1;
    () (A B C D E): 0 -6; (A) (B C D E): 1 -5; (A B) (C D E): 2 -4; (A B C) (D E): 3 -3; (A B C D) (E): 4 -2;
    (A B C D E) (): 5 -1;
}

// As with `Axis` for `()`: a shape of rank 6 has no place left, and no `I` meets this impl.
#[diagnostic::do_not_recommend]
impl<A: Dim, B: Dim, C: Dim, D: Dim, E: Dim, F: Dim, const I: isize> InsertAxis<I> for (A, B, C, D, E, F)
where
    Number<I>: Low + High,
{
    const INDEX: usize = 0;
    type Out<X: Dim> = (A, B, C, D, E, F);
}

/// Axis `I` of a shape that has room for one more: the shapes with two axes in its place.
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` has no axis {I} to make two of",
    label = "no axis {I} to make two of",
    note = "axes count from 0, or from the end as -1, -2, ...; no shape has more than 6 axes"
)]
pub trait TwoAxes<const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    /// The dim of the axis.
    type Dim: Dim;
    /// The shape with `X` and `Y` in its place.
    type Out<X: Dim, Y: Dim>: Shape;
}

macro_rules! two {
    ($(($($l:ident)*) $m:ident ($($r:ident)*) : $($i:literal)*;)*) => { $( two!(@ ($($l)*) $m ($($r)*) $($i)*); )* };
    (@ $l:tt $m:ident $r:tt $i:literal $n:literal) => { two!(@@ $l $m $r $i $i); two!(@@ $l $m $r $n $i); };
    (@@ ($($l:ident)*) $m:ident ($($r:ident)*) $axis:literal $i:literal) => {
        #[diagnostic::do_not_recommend]
        impl<$($l: Dim,)* $m: Dim, $($r: Dim),*> TwoAxes<$axis> for ($($l,)* $m, $($r,)*) {
            const INDEX: usize = $i;
            type Dim = $m;
            type Out<X: Dim, Y: Dim> = ($($l,)* X, Y, $($r,)*);
        }
    };
}
two! {
    () A (): 0 -1;
    () A (B): 0 -2; (A) B (): 1 -1;
    () A (B C): 0 -3; (A) B (C): 1 -2; (A B) C (): 2 -1;
    () A (B C D): 0 -4; (A) B (C D): 1 -3; (A B) C (D): 2 -2; (A B C) D (): 3 -1;
    () A (B C D E): 0 -5; (A) B (C D E): 1 -4; (A B) C (D E): 2 -3; (A B C) D (E): 3 -2; (A B C D) E (): 4 -1;
}
