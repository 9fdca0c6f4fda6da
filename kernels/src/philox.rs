//! Random numbers by counter, Philox4x32-10: the numbers of `Rng`; of the uniform ones also the bits.
//!
//! A thread makes the four numbers of a counter's block, which costs ten rounds once, and stores them as sixteen bytes. The
//! planner's draw is a map over a counter: on the CPU its blocks of numbers do the same, so this is for devices that want
//! it.

use crate::case::{Case, Size};
use formwork::Dim;
use formwork::kernel::{Array, kernel};

/// Numbers drawn evenly from `[0, 1)`: those of `seed` from number `4 * first` on.
#[kernel(block = 256, grid = N.div_ceil(1024), no_grad)]
pub fn uniform<N: Dim>(seed: i64, first: i64, y: &mut Array<f32, (N,)>) {
    let k = global_idx();
    let counter = 4 * (first + k as i64);
    if 4 * k + 4 <= N {
        let mut v = [0.0f32; 4];
        for i in 0..4 {
            v[i] = philox_uniform(seed, counter + i as i64);
        }
        y.set_vector(4 * k, v);
    } else {
        for i in 0..4 {
            if 4 * k + i < N {
                y[4 * k + i] = philox_uniform(seed, counter + i as i64);
            }
        }
    }
}

/// Numbers drawn from the normal distribution of mean 0 and variance 1, likewise.
#[kernel(block = 256, grid = N.div_ceil(1024), no_grad)]
pub fn normal<N: Dim>(seed: i64, first: i64, y: &mut Array<f32, (N,)>) {
    let k = global_idx();
    let counter = 4 * (first + k as i64);
    if 4 * k + 4 <= N {
        let mut v = [0.0f32; 4];
        for i in 0..4 {
            v[i] = philox_normal(seed, counter + i as i64);
        }
        y.set_vector(4 * k, v);
    } else {
        for i in 0..4 {
            if 4 * k + i < N {
                y[4 * k + i] = philox_normal(seed, counter + i as i64);
            }
        }
    }
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let n = size.pick(4_099, 1 << 28);
    let case = |name: &str, source| Case::new(name, source, [n.into()]).scalars(&[7.0, 3.0]).bytes(4 * n);
    vec![case("uniform", &uniform::SOURCE), case("normal", &normal::SOURCE)]
}
