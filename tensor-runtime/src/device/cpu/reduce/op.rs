//! What reductions do with elements.

/// An element type of lanes.
pub(super) trait Num: Copy + 'static {
    /// Its place in an order in which a NaN is the largest, +0 is above -0, as an integer.
    type Key: Copy + Ord + 'static;
    const ZERO: Self;
    const ONE: Self;
    /// Below and above which no number lies.
    const LOW: Self;
    const HIGH: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// With `min` the order is turned around, but for a NaN, which is the largest in both. With
    /// `same_zeros` -0 is +0.
    fn key(self, min: bool, same_zeros: bool) -> Self::Key;
    fn of_key(key: Self::Key, min: bool) -> Self;
}

macro_rules! floats {
    ($($t:ident $bits:ident $key:ident $shift:literal $nan:literal;)*) => {$(
        impl Num for $t {
            type Key = $key;
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            const LOW: $t = $t::NEG_INFINITY;
            const HIGH: $t = $t::INFINITY;
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                self + other
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                self * other
            }
            #[inline(always)]
            fn key(self, min: bool, same_zeros: bool) -> $key {
                let x = if same_zeros { self + 0.0 } else { self };
                let flip = (min as $bits) << $shift;
                // Turning the sign turns the order.
                let bits = (if x.is_nan() { $nan } else { x.to_bits() ^ flip }) as $key;
                bits ^ (((bits >> $shift) as $bits) >> 1) as $key
            }
            #[inline(always)]
            fn of_key(key: $key, min: bool) -> $t {
                let bits = (key ^ (((key >> $shift) as $bits) >> 1) as $key) as $bits;
                let x = $t::from_bits(bits);
                if x.is_nan() { x } else { $t::from_bits(bits ^ ((min as $bits) << $shift)) }
            }
        }
    )*};
}
floats! { f32 u32 i32 31 0x7fc0_0000u32; f64 u64 i64 63 0x7ff8_0000_0000_0000u64; }

macro_rules! integers {
    ($($t:ident)*) => {$(
        impl Num for $t {
            type Key = $t;
            const ZERO: $t = 0;
            const ONE: $t = 1;
            const LOW: $t = $t::MIN;
            const HIGH: $t = $t::MAX;
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                self.wrapping_mul(other)
            }
            #[inline(always)]
            fn key(self, min: bool, _: bool) -> $t {
                if min { !self } else { self }
            }
            #[inline(always)]
            fn of_key(key: $t, min: bool) -> $t {
                if min { !key } else { key }
            }
        }
    )*};
}
integers! { i32 i64 u8 }

/// A reduction whose result does not say where it was found.
pub(super) trait Fold: 'static {
    type T: Num;
    /// What is accumulated.
    type A: Copy + 'static;
    fn identity() -> Self::A;
    fn lift(x: Self::T) -> Self::A;
    fn join(a: Self::A, b: Self::A) -> Self::A;
    fn lower(a: Self::A) -> Self::T;
}

macro_rules! folds {
    ($($name:ident: $a:ty, $identity:expr, |$x:ident| $lift:expr, |$p:ident, $q:ident| $join:expr, |$r:ident| $lower:expr;)*) => {$(
        pub(super) struct $name<T>(T);
        impl<T: Num> Fold for $name<T> {
            type T = T;
            type A = $a;
            #[inline(always)]
            fn identity() -> $a {
                $identity
            }
            #[inline(always)]
            fn lift($x: T) -> $a {
                $lift
            }
            #[inline(always)]
            fn join($p: $a, $q: $a) -> $a {
                $join
            }
            #[inline(always)]
            fn lower($r: $a) -> T {
                $lower
            }
        }
    )*};
}
folds! {
    Sum: T, T::ZERO, |x| x, |a, b| a.plus(b), |a| a;
    Prod: T, T::ONE, |x| x, |a, b| a.times(b), |a| a;
    Max: T::Key, T::LOW.key(false, false), |x| x.key(false, false), |a, b| if b > a { b } else { a }, |a| T::of_key(a, false);
    Min: T::Key, T::HIGH.key(true, false), |x| x.key(true, false), |a, b| if b > a { b } else { a }, |a| T::of_key(a, true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_floats_with_nan_on_top() {
        let sorted = [f32::NEG_INFINITY, -2.0, -f32::MIN_POSITIVE, -0.0, 0.0, 1e-40, 3.0, f32::INFINITY];
        for (i, a) in sorted.iter().enumerate() {
            assert_eq!(f32::of_key(a.key(false, false), false).to_bits(), a.to_bits());
            assert_eq!(f32::of_key(a.key(true, false), true).to_bits(), a.to_bits());
            for b in &sorted[i + 1..] {
                assert!(a.key(false, false) < b.key(false, false), "{a} {b}");
                assert!(a.key(true, false) > b.key(true, false), "{a} {b}");
            }
            for nan in [f32::NAN, -f32::NAN] {
                assert!(nan.key(false, false) > a.key(false, false) && nan.key(true, false) > a.key(true, false));
            }
        }
        assert!(f64::of_key(f64::NAN.key(true, false), true).is_nan());
        assert_eq!((-0.0f64).key(true, true), 0.0f64.key(true, true));
    }
}
