use crate::axis::Slot;
use crate::dim::{Dim, DimExpr};

/// A shape: a tuple of 0 to 6 dims, `(Batch, U784)`.
///
/// ```
/// use formwork_shapes::{Shape, U784, runtime_dim};
/// runtime_dim!(Batch);
/// assert_eq!(<(Batch, U784)>::SIZES, [None, Some(784)]);
/// assert_eq!(<(Batch, U784)>::display(), "[Batch, 784]");
/// ```
// Relations between shapes have no `Shape` or `Dim` supertrait: in generic code a bound such as
// `where (B, E): ReshapeFrom<(B, S)>` would bring `(B, E): Shape` along, which then hides the impl and its types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shape",
    note = "a shape is a tuple of 0 to 6 dims such as `(Batch, U784)`; a 1-D shape needs its comma: `(U10,)`"
)]
pub trait Shape: 'static {
    /// Number of axes.
    const RANK: usize;
    /// The size of each axis, `None` where only the run time knows it.
    const SIZES: &'static [Option<usize>];
    /// Each axis as a value.
    const DIMS: &'static [&'static DimExpr];
    /// [`Rank`] of the shape.
    type Rank;
    /// The dims as a list: `(Batch, (U784, ()))`.
    type List;
    /// The dims from the first of six to the last, [`Absent`] where the shape has fewer.
    type D6;
    type D5;
    type D4;
    type D3;
    type D2;
    type D1;

    /// The shape as its user writes it: `[Batch, 784]`.
    fn display() -> String {
        let dims: Vec<String> = Self::DIMS.iter().map(|d| d.to_string()).collect();
        format!("[{}]", dims.join(", "))
    }
}

/// A number of axes, as a type.
pub struct Rank<const N: usize>;

/// No dim at all: pads a shape to rank 6 on the left.
pub enum Absent {}

/// From six slots to the shape: drops the [`Absent`] ones on the left.
pub trait Unpad {
    type Out: Shape;
}

/// A shape as six slots.
pub type Six<S> =
    (<S as Shape>::D6, <S as Shape>::D5, <S as Shape>::D4, <S as Shape>::D3, <S as Shape>::D2, <S as Shape>::D1);

macro_rules! list {
    () => { () };
    ($h:ty; $($t:ty;)*) => { ($h, $crate::shape::list!($($t;)*)) };
}
pub(crate) use list;

macro_rules! padded {
    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident) => {
        type D6 = $a;
        type D5 = $b;
        type D4 = $c;
        type D3 = $d;
        type D2 = $e;
        type D1 = $f;
    };
}

macro_rules! shape {
    ($($r:literal: $($d:ident)*, $($p:ident)*;)*) => { $( shape!(@ $r ($($d)*) ($($p)*) ($($p)* $($d)*)); )* };
    (@ $r:literal ($($d:ident)*) ($($p:ident)*) ($($six:ident)*)) => {
        impl<$($d: Dim),*> Shape for ($($d,)*) {
            const RANK: usize = $r;
            const SIZES: &'static [Option<usize>] = &[$($d::SIZE),*];
            const DIMS: &'static [&'static DimExpr] = &[$($d::EXPR),*];
            type Rank = Rank<$r>;
            type List = list!($($d;)*);
            padded!($($six)*);
        }
        impl<$($d: Dim),*> Unpad for ($($six,)*) {
            type Out = ($($d,)*);
        }
        impl<$($d: Dim),*> FromList for list!($($d;)*) {
            type Out = ($($d,)*);
        }
    };
}
shape! {
    0: , Absent Absent Absent Absent Absent Absent;
    1: A, Absent Absent Absent Absent Absent;
    2: A B, Absent Absent Absent Absent;
    3: A B C, Absent Absent Absent;
    4: A B C D, Absent Absent;
    5: A B C D E, Absent;
    6: A B C D E F, ;
}

/// From a list of dims to the shape.
pub trait FromList {
    type Out: Shape;
}

/// In one of six slots: an axis that goes away.
pub enum Gone {}

/// Puts a slot before a list of dims; [`Absent`] and [`Gone`] leave it as it is.
pub trait Push<T> {
    type Out;
}
impl<D: Dim, T> Push<T> for D {
    type Out = (D, T);
}
impl<T> Push<T> for Absent {
    type Out = T;
}
impl<T> Push<T> for Gone {
    type Out = T;
}

/// From six slots to the shape: drops [`Absent`] and [`Gone`] ones wherever they are.
pub trait Compact {
    type Out: Shape;
}
type Pushed<D, T> = <D as Push<T>>::Out;
impl<A, B, C, D, E, F> Compact for (A, B, C, D, E, F)
where
    F: Push<()>,
    E: Push<Pushed<F, ()>>,
    D: Push<Pushed<E, Pushed<F, ()>>>,
    C: Push<Pushed<D, Pushed<E, Pushed<F, ()>>>>,
    B: Push<Pushed<C, Pushed<D, Pushed<E, Pushed<F, ()>>>>>,
    A: Push<Pushed<B, Pushed<C, Pushed<D, Pushed<E, Pushed<F, ()>>>>>>,
    Pushed<A, Pushed<B, Pushed<C, Pushed<D, Pushed<E, Pushed<F, ()>>>>>>: FromList,
{
    type Out = <Pushed<A, Pushed<B, Pushed<C, Pushed<D, Pushed<E, Pushed<F, ()>>>>>> as FromList>::Out;
}

/// The six slots `S` with the dim `X` in the place `Self`: total, so that a missing axis is one error.
pub trait SetSlot<S, X> {
    type Out;
}
macro_rules! set_slot { ($($i:literal: ($($l:ident)*) $m:ident ($($r:ident)*);)*) => { $(
    impl<$($l,)* $m, $($r,)* X> SetSlot<($($l,)* $m, $($r,)*), X> for Slot<$i> {
        type Out = ($($l,)* X, $($r,)*);
    }
)* } }
set_slot! {
    -6: () A (B C D E F); -5: (A) B (C D E F); -4: (A B) C (D E F);
    -3: (A B C) D (E F); -2: (A B C D) E (F); -1: (A B C D E) F ();
}
/// The slot of no axis, which only the impl of [`Axis`](crate::Axis) for `()` names.
impl<S, X> SetSlot<S, X> for Slot<0> {
    type Out = S;
}
