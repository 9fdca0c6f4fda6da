//! Convolutions against plain loops in f64; bits against other thread counts.

use super::super::pool;
use super::*;
use crate::device::ErrorWord;
use formwork_ir::{Access, Input, Intrinsic, Level, Output, Program, Step, StepOp, Value};

fn numbers(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as f64 / 128.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// x, w and y of a case, one of them to be computed.
fn plain(k: &Conv2d, x: &mut [f64], w: &mut [f64], y: &mut [f64]) {
    let written = match k.mode {
        ConvMode::Forward => &mut *y,
        ConvMode::Data => &mut *x,
        ConvMode::Filter => &mut *w,
    };
    written.fill(0.0);
    let (cg, og) = (k.c / k.groups, k.o / k.groups);
    for (n, o, p) in
        (0..k.n * k.o * k.oh * k.ow).map(|i| (i / (k.oh * k.ow) / k.o, i / (k.oh * k.ow) % k.o, i % (k.oh * k.ow)))
    {
        for (c, i, j) in (0..cg * k.kh * k.kw).map(|t| (t / (k.kh * k.kw), t / k.kw % k.kh, t % k.kw)) {
            let row = (p / k.ow * k.stride[0] + i * k.dilation[0]).wrapping_sub(k.padding[0]);
            let col = (p % k.ow * k.stride[1] + j * k.dilation[1]).wrapping_sub(k.padding[1]);
            if row >= k.h || col >= k.w {
                continue;
            }
            let at_x = ((n * k.c + o / og * cg + c) * k.h + row) * k.w + col;
            let at_w = ((o * cg + c) * k.kh + i) * k.kw + j;
            let at_y = (n * k.o + o) * k.oh * k.ow + p;
            match k.mode {
                ConvMode::Forward => y[at_y] += x[at_x] * w[at_w],
                ConvMode::Data => x[at_x] += y[at_y] * w[at_w],
                ConvMode::Filter => w[at_w] += x[at_x] * y[at_y],
            }
        }
    }
}

struct Window {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

fn window(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2]) -> Window {
    Window { kernel, stride, padding, dilation }
}

fn case([n, c, h, w]: [usize; 4], o: usize, groups: usize, window: Window) -> Conv2d {
    let Window { kernel, stride, padding, dilation } = window;
    let out = |size: usize, d: usize| (size + 2 * padding[d] - (kernel[d] - 1) * dilation[d] - 1) / stride[d] + 1;
    let (mode, dtype, epilogue) = (ConvMode::Forward, DType::F32, None);
    let ([kh, kw], oh, ow) = (kernel, out(h, 0), out(w, 1));
    Conv2d { mode, dtype, n, c, h, w, o, kh, kw, oh, ow, stride, padding, dilation, groups, epilogue }
}

fn cases() -> Vec<Conv2d> {
    let plain = |k| window([k, k], [1, 1], [0, 0], [1, 1]);
    vec![
        case([3, 1, 28, 28], 16, 1, plain(5)),
        case([9, 16, 12, 12], 32, 1, plain(5)),
        case([2, 3, 9, 7], 5, 1, plain(1)),
        case([2, 16, 16, 16], 32, 1, window([3, 3], [2, 2], [1, 1], [1, 1])),
        case([1, 8, 32, 32], 20, 1, window([3, 3], [1, 1], [1, 1], [1, 1])),
        case([1, 40, 8, 8], 64, 1, window([3, 3], [1, 1], [1, 1], [1, 1])),
        case([2, 4, 9, 11], 6, 2, window([2, 3], [2, 3], [1, 2], [1, 1])),
        case([2, 6, 10, 9], 12, 6, window([3, 3], [1, 1], [1, 1], [1, 1])),
        case([17, 4, 30, 30], 4, 4, window([3, 3], [2, 2], [1, 1], [1, 1])),
        case([2, 3, 13, 12], 4, 1, window([3, 2], [1, 2], [2, 0], [2, 3])),
        case([2, 2, 7, 7], 3, 1, window([1, 1], [2, 2], [0, 0], [1, 1])),
        case([1, 2, 5, 5], 3, 1, window([2, 2], [3, 3], [0, 0], [1, 1])),
        case([1, 2, 5, 5], 3, 1, window([2, 2], [1, 1], [3, 3], [1, 1])),
        case([1, 1, 20, 300], 2, 1, plain(3)),
        case([0, 3, 8, 8], 4, 1, plain(3)),
    ]
}

fn run<S: Stored>(k: &Conv2d, operands: [&mut [S]; 3], micro: &'static Micro<S::Sum>, threads: usize) {
    let buffers = operands.map(|o| o.as_mut_ptr() as usize);
    let executable = of::<S>(k, micro).unwrap();
    // SAFETY: the buffers hold the three operands.
    let launch = || unsafe { executable.launch(&buffers.map(|b| b as *mut u8), &[], &ErrorWord::default()) };
    pool::with_threads(threads, launch);
}

/// Operands are multiples of 1/128 below 1 in magnitude, which every float type but bf16 holds.
fn check<S: Stored>(dtype: DType, from: fn(f64) -> S, to_f64: fn(S) -> f64, epsilon: f64, sum_epsilon: f64) {
    for mut k in cases() {
        k.dtype = dtype;
        for mode in [ConvMode::Forward, ConvMode::Data, ConvMode::Filter] {
            k.mode = mode;
            let lens = [k.n * k.c * k.h * k.w, k.o * (k.c / k.groups) * k.kh * k.kw, k.n * k.o * k.oh * k.ow];
            let [mut x, mut w, mut y] = [numbers(1, lens[0]), numbers(2, lens[1]), numbers(3, lens[2])];
            let given: Vec<Vec<S>> = [&x, &w, &y].map(|v| v.iter().map(|&v| from(v)).collect()).into();
            plain(&k, &mut x, &mut w, &mut y);
            let (written, want) = match mode {
                ConvMode::Forward => (2, &y),
                ConvMode::Data => (0, &x),
                ConvMode::Filter => (1, &w),
            };
            // The largest sum has so many terms of less than 1.
            let terms = [k.kh * k.kw * k.o, k.n * k.oh * k.ow, k.kh * k.kw * k.c][written];
            for micro in S::Sum::micros() {
                let mut first: Option<Vec<S>> = None;
                for threads in [1, 2, 3] {
                    let mut operands = given.clone();
                    operands[written].fill(from(f64::NAN));
                    let [x, w, y] = &mut operands[..] else { unreachable!() };
                    run(&k, [x, w, y], micro, threads);
                    let found = &operands[written];
                    let name = format!("{k:?} width {} threads {threads}", micro.width);
                    for (at, (&found, &want)) in found.iter().zip(want).enumerate() {
                        let bound = epsilon * want.abs() + sum_epsilon * terms as f64;
                        assert!((to_f64(found) - want).abs() <= bound, "{name} at {at}: {} for {want}", to_f64(found));
                    }
                    let first = first.get_or_insert_with(|| found.clone());
                    assert!(first.iter().zip(found).all(|(&a, &b)| to_f64(a) == to_f64(b)), "{name}");
                }
            }
        }
    }
}

#[test]
fn f32_convolutions() {
    check::<f32>(DType::F32, |x| x as f32, f64::from, 6e-8, 6e-8);
}

#[test]
fn f64_convolutions() {
    check::<f64>(DType::F64, |x| x, |x| x, 0.0, 1.2e-16);
}

#[test]
fn f16_convolutions_are_summed_in_f32() {
    check::<half::f16>(DType::F16, half::f16::from_f64, half::f16::to_f64, 4.9e-4, 6e-8);
}

#[test]
fn integers_are_refused() {
    let kernel = Conv2d { dtype: DType::I64, ..cases().remove(0) };
    assert!(matches!(compile(&kernel), Err(Error::DType { found: DType::I64, .. })));
}

#[test]
fn epilogues_see_whole_images() {
    for (flat, mut k) in cases().into_iter().enumerate() {
        // The space as the kernel's documentation has it, and one that flattens to the same points.
        let outer = if flat % 2 == 0 { vec![k.n, k.o, k.oh] } else { vec![k.n, k.o * k.oh] };
        let strides: Vec<isize> = (0..=outer.len())
            .map(|d| (outer.iter().skip(d + 1).product::<usize>() * if d < outer.len() { k.ow } else { 1 }) as isize)
            .collect();
        let access = Access { offset: 0, strides, bounds: vec![] };
        let step = |op| Step { op, dtype: DType::F32, level: Level::Full };
        let double = StepOp::Apply(Intrinsic::Add, [0, 0].map(Value).into());
        let program = Program {
            outer,
            row: vec![k.ow],
            inputs: vec![Input { buffer: 2, dtype: DType::F32, access: access.clone() }],
            steps: vec![step(StepOp::Load(0)), step(double)],
            outputs: vec![Output { buffer: 3, value: Value(1), access }],
        };
        let fill = |seed, len| numbers(seed, len).into_iter().map(|x| x as f32).collect::<Vec<f32>>();
        let len = k.n * k.o * k.oh * k.ow;
        let mut x = fill(1, k.n * k.c * k.h * k.w);
        let mut w = fill(2, k.o * (k.c / k.groups) * k.kh * k.kw);
        let mut plain = vec![f32::NAN; len];
        run(&k, [&mut x, &mut w, &mut plain], f32::micros()[0], 1);
        k.epilogue = Some(program);
        for threads in [1, 2, 3] {
            let (mut y, mut z) = (vec![f32::NAN; len], vec![f32::NAN; len]);
            let buffers = [&mut x, &mut w, &mut y, &mut z].map(|b| b.as_mut_ptr() as usize);
            let kernel = compile(&k).unwrap();
            // SAFETY: the buffers hold what the accesses reach.
            let launch = || unsafe { kernel.launch(&buffers.map(|b| b as *mut u8), &[], &ErrorWord::default()) };
            pool::with_threads(threads, launch);
            assert_eq!(y, plain, "{k:?}");
            assert!(z.iter().zip(&plain).all(|(z, y)| *z == y + y), "{k:?}");
        }
    }
}
