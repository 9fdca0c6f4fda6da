//! Read-modify-write operations on an element that other threads may work on too.

use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering::Relaxed};

/// What atomic operations work on: i32, i64, u32; f32 for sums and exchanges.
#[diagnostic::on_unimplemented(
    message = "there are no atomic operations on `{Self}`",
    note = "there are on i32, i64 and u32, and `atomic_add` and `atomic_exchange` on f32"
)]
pub trait Atomic: Copy {
    #[doc(hidden)]
    fn fetch_add(place: &mut Self, v: Self) -> Self;
    #[doc(hidden)]
    fn exchange(place: &mut Self, v: Self) -> Self;
}

/// What every atomic operation works on: i32, i64, u32.
#[diagnostic::on_unimplemented(
    message = "there is no such atomic operation on `{Self}`",
    note = "there is on i32, i64 and u32; on f32 there are `atomic_add` and `atomic_exchange`"
)]
pub trait AtomicInteger: Atomic {
    #[doc(hidden)]
    fn fetch_min(place: &mut Self, v: Self) -> Self;
    #[doc(hidden)]
    fn fetch_max(place: &mut Self, v: Self) -> Self;
    #[doc(hidden)]
    fn compare_exchange(place: &mut Self, expected: Self, new: Self) -> Self;
}

macro_rules! integers {
    ($($t:ident $atomic:ident)*) => { $(
        impl Atomic for $t {
            #[inline(always)]
            fn fetch_add(place: &mut $t, v: $t) -> $t {
                // SAFETY: the place is aligned, and other threads that share it use atomics.
                unsafe { $atomic::from_ptr(place) }.fetch_add(v, Relaxed)
            }
            #[inline(always)]
            fn exchange(place: &mut $t, v: $t) -> $t {
                // SAFETY: as above.
                unsafe { $atomic::from_ptr(place) }.swap(v, Relaxed)
            }
        }

        impl AtomicInteger for $t {
            #[inline(always)]
            fn fetch_min(place: &mut $t, v: $t) -> $t {
                // SAFETY: as above.
                unsafe { $atomic::from_ptr(place) }.fetch_min(v, Relaxed)
            }
            #[inline(always)]
            fn fetch_max(place: &mut $t, v: $t) -> $t {
                // SAFETY: as above.
                unsafe { $atomic::from_ptr(place) }.fetch_max(v, Relaxed)
            }
            #[inline(always)]
            fn compare_exchange(place: &mut $t, expected: $t, new: $t) -> $t {
                // SAFETY: as above.
                let cell = unsafe { $atomic::from_ptr(place) };
                cell.compare_exchange(expected, new, Relaxed, Relaxed).unwrap_or_else(|old| old)
            }
        }
    )* };
}
integers! { i32 AtomicI32 i64 AtomicI64 u32 AtomicU32 }

impl Atomic for f32 {
    #[inline(always)]
    fn fetch_add(place: &mut f32, v: f32) -> f32 {
        // SAFETY: an f32 has the size and alignment of a u32; as above.
        let cell = unsafe { AtomicU32::from_ptr(std::ptr::from_mut(place).cast()) };
        let mut old = cell.load(Relaxed);
        loop {
            let new = (f32::from_bits(old) + v).to_bits();
            match cell.compare_exchange_weak(old, new, Relaxed, Relaxed) {
                Ok(old) => return f32::from_bits(old),
                Err(found) => old = found,
            }
        }
    }
    #[inline(always)]
    fn exchange(place: &mut f32, v: f32) -> f32 {
        // SAFETY: as above.
        let cell = unsafe { AtomicU32::from_ptr(std::ptr::from_mut(place).cast()) };
        f32::from_bits(cell.swap(v.to_bits(), Relaxed))
    }
}
