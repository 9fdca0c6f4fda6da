//! Counter-based random numbers: Philox4x32-10.
//!
//! Salmon, Moraes, Dror, Shaw: *Parallel random numbers: as easy as 1, 2, 3* (SC 2011). A draw is a
//! pure function of two 64-bit numbers:
//!
//! - the key is `(seed low 32 bits, seed high 32 bits)`;
//! - the block is `[b low 32 bits, b high 32 bits, 0, 0]` with `b = counter >> 2`, unsigned;
//! - the word is number `counter & 3` of the four words that ten rounds make of it.
//!
//! So consecutive counters use every word. A uniform draw is `(word >> 8) * 2^-24`. A normal draw
//! takes words 0 and 1 for counters with `counter & 2 == 0`, else words 2 and 3, as `a`, `b`:
//! `u = ((a >> 8) + 1) * 2^-24` in (0, 1], `t = (b >> 8) * 2^-24`, `r = sqrt(-2 log u)`; the draw is
//! `r cos(2 pi t)` for even counters and `r sin(2 pi t)` for odd ones (Box and Muller). Its largest
//! magnitude is `sqrt(48 log 2) = 5.77`.

use crate::float;
use crate::intrinsic::lane::Machine;

/// The four words of a block under a key.
#[inline(always)]
pub(crate) fn block(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let [mut k0, mut k1] = key;
    let mut c = counter;
    for _ in 0..10 {
        let p0 = 0xD251_1F53_u64 * c[0] as u64;
        let p1 = 0xCD9E_8D57_u64 * c[2] as u64;
        c = [(p1 >> 32) as u32 ^ c[1] ^ k0, p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k1, p0 as u32];
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    c
}

/// The four words of the block that a counter lies in.
#[inline(always)]
pub(crate) fn words(seed: i64, counter: i64) -> [u32; 4] {
    let b = counter as u64 >> 2;
    block([seed as u32, (seed as u64 >> 32) as u32], [b as u32, (b >> 32) as u32, 0, 0])
}

/// The upper 24 bits of a word as a number of [0, 1).
#[inline(always)]
fn fraction(word: u32) -> f32 {
    (word >> 8) as i32 as f32 * (1.0 / (1 << 24) as f32)
}

/// The draws from [0, 1) of words 0 and 1, or 2 and 3, of a block.
#[inline(always)]
pub(crate) fn uniform(a: u32, b: u32) -> (f32, f32) {
    (fraction(a), fraction(b))
}

/// The draws from the standard normal distribution of words 0 and 1, or 2 and 3, of a block.
#[inline(always)]
pub(crate) fn normal<M: Machine>(a: u32, b: u32) -> (f32, f32) {
    let u = ((a >> 8) as i32 + 1) as f32 * (1.0 / (1 << 24) as f32);
    let r = (-2.0 * float::log::<M>(u)).sqrt();
    let t = fraction(b);
    // A quarter of a turn less turns the cosine into the sine.
    (r * float::cos_turns::<M>(t), r * float::cos_turns::<M>(t - 0.25))
}

#[cfg(test)]
mod tests {
    use super::block;
    use crate::{DType, Intrinsic, Scalar, interp};

    fn draw(op: Intrinsic, seed: i64, counter: i64) -> f64 {
        interp::apply(op, &[DType::I64; 2], &[Scalar::Int(seed), Scalar::Int(counter)]).to_f64()
    }

    #[test]
    fn blocks_are_the_known_answers() {
        // philox4x32-10 of kat_vectors in the authors' Random123 library.
        for (counter, key, want) in [
            ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
            (
                [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
                [0xa4093822, 0x299f31d0],
                [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            ),
        ] {
            assert_eq!(block(key, counter), want);
        }
    }

    #[test]
    fn draws_use_the_words_in_order() {
        let words = block([5, 1], [3, 0, 0, 0]);
        let seed = 5 | 1 << 32;
        for (i, word) in words.into_iter().enumerate() {
            let counter = 12 + i as i64;
            assert_eq!(draw(Intrinsic::PhiloxUniform, seed, counter), (word >> 8) as f64 / 16_777_216.0);
            let (a, b) = (words[i & 2], words[(i & 2) + 1]);
            let (u, t) = (((a >> 8) + 1) as f64 / 16_777_216.0, (b >> 8) as f64 / 16_777_216.0);
            let angle = std::f64::consts::TAU * t;
            let want = (-2.0 * u.ln()).sqrt() * if i % 2 == 0 { angle.cos() } else { angle.sin() };
            assert!((draw(Intrinsic::PhiloxNormal, seed, counter) - want).abs() < 1e-6, "word {i}");
        }
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let n = 100_000;
        let moment = |op: Intrinsic, k: i32| (0..n).map(|i| draw(op, 1, i).powi(k)).sum::<f64>() / n as f64;
        // Five standard deviations of the mean.
        let bound = |deviation: f64| 5.0 * deviation / (n as f64).sqrt();
        assert!((moment(Intrinsic::PhiloxUniform, 1) - 0.5).abs() < bound(12_f64.sqrt().recip()));
        assert!(moment(Intrinsic::PhiloxNormal, 1).abs() < bound(1.0));
        assert!((moment(Intrinsic::PhiloxNormal, 2) - 1.0).abs() < bound(2_f64.sqrt()));
        assert!((moment(Intrinsic::PhiloxNormal, 4) - 3.0).abs() < bound(96_f64.sqrt()));
    }
}
