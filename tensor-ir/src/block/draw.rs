//! Loops of random draws.
//!
//! A Philox block holds the words of four consecutive counters. Lanes mostly have consecutive
//! counters and one seed, so a chunk that does is drawn block by block, a quarter of the work; any
//! other chunk lane by lane. Both give the same bits.

use std::marker::PhantomData;

use super::BlockFn;
use super::isa::Loop;
use super::map::CHUNK;
use crate::intrinsic::lane::{Draw, Machine};
use crate::philox::words;

/// Lanes of the blocks that a chunk touches if it does not begin with one.
const TOUCHED: usize = CHUNK + 4;

/// The loop of a row of `Rule::Philox`, of seeds and counters.
pub(super) struct Draws<O>(PhantomData<O>);

impl<O: Draw> Loop for Draws<O> {
    #[inline(always)]
    unsafe fn run<M: Machine>(n: usize, args: &[*const u8], out: *mut u8, _this: BlockFn) {
        let (seeds, counters, to) = (args[0].cast::<i64>(), args[1].cast::<i64>(), out.cast::<f32>());
        let mut i = 0;
        while i < n {
            let lanes = CHUNK.min(n - i);
            let (mut seed, mut counter) = ([0_i64; CHUNK], [0_i64; CHUNK]);
            // SAFETY: lanes i..i + lanes are readable.
            unsafe {
                std::ptr::copy_nonoverlapping(seeds.add(i).cast::<u8>(), seed.as_mut_ptr().cast(), 8 * lanes);
                std::ptr::copy_nonoverlapping(counters.add(i).cast::<u8>(), counter.as_mut_ptr().cast(), 8 * lanes);
            }
            for j in lanes..CHUNK {
                seed[j] = seed[0];
                counter[j] = counter[0].wrapping_add(j as i64);
            }
            let y = chunk::<O, M>(&seed, &counter);
            // SAFETY: lanes i..i + lanes are writable; those of the arguments have been read.
            unsafe { std::ptr::copy_nonoverlapping(y.as_ptr().cast::<u8>(), to.add(i).cast(), 4 * lanes) };
            i += lanes;
        }
    }
}

#[inline(always)]
fn chunk<O: Draw, M: Machine>(seed: &[i64; CHUNK], counter: &[i64; CHUNK]) -> [f32; CHUNK] {
    let mut differences = 0;
    for j in 0..CHUNK {
        differences |= (seed[j] ^ seed[0]) | (counter[j] ^ counter[0].wrapping_add(j as i64));
    }
    let mut y = [0.0; CHUNK];
    if differences == 0 {
        let shift = (counter[0] & 3) as usize;
        let drawn = blocks::<O, M>(seed[0], counter[0] & !3, shift != 0);
        y.copy_from_slice(&drawn[shift..shift + CHUNK]);
    } else {
        for (y, (s, c)) in y.iter_mut().zip(seed.iter().zip(counter)) {
            *y = O::draw::<M>(*s, *c);
        }
    }
    y
}

/// The draws of a chunk of counters from a multiple of 4 on, and of the next four if `more`.
#[inline(always)]
fn blocks<O: Draw, M: Machine>(seed: i64, counter: i64, more: bool) -> [f32; TOUCHED] {
    let mut first = [0; TOUCHED / 2];
    let mut second = [0; TOUCHED / 2];
    let mut block = |b: usize| {
        let w = words(seed, counter.wrapping_add(4 * b as i64));
        (first[2 * b], second[2 * b]) = (w[0], w[1]);
        (first[2 * b + 1], second[2 * b + 1]) = (w[2], w[3]);
    };
    for b in 0..CHUNK / 4 {
        block(b);
    }
    if more {
        block(CHUNK / 4);
    }
    let mut y = [0.0; TOUCHED];
    for p in 0..TOUCHED / 2 {
        (y[2 * p], y[2 * p + 1]) = O::pair::<M>(first[p], second[p]);
    }
    y
}
