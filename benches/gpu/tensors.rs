//! Single operations: what the machine can do, many small ones, and large ones that only move memory.

use crate::timing::{emit, timed};
use formwork::prelude::*;
use formwork::{bf16, eager, grad};
use std::sync::atomic::{AtomicU64, Ordering};

dims! {
    /// Elements of a long vector.
    N,
    Rows, Columns,
}

/// Draws from a generator, evaluated on the device.
fn random<S: Shape, E: formwork::Float>(device: &Device, sizes: &[usize]) -> Result<Tensor<S, E>> {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let data = Rng::seed(SEED.fetch_add(1, Ordering::Relaxed)).uniform_vec(1 << 20, -1.0, 1.0);
    let data: Vec<E> = data.into_iter().cycle().take(sizes.iter().product()).map(E::from_f64).collect();
    Tensor::from_sizes(data, sizes, device)
}

pub fn ceil(device: &Device) -> Result<()> {
    let x: Tensor<s![N]> = random(device, &[1 << 29])?;
    // What changes the sign is read and written as often as a copy.
    let taken = timed(device, 20, 3, || (-&x).eval())?;
    emit(
        "ceil",
        "copy_f32_2GiB",
        &[("ms", taken.gpu_ms), ("GBs", 2.0 * 4.0 * (1u64 << 29) as f64 / taken.gpu_ms / 1e6)],
    );
    drop(x);
    product::<bf16>(device, 8192, "bfloat16")?;
    product::<bf16>(device, 4096, "bfloat16")?;
    product::<f32>(device, 4096, "float32")
}

fn product<E: formwork::Float>(device: &Device, n: usize, name: &str) -> Result<()> {
    let (a, b): (Tensor<s![Rows, Columns], E>, Tensor<s![Columns, Rows], E>) =
        (random(device, &[n, n])?, random(device, &[n, n])?);
    let taken = timed(device, 20, 3, || a.matmul(&b).eval())?;
    let flops = 2.0 * (n as f64).powi(3);
    emit("ceil", &format!("matmul_{name}_{n}"), &[("ms", taken.gpu_ms), ("TFLOPs", flops / taken.gpu_ms / 1e9)]);
    Ok(())
}

pub fn small(device: &Device) -> Result<()> {
    let (x, y): (Tensor<s![16]>, Tensor<s![16]>) = (Tensor::new([1.0; 16], device)?, Tensor::new([1.0; 16], device)?);
    let chain = || (0..1000).fold(x.clone(), |z, _| z + &y).eval();
    let fused = timed(device, 50, 5, chain)?;
    emit(
        "small",
        "add16_chain1000",
        &[("us_per_op", fused.wall_ms), ("gpu_us_per_op", fused.gpu_ms), ("host_us_per_op", fused.host_ms)],
    );
    let apart = timed(device, 20, 3, || eager(true, chain))?;
    emit("small", "add16_chain1000_unfused", &[("us_per_op", apart.wall_ms)]);
    Ok(())
}

pub fn point(device: &Device) -> Result<()> {
    rows::<f32>(device, "float32")?;
    rows::<bf16>(device, "bfloat16")?;
    let x: Tensor<s![Rows, Columns]> = random(device, &[16384, 16384])?;
    let taken = timed(device, 20, 3, || x.transpose::<0, 1>().eval())?;
    let bytes = 2.0 * 4.0 * (1u64 << 28) as f64;
    emit("point", "transpose_f32_16384", &[("ms", taken.gpu_ms), ("GBs", bytes / taken.gpu_ms / 1e6)]);
    Ok(())
}

fn rows<E: formwork::Float>(device: &Device, name: &str) -> Result<()> {
    let (n, size) = ((1u64 << 28) as f64, std::mem::size_of::<E>() as f64);
    let figure = |what: &str, passes: f64, work: &dyn Fn() -> Result<()>| -> Result<()> {
        let taken = timed(device, 20, 3, work)?;
        let rate = passes * n * size / taken.gpu_ms / 1e6;
        emit("point", &format!("{what}_{name}"), &[("ms", taken.gpu_ms), ("GBs", rate)]);
        Ok(())
    };
    let (x, a): (Tensor<s![Rows, 8192], E>, Tensor<s![Rows, 8192], E>) =
        (random(device, &[32768, 8192])?, random(device, &[32768, 8192])?);
    let scale: Tensor<(), E> = Tensor::full(E::from_f64(1.5));
    let slope = |y: Tensor<s![Rows, 8192], E>| grad(&(y * &a).sum(), &x).eval();
    figure("gelu_fma", 3.0, &|| (&x * &scale + &a).gelu_tanh().eval())?;
    figure("gelu_fma_backward", 3.0, &|| slope((&x * &scale).gelu_tanh()))?;
    figure("softmax", 2.0, &|| x.softmax::<-1>().eval())?;
    figure("softmax_backward", 3.0, &|| slope(x.softmax::<-1>()))?;
    figure("layernorm", 2.0, &|| x.layer_norm(None, None, 1e-5).eval())?;
    figure("layernorm_backward", 3.0, &|| slope(x.layer_norm(None, None, 1e-5)))?;
    figure("sum_rows", 1.0, &|| x.sum_axis::<-1>().eval())?;
    figure("sum_columns", 1.0, &|| x.sum_axis::<0>().eval())
}
