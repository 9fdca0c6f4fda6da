//! Programs as the planner makes them for the usual layers, losses and optimizers.

use super::build::Builder;
use formwork_ir::{Access, Check, DType, Intrinsic, Level, Program, ReduceOp, StepOp, Value};
use formwork_kernels::Size;

/// A program, and what a launch of it moves.
pub struct Case {
    pub name: String,
    pub program: Program,
    pub args: Vec<f64>,
    /// Bytes that are read and written once.
    pub bytes: u64,
    /// Elements of index buffers are below this.
    pub indices: i64,
}

fn case(name: &str, dtype: DType, b: Builder, bytes: usize) -> Case {
    Case { name: format!("{name} {dtype}"), program: b.0, args: vec![], bytes: bytes as u64, indices: 1 }
}

/// `gelu(1.5 x + a)`, by the error function.
fn gelu(n: usize, dtype: DType) -> Case {
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
    case("gelu", dtype, b, 2 * n * dtype.size())
}

fn row_sum(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let x = b.rows(0, dtype);
    let s = b.reduce(ReduceOp::Sum, x);
    b.store(1, s);
    case("row sum", dtype, b, rows * n * dtype.size())
}

/// The gradient of a row sum: `dx[i, j] = g[i]`.
fn row_sum_backward(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows, n], &[]);
    let g = b.load(0, dtype, &[1, 0]);
    b.store(1, g);
    case("row sum backward", dtype, b, rows * n * dtype.size())
}

fn column_sum(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[n], &[rows]);
    let x = b.load(0, dtype, &[1, n as isize]);
    let s = b.reduce(ReduceOp::Sum, x);
    b.store(1, s);
    case("column sum", dtype, b, rows * n * dtype.size())
}

fn sum(n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[], &[n]);
    let x = b.load(0, dtype, &[1]);
    let s = b.reduce(ReduceOp::Sum, x);
    b.store(1, s);
    case("sum", dtype, b, n * dtype.size())
}

fn softmax(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let x = b.rows(0, dtype);
    let m = b.reduce(ReduceOp::Max, x);
    let e = b.apply(Intrinsic::Sub, &[x, m]);
    let e = b.apply(Intrinsic::Exp, &[e]);
    let s = b.reduce(ReduceOp::Sum, e);
    let y = b.apply(Intrinsic::Div, &[e, s]);
    b.store(1, y);
    case("softmax", dtype, b, 2 * rows * n * dtype.size())
}

/// `dx = y (g - sum(g y))`.
fn softmax_backward(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let (y, g) = (b.rows(0, dtype), b.rows(1, dtype));
    let gy = b.apply(Intrinsic::Mul, &[g, y]);
    let s = b.reduce(ReduceOp::Sum, gy);
    let d = b.apply(Intrinsic::Sub, &[g, s]);
    let dx = b.apply(Intrinsic::Mul, &[y, d]);
    b.store(2, dx);
    case("softmax backward", dtype, b, 3 * rows * n * dtype.size())
}

/// The mean over the row.
fn mean(b: &mut Builder, x: Value) -> Value {
    let (s, n) = (b.reduce(ReduceOp::Sum, x), b.0.row_len());
    let n = b.constant(b.0.steps[s.0 as usize].dtype, n as f64);
    b.apply(Intrinsic::Div, &[s, n])
}

/// Statistics in f32 whatever the dtype.
fn layer_norm(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let (x, gamma, beta) = (b.rows(0, dtype), b.load(1, dtype, &[0, 1]), b.load(2, dtype, &[0, 1]));
    let [x, gamma, beta] = [x, gamma, beta].map(|v| b.cast(v, DType::F32));
    let m = mean(&mut b, x);
    let d = b.apply(Intrinsic::Sub, &[x, m]);
    let q = b.apply(Intrinsic::Mul, &[d, d]);
    let v = mean(&mut b, q);
    let eps = b.constant(DType::F32, 1e-5);
    let v = b.apply(Intrinsic::Add, &[v, eps]);
    let r = b.apply(Intrinsic::Rsqrt, &[v]);
    let y = b.apply(Intrinsic::Mul, &[d, r]);
    let y = b.apply(Intrinsic::Mul, &[y, gamma]);
    let y = b.apply(Intrinsic::Add, &[y, beta]);
    let y = b.cast(y, dtype);
    b.store(3, y);
    b.store(4, m);
    b.store(5, r);
    case("layer norm", dtype, b, 2 * rows * n * dtype.size())
}

/// `dx = r (g gamma - mean(g gamma) - h mean(g gamma h))` with `h = (x - m) r`.
fn layer_norm_backward(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let (x, g, gamma) = (b.rows(0, dtype), b.rows(1, dtype), b.load(2, dtype, &[0, 1]));
    let [x, g, gamma] = [x, g, gamma].map(|v| b.cast(v, DType::F32));
    let (m, r) = (b.load(3, DType::F32, &[1, 0]), b.load(4, DType::F32, &[1, 0]));
    let d = b.apply(Intrinsic::Sub, &[x, m]);
    let h = b.apply(Intrinsic::Mul, &[d, r]);
    let gg = b.apply(Intrinsic::Mul, &[g, gamma]);
    let first = mean(&mut b, gg);
    let gh = b.apply(Intrinsic::Mul, &[gg, h]);
    let second = mean(&mut b, gh);
    let t = b.apply(Intrinsic::Mul, &[h, second]);
    let u = b.apply(Intrinsic::Sub, &[gg, first]);
    let u = b.apply(Intrinsic::Sub, &[u, t]);
    let dx = b.apply(Intrinsic::Mul, &[u, r]);
    let dx = b.cast(dx, dtype);
    b.store(5, dx);
    case("layer norm backward", dtype, b, 3 * rows * n * dtype.size())
}

fn transpose(n: usize, m: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[n, m], &[]);
    let x = b.load(0, dtype, &[1, n as isize]);
    b.store(1, x);
    case("transpose", dtype, b, 2 * n * m * dtype.size())
}

/// A step of AdamW, in place; the learning rate and the corrections are arguments.
fn adamw(n: usize) -> Case {
    let f = DType::F32;
    let mut b = Builder::new(&[n], &[]);
    let [w, m, v, g] = [0, 1, 2, 3].map(|i| b.rows(i, f));
    let [rate, c1, c2] = [0, 1, 2].map(|i| b.push(StepOp::Arg(i), f, Level::Outer));
    let [b1, a1, b2, a2, eps, decay] = [0.9, 0.1, 0.999, 0.001, 1e-8, 0.01].map(|x| b.constant(f, x));
    let [old, new] = [(m, b1), (g, a1)].map(|(x, k)| b.apply(Intrinsic::Mul, &[x, k]));
    let m = b.apply(Intrinsic::Add, &[old, new]);
    let square = b.apply(Intrinsic::Mul, &[g, g]);
    let [old, new] = [(v, b2), (square, a2)].map(|(x, k)| b.apply(Intrinsic::Mul, &[x, k]));
    let v = b.apply(Intrinsic::Add, &[old, new]);
    let mh = b.apply(Intrinsic::Div, &[m, c1]);
    let vh = b.apply(Intrinsic::Div, &[v, c2]);
    let root = b.apply(Intrinsic::Sqrt, &[vh]);
    let root = b.apply(Intrinsic::Add, &[root, eps]);
    let step = b.apply(Intrinsic::Div, &[mh, root]);
    let shrink = b.apply(Intrinsic::Mul, &[w, decay]);
    let step = b.apply(Intrinsic::Add, &[step, shrink]);
    let step = b.apply(Intrinsic::Mul, &[step, rate]);
    let w = b.apply(Intrinsic::Sub, &[w, step]);
    [w, m, v].into_iter().enumerate().for_each(|(i, x)| b.store(i as u32, x));
    Case { args: vec![1e-3, 0.1, 0.001], ..case("adamw", f, b, 7 * 4 * n) }
}

fn dropout(n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[n], &[]);
    let x = b.rows(0, dtype);
    let seed = b.push(StepOp::Arg(0), DType::I64, Level::Outer);
    let counter = StepOp::Iota(Access { offset: 0, strides: vec![1], bounds: vec![] });
    let counter = b.push(counter, DType::I64, Level::Outer);
    let u = b.apply(Intrinsic::PhiloxUniform, &[seed, counter]);
    let p = b.constant(DType::F32, 0.1);
    let keep = b.apply(Intrinsic::Ge, &[u, p]);
    let [scale, zero] = [1.0 / 0.9, 0.0].map(|x| b.constant(dtype, x));
    let y = b.apply(Intrinsic::Mul, &[x, scale]);
    let y = b.apply(Intrinsic::Select, &[keep, y, zero]);
    b.store(1, y);
    b.store(2, keep);
    Case { args: vec![1234.0], ..case("dropout", dtype, b, n * (2 * dtype.size() + 1)) }
}

/// `logsumexp(x) - x[label]` of each row.
fn cross_entropy(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let x = b.rows(0, dtype);
    let label = b.load(1, DType::I64, &[1, 0]);
    let wide = b.cast(x, DType::F32);
    let m = b.reduce(ReduceOp::Max, wide);
    let e = b.apply(Intrinsic::Sub, &[wide, m]);
    let e = b.apply(Intrinsic::Exp, &[e]);
    let s = b.reduce(ReduceOp::Sum, e);
    let l = b.apply(Intrinsic::Log, &[s]);
    let l = b.apply(Intrinsic::Add, &[l, m]);
    let at = b.input(0, dtype, Access { offset: 0, strides: vec![n as isize, 0], bounds: vec![] });
    let index = StepOp::Index { input: at, index: label, stride: 1, len: n as i64, check: Check { id: 3 } };
    let own = b.push(index, dtype, Level::Outer);
    let own = b.cast(own, DType::F32);
    let loss = b.apply(Intrinsic::Sub, &[l, own]);
    b.store(2, loss);
    b.store(3, l);
    Case { indices: n as i64, ..case("cross entropy", dtype, b, rows * n * dtype.size()) }
}

/// `dx = (exp(x - l) - [j == label]) g`.
fn cross_entropy_backward(rows: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[rows, n], &[]);
    let x = b.rows(0, dtype);
    let x = b.cast(x, DType::F32);
    let (label, l, g) =
        (b.load(1, DType::I64, &[1, 0]), b.load(2, DType::F32, &[1, 0]), b.load(3, DType::F32, &[0, 0]));
    let e = b.apply(Intrinsic::Sub, &[x, l]);
    let e = b.apply(Intrinsic::Exp, &[e]);
    let place =
        b.push(StepOp::Iota(Access { offset: 0, strides: vec![0, 1], bounds: vec![] }), DType::I64, Level::Outer);
    let own = b.apply(Intrinsic::Eq, &[place, label]);
    let own = b.cast(own, DType::F32);
    let d = b.apply(Intrinsic::Sub, &[e, own]);
    let d = b.apply(Intrinsic::Mul, &[d, g]);
    let d = b.cast(d, dtype);
    b.store(4, d);
    Case { indices: n as i64, ..case("cross entropy backward", dtype, b, 2 * rows * n * dtype.size()) }
}

/// Rows of a table.
fn embedding(tokens: usize, vocabulary: usize, n: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[tokens, n], &[]);
    let table = b.input(0, dtype, Access { offset: 0, strides: vec![0, 1], bounds: vec![] });
    let index = b.load(1, DType::I64, &[1, 0]);
    let len = vocabulary as i64;
    let op = StepOp::Index { input: table, index, stride: n as isize, len, check: Check { id: 2 } };
    let row = b.push(op, dtype, Level::Outer);
    b.store(2, row);
    Case { indices: len, ..case("embedding", dtype, b, 2 * tokens * n * dtype.size()) }
}

/// Mean and variance of each channel of `[N, C, HW]`.
fn batch_statistics(n: usize, c: usize, hw: usize, dtype: DType) -> Case {
    let mut b = Builder::new(&[c], &[n, hw]);
    let x = b.load(0, dtype, &[hw as isize, (c * hw) as isize, 1]);
    let x = b.cast(x, DType::F32);
    let m = mean(&mut b, x);
    let q = b.apply(Intrinsic::Mul, &[x, x]);
    let q = mean(&mut b, q);
    let mm = b.apply(Intrinsic::Mul, &[m, m]);
    let v = b.apply(Intrinsic::Sub, &[q, mm]);
    b.store(1, m);
    b.store(2, v);
    case("batch statistics", dtype, b, n * c * hw * dtype.size())
}

/// All programs, at sizes to test or to time.
pub fn cases(size: Size) -> Vec<Case> {
    let large = matches!(size, Size::Bench);
    let pick = |bench: usize, test: usize| if large { bench } else { test };
    let (n, rows, cols) = (pick(1 << 28, 5003), pick(32768, 37), pick(8192, 2048));
    let mut all = Vec::new();
    for dtype in [DType::F32, DType::BF16] {
        all.push(gelu(n, dtype));
        all.push(softmax(rows, cols, dtype));
        all.push(softmax_backward(rows, cols, dtype));
        all.push(layer_norm(rows, cols, dtype));
        all.push(layer_norm_backward(rows, cols, dtype));
        all.push(row_sum(rows, cols, dtype));
        all.push(row_sum_backward(rows, cols, dtype));
        all.push(column_sum(pick(32768, 1000), pick(1024, 72), dtype));
        all.push(sum(pick(1 << 28, 70_001), dtype));
        all.push(transpose(pick(8192, 200), pick(8192, 136), dtype));
        all.push(dropout(pick(1 << 27, 3000), dtype));
        all.push(cross_entropy(pick(8192, 9), pick(50257, 5025), dtype));
        all.push(cross_entropy_backward(pick(8192, 9), pick(50257, 1025), dtype));
        all.push(embedding(pick(32768, 60), pick(50257, 91), pick(768, 24), dtype));
        all.push(batch_statistics(pick(256, 6), pick(256, 10), pick(1024, 49), dtype));
    }
    all.push(adamw(pick(1 << 27, 3001)));
    all
}
