//! Kernels on a GPU: compiled by NVRTC, which needs none, and run beside the interpreter where there is one.
//!
//! `formwork-kernel-tests` does all that the machine allows and prints what it counted; `formwork-kernel-tests bench` times
//! the built-in kernels.

mod bench;
mod builtin;
mod compare;
mod corpus;
mod gpu;
mod nvrtc;

use std::process::ExitCode;

use formwork_ir::kernel::interp::Check;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("bench", parts)) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return bench::run(parts);
    }
    let (built_in, mut failures) = builtin::cases();
    let cases: Vec<compare::Case> = corpus::cases().into_iter().chain(built_in).collect();
    for case in &cases {
        let (_, findings) = case.interpret(Check::On);
        match case.faulty {
            true if findings.is_empty() => failures.push(format!("{}: no fault was found", case.name)),
            true => {}
            false => failures.extend(findings.into_iter().map(|f| format!("{}: {f}", case.name))),
        }
    }
    println!("interpreter: {} kernels", cases.len());
    if !nvrtc::is_present() {
        println!("nvrtc: {} skipped; set {} to a folder with libnvrtc.so.13", cases.len(), nvrtc::FOLDER);
        return report(&failures);
    }
    let gpu = gpu::Gpu::open();
    let mut ran = 0;
    for case in &cases {
        let (cubin, usage) = match case.compile() {
            Ok(compiled) => compiled,
            Err(e) => {
                failures.push(e);
                continue;
            }
        };
        println!(
            "{:40} {:3} registers, {} bytes spilled, {:5} bytes shared",
            case.name, usage.registers, usage.spills, usage.shared
        );
        if let Ok(gpu) = &gpu {
            ran += 1;
            let (wanted, findings) = case.interpret(Check::Off);
            match case.run_on(gpu, &cubin) {
                Ok((found, failed)) => {
                    failures.extend(case.difference(&wanted, &found));
                    if failed == findings.is_empty() {
                        failures.push(format!("{}: the error word is {failed}, findings {findings:?}", case.name));
                    }
                }
                Err(e) => failures.push(format!("{}: {e}", case.name)),
            }
        }
    }
    println!("nvrtc: {} compiled for {}", cases.len(), compare::ARCHITECTURE);
    match &gpu {
        Ok(gpu) => println!("gpu ({}): {ran} ran", gpu.name()),
        Err(e) => println!("gpu: {} skipped; {e}", cases.len()),
    }
    report(&failures)
}

fn report(failures: &[String]) -> ExitCode {
    failures.iter().for_each(|f| println!("FAILED {f}"));
    println!("{} failures", failures.len());
    ExitCode::from(!failures.is_empty() as u8)
}
