//! How fast the built-in kernels are on a GPU: `formwork-kernel-tests bench [PART OF A NAME ..]`.
//!
//! One table: registers and spills (which need no GPU), the median time, and what that is of the bandwidth that a plain
//! copy reaches on the same device.

use std::process::ExitCode;
use std::time::Instant;

use formwork_ir::kernel::Mode;
use formwork_ir::kernel::ir::{Array, Kernel, Param};
use formwork_kernels::{Case, Size, Work};

use crate::builtin::link;
use crate::compare::{self, ARCHITECTURE, bytes_of};
use crate::gpu::{Entry, Gpu, Memory, Shape};
use crate::nvrtc::{self, Usage};
use crate::programs;

/// Elements of an input that are computed; further ones repeat them.
const COMPUTED: usize = 1 << 20;
/// Runs before the clock starts, and what the clock measures at most: rounds and seconds.
const WARM_UP: usize = 3;
const ROUNDS: usize = 30;
const SECONDS: f64 = 1.0;

type Result<T> = std::result::Result<T, String>;

/// Times the kernels whose names contain one of `parts`, or all; without a GPU it compiles them.
pub fn run(parts: &[String]) -> ExitCode {
    if !nvrtc::is_present() {
        println!("no NVRTC: set {} to a folder with libnvrtc.so.13", nvrtc::FOLDER);
        return ExitCode::FAILURE;
    }
    let gpu = Gpu::open();
    let copy = gpu.as_ref().map_err(String::clone).and_then(copied);
    match (&gpu, &copy) {
        (Ok(gpu), Ok(rate)) => println!("{}: a copy of 2 GiB moves {rate:.0} GB/s\n", gpu.name()),
        (Ok(gpu), Err(e)) => println!("{}: no copy was timed: {e}\n", gpu.name()),
        (Err(e), _) => println!("no GPU ({e}): kernels are compiled for {ARCHITECTURE}, not timed\n"),
    }
    println!("| kernel | registers | spilled | shared | ms | rate | of a copy |\n|---|---|---|---|---|---|---|");
    let mut failures = 0;
    for case in formwork_kernels::cases(Size::Bench) {
        if !parts.is_empty() && !parts.iter().any(|p| case.name.contains(p.as_str())) {
            continue;
        }
        let row = measured(&case, gpu.as_ref().ok(), copy.as_ref().ok().copied());
        failures += row.is_err() as u32;
        println!("| {} | {} |", case.name, row.unwrap_or_else(|e| e));
    }
    for case in programs::cases(Size::Bench) {
        if !parts.is_empty() && !parts.iter().any(|p| case.name.contains(p.as_str())) {
            continue;
        }
        let row = program(&case, gpu.as_ref().ok(), copy.as_ref().ok().copied());
        failures += row.is_err() as u32;
        println!("| {} | {} |", case.name, row.unwrap_or_else(|e| e));
    }
    println!("\n{failures} failures");
    ExitCode::from((failures > 0) as u8)
}

/// The columns of a case.
fn measured(case: &Case, gpu: Option<&Gpu>, copy: Option<f64>) -> Result<String> {
    let kernel = link(case)?;
    let compiled = nvrtc::compile(&compare::cuda(&kernel), ARCHITECTURE)?;
    let Usage { registers, spills, shared, .. } = compiled.usage("entry")?;
    let usage = format!("{registers} | {spills} | {shared}");
    let Some(gpu) = gpu else { return Ok(format!("{usage} | - | - | -")) };
    let seconds = timed(case, &kernel, gpu, &gpu.load(&compiled.cubin, "entry")?)?;
    let rate = match case.work {
        Work::Flops(n) => format!("{:.1} TFLOP/s | -", n as f64 / seconds / 1e12),
        Work::Bytes(n) => {
            let rate = n as f64 / seconds / 1e9;
            let share = copy.map_or("-".into(), |copy| format!("{:.0} %", 100.0 * rate / copy));
            format!("{rate:.0} GB/s | {share}")
        }
    };
    Ok(format!("{usage} | {:.3} | {rate}", seconds * 1e3))
}

/// The columns of a fused program.
fn program(case: &programs::Case, gpu: Option<&Gpu>, copy: Option<f64>) -> Result<String> {
    let compiled = programs::Compiled::new(&case.program)?;
    let Usage { registers, spills, shared, .. } = compiled.usage();
    let usage = format!("{registers} | {spills} | {shared}");
    let Some(gpu) = gpu else { return Ok(format!("{usage} | - | - | -")) };
    let loaded = programs::loaded(case, &compiled, gpu)?;
    let seconds = median(gpu, || loaded.launch(gpu))?;
    let rate = case.bytes as f64 / seconds / 1e9;
    let share = copy.map_or("-".into(), |copy| format!("{:.0} %", 100.0 * rate / copy));
    Ok(format!("{usage} | {:.3} | {rate:.0} GB/s | {share}", seconds * 1e3))
}

/// The median of the times of a launch, in seconds.
fn timed(case: &Case, kernel: &Kernel, gpu: &Gpu, entry: &Entry) -> Result<f64> {
    let mut memory = Vec::new();
    let mut args = Vec::new();
    let mut scalars = case.scalars.iter();
    for (i, param) in kernel.params.iter().enumerate() {
        match param {
            Param::Array { mode, array } => {
                let held = arranged(case, i, *mode, array, gpu)?;
                args.push(held.ptr.to_le_bytes().to_vec());
                memory.push(held);
            }
            Param::Scalar(v) => {
                args.push(bytes_of(kernel.body.variable(*v).ty, *scalars.next().ok_or("a scalar is missing")?));
            }
        }
    }
    let error = gpu.upload(&u64::MAX.to_le_bytes())?;
    args.push(error.ptr.to_le_bytes().to_vec());
    let shape = Shape::of(kernel, &[]);
    // SAFETY: the arguments are those that `cuda::emit` states, and arrays have the sizes of the kernel.
    let median = median(gpu, || unsafe { gpu.launch(entry, shape, &args) })?;
    if gpu.download(&error)?.iter().any(|b| *b != 0xff) {
        return Err("an access was out of bounds".into());
    }
    Ok(median)
}

/// An array as its parameter starts.
fn arranged(case: &Case, param: usize, mode: Mode, array: &Array, gpu: &Gpu) -> Result<Memory> {
    let len: usize = array.dims.iter().map(|d| d.eval(&[]).unwrap_or(0) as usize).product();
    let bytes = len * array.element.size();
    match mode {
        Mode::Out => gpu.alloc(bytes),
        Mode::Zeroed => gpu.upload(&vec![0; bytes]),
        Mode::In | Mode::InOut => {
            let first = (0..len.min(COMPUTED)).flat_map(|k| bytes_of(array.element, (case.fill)(param, k)));
            let mut all: Vec<u8> = first.collect();
            all.reserve_exact(bytes - all.len());
            while all.len() < bytes {
                let more = (bytes - all.len()).min(all.len());
                all.extend_from_within(..more);
            }
            gpu.upload(&all)
        }
    }
}

/// The median time of `launch` in seconds.
fn median(gpu: &Gpu, mut launch: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    gpu.time(WARM_UP, &mut launch)?;
    let each = start.elapsed() / WARM_UP as u32;
    let rounds = SECONDS / each.as_secs_f64().max(1e-9);
    let mut times = gpu.time((rounds as usize).clamp(3, ROUNDS), launch)?;
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2] / 1e3)
}

/// What a copy moves, read and written, in GB/s: the measure of kernels that are bound by memory.
fn copied(gpu: &Gpu) -> Result<f64> {
    const BYTES: usize = 1 << 30;
    let text = "extern \"C\" __global__ void copy(const float4* __restrict__ x, float4* __restrict__ y) {
        unsigned i = blockIdx.x * 1024u + threadIdx.x;
        float4 a = x[i], b = x[i + 256u], c = x[i + 512u], d = x[i + 768u];
        y[i] = a; y[i + 256u] = b; y[i + 512u] = c; y[i + 768u] = d;
    }";
    let entry = gpu.load(&nvrtc::compile(text, ARCHITECTURE)?.cubin, "copy")?;
    let (x, y) = (gpu.alloc(BYTES)?, gpu.alloc(BYTES)?);
    let args = [x.ptr, y.ptr].map(|p| p.to_le_bytes().to_vec());
    let shape = Shape { grid: [(BYTES / 16 / 1024) as u32, 1, 1], block: [256, 1, 1], shared: 0 };
    // SAFETY: each of the 256 threads of a block copies four times 16 bytes, 1 GiB in all.
    let seconds = median(gpu, || unsafe { gpu.launch(&entry, shape, &args) })?;
    Ok(2.0 * BYTES as f64 / seconds / 1e9)
}
