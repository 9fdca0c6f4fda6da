//! A vector register of one element type, for each instruction set that the CPU may have.

/// What a tile of a product needs of a vector register.
///
/// # Safety
/// The methods may only be called where the CPU has the implementor's instruction set; `load` and
/// `store` reach `WIDTH` elements, `splat` one.
pub(super) trait Lanes {
    type T: Copy;
    type V: Copy;
    const WIDTH: usize;
    unsafe fn zero() -> Self::V;
    unsafe fn load(from: *const Self::T) -> Self::V;
    unsafe fn splat(from: *const Self::T) -> Self::V;
    unsafe fn store(to: *mut Self::T, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once where the instruction set can.
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
}

/// Four elements that the compiler keeps in whatever registers every CPU of the architecture has.
pub(super) struct Portable<T>(T);

macro_rules! portable_lanes {
    ($t:ty) => {
        // SAFETY, of all methods: the caller vouches for the pointers.
        impl Lanes for Portable<$t> {
            type T = $t;
            type V = [$t; 4];
            const WIDTH: usize = 4;
            #[inline(always)]
            unsafe fn zero() -> Self::V {
                [0.0; 4]
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self::V {
                unsafe { from.cast::<[$t; 4]>().read() }
            }
            #[inline(always)]
            unsafe fn splat(from: *const $t) -> Self::V {
                unsafe { [*from; 4] }
            }
            #[inline(always)]
            unsafe fn store(to: *mut $t, v: Self::V) {
                unsafe { to.cast::<[$t; 4]>().write(v) }
            }
            #[inline(always)]
            unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] + b[i])
            }
            #[inline(always)]
            unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] * b[i] + c[i])
            }
        }
    };
}

portable_lanes!(f32);
portable_lanes!(f64);

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64 as arch;

    /// 64-byte registers: AVX-512F.
    pub(in super::super) struct Avx512<T>(T);
    /// 32-byte registers: AVX2 and FMA.
    pub(in super::super) struct Avx2<T>(T);

    macro_rules! lanes {
        ($isa:ident<$t:ty>: $v:ident, $n:literal, $zero:ident, $load:ident, $splat:ident, $store:ident, $add:ident, $fma:ident) => {
            // SAFETY, of all methods: the caller vouches for the instruction set and the pointers.
            impl Lanes for $isa<$t> {
                type T = $t;
                type V = arch::$v;
                const WIDTH: usize = $n;
                #[inline(always)]
                unsafe fn zero() -> Self::V {
                    unsafe { arch::$zero() }
                }
                #[inline(always)]
                unsafe fn load(from: *const $t) -> Self::V {
                    unsafe { arch::$load(from) }
                }
                #[inline(always)]
                unsafe fn splat(from: *const $t) -> Self::V {
                    unsafe { arch::$splat(*from) }
                }
                #[inline(always)]
                unsafe fn store(to: *mut $t, v: Self::V) {
                    unsafe { arch::$store(to, v) }
                }
                #[inline(always)]
                unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
                    unsafe { arch::$add(a, b) }
                }
                #[inline(always)]
                unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                    unsafe { arch::$fma(a, b, c) }
                }
            }
        };
    }

    #[rustfmt::skip]
    mod table {
        use super::*;
        lanes!(Avx512<f32>: __m512, 16, _mm512_setzero_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_fmadd_ps);
        lanes!(Avx512<f64>: __m512d, 8, _mm512_setzero_pd, _mm512_loadu_pd, _mm512_set1_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_fmadd_pd);
        lanes!(Avx2<f32>: __m256, 8, _mm256_setzero_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_fmadd_ps);
        lanes!(Avx2<f64>: __m256d, 4, _mm256_setzero_pd, _mm256_loadu_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_fmadd_pd);
    }
}
