//! Loops that convert between dtypes, in storage or in lanes.

use std::marker::PhantomData;

use super::BlockFn;
use super::isa::{Isa, Loop, compile, compile_narrow};
use super::map::CHUNK;
use crate::DType;
use crate::intrinsic::lane::{Bit, Machine};

/// The loop from one dtype to another, of elements as they are stored: f16 and bf16 are two bytes
/// on either side.
///
/// It converts as Rust's `as` does: floats to integers towards zero, saturating, a NaN to 0; to
/// smaller floats to the nearest, ties to even; integers by their low bits. To bool it is `x != 0`.
/// What f32 does not hold goes to f16 and bf16 by way of f32.
pub fn convert(from: DType, to: DType, isa: Isa) -> BlockFn {
    macro_rules! rows {
        ($($d:ident $t:ty),+) => { rows!(@outer [$($d $t),+] $($d $t),+) };
        (@outer $all:tt $($d:ident $t:ty),+) => { match from { $(DType::$d => rows!(@inner $t, $all)),+ } };
        (@inner $f:ty, [$($d:ident $t:ty),+]) => { match to { $(DType::$d => compile_narrow::<Convert<$f, $t>>(isa)),+ } };
    }
    match (from, to) {
        (DType::F32, DType::BF16) => return compile::<Convert<f32, Brain>>(isa),
        (DType::I64, DType::F32) => return compile::<Convert<i64, f32>>(isa),
        _ => {}
    }
    #[cfg(target_arch = "x86_64")]
    if isa != Isa::Portable {
        match (from, to) {
            (DType::F16, DType::F32) => return f16c::widen,
            (DType::F32, DType::F16) => return f16c::narrow,
            _ => {}
        }
    }
    rows!(F32 f32, F64 f64, F16 Half, BF16 Brain, I64 i64, I32 i32, U8 u8, Bool Bit)
}

/// The loop that rounds f32 lanes to what f16 or bf16 holds, ties to even. `None` for other dtypes.
pub fn round_to(dtype: DType, isa: Isa) -> Option<BlockFn> {
    match dtype {
        #[cfg(target_arch = "x86_64")]
        DType::F16 if isa != Isa::Portable => Some(f16c::round),
        DType::F16 => Some(compile::<Round<Half>>(isa)),
        DType::BF16 => Some(compile::<Round<Brain>>(isa)),
        _ => None,
    }
}

/// The bits of an f16.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Half(u16);

impl Half {
    #[inline(always)]
    fn widen(self) -> f32 {
        let magnitude = (self.0 as u32 & 0x7fff) << 13;
        let sign = (self.0 as u32 & 0x8000) << 16;
        // The exponent's bias is 112 less than that of f32; the product also normalises denormals.
        let finite = f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23);
        let bits = if magnitude >= 0x0f80_0000 { magnitude | 0x7f80_0000 } else { finite.to_bits() };
        f32::from_bits(bits | sign)
    }

    #[inline(always)]
    fn narrow(x: f32) -> Half {
        let bits = x.to_bits() & 0x7fff_ffff;
        let sign = (x.to_bits() >> 16) & 0x8000;
        // Normal results: subtract the bias's difference, add just under half an ulp, carry the tie.
        let normal = bits.wrapping_sub(112 << 23).wrapping_add(0x0fff + ((bits >> 13) & 1)) >> 13;
        // Denormal results: adding 1/2 leaves multiples of 2^-24, rounded, in the low bits.
        let denormal = (f32::from_bits(bits) + 0.5).to_bits().wrapping_sub(0.5_f32.to_bits());
        let y = if bits < 113 << 23 { denormal } else { normal };
        let y = if bits >= 0x4780_0000 { 0x7c00 } else { y };
        let y = if bits > 0x7f80_0000 { 0x7e00 | (bits >> 13 & 0x01ff) } else { y };
        Half((y | sign) as u16)
    }
}

/// The bits of a bf16.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Brain(u16);

impl Brain {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits((self.0 as u32) << 16)
    }

    #[inline(always)]
    fn narrow(x: f32) -> Brain {
        let bits = x.to_bits();
        let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
        let nan = bits >> 16 | 0x40;
        Brain(if bits & 0x7fff_ffff > 0x7f80_0000 { nan } else { rounded } as u16)
    }
}

/// An element as it is stored, and its conversions: `Number` is the primitive type that it has
/// arithmetic in.
trait Stored: Copy + 'static {
    type Number: Copy;
    const ZERO: Self;
    fn number(self) -> Self::Number;
}

trait From<T>: Stored {
    fn convert(x: T) -> Self;
}

macro_rules! stored {
    ($($t:ty, $number:ty, $zero:expr, |$x:ident| $value:expr;)*) => {$(
        impl Stored for $t {
            type Number = $number;
            const ZERO: $t = $zero;

            #[inline(always)]
            fn number(self) -> $number {
                let $x = self;
                $value
            }
        }
    )*};
}
stored! {
    f32, f32, 0.0, |x| x;
    f64, f64, 0.0, |x| x;
    i64, i64, 0, |x| x;
    i32, i32, 0, |x| x;
    u8, u8, 0, |x| x;
    Half, f32, Half(0), |x| x.widen();
    Brain, f32, Brain(0), |x| x.widen();
    Bit, u8, Bit(0), |x| x.0;
}

macro_rules! from_number {
    ($($n:ident)*) => {$(
        from_number!(@primitives $n f32 f64 i64 i32 u8);

        impl From<$n> for Half {
            #[inline(always)]
            fn convert(x: $n) -> Half {
                Half::narrow(x as f32)
            }
        }

        impl From<$n> for Brain {
            #[inline(always)]
            fn convert(x: $n) -> Brain {
                Brain::narrow(x as f32)
            }
        }

        impl From<$n> for Bit {
            #[inline(always)]
            fn convert(x: $n) -> Bit {
                Bit((x != 0 as $n) as u8)
            }
        }
    )*};
    (@primitives $n:ident $($t:ident)*) => {$(
        impl From<$n> for $t {
            #[inline(always)]
            fn convert(x: $n) -> $t {
                x as $t
            }
        }
    )*};
}
from_number! { f32 f64 i64 i32 u8 }

/// The loop from `T` to `U`.
struct Convert<T, U>(PhantomData<(T, U)>);

impl<T: Stored, U: From<T::Number>> Loop for Convert<T, U> {
    #[inline(always)]
    unsafe fn run<M: Machine>(n: usize, args: &[*const u8], out: *mut u8, this: BlockFn) {
        // SAFETY: the caller keeps the contract.
        unsafe { chunks::<T, U>(n, args[0], out, this, |x| U::convert(x.number())) }
    }
}

/// The loop that rounds f32 to `T`.
struct Round<T>(PhantomData<T>);

impl<T: From<f32> + Stored<Number = f32>> Loop for Round<T> {
    #[inline(always)]
    unsafe fn run<M: Machine>(n: usize, args: &[*const u8], out: *mut u8, this: BlockFn) {
        // SAFETY: the caller keeps the contract.
        unsafe { chunks::<f32, f32>(n, args[0], out, this, |x| T::convert(x).number()) }
    }
}

/// `out[i] = f(x[i])` by chunks, the last ones in a padded copy.
///
/// # Safety
/// As [`BlockFn`], with one argument of type `T` and a result of type `U`.
#[inline(always)]
unsafe fn chunks<T: Stored, U: Stored>(n: usize, x: *const u8, out: *mut u8, this: BlockFn, f: impl Fn(T) -> U) {
    let (from, to) = (x.cast::<T>(), out.cast::<U>());
    let mut i = 0;
    while i + CHUNK <= n {
        let mut y = [U::ZERO; CHUNK];
        for (j, y) in y.iter_mut().enumerate() {
            // SAFETY: i + j < n lanes are readable.
            *y = f(unsafe { from.add(i + j).read_unaligned() });
        }
        // SAFETY: lanes i..i + CHUNK are writable; those of the argument have been read.
        unsafe { to.add(i).cast::<[U; CHUNK]>().write_unaligned(y) };
        i += CHUNK;
    }
    if i < n {
        let (mut x, mut y) = ([T::ZERO; CHUNK], [U::ZERO; CHUNK]);
        let rest = n - i;
        // SAFETY: lanes i..n are readable, writable and fewer than a chunk; x and y have a chunk.
        unsafe {
            std::ptr::copy_nonoverlapping(from.add(i).cast::<u8>(), x.as_mut_ptr().cast(), rest * size_of::<T>());
            this(CHUNK, &[x.as_ptr().cast()], y.as_mut_ptr().cast());
            std::ptr::copy_nonoverlapping(y.as_ptr().cast::<u8>(), to.add(i).cast(), rest * size_of::<U>());
        }
    }
}

/// f16 by the instructions of F16C, which the compiler does not find in the arithmetic above.
#[cfg(target_arch = "x86_64")]
mod f16c {
    use std::arch::x86_64::{
        __m128i, _MM_FROUND_TO_NEAREST_INT, _mm_loadu_si128, _mm_storeu_si128, _mm256_cvtph_ps, _mm256_cvtps_ph,
        _mm256_loadu_ps, _mm256_storeu_ps,
    };

    const WIDTH: usize = 8;

    /// Runs `whole` for every 8 lanes, the last ones in a padded copy.
    ///
    /// # Safety
    /// `whole` reads 8 lanes of `T` and writes 8 of `U`; the rest as `BlockFn`.
    #[inline(always)]
    unsafe fn eights<T: Copy + Default, U: Copy + Default>(
        n: usize,
        x: *const u8,
        out: *mut u8,
        whole: impl Fn(*const T, *mut U),
    ) {
        let (x, out) = (x.cast::<T>(), out.cast::<U>());
        let mut i = 0;
        while i + WIDTH <= n {
            // SAFETY: lanes i..i + 8 are in bounds.
            unsafe { whole(x.add(i), out.add(i)) };
            i += WIDTH;
        }
        if i < n {
            let (mut a, mut b) = ([T::default(); WIDTH], [U::default(); WIDTH]);
            let rest = n - i;
            // SAFETY: lanes i..n are in bounds and fewer than 8.
            unsafe {
                std::ptr::copy_nonoverlapping(x.add(i).cast::<u8>(), a.as_mut_ptr().cast(), rest * size_of::<T>());
                whole(a.as_ptr(), b.as_mut_ptr());
                std::ptr::copy_nonoverlapping(b.as_ptr().cast::<u8>(), out.add(i).cast(), rest * size_of::<U>());
            }
        }
    }

    /// f16 to f32.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) unsafe fn widen(n: usize, args: &[*const u8], out: *mut u8) {
        // SAFETY: the caller keeps the contract of `BlockFn`; loads and stores are unaligned ones.
        unsafe {
            eights::<u16, f32>(n, args[0], out, |x, y| {
                _mm256_storeu_ps(y, _mm256_cvtph_ps(_mm_loadu_si128(x.cast::<__m128i>())));
            })
        }
    }

    /// f32 to f16.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) unsafe fn narrow(n: usize, args: &[*const u8], out: *mut u8) {
        // SAFETY: the caller keeps the contract of `BlockFn`; loads and stores are unaligned ones.
        unsafe {
            eights::<f32, u16>(n, args[0], out, |x, y| {
                let half = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm256_loadu_ps(x));
                _mm_storeu_si128(y.cast::<__m128i>(), half);
            })
        }
    }

    /// f32 to f16 and back.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) unsafe fn round(n: usize, args: &[*const u8], out: *mut u8) {
        // SAFETY: the caller keeps the contract of `BlockFn`; loads and stores are unaligned ones.
        unsafe {
            eights::<f32, f32>(n, args[0], out, |x, y| {
                let half = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm256_loadu_ps(x));
                _mm256_storeu_ps(y, _mm256_cvtph_ps(half));
            })
        }
    }
}
