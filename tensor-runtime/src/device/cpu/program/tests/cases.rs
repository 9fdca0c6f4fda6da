//! Programs that mean something, with results that are known.

use super::{Buffers, Options, check, launch};
use crate::device::cpu::pool;
use crate::device::cpu::program::space::row_major;
use crate::device::cpu::program::{BlockProgram, Layout};
use crate::device::{ErrorWord, Executable, Failure};
use formwork_ir::{Access, Check, DType, Input, Intrinsic, Level, Output, Program, ReduceOp, Step, StepOp, Value};

/// Builds programs over outer x row.
struct Builder(Program);

impl Builder {
    fn new(outer: &[usize], row: &[usize]) -> Builder {
        Builder(Program { outer: outer.to_vec(), row: row.to_vec(), ..Program::default() })
    }

    fn push(&mut self, op: StepOp, dtype: DType, level: Level) -> Value {
        self.0.steps.push(Step { op, dtype, level });
        Value(self.0.steps.len() as u32 - 1)
    }

    fn input(&mut self, buffer: u32, dtype: DType, strides: &[isize]) -> u32 {
        let access = Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() };
        self.0.inputs.push(Input { buffer, dtype, access });
        self.0.inputs.len() as u32 - 1
    }

    fn load(&mut self, buffer: u32, dtype: DType, strides: &[isize]) -> Value {
        let is_full = strides[self.0.outer.len()..].iter().any(|s| *s != 0);
        let input = self.input(buffer, dtype, strides);
        self.push(StepOp::Load(input), dtype, if is_full { Level::Full } else { Level::Outer })
    }

    /// A full value in row-major order of the whole space.
    fn rows(&mut self, buffer: u32, dtype: DType) -> Value {
        let strides = self.strides();
        self.load(buffer, dtype, &strides)
    }

    fn strides(&self) -> Vec<isize> {
        row_major(&self.0.outer.iter().chain(&self.0.row).copied().collect::<Vec<_>>())
    }

    fn apply(&mut self, op: Intrinsic, args: &[Value]) -> Value {
        let level = args.iter().map(|v| self.0.steps[v.0 as usize].level).max().unwrap_or(Level::Outer);
        let dtypes: Vec<DType> = args.iter().map(|v| self.0.steps[v.0 as usize].dtype).collect();
        let dtype = op.result(&dtypes).expect("dtypes of the table");
        self.push(StepOp::Apply(op, args.to_vec()), dtype, level)
    }

    fn reduce(&mut self, op: ReduceOp, v: Value) -> Value {
        let is_arg = matches!(op, ReduceOp::ArgMax | ReduceOp::ArgMin);
        let dtype = if is_arg { DType::I64 } else { self.0.steps[v.0 as usize].dtype };
        self.push(StepOp::Reduce(op, v), dtype, Level::Outer)
    }

    /// Stores in row-major order: of the outer dims, or of the whole space.
    fn store(&mut self, buffer: u32, value: Value) {
        let mut strides = self.strides();
        if self.0.steps[value.0 as usize].level == Level::Outer {
            strides = row_major(&self.0.outer);
            strides.resize(self.0.outer.len() + self.0.row.len(), 0);
        }
        let access = Access { offset: 0, strides, bounds: Vec::new() };
        self.0.outputs.push(Output { buffer, value, access });
    }
}

fn floats(x: &[f32]) -> Vec<u64> {
    let bits = |pair: &[f32]| pair.iter().rev().fold(0, |word, x| word << 32 | x.to_bits() as u64);
    x.chunks(2).map(bits).collect()
}

fn to_floats(words: &[u64]) -> Vec<f32> {
    words.iter().flat_map(|w| [f32::from_bits(*w as u32), f32::from_bits((w >> 32) as u32)]).collect()
}

fn waves(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919 % 1009) as f32 * 0.37).sin() * 3.0).collect()
}

fn run(program: &Program, buffers: &Buffers) -> (Buffers, Option<Failure>) {
    let mut buffers = buffers.clone();
    let compiled = BlockProgram::with(program, Options::default()).expect("the program compiles");
    let failure = launch(&compiled, &mut buffers, &[]);
    (buffers, failure)
}

fn softmax(outer: usize, row: usize) -> Program {
    let mut b = Builder::new(&[outer], &[row]);
    let x = b.rows(0, DType::F32);
    let m = b.reduce(ReduceOp::Max, x);
    let e = b.apply(Intrinsic::Sub, &[x, m]);
    let e = b.apply(Intrinsic::Exp, &[e]);
    let s = b.reduce(ReduceOp::Sum, e);
    let y = b.apply(Intrinsic::Div, &[e, s]);
    b.store(1, y);
    b.0
}

#[test]
fn softmax_of_short_long_and_huge_rows() {
    for (outer, row) in [(70, 10), (64, 24), (5, 300), (3, 1024), (2, 5000), (1, 40_000), (3, 0)] {
        let (program, x) = (softmax(outer, row), waves(outer * row));
        let buffers = vec![floats(&x), vec![0; (outer * row).div_ceil(2)]];
        check(&format!("softmax {outer}x{row}"), &program, &buffers, &[]);
        let found = to_floats(&run(&program, &buffers).0[1]);
        for (i, row) in x.chunks(row.max(1)).enumerate() {
            let sum: f64 = row.iter().map(|x| (*x as f64).exp()).sum();
            for (j, x) in row.iter().enumerate() {
                let expected = (*x as f64).exp() / sum;
                let error = (found[i * row.len() + j] as f64 - expected).abs();
                assert!(error <= 1e-6 * expected, "row {i}, element {j}: {expected} expected");
            }
        }
    }
}

#[test]
fn a_row_of_many_segments_has_the_sum_of_one() {
    let n = 300_001;
    let mut b = Builder::new(&[1], &[n]);
    let x = b.rows(0, DType::F32);
    for op in [ReduceOp::Sum, ReduceOp::Max, ReduceOp::ArgMin] {
        let r = b.reduce(op, x);
        b.store(b.0.outputs.len() as u32 + 1, r);
    }
    let buffers = vec![floats(&waves(n)), vec![0], vec![0], vec![0]];
    let compiled = BlockProgram::with(&b.0, Options::default()).expect("the program compiles");
    assert!(compiled.geometry.segment.is_some());
    check("a long row", &b.0, &buffers, &[]);
}

#[test]
fn columns_have_the_sums_of_rows() {
    let (n, m) = (1300, 37);
    let x = waves(n * m);
    let transposed: Vec<f32> = (0..n * m).map(|i| x[i % n * m + i / n]).collect();
    let sums = |x: &[f32], strides: &[isize]| {
        let mut b = Builder::new(&[m], &[n]);
        let v = b.load(0, DType::F32, strides);
        let s = b.reduce(ReduceOp::Sum, v);
        b.store(1, s);
        let compiled = BlockProgram::with(&b.0, Options::default()).expect("the program compiles");
        (run(&b.0, &vec![floats(x), vec![0; m.div_ceil(2)]]).0.remove(1), compiled.geometry.layout)
    };
    let (columns, layout) = sums(&x, &[1, m as isize]);
    assert_eq!(layout, Layout::Lanes);
    let (rows, layout) = sums(&transposed, &[n as isize, 1]);
    assert_eq!((rows, layout), (columns, Layout::Rows));
}

#[test]
fn empty_rows_give_identities() {
    let mut b = Builder::new(&[3], &[0]);
    let x = b.rows(0, DType::F32);
    let k = b.rows(1, DType::I32);
    let t = b.rows(2, DType::Bool);
    use ReduceOp::*;
    for (op, v) in [(Sum, x), (Prod, x), (Max, x), (Min, x), (Max, k), (Min, k), (Any, t), (All, t), (ArgMax, x)] {
        let r = b.reduce(op, v);
        b.store(b.0.outputs.len() as u32 + 3, r);
    }
    let buffers: Buffers = vec![vec![7; 3]; 12];
    check("empty rows", &b.0, &buffers, &[]);
    let found = run(&b.0, &buffers).0;
    let float = |buffer: usize| f32::from_bits(found[buffer][0] as u32);
    assert_eq!([3, 4, 5, 6].map(float), [0.0, 1.0, f32::NEG_INFINITY, f32::INFINITY]);
    assert_eq!([7, 8].map(|b| found[b][0] as i32), [i32::MIN, i32::MAX]);
    assert_eq!([9, 10].map(|b: usize| found[b][0] & 0xff_ffff), [0, 0x01_0101]);
    assert_eq!(found[11], [0, 0, 0]);
}

#[test]
fn no_points_write_nothing() {
    let mut b = Builder::new(&[0, 4], &[]);
    let x = b.rows(0, DType::F32);
    b.store(1, x);
    let buffers = vec![vec![1], vec![2]];
    assert_eq!(run(&b.0, &buffers), (buffers, None));
}

#[test]
fn a_nan_is_the_extreme_and_ties_go_to_the_first() {
    let rows: [[f32; 5]; 4] = [
        [1.0, 3.0, f32::NAN, 9.0, f32::NAN],
        [2.0, -5.0, 2.0, -5.0, 0.0],
        [-0.0, 0.0, -0.0, 0.0, -0.0],
        [f32::NEG_INFINITY; 5],
    ];
    for outer in [4, 400] {
        let x: Vec<f32> = rows.iter().cycle().take(outer).flatten().copied().collect();
        let mut b = Builder::new(&[outer], &[5]);
        let v = b.rows(0, DType::F32);
        for (i, op) in [ReduceOp::ArgMax, ReduceOp::ArgMin, ReduceOp::Max, ReduceOp::Min].into_iter().enumerate() {
            let r = b.reduce(op, v);
            b.store(i as u32 + 1, r);
        }
        let buffers = vec![floats(&x), vec![0; outer], vec![0; outer], vec![0; outer / 2], vec![0; outer / 2]];
        check("extremes", &b.0, &buffers, &[]);
        let found = run(&b.0, &buffers).0;
        assert_eq!(found[1][..4], [2, 0, 0, 0]);
        assert_eq!(found[2][..4], [2, 1, 0, 0]);
        let (max, min) = (to_floats(&found[3]), to_floats(&found[4]));
        assert!(max[0].is_nan() && min[0].is_nan());
        assert_eq!((max[1], min[1]), (2.0, -5.0));
        assert_eq!((max[2].to_bits(), min[2].to_bits()), (0.0f32.to_bits(), (-0.0f32).to_bits()));
        assert_eq!((max[3], min[3]), (f32::NEG_INFINITY, f32::NEG_INFINITY));
    }
}

#[test]
fn outputs_may_take_the_place_of_inputs() {
    for n in [5, 1000, 70_000] {
        let mut b = Builder::new(&[n], &[]);
        let (x, y) = (b.rows(0, DType::F32), b.rows(1, DType::F32));
        let s = b.apply(Intrinsic::Add, &[x, y]);
        b.store(0, y);
        b.store(1, x);
        b.store(2, s);
        let (x, y) = (waves(n), waves(2 * n)[n..].to_vec());
        let buffers = vec![floats(&x), floats(&y), floats(&x)];
        check(&format!("a swap of {n}"), &b.0, &buffers, &[]);
        let found = run(&b.0, &buffers).0;
        assert_eq!((&to_floats(&found[0])[..n], &to_floats(&found[1])[..n]), (&y[..], &x[..]));
    }
}

#[test]
fn a_row_may_be_normalized_in_place() {
    for row in [50, 3000] {
        let mut b = Builder::new(&[4], &[row]);
        let x = b.rows(0, DType::F32);
        let s = b.reduce(ReduceOp::Sum, x);
        let doubled = b.apply(Intrinsic::Add, &[x, x]);
        let y = b.apply(Intrinsic::Div, &[x, s]);
        b.store(1, y);
        b.store(0, doubled);
        check("in place", &b.0, &vec![floats(&waves(4 * row)), vec![0; 2 * row]], &[]);
    }
}

#[test]
fn rows_are_gathered_and_wild_indices_reported() {
    let (n, d, len) = (300, 48, 7);
    let mut b = Builder::new(&[n, d], &[]);
    let table = b.input(0, DType::F32, &[0, 1]);
    let index = b.load(1, DType::I64, &[1, 0]);
    let op = StepOp::Index { input: table, index, stride: d as isize, len, check: Check { id: 4 } };
    let row = b.push(op, DType::F32, Level::Outer);
    b.store(2, row);
    let mut indices: Vec<u64> = (0..n as u64).map(|i| i * 3 % len as u64).collect();
    let x = waves(len as usize * d);
    let mut buffers = vec![floats(&x), indices.clone(), vec![0; n * d / 2]];
    check("gather", &b.0, &buffers, &[]);
    let (found, failure) = run(&b.0, &buffers);
    assert_eq!(failure, None);
    assert_eq!(to_floats(&found[2])[5 * d..6 * d], x[d..2 * d]);
    (indices[250], indices[130]) = (len as u64, -2i64 as u64);
    buffers[1] = indices;
    check("gather with wild indices", &b.0, &buffers, &[]);
    assert_eq!(run(&b.0, &buffers).1, Some(Failure { check: 4, at: 130 * d, value: -2 }));
}

#[test]
fn the_first_failed_check_is_kept() {
    let mut b = Builder::new(&[40], &[30]);
    let x = b.rows(0, DType::F32);
    let zero = b.load(1, DType::F32, &[0, 0]);
    let positive = b.apply(Intrinsic::Ge, &[x, zero]);
    let checked = b.push(StepOp::Check(positive, Check { id: 1 }), DType::Bool, Level::Full);
    b.store(2, checked);
    let mut x = vec![1.0; 1200];
    (x[777], x[1100]) = (-1.0, -1.0);
    let buffers = vec![floats(&x), vec![0], vec![0; 150]];
    check("checks", &b.0, &buffers, &[]);
    assert_eq!(run(&b.0, &buffers).1, Some(Failure { check: 1, at: 777, value: 0 }));
}

#[test]
fn padded_views_read_zeros() {
    let mut b = Builder::new(&[5], &[6]);
    let access = Access { offset: -5, strides: vec![4, 1], bounds: vec![(1, 4), (1, 5)] };
    b.0.inputs.push(Input { buffer: 0, dtype: DType::F32, access });
    let x = b.push(StepOp::Load(0), DType::F32, Level::Full);
    b.store(1, x);
    let buffers = vec![floats(&waves(12)), vec![9; 15]];
    check("padding", &b.0, &buffers, &[]);
    let (found, x) = (to_floats(&run(&b.0, &buffers).0[1]), waves(12));
    let expected = |i: usize| match (i / 6, i % 6) {
        (r @ 1..4, c @ 1..5) => x[(r - 1) * 4 + c - 1],
        _ => 0.0,
    };
    assert_eq!(found, (0..30).map(expected).collect::<Vec<_>>());
}

#[test]
fn transpositions_run_in_tiles() {
    let (n, m) = (150, 70);
    let mut b = Builder::new(&[n, m], &[]);
    let x = b.load(0, DType::F32, &[1, n as isize]);
    let y = b.apply(Intrinsic::Neg, &[x]);
    b.store(1, y);
    let compiled = BlockProgram::with(&b.0, Options::default()).expect("the program compiles");
    assert_eq!((compiled.outer_len, compiled.row_len), (m, n));
    check("a transposition", &b.0, &vec![floats(&waves(n * m)), vec![0; n * m / 2]], &[]);
}

#[test]
fn more_dims_than_a_walk_has_are_an_error() {
    let mut b = Builder::new(&[2; 20], &[]);
    let strides: Vec<isize> = (0..20).map(|d| 1 << (2 * d % 41)).collect();
    let x = b.load(0, DType::F32, &strides);
    b.store(1, x);
    assert!(BlockProgram::with(&b.0, Options::default()).is_err());
}

#[test]
fn launches_share_nothing_but_the_code() {
    let program = softmax(64, 3000);
    let compiled = BlockProgram::with(&program, Options::default()).expect("the program compiles");
    let buffers = vec![floats(&waves(64 * 3000)), vec![0; 32 * 3000]];
    let expected = run(&program, &buffers).0;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..2 {
                    let mut buffers = buffers.clone();
                    let pointers: Vec<usize> = buffers.iter_mut().map(|b| b.as_mut_ptr() as usize).collect();
                    pool::with_threads(2, || {
                        let pointers: Vec<*mut u8> = pointers.iter().map(|p| *p as *mut u8).collect();
                        // SAFETY: the buffers are as large as the program wants.
                        unsafe { compiled.launch(&pointers, &[], &ErrorWord::default()) };
                    });
                    assert!(buffers == expected);
                }
            });
        }
    });
}
