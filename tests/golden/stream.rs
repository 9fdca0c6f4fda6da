//! Numbered streams of numbers: the same bits here and in `stream.py`, so weights need not be carried.
//!
//! Element `i` of stream `seed` is SplitMix64's finaliser applied to a linear function of both. Included by path from
//! the tests and the benchmarks.

/// 64 bits of element `i` of stream `seed`.
pub fn bits(seed: u64, i: u64) -> u64 {
    let start = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut z = i.wrapping_mul(0xD1B5_4A32_D192_ED03).wrapping_add(start);
    for (shift, factor) in [(30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB_u64)] {
        z = (z ^ (z >> shift)).wrapping_mul(factor);
    }
    z ^ (z >> 31)
}

/// `count` values of [-bound, bound).
pub fn uniform(seed: u64, count: usize, bound: f64) -> Vec<f32> {
    let value = |i| {
        let unit = (bits(seed, i) >> 40) as f64 / (1u64 << 24) as f64;
        ((2.0 * unit - 1.0) * bound) as f32
    };
    (0..count as u64).map(value).collect()
}

/// `count` integers of [0, limit).
pub fn integers(seed: u64, count: usize, limit: u64) -> Vec<i64> {
    (0..count as u64).map(|i| ((bits(seed, i) >> 33) % limit) as i64).collect()
}
