use core::marker::PhantomData;
use core::ops::{Add, Mul};
use typenum::{self as t, B0, B1, UInt, UTerm};

pub use crate::expr::DimExpr;

/// Type-level yes.
pub enum Yes {}
/// Type-level no.
pub enum No {}

/// The typenum value of a run-time dim: its literal factor is one. For the macro that declares run-time dims.
pub type OneUint = t::U1;

/// A dimension: a literal (`U784`, `N<U802, _816>`), a run-time dim, or a compound of those.
///
/// `dims! { Batch }` declares a run-time dim; what it writes for each name is
///
/// ```
/// # use formwork_shapes::{Dim, DimExpr, No, OneUint, Symbol};
/// pub struct Batch;
/// impl Dim for Batch {
///     const EXPR: &'static DimExpr = &DimExpr::Symbol(Symbol { name: "Batch", module: module_path!() });
///     type Uint = OneUint;
///     type Syms = (Batch, ());
///     type One = No;
/// }
/// assert_eq!((Batch::EXPR.to_string(), Batch::SIZE), ("Batch".to_string(), None));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a dimension",
    note = "write `U784`, `dim!(50257)`, or a run-time dim declared with `dims!`"
)]
pub trait Dim: 'static {
    /// The dim as a value: `EXPR.to_string()` is its name in run-time messages.
    const EXPR: &'static DimExpr;
    /// The size, or `None` if only the run time knows it.
    const SIZE: Option<usize> = Self::EXPR.literal();
    /// The literal factor, as a typenum number.
    type Uint;
    /// The run-time factors, in order: `()` for a literal.
    type Syms;
    /// [`Yes`] for `U1`, else [`No`].
    type One;
}

/// Declares one run-time dim as a public unit struct: `dims!` for those who want no procedural macro.
#[macro_export]
macro_rules! runtime_dim {
    ($name:ident) => {
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl $crate::Dim for $name {
            const EXPR: &'static $crate::DimExpr =
                &$crate::DimExpr::Symbol($crate::Symbol { name: stringify!($name), module: module_path!() });
            type Uint = $crate::OneUint;
            type Syms = ($name, ());
            type One = $crate::No;
        }
    };
}

/// A literal that can be continued: the dims of `4n`, `4n + 1`, `4n + 2` and `4n + 3`.
///
/// The way back from typenum walks the bits two at a time from the top, so it needs no lookup over typenum types.
pub trait Name: 'static {
    type P0: Name;
    type P1: Name;
    type P2: Name;
    type P3: Name;
}

/// Three digits after the first ones of a large number: `_816` in `N<U802, _816>`.
pub trait Group: 'static {
    /// The three digits as a number.
    type Num: Dim;
    /// What `4n` carries into the digits above.
    type Carry: Carry;
    type P0: Group;
    type P1: Group;
    type P2: Group;
    type P3: Group;
}

macro_rules! num {
    ($($n:ident, $v:literal, $u:ty, $p0:ty, $p1:ty, $p2:ty, $p3:ty, $one:ty;)*) => { $(
        pub struct $n;
        impl Dim for $n {
            const EXPR: &'static DimExpr = &DimExpr::Literal($v);
            type Uint = $u;
            type Syms = ();
            type One = $one;
        }
        impl Name for $n { type P0 = $p0; type P1 = $p1; type P2 = $p2; type P3 = $p3; }
    )* };
}
macro_rules! grp {
    ($($n:ident, $u:ty, $c:ty, $p0:ty, $p1:ty, $p2:ty, $p3:ty;)*) => { $(
        pub struct $n;
        impl Group for $n { type Num = $u; type Carry = $c; type P0 = $p0; type P1 = $p1; type P2 = $p2; type P3 = $p3; }
    )* };
}
pub(crate) use {grp, num};

/// A number without a struct of its own, `H * 1000 + L`: `N<U802, _816>` is 802,816.
pub struct N<H, L> {
    // Named, so that `N` is no function: a dim of a kernel is a value of its name, and `N` a common one.
    of: PhantomData<(H, L)>,
}
impl<H: Dim<Syms = ()>, L: Group> Dim for N<H, L>
where
    H::Uint: Mul<t::U1000>,
    t::Prod<H::Uint, t::U1000>: Add<<L::Num as Dim>::Uint>,
{
    const EXPR: &'static DimExpr = &match (H::SIZE, <L::Num as Dim>::SIZE) {
        (Some(high), Some(low)) => DimExpr::Literal(high.saturating_mul(1000).saturating_add(low)),
        _ => *H::EXPR,
    };
    type Uint = t::Sum<t::Prod<H::Uint, t::U1000>, <L::Num as Dim>::Uint>;
    type Syms = ();
    type One = No;
}
impl<H: Name, L: Group> Name for N<H, L> {
    type P0 = N<<L::Carry as Carry>::Of<H>, L::P0>;
    type P1 = N<<L::Carry as Carry>::Of<H>, L::P1>;
    type P2 = N<<L::Carry as Carry>::Of<H>, L::P2>;
    type P3 = N<<L::Carry as Carry>::Of<H>, L::P3>;
}

/// What a group of digits carries when four times it passes 1000: picks `4h + c` for the digits `h` above.
pub trait Carry {
    type Of<H: Name>: Name;
}
macro_rules! carry { ($($c:ident $p:ident;)*) => { $(
    #[doc = concat!("Carries ", stringify!($c), ".")]
    pub struct $c;
    impl Carry for $c { type Of<H: Name> = H::$p; }
)* } }
carry! { C0 P0; C1 P1; C2 P2; C3 P3; }

/// typenum number -> decimal dim.
pub trait ToDim {
    type Dim: Name;
}
impl ToDim for UTerm {
    type Dim = crate::U0;
}
impl ToDim for UInt<UTerm, B0> {
    type Dim = crate::U0;
}
impl ToDim for UInt<UTerm, B1> {
    type Dim = crate::U1;
}
macro_rules! to_dim { ($($a:ident $b:ident $p:ident;)*) => { $(
    impl<U: ToDim> ToDim for UInt<UInt<U, $a>, $b> { type Dim = <U::Dim as Name>::$p; }
)* } }
to_dim! { B0 B0 P0; B0 B1 P1; B1 B0 P2; B1 B1 P3; }
/// The decimal dim of a typenum number.
pub type Show<U> = <U as ToDim>::Dim;

/// The dim of the length of an array: `Len<3>` is `U3`, up to 64. For rules over `N` operands or `N` results.
pub struct Len<const LEN: usize>;
/// See [`Len`].
#[diagnostic::on_unimplemented(
    message = "`{Self}`: an operation takes or gives at most 64 tensors at once",
    label = "at most 64 tensors"
)]
pub trait ArrayLen {
    type Dim: Dim;
}
macro_rules! len { ($($n:literal $d:ident)*) => { $(
    #[diagnostic::do_not_recommend]
    impl ArrayLen for Len<$n> { type Dim = crate::$d; }
)* } }
len! {
    0 U0 1 U1 2 U2 3 U3 4 U4 5 U5 6 U6 7 U7 8 U8 9 U9 10 U10 11 U11 12 U12 13 U13 14 U14 15 U15 16 U16 17 U17 18 U18
    19 U19 20 U20 21 U21 22 U22 23 U23 24 U24 25 U25 26 U26 27 U27 28 U28 29 U29 30 U30 31 U31 32 U32 33 U33 34 U34
    35 U35 36 U36 37 U37 38 U38 39 U39 40 U40 41 U41 42 U42 43 U43 44 U44 45 U45 46 U46 47 U47 48 U48 49 U49 50 U50
    51 U51 52 U52 53 U53 54 U54 55 U55 56 U56 57 U57 58 U58 59 U59 60 U60 61 U61 62 U62 63 U63 64 U64
}
