//! Workloads on models: training steps, and passes forward without a gradient.

use crate::models::{self, Batch, Gpt, LeNet, Mlp, ResNet20, T, causal, seeded};
use crate::report::{Found, Run};
use crate::stream::{integers, uniform};
use formwork::optim::{Adam, AdamW, Optimizer, Rule, Sgd};
use formwork::params::{ItemKind, Path};
use formwork::prelude::*;
use std::sync::atomic::Ordering;

/// What a model is, beside its steps: items of a batch, their unit, and the steps before the clock starts.
struct Batches {
    items: usize,
    unit: &'static str,
    steps: usize,
}

/// The number of learned elements.
fn size(model: &impl Module) -> usize {
    let mut size = 0;
    model.visit(&mut Path::new(), &mut |_, item| {
        size += if item.kind == ItemKind::Param { item.len() } else { 0 };
    });
    size
}

/// Steps of `optimizer` on one batch, reading each loss: some that are compared, then the timed ones.
fn train<M: Module, R: Rule>(
    run: &Run,
    mut model: M,
    mut optimizer: Optimizer<R>,
    batches: Batches,
    loss: impl Fn(&M, &mut Rng) -> Tensor<()>,
) -> Result<()> {
    let (params, mut rng) = (size(&model), Rng::seed(1));
    let mut step = || -> Result<f64> {
        let loss = loss(&model, &mut rng);
        optimizer.step(&mut model, loss.backward())?;
        Ok(f64::from(loss.item()?))
    };
    let first = step()?;
    let mut last = first;
    for _ in 1..batches.steps {
        last = step()?;
    }
    let found = Found {
        items: batches.items as f64,
        unit: batches.unit,
        first_loss: Some(first),
        final_loss: Some(last),
        params: Some(params),
    };
    run.measure(1, found, || step().map(|_| ()))
}

fn images<S: Shape>(batch: usize) -> Result<Tensor<S>> {
    let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.unwrap_or(batch)).collect();
    Tensor::from_sizes(uniform(100, sizes.iter().product(), 1.0), &sizes, &Device::cpu())
}

fn labels(batch: usize) -> Result<Tensor<s![Batch], i64>> {
    Tensor::from_sizes(integers(101, batch, 10), &[batch], &Device::cpu())
}

pub fn mlp_train(run: &Run) -> Result<()> {
    let (x, y) = (images::<s![Batch, 784]>(128)?, labels(128)?);
    let model = seeded(Mlp::new(&Device::cpu(), &mut Rng::seed(0))?, &[])?;
    let batches = Batches { items: 128, unit: "sample", steps: 20 };
    train(run, model, Adam::new(1e-3), batches, |model, rng| model.train(rng).forward(&x).cross_entropy(&y))
}

pub fn cnn_train(run: &Run) -> Result<()> {
    let (x, y) = (images::<s![Batch, 1, 28, 28]>(64)?, labels(64)?);
    let model = seeded(LeNet::new(&Device::cpu(), &mut Rng::seed(0))?, &[])?;
    let batches = Batches { items: 64, unit: "sample", steps: 20 };
    train(run, model, Adam::new(1e-3), batches, |model, rng| model.train(rng).forward(&x).cross_entropy(&y))
}

pub fn resnet20_train(run: &Run) -> Result<()> {
    let (x, y) = (images::<s![Batch, 3, 32, 32]>(32)?, labels(32)?);
    let model = seeded(ResNet20::new(&Device::cpu(), &mut Rng::seed(0))?, &[])?;
    let batches = Batches { items: 32, unit: "sample", steps: 5 };
    train(run, model, Sgd::new(0.05), batches, |model, rng| model.train(rng).forward(&x).cross_entropy(&y))
}

/// The transformer and its causal mask.
fn gpt() -> Result<(Gpt, Tensor<s![T, T]>)> {
    let model = Gpt::new(&Device::cpu(), &mut Rng::seed(0))?;
    let model = seeded(model, &[("tokens.weight", 1001, 0.05), ("positions", 1002, 0.05)])?;
    Ok((model, causal(&Device::cpu())?))
}

fn tokens(seed: u64, batch: usize) -> Result<Tensor<s![Batch, T], i64>> {
    Tensor::from_sizes(integers(seed, batch * 128, 256), &[batch, 128], &Device::cpu())
}

pub fn gpt_train(run: &Run) -> Result<()> {
    let (x, y) = (tokens(300, 8)?, tokens(301, 8)?);
    let (model, mask) = gpt()?;
    let batches = Batches { items: 8 * 128, unit: "token", steps: 20 };
    let optimizer = AdamW::new(1e-3).weight_decay(0.01);
    train(run, model, optimizer, batches, |model, rng| model.train(rng).forward(&x, &mask).cross_entropy(&y))
}

/// The same with `scaled_dot_product_attention`.
pub fn gpt_train_sdpa(run: &Run) -> Result<()> {
    models::FUSED.store(true, Ordering::Relaxed);
    let result = gpt_train(run);
    models::FUSED.store(false, Ordering::Relaxed);
    result
}

pub fn gpt_fwd1(run: &Run) -> Result<()> {
    let x = tokens(300, 1)?;
    let (model, mask) = gpt()?;
    let forward = || model.eval().forward(&x, &mask);
    let probe = forward().to_vec()?[127 * 256 + 7];
    let found = Found { items: 128.0, unit: "token", final_loss: Some(probe.into()), ..Found::default() };
    run.measure(1, found, || forward().eval())
}

pub fn mlp_infer1(run: &Run) -> Result<()> {
    let x = images::<s![Batch, 784]>(1)?;
    let model = seeded(Mlp::new(&Device::cpu(), &mut Rng::seed(0))?, &[])?;
    let forward = || model.eval().forward(&x);
    let probe = forward().to_vec()?[3];
    let found = Found { items: 1.0, unit: "sample", final_loss: Some(probe.into()), ..Found::default() };
    run.measure(1, found, || forward().eval())
}
