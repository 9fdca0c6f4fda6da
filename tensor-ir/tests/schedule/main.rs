//! Programs as kernels for a GPU, on the checked interpreter, against the reference.

mod build;
mod cases;
mod random;

use formwork_ir::kernel::interp::{self, Check, Launch};
use formwork_ir::kernel::ir::Param;
use formwork_ir::schedule::{ParamSource, Schedule, Target, schedule};
use formwork_ir::{DType, Failed, Program, Scalar};

/// The bytes of each buffer.
type Buffers = Vec<Vec<u8>>;

/// Runs the launches of a schedule, each checked; what failed.
fn run(name: &str, schedule: &Schedule, buffers: &mut Buffers, args: &[f64]) -> Option<Failed> {
    run_after(name, schedule, buffers, args, u64::MAX)
}

/// The same with a record that has a key already.
fn run_after(name: &str, schedule: &Schedule, buffers: &mut Buffers, args: &[f64], key: u64) -> Option<Failed> {
    let mut scratch = vec![0u8; schedule.scratch];
    let mut record: Vec<u8> = [key, 0, 0].iter().flat_map(|x| x.to_ne_bytes()).collect();
    let mut args: Vec<u8> = args.iter().flat_map(|x| x.to_ne_bytes()).collect();
    for launch in &schedule.launches {
        let kernel = &launch.kernel;
        let grid: Vec<u64> = kernel.grid.iter().filter_map(|g| g.eval(&[])).collect();
        assert_eq!(grid, launch.grid.map(u64::from), "{name}: the grid");
        let mut arrays: Vec<Vec<u8>> = Vec::new();
        let mut lens = Vec::new();
        for (param, source) in kernel.params.iter().zip(&launch.params) {
            let Param::Array { array, .. } = param else { panic!("{name}: parameters are arrays") };
            let len = array.elements().expect("literal sizes") as usize * array.element.size();
            lens.push(len);
            arrays.push(match source {
                ParamSource::Buffer(b) => buffers[*b as usize][..len].to_vec(),
                ParamSource::Scratch { offset } => scratch[*offset..offset + len].to_vec(),
                ParamSource::Args => args[..len].to_vec(),
                ParamSource::Guard => record.clone(),
            });
        }
        let slices = arrays.iter_mut().map(Vec::as_mut_slice).collect();
        let found = interp::run(kernel, Launch { arrays: slices, scalars: vec![], dims: vec![] }, Check::On);
        if let Err(findings) = found {
            let list: Vec<String> = findings.iter().map(|f| f.to_string()).collect();
            panic!("{name}: {}\n{kernel}", list.join("\n"));
        }
        for ((source, bytes), len) in launch.params.iter().zip(arrays).zip(lens) {
            match source {
                ParamSource::Buffer(b) => buffers[*b as usize][..len].copy_from_slice(&bytes),
                ParamSource::Scratch { offset } => scratch[*offset..offset + len].copy_from_slice(&bytes),
                ParamSource::Args => args[..len].copy_from_slice(&bytes),
                ParamSource::Guard => record = bytes,
            }
        }
    }
    let word = |i: usize| u64::from_ne_bytes(record[8 * i..8 * i + 8].try_into().expect("8 bytes"));
    let failed =
        || Failed { check: (word(0) >> 44) as u32, at: (word(0) & ((1 << 44) - 1)) as usize, value: word(1) as i64 };
    (word(0) != u64::MAX).then(failed)
}

/// Element `i` of a buffer.
fn element(bytes: &[u8], dtype: DType, i: usize) -> Scalar {
    let b = &bytes[i * dtype.size()..(i + 1) * dtype.size()];
    match dtype {
        DType::F32 => Scalar::Float(f32::from_ne_bytes(b.try_into().expect("4 bytes")).into()),
        DType::F64 => Scalar::Float(f64::from_ne_bytes(b.try_into().expect("8 bytes"))),
        DType::F16 => Scalar::Float(half::f16::from_ne_bytes(b.try_into().expect("2 bytes")).to_f64()),
        DType::BF16 => Scalar::Float(half::bf16::from_ne_bytes(b.try_into().expect("2 bytes")).to_f64()),
        DType::I64 => Scalar::Int(i64::from_ne_bytes(b.try_into().expect("8 bytes"))),
        DType::I32 => Scalar::Int(i32::from_ne_bytes(b.try_into().expect("4 bytes")).into()),
        DType::Byte | DType::Bool => Scalar::Int(b[0].into()),
    }
}

/// How far a float may be from the reference, as a share of `1 + |x|`: sums have other orders, and 16-bit floats round up
/// or down where an f32 differs in its last bit.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-12,
        DType::F16 => 2e-3,
        DType::BF16 => 1e-2,
        _ => 3e-6,
    }
}

fn same(dtype: DType, a: Scalar, b: Scalar) -> bool {
    let (x, y) = (a.to_f64(), b.to_f64());
    match dtype.is_float() {
        true => x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance(dtype) * (1.0 + x.abs()),
        false => a == b,
    }
}

/// Runs the program as a GPU would, and compares its results and failures with the reference's.
fn check(name: &str, program: &Program, buffers: &Buffers, args: &[f64]) {
    check_for(name, program, buffers, args, &Target::H100);
}

fn check_for(name: &str, program: &Program, buffers: &Buffers, args: &[f64], target: &Target) {
    let mut expected = buffers.clone();
    let failed = program.reference(&mut expected, args);
    let scheduled = schedule(program, target, false);
    let mut found = buffers.clone();
    let found_failed = run(name, &scheduled, &mut found, args);
    let shown = || {
        let kernels: Vec<String> = scheduled.launches.iter().map(|l| l.kernel.to_string()).collect();
        format!("{program}\n{}", kernels.join("\n"))
    };
    assert_eq!(found_failed, failed, "{name}\n{}", shown());
    for output in &program.outputs {
        let dtype = program.steps[output.value.0 as usize].dtype;
        let (a, b) = (&expected[output.buffer as usize], &found[output.buffer as usize]);
        for i in 0..a.len() / dtype.size() {
            let (x, y) = (element(a, dtype, i), element(b, dtype, i));
            let buffer = output.buffer;
            assert!(
                same(dtype, x, y),
                "{name}: buffer {buffer} of {dtype}, element {i}: {x:?} expected, {y:?} found\n{}",
                shown()
            );
        }
    }
}
