//! The losses of the first training steps, beside PyTorch's: same weights, same batch, same optimizer.

use crate::DEVICE;
use crate::models::{Batch, Gpt, LeNet, Mlp, ResNet20, T, causal, seeded};
use crate::stream::{integers, uniform};
use crate::tiny;
use formwork::io::safetensors;
use formwork::optim::{Adam, AdamW, Optimizer, Rule, Sgd};
use formwork::prelude::*;

/// Trains as long as `curve` goes, and wants every loss within `tolerance`.
pub fn follow<M: Module, R: Rule>(
    curve: &str,
    tolerance: f64,
    mut model: M,
    mut optimizer: Optimizer<R>,
    loss: impl Fn(&M, &mut Rng) -> Tensor<()>,
) -> Result<()> {
    let suite = if curve.ends_with(".bf16") { "autocast" } else { "curves" };
    let path = format!("{}/tests/golden/{suite}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let curves = safetensors::load(path)?.entries;
    let wanted =
        curves.iter().find(|e| e.name == curve).ok_or_else(|| Error::other("no such curve"))?.to_vec::<f64>()?;
    assert!(wanted.len() >= 3);
    let mut rng = Rng::seed(1);
    for (step, wanted) in wanted.into_iter().enumerate() {
        let loss = loss(&model, &mut rng);
        optimizer.step(&mut model, loss.backward())?;
        let found = f64::from(loss.item()?);
        let close = (found - wanted).abs() <= tolerance;
        assert!(close, "{curve}, step {step}: the loss is {found}, PyTorch has {wanted}");
    }
    Ok(())
}

pub fn images<S: Shape>(batch: usize) -> Result<Tensor<S>> {
    let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.unwrap_or(batch)).collect();
    Tensor::from_sizes(uniform(100, sizes.iter().product(), 1.0), &sizes, &DEVICE)
}

pub fn labels(batch: usize) -> Result<Tensor<s![Batch], i64>> {
    Tensor::from_sizes(integers(101, batch, 10), &[batch], &DEVICE)
}

fn mlp<R: Rule>(curve: &str, optimizer: Optimizer<R>) -> Result<()> {
    let (x, y) = (images::<s![Batch, 784]>(128)?, labels(128)?);
    let model = seeded(Mlp::new(&DEVICE, &mut Rng::seed(0))?, &[])?;
    follow(curve, 1e-4, model, optimizer, |model, rng| model.train(rng).forward(&x).cross_entropy(&y))
}

fn lenet<R: Rule>(curve: &str, tolerance: f64, optimizer: Optimizer<R>) -> Result<()> {
    let (x, y) = (images::<s![Batch, 1, 28, 28]>(64)?, labels(64)?);
    let model = seeded(LeNet::new(&DEVICE, &mut Rng::seed(0))?, &[])?;
    follow(curve, tolerance, model, optimizer, |model, rng| model.train(rng).forward(&x).cross_entropy(&y))
}

#[test]
fn mlp_adam() -> Result<()> {
    mlp("mlp/adam.f32", Adam::new(1e-3))
}

#[test]
fn mlp_sgd() -> Result<()> {
    mlp("mlp/sgd.f32", Sgd::new(0.05))
}

#[test]
fn lenet_adam() -> Result<()> {
    lenet("lenet/adam.f32", 1e-5, Adam::new(1e-3))
}

#[test]
fn lenet_sgd() -> Result<()> {
    lenet("lenet/sgd.f32", 1e-4, Sgd::new(0.05))
}

/// Batch norm at this rate amplifies rounding: weights that PyTorch, in f64, starts 3e-7 of themselves apart end in losses
/// 3.3e-4 apart at the third step, and 0.02 at the fifth.
#[test]
fn resnet20_sgd() -> Result<()> {
    let (x, y) = (images::<s![Batch, 3, 32, 32]>(32)?, labels(32)?);
    let model = seeded(ResNet20::new(&DEVICE, &mut Rng::seed(0))?, &[])?;
    follow("resnet20/sgd.f64", 5e-4, model, Sgd::new(0.05), |m, rng| m.train(rng).forward(&x).cross_entropy(&y))
}

#[test]
fn gpt_adamw() -> Result<()> {
    let ids = |seed| Tensor::<s![Batch, T], i64>::from_sizes(integers(seed, 1024, 256), &[8, 128], &DEVICE);
    let (x, y, mask) = (ids(300)?, ids(301)?, causal(&DEVICE)?);
    let model = Gpt::new(&DEVICE, &mut Rng::seed(0))?;
    let model = seeded(model, &[("tokens.weight", 1001, 0.05), ("positions", 1002, 0.05)])?;
    let optimizer = AdamW::new(1e-3).weight_decay(0.01);
    follow("gpt/adamw.f32", 1e-4, model, optimizer, |m, rng| m.train(rng).forward(&x, &mask).cross_entropy(&y))
}

#[test]
fn gpt2_adamw() -> Result<()> {
    let ids =
        |seed| Tensor::<(tiny::Batch, tiny::T), i64>::from_sizes(integers(seed, 128, 96), &[4, 32], &Device::cpu());
    let (x, y) = (ids(300)?, ids(301)?);
    let model = tiny::model::Gpt::new(&Device::cpu(), &mut Rng::seed(0))?;
    let model = seeded(model, &[("wte.weight", 1001, 0.05), ("wpe.weight", 1002, 0.05)])?;
    let vectors = |name: &str| name.ends_with(".bias") || name.contains("ln_");
    let optimizer = AdamW::new(3e-3).betas(0.9, 0.95).weight_decay(0.1).no_decay(vectors).clip_norm(1.0);
    follow("gpt2/adamw.f32", 1e-4, model, optimizer, |m, rng| m.train(rng).forward(&x).cross_entropy(&y))
}
