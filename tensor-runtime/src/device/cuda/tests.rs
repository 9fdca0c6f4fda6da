//! Kernels of written texts against the CPU's, by a C++ compiler; and all of their texts by NVRTC.

use super::emulate::Emulated;
use super::stages::Stages;
use super::{Gpu, fold, library::Library, memory, nvrtc, scan, scatter, sort};
use crate::device::{Device, ErrorWord, Failure, Fold, Kernel, Scan, ScanOp, Scatter, Sort};
use formwork_ir::{Access, Check, DType};
use std::collections::HashSet;

fn access(strides: &[isize]) -> Access {
    Access { offset: 0, strides: strides.to_vec(), bounds: vec![] }
}

fn stages(kernel: &Kernel) -> Stages {
    match kernel {
        Kernel::Fold(k) => fold::stages(k),
        Kernel::Scatter(k) => scatter::stages(k).unwrap(),
        Kernel::Scan(k) => scan::stages(k).unwrap(),
        Kernel::Sort(k) => sort::stages(k).unwrap(),
        _ => Stages::default(),
    }
}

/// Numbers of a dtype.
#[derive(Clone, Debug)]
struct Numbers {
    dtype: DType,
    bytes: Vec<u8>,
}

impl Numbers {
    fn new(dtype: DType, values: impl Iterator<Item = f64>) -> Numbers {
        let bytes = values.flat_map(|x| match dtype {
            DType::F32 => (x as f32).to_le_bytes().to_vec(),
            DType::F64 => x.to_le_bytes().to_vec(),
            DType::F16 => half::f16::from_f64(x).to_le_bytes().to_vec(),
            DType::BF16 => half::bf16::from_f64(x).to_le_bytes().to_vec(),
            DType::I64 => (x as i64).to_le_bytes().to_vec(),
            DType::I32 => (x as i32).to_le_bytes().to_vec(),
            DType::U8 => vec![x as i64 as u8],
            DType::Bool => vec![u8::from(x > 0.0)],
        });
        Numbers { dtype, bytes: bytes.collect() }
    }

    fn values(&self) -> Vec<f64> {
        let of = |b: &[u8]| match self.dtype {
            DType::F32 => f32::from_le_bytes(b.try_into().unwrap()) as f64,
            DType::F64 => f64::from_le_bytes(b.try_into().unwrap()),
            DType::F16 => half::f16::from_le_bytes(b.try_into().unwrap()).to_f64(),
            DType::BF16 => half::bf16::from_le_bytes(b.try_into().unwrap()).to_f64(),
            DType::I64 => i64::from_le_bytes(b.try_into().unwrap()) as f64,
            DType::I32 => i32::from_le_bytes(b.try_into().unwrap()) as f64,
            DType::U8 | DType::Bool => b[0] as f64,
        };
        self.bytes.chunks(self.dtype.size()).map(of).collect()
    }
}

/// A launch: what its result is, and what it is given.
struct Case {
    kernel: Kernel,
    y: (DType, usize),
    inputs: Vec<Numbers>,
    /// As a share of `1 + |y|`.
    tolerance: f64,
}

impl Case {
    /// What is in `y` before.
    fn filled(&self) -> Numbers {
        Numbers { dtype: self.y.0, bytes: vec![0xc5; self.y.0.size() * self.y.1] }
    }
}

fn fold_cases() -> Vec<Case> {
    let fold = |dtype, outer, out: [usize; 2], kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2]| {
        let size = std::array::from_fn(|d| (out[d].max(1) - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 2);
        let windows = outer * out.iter().product::<usize>() * kernel.iter().product::<usize>();
        let x = Numbers::new(dtype, (0..windows).map(|i| ((i * 7919) % 1000) as f64 * 0.013 - 6.0));
        let kernel = Kernel::Fold(Fold { dtype, outer, size, out, kernel, stride, dilation });
        Case { kernel, y: (dtype, outer * size[0] * size[1]), inputs: vec![x], tolerance: 0.0 }
    };
    let mut cases = vec![];
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16, DType::I32] {
        cases.push(fold(dtype, 3, [4, 5], [2, 2], [2, 2], [1, 1]));
        cases.push(fold(dtype, 2, [5, 4], [3, 3], [1, 2], [1, 1]));
    }
    cases.push(fold(DType::F32, 3, [4, 5], [3, 3], [4, 3], [1, 1]));
    cases.push(fold(DType::F32, 1, [3, 3], [2, 4], [2, 1], [3, 2]));
    cases.push(fold(DType::F32, 2, [1, 40], [1, 7], [1, 1], [1, 1]));
    cases.push(fold(DType::F32, 0, [4, 4], [2, 2], [2, 2], [1, 1]));
    cases.push(fold(DType::F32, 2, [0, 4], [2, 2], [2, 2], [1, 1]));
    cases
}

fn scatter_case(
    dtype: DType,
    space: &[usize],
    strides: [&[isize]; 3],
    stride: isize,
    len: i64,
    out_len: usize,
) -> Case {
    let [src, idx, dst] = strides.map(access);
    let points = space.iter().product::<usize>().max(1);
    let x = Numbers::new(dtype, (0..points).map(|i| ((i * 7919) % 1000) as f64 * 0.37 - 100.0));
    let index = Numbers::new(DType::I64, (0..points as i64).map(|i| (i * 31 % 1017 % len.max(1)) as f64));
    let kernel = Scatter { dtype, space: space.to_vec(), src, idx, dst, stride, len, out_len, check: Check { id: 5 } };
    let tolerance = if dtype == DType::BF16 {
        1e-2
    } else if dtype == DType::F16 {
        1e-3
    } else {
        1e-5
    };
    Case { kernel: Kernel::Scatter(kernel), y: (dtype, out_len), inputs: vec![x, index], tolerance }
}

fn scatter_cases() -> Vec<Case> {
    let mut cases = vec![];
    for &dtype in DType::ALL {
        cases.push(scatter_case(dtype, &[300, 40], [&[40, 1], &[1, 0], &[0, 1]], 40, 20, 20 * 40));
        cases.push(scatter_case(dtype, &[500, 4], [&[4, 1], &[4, 1], &[10, 0]], 1, 10, 5000));
        cases.push(scatter_case(dtype, &[77, 1], [&[1, 1], &[1, 1], &[10, 0]], 1, 10, 770));
    }
    let f32s: [(&[usize], [&[isize]; 3], isize, i64, usize); 10] = [
        (&[9, 3], [&[3, 1], &[1, 0], &[0, 1]], 3, 4, 12),
        (&[5000], [&[1], &[1], &[0]], 1, 10, 10),
        (&[900, 3], [&[3, 1], &[1, 0], &[0, 1]], 3, 1000, 3000),
        (&[16, 40, 5], [&[200, 5, 1], &[200, 5, 1], &[35, 0, 1]], 5, 7, 560),
        (&[3, 40, 50], [&[2000, 50, 1], &[0, 1, 0], &[350, 0, 1]], 50, 7, 1050),
        (&[200, 100], [&[100, 1], &[1, 0], &[0, 1]], 1, 5, 104),
        (&[0, 4], [&[4, 1], &[1, 0], &[0, 1]], 4, 3, 12),
        (&[], [&[], &[], &[]], 1, 3, 3),
        (&[5, 30], [&[30, 1], &[30, 1], &[70000, 0]], 1, 70000, 350_000),
        (&[8], [&[1], &[1], &[0]], 1, 0, 0),
    ];
    cases.extend(
        f32s.map(|(space, strides, stride, len, out)| scatter_case(DType::F32, space, strides, stride, len, out)),
    );
    // One index for all, and lanes backwards.
    let mut same = scatter_case(DType::F32, &[2000, 7], [&[7, 1], &[1, 0], &[0, -1]], 7, 9, 63);
    same.inputs[1] = Numbers::new(DType::I64, (0..2000).map(|i| if i < 20 { 3.0 } else { 4.0 }));
    let mut padded = scatter_case(DType::F32, &[4, 60], [&[60, 1], &[1, 0], &[0, 1]], 60, 3, 180);
    for (case, offset) in [(&mut same, 6), (&mut padded, 0)] {
        let Kernel::Scatter(k) = &mut case.kernel else { continue };
        k.dst.offset = offset;
        if offset == 0 {
            k.src = Access { bounds: vec![(1, 3), (2, 50)], offset: -62, ..access(&[60, 1]) };
        }
    }
    cases.extend([same, padded]);
    // Some indices outside.
    for i in 0..cases.len() {
        let Case { kernel, y, inputs, tolerance } = &cases[i];
        let index = Numbers::new(
            DType::I64,
            inputs[1].values().iter().enumerate().map(|(i, v)| if i % 3 == 1 { -2.0 - v } else { *v }),
        );
        let inputs = vec![inputs[0].clone(), index];
        cases.push(Case { kernel: kernel.clone(), y: *y, inputs, tolerance: *tolerance });
    }
    cases
}

fn scan_cases() -> Vec<Case> {
    use ScanOp::*;
    let mut cases = vec![];
    let mut push = |op: ScanOp, dtype: DType, dims: &[usize], axis: usize, reverse| {
        let strides: Vec<_> = (0..dims.len()).map(|a| dims[a + 1..].iter().product::<usize>() as isize).collect();
        let points = dims.iter().product::<usize>();
        let scale = if op == Prod { 0.001 } else { 1.0 };
        let of = |i: usize| ((i * 7919) % 31) as f64 - 15.0;
        let x = (0..points).map(|i| if op == Prod { 1.0 + of(i) * scale } else { of(i) });
        let x = Numbers::new(
            dtype,
            x.map(|x| if op == ArgMax && x < -10.0 && dtype.is_float() { f64::NEG_INFINITY } else { x }),
        );
        let kernel = Scan { op, dtype, dims: dims.to_vec(), axis, reverse, x: access(&strides) };
        let tolerance = match dtype {
            DType::F64 | DType::F32 => 1e-6,
            DType::F16 => 1e-3,
            DType::BF16 => 1e-2,
            _ => 0.0,
        };
        cases.push(Case { kernel: Kernel::Scan(kernel), y: (op.dtype(dtype), points), inputs: vec![x], tolerance });
    };
    for (op, reverse) in
        [(Sum, false), (Prod, true), (Max, true), (Min, false), (LogSumExp, false), (ArgMax, true), (ArgMin, false)]
    {
        push(op, DType::F32, &[3, 700], 1, reverse);
        push(op, DType::F64, &[9000], 0, reverse);
        push(op, DType::F16, &[5, 20, 3], 1, reverse);
        if op != LogSumExp {
            push(op, DType::I32, &[2, 9, 40, 7], 2, reverse);
            push(op, DType::U8, &[1, 5000], 1, reverse);
        }
    }
    push(Sum, DType::BF16, &[2, 300], 1, false);
    push(Sum, DType::I64, &[40, 3], 0, true);
    push(Sum, DType::F32, &[3, 9000], 0, true);
    push(ArgMax, DType::F32, &[70_000], 0, false);
    push(Sum, DType::F32, &[2, 0, 3], 1, false);
    push(Sum, DType::F32, &[200, 1, 3], 1, false);
    cases
}

fn sort_cases() -> Vec<Case> {
    let mut cases = vec![];
    let mut push = |dtype: DType, dims: &[usize], axis: usize, descending, start, keep| {
        let strides: Vec<_> = (0..dims.len()).map(|a| dims[a + 1..].iter().product::<usize>() as isize).collect();
        let points = dims.iter().product::<usize>();
        let special = [f64::NAN, -0.0, f64::INFINITY, f64::NEG_INFINITY, 0.0, -f64::NAN];
        let of = |i: usize| match (i * 7919) % 97 {
            k if k < 6 && dtype.is_float() => special[k],
            k => k as f64 - 48.0,
        };
        let x = Numbers::new(dtype, (0..points).map(of));
        let kernel = Sort { dtype, dims: dims.to_vec(), axis, descending, start, keep, x: access(&strides) };
        let kept = points / dims[axis].max(1) * keep;
        cases.push(Case { kernel: Kernel::Sort(kernel), y: (DType::I64, kept), inputs: vec![x], tolerance: 0.0 });
    };
    for &dtype in DType::ALL {
        push(dtype, &[3, 40], 1, false, 0, 40);
        push(dtype, &[40, 37], 0, true, 0, 40);
        push(dtype, &[2, 9, 5], 1, true, 2, 3);
        push(dtype, &[4500], 0, dtype.size() == 4, 0, 4500);
    }
    push(DType::F32, &[3, 3000], 1, false, 1500, 1);
    push(DType::F32, &[5000, 3], 0, true, 0, 10);
    push(DType::I64, &[4200, 2], 0, false, 4199, 1);
    push(DType::F32, &[200, 1], 1, false, 0, 1);
    push(DType::F32, &[2, 0], 1, false, 0, 0);
    push(DType::F32, &[0, 4], 1, false, 0, 4);
    cases
}

fn on_cpu(case: &Case, buffers: &[*mut u8]) -> Option<Failure> {
    let errors = ErrorWord::default();
    let kernel = Device::Cpu.compile(&[&case.kernel], 1).unwrap().remove(0);
    // SAFETY: the buffers are the case's.
    unsafe { kernel.launch(buffers, &[], &errors) };
    errors.take().map(|found| found.0)
}

fn aligned(bytes: &[u8]) -> Vec<u128> {
    let word = |chunk: &[u8]| std::array::from_fn(|i| chunk.get(i).copied().unwrap_or(0));
    bytes.chunks(16).map(|chunk| u128::from_ne_bytes(word(chunk))).collect()
}

/// What is in `y` after `launch`, and what failed.
fn on_host(case: &Case, launch: impl Fn(&[*mut u8]) -> Option<Failure>) -> (Numbers, Option<Failure>) {
    let mut y = case.filled();
    let all = std::iter::once(&y).chain(&case.inputs);
    let mut buffers: Vec<Vec<u128>> = all.map(|x| aligned(&x.bytes)).collect();
    let pointers: Vec<_> = buffers.iter_mut().map(|b| b.as_mut_ptr().cast::<u8>()).collect();
    let failure = launch(&pointers);
    let bytes = buffers[0].iter().flat_map(|word| word.to_ne_bytes());
    y.bytes = bytes.take(y.bytes.len()).collect();
    (y, failure)
}

/// The same on a GPU; `failed` says whether a check had failed before. Returns what the GPU says of checks.
fn on_gpu(gpu: &'static Gpu, case: &Case, guarded: bool, failed: bool) -> (Numbers, Option<String>) {
    let mut y = case.filled();
    let all: Vec<_> = std::iter::once(&y).chain(&case.inputs).map(|x| x.bytes.clone()).collect();
    let buffers: Vec<u64> = all.iter().map(|bytes| gpu.alloc(bytes.len().max(16)).unwrap()).collect();
    let kernel = stages(&case.kernel).compile(gpu, guarded).unwrap();
    let errors = gpu.queue().numbers.errors();
    let word = if failed { 1u64 << 44 } else { u64::MAX };
    // SAFETY: the buffers have the sizes of what is copied, and are the kernel's.
    unsafe {
        memory::upload(gpu, errors, &word.to_le_bytes()).unwrap();
        all.iter().zip(&buffers).for_each(|(bytes, at)| memory::upload(gpu, *at, bytes).unwrap());
        let broken = ErrorWord::default();
        kernel.launch(&buffers.iter().map(|b| *b as *mut u8).collect::<Vec<_>>(), &[], &broken);
        assert!(broken.broken().is_none(), "{:?}", case.kernel);
        let said = memory::download(gpu, y.bytes.as_mut_ptr(), buffers[0], y.bytes.len());
        buffers.iter().for_each(|b| gpu.free(*b));
        (y, said.err().map(|e| e.to_string()))
    }
}

fn assert_near(case: &Case, found: &Numbers, wanted: &Numbers) {
    for (i, (y, w)) in found.values().into_iter().zip(wanted.values()).enumerate() {
        let near = y == w || (y.is_nan() && w.is_nan()) || (y - w).abs() <= case.tolerance * (1.0 + w.abs());
        assert!(near, "{:?}, element {i}: {y}, {w} on the CPU", case.kernel);
    }
}

fn check(name: &str, cases: &[Case]) {
    let all: Vec<Stages> = cases.iter().map(|c| stages(&c.kernel)).collect();
    let emulated = Emulated::new(name, &all);
    let gpu = Gpu::get(0).map_err(|e| println!("no GPU: {e}")).ok();
    for (case, stages) in cases.iter().zip(&all) {
        let (wanted, failure) = on_host(case, |b| on_cpu(case, b));
        // One that is guarded does nothing more once its own check has failed.
        let is_fine = failure.is_none();
        if let Some(emulated) = &emulated {
            let (found, failed) = on_host(case, |b| emulated.run(stages, b, false, false));
            assert_eq!(failed, failure, "{:?}", case.kernel);
            assert_near(case, &found, &wanted);
            let again = on_host(case, |b| emulated.run(stages, b, is_fine, false)).0;
            assert_eq!(found.bytes, again.bytes, "{:?}", case.kernel);
            let skipped = on_host(case, |b| emulated.run(stages, b, true, true)).0;
            assert_eq!(skipped.bytes, case.filled().bytes, "guarded: {:?}", case.kernel);
        }
        if let Some(gpu) = gpu {
            let (found, said) = on_gpu(gpu, case, false, false);
            let told = failure.map(|f| format!("{f:?}")).unwrap_or_default();
            assert!(said.is_some() != is_fine && said.unwrap_or_default().contains(&told), "{told}: {:?}", case.kernel);
            assert_near(case, &found, &wanted);
            assert_eq!(found.bytes, on_gpu(gpu, case, is_fine, false).0.bytes, "{:?}", case.kernel);
            assert_eq!(on_gpu(gpu, case, true, true).0.bytes, case.filled().bytes, "guarded: {:?}", case.kernel);
        }
    }
    let count = |is_run: bool| if is_run { cases.len() } else { 0 };
    println!("{name}: {} emulated, {} on a GPU", count(emulated.is_some()), count(gpu.is_some()));
}

#[test]
fn folds_are_those_of_the_cpu() {
    check("fold", &fold_cases());
}

#[test]
fn scatters_are_those_of_the_cpu() {
    check("scatter", &scatter_cases());
}

#[test]
fn scans_are_those_of_the_cpu() {
    check("scan", &scan_cases());
}

#[test]
fn sorts_are_those_of_the_cpu() {
    check("sort", &sort_cases());
}

#[test]
fn every_text_compiles() {
    if !Library::Nvrtc.is_present() {
        return println!("skipped: there is no NVRTC");
    }
    let all = [fold_cases(), scatter_cases(), scan_cases(), sort_cases()];
    let texts: HashSet<_> = all.iter().flatten().flat_map(|c| stages(&c.kernel).stages).map(|s| s.text).collect();
    for text in &texts {
        nvrtc::compile(text, "sm_90").unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
    println!("{} texts", texts.len());
}
