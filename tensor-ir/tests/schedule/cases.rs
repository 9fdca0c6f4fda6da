//! Programs that mean something.

use super::build::{Builder, bytes, waves};
use super::{Buffers, check};
use formwork_ir::{Access, Check, DType, Intrinsic, Level, Program, ReduceOp, StepOp};

/// `y = gelu(1.5 x + a)` by the error function.
fn gelu(n: usize, dtype: DType) -> (Builder, Buffers) {
    let mut b = Builder::new(&[n], &[]);
    let (x, a) = (b.rows(0, dtype), b.load(1, dtype, &[0]));
    let [k, half, one, root] = [1.5, 0.5, 1.0, std::f64::consts::FRAC_1_SQRT_2].map(|x| b.constant(dtype, x));
    let x = b.apply(Intrinsic::Mul, &[x, k]);
    let x = b.apply(Intrinsic::Add, &[x, a]);
    let e = b.apply(Intrinsic::Mul, &[x, root]);
    let e = b.apply(Intrinsic::Erf, &[e]);
    let e = b.apply(Intrinsic::Add, &[e, one]);
    let h = b.apply(Intrinsic::Mul, &[x, half]);
    let y = b.apply(Intrinsic::Mul, &[h, e]);
    b.store(2, y);
    let buffers = vec![bytes(dtype, waves(n)), bytes(dtype, [0.25]), vec![0; n * dtype.size()]];
    (b, buffers)
}

#[test]
fn maps_of_any_length_and_dtype() {
    for n in [1, 3, 64, 1000, 1003, 5000] {
        for dtype in [DType::F32, DType::BF16, DType::F16, DType::F64] {
            let (b, buffers) = gelu(n, dtype);
            check(&format!("gelu of {n} {dtype}"), &b.0, &buffers, &[]);
        }
    }
}

#[test]
fn no_points_are_no_launch() {
    let mut b = Builder::new(&[0, 4], &[]);
    let x = b.rows(0, DType::F32);
    b.store(1, x);
    check("no points", &b.0, &vec![vec![1; 4], vec![2; 4]], &[]);
}

#[test]
fn outputs_may_take_the_place_of_inputs() {
    for n in [5, 1000, 4099] {
        let mut b = Builder::new(&[n], &[]);
        let (x, y) = (b.rows(0, DType::F32), b.rows(1, DType::F32));
        let s = b.apply(Intrinsic::Add, &[x, y]);
        b.store(0, y);
        b.store(1, x);
        b.store(2, s);
        let x = bytes(DType::F32, waves(n));
        let y = bytes(DType::F32, waves(2 * n).split_off(n));
        check(&format!("a swap of {n}"), &b.0, &vec![x, y, vec![0; 4 * n]], &[]);
    }
}

#[test]
fn one_number_may_be_overwritten() {
    let mut b = Builder::new(&[1], &[]);
    let x = b.rows(0, DType::I64);
    let y = b.apply(Intrinsic::Neg, &[x]);
    b.store(0, y);
    check("one number", &b.0, &vec![bytes(DType::I64, [5.0])], &[]);
}

#[test]
fn rows_are_gathered_and_wild_indices_reported() {
    let (n, d, len) = (30, 48, 7);
    let mut b = Builder::new(&[n, d], &[]);
    let table = b.input(0, DType::F32, Access { offset: 0, strides: vec![0, 1], bounds: vec![] });
    let index = b.load(1, DType::I64, &[1, 0]);
    let op = StepOp::Index { input: table, index, stride: d as isize, len, check: Check { id: 4 } };
    let row = b.push(op, DType::F32, Level::Outer);
    b.store(2, row);
    let mut indices: Vec<f64> = (0..n).map(|i| (i * 3 % len as usize) as f64).collect();
    let table = bytes(DType::F32, waves(len as usize * d));
    let buffers = |indices: &[f64]| vec![table.clone(), bytes(DType::I64, indices.iter().copied()), vec![0; n * d * 4]];
    check("gather", &b.0, &buffers(&indices), &[]);
    (indices[25], indices[13]) = (len as f64, -2.0);
    check("gather with wild indices", &b.0, &buffers(&indices), &[]);
}

#[test]
fn padded_views_read_zeros() {
    for inner in [6, 8, 16] {
        let mut b = Builder::new(&[5, inner], &[]);
        let width = inner as isize;
        let access = Access { offset: -width, strides: vec![width, 1], bounds: vec![(1, 4), (0, width)] };
        let rows = b.input(0, DType::F32, access);
        let x = b.push(StepOp::Load(rows), DType::F32, Level::Outer);
        let access = Access { offset: -1, strides: vec![0, 1], bounds: vec![(0, 5), (1, width - 1)] };
        let columns = b.input(0, DType::F32, access);
        let y = b.push(StepOp::Load(columns), DType::F32, Level::Outer);
        let s = b.apply(Intrinsic::Sub, &[x, y]);
        b.store(1, s);
        check("padding", &b.0, &vec![bytes(DType::F32, waves(3 * inner)), vec![9; 20 * inner]], &[]);
    }
}

#[test]
fn a_step_at_the_outer_level_of_a_map_is_stored_once() {
    let mut b = Builder::new(&[6], &[8]);
    let x = b.load(0, DType::F32, &[1, 0]);
    let y = b.rows(1, DType::F32);
    let z = b.apply(Intrinsic::Add, &[x, y]);
    let n = b.apply(Intrinsic::Neg, &[x]);
    b.store(2, z);
    b.store(3, n);
    let buffers = vec![bytes(DType::F32, waves(6)), bytes(DType::F32, waves(48)), vec![0; 192], vec![0; 24]];
    check("two levels", &b.0, &buffers, &[]);
}

#[test]
fn transpositions() {
    for (n, m) in [(150, 70), (64, 128), (3, 5)] {
        for dtype in [DType::F32, DType::BF16] {
            let mut b = Builder::new(&[n, m], &[]);
            let x = b.load(0, dtype, &[1, n as isize]);
            let y = b.apply(Intrinsic::Neg, &[x]);
            b.store(1, y);
            let buffers = vec![bytes(dtype, waves(n * m)), vec![0; n * m * dtype.size()]];
            check(&format!("a transposition of {n}x{m} {dtype}"), &b.0, &buffers, &[]);
            assert_eq!(launches(&b.0), [if n > 10 { "tiles" } else { "map" }]);
        }
    }
}

#[test]
fn arguments_and_counters() {
    let n = 777;
    let mut b = Builder::new(&[n], &[]);
    let x = b.rows(0, DType::F32);
    let scale = b.push(StepOp::Arg(1), DType::F32, Level::Outer);
    let seed = b.push(StepOp::Arg(0), DType::I64, Level::Outer);
    let iota = StepOp::Iota(Access { offset: 3, strides: vec![1], bounds: vec![] });
    let counter = b.push(iota, DType::I64, Level::Outer);
    let u = b.apply(Intrinsic::PhiloxUniform, &[seed, counter]);
    let p = b.constant(DType::F32, 0.25);
    let keep = b.apply(Intrinsic::Ge, &[u, p]);
    let scaled = b.apply(Intrinsic::Mul, &[x, scale]);
    let zero = b.constant(DType::F32, 0.0);
    let y = b.apply(Intrinsic::Select, &[keep, scaled, zero]);
    b.store(1, y);
    b.store(2, keep);
    check("dropout", &b.0, &vec![bytes(DType::F32, waves(n)), vec![0; 4 * n], vec![0; n]], &[12345.0, 4.0 / 3.0]);
}

fn softmax(outer: usize, row: usize, dtype: DType) -> Program {
    let mut b = Builder::new(&[outer], &[row]);
    let x = b.rows(0, dtype);
    let m = b.reduce(ReduceOp::Max, x);
    let e = b.apply(Intrinsic::Sub, &[x, m]);
    let e = b.apply(Intrinsic::Exp, &[e]);
    let s = b.reduce(ReduceOp::Sum, e);
    let y = b.apply(Intrinsic::Div, &[e, s]);
    b.store(1, y);
    b.0
}

#[test]
fn softmax_of_rows_of_any_length() {
    for (outer, row) in [(70, 10), (64, 24), (5, 300), (3, 1024), (2, 5000), (1, 40_000), (3, 0), (2, 8192), (7, 128)] {
        for dtype in [DType::F32, DType::BF16] {
            let n = outer * row;
            let buffers = vec![bytes(dtype, waves(n)), vec![0; n * dtype.size()]];
            check(&format!("softmax {outer}x{row} {dtype}"), &softmax(outer, row, dtype), &buffers, &[]);
        }
    }
}

/// Sums, extremes and their places, and a normalised copy, of rows or of columns.
fn statistics(outer: usize, row: usize, columns: bool) -> (Program, Buffers) {
    let mut b = Builder::new(&[outer], &[row]);
    let strides = if columns { [1, outer as isize] } else { [row as isize, 1] };
    let x = b.load(0, DType::F32, &strides);
    let n = b.constant(DType::F32, row as f64);
    let s = b.reduce(ReduceOp::Sum, x);
    let mean = b.apply(Intrinsic::Div, &[s, n]);
    let centred = b.apply(Intrinsic::Sub, &[x, mean]);
    let square = b.apply(Intrinsic::Mul, &[centred, centred]);
    let v = b.reduce(ReduceOp::Sum, square);
    let v = b.apply(Intrinsic::Div, &[v, n]);
    let small = b.constant(DType::F32, 0.1);
    let r = b.apply(Intrinsic::Add, &[v, small]);
    let r = b.apply(Intrinsic::Rsqrt, &[r]);
    let y = b.apply(Intrinsic::Mul, &[centred, r]);
    let (most, least) = (b.reduce(ReduceOp::ArgMax, x), b.reduce(ReduceOp::Min, x));
    b.store_at(1, y, &strides);
    for (i, v) in [mean, r, most, least].into_iter().enumerate() {
        b.store(i as u32 + 2, v);
    }
    let sizes = [4 * outer * row, 4 * outer, 4 * outer, 8 * outer, 4 * outer];
    let outputs = sizes.into_iter().map(|n| vec![0; n]);
    let buffers = std::iter::once(bytes(DType::F32, waves(outer * row))).chain(outputs).collect();
    (b.0, buffers)
}

#[test]
fn statistics_of_rows_and_columns() {
    for (outer, row) in [(37, 130), (128, 64), (64, 700), (300, 7), (4, 3000), (9, 1)] {
        for columns in [false, true] {
            let (program, buffers) = statistics(outer, row, columns);
            check(&format!("statistics of {outer}x{row}, columns {columns}"), &program, &buffers, &[]);
        }
    }
}

#[test]
fn sums_of_16_bit_floats_are_made_in_f32() {
    for (outer, row, strides) in [(20, 600, [600, 1]), (64, 300, [1, 64])] {
        let mut b = Builder::new(&[outer], &[row]);
        let x = b.load(0, DType::BF16, &strides);
        let wide = b.cast(x, DType::F32);
        for v in [x, wide] {
            let s = b.reduce(ReduceOp::Sum, v);
            b.store(b.0.outputs.len() as u32 + 1, s);
        }
        let x = bytes(DType::BF16, waves(outer * row));
        check("sums", &b.0, &vec![x, vec![0; 2 * outer], vec![0; 4 * outer]], &[]);
    }
}

#[test]
fn empty_rows_give_identities() {
    let mut b = Builder::new(&[3], &[0]);
    let (x, k, t) = (b.rows(0, DType::F32), b.rows(1, DType::I32), b.rows(2, DType::Bool));
    use ReduceOp::*;
    for (op, v) in [(Sum, x), (Prod, x), (Max, x), (Min, x), (Max, k), (Min, k), (Any, t), (All, t), (ArgMax, x)] {
        let r = b.reduce(op, v);
        b.store(b.0.outputs.len() as u32 + 3, r);
    }
    check("empty rows", &b.0, &vec![vec![7; 24]; 12], &[]);
}

#[test]
fn a_nan_is_the_extreme_and_ties_go_to_the_first() {
    let rows: [[f64; 5]; 4] = [
        [1.0, 3.0, f64::NAN, 9.0, f64::NAN],
        [2.0, -5.0, 2.0, -5.0, 0.0],
        [-0.0, 0.0, -0.0, 0.0, -0.0],
        [f64::NEG_INFINITY; 5],
    ];
    for outer in [4, 400] {
        let x = rows.iter().cycle().take(outer).flatten().copied();
        let mut b = Builder::new(&[outer], &[5]);
        let v = b.rows(0, DType::F32);
        for (i, op) in [ReduceOp::ArgMax, ReduceOp::ArgMin, ReduceOp::Max, ReduceOp::Min].into_iter().enumerate() {
            let r = b.reduce(op, v);
            b.store(i as u32 + 1, r);
        }
        let results = [8, 8, 4, 4].into_iter().map(|size| vec![0; size * outer]);
        check("extremes", &b.0, &std::iter::once(bytes(DType::F32, x)).chain(results).collect(), &[]);
    }
}

#[test]
fn a_row_may_be_normalized_in_place() {
    for row in [50, 3000, 70_000] {
        let mut b = Builder::new(&[4], &[row]);
        let x = b.rows(0, DType::F32);
        let s = b.reduce(ReduceOp::Sum, x);
        let doubled = b.apply(Intrinsic::Add, &[x, x]);
        let y = b.apply(Intrinsic::Div, &[x, s]);
        b.store(1, y);
        b.store(0, doubled);
        let x = (0..4 * row).map(|i| (i % 17) as f64);
        check("in place", &b.0, &vec![bytes(DType::F32, x), vec![0; 16 * row]], &[]);
    }
}

#[test]
fn the_first_failed_check_is_kept() {
    let mut b = Builder::new(&[40], &[30]);
    let x = b.rows(0, DType::F32);
    let zero = b.load(1, DType::F32, &[0, 0]);
    let positive = b.apply(Intrinsic::Ge, &[x, zero]);
    let checked = b.push(StepOp::Check(positive, Check { id: 1 }), DType::Bool, Level::Full);
    b.store(2, checked);
    let s = b.reduce(ReduceOp::Sum, x);
    b.store(3, s);
    let mut x = vec![1.0; 1200];
    (x[777], x[1100]) = (-1.0, -1.0);
    check("checks", &b.0, &vec![bytes(DType::F32, x), vec![0; 4], vec![0; 1200], vec![0; 160]], &[]);
}

/// Launches of a schedule for an H100.
fn launches(program: &Program) -> Vec<String> {
    let schedule = formwork_ir::schedule::schedule(program, &formwork_ir::schedule::Target::H100, false);
    schedule.launches.into_iter().map(|l| l.kernel.name).collect()
}

#[test]
fn few_long_rows_are_split() {
    let n = 70_001;
    for dtype in [DType::F32, DType::F16] {
        let mut b = Builder::new(&[], &[n]);
        let x = b.load(0, dtype, &[1]);
        let k = b.constant(dtype, 1.0 / 256.0);
        let scaled = b.apply(Intrinsic::Mul, &[x, k]);
        let (s, m) = (b.reduce(ReduceOp::Sum, scaled), b.reduce(ReduceOp::Max, x));
        let y = b.apply(Intrinsic::Mul, &[s, m]);
        b.store(1, s);
        b.store(2, m);
        b.store(3, y);
        b.store(4, scaled);
        assert_eq!(launches(&b.0), ["rows", "rows"]);
        let size = dtype.size();
        let buffers = vec![bytes(dtype, waves(n)), vec![0; size], vec![0; size], vec![0; size], vec![0; n * size]];
        check(&format!("a sum of {dtype}"), &b.0, &buffers, &[]);
    }
}

#[test]
fn columns_of_many_rows_are_split() {
    for (rows, columns) in [(1000, 72), (900, 5), (700, 128)] {
        let mut b = Builder::new(&[columns], &[rows]);
        let x = b.load(0, DType::BF16, &[1, columns as isize]);
        let s = b.reduce(ReduceOp::Sum, x);
        b.store(1, s);
        assert_eq!(launches(&b.0), ["columns", "columns"]);
        let buffers = vec![bytes(DType::BF16, waves(rows * columns)), vec![0; 2 * columns]];
        check(&format!("columns of {rows}x{columns}"), &b.0, &buffers, &[]);
    }
}

#[test]
fn channels_are_reduced_over_images() {
    let (n, c, hw) = (100, 3, 49);
    let mut b = Builder::new(&[c], &[n, hw]);
    let x = b.load(0, DType::F32, &[hw as isize, (c * hw) as isize, 1]);
    let s = b.reduce(ReduceOp::Sum, x);
    b.store(1, s);
    assert_eq!(launches(&b.0).len(), 2);
    check("channels", &b.0, &vec![bytes(DType::F32, waves(n * c * hw)), vec![0; 4 * c]], &[]);
}

#[test]
fn a_guarded_schedule_does_nothing_after_a_failure() {
    let mut b = Builder::new(&[100], &[]);
    let x = b.rows(0, DType::F32);
    let y = b.apply(Intrinsic::Neg, &[x]);
    b.store(0, y);
    let schedule = formwork_ir::schedule::schedule(&b.0, &formwork_ir::schedule::Target::H100, true);
    let before: Buffers = vec![bytes(DType::F32, waves(100))];
    for (key, changes) in [(u64::MAX, true), (5, false)] {
        let mut buffers = before.clone();
        super::run_after("guarded", &schedule, &mut buffers, &[], key);
        assert_eq!(buffers != before, changes);
    }
}

#[test]
fn quotients_by_one_number_are_correctly_rounded() {
    let bits = (0..4000u32).map(|i| i.wrapping_mul(0x9e37_79b9) ^ (i << 7));
    let x: Vec<f32> = bits.map(f32::from_bits).chain([0.0, -0.0, f32::INFINITY, f32::NAN, 1e-40, 3.4e38]).collect();
    let mut b = Builder::new(&[x.len()], &[]);
    let v = b.rows(0, DType::F32);
    let d = b.push(StepOp::Arg(0), DType::F32, Level::Outer);
    let y = b.apply(Intrinsic::Div, &[v, d]);
    b.store(1, y);
    let schedule = formwork_ir::schedule::schedule(&b.0, &formwork_ir::schedule::Target::H100, false);
    for d in [3.0f32, 0.1, -1.999_999_9, 1.000_000_1, 16_777_215.0, 7.3e-9, 1e-30, 0.0, f32::INFINITY, f32::NAN] {
        let mut buffers = vec![bytes(DType::F32, x.iter().map(|x| *x as f64)), vec![0; 4 * x.len()]];
        super::run("quotients", &schedule, &mut buffers, &[d as f64]);
        for (x, y) in x.iter().zip(buffers[1].chunks(4)) {
            let (y, wanted) = (f32::from_ne_bytes(y.try_into().expect("4 bytes")), x / d);
            assert!(y.to_bits() == wanted.to_bits() || (y.is_nan() && wanted.is_nan()), "{x} / {d}: {y}, not {wanted}");
        }
    }
}
