use crate::dim::{Dim, Show, ToDim};
use crate::{Append, No, Shape, Times, Yes};
use core::ops::Mul;
use typenum::{self as t, B0, B1, Eq, IsEqual};

/// `Self` is the target of a reshape from `S`: as many elements, and the run-time dims in the same order.
///
/// ```
/// # use formwork_shapes::{ReshapeFrom, Times, U12, U64, U768, runtime_dim};
/// # runtime_dim!(Batch);
/// fn reshapes<F, To: ReshapeFrom<F>>() {}
/// reshapes::<(Batch, U768), (Batch, U12, U64)>();
/// reshapes::<(Batch, U12, U64), (Times<Batch, U12>, U64)>();
/// ```
#[diagnostic::on_unimplemented(
    message = "cannot tell here whether `{S}` reshapes to `{Self}`",
    note = "in generic code add `where {Self}: ReshapeFrom<{S}>`"
)]
pub trait ReshapeFrom<S> {}
impl<S: Shape, R: CompareElems<S>> ReshapeFrom<S> for R where R::SameUint: SameElems<R::Syms, R::FromSyms, S, R> {}

/// Literal and run-time factors of a list of dims.
pub trait Elems {
    type Uint;
    type Syms;
}
impl Elems for () {
    type Uint = t::U1;
    type Syms = ();
}
impl<H: Dim, T: Elems> Elems for (H, T)
where
    H::Uint: Mul<T::Uint>,
    H::Syms: Append<T::Syms>,
{
    type Uint = t::Prod<H::Uint, T::Uint>;
    type Syms = <H::Syms as Append<T::Syms>>::Out;
}

/// The number of elements as a dim, worked out only for a message.
pub trait Count {
    type Out;
}
impl<S: Shape> Count for S
where
    S::List: Elems,
    UintOf<S>: ToDim,
    SymsOf<S>: Factors<Show<UintOf<S>>>,
{
    type Out = <SymsOf<S> as Factors<Show<UintOf<S>>>>::Out;
}
type UintOf<S> = <<S as Shape>::List as Elems>::Uint;
type SymsOf<S> = <<S as Shape>::List as Elems>::Syms;

/// The product of run-time factors with the literal one, `C`.
pub trait Factors<C> {
    type Out;
}
impl<C> Factors<C> for () {
    type Out = C;
}
impl<A, T: Factors<C>, C> Factors<C> for (A, T) {
    type Out = Times<A, T::Out>;
}

/// Both counts: whether the literal factors are equal, and the run-time ones.
pub trait CompareElems<S> {
    type SameUint;
    type Syms;
    type FromSyms;
}
#[diagnostic::do_not_recommend]
impl<S: Shape, R: Shape> CompareElems<S> for R
where
    S::List: Elems,
    R::List: Elems,
    UintOf<R>: IsEqual<UintOf<S>>,
    Eq<UintOf<R>, UintOf<S>>: Truth,
{
    type SameUint = <Eq<UintOf<R>, UintOf<S>> as Truth>::Out;
    type Syms = SymsOf<R>;
    type FromSyms = SymsOf<S>;
}

/// A leaf of [`ReshapeFrom`]: the run-time dims.
#[diagnostic::on_unimplemented(
    message = "reshape: `{From}` and `{To}` differ in their run-time dims",
    label = "cannot reshape to `{To}`",
    note = "reshape keeps run-time dims in their order; `permute` reorders them"
)]
pub trait SameSyms<Syms, From, To> {}
#[diagnostic::do_not_recommend]
impl<X, From, To> SameSyms<X, From, To> for X {}

/// `Self` tells whether the literal factors are equal. Decimal counts are made only if they are not.
pub trait SameElems<Syms, FromSyms, From, To> {}
impl<Syms, FromSyms, From, To> SameElems<Syms, FromSyms, From, To> for Yes where Syms: SameSyms<FromSyms, From, To> {}
impl<Syms, FromSyms, From: Count, To: Count> SameElems<Syms, FromSyms, From, To> for No where
    To::Out: SameCount<From::Out, From, To>
{
}
/// typenum's truth in our own words, for it shows up in messages.
pub trait Truth {
    type Out;
}
impl Truth for B1 {
    type Out = Yes;
}
impl Truth for B0 {
    type Out = No;
}

/// A leaf of [`ReshapeFrom`]: the counts. Nothing implements it, for it is asked only if they differ.
#[diagnostic::on_unimplemented(
    message = "reshape: `{From}` holds {Have} elements, `{To}` holds {Self}",
    label = "cannot reshape to `{To}`: {Self} elements wanted, {Have} there"
)]
pub trait SameCount<Have, From, To> {}
