//! The scalar types of kernels, as traits that carry the functions of the table.

use crate::intrinsic::lane::{Bit, Op, Plain};
use crate::intrinsic::rows;
use crate::scalar::{Lane, Shared};
use half::{bf16, f16};
use std::ops::{
    Add, AddAssign, BitAnd, BitOr, BitXor, Div, DivAssign, Mul, MulAssign, Neg, Not, Rem, RemAssign, Shl, Shr, Sub,
    SubAssign,
};

mod sealed {
    pub trait Sealed {}
}

/// A number on its way from one type to another.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Wide {
    F32(f32),
    F64(f64),
    Signed(i64),
    Unsigned(u64),
}

/// A scalar type of kernels: f32, f64, f16, bf16, i32, i64, u8, u32, u64, usize, bool.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scalar type of kernels",
    note = "these are f32, f64, f16, bf16, i32, i64, u8, u32, u64, usize and bool"
)]
pub trait Type: sealed::Sealed + Lane + Shared + Default + PartialEq + PartialOrd + Send + Sync + 'static {
    /// Its name in Rust: `f32`.
    const NAME: &'static str;
    #[doc(hidden)]
    fn wide(self) -> Wide;
    #[doc(hidden)]
    fn narrow(x: Wide) -> Self;
}

macro_rules! types {
    ($($t:ident |$x:ident| $wide:expr;)*) => { $(
        impl sealed::Sealed for $t {}
        impl Type for $t {
            const NAME: &'static str = stringify!($t);
            #[inline(always)]
            fn wide(self) -> Wide {
                let $x = self;
                $wide
            }
            #[inline(always)]
            fn narrow(x: Wide) -> $t {
                types!(@narrow $t x)
            }
        }
    )* };
    (@narrow bool $x:ident) => {
        match $x {
            Wide::F32(x) => x != 0.0,
            Wide::F64(x) => x != 0.0,
            Wide::Signed(x) => x != 0,
            Wide::Unsigned(x) => x != 0,
        }
    };
    (@narrow f16 $x:ident) => { f16::from_f32(f32::narrow($x)) };
    (@narrow bf16 $x:ident) => { bf16::from_f32(f32::narrow($x)) };
    (@narrow $t:ident $x:ident) => {
        match $x {
            Wide::F32(x) => x as $t,
            Wide::F64(x) => x as $t,
            Wide::Signed(x) => x as $t,
            Wide::Unsigned(x) => x as $t,
        }
    };
}

types! {
    f32 |x| Wide::F32(x);
    f64 |x| Wide::F64(x);
    f16 |x| Wide::F32(x.to_f32());
    bf16 |x| Wide::F32(x.to_f32());
    i32 |x| Wide::Signed(x as i64);
    i64 |x| Wide::Signed(x);
    u8 |x| Wide::Unsigned(x as u64);
    u32 |x| Wide::Unsigned(x as u64);
    u64 |x| Wide::Unsigned(x);
    usize |x| Wide::Unsigned(x as u64);
    bool |x| Wide::Unsigned(x as u64);
}

/// A trait with a method for each row of a rule; the rows stand here once. Types are computed as they are, or by way of
/// another type.
macro_rules! family {
    ($(#[$doc:meta])* $trait:ident: $first:ident $(+ $bound:path)*; [$($t:ident)*] [$($v:ident $via:ident $to:ident $from:ident)*] $rows:tt) => {
        family!(@trait $(#[$doc])* $trait: $first $(+ $bound)*; $rows);
        $(family!(@direct $trait $t $rows);)*
        $(family!(@via $trait $v $via $to $from $rows);)*
    };
    (@trait $(#[$doc:meta])* $trait:ident: $first:ident $(+ $bound:path)*; { $($name:ident $row:ident ($($b:ident)?);)* }) => {
        $(#[$doc])*
        pub trait $trait: $first $(+ $bound)* {
            $(#[doc(hidden)] fn $name(self $(, $b: Self)?) -> Self;)*
        }
    };
    (@direct $trait:ident $t:ident { $($name:ident $row:ident ($($b:ident)?);)* }) => {
        impl $trait for $t { $(
            #[inline(always)]
            fn $name(self $(, $b: $t)?) -> $t {
                <rows::$row as Op<$t, _>>::apply::<Plain>([self $(, $b)?])
            }
        )* }
    };
    (@via $trait:ident $t:ident $via:ident $to:ident $from:ident { $($name:ident $row:ident ($($b:ident)?);)* }) => {
        impl $trait for $t { $(
            #[inline(always)]
            fn $name(self $(, $b: $t)?) -> $t {
                $from(<$via as $trait>::$name($to(self) $(, $to($b))?))
            }
        )* }
    };
}

/// Conversions of the types that are computed in another one.
#[inline(always)]
fn half(x: f16) -> f32 {
    x.to_f32()
}
#[inline(always)]
fn to_half(x: f32) -> f16 {
    f16::from_f32(x)
}
#[inline(always)]
fn brain(x: bf16) -> f32 {
    x.to_f32()
}
#[inline(always)]
fn to_brain(x: f32) -> bf16 {
    bf16::from_f32(x)
}
#[inline(always)]
fn size(x: usize) -> u64 {
    x as u64
}
#[inline(always)]
fn to_size(x: u64) -> usize {
    x as usize
}
#[inline(always)]
fn bit(x: bool) -> Bit {
    Bit(x as u8)
}
#[inline(always)]
fn to_bool(x: Bit) -> bool {
    x.0 != 0
}

family! {
    /// A type of numbers: all but bool.
    #[diagnostic::on_unimplemented(message = "arithmetic wants numbers, `{Self}` is not one")]
    Number: Type + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
        + Rem<Output = Self> + AddAssign + SubAssign + MulAssign + DivAssign + RemAssign;
    [f32 f64 i32 i64 u8 u32 u64]
    [f16 f32 half to_half  bf16 f32 brain to_brain  usize u64 size to_size]
    {
        add Add (b); sub Sub (b); mul Mul (b); div Div (b); rem Rem (b); max Max (b); min Min (b);
        neg Neg (); abs Abs (); sign Sign ();
    }
}

family! {
    /// A floating-point type: f32, f64, f16, bf16.
    #[diagnostic::on_unimplemented(message = "this wants floats, `{Self}` is not one", note = "convert with `cast::<f32>(x)`")]
    Float: Number + Neg<Output = Self> + Classes;
    [f32 f64]
    [f16 f32 half to_half  bf16 f32 brain to_brain]
    {
        pow Pow (b); recip Recip (); sqrt Sqrt (); rsqrt Rsqrt (); exp Exp (); exp2 Exp2 (); expm1 Expm1 ();
        log Log (); log2 Log2 (); log1p Log1p (); sin Sin (); cos Cos (); tan Tan (); tanh Tanh (); sinh Sinh ();
        cosh Cosh (); asin Asin (); acos Acos (); atan Atan (); atan2 Atan2 (b); erf Erf (); sigmoid Sigmoid ();
        softplus Softplus (); floor Floor (); ceil Ceil (); round Round (); trunc Trunc ();
    }
}

family! {
    /// A type with bits: the integers, and bool.
    #[diagnostic::on_unimplemented(message = "this wants integers or bool, `{Self}` is neither")]
    Bits: Type + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self> + Not<Output = Self>;
    [i32 i64 u8 u32 u64]
    [usize u64 size to_size]
    { and And (b); or Or (b); xor Xor (b); not Not (); }
}

impl Bits for bool {
    #[inline(always)]
    fn and(self, b: bool) -> bool {
        to_bool(<rows::And as Op<Bit, 2>>::apply::<Plain>([bit(self), bit(b)]))
    }
    #[inline(always)]
    fn or(self, b: bool) -> bool {
        to_bool(<rows::Or as Op<Bit, 2>>::apply::<Plain>([bit(self), bit(b)]))
    }
    #[inline(always)]
    fn xor(self, b: bool) -> bool {
        to_bool(<rows::Xor as Op<Bit, 2>>::apply::<Plain>([bit(self), bit(b)]))
    }
    #[inline(always)]
    fn not(self) -> bool {
        to_bool(<rows::Not as Op<Bit, 1>>::apply::<Plain>([bit(self)]))
    }
}

family! {
    /// An integer type: i32, i64, u8, u32, u64, usize.
    #[diagnostic::on_unimplemented(message = "this wants integers, `{Self}` is not one")]
    Integer: Number + Bits + Shl<Output = Self> + Shr<Output = Self>;
    [i32 i64 u8 u32 u64]
    [usize u64 size to_size]
    { shl Shl (b); shr Shr (b); }
}

/// What a float is, and what only floats have.
#[doc(hidden)]
pub trait Classes: Type {
    fn is_nan(self) -> bool;
    fn is_inf(self) -> bool;
    fn is_finite(self) -> bool;
    fn fma(self, b: Self, c: Self) -> Self;
}

macro_rules! classes {
    ($($t:ident $via:ident $to:ident $from:ident;)*) => { $(
        impl Classes for $t {
            #[inline(always)]
            fn is_nan(self) -> bool {
                to_bool(<rows::IsNan as Op<$via, 1>>::apply::<Plain>([$to(self)]))
            }
            #[inline(always)]
            fn is_inf(self) -> bool {
                to_bool(<rows::IsInf as Op<$via, 1>>::apply::<Plain>([$to(self)]))
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                to_bool(<rows::IsFinite as Op<$via, 1>>::apply::<Plain>([$to(self)]))
            }
            #[inline(always)]
            fn fma(self, b: $t, c: $t) -> $t {
                $from($to(self).mul_add($to(b), $to(c)))
            }
        }
    )* };
}

classes! {
    f32 f32 same same;
    f64 f64 same same;
    f16 f32 half to_half;
    bf16 f32 brain to_brain;
}

#[inline(always)]
fn same<T>(x: T) -> T {
    x
}
