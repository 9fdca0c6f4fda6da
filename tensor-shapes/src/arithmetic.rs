use crate::bits::{DivMod, Minus};
use crate::dim::*;
use crate::{No, U0, Yes};
use core::marker::PhantomData;
use core::ops::{Add, Mul};
use typenum::{self as t, B0, B1, UInt, UTerm};

/// The sum of two dims of which one has a run-time factor. Equal only to a sum written alike.
pub struct Plus<A, B>(PhantomData<(A, B)>);
/// The product of two dims of which one has a run-time factor. Equal only to a product written alike; `reshape`
/// compares the factors.
pub struct Times<A, B>(PhantomData<(A, B)>);

impl<A: Dim, B: Dim> Dim for Plus<A, B> {
    const EXPR: &'static DimExpr = &DimExpr::Sum(A::EXPR, B::EXPR);
    type Uint = t::U1;
    type Syms = (Self, ());
    type One = No;
}
impl<A: Dim, B: Dim> Dim for Times<A, B>
where
    A::Uint: Mul<B::Uint>,
    A::Syms: Append<B::Syms>,
{
    const EXPR: &'static DimExpr = &DimExpr::Product(A::EXPR, B::EXPR);
    type Uint = t::Prod<A::Uint, B::Uint>;
    type Syms = <A::Syms as Append<B::Syms>>::Out;
    type One = No;
}

/// One list after another.
pub trait Append<R> {
    type Out;
}
impl<R> Append<R> for () {
    type Out = R;
}
impl<H, T: Append<R>, R> Append<R> for (H, T) {
    type Out = (H, T::Out);
}

/// `A + B`.
pub type Sum<A, B> = <A as DimAdd<B>>::Out;
/// `A * B`.
pub type Prod<A, B> = <A as DimMul<B>>::Out;
/// `A - B`.
pub type Diff<A, B> = <A as DimSub<B>>::Out;
/// `A / B`, exact.
pub type Quot<A, B> = <A as DimDiv<B>>::Out;

// `do_not_recommend` is the wall between what users see and typenum: an error inside is told at this level.
macro_rules! arith {
    ($msg:literal $doc:literal $dim_op:ident $by:ident $op:ident $out:ident $sym:ident) => {
        #[doc = $doc]
        #[diagnostic::on_unimplemented(message = $msg, note = "in generic code add it as a `where` bound")]
        pub trait $dim_op<B> {
            type Out: Dim;
        }
        #[diagnostic::do_not_recommend]
        impl<A: Dim, B: Dim> $dim_op<B> for A
        where
            (A::Syms, B::Syms): $by<A, B>,
        {
            type Out = <(A::Syms, B::Syms) as $by<A, B>>::Out;
        }

        /// Picks the way by the run-time factors of both dims.
        pub trait $by<A, B> {
            type Out: Dim;
        }
        impl<A: Dim, B: Dim> $by<A, B> for ((), ())
        where
            A::Uint: $op<B::Uint>,
            t::$out<A::Uint, B::Uint>: ToDim,
            Show<t::$out<A::Uint, B::Uint>>: Dim,
        {
            type Out = Show<t::$out<A::Uint, B::Uint>>;
        }
        impl<A: Dim, B: Dim, X, Y, T> $by<A, B> for ((X, Y), T)
        where
            $sym<A, B>: Dim,
        {
            type Out = $sym<A, B>;
        }
        impl<A: Dim, B: Dim, X, Y> $by<A, B> for ((), (X, Y))
        where
            $sym<A, B>: Dim,
        {
            type Out = $sym<A, B>;
        }
    };
}
arith!("the sum of dims {Self} and {B} is not known here"
    "`Self + B`: a literal, or [`Plus`] if one of them is known at run time only."
    DimAdd AddBy Add Sum Plus);
arith!("the product of dims {Self} and {B} is not known here"
    "`Self * B`: a literal, or [`Times`] if one of them is known at run time only."
    DimMul MulBy Mul Prod Times);

/// `Self - B`, both literal, not below zero.
///
/// ```
/// use formwork_shapes::{Diff, Dim, U10, U7};
/// assert_eq!(<Diff<U10, U7>>::SIZE, Some(3));
/// ```
#[diagnostic::on_unimplemented(
    message = "the difference of dims {Self} and {B} is not known here",
    label = "{Self} - {B} is not known here",
    note = "run-time dims cannot be subtracted; in generic code add `where {Self}: DimSub<{B}>`"
)]
pub trait DimSub<B> {
    type Out: Dim;
}
impl<A: Deduct<B>, B> DimSub<B> for A
where
    A::Enough: NotBelowZero<A, B>,
{
    type Out = <A::Enough as NotBelowZero<A, B>>::Next<A::Out>;
}
/// [`DimSub`] that is total: `U0` and `Enough = No` below zero.
#[diagnostic::on_unimplemented(
    message = "the difference of dims {Self} and {B} is not known here",
    label = "{Self} - {B} is not known here",
    note = "run-time dims cannot be subtracted; in generic code add `where {Self}: DimSub<{B}>`"
)]
pub trait Deduct<B> {
    type Out: Dim;
    type Enough;
}
#[diagnostic::do_not_recommend]
impl<A: Dim, B: Dim> Deduct<B> for A
where
    (A::Syms, B::Syms): SubBy<A, B>,
{
    type Out = <(A::Syms, B::Syms) as SubBy<A, B>>::Out;
    type Enough = <(A::Syms, B::Syms) as SubBy<A, B>>::Enough;
}
/// [`Deduct`] of literals.
pub trait SubBy<A, B> {
    type Out: Dim;
    type Enough;
}
impl<A: Dim, B: Dim> SubBy<A, B> for ((), ())
where
    A::Uint: Minus<B::Uint, B0>,
    <A::Uint as Minus<B::Uint, B0>>::Over: IfNot<<A::Uint as Minus<B::Uint, B0>>::Out>,
{
    type Out = <<A::Uint as Minus<B::Uint, B0>>::Over as IfNot<<A::Uint as Minus<B::Uint, B0>>::Out>>::Out;
    type Enough = <<A::Uint as Minus<B::Uint, B0>>::Over as IfNot<<A::Uint as Minus<B::Uint, B0>>::Out>>::Fit;
}

/// `B0`: the dim of `N` and `Yes`. `B1`: `U0` and `No`.
pub trait IfNot<N> {
    type Out: Dim;
    type Fit;
}
impl<N: ToDim> IfNot<N> for B0
where
    Show<N>: Dim,
{
    type Out = Show<N>;
    type Fit = Yes;
}
impl<N> IfNot<N> for B1 {
    type Out = U0;
    type Fit = No;
}
/// The leaf of [`DimSub`].
#[diagnostic::on_unimplemented(message = "{A} - {B} is below zero: a dim cannot be", label = "{A} - {B} is below zero")]
pub trait NotBelowZero<A, B> {
    /// `X`, known once the rule is kept: a dim that cannot be makes no second error.
    type Next<X: Dim>: Dim;
}
#[diagnostic::do_not_recommend]
impl<F, A, B> NotBelowZero<A, B> for F
where
    (F,): Holding,
{
    type Next<X: Dim> = <(F,) as Holding>::Next<X>;
}

/// `Self / B`, both literal, without a rest.
///
/// ```
/// use formwork_shapes::{Dim, Quot, U12, U768};
/// assert_eq!(<Quot<U768, U12>>::SIZE, Some(64));
/// ```
#[diagnostic::on_unimplemented(
    message = "the quotient of dims {Self} and {B} is not known here",
    label = "{Self} / {B} is not known here",
    note = "run-time dims cannot be divided; in generic code add `where {Self}: DimDiv<{B}>`"
)]
pub trait DimDiv<B> {
    type Out: Dim;
}
impl<A: Share<B>, B> DimDiv<B> for A
where
    A::NonZero: NotByZero<A>,
    A::Rest: NoRest<A, B>,
{
    type Out = <A::NonZero as NotByZero<A>>::Next<<A::Rest as NoRest<A, B>>::Next<A::Out>>;
}
/// [`DimDiv`] that is total: quotient and rest. By zero, both are zero and `NonZero = No`.
#[diagnostic::on_unimplemented(
    message = "the quotient of dims {Self} and {B} is not known here",
    label = "{Self} / {B} is not known here",
    note = "run-time dims cannot be divided; in generic code add `where {Self}: DimDiv<{B}>`"
)]
pub trait Share<B> {
    type Out: Dim;
    type Rest;
    type NonZero;
}
#[diagnostic::do_not_recommend]
impl<A: Dim, B: Dim> Share<B> for A
where
    (A::Syms, B::Syms): DivBy<A::Uint, B::Uint>,
{
    type Out = <(A::Syms, B::Syms) as DivBy<A::Uint, B::Uint>>::Out;
    type Rest = <(A::Syms, B::Syms) as DivBy<A::Uint, B::Uint>>::Rest;
    type NonZero = <(A::Syms, B::Syms) as DivBy<A::Uint, B::Uint>>::NonZero;
}
/// [`Share`] of literals, on typenum numbers.
pub trait DivBy<A, B> {
    type Out: Dim;
    type Rest;
    type NonZero;
}
impl<N> DivBy<N, UTerm> for ((), ()) {
    type Out = U0;
    type Rest = U0;
    type NonZero = No;
}
impl<N: DivMod<UInt<D, B>>, D, B> DivBy<N, UInt<D, B>> for ((), ())
where
    N::Quot: ToDim,
    N::Rest: ToDim,
    Show<N::Quot>: Dim,
{
    type Out = Show<N::Quot>;
    type Rest = Show<N::Rest>;
    type NonZero = Yes;
}
/// A leaf of [`DimDiv`].
#[diagnostic::on_unimplemented(
    message = "{A} / {B} leaves a rest of {Self}: a dim must divide exactly",
    label = "{B} does not divide {A}"
)]
pub trait NoRest<A, B> {
    /// `X`, known once the rule is kept: a dim that cannot be makes no second error.
    type Next<X: Dim>: Dim;
}
#[diagnostic::do_not_recommend]
impl<R, A, B> NoRest<A, B> for R
where
    (R,): Holding,
{
    type Next<X: Dim> = <(R,) as Holding>::Next<X>;
}
/// A leaf of [`DimDiv`] and of [`ChunkAxis`](crate::ChunkAxis).
#[diagnostic::on_unimplemented(message = "dim {A} cannot be divided by zero", label = "{A} divided by zero")]
pub trait NotByZero<A> {
    /// `X`, known once the rule is kept: a dim that cannot be makes no second error.
    type Next<X: Dim>: Dim;
}
#[diagnostic::do_not_recommend]
impl<F, A> NotByZero<A> for F
where
    (F,): Holding,
{
    type Next<X: Dim> = <(F,) as Holding>::Next<X>;
}

/// `(Yes,)` and `(U0,)`: what a rule on dims asks for.
// The rules ask through this trait, and not by impls for `Yes` and `U0` alone: rustc then reports a broken rule in the
// signature of a function once, and not a second time for the signature as a whole.
pub trait Holding {
    type Next<X: Dim>: Dim;
}
impl Holding for (Yes,) {
    type Next<X: Dim> = X;
}
impl Holding for (U0,) {
    type Next<X: Dim> = X;
}
