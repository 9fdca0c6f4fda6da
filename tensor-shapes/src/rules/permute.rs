use crate::dim::Dim;
use crate::shape::list;
use crate::{_030, _310, Axis, Elems, N, Rank, Shape, U2, U3, U5, U6, U7, U11, U13, U30, U210};

/// An order of axes, `Perm3<0, 2, 1>`, applied to the shape `S`: axis `n` of the result is the `n`-th one named.
///
/// ```
/// use formwork_shapes::{Perm3, Permute, Shape, U2, U3, U4};
/// assert_eq!(<<Perm3<2, 0, 1> as Permute<(U2, U3, U4)>>::Out>::display(), "[4, 2, 3]");
/// assert_eq!(<Perm3<2, 0, 1> as Permute<(U2, U3, U4)>>::AXES, [2, 0, 1]);
/// ```
#[diagnostic::on_unimplemented(
    message = "permute: `{Self}` does not reorder the axes of `{S}`",
    label = "not an order of its axes",
    note = "name each axis once, from 0"
)]
pub trait Permute<S> {
    /// The axes in their new order.
    const AXES: &'static [usize];
    type Out: Shape;
}

/// A type and itself.
pub trait Same<T> {}
impl<T> Same<T> for T {}

// Each axis weighs a prime: only naming each once gives the product of them all.
/// For `(P,)`: were its `Self` that of [`Permute`], rustc would head the message with this trait.
pub trait EachOnce {}

macro_rules! permute {
    ($($p:ident $r:literal $all:ty: $($i:ident $w:ident)*;)*) => { $( permute!(@ $p $r $all: $($i)*; ($($w,)*)); )* };
    (@ $p:ident $r:literal $all:ty: $($i:ident)*; $ws:tt) => {
        #[doc = concat!("An order of ", $r, " axes, for [`Permute`].")]
        pub struct $p<$(const $i: isize),*>;
        #[diagnostic::do_not_recommend]
        impl<$(const $i: isize),*> EachOnce for ($p<$($i),*>,)
        where
            $($ws: Axis<$i>,)*
            list!($(<$ws as Axis<$i>>::Dim;)*): Elems,
            <list!($(<$ws as Axis<$i>>::Dim;)*) as Elems>::Uint: Same<<$all as Dim>::Uint>,
        {
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $i: isize),*> Permute<S> for $p<$($i),*>
        where
            (Self,): EachOnce,
            S::Rank: Same<Rank<$r>>,
            $(S: Axis<$i>),*
        {
            const AXES: &'static [usize] = &[$(<S as Axis<$i>>::INDEX),*];
            type Out = ($(<S as Axis<$i>>::Dim,)*);
        }
    };
}
permute! {
    Perm2 2 U6: I U2 J U3;
    Perm3 3 U30: I U2 J U3 K U5;
    Perm4 4 U210: I U2 J U3 K U5 L U7;
    Perm5 5 N<U2, _310>: I U2 J U3 K U5 L U7 M U11;
    Perm6 6 N<U30, _030>: I U2 J U3 K U5 L U7 M U11 O U13;
}
