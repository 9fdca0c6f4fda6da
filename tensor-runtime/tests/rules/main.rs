//! The rules of evaluation, through the public API: what is planned once, what stays in memory, what
//! an error leaves as it was, which values stay with whom.

extern crate formwork_runtime as formwork;

mod attention;
mod checkpoint;
mod errors;
mod memory;
mod miss;
mod random;
mod region;
mod settings;
mod states;
mod values;
mod variant;

use formwork_runtime::device::Buffer;
use formwork_runtime::optim::*;
use formwork_runtime::params::{Item, ItemMut, Module, Param, Path, State};
use formwork_runtime::{Device, Error, Rng, Tensor, eager, grad, plans_made};
use formwork_shapes::{U1, U2, U4, U8, U16, runtime_dim};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, MutexGuard};

runtime_dim!(Batch);

const CPU: Device = Device::Cpu;

/// Counts the bytes that are allocated and not freed.
struct Counting;

static HEAP: AtomicIsize = AtomicIsize::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HEAP.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HEAP.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn heap() -> isize {
    HEAP.load(Ordering::Relaxed)
}

/// Threads of other tests start and end meanwhile, which takes a few hundred bytes.
const NOISE: isize = 2048;

/// Tests here count plans and memory of the whole process, so they run one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// `relu(x w1 + b1) w2 + b2`: [B, 8] -> [B, 4].
struct Mlp {
    w1: Param<(U8, U16)>,
    b1: Param<(U16,)>,
    w2: Param<(U16, U4)>,
    b2: Param<(U4,)>,
}

impl Mlp {
    fn new(seed: u64) -> Mlp {
        let mut rng = Rng::seed(seed);
        let mut draw =
            |n: usize, k: f64| -> Vec<f32> { rng.uniform_vec(n, -k, k).into_iter().map(|x| x as f32).collect() };
        Mlp {
            w1: Param::new(draw(128, 0.35), &CPU).unwrap(),
            b1: Param::new(draw(16, 0.35), &CPU).unwrap(),
            w2: Param::new(draw(64, 0.25), &CPU).unwrap(),
            b2: Param::new(draw(4, 0.25), &CPU).unwrap(),
        }
    }

    fn forward(&self, x: &Tensor<(Batch, U8)>) -> Tensor<(Batch, U4)> {
        (x.matmul(&self.w1) + &*self.b1).relu().matmul(&self.w2) + &*self.b2
    }

    fn values(&self) -> [Vec<f32>; 4] {
        [
            &*self.w1.to_vec().unwrap(),
            &self.b1.to_vec().unwrap(),
            &self.w2.to_vec().unwrap(),
            &self.b2.to_vec().unwrap(),
        ]
        .map(<[f32]>::to_vec)
    }
}

impl Module for Mlp {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        let fields: [(&str, &dyn Module); 4] = [("w1", &self.w1), ("b1", &self.b1), ("w2", &self.w2), ("b2", &self.b2)];
        for (name, field) in fields {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        let fields: [(&str, &mut dyn Module); 4] =
            [("w1", &mut self.w1), ("b1", &mut self.b1), ("w2", &mut self.w2), ("b2", &mut self.b2)];
        for (name, field) in fields {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

/// `n` samples, other ones for each seed, with labels that follow from them.
fn batch(n: usize, seed: u64) -> (Tensor<(Batch, U8)>, Tensor<(Batch,), i64>) {
    let x = Rng::seed(seed).normal_vec(8 * n, 0.0, 1.0);
    let label = |row: &[f64]| (row[0] > 0.0) as i64 + 2 * (row[1] > 0.0) as i64;
    let y: Vec<i64> = x.chunks(8).map(label).collect();
    let x: Vec<f32> = x.into_iter().map(|x| x as f32).collect();
    (Tensor::new(x, &CPU).unwrap(), Tensor::new(y, &CPU).unwrap())
}

fn loss(model: &Mlp, seed: u64) -> Tensor {
    let (x, y) = batch(16, seed);
    model.forward(&x).cross_entropy(&y)
}

fn bits(values: &[Vec<f32>]) -> Vec<u32> {
    values.iter().flatten().map(|x| x.to_bits()).collect()
}

fn model_loss(model: &Mlp, x: &Tensor<(Batch, U8)>, y: &Tensor<(Batch,), i64>) -> formwork_runtime::Gradients {
    model.forward(x).cross_entropy(y).backward()
}
