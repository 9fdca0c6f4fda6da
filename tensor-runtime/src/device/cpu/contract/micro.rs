//! Tiles: the innermost product, whose accumulators live in registers.
//!
//! An element of a tile is the sum over k of `a * b`, added one after the other in the order of k
//! (fused where the instruction set can). The size of a tile therefore never shows in the bits.

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Lanes, Portable};
use super::row::{self, Across, Along};
use super::rows::{self, Dots, Rows, Runs};
use super::tile::{self, product, slide};
use std::sync::OnceLock;

/// `c[i, j] (+)= sum over p < k of a[p * a_step + i] * b[p * b_step + j]` over the tile's rows and
/// columns: `(k, a, a_step, b, b_step, c, ldc, add)`. `c` is overwritten unless `add`.
///
/// # Safety
/// The CPU has the instruction set of the [`Micro`] that the tile stands in; the pointers reach all
/// elements named above; `c` is exclusive.
pub(in super::super) type Tile<T> = unsafe fn(usize, *const T, isize, *const T, isize, *mut T, usize, bool);

/// [`Tile`] whose row p of `b` starts at `b + offsets[p]`: `(k, a, a_step, b, offsets, c, ldc, add)`.
///
/// # Safety
/// As for [`Tile`].
pub(in super::super) type TapTile<T> = unsafe fn(usize, *const T, isize, *const T, *const isize, *mut T, usize, bool);

/// `c[i, j] (+)= sum over y < h, x < w of a[offsets[i] + y * pitch + x] * b[(y * w + x) * b_step + j]`:
/// `([h, w], a, pitch, offsets, b, b_step, c, ldc, add)`.
///
/// # Safety
/// As for [`Tile`].
pub(in super::super) type SlideTile<T> =
    unsafe fn([usize; 2], *const T, usize, *const isize, *const T, usize, *mut T, usize, bool);

/// Packs a strip whose elements are contiguous along k, or across it, and whose other stride is the
/// second argument: see `pack::strip`.
pub(super) type Strip<T> = unsafe fn(*const T, isize, usize, usize, *mut T, usize);

/// `(from, along, each, count, k, to, step)`: see `pack::spread`.
pub(super) type Spread<T> = unsafe fn(*const T, isize, usize, usize, usize, *mut T, usize);

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
    /// As `tiles`.
    pub taps: &'static [[TapTile<T>; 2]],
    /// As `flat`.
    pub flat_taps: &'static [(usize, TapTile<T>)],
    /// As `tiles`.
    pub slides: &'static [[SlideTile<T>; 2]],
    /// Copies every element, or every second one; adds.
    pub copy: Rows<T>,
    pub copy_second: Rows<T>,
    pub add: Rows<T>,
    pub runs: Runs<T>,
    /// `len` is a multiple of `width`.
    pub dots: Dots<T>,
    pub(super) transpose: Strip<T>,
    pub(super) copy_strip: Strip<T>,
    pub(super) spread: Spread<T>,
    pub(super) along: Along<T>,
    pub(super) across: Across<T>,
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

macro_rules! tiles {
    ($mod:ident, $lanes:ident, $t:ty, $($feature:literal)?, step $step:literal, rows [$($r:literal)*],
     flat [$(($fr:literal, $fv:literal))*], slides [$($s:literal)*] by $unroll:literal, dots $dots:literal, $transpose:expr) => {
        pub(super) mod $mod {
            use super::super::*;
            use super::pack;
            // SAFETY, of all: as for every `Tile`.
            $(#[target_feature(enable = $feature)])?
            unsafe fn of<const R: usize, const V: usize>(
                k: usize, a: *const $t, a_step: isize, b: *const $t, b_step: isize, c: *mut $t, ldc: usize, add: bool,
            ) {
                let row = |p: usize| b.wrapping_offset(p as isize * b_step);
                unsafe { product::<$lanes<$t>, R, V>(k, a, a_step, row, c, ldc, add) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn taps<const R: usize, const V: usize>(
                k: usize, a: *const $t, a_step: isize, b: *const $t, at: *const isize, c: *mut $t, ldc: usize, add: bool,
            ) {
                let row = |p: usize| b.wrapping_offset(unsafe { *at.add(p) });
                unsafe { product::<$lanes<$t>, R, V>(k, a, a_step, row, c, ldc, add) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn slides<const R: usize, const V: usize, const U: usize>(
                size: [usize; 2], a: *const $t, pitch: usize, at: *const isize, b: *const $t, b_step: usize,
                c: *mut $t, ldc: usize, add: bool,
            ) {
                unsafe { slide::<$lanes<$t>, R, V, U>(size, a, pitch, at, b, b_step, c, ldc, add) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn copy_strip(from: *const $t, along: isize, width: usize, k: usize, to: *mut $t, step: usize) {
                unsafe { pack::copy(from, along, width, k, to, step) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn along(k: usize, a: *const $t, b: *const $t, stride: isize, cols: usize, c: *mut $t) {
                unsafe { row::along::<$lanes<$t>>(k, a, b, stride, cols, c) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn across(k: usize, a: *const $t, b: *const $t, stride: isize, cols: usize, c: *mut $t) {
                unsafe { row::across::<$lanes<$t>>(k, a, b, stride, cols, c) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn spread(from: *const $t, along: isize, each: usize, count: usize, k: usize, to: *mut $t, step: usize) {
                unsafe { pack::spread(from, along, each, count, k, to, step) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn rows<const ADD: bool>(size: [usize; 2], from: *const $t, pitch: usize, to: *mut $t, to_pitch: usize) {
                unsafe { rows::rows::<$t, ADD>(size, from, pitch, to, to_pitch) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn every_second(size: [usize; 2], from: *const $t, pitch: usize, to: *mut $t, to_pitch: usize) {
                unsafe { rows::every_second(size, from, pitch, to, to_pitch) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn runs(from: *const $t, at: &[isize], starts: &[(usize, usize)], to: *mut $t, pitch: usize) {
                unsafe { rows::runs(from, at, starts, to, pitch) }
            }
            $(#[target_feature(enable = $feature)])?
            unsafe fn dots(len: usize, a: *const $t, at: &[isize], b: *const $t, sums: *mut $t) {
                unsafe { tile::dots::<$lanes<$t>, $dots>(len, a, at, b, sums) }
            }
            pub(in super::super) static MICRO: Micro<$t> = Micro {
                width: <$lanes<$t> as Lanes>::WIDTH,
                step: $step,
                tiles: &[$([of::<$r, 1>, of::<$r, 2>]),*],
                flat: &[$(($fv, of::<$fr, $fv>)),*],
                taps: &[$([taps::<$r, 1>, taps::<$r, 2>]),*],
                flat_taps: &[$(($fv, taps::<$fr, $fv>)),*],
                slides: &[$([slides::<$s, 1, { 2 * $unroll }>, slides::<$s, 2, $unroll>]),*],
                copy: rows::<false>,
                copy_second: every_second,
                add: rows::<true>,
                runs,
                dots,
                transpose: $transpose,
                copy_strip,
                spread,
                along,
                across,
            };
        }
    };
}

#[rustfmt::skip]
mod table {
    use super::super::pack;
    // Of 32 registers, 28 are accumulators; of 16, 12.
    #[cfg(target_arch = "x86_64")]
    tiles!(avx512_f32, Avx512, f32, "avx512f", step 16, rows [1 2 3 4 5 6 7 8 9 10 11 12 13 14],
        flat [(1, 8) (2, 8) (3, 8) (4, 4) (5, 4) (6, 4)], slides [1 2 3 4 5 6 7 8 9 10 11 12] by 2, dots 9, pack::transpose_avx2);
    #[cfg(target_arch = "x86_64")]
    tiles!(avx512_f64, Avx512, f64, "avx512f", step 16, rows [1 2 3 4 5 6 7 8 9 10 11 12 13 14],
        flat [(1, 8) (2, 8) (3, 8) (4, 4) (5, 4) (6, 4)], slides [1 2 3 4 5 6 7 8 9 10 11 12] by 2, dots 9, pack::transpose);
    #[cfg(target_arch = "x86_64")]
    tiles!(avx2_f32, Avx2, f32, "avx2,fma", step 8, rows [1 2 3 4 5 6],
        flat [(1, 8) (2, 4) (3, 4)], slides [1 2 3 4 5] by 1, dots 5, pack::transpose_avx2);
    #[cfg(target_arch = "x86_64")]
    tiles!(avx2_f64, Avx2, f64, "avx2,fma", step 8, rows [1 2 3 4 5 6],
        flat [(1, 8) (2, 4) (3, 4)], slides [1 2 3 4 5] by 1, dots 5, pack::transpose);
    tiles!(portable_f32, Portable, f32, , step 4, rows [1 2 3 4],
        flat [(1, 8) (2, 4)], slides [1 2 3 4] by 1, dots 5, pack::transpose);
    tiles!(portable_f64, Portable, f64, , step 4, rows [1 2 3 4],
        flat [(1, 4)], slides [1 2] by 1, dots 5, pack::transpose);
}

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
                            found.push(&table::$avx512::MICRO);
                        }
                        if fma {
                            found.push(&table::$avx2::MICRO);
                        }
                    }
                    found.push(&table::$portable::MICRO);
                    found
                })
            }
        }
    };
}

real!(f32, avx512_f32, avx2_f32, portable_f32);
real!(f64, avx512_f64, avx2_f64, portable_f64);
