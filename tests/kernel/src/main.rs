//! Kernels on every engine: the interpreter, checked mode, the CPU through the public API, NVRTC, a GPU.
//!
//! `formwork-kernel-tests [--random N] [--seed N] [NAME]` does all that the machine allows and ends with what it counted;
//! `NAME` keeps the tests with it in their names. The same tests run under `cargo test`. `formwork-kernel-tests bench` times
//! the built-in kernels, `formwork-kernel-tests ops` compares products and convolutions of a GPU with the CPU's. NVRTC is
//! found by `FORMWORK_NVRTC`, and needs no GPU.

mod bench;
mod bugs;
mod builtin;
mod compare;
mod corpus;
mod files;
mod gpu;
mod gpu_prims;
mod line;
mod nvrtc;
mod ops;
mod programs;
mod random;
mod suite;
#[cfg(test)]
mod tests;
mod values;
mod written;

use std::process::ExitCode;
use suite::{Counts, Machine, Test};

const USAGE: &str = "usage: formwork-kernel-tests [--random N] [--seed N] [NAME]\n       formwork-kernel-tests bench [NAME ..]\n       formwork-kernel-tests ops [NAME ..]";

struct Options {
    random: u64,
    seed: u64,
    name: String,
}

fn options() -> Result<Options, String> {
    let mut options = Options { random: 200, seed: 0, name: String::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().unwrap_or_default();
            value.parse().map_err(|_| format!("`{argument}` takes a number, not `{value}`\n{USAGE}"))
        };
        match argument.as_str() {
            "--random" => options.random = number()?,
            "--seed" => options.seed = number()?,
            "--help" => return Err(USAGE.into()),
            name if name.starts_with('-') => return Err(format!("there is no option `{name}`\n{USAGE}")),
            name => options.name = name.into(),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("bench", parts)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return bench::run(parts);
    }
    if let Some(("ops", parts)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return ops::run(parts);
    }
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let machine = Machine::open(true);
    if let Ok(gpu) = &machine.gpu {
        println!("gpu: {}", gpu.name());
    }
    let mut counts = Counts::default();
    let mut failed = 0;
    for test in tests(options.seed..options.seed + options.random) {
        match test {
            Ok(test) if !test.case.name.contains(&options.name) => {}
            Ok(test) => {
                let wrong = test.run(&machine, &mut counts);
                failed += usize::from(!wrong.is_empty());
                wrong.iter().for_each(|w| println!("FAILED {}: {w}", test.case.name));
            }
            Err(message) => {
                failed += 1;
                println!("FAILED {message}");
            }
        }
    }
    if "program".contains(&options.name) {
        let wrong = programs::test(&machine, &mut counts);
        failed += wrong.len();
        wrong.iter().for_each(|w| println!("FAILED {w}"));
    }
    let (wrong, prims) = gpu_prims::test(&options.name);
    failed += wrong.len();
    wrong.iter().for_each(|w| println!("FAILED {w}"));
    println!("compared {prims} expressions on the CPU and on a GPU");
    for (name, missing) in [("nvrtc", machine.nvrtc.as_ref().err()), ("gpu", machine.gpu.as_ref().err())] {
        missing.iter().for_each(|why| println!("{name} is skipped: {why}"));
    }
    let Counts { interpreter, cpu, nvrtc, gpu, skipped } = counts;
    println!(
        "ran {interpreter} on interpreter, {cpu} on cpu, {nvrtc} on nvrtc, {gpu} on gpu; {skipped} skipped, {failed} failed"
    );
    ExitCode::from((failed > 0) as u8)
}

/// Every test, and random kernels of these seeds.
fn tests(seeds: std::ops::Range<u64>) -> Vec<Result<Test, String>> {
    let mut tests: Vec<_> = files::lines().iter().chain(&bugs::lines()).map(Test::of_line).collect();
    tests.extend(corpus::cases().into_iter().map(|case| Ok(Test::of_case(case))));
    tests.extend(builtin::tests());
    tests.extend(written::tests());
    tests.extend(random::compiled().into_iter().map(Ok));
    tests.extend(random::tests(seeds).into_iter().map(Ok));
    tests
}
