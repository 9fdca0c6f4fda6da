//! Kernels of your own in a model that is trained: `cargo run --release --example custom_kernel`
//!
//! A kernel is a Rust function with `#[kernel]`. There are two kinds, and this classifier of digits has one of each: an
//! activation, which is a function of numbers, and a layer that no composition of operations computes well, which is
//! a function of arrays, run by blocks of threads. Read it from the top; `formwork::kernel` tells the rest.

use formwork::kernel::check;
use formwork::metrics::{ConfusionMatrix, Mean, predicted};
use formwork::prelude::*;
use formwork::train::Progress;

dims! { Batch }

/// `x * sigmoid(beta * x)`.
///
/// A function of numbers. Of numbers it is what you see; of tensors it is computed element by element, together with the
/// operations around it, and its gradient is derived.
#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}

/// How far each row of `x` is from each prototype: `y[b, c] = sum_d (x[b, d] - p[c, d])^2`.
///
/// A function of arrays, whose dims are part of its type: a call with other shapes does not compile. Tensor operations
/// would write all `[B, C, D]` differences to memory. Here a block of threads takes one row, `block_idx()`; it keeps the
/// row in memory that its threads share, waits until all of it is there, and then each thread takes some of the prototypes.
#[kernel(block = 32, grad = distances_grad)]
fn distances<B: Dim, C: Dim, D: Dim>(x: &Array<f32, (B, D)>, p: &Array<f32, (C, D)>, y: &mut Array<f32, (B, C)>) {
    let b = block_idx();
    let row = shared::<Array<f32, (D,)>>();
    for d in (thread_idx()..D).step_by(block_dim()) {
        row[d] = x[(b, d)];
    }
    sync_threads();
    for c in (thread_idx()..C).step_by(block_dim()) {
        let mut sum = 0.0;
        for d in 0..D {
            let gap = row[d] - p[(c, d)];
            sum += gap * gap;
        }
        y[(b, c)] = sum;
    }
}

/// The gradient: from the arguments, the result and its cotangent to the cotangents of the arguments. It may use whatever
/// works on tensors; here, another kernel, twice, since rows and prototypes are alike.
fn distances_grad<B: Dim, C: Dim, D: Dim>(
    x: &Tensor<(B, D)>,
    p: &Tensor<(C, D)>,
    _y: &Tensor<(B, C)>,
    g: &Tensor<(B, C)>,
) -> (Tensor<(B, D)>, Tensor<(C, D)>) {
    (pull(x, p, g), pull(p, x, g.transpose::<0, 1>()))
}

/// `dx[b, d] = sum_c 2 g[b, c] (x[b, d] - p[c, d])`: a block a row, so no two blocks write to one place.
#[kernel(block = 32, no_grad)]
fn pull<B: Dim, C: Dim, D: Dim>(
    x: &Array<f32, (B, D)>,
    p: &Array<f32, (C, D)>,
    g: &Array<f32, (B, C)>,
    dx: &mut Array<f32, (B, D)>,
) {
    let b = block_idx();
    for d in (thread_idx()..D).step_by(block_dim()) {
        let mut sum = 0.0;
        for c in 0..C {
            sum += 2.0 * g[(b, c)] * (x[(b, d)] - p[(c, d)]);
        }
        dx[(b, d)] = sum;
    }
}

model! {
    /// Maps a digit into 16 dimensions, where the nearest of ten prototypes says which it is.
    pub struct Classifier {
        fc1: Linear(64 -> 64),
        fc2: Linear(64 -> 16),
        prototypes: Param([10, 16], std = 1.0),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h = swish(self.fc1(x), 1.5);
        distances(self.fc2(h), &self.prototypes) * -1.0
    }
}

/// A kernel that can be tried can be trusted: its values and gradient against tensor operations, under the checks that
/// find races, memory that nobody wrote and indices outside of an array.
fn try_kernels() -> Result<()> {
    println!("swish(2, 1.5) = {:.4}", swish(2.0, 1.5));
    let mut rng = Rng::seed(0);
    let (x, p): (Tensor<(U5, U7)>, Tensor<(U3, U7)>) = (rng.normal(&[5, 7]), rng.normal(&[3, 7]));
    let composed = (x.unsqueeze::<1>() - p.unsqueeze::<0>()).square().sum_axis::<-1>();
    let y = distances(&x, &p);
    let apart = |(a, b): (&f32, &f32)| (a - b).abs() / (1.0 + b.abs());
    let far = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).map(apart).fold(0.0, f32::max);
    let slope = |y: &Tensor<(U5, U3)>| grad(&y.square().sum(), &p);
    let values = far(check::run(|| y.to_vec())?, composed.to_vec()?);
    let slopes = far(check::run(|| slope(&y).to_vec())?, slope(&composed).to_vec()?);
    println!("distances: {values:.1e} from tensor operations, its gradient {slopes:.1e}; checked mode finds nothing\n");
    Ok(())
}

fn run(args: &Args) -> Result<()> {
    try_kernels()?;
    let device = args.device;
    let mut model = Classifier::new(&device, &mut Rng::seed(args.seed))?;
    let mut opt = AdamW::new(args.lr);
    let loader = DataLoader::new(digits::train()?).batch::<Batch>(args.batch).shuffle(args.seed).to(&device);
    let mut progress = Progress::new(args.epochs, loader.len());
    for _ in 0..args.epochs {
        let mut losses = Mean::default();
        for batch in &loader {
            let batch = batch?;
            let loss = model.eval().forward(&batch.x).cross_entropy(&batch.y);
            opt.step(&mut model, loss.backward())?;
            losses.add(loss.item()?.into(), batch.y.len() as f64);
            progress.step(batch.y.len(), &[("loss", losses.value())]);
        }
        progress.epoch(&[]);
    }

    let mut confusion = ConfusionMatrix::new(10);
    for batch in DataLoader::new(digits::test()?).batch::<Batch>(120).to(&device) {
        let batch = batch?;
        confusion.add(&predicted(&model.eval().forward(&batch.x))?, &batch.y.to_vec()?)?;
    }
    println!("\ntest accuracy: {:.3}", confusion.accuracy());
    Ok(())
}

const HELP: &str = "\
Trains a classifier of handwritten digits with two kernels of its own: an activation and a layer of distances.

Usage: custom_kernel [OPTIONS]

  --epochs N      passes over the training digits [default: 20]
  --batch N       digits in a batch [default: 64]
  --lr X          learning rate of AdamW [default: 0.003]
  --seed N        seed of weights and shuffling [default: 1]
  --device NAME   best, cpu, cuda or cuda:N [default: best]
  --help          prints this";

struct Args {
    epochs: usize,
    batch: usize,
    lr: f64,
    seed: u64,
    device: Device,
}

fn args() -> std::result::Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let mut args = Args { epochs: 20, batch: 64, lr: 0.003, seed: 1, device: Device::best() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("epochs") => args.epochs = parser.value()?.parse()?,
            Long("batch") => args.batch = parser.value()?.parse()?,
            Long("lr") => args.lr = parser.value()?.parse()?,
            Long("seed") => args.seed = parser.value()?.parse()?,
            Long("device") => args.device = parser.value()?.parse()?,
            Long("help") | Short('h') => {
                println!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(args)
}

fn main() {
    let args = args().unwrap_or_else(|e| {
        eprintln!("custom_kernel: {e}; `--help` lists the options");
        std::process::exit(2);
    });
    if let Err(e) = run(&args) {
        eprintln!("custom_kernel: {e}");
        std::process::exit(1);
    }
}
