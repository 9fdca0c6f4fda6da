//! The functions of the kernel language, as the bodies of kernels call them.
//!
//! Those of numbers compute what they say, on any thread. Those of warps and blocks mean all threads together: the body of
//! a kernel is cut at such a call, and the operation runs over the threads of the warp or block. Called outside of a
//! kernel they mean a warp or block of one thread.

use super::{Atomic, AtomicInteger};
use formwork_ir::scalar::{Lane, Number};
pub use formwork_ir::scalar::{
    abs, acos, add, and, asin, atan, atan2, cast, ceil, cos, cosh, div, eq, erf, exp, exp2, expm1, floor, fma, ge, gt,
    is_finite, is_inf, is_nan, le, log, log1p, log2, lt, max, min, mul, ne, neg, not, or, philox_normal,
    philox_uniform, pow, recip, rem, round, rsqrt, select, shl, shr, sigmoid, sign, sin, sinh, softplus, sqrt, sub,
    tan, tanh, trunc, xor,
};

macro_rules! collectives {
    ($($(#[$doc:meta])* $name:ident [$($bound:tt)+] ($v:ident $(, $arg:ident)?);)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<T: $($bound)+>($v: T $(, $arg: u32)?) -> T {
            $(let _ = $arg;)?
            $v
        }
    )* };
}

collectives! {
    /// `v` of lane `lane % 32` of the warp.
    shuffle [Lane] (v, lane);
    /// `v` of the lane `d` below; the first `d` lanes of the warp keep their own.
    shuffle_up [Lane] (v, d);
    /// `v` of the lane `d` above; the last `d` lanes of the warp keep their own.
    shuffle_down [Lane] (v, d);
    /// `v` of the lane whose number is the lane's own xor `mask`.
    shuffle_xor [Lane] (v, mask);
    /// The sum of `v` over the warp, for all its lanes: a tree of lanes 16, 8, 4, 2 and 1 apart.
    warp_reduce_sum [Number] (v);
    /// The largest `v` of the warp, for all its lanes; a NaN if there is one.
    warp_reduce_max [Number] (v);
    /// The smallest `v` of the warp, for all its lanes; a NaN if there is one.
    warp_reduce_min [Number] (v);
    /// The sum of `v` over the lanes of the warp up to this one.
    warp_scan_sum [Number] (v);
    /// The sum of `v` over the block, for all its threads: the sums of its warps, then their tree.
    block_reduce_sum [Number] (v);
    /// The largest `v` of the block, for all its threads; a NaN if there is one.
    block_reduce_max [Number] (v);
    /// The smallest `v` of the block, for all its threads; a NaN if there is one.
    block_reduce_min [Number] (v);
    /// The sum of `v` over the threads of the block up to this one.
    block_scan_sum [Number] (v);
}

/// For which lanes of the warp `p` holds: bit `i` for lane `i`.
#[inline(always)]
pub fn ballot(p: bool) -> u32 {
    p as u32
}

/// Whether `p` holds for a lane of the warp.
#[inline(always)]
pub fn warp_any(p: bool) -> bool {
    p
}

/// Whether `p` holds for every lane of the warp.
#[inline(always)]
pub fn warp_all(p: bool) -> bool {
    p
}

macro_rules! atomics {
    ($($(#[$doc:meta])* $name:ident $method:ident $trait:ident ($($arg:ident),+);)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<T: $trait>(place: &mut T, $($arg: T),+) -> T {
            T::$method(place, $($arg),+)
        }
    )* };
}

atomics! {
    /// Adds `v` to the element at `place`; what was there before. No other thread comes between. Sums of floats run in
    /// one order on the CPU, in any order on a GPU.
    atomic_add fetch_add Atomic (v);
    /// Sets the element at `place`; what was there before.
    atomic_exchange exchange Atomic (v);
    /// The element at `place` becomes the smaller of itself and `v`; what was there before.
    atomic_min fetch_min AtomicInteger (v);
    /// The element at `place` becomes the larger of itself and `v`; what was there before.
    atomic_max fetch_max AtomicInteger (v);
    /// The element at `place` becomes `new` if it is `expected`; what was there before.
    atomic_compare_exchange compare_exchange AtomicInteger (expected, new);
    /// [`atomic_add`] among the threads of the block.
    atomic_add_block fetch_add Atomic (v);
    /// [`atomic_exchange`] among the threads of the block.
    atomic_exchange_block exchange Atomic (v);
    /// [`atomic_min`] among the threads of the block.
    atomic_min_block fetch_min AtomicInteger (v);
    /// [`atomic_max`] among the threads of the block.
    atomic_max_block fetch_max AtomicInteger (v);
    /// [`atomic_compare_exchange`] among the threads of the block.
    atomic_compare_exchange_block compare_exchange AtomicInteger (expected, new);
}
