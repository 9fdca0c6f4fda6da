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

#[inline(always)]
fn words(seed: i64, counter: i64) -> [u32; 4] {
    let b = counter as u64 >> 2;
    block([seed as u32, (seed as u64 >> 32) as u32], [b as u32, (b >> 32) as u32, 0, 0])
}

/// The upper 24 bits of a word as a number of [0, 1).
#[inline(always)]
fn fraction(word: u32) -> f32 {
    (word >> 8) as i32 as f32 * (1.0 / (1 << 24) as f32)
}

/// A draw from [0, 1).
#[inline(always)]
pub(crate) fn uniform(seed: i64, counter: i64) -> f32 {
    let c = words(seed, counter);
    let even = if counter & 2 == 0 { c[0] } else { c[2] };
    let odd = if counter & 2 == 0 { c[1] } else { c[3] };
    fraction(if counter & 1 == 0 { even } else { odd })
}

/// A draw from the standard normal distribution.
#[inline(always)]
pub(crate) fn normal<M: Machine>(seed: i64, counter: i64) -> f32 {
    let c = words(seed, counter);
    let a = if counter & 2 == 0 { c[0] } else { c[2] };
    let b = if counter & 2 == 0 { c[1] } else { c[3] };
    let u = ((a >> 8) as i32 + 1) as f32 * (1.0 / (1 << 24) as f32);
    let r = (-2.0 * float::log::<M>(u)).sqrt();
    // A quarter of a turn less turns the cosine into the sine.
    let t = fraction(b);
    r * float::cos_turns::<M>(if counter & 1 == 0 { t } else { t - 0.25 })
}
