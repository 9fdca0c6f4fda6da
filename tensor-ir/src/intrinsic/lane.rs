//! Lanes: the types that arithmetic is done in, and what a row's bodies may call.

use crate::{Scalar, philox};

/// For which machine a loop is compiled. The two kinds differ in what is one instruction: only a
/// [`Fused`] machine has a fused multiply-add and rounding to integers.
pub(crate) trait Machine: Copy + 'static {
    /// Whether [`f32::mul_add`] and [`f32::round_ties_even`] are single instructions.
    const FUSED: bool;

    /// `a * b + c`, rounded once on a fused machine and twice elsewhere.
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        if Self::FUSED { a.mul_add(b, c) } else { a * b + c }
    }
}

/// Any machine.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

/// A machine with FMA and SSE 4.1 or their like.
#[derive(Clone, Copy)]
pub(crate) struct Fused;

impl Machine for Plain {
    const FUSED: bool = false;
}

impl Machine for Fused {
    const FUSED: bool = true;
}

/// The function of a row for `N` arguments of lane type `T`.
pub(crate) trait Op<T, const N: usize>: 'static {
    /// The lane type of the result.
    type Out: Lane;

    fn apply<M: Machine>(x: [T; N]) -> Self::Out;
}

/// A boolean lane: a byte of 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub(crate) struct Bit(pub(crate) u8);

impl From<bool> for Bit {
    #[inline(always)]
    fn from(b: bool) -> Bit {
        Bit(b as u8)
    }
}

/// A type of lane.
pub(crate) trait Lane: Copy + 'static {
    const ZERO: Self;

    /// The lane of a scalar of a dtype with this lane type.
    fn of(x: Scalar) -> Self;

    fn scalar(self) -> Scalar;
}

macro_rules! lanes {
    ($($t:ident $zero:literal $kind:ident $wide:ident)*) => {$(
        impl Lane for $t {
            const ZERO: $t = $zero;

            fn of(x: Scalar) -> $t {
                match x {
                    Scalar::Float(x) => x as $t,
                    Scalar::Int(x) => x as $t,
                }
            }

            fn scalar(self) -> Scalar {
                Scalar::$kind(self as $wide)
            }
        }
    )*};
}
lanes! { f32 0.0 Float f64  f64 0.0 Float f64  i32 0 Int i64  i64 0 Int i64  u8 0 Int i64  u32 0 Int i64  u64 0 Int i64 }

impl Lane for Bit {
    const ZERO: Bit = Bit(0);

    fn of(x: Scalar) -> Bit {
        Bit(x.is_true() as u8)
    }

    fn scalar(self) -> Scalar {
        Scalar::Int(self.0 as i64)
    }
}

/// What the integer types have no common methods for.
pub(crate) trait Integer: Copy {
    /// `a / b` towards zero; 0 where `b` is 0; wraps.
    fn quotient(self, b: Self) -> Self;
    /// `a % b`; 0 where `b` is 0.
    fn remainder(self, b: Self) -> Self;
    /// `|a|`; wraps.
    fn magnitude(self) -> Self;
    fn sign(self) -> Self;
}

macro_rules! integers {
    ($($t:ident |$x:ident| $magnitude:expr, $sign:expr;)*) => {$(
        impl Integer for $t {
            #[inline(always)]
            fn quotient(self, b: $t) -> $t {
                if b == 0 { 0 } else { self.wrapping_div(b) }
            }

            #[inline(always)]
            fn remainder(self, b: $t) -> $t {
                if b == 0 { 0 } else { self.wrapping_rem(b) }
            }

            #[inline(always)]
            fn magnitude(self) -> $t {
                let $x = self;
                $magnitude
            }

            #[inline(always)]
            fn sign(self) -> $t {
                let $x = self;
                $sign
            }
        }
    )*};
}
integers! {
    i32 |x| x.wrapping_abs(), x.signum();
    i64 |x| x.wrapping_abs(), x.signum();
    u8 |x| x, (x != 0) as u8;
    u32 |x| x, (x != 0) as u32;
    u64 |x| x, (x != 0) as u64;
}

/// Rounding to integers, without calls on any machine.
pub(crate) trait Real: Copy {
    fn floor<M: Machine>(self) -> Self;
    fn ceil<M: Machine>(self) -> Self;
    fn round<M: Machine>(self) -> Self;
    fn trunc<M: Machine>(self) -> Self;
}

macro_rules! reals {
    ($($t:ident $unit:expr;)*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn floor<M: Machine>(self) -> $t {
                if M::FUSED { return self.floor(); }
                let r = Real::round::<M>(self);
                (if r > self { r - 1.0 } else { r }).copysign(self)
            }

            #[inline(always)]
            fn ceil<M: Machine>(self) -> $t {
                if M::FUSED { return self.ceil(); }
                let r = Real::round::<M>(self);
                (if r < self { r + 1.0 } else { r }).copysign(self)
            }

            #[inline(always)]
            fn round<M: Machine>(self) -> $t {
                if M::FUSED { return self.round_ties_even(); }
                // Adding 2^(mantissa bits) leaves no fraction bits, so the addition rounds.
                let a = self.abs();
                let r = (a + $unit) - $unit;
                (if a < $unit { r } else { a }).copysign(self)
            }

            #[inline(always)]
            fn trunc<M: Machine>(self) -> $t {
                if M::FUSED { return self.trunc(); }
                let a = self.abs();
                let r = Real::round::<M>(a);
                (if r > a { r - 1.0 } else { r }).copysign(self)
            }
        }
    )*};
}
reals! { f32 (1u32 << 23) as f32; f64 (1u64 << 52) as f64; }

/// The function of a row of `Rule::Philox`.
pub(crate) trait Draw: 'static {
    /// The draws of an even and the following odd counter, from their two words.
    fn pair<M: Machine>(a: u32, b: u32) -> (f32, f32);

    /// The draw of one counter.
    #[inline(always)]
    fn draw<M: Machine>(seed: i64, counter: i64) -> f32 {
        let words = philox::words(seed, counter);
        let high = counter & 2 != 0;
        let (even, odd) =
            Self::pair::<M>(if high { words[2] } else { words[0] }, if high { words[3] } else { words[1] });
        if counter & 1 == 0 { even } else { odd }
    }
}

macro_rules! families {
    ($($(#[$doc:meta])* $name:ident: $($t:ty => $out:ty),+;)*) => {$(
        $(#[$doc])*
        pub(crate) trait $name<const N: usize>: $(Op<$t, N, Out = $out> +)+ 'static {}
        impl<const N: usize, O: $(Op<$t, N, Out = $out> +)+ 'static> $name<N> for O {}
    )*};
}
families! {
    /// Rows of `Rule::Float`.
    FloatOp: f32 => f32, f64 => f64;
    /// Rows of `Rule::Number`.
    NumberOp: f32 => f32, f64 => f64, i32 => i32, i64 => i64, u8 => u8, u32 => u32, u64 => u64;
    /// Rows of `Rule::Compare`.
    CompareOp: f32 => Bit, f64 => Bit, i32 => Bit, i64 => Bit, u8 => Bit, u32 => Bit, u64 => Bit, Bit => Bit;
    /// Rows of `Rule::Bits`.
    BitsOp: i32 => i32, i64 => i64, u8 => u8, u32 => u32, u64 => u64, Bit => Bit;
    /// Rows of `Rule::Shift`.
    ShiftOp: i32 => i32, i64 => i64, u8 => u8, u32 => u32, u64 => u64;
    /// Rows of `Rule::Classify`.
    ClassifyOp: f32 => Bit, f64 => Bit;
}

/// What can be made of a row's functions: a block loop, a value.
pub(crate) trait Visitor: Sized {
    type Output;
    fn number<O: NumberOp<N>, const N: usize>(self) -> Self::Output;
    fn float<O: FloatOp<N>, const N: usize>(self) -> Self::Output;
    fn compare<O: CompareOp<N>, const N: usize>(self) -> Self::Output;
    fn bits<O: BitsOp<N>, const N: usize>(self) -> Self::Output;
    fn shift<O: ShiftOp<N>, const N: usize>(self) -> Self::Output;
    fn classify<O: ClassifyOp<N>, const N: usize>(self) -> Self::Output;
    fn philox<O: Draw>(self) -> Self::Output;
    /// The one row of arguments of different types.
    fn select(self) -> Self::Output;
}
