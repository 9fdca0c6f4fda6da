//! Tensor operations that a library computes on a GPU, against the CPU: `formwork-kernel-tests ops [PART OF A NAME ..]`.
//!
//! A case runs on both devices, on the GPU three times, so that its plan is captured too; the three must have the same bits.

mod convolutions;
mod epilogues;
mod products;
mod speed;

use formwork::cuda::allow_tf32;
use formwork::{DType, Device, Element, Float, Result, Shape, Tensor};
use std::process::ExitCode;

/// Values by result.
type Values = Vec<Vec<f64>>;

/// What both devices compute.
struct Case {
    name: String,
    /// Largest difference, as a share of the largest value of a result.
    tolerance: f64,
    run: Box<dyn Fn(&Device) -> Result<Values>>,
}

fn case(name: String, tolerance: f64, run: impl Fn(&Device) -> Result<Values> + 'static) -> Case {
    Case { name, tolerance, run: Box::new(run) }
}

/// Whole numbers from -2 to 2, of which sums are exact.
fn whole<S: Shape, E: Float>(seed: usize, sizes: &[usize], device: &Device) -> Result<Tensor<S, E>> {
    numbers(sizes, device, |i| ((i * 7919 + seed * 31 + i / 11) % 5) as f64 - 2.0)
}

/// Numbers between -1 and 1 that no short type holds.
fn drawn<S: Shape, E: Float>(seed: usize, sizes: &[usize], device: &Device) -> Result<Tensor<S, E>> {
    numbers(sizes, device, |i| ((i as f64 + 0.5) * 0.618_033_988_75 + seed as f64 * 0.317).fract() * 2.0 - 1.0)
}

fn numbers<S: Shape, E: Float>(sizes: &[usize], device: &Device, of: impl Fn(usize) -> f64) -> Result<Tensor<S, E>> {
    let data: Vec<f64> = (0..sizes.iter().product()).map(of).collect();
    let on_cpu = Tensor::<S, f64>::from_sizes(data, sizes, &Device::Cpu)?.cast::<E>();
    on_cpu.eval()?;
    Ok(on_cpu.to(device))
}

/// The values of a result, which is evaluated by itself first.
fn values<S: Shape, E: Element>(y: &Tensor<S, E>) -> Result<Vec<f64>> {
    y.eval()?;
    y.to(&Device::Cpu).cast::<f64>().to_vec()
}

/// `1 + x` of the first number that a float type rounds away.
fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 2f64.powi(-52),
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        _ => 2f64.powi(-23),
    }
}

/// The largest difference as a share of the largest value; infinite where one is not a number and the other is.
fn difference(found: &[f64], wanted: &[f64]) -> f64 {
    if found.len() != wanted.len() {
        return f64::INFINITY;
    }
    let largest = wanted.iter().filter(|x| x.is_finite()).fold(1e-30, |m: f64, x| m.max(x.abs()));
    let pairs = found.iter().zip(wanted).filter(|(f, w)| f != w && !(f.is_nan() && w.is_nan()));
    pairs.map(|(f, w)| (f - w).abs() / largest).fold(0.0, |m, d| if d.is_nan() { f64::INFINITY } else { m.max(d) })
}

/// What went wrong, and the largest difference.
fn compare(case: &Case, gpu: &Device) -> std::result::Result<f64, String> {
    let run = |device: &Device| (case.run)(device).map_err(|e| format!("on {device}: {e}"));
    let wanted = run(&Device::Cpu)?;
    let found = run(gpu)?;
    for time in 2..4 {
        let bits = |v: &Values| v.iter().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
        if bits(&run(gpu)?) != bits(&found) {
            return Err(format!("time {time} has other bits"));
        }
    }
    let differences: Vec<f64> = found.iter().zip(&wanted).map(|(f, w)| difference(f, w)).collect();
    let largest = differences.iter().fold(0.0, |m: f64, d| m.max(*d));
    if found.len() != wanted.len() || largest > case.tolerance {
        let list: Vec<String> = differences.iter().map(|d| format!("{d:.1e}")).collect();
        return Err(format!("differences {}, of which {:.1e} may be", list.join(" "), case.tolerance));
    }
    Ok(largest)
}

/// Whether `allow_tf32` does what it says, for a product of exact f32.
fn check_tf32(gpu: &Device) -> std::result::Result<(), String> {
    let product = |device: &Device| products::precise(device).map_err(|e| e.to_string());
    let wanted = product(&Device::Cpu)?;
    let mut off = [0.0, 0.0];
    for (allowed, off) in [false, true].into_iter().zip(&mut off) {
        allow_tf32(allowed);
        *off = product(gpu).map(|found| difference(&found, &wanted)).unwrap_or(f64::INFINITY);
    }
    allow_tf32(false);
    println!("a product of f32 is off by {:.1e}, with TF32 by {:.1e}", off[0], off[1]);
    if off[0] > 2e-6 || off[1] < 1e-5 || off[1] > 1e-2 {
        return Err("TF32 must cost some digits, and f32 none".into());
    }
    Ok(())
}

/// Runs the cases whose names contain one of `parts`, or all, and then some timings.
pub fn run(parts: &[String]) -> ExitCode {
    let wanted = |name: &str| parts.is_empty() || parts.iter().any(|p| name.contains(p.as_str()));
    let all = [products::cases(), epilogues::cases(), convolutions::cases()];
    let gpu = match Device::cuda(0) {
        Ok(gpu) => gpu,
        Err(e) => {
            println!("{} cases are skipped: {e}", all.iter().flatten().count());
            return ExitCode::SUCCESS;
        }
    };
    let mut failed = 0;
    for (family, cases) in ["products", "epilogues", "convolutions"].iter().zip(&all) {
        let (mut right, mut largest) = (0, 0.0f64);
        for case in cases.iter().filter(|c| wanted(&c.name)) {
            match compare(case, &gpu) {
                Ok(difference) => {
                    right += 1;
                    largest = largest.max(difference);
                }
                Err(e) => {
                    failed += 1;
                    println!("FAILED {}: {e}", case.name);
                }
            }
        }
        println!("{family}: {right} right, the largest difference {largest:.1e}");
    }
    if wanted("tf32")
        && let Err(e) = check_tf32(&gpu)
    {
        failed += 1;
        println!("FAILED tf32: {e}");
    }
    if wanted("speed")
        && let Err(e) = speed::print(&gpu)
    {
        failed += 1;
        println!("FAILED speed: {e}");
    }
    println!("{failed} failed");
    ExitCode::from((failed > 0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the GPU's results are compared with.
    #[test]
    fn every_case_runs_on_the_cpu() {
        for case in [products::cases(), epilogues::cases(), convolutions::cases()].iter().flatten() {
            let results = (case.run)(&Device::Cpu).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            assert!(results.iter().flatten().any(|x| *x != 0.0) || case.name.contains("empty"), "{}", case.name);
        }
    }

    #[test]
    fn differences_are_shares_of_the_largest_value() {
        assert_eq!(difference(&[1.0, f64::NAN], &[1.0, f64::NAN]), 0.0);
        assert_eq!(difference(&[3.0, 4.0], &[2.0, 4.0]), 0.25);
        assert_eq!(difference(&[1.0], &[f64::NAN]), f64::INFINITY);
        assert_eq!(difference(&[f64::INFINITY], &[f64::INFINITY]), 0.0);
    }
}
