//! How fast the largest products and convolutions are on a GPU.

use super::drawn;
use formwork::cuda::{Event, allow_tf32};
use formwork::{Conv2dOptions, Device, Float, Result, Shape, Tensor, bf16, grad, runtime_dim};

runtime_dim!(M);
runtime_dim!(N);
runtime_dim!(K);
runtime_dim!(C);
runtime_dim!(Y);
runtime_dim!(X);
runtime_dim!(O);
runtime_dim!(P);
runtime_dim!(Q);

/// Runs before the clock starts, and those that it measures.
const WARM_UP: usize = 4;
const ROUNDS: usize = 10;

/// Milliseconds of one evaluation.
fn time<S: Shape, E: Float>(gpu: &Device, make: impl Fn() -> Tensor<S, E>) -> Result<f64> {
    let run = |times: usize| (0..times).try_for_each(|_| make().eval());
    run(WARM_UP)?;
    let start = Event::record(gpu)?;
    run(ROUNDS)?;
    Ok(Event::record(gpu)?.since(&start)? / ROUNDS as f64)
}

fn line(name: &str, flops: f64, ms: f64) {
    println!("{name:<44} {ms:>9.3} ms {:>8.1} TFLOP/s", flops / ms / 1e9);
}

fn product<E: Float>(gpu: &Device, name: &str, [m, n, k]: [usize; 3]) -> Result<()> {
    let (a, b) = (drawn::<(M, K), E>(1, &[m, k], gpu)?, drawn::<(K, N), E>(2, &[k, n], gpu)?);
    let bias = drawn::<(N,), E>(3, &[n], gpu)?;
    let flops = 2.0 * (m * n * k) as f64;
    let name = format!("{name} {m} x {n} x {k}");
    line(&name, flops, time(gpu, || a.matmul(&b))?);
    line(&format!("{name}, bias, GELU"), flops, time(gpu, || (a.matmul(&b) + &bias).gelu_tanh())?);
    Ok(())
}

fn convolution<E: Float>(gpu: &Device, name: &str, [n, c, size, o]: [usize; 4]) -> Result<()> {
    let x = drawn::<(N, C, Y, X), E>(1, &[n, c, size, size], gpu)?;
    let w = drawn::<(O, C, P, Q), E>(2, &[o, c, 3, 3], gpu)?;
    let g = drawn::<(N, O, Y, X), E>(3, &[n, o, size, size], gpu)?;
    let options = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    let forward = || -> Tensor<(N, O, Y, X), E> { x.conv2d_as(&w, None, options) };
    let flops = 2.0 * (n * o * size * size * c * 9) as f64;
    let name = format!("{name} convolution [{n}, {c}, {size}, {size}] to {o}");
    line(&name, flops, time(gpu, forward)?);
    line(&format!("{name}, data"), flops, time(gpu, || grad(&(forward() * &g).sum(), &x))?);
    line(&format!("{name}, filter"), flops, time(gpu, || grad(&(forward() * &g).sum(), &w))?);
    Ok(())
}

pub fn print(gpu: &Device) -> Result<()> {
    product::<bf16>(gpu, "bf16", [8192, 8192, 8192])?;
    product::<bf16>(gpu, "bf16", [32_768, 3072, 768])?;
    product::<f32>(gpu, "f32", [4096, 4096, 4096])?;
    convolution::<f32>(gpu, "f32", [64, 64, 32, 64])?;
    convolution::<bf16>(gpu, "bf16", [1024, 64, 32, 64])?;
    convolution::<bf16>(gpu, "bf16", [1024, 256, 8, 256])?;
    allow_tf32(true);
    let with_tf32 = product::<f32>(gpu, "TF32", [4096, 4096, 4096])
        .and_then(|()| convolution::<f32>(gpu, "TF32", [64, 64, 32, 64]));
    allow_tf32(false);
    with_tf32
}
