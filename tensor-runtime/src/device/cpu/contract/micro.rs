//! Tiles: the innermost product, whose accumulators live in registers.
//!
//! An element of a tile is the sum over k of `a * b`, added one after the other in the order of k
//! (fused where the instruction set can). The size of a tile therefore never shows in the bits.

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Lanes, Portable};
use std::sync::OnceLock;

/// `c[i, j] (+)= sum over p < k of a[p * a_step + i] * b[p * b_step + j]` over the tile's rows and
/// columns: `(k, a, a_step, b, b_step, c, ldc, add)`. `c` is overwritten unless `add`.
///
/// # Safety
/// The CPU has the instruction set of the [`Micro`] that the tile stands in; the pointers reach all
/// elements named above; `c` is exclusive.
pub(in super::super) type Tile<T> = unsafe fn(usize, *const T, isize, *const T, isize, *mut T, usize, bool);

/// Packs a strip whose elements are contiguous along k: see `pack::strip`.
pub(super) type Transpose<T> = unsafe fn(*const T, isize, usize, usize, *mut T, usize);

/// The tiles of an element type for one instruction set.
pub(in super::super) struct Micro<T: 'static> {
    /// Elements of a register.
    pub width: usize,
    /// Distance, in a packed strip of rows, from one k to the next: at least the tallest tile.
    pub step: usize,
    /// `tiles[r - 1][v - 1]` has r rows and v registers of columns.
    pub tiles: &'static [[Tile<T>; 2]],
    /// `flat[r - 1]` has r rows and more registers of columns: for products of few rows.
    pub flat: &'static [(usize, Tile<T>)],
    pub(super) transpose: Transpose<T>,
}

impl<T> Micro<T> {
    /// Rows of the tallest tile.
    pub fn rows(&self) -> usize {
        self.tiles.len()
    }

    /// Columns of a full strip.
    pub fn cols(&self) -> usize {
        2 * self.width
    }
}

/// A type that products are summed in.
pub(in super::super) trait Real:
    Copy + Default + Send + Sync + std::ops::Add<Output = Self> + 'static
{
    /// The tiles for each instruction set that this CPU has, best first.
    fn micros() -> &'static [&'static Micro<Self>];
}

#[inline(always)]
unsafe fn tile<L: Lanes, const R: usize, const V: usize>(
    k: usize,
    mut a: *const L::T,
    a_step: isize,
    mut b: *const L::T,
    b_step: isize,
    c: *mut L::T,
    ldc: usize,
    add: bool,
) {
    // SAFETY: the caller of the tile vouches for all of it, see `Tile`; the steps past the last k
    // are wrapping, so they are never out-of-bounds arithmetic.
    unsafe {
        let mut sums = [[L::zero(); V]; R];
        for _ in 0..k {
            let mut row = [L::zero(); V];
            for (j, v) in row.iter_mut().enumerate() {
                *v = L::load(b.add(j * L::WIDTH));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = L::splat(a.add(i));
                for (sum, v) in sums.iter_mut().zip(row) {
                    *sum = L::mul_add(x, v, *sum);
                }
            }
            a = a.wrapping_offset(a_step);
            b = b.wrapping_offset(b_step);
        }
        for (i, row) in sums.into_iter().enumerate() {
            for (j, sum) in row.into_iter().enumerate() {
                let to = c.add(i * ldc + j * L::WIDTH);
                L::store(to, if add { L::add(L::load(to), sum) } else { sum });
            }
        }
    }
}

macro_rules! tiles {
    ($mod:ident, $lanes:ident, $t:ty, $($feature:literal)?, step $step:literal, rows [$($r:literal)*], flat [$(($fr:literal, $fv:literal))*], $transpose:expr) => {
        mod $mod {
            use super::*;
            // SAFETY: as for every `Tile`.
            $(#[target_feature(enable = $feature)])?
            unsafe fn of<const R: usize, const V: usize>(
                k: usize, a: *const $t, a_step: isize, b: *const $t, b_step: isize, c: *mut $t, ldc: usize, add: bool,
            ) {
                unsafe { tile::<$lanes<$t>, R, V>(k, a, a_step, b, b_step, c, ldc, add) }
            }
            pub(super) static MICRO: Micro<$t> = Micro {
                width: <$lanes<$t> as Lanes>::WIDTH,
                step: $step,
                tiles: &[$([of::<$r, 1>, of::<$r, 2>]),*],
                flat: &[$(($fv, of::<$fr, $fv>)),*],
                transpose: $transpose,
            };
        }
    };
}

// Of 32 registers, 28 are accumulators; of 16, 12.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
tiles!(avx512_f32, Avx512, f32, "avx512f", step 16, rows [1 2 3 4 5 6 7 8 9 10 11 12 13 14],
    flat [(1, 8) (2, 8) (3, 8) (4, 4) (5, 4) (6, 4)], super::super::pack::transpose_avx2);
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
tiles!(avx512_f64, Avx512, f64, "avx512f", step 16, rows [1 2 3 4 5 6 7 8 9 10 11 12 13 14],
    flat [(1, 8) (2, 8) (3, 8) (4, 4) (5, 4) (6, 4)], super::super::pack::transpose);
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
tiles!(avx2_f32, Avx2, f32, "avx2,fma", step 8, rows [1 2 3 4 5 6], flat [(1, 8) (2, 4) (3, 4)], super::super::pack::transpose_avx2);
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
tiles!(avx2_f64, Avx2, f64, "avx2,fma", step 8, rows [1 2 3 4 5 6], flat [(1, 8) (2, 4) (3, 4)], super::super::pack::transpose);
#[rustfmt::skip]
tiles!(portable_f32, Portable, f32, , step 4, rows [1 2 3 4], flat [(1, 8) (2, 4)], super::super::pack::transpose);
#[rustfmt::skip]
tiles!(portable_f64, Portable, f64, , step 4, rows [1 2 3 4], flat [(1, 4)], super::super::pack::transpose);

macro_rules! real {
    ($t:ty, $avx512:ident, $avx2:ident, $portable:ident) => {
        impl Real for $t {
            fn micros() -> &'static [&'static Micro<$t>] {
                static FOUND: OnceLock<Vec<&'static Micro<$t>>> = OnceLock::new();
                FOUND.get_or_init(|| {
                    let mut found = Vec::new();
                    #[cfg(target_arch = "x86_64")]
                    {
                        let fma = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
                        if fma && is_x86_feature_detected!("avx512f") {
                            found.push(&$avx512::MICRO);
                        }
                        if fma {
                            found.push(&$avx2::MICRO);
                        }
                    }
                    found.push(&$portable::MICRO);
                    found
                })
            }
        }
    };
}

real!(f32, avx512_f32, avx2_f32, portable_f32);
real!(f64, avx512_f64, avx2_f64, portable_f64);
