//! Stores past the caches: of a result that they could not hold until somebody reads it. Its lines need not be read
//! before they are written, and what the caches hold stays there.

use formwork_ir::block::Isa;

/// Bytes of a result from which on it is stored past the caches.
pub(super) const PAST: usize = 16 << 20;

/// Operations at each point up to which it is: a program of more has the time to ask for the lines ahead.
pub(super) const OPERATIONS: usize = 12;

/// Copies bytes past the caches.
///
/// # Safety
/// As of `copy_nonoverlapping`, on a processor of the instruction set that it was asked for.
pub(super) type Copy = unsafe fn(src: *const u8, dst: *mut u8, bytes: usize);

/// The copy for an instruction set that has one.
pub(super) fn copy(isa: Isa) -> Option<Copy> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => Some(x86::avx2),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some(x86::avx512),
        _ => None,
    }
}

/// Until this, who is told by other stores may not see what was copied.
pub(super) fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of this kind has it.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// Whole lines go past the caches, what is before and behind them does not.
    macro_rules! copies {
        ($($name:ident $feature:literal $vector:ident $load:ident $store:ident;)*) => {$(
            #[target_feature(enable = $feature)]
            pub unsafe fn $name(src: *const u8, dst: *mut u8, bytes: usize) {
                const STEP: usize = size_of::<$vector>();
                let first = dst.align_offset(STEP).min(bytes);
                let end = first + (bytes - first) / STEP * STEP;
                // SAFETY: the caller's; the stores are aligned.
                unsafe {
                    std::ptr::copy_nonoverlapping(src, dst, first);
                    for i in (first..end).step_by(STEP) {
                        $store(dst.add(i).cast(), $load(src.add(i).cast()));
                    }
                    std::ptr::copy_nonoverlapping(src.add(end), dst.add(end), bytes - end);
                }
            }
        )*};
    }
    copies! {
        avx2 "avx2" __m256i _mm256_loadu_si256 _mm256_stream_si256;
        avx512 "avx512f" __m512i _mm512_loadu_si512 _mm512_stream_si512;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_and_length_is_copied() {
        let src: Vec<u8> = (0..400).map(|i| i as u8).collect();
        for copy in Isa::available().into_iter().filter_map(copy) {
            for (from, to, len) in (0..65).flat_map(|i| [(i, 64 - i, 300), (3, i, 2 * i), (0, i, 64), (i, i, 0)]) {
                let mut dst = vec![0; 400];
                // SAFETY: both have more bytes.
                unsafe { copy(src.as_ptr().add(from), dst.as_mut_ptr().add(to), len) };
                fence();
                assert_eq!(dst[to..to + len], src[from..from + len]);
                assert!(dst[..to].iter().chain(&dst[to + len..]).all(|b| *b == 0), "{from} {to} {len}");
            }
        }
    }
}
