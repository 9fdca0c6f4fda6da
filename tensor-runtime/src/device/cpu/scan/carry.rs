//! What scans carry: an associative operation on f64 or i64, in which all elements are computed.

/// A number that scans compute with: f64 or i64.
pub(super) trait Wide: Copy + Default + PartialOrd + Send + Sync + 'static {
    const ZERO: Self;
    const ONE: Self;
    const LOWEST: Self;
    const HIGHEST: Self;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn is_nan(self) -> bool;
}

impl Wide for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const LOWEST: f64 = f64::NEG_INFINITY;
    const HIGHEST: f64 = f64::INFINITY;
    #[inline(always)]
    fn add(self, other: f64) -> f64 {
        self + other
    }
    #[inline(always)]
    fn mul(self, other: f64) -> f64 {
        self * other
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }
}

// Whatever wraps in fewer bits is the same after it wrapped in 64.
impl Wide for i64 {
    const ZERO: i64 = 0;
    const ONE: i64 = 1;
    const LOWEST: i64 = i64::MIN;
    const HIGHEST: i64 = i64::MAX;
    #[inline(always)]
    fn add(self, other: i64) -> i64 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn mul(self, other: i64) -> i64 {
        self.wrapping_mul(other)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
}

/// An element in memory.
pub(super) trait Element: Copy + 'static {
    type Wide: Wide;
    fn widen(self) -> Self::Wide;
    fn narrow(wide: Self::Wide) -> Self;
}

macro_rules! elements {
    ($($t:ty, $wide:ty, $widen:expr, $narrow:expr;)*) => { $(
        impl Element for $t {
            type Wide = $wide;
            #[inline(always)]
            fn widen(self) -> $wide { let f: fn($t) -> $wide = $widen; f(self) }
            #[inline(always)]
            fn narrow(wide: $wide) -> $t { let f: fn($wide) -> $t = $narrow; f(wide) }
        }
    )* };
}

elements! {
    f32, f64, |x| x as f64, |x| x as f32;
    f64, f64, |x| x, |x| x;
    half::f16, f64, |x| x.to_f32() as f64, half::f16::from_f64;
    half::bf16, f64, |x| x.to_f32() as f64, half::bf16::from_f64;
    i64, i64, |x| x, |x| x;
    i32, i64, |x| x as i64, |x| x as i32;
    u8, i64, |x| x as i64, |x| x as u8;
}

/// Reads elements that lie `step` apart.
///
/// # Safety
/// `from` is the first of as many elements of `T` as `to` has.
pub(super) unsafe fn read<T: Element>(from: *const u8, step: isize, to: &mut [T::Wide]) {
    let from = from.cast::<T>();
    // SAFETY: the caller vouches for it.
    unsafe {
        match step {
            1 => to.iter_mut().enumerate().for_each(|(i, to)| *to = (*from.add(i)).widen()),
            _ => to.iter_mut().enumerate().for_each(|(i, to)| *to = (*from.offset(i as isize * step)).widen()),
        }
    }
}

/// Writes elements that lie `step` apart.
///
/// # Safety
/// `to` is the first of as many elements of `T` as `from` has, and nobody else uses them.
pub(super) unsafe fn write<T: Element>(from: &[T::Wide], to: *mut u8, step: isize) {
    let to = to.cast::<T>();
    // SAFETY: the caller vouches for it.
    unsafe {
        match step {
            1 => from.iter().enumerate().for_each(|(i, &from)| *to.add(i) = T::narrow(from)),
            _ => from.iter().enumerate().for_each(|(i, &from)| *to.offset(i as isize * step) = T::narrow(from)),
        }
    }
}

/// What is carried from element to element.
pub(super) trait Carry: 'static {
    type X: Wide;
    type Y: Wide;
    type State: Copy + Send + Sync + 'static;
    const START: Self::State;
    /// Whether `join` costs less than waiting for the one before.
    const IS_CHEAP: bool = true;
    /// The state of one element at a place of the axis.
    fn of(x: Self::X, place: i64) -> Self::State;
    /// The state of two neighbouring runs: associative, up to rounding.
    fn join(a: Self::State, b: Self::State) -> Self::State;
    fn result(state: Self::State) -> Self::Y;
}

macro_rules! carries {
    ($($name:ident, $start:ident, |$a:ident, $b:ident| $join:expr;)*) => { $(
        pub(super) struct $name<W>(std::marker::PhantomData<fn(W)>);

        impl<W: Wide> Carry for $name<W> {
            type X = W;
            type Y = W;
            type State = W;
            const START: W = W::$start;
            #[inline(always)]
            fn of(x: W, _place: i64) -> W {
                x
            }
            #[inline(always)]
            fn join($a: W, $b: W) -> W {
                $join
            }
            #[inline(always)]
            fn result(state: W) -> W {
                state
            }
        }
    )* };
}

// A later NaN is neither above nor below, so it is taken.
carries! {
    Sum, ZERO, |a, b| a.add(b);
    Prod, ONE, |a, b| a.mul(b);
    Max, LOWEST, |a, b| if a.is_nan() || a > b { a } else { b };
    Min, HIGHEST, |a, b| if a.is_nan() || a < b { a } else { b };
}

macro_rules! places {
    ($($name:ident, $start:ident, $worse:tt;)*) => { $(
        pub(super) struct $name<W>(std::marker::PhantomData<fn(W)>);

        impl<W: Wide> Carry for $name<W> {
            type X = W;
            type Y = i64;
            type State = (W, i64);
            const START: Self::State = (W::$start, 0);
            const IS_CHEAP: bool = false;
            #[inline(always)]
            fn of(x: W, place: i64) -> Self::State {
                (x, place)
            }
            #[inline(always)]
            fn join(a: Self::State, b: Self::State) -> Self::State {
                if !b.0.is_nan() && (a.0.is_nan() || b.0 $worse a.0) { a } else { b }
            }
            #[inline(always)]
            fn result(state: Self::State) -> i64 {
                state.1
            }
        }
    )* };
}

places! {
    ArgMax, LOWEST, <;
    ArgMin, HIGHEST, >;
}

/// The logarithm of a sum of exponentials: the largest exponent, and the sum of the exponentials over its own.
pub(super) struct LogSumExp;

impl Carry for LogSumExp {
    type X = f64;
    type Y = f64;
    type State = (f64, f64);
    const START: Self::State = (f64::NEG_INFINITY, 0.0);
    const IS_CHEAP: bool = false;
    #[inline(always)]
    fn of(x: f64, _place: i64) -> Self::State {
        (x, 1.0)
    }
    #[inline(always)]
    fn join(a: Self::State, b: Self::State) -> Self::State {
        // Of two equal infinities the difference is none.
        if a.0 == b.0 {
            return (a.0, a.1 + b.1);
        }
        let (low, high) = if a.0 > b.0 { (b, a) } else { (a, b) };
        (high.0, high.1 + low.1 * (low.0 - high.0).exp())
    }
    #[inline(always)]
    fn result((largest, sum): Self::State) -> f64 {
        largest + sum.ln()
    }
}
