//! Times fused programs on the CPU: medians of runs, on the pool and on one thread.
//!
//! `cargo bench -p formwork-runtime --bench program [NAME]`

use formwork_ir::{Access, Const, DType, Input, Intrinsic, Level, Output, Program, ReduceOp, Step, StepOp, Value};
use formwork_runtime::device::cpu::{Launcher, with_threads};
use std::time::Instant;

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

    fn load(&mut self, buffer: u32, strides: &[isize]) -> Value {
        let is_full = strides[self.0.outer.len()..].iter().any(|s| *s != 0);
        let access = Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() };
        self.0.inputs.push(Input { buffer, dtype: DType::F32, access });
        let input = self.0.inputs.len() as u32 - 1;
        self.push(StepOp::Load(input), DType::F32, if is_full { Level::Full } else { Level::Outer })
    }

    fn number(&mut self, x: f64) -> Value {
        self.push(StepOp::Const(Const { dtype: DType::F32, bits: x.to_bits() }), DType::F32, Level::Outer)
    }

    fn apply(&mut self, op: Intrinsic, args: &[Value]) -> Value {
        let level = args.iter().map(|v| self.0.steps[v.0 as usize].level).max().unwrap_or(Level::Outer);
        let dtypes: Vec<DType> = args.iter().map(|v| self.0.steps[v.0 as usize].dtype).collect();
        let dtype = op.result(&dtypes).expect("dtypes of the table");
        self.push(StepOp::Apply(op, args.to_vec()), dtype, level)
    }

    fn reduce(&mut self, op: ReduceOp, v: Value) -> Value {
        self.push(StepOp::Reduce(op, v), DType::F32, Level::Outer)
    }

    fn store(&mut self, buffer: u32, value: Value, strides: &[isize]) {
        let access = Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() };
        self.0.outputs.push(Output { buffer, value, access });
    }
}

/// A program, the elements of its buffers, and the bytes that it has to move.
struct Case {
    name: &'static str,
    program: Program,
    buffers: Vec<usize>,
    bytes: usize,
}

fn chain(name: &'static str, n: usize) -> Case {
    let mut b = Builder::new(&[n], &[]);
    let x = b.load(0, &[1]);
    let two = b.number(2.0);
    let (y, zero) = (b.apply(Intrinsic::Mul, &[x, two]), b.number(0.0));
    let y = b.apply(Intrinsic::Add, &[y, x]);
    let y = b.apply(Intrinsic::Max, &[y, zero]);
    b.store(1, y, &[1]);
    Case { name, program: b.0, buffers: vec![n, n], bytes: 8 * n }
}

fn add(name: &'static str, n: usize) -> Case {
    let mut b = Builder::new(&[n], &[]);
    let (x, y) = (b.load(0, &[1]), b.load(1, &[1]));
    let z = b.apply(Intrinsic::Add, &[x, y]);
    b.store(2, z, &[1]);
    Case { name, program: b.0, buffers: vec![n; 3], bytes: 12 * n }
}

fn gelu(n: usize) -> Case {
    let mut b = Builder::new(&[n], &[]);
    let x = b.load(0, &[1]);
    let (c, one, half) = (b.number(std::f64::consts::FRAC_1_SQRT_2), b.number(1.0), b.number(0.5));
    let y = b.apply(Intrinsic::Mul, &[x, c]);
    let y = b.apply(Intrinsic::Erf, &[y]);
    let y = b.apply(Intrinsic::Add, &[y, one]);
    let y = b.apply(Intrinsic::Mul, &[y, half]);
    let y = b.apply(Intrinsic::Mul, &[y, x]);
    b.store(1, y, &[1]);
    Case { name: "gelu 4Mi", program: b.0, buffers: vec![n, n], bytes: 8 * n }
}

fn bias(rows: usize, n: usize) -> Case {
    let mut b = Builder::new(&[rows, n], &[]);
    let (x, bias, zero) = (b.load(0, &[n as isize, 1]), b.load(1, &[0, 1]), b.number(0.0));
    let y = b.apply(Intrinsic::Add, &[x, bias]);
    let y = b.apply(Intrinsic::Max, &[y, zero]);
    b.store(2, y, &[n as isize, 1]);
    Case { name: "bias + relu 4096x1024", program: b.0, buffers: vec![rows * n, n, rows * n], bytes: 8 * rows * n }
}

fn transpose(n: usize) -> Case {
    let mut b = Builder::new(&[n, n], &[]);
    let (x, one) = (b.load(0, &[1, n as isize]), b.number(1.0));
    let y = b.apply(Intrinsic::Add, &[x, one]);
    b.store(1, y, &[n as isize, 1]);
    Case { name: "transpose + 1, 2048x2048", program: b.0, buffers: vec![n * n; 2], bytes: 8 * n * n }
}

fn softmax(name: &'static str, rows: usize, n: usize) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let x = b.load(0, &[n as isize, 1]);
    let m = b.reduce(ReduceOp::Max, x);
    let e = b.apply(Intrinsic::Sub, &[x, m]);
    let e = b.apply(Intrinsic::Exp, &[e]);
    let s = b.reduce(ReduceOp::Sum, e);
    let y = b.apply(Intrinsic::Div, &[e, s]);
    b.store(1, y, &[n as isize, 1]);
    Case { name, program: b.0, buffers: vec![rows * n; 2], bytes: 8 * rows * n }
}

fn layer_norm(name: &'static str, rows: usize, n: usize) -> Case {
    let mut b = Builder::new(&[rows], &[n]);
    let (x, w, bias) = (b.load(0, &[n as isize, 1]), b.load(1, &[0, 1]), b.load(2, &[0, 1]));
    let (inv, eps) = (b.number(1.0 / n as f64), b.number(1e-5));
    let s = b.reduce(ReduceOp::Sum, x);
    let mean = b.apply(Intrinsic::Mul, &[s, inv]);
    let d = b.apply(Intrinsic::Sub, &[x, mean]);
    let q = b.apply(Intrinsic::Mul, &[d, d]);
    let q = b.reduce(ReduceOp::Sum, q);
    let q = b.apply(Intrinsic::Mul, &[q, inv]);
    let q = b.apply(Intrinsic::Add, &[q, eps]);
    let r = b.apply(Intrinsic::Rsqrt, &[q]);
    let y = b.apply(Intrinsic::Mul, &[d, r]);
    let y = b.apply(Intrinsic::Mul, &[y, w]);
    let y = b.apply(Intrinsic::Add, &[y, bias]);
    b.store(3, y, &[n as isize, 1]);
    Case { name, program: b.0, buffers: vec![rows * n, n, n, rows * n], bytes: 8 * rows * n }
}

fn sum(name: &'static str, outer: usize, row: usize, strides: &[isize]) -> Case {
    let mut b = Builder::new(&[outer], &[row]);
    let x = b.load(0, strides);
    let s = b.reduce(ReduceOp::Sum, x);
    b.store(1, s, &[1, 0]);
    Case { name, program: b.0, buffers: vec![outer * row, outer], bytes: 4 * outer * row }
}

fn batch_norm(n: usize, c: usize, hw: usize) -> Case {
    let strides = [(c * hw) as isize, hw as isize, 1];
    let mut b = Builder::new(&[n, c, hw], &[]);
    let (x, mean, var) = (b.load(0, &strides), b.load(1, &[0, 1, 0]), b.load(2, &[0, 1, 0]));
    let eps = b.number(1e-5);
    let d = b.apply(Intrinsic::Sub, &[x, mean]);
    let v = b.apply(Intrinsic::Add, &[var, eps]);
    let r = b.apply(Intrinsic::Rsqrt, &[v]);
    let y = b.apply(Intrinsic::Mul, &[d, r]);
    b.store(3, y, &strides);
    let len = n * c * hw;
    Case { name: "normalize 64x32x56x56", program: b.0, buffers: vec![len, c, c, len], bytes: 8 * len }
}

/// AdamW's update of one tensor, in place.
fn adam(n: usize) -> Case {
    let mut b = Builder::new(&[n], &[]);
    let [p, g, m, v] = [0, 1, 2, 3].map(|i| b.load(i, &[1]));
    let [b1, c1, b2, c2, eps, lr, decay] = [0.9, 0.1, 0.999, 0.001, 1e-8, 1e-3, 0.99].map(|x| b.number(x));
    let (m1, g1) = (b.apply(Intrinsic::Mul, &[m, b1]), b.apply(Intrinsic::Mul, &[g, c1]));
    let m1 = b.apply(Intrinsic::Add, &[m1, g1]);
    let (v1, g2) = (b.apply(Intrinsic::Mul, &[v, b2]), b.apply(Intrinsic::Mul, &[g, g]));
    let g2 = b.apply(Intrinsic::Mul, &[g2, c2]);
    let v1 = b.apply(Intrinsic::Add, &[v1, g2]);
    let s = b.apply(Intrinsic::Sqrt, &[v1]);
    let s = b.apply(Intrinsic::Add, &[s, eps]);
    let u = b.apply(Intrinsic::Div, &[m1, s]);
    let u = b.apply(Intrinsic::Mul, &[u, lr]);
    let p1 = b.apply(Intrinsic::Mul, &[p, decay]);
    let p1 = b.apply(Intrinsic::Sub, &[p1, u]);
    b.store(0, p1, &[1]);
    b.store(2, m1, &[1]);
    b.store(3, v1, &[1]);
    Case { name: "AdamW 1Mi, in place", program: b.0, buffers: vec![n; 4], bytes: 28 * n }
}

fn cases() -> Vec<Case> {
    const MI: usize = 1 << 20;
    vec![
        add("add 16", 16),
        add("add 1024", 1024),
        chain("map chain 64Ki", 64 * 1024),
        chain("map chain 1Mi", MI),
        chain("map chain 16Mi", 16 * MI),
        gelu(4 * MI),
        bias(4096, 1024),
        transpose(2048),
        softmax("softmax 128x10", 128, 10),
        softmax("softmax 4096x1024", 4096, 1024),
        softmax("softmax 64x50257", 64, 50_257),
        layer_norm("layer norm 4096x768", 4096, 768),
        layer_norm("layer norm 1024x4096", 1024, 4096),
        sum("row sum 4096x1024", 4096, 1024, &[1024, 1]),
        sum("column sum 4096x1024", 1024, 4096, &[1, 1024]),
        sum("sum 16Mi", 1, 16 * MI, &[0, 1]),
        batch_norm(64, 32, 56 * 56),
        adam(MI),
    ]
}

/// Nanoseconds of one call: the median and the least of samples of at least 200 us each.
fn time(mut f: impl FnMut()) -> [f64; 2] {
    f();
    let started = Instant::now();
    f();
    let once = started.elapsed().as_secs_f64();
    let repeats = (2e-4 / once.max(1e-9)).clamp(1.0, 1e5) as usize;
    let samples = (0.6 / (once * repeats as f64).max(1e-9)).clamp(9.0, 201.0) as usize;
    let mut times: Vec<f64> = (0..samples)
        .map(|_| {
            let started = Instant::now();
            (0..repeats).for_each(|_| f());
            started.elapsed().as_secs_f64() / repeats as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [times[samples / 2] * 1e9, times[0] * 1e9]
}

fn measure(case: &Case) {
    let launcher = Launcher::new(&case.program).expect("the program compiles");
    let mut buffers: Vec<Vec<f32>> =
        case.buffers.iter().map(|n| (0..*n).map(|i| (i % 97) as f32 * 0.01 + 0.01).collect()).collect();
    let pointers: Vec<usize> = buffers.iter_mut().map(|b| b.as_mut_ptr() as usize).collect();
    let run = || {
        let pointers: Vec<*mut u8> = pointers.iter().map(|p| *p as *mut u8).collect();
        // SAFETY: buffers have the sizes that the case states.
        time(|| unsafe { launcher.launch(&pointers, &[]) })
    };
    let columns = [Launcher::on_pool(run), with_threads(1, run)].map(|[median, least]| {
        format!("{median:>12.0} ns {:>6.1} GB/s (least {least:>11.0} ns)", case.bytes as f64 / median)
    });
    println!("{:26} {}  one thread {}", case.name, columns[0], columns[1]);
}

/// What two trivial tasks cost on the pool.
fn measure_pool() {
    let [ns, _] = Launcher::on_pool(|| time(|| Launcher::for_each(2, |i| assert_ne!(std::hint::black_box(i), 2))));
    println!("{:26} {ns:>12.0} ns", "two trivial tasks");
}

/// What compiling a program costs.
fn measure_compile() {
    let case = layer_norm("layer norm", 64, 768);
    let [ns, _] = time(|| drop(Launcher::new(&case.program)));
    println!("{:26} {ns:>12.0} ns", "compile layer norm");
}

fn main() {
    let filter = std::env::args().skip(1).find(|a| !a.starts_with('-')).unwrap_or_default();
    measure_pool();
    measure_compile();
    for case in cases().iter().filter(|c| c.name.contains(&filter)) {
        measure(case);
    }
}
