//! Random numbers by counter: a draw is a function of a seed and a counter, so it is the same on
//! every device, in every order and at every thread count.

use crate::device::cpu;
use crate::dtype::Float;
use crate::graph::{Dims, Node, named};
use crate::tensor::Tensor;
use formwork_ir::scalar::{philox_normal, philox_uniform};
use formwork_ir::{DType, Intrinsic};
use formwork_shapes::Shape;
use std::sync::Mutex;

/// A source of random numbers: a seed, and how many were drawn. Philox 4x32-10 (Salmon et al. 2011).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    seed: u64,
    counter: u64,
}

/// Seeds and counters go to kernels as f64 arguments, which hold integers exactly up to here.
const EXACT: u64 = 1 << 53;

impl Rng {
    /// The source of `seed`.
    pub fn seed(seed: u64) -> Rng {
        // Large seeds are mixed into what an argument can hold, small ones stay as they are.
        let mixed = (seed ^ seed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Rng { seed: if seed < EXACT { seed } else { (mixed ^ mixed >> 32) % EXACT }, counter: 0 }
    }

    /// The state, to be saved: the seed, and how many numbers were drawn.
    pub fn state(&self) -> (u64, u64) {
        (self.seed, self.counter)
    }

    /// A source that goes on where one with this state was.
    pub fn from_state((seed, counter): (u64, u64)) -> Rng {
        Rng { seed: seed % EXACT, counter: counter % EXACT }
    }

    /// Takes `n` numbers: the seed, and the counter of the first.
    fn take(&mut self, n: usize) -> (u64, u64) {
        let first = self.counter;
        // Blocks of four are drawn together; a draw starts at one.
        self.counter = (first + n as u64).next_multiple_of(4) % EXACT;
        (self.seed, first)
    }

    fn draw(&mut self, op: Intrinsic, dims: &[usize]) -> Node {
        let dims = Dims::from_slice(dims);
        let (seed, first) = self.take(dims.iter().product());
        let number = |n: u64| Node::number(n as f64, DType::I64);
        let counter = Node::iota_over(dims, |_| true).binary(Intrinsic::Add, &number(first));
        number(seed).binary(op, &counter)
    }

    /// Numbers drawn evenly from `[0, 1)`, of the given sizes.
    #[track_caller]
    pub fn uniform<S: Shape, E: Float>(&mut self, sizes: &[usize]) -> Tensor<S, E> {
        let _op = named("uniform");
        Tensor::of(self.draw(Intrinsic::PhiloxUniform, sizes).cast(E::DTYPE))
    }

    /// Numbers drawn from the normal distribution of mean 0 and variance 1, of the given sizes.
    #[track_caller]
    pub fn normal<S: Shape, E: Float>(&mut self, sizes: &[usize]) -> Tensor<S, E> {
        let _op = named("normal");
        Tensor::of(self.draw(Intrinsic::PhiloxNormal, sizes).cast(E::DTYPE))
    }

    /// True with probability `p` each, of the sizes of `like`.
    #[track_caller]
    pub fn bernoulli<S: Shape, E: Float>(&mut self, p: f64, like: &Tensor<S, E>) -> Tensor<S, bool> {
        let _op = named("bernoulli");
        let draw = self.draw(Intrinsic::PhiloxUniform, like.node().dims());
        Tensor::of(draw.binary_number(Intrinsic::Lt, p))
    }

    /// `n` numbers evenly from `[low, high)`, at once: for initial weights.
    pub fn uniform_vec(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        self.numbers(philox_uniform, n).into_iter().map(|u| low + (high - low) * u).collect()
    }

    /// `n` numbers from the normal distribution, at once: for initial weights.
    pub fn normal_vec(&mut self, n: usize, mean: f64, std: f64) -> Vec<f64> {
        self.numbers(philox_normal, n).into_iter().map(|z| mean + std * z).collect()
    }

    /// `n` numbers, the large lot on all threads.
    fn numbers(&mut self, draw: fn(i64, i64) -> f32, n: usize) -> Vec<f64> {
        let (seed, first) = self.take(n);
        let mut numbers = vec![0.0; n];
        let counters = (first..).step_by(PART);
        let parts: Vec<_> = counters.zip(numbers.chunks_mut(PART)).map(Mutex::new).collect();
        let fill = |i: usize| {
            let mut part = parts[i].lock().unwrap_or_else(|e| e.into_inner());
            let (first, ref mut numbers) = *part;
            let counted = numbers.iter_mut().zip(first..);
            counted.for_each(|(x, counter)| *x = draw(seed as i64, counter as i64).into());
        };
        cpu::enter(n > PART, || cpu::for_each(parts.len(), fill));
        drop(parts);
        numbers
    }
}

/// How many numbers a task draws.
const PART: usize = 1 << 14;
