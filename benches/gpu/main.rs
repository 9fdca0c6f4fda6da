//! Timings on a GPU: `cargo bench --bench gpu -- [SECTION...]`, sections `ceil mlp small point gpt`.
//!
//! Each figure is one JSON line, named as those of the reference script for PyTorch, so that both can be put side by side:
//! `ms` and `gpu_ms` are medians by events of the GPU, `step_ms` is wall time of a loop that waits at its end.

mod gpt;
#[path = "../cpu/models.rs"]
#[allow(dead_code)] // Models that only the timings on the CPU use.
mod models;
#[path = "../../tests/golden/stream.rs"]
mod stream;
mod tensors;
mod timing;
mod training;

use formwork::{Device, Result};
use std::process::ExitCode;

type Section = (&'static str, fn(&Device) -> Result<()>);

const SECTIONS: &[Section] = &[
    ("ceil", tensors::ceil),
    ("mlp", training::small_models),
    ("small", tensors::small),
    ("point", tensors::point),
    ("gpt", gpt::gpt),
];

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let Some(unknown) = names.iter().find(|n| SECTIONS.iter().all(|s| s.0 != **n)) {
        eprintln!("error: no section `{unknown}`; there are {:?}", SECTIONS.iter().map(|s| s.0).collect::<Vec<_>>());
        return ExitCode::from(2);
    }
    let device = match Device::cuda(0) {
        Ok(device) => device,
        Err(e) => {
            eprintln!("error: {e}");
            return ExitCode::from(2);
        }
    };
    for (name, run) in SECTIONS.iter().filter(|s| names.is_empty() || names.iter().any(|n| n == s.0)) {
        if let Err(e) = run(&device) {
            eprintln!("error: {name}: {e}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
