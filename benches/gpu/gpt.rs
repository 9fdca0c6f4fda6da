//! Training steps of GPT-2 with 124 million parameters.

use crate::stream::integers;
use crate::timing::{emit, timed};
use formwork::optim::AdamW;
use formwork::prelude::*;
use formwork::{cuda, params};
use std::time::Instant;

dims! {
    pub Batch,
    pub T = 1024,
    pub D = 768,
    pub HEADS = 12,
    pub VOCAB = 50304,
}
const LAYERS: usize = 12;
type Products = bf16;

#[path = "../../examples/gpt/model.rs"]
#[allow(dead_code)] // Sampling is not timed.
mod model;

/// Sequences of a batch.
const SEQUENCES: usize = 32;
/// Steps before the loss that is printed.
const STEPS: usize = 50;

pub fn gpt(device: &Device) -> Result<()> {
    let tokens = |seed| {
        Tensor::<s![Batch, T], i64>::from_sizes(integers(seed, SEQUENCES * 1024, 50257), &[SEQUENCES, 1024], device)
    };
    let (x, y) = (tokens(300)?, tokens(301)?);
    let mut rng = Rng::seed(1);
    let mut model = model::Gpt::new(device, &mut rng)?;
    let mut optimizer = AdamW::new(6e-4);
    let mut elements = 0;
    model.visit(&mut params::Path::new(), &mut |_, item| elements += item.len());
    cuda::reset_peak_memory(device)?;
    let start = Instant::now();
    let mut step = || -> Result<Tensor<()>> {
        let loss = model.train(&mut rng).forward(&x).cross_entropy(&y);
        optimizer.step(&mut model, loss.backward())?;
        Ok(loss)
    };
    let first = step()?.item()?;
    let first_step = start.elapsed().as_secs_f64();
    let mut last = first;
    for _ in 1..STEPS {
        last = step()?.item()?;
    }
    if std::env::var_os("FORMWORK_BENCH_PROFILE").is_some() {
        println!("{}", cuda::profile(device, || step().map(drop))?.1);
    }
    let taken = timed(device, 10, 2, || step().map(drop))?;
    let tokens = (SEQUENCES * 1024) as f64;
    // Of products of weights and of attention, forward and backward.
    let flops = (6 * elements + 12 * 12 * 768 * 1024) as f64 * tokens;
    emit(
        "gpt",
        "gpt2_124m_train_bf16_B32T1024",
        &[
            ("step_ms", taken.wall_ms),
            ("tokens_per_s", tokens / taken.wall_ms * 1e3),
            ("MFU_vs_989", flops / taken.wall_ms / 1e9 / 989.0),
            ("params", elements as f64),
            ("first_step_s", first_step),
            ("peak_GiB", cuda::memory_info(device)?.peak as f64 / (1u64 << 30) as f64),
            ("host_ms", taken.host_ms),
            ("first_loss", first.into()),
            ("loss_50", last.into()),
        ],
    );
    Ok(())
}
