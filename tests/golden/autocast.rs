//! Training with products in bf16, beside PyTorch's autocast.

use crate::DEVICE;
use crate::curves::{follow, images, labels};
use crate::models::{Batch, LeNet, Mlp, seeded};
use crate::stream::integers;
use formwork::prelude::*;

model! {
    #[compute(bf16)]
    struct NarrowMlp { model: Mlp }
    fn forward(&self, x: [Batch, 784]) -> [Batch, 10] { self.model(x) }
}

model! {
    #[compute(bf16)]
    struct NarrowLeNet { model: LeNet }
    fn forward(&self, x: [Batch, 1, 28, 28]) -> [Batch, 10] { self.model(x) }
}

#[test]
fn mlp_adam() -> Result<()> {
    let (x, y) = (images::<s![Batch, 784]>(128)?, labels(128)?);
    let model = seeded(NarrowMlp::new(&DEVICE, &mut Rng::seed(0))?, &[])?;
    follow("mlp/adam.bf16", 2e-3, model, Adam::new(1e-3), |m, rng| m.train(rng).forward(&x).cross_entropy(&y))
}

#[test]
fn lenet_sgd() -> Result<()> {
    let (x, y) = (images::<s![Batch, 1, 28, 28]>(64)?, labels(64)?);
    let model = seeded(NarrowLeNet::new(&DEVICE, &mut Rng::seed(0))?, &[])?;
    follow("lenet/sgd.bf16", 5e-4, model, Sgd::new(0.05), |m, rng| m.train(rng).forward(&x).cross_entropy(&y))
}

#[test]
fn gpt2_adamw() -> Result<()> {
    use crate::narrow::{Batch, T, model::Gpt};
    let ids = |seed| Tensor::<(Batch, T), i64>::from_sizes(integers(seed, 128, 96), &[4, 32], &DEVICE);
    let (x, y) = (ids(300)?, ids(301)?);
    let model = Gpt::new(&DEVICE, &mut Rng::seed(0))?;
    let model = seeded(model, &[("wte.weight", 1001, 0.05), ("wpe.weight", 1002, 0.05)])?;
    let vectors = |name: &str| name.ends_with(".bias") || name.contains("ln_");
    let optimizer = AdamW::new(3e-3).betas(0.9, 0.95).weight_decay(0.1).no_decay(vectors).clip_norm(1.0);
    follow("gpt2/adamw.bf16", 1e-2, model, optimizer, |m, rng| m.train(rng).forward(&x).cross_entropy(&y))
}
