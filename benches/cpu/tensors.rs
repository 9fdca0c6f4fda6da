//! Workloads on bare tensors: matrix products, memory-bound chains, row programs, and the cost of an operation.

use crate::report::{Found, Run};
use crate::stream::uniform;
use formwork::prelude::*;
use std::time::Instant;

/// A tensor of stream `seed`.
pub fn stream<S: Shape>(seed: u64, bound: f64) -> Result<Tensor<S>> {
    let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.unwrap_or(1)).collect();
    Tensor::from_sizes(uniform(seed, sizes.iter().product(), bound), &sizes, &Device::cpu())
}

/// `[N, N] x [N, N]` into a new result.
pub fn matmul<N: Dim>(run: &Run) -> Result<()>
where
    (N, N): Shape + MatMulRhs<(N, N), Out = (N, N)>,
{
    let n = N::SIZE.unwrap_or(0);
    let (a, b): (Tensor<(N, N)>, Tensor<(N, N)>) = (stream(1, 1.0)?, stream(2, 1.0)?);
    let probe = a.matmul(&b).to_vec()?[n + 2];
    let found =
        Found { items: 2.0 * (n as f64).powi(3), unit: "FLOP", final_loss: Some(probe.into()), ..Found::default() };
    run.measure(1, found, || a.matmul(&b).eval())
}

type Long = (U16777216,);
const LONG: f64 = 16_777_216.0;

/// `gelu(1.5 x + 0.25)` over 16 Mi floats: one read and one write an element, if it is fused.
fn chain(run: &Run, gelu: fn(&Tensor<Long>) -> Tensor<Long>) -> Result<()> {
    let x: Tensor<Long> = stream(5, 2.0)?;
    let forward = || gelu(&(&x * 1.5 + 0.25));
    let mean = forward().to_vec()?.iter().map(|&y| f64::from(y)).sum::<f64>() / LONG;
    let found = Found { items: 8.0 * LONG, unit: "B", final_loss: Some(mean), ..Found::default() };
    run.measure(1, found, || forward().eval())
}

/// The same, summed, and the gradient of `x`: counted as 20 bytes an element, as the peers do.
fn chain_with_gradient(run: &Run, gelu: fn(&Tensor<Long>) -> Tensor<Long>) -> Result<()> {
    let x: Tensor<Long> = stream(5, 2.0)?;
    let step = || -> Result<(f32, Tensor<Long>)> {
        let sum = gelu(&(&x * 1.5 + 0.25)).sum();
        let dx = grad(&sum, &x);
        dx.eval()?;
        Ok((sum.item()?, dx))
    };
    let (sum, dx) = step()?;
    let (first, mean) = (f64::from(dx.to_vec()?[12345]), f64::from(sum) / LONG);
    let found =
        Found { items: 20.0 * LONG, unit: "B", first_loss: Some(first), final_loss: Some(mean), ..Found::default() };
    run.measure(1, found, || step().map(|_| ()))
}

pub fn chain_fwd(run: &Run) -> Result<()> {
    chain(run, Tensor::gelu)
}

pub fn chain_fwdbwd(run: &Run) -> Result<()> {
    chain_with_gradient(run, Tensor::gelu)
}

pub fn chain_tanh_fwd(run: &Run) -> Result<()> {
    chain(run, Tensor::gelu_tanh)
}

pub fn chain_tanh_fwdbwd(run: &Run) -> Result<()> {
    chain_with_gradient(run, Tensor::gelu_tanh)
}

type Rows = (U4096, U1024);

/// A function of each row of `[4096, 1024]`.
fn rows(run: &Run, f: impl Fn(&Tensor<Rows>) -> Tensor<Rows>) -> Result<()> {
    let x: Tensor<Rows> = stream(6, 3.0)?;
    let probe = f(&x).to_vec()?[17 * 1024 + 33];
    let items = 8.0 * x.len() as f64;
    run.measure(1, Found { items, unit: "B", final_loss: Some(probe.into()), ..Found::default() }, || f(&x).eval())
}

pub fn softmax_fwd(run: &Run) -> Result<()> {
    rows(run, |x| x.softmax::<-1>())
}

pub fn layernorm_fwd(run: &Run) -> Result<()> {
    let (weight, bias): (Tensor<(U1024,)>, Tensor<(U1024,)>) = (stream(7, 1.0)?, stream(8, 1.0)?);
    rows(run, |x| x.layer_norm(Some(&weight), Some(&bias), 1e-5))
}

/// Additions in one timed call: one is too short for the clock.
const ADDS: usize = 2000;

/// The sum of two tensors of 16 elements, evaluated each time.
fn add(run: &Run, a: &Tensor<(U16,)>, b: &Tensor<(U16,)>) -> Result<()> {
    let sum = f64::from((a + b).sum().item()?);
    let found = Found { items: 1.0, unit: "op", final_loss: Some(sum), ..Found::default() };
    run.measure(ADDS, found, || (0..ADDS).try_for_each(|_| (a + b).eval()))
}

pub fn add16(run: &Run) -> Result<()> {
    add(run, &stream(1, 1.0)?, &stream(2, 1.0)?)
}

/// The same of parameters: a gradient could be asked for.
pub fn add16_grad(run: &Run) -> Result<()> {
    let param = |seed| Param::<(U16,)>::new(uniform(seed, 16, 1.0), &Device::cpu());
    add(run, param(1)?.tensor(), param(2)?.tensor())
}

/// `x * 1.0001 + 0.0001`, 500 times, over one element; and the gradient of `x`. `whole` counts the forward pass too.
fn chain1000(run: &Run, whole: bool) -> Result<()> {
    let device = Device::cpu();
    let x: Tensor<(U1,)> = Tensor::new(vec![1.0], &device)?;
    let (scale, shift): (Tensor<(U1,)>, Tensor<(U1,)>) =
        (Tensor::new(vec![1.0001], &device)?, Tensor::new(vec![1e-4], &device)?);
    let once = || -> Result<(f64, f32)> {
        let start = Instant::now();
        let y = (0..500).fold(x.clone(), |y, _| y * &scale + &shift).sum();
        if !whole {
            y.eval()?;
        }
        let middle = Instant::now();
        let dx = grad(&y, &x);
        dx.eval()?;
        let from = if whole { start } else { middle };
        let seconds = from.elapsed().as_secs_f64();
        Ok((seconds, dx.to_vec()?[0]))
    };
    let dx = f64::from(once()?.1);
    let found = Found { items: 1000.0, unit: "op", final_loss: Some(dx), ..Found::default() };
    run.measure_part(found, || once().map(|(seconds, _)| seconds))
}

pub fn chain1000_bwd(run: &Run) -> Result<()> {
    chain1000(run, false)
}

pub fn chain1000_total(run: &Run) -> Result<()> {
    chain1000(run, true)
}
