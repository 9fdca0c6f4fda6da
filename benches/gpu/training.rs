//! Training steps of small networks, and their passes forward on one example.

use crate::models::{Batch, LeNet, Mlp, seeded};
use crate::stream::{integers, uniform};
use crate::timing::{emit, timed};
use formwork::cuda;
use formwork::optim::{Adam, Optimizer, Rule};
use formwork::prelude::*;

pub fn small_models(device: &Device) -> Result<()> {
    let y = labels(device, 128)?;
    let x: Tensor<s![Batch, 784]> = images(device, &[128, 784])?;
    let model = seeded(Mlp::new(device, &mut Rng::seed(0))?, &[])?;
    let fresh = || images(device, &[128, 784]);
    train("mlp_b128", device, model, |m, rng, x| m.train(rng).forward(x).cross_entropy(&y), &x, fresh)?;
    let model = seeded(Mlp::new(device, &mut Rng::seed(0))?, &[])?;
    let one: Tensor<s![Batch, 784]> = images(device, &[1, 784])?;
    infer("mlp_infer_b1", device, || model.eval().forward(&one).eval())?;

    let y = labels(device, 64)?;
    let x: Tensor<s![Batch, 1, 28, 28]> = images(device, &[64, 1, 28, 28])?;
    let model = seeded(LeNet::new(device, &mut Rng::seed(0))?, &[])?;
    let fresh = || images(device, &[64, 1, 28, 28]);
    train("lenet_b64", device, model, |m, rng, x| m.train(rng).forward(x).cross_entropy(&y), &x, fresh)?;
    let model = seeded(LeNet::new(device, &mut Rng::seed(0))?, &[])?;
    let one: Tensor<s![Batch, 1, 28, 28]> = images(device, &[1, 1, 28, 28])?;
    infer("lenet_infer_b1", device, || model.eval().forward(&one).eval())?;

    // PyTorch's convolutions are in TF32 unless told otherwise.
    cuda::allow_tf32(true);
    let model = seeded(LeNet::new(device, &mut Rng::seed(0))?, &[])?;
    let fresh = || images(device, &[64, 1, 28, 28]);
    let trained =
        train("lenet_b64_tf32", device, model, |m, rng, x| m.train(rng).forward(x).cross_entropy(&y), &x, fresh);
    cuda::allow_tf32(false);
    trained
}

fn images<S: Shape>(device: &Device, sizes: &[usize]) -> Result<Tensor<S>> {
    Tensor::from_sizes(uniform(100, sizes.iter().product(), 1.0), sizes, device)
}

fn labels(device: &Device, batch: usize) -> Result<Tensor<s![Batch], i64>> {
    Tensor::from_sizes(integers(101, batch, 10), &[batch], device)
}

/// Steps of Adam on one batch; then with a batch that comes from the host each time.
fn train<M: Module, S: Shape>(
    name: &str,
    device: &Device,
    mut model: M,
    loss: impl Fn(&M, &mut Rng, &Tensor<S>) -> Tensor<()>,
    x: &Tensor<S>,
    fresh: impl Fn() -> Result<Tensor<S>>,
) -> Result<()> {
    let mut optimizer = Adam::new(1e-3);
    let mut rng = Rng::seed(1);
    let first = step(&mut model, &mut optimizer, |m| loss(m, &mut rng, x))?.item()?;
    let mut last = first;
    for _ in 1..20 {
        last = step(&mut model, &mut optimizer, |m| loss(m, &mut rng, x))?.item()?;
    }
    let taken = timed(device, 500, 20, || step(&mut model, &mut optimizer, |m| loss(m, &mut rng, x)).map(drop))?;
    let values = [("step_ms", taken.wall_ms), ("gpu_ms", taken.gpu_ms), ("host_ms", taken.host_ms)];
    emit("mlp", name, &[&values[..], &[("first_loss", first.into()), ("loss_20", last.into())]].concat());
    if std::env::var_os("FORMWORK_BENCH_PROFILE").is_some() {
        println!(
            "{}",
            cuda::profile(device, || step(&mut model, &mut optimizer, |m| loss(m, &mut rng, x)).map(drop))?.1
        );
    }
    let batches = fresh()?.to_vec()?;
    let sizes = x.dims();
    let each = timed(device, 500, 20, || {
        let x = Tensor::from_sizes(&batches, &sizes, device)?;
        step(&mut model, &mut optimizer, |m| loss(m, &mut rng, &x)).map(drop)
    })?;
    emit("mlp", &format!("{name}_fresh_batch"), &[("step_ms", each.wall_ms), ("host_ms", each.host_ms)]);
    Ok(())
}

fn step<M: Module, R: Rule>(
    model: &mut M,
    optimizer: &mut Optimizer<R>,
    loss: impl FnOnce(&M) -> Tensor<()>,
) -> Result<Tensor<()>> {
    let loss = loss(model);
    optimizer.step(model, loss.backward())?;
    Ok(loss)
}

fn infer(name: &str, device: &Device, work: impl FnMut() -> Result<()>) -> Result<()> {
    let taken = timed(device, 500, 20, work)?;
    emit("mlp", name, &[("step_ms", taken.wall_ms), ("gpu_ms", taken.gpu_ms)]);
    Ok(())
}
