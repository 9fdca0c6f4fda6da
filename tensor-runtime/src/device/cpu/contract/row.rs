//! A row times columns that are contiguous along k: the product of a single sample with weights as
//! PyTorch lays them out. Nothing is packed, as nothing is read twice.

/// Columns that [`RowTile`] takes at most.
pub(super) const COLS: usize = 64;

/// `c[j] (+)= sum over p < k of a[p * a_step] * b[j * lane + p]` for `j < cols`, at most [`COLS`]:
/// `(k, a, a_step, b, lane, cols, c, add)`. The sums are those of a `Tile`.
///
/// # Safety
/// As for `Tile`.
pub(super) type RowTile<T> = unsafe fn(usize, *const T, isize, *const T, isize, usize, *mut T, bool);

#[cfg(target_arch = "x86_64")]
pub(super) use x86::row_avx512;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::COLS;
    use std::arch::x86_64::*;

    /// Elements of each column in a block, and columns in a group.
    const BLOCK: usize = 16;

    /// # Safety
    /// As for [`super::RowTile`].
    #[target_feature(enable = "avx512f,avx2,fma")]
    pub(in super::super) unsafe fn row_avx512(
        k: usize,
        a: *const f32,
        a_step: isize,
        b: *const f32,
        lane: isize,
        cols: usize,
        c: *mut f32,
        add: bool,
    ) {
        // A sum takes a fused addition after the other: only several groups keep them busy.
        // SAFETY: passed on.
        unsafe {
            match cols.div_ceil(BLOCK) {
                1 => groups::<1>(k, a, a_step, b, lane, cols, c, add),
                2 => groups::<2>(k, a, a_step, b, lane, cols, c, add),
                3 => groups::<3>(k, a, a_step, b, lane, cols, c, add),
                _ => groups::<{ COLS / BLOCK }>(k, a, a_step, b, lane, cols, c, add),
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx2,fma")]
    unsafe fn groups<const G: usize>(
        k: usize,
        a: *const f32,
        a_step: isize,
        b: *const f32,
        lane: isize,
        cols: usize,
        c: *mut f32,
        add: bool,
    ) {
        // SAFETY: columns past the last one repeat it; elements past the last k are not read.
        unsafe {
            let mut sums = [_mm512_setzero_ps(); G];
            let column = |j: usize| b.offset(j.min(cols - 1) as isize * lane);
            let columns: [[*const f32; BLOCK]; G] =
                std::array::from_fn(|g| std::array::from_fn(|i| column(g * BLOCK + i)));
            for p in (0..k).step_by(BLOCK) {
                let len = BLOCK.min(k - p);
                let mask = (0xFFFF_u32 >> (BLOCK - len)) as u16;
                for (sum, columns) in sums.iter_mut().zip(&columns) {
                    let mut x = [_mm512_setzero_ps(); BLOCK];
                    for (v, column) in x.iter_mut().zip(columns) {
                        _mm_prefetch::<_MM_HINT_T0>(column.wrapping_add(p + AHEAD).cast());
                        *v = _mm512_maskz_loadu_ps(mask, column.add(p));
                    }
                    let x = transposed(x);
                    for (i, &v) in x.iter().enumerate().take(len) {
                        *sum = _mm512_fmadd_ps(_mm512_set1_ps(*a.offset((p + i) as isize * a_step)), v, *sum);
                    }
                }
            }
            for (g, &sum) in sums.iter().enumerate() {
                let mask = (0xFFFF_u32 >> (BLOCK - BLOCK.min(cols - g * BLOCK))) as u16;
                let to = c.add(g * BLOCK);
                let sum = if add { _mm512_add_ps(_mm512_maskz_loadu_ps(mask, to), sum) } else { sum };
                _mm512_mask_storeu_ps(to, mask, sum);
            }
        }
    }

    /// How far ahead of its use an element is asked for: some lines, as there are many columns.
    const AHEAD: usize = 4 * BLOCK;

    /// Rows become columns.
    #[inline]
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn transposed(mut x: [__m512; 16]) -> [__m512; 16] {
        // Within lanes of 4: x[4 i + j] has of rows 4 i.. the elements j, 4 + j, 8 + j, 12 + j.
        for x in x.chunks_exact_mut(4) {
            let (a, b) = (_mm512_unpacklo_ps(x[0], x[1]), _mm512_unpackhi_ps(x[0], x[1]));
            let (c, d) = (_mm512_unpacklo_ps(x[2], x[3]), _mm512_unpackhi_ps(x[2], x[3]));
            x[0] = _mm512_shuffle_ps::<0x44>(a, c);
            x[1] = _mm512_shuffle_ps::<0xEE>(a, c);
            x[2] = _mm512_shuffle_ps::<0x44>(b, d);
            x[3] = _mm512_shuffle_ps::<0xEE>(b, d);
        }
        // Then lanes change places.
        let mut y = x;
        for j in 0..4 {
            let (a, b) = (x[j], x[4 + j]);
            let (a, b) = (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xEE>(a, b));
            let (c, d) = (x[8 + j], x[12 + j]);
            let (c, d) = (_mm512_shuffle_f32x4::<0x44>(c, d), _mm512_shuffle_f32x4::<0xEE>(c, d));
            y[j] = _mm512_shuffle_f32x4::<0x88>(a, c);
            y[4 + j] = _mm512_shuffle_f32x4::<0xDD>(a, c);
            y[8 + j] = _mm512_shuffle_f32x4::<0x88>(b, d);
            y[12 + j] = _mm512_shuffle_f32x4::<0xDD>(b, d);
        }
        y
    }
}
