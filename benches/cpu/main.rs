//! Timings on the CPU: `cargo bench --bench cpu -- [WORKLOAD...] [--threads N] [--budget SECONDS]`.
//!
//! Each workload prints one JSON line; without a name all of them run. Inputs and initial weights are numbered streams,
//! the same bits in `benches/torch_cpu.py`, so losses can be compared digit by digit.

mod models;
mod report;
#[path = "../../tests/golden/stream.rs"]
mod stream;
mod tensors;
mod training;

use formwork::Result;
use report::Run;
use std::process::ExitCode;

type Workload = (&'static str, fn(&Run) -> Result<()>);

const WORKLOADS: &[Workload] = &[
    ("matmul_256", tensors::matmul::<formwork::U256>),
    ("matmul_512", tensors::matmul::<formwork::U512>),
    ("matmul_1024", tensors::matmul::<formwork::U1024>),
    ("matmul_2048", tensors::matmul::<formwork::U2048>),
    ("mlp_train", training::mlp_train),
    ("cnn_train", training::cnn_train),
    ("resnet20_train", training::resnet20_train),
    ("gpt_train", training::gpt_train),
    ("gpt_train_sdpa", training::gpt_train_sdpa),
    ("gpt_fwd1", training::gpt_fwd1),
    ("mlp_infer1", training::mlp_infer1),
    ("chain_fwd", tensors::chain_fwd),
    ("chain_fwdbwd", tensors::chain_fwdbwd),
    ("chain_tanh_fwd", tensors::chain_tanh_fwd),
    ("chain_tanh_fwdbwd", tensors::chain_tanh_fwdbwd),
    ("softmax_fwd", tensors::softmax_fwd),
    ("layernorm_fwd", tensors::layernorm_fwd),
    ("add16", tensors::add16),
    ("add16_grad", tensors::add16_grad),
    ("chain1000_bwd", tensors::chain1000_bwd),
    ("chain1000_total", tensors::chain1000_total),
];

const USAGE: &str = "usage: cargo bench --bench cpu -- [--list] [WORKLOAD...] [--threads N] [--budget SECONDS]";

/// Workloads to run, threads, seconds; `None` for a command line that is not understood.
fn arguments() -> Option<(Vec<Workload>, usize, f64)> {
    let (mut workloads, mut threads, mut budget) = (Vec::new(), 2, 1.0);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo says this to every benchmark.
            "--bench" => {}
            "--threads" => threads = arguments.next()?.parse().ok().filter(|n| *n > 0)?,
            "--budget" => budget = arguments.next()?.parse().ok().filter(|s: &f64| *s >= 0.0 && s.is_finite())?,
            "--list" => {
                WORKLOADS.iter().for_each(|(name, _)| println!("{name}"));
                std::process::exit(0);
            }
            name => workloads.push(*WORKLOADS.iter().find(|(known, _)| *known == name)?),
        }
    }
    if workloads.is_empty() {
        workloads = WORKLOADS.to_vec();
    }
    Some((workloads, threads, budget))
}

fn main() -> ExitCode {
    let Some((workloads, threads, budget)) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    // SAFETY: no other thread exists yet, so none reads the environment.
    unsafe { std::env::set_var("FORMWORK_THREADS", threads.to_string()) };
    for (name, run) in workloads {
        if let Err(error) = run(&Run { workload: name.into(), threads, budget }) {
            eprintln!("error: {name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
