//! Products against plain loops in f64; bits against other thread counts and layouts.

use super::*;
use crate::device::cpu::pool;
use formwork_ir::{Access, Input, Intrinsic, Level, Output, Program, ReduceOp, Step, StepOp, Value};
use half::{bf16, f16};

/// A generator of numbers in -1..1.
pub(in super::super) struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f64 / (1 << 23) as f64 - 1.0
    }

    pub fn fill<S: Stored>(&mut self, len: usize) -> Vec<S>
    where
        S::Sum: From<f32>,
    {
        (0..len).map(|_| S::narrow((self.next() as f32).into())).collect()
    }
}

/// How an operand of `batch` matrices lies in memory.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Plain,
    Transposed,
    /// Rows and columns are steps of a larger array, one of them backwards.
    Spread,
}

/// Strides of rows, columns and matrices, the offset of the first element, and the room taken.
fn place(layout: Layout, rows: usize, cols: usize, batch: usize) -> (Access, isize, usize) {
    let (r, c, offset, area) = match layout {
        Layout::Plain => (cols, 1, 0, rows * cols),
        Layout::Transposed => (1, rows as isize, 0, rows * cols),
        Layout::Spread => (3 * cols, -2, 2 * cols, 3 * rows * cols + 2 * cols + 1),
    };
    let strides = vec![r as isize, c];
    (Access { offset: offset as isize, strides, bounds: vec![] }, area as isize, area * batch + 1)
}

struct Case<S> {
    kernel: Contract,
    a: Vec<S>,
    b: Vec<S>,
}

fn case<S: Stored>(
    dtype: DType,
    (batch, shared_b, m, n, k): (&[usize], bool, usize, usize, usize),
    layouts: (Layout, Layout),
) -> Case<S>
where
    S::Sum: From<f32>,
{
    let count: usize = batch.iter().product();
    let mut numbers = Numbers(7);
    // The same matrices whatever the layout.
    let values: [Vec<S>; 2] = [numbers.fill(count * m * k), numbers.fill(count * k * n)];
    let lay = |values: &[S], layout, rows, cols, shared: bool| {
        let count = if shared { 1 } else { count };
        let (mut access, area, len) = place(layout, rows, cols, count);
        let mut memory = Numbers(1).fill(len);
        for (i, &value) in values.iter().enumerate().take(count * rows * cols) {
            let (x, r, c) = (i / (rows * cols), i / cols % rows, i % cols);
            let at =
                access.offset + x as isize * area + r as isize * access.strides[0] + c as isize * access.strides[1];
            memory[at as usize] = value;
        }
        let mut strides = vec![0; batch.len()];
        let mut stride = if shared { 0 } else { area };
        for d in (0..batch.len()).rev() {
            strides[d] = stride;
            stride *= batch[d] as isize;
        }
        strides.append(&mut access.strides);
        access.strides = strides;
        (access, memory)
    };
    let (a_access, a) = lay(&values[0], layouts.0, m, k, false);
    let (b_access, b) = lay(&values[1], layouts.1, k, n, shared_b);
    let kernel =
        Contract { dtype, batch: batch.to_vec(), m, n, k, a: a_access, b: b_access, kept: true, epilogue: None };
    Case { kernel, a, b }
}

fn run<S: Stored>(case: &Case<S>, micro: &'static Micro<S::Sum>, threads: usize) -> Vec<S>
where
    S::Sum: From<f32>,
{
    let Contract { m, n, ref batch, .. } = case.kernel;
    let mut c = Numbers(3).fill::<S>(batch.iter().product::<usize>() * m * n);
    let product = Product::<S>::new(&case.kernel, micro).unwrap();
    let buffers = [c.as_mut_ptr() as usize, case.a.as_ptr() as usize, case.b.as_ptr() as usize];
    pool::with_threads(threads, || {
        // SAFETY: the three buffers hold what the accesses reach, and `c` is exclusive.
        unsafe { product.launch(&buffers.map(|b| b as *mut u8), &[], &ErrorWord::default()) }
    });
    c
}

fn expected<S: Stored>(case: &Case<S>, at: [usize; 3], to_f64: fn(S) -> f64) -> (f64, f64) {
    let Contract { ref batch, k, ref a, ref b, .. } = case.kernel;
    let [x, i, j] = at;
    let rank = batch.len();
    let (mut rest, mut from) = (x, (a.offset, b.offset));
    for d in (0..rank).rev() {
        from.0 += (rest % batch[d]) as isize * a.strides[d];
        from.1 += (rest % batch[d]) as isize * b.strides[d];
        rest /= batch[d];
    }
    (0..k).fold((0.0, 0.0), |(sum, size), p| {
        let x = case.a[(from.0 + i as isize * a.strides[rank] + p as isize * a.strides[rank + 1]) as usize];
        let y = case.b[(from.1 + p as isize * b.strides[rank] + j as isize * b.strides[rank + 1]) as usize];
        let product = to_f64(x) * to_f64(y);
        (sum + product, size + product.abs())
    })
}

const SHAPES: &[(&[usize], bool, usize, usize, usize)] = &[
    (&[], false, 1, 1, 1),
    (&[], false, 1, 512, 784),
    (&[], false, 1, 37, 5),
    (&[], false, 2, 300, 9),
    (&[], false, 5, 83, 40),
    (&[], false, 14, 64, 300),
    (&[], false, 37, 1, 19),
    (&[], false, 33, 10, 520),
    (&[], false, 128, 10, 64),
    (&[], false, 67, 131, 71),
    (&[], false, 129, 257, 259),
    (&[], false, 300, 48, 17),
    (&[], false, 3, 4, 0),
    (&[], false, 0, 4, 3),
    (&[], false, 4, 0, 3),
    (&[3], false, 5, 6, 7),
    (&[0], false, 5, 6, 7),
    (&[2, 3], true, 9, 33, 8),
    (&[40], false, 30, 32, 31),
    (&[7], true, 1, 40, 24),
    (&[2], false, 150, 260, 40),
];

fn check<S: Stored>(dtype: DType, to_f64: fn(S) -> f64, to_bits: fn(S) -> u64, epsilon: f64)
where
    S::Sum: From<f32>,
{
    use Layout::*;
    for &shape in SHAPES {
        for micro in S::Sum::micros() {
            let mut first: Option<Vec<u64>> = None;
            for layouts in
                [(Plain, Plain), (Transposed, Plain), (Plain, Transposed), (Spread, Transposed), (Plain, Spread)]
            {
                let case = case::<S>(dtype, shape, layouts);
                for threads in [1, 2, 3] {
                    let c = run(&case, micro, threads);
                    let bits: Vec<u64> = c.iter().map(|&c| to_bits(c)).collect();
                    let name = format!("{dtype} {shape:?} {layouts:?} width {} threads {threads}", micro.width);
                    if let Some(first) = &first {
                        assert_eq!(*first, bits, "{name}");
                        continue;
                    }
                    let (_, _, m, n, k) = shape;
                    for (at, &c) in c.iter().enumerate() {
                        let (sum, size) = expected(&case, [at / (m * n), at / n % m, at % n], to_f64);
                        let bound = epsilon * sum.abs() + 1e-7f64.min(epsilon) * (k as f64).sqrt() * size;
                        assert!((to_f64(c) - sum).abs() <= bound, "{name} at {at}: {} for {sum}", to_f64(c));
                    }
                    first = Some(bits);
                }
            }
        }
    }
}

#[test]
fn f32_products() {
    check::<f32>(DType::F32, f64::from, |x| x.to_bits().into(), 1.2e-7);
}

#[test]
fn f64_products() {
    check::<f64>(DType::F64, |x| x, f64::to_bits, 2.3e-16);
}

#[test]
fn f16_products_are_summed_in_f32() {
    check::<f16>(DType::F16, f16::to_f64, |x| x.to_bits().into(), 4.9e-4);
}

#[test]
fn bf16_products_are_summed_in_f32() {
    check::<bf16>(DType::BF16, bf16::to_f64, |x| x.to_bits().into(), 4.0e-3);
}

#[test]
fn integers_are_refused() {
    let kernel =
        Contract { dtype: DType::I32, ..case::<f32>(DType::F32, SHAPES[0], (Layout::Plain, Layout::Plain)).kernel };
    assert!(matches!(compile(&kernel), Err(Error::DType { found: DType::I32, .. })));
}

/// `c[r, j] = c[r, j] + bias[j]`, and the sum of each row of the result, in buffers 3 and 4.
fn add_bias(outer: Vec<usize>, n: usize) -> Program {
    let rank = outer.len();
    let access = |row: isize, col: isize| {
        let mut strides = vec![0; rank + 1];
        strides[rank] = col;
        let mut stride = row;
        for d in (0..rank).rev() {
            strides[d] = stride;
            stride *= outer[d] as isize;
        }
        Access { offset: 0, strides, bounds: vec![] }
    };
    let (dtype, whole) = (DType::F32, access(n as isize, 1));
    let input = |buffer, access| Input { buffer, dtype, access };
    let step = |op, level| Step { op, dtype, level };
    Program {
        inputs: vec![input(0, whole.clone()), input(3, access(0, 1))],
        steps: vec![
            step(StepOp::Load(0), Level::Full),
            step(StepOp::Load(1), Level::Full),
            step(StepOp::Apply(Intrinsic::Add, [0, 1].map(Value).into()), Level::Full),
            step(StepOp::Reduce(ReduceOp::Sum, Value(2)), Level::Outer),
        ],
        outputs: vec![
            Output { buffer: 0, value: Value(2), access: whole },
            Output { buffer: 4, value: Value(3), access: access(1, 0) },
        ],
        outer,
        row: vec![n],
    }
}

#[test]
fn epilogues_see_whole_rows() {
    for &shape in SHAPES {
        let mut case = case::<f32>(DType::F32, shape, (Layout::Plain, Layout::Transposed));
        let Contract { ref batch, m, n, .. } = case.kernel;
        let bias: Vec<f32> = Numbers(9).fill(n);
        let plain = run(&case, f32::micros()[0], 1);
        let want: Vec<f32> = plain.iter().enumerate().map(|(i, c)| c + bias[i % n]).collect();
        let outer = [&batch[..], &[m]].concat();
        let rows = outer.iter().product();
        case.kernel.epilogue = Some(add_bias(outer, n));
        let product = Product::<f32>::new(&case.kernel, f32::micros()[0]).unwrap();
        for threads in [1, 2, 3] {
            let (mut c, mut sums) = (vec![f32::NAN; want.len()], vec![f32::NAN; rows]);
            let inputs = [&case.a, &case.b, &bias].map(|x| x.as_ptr() as usize);
            let buffers = [c.as_mut_ptr() as usize, inputs[0], inputs[1], inputs[2], sums.as_mut_ptr() as usize];
            // SAFETY: the buffers hold what the accesses reach.
            let launch = || unsafe { product.launch(&buffers.map(|b| b as *mut u8), &[], &ErrorWord::default()) };
            pool::with_threads(threads, launch);
            assert_eq!(c, want, "{shape:?}");
            for (r, &sum) in sums.iter().enumerate() {
                let exact: f64 = want[r * n..][..n].iter().map(|&x| f64::from(x)).sum();
                assert!((f64::from(sum) - exact).abs() <= 1e-4, "{shape:?} row {r}: {sum} for {exact}");
            }
        }
    }
}
