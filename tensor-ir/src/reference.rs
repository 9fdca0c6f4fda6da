//! What a program means: an interpreter, point by point, that is slow and plain.
//!
//! Floats are computed in f64 and rounded to the step's dtype after every step, so a result differs
//! from a device's by the errors of the device's intrinsics and by nothing else: reductions are
//! made in the compute type and in the canonical order.

use std::cmp::Ordering;

use half::{bf16, f16};

use crate::interp::{self, round};
use crate::{Access, Compute, DType, Intrinsic, Level, Program, ReduceOp, Scalar, Step, StepOp, Value};

/// The first check that failed: the smallest by number, then by point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failed {
    /// Number of the check in the plan.
    pub check: u32,
    /// Number of the point: of the outer space, or of outer x row where the check is at full level.
    pub at: usize,
    /// The index that was out of range, or 0.
    pub value: i64,
}

impl Program {
    /// Runs the program over `buffers`, each the stored bytes of its elements in native order, and
    /// gives the first check that failed. An output is written whether or not a check failed; inputs
    /// are read as they were before the first write.
    ///
    /// # Panics
    /// If an access reaches beyond its buffer or an argument is missing: the program is not one that
    /// a planner may make.
    pub fn reference(&self, buffers: &mut [Vec<u8>], args: &[f64]) -> Option<Failed> {
        let before = buffers.to_vec();
        let mut run = Run { program: self, buffers: &before, args, outer: Vec::new(), failed: None };
        for outer in 0..self.outer_len() {
            run.outer = unravel(outer, &self.outer);
            let values = run.values(outer);
            for output in &self.outputs {
                let step = &self.steps[output.value.0 as usize];
                for (r, x) in values[output.value.0 as usize].iter().enumerate() {
                    let (at, _) = run.place(&output.access, r, step.level);
                    store(&mut buffers[output.buffer as usize], step.dtype, at as usize, *x);
                }
            }
        }
        run.failed
    }
}

/// The index of point `i` in row-major order.
fn unravel(mut i: usize, dims: &[usize]) -> Vec<usize> {
    let mut index = vec![0; dims.len()];
    for (k, d) in dims.iter().enumerate().rev() {
        index[k] = i % d;
        i /= d;
    }
    index
}

struct Run<'a> {
    program: &'a Program,
    buffers: &'a [Vec<u8>],
    args: &'a [f64],
    /// The outer index.
    outer: Vec<usize>,
    failed: Option<Failed>,
}

impl Run<'_> {
    /// The values of all steps at outer point number `outer`: one, or one for each row element.
    fn values(&mut self, outer: usize) -> Vec<Vec<Scalar>> {
        let row = self.program.row_len();
        let mut values: Vec<Vec<Scalar>> = Vec::with_capacity(self.program.steps.len());
        for step in &self.program.steps {
            let of = |v: &Value, r: usize| match self.program.steps[v.0 as usize].level {
                Level::Full => values[v.0 as usize][r],
                Level::Outer => values[v.0 as usize][0],
            };
            let value = match &step.op {
                StepOp::Reduce(op, v) => {
                    let elements: Vec<Scalar> = (0..row).map(|r| of(v, r)).collect();
                    vec![fit(step.dtype, reduce(*op, self.program.steps[v.0 as usize].dtype, &elements))]
                }
                _ => {
                    let (count, first) = match step.level {
                        Level::Full => (row, outer * row),
                        Level::Outer => (1, outer),
                    };
                    (0..count).map(|r| fit(step.dtype, self.step(step, r, first + r, &of))).collect()
                }
            };
            values.push(value);
        }
        values
    }

    fn step(&mut self, step: &Step, r: usize, at: usize, of: &dyn Fn(&Value, usize) -> Scalar) -> Scalar {
        let dtype = |v: &Value| self.program.steps[v.0 as usize].dtype;
        match &step.op {
            StepOp::Load(input) => self.load(*input, r, step.level, 0),
            StepOp::Index { input, index, stride, len, check } => {
                let index = of(index, r).to_i64();
                if (0..*len).contains(&index) {
                    return self.load(*input, r, step.level, index as isize * stride);
                }
                self.fail(Failed { check: check.id, at, value: index });
                number(step.dtype, 0)
            }
            StepOp::Iota(access) => Scalar::Int(self.place(access, r, step.level).0 as i64),
            StepOp::Const(c) => c.scalar(),
            StepOp::Arg(i) => interp::cast(DType::F64, step.dtype, Scalar::Float(self.args[*i as usize])),
            StepOp::Apply(op, args) => {
                let dtypes: Vec<DType> = args.iter().map(dtype).collect();
                let args: Vec<Scalar> = args.iter().map(|v| of(v, r)).collect();
                interp::apply(*op, &dtypes, &args)
            }
            StepOp::Cast(v) => interp::cast(dtype(v), step.dtype, of(v, r)),
            StepOp::Check(v, check) => {
                let x = of(v, r);
                if !x.is_true() {
                    self.fail(Failed { check: check.id, at, value: 0 });
                }
                x
            }
            StepOp::Reduce(_, v) => of(v, r),
        }
    }

    fn fail(&mut self, failed: Failed) {
        self.failed = Some(self.failed.map_or(failed, |f| f.min(failed)));
    }

    /// Where an access is at row element `r`, and whether that is inside its bounds.
    fn place(&self, access: &Access, r: usize, level: Level) -> (isize, bool) {
        let mut index = self.outer.clone();
        match level {
            Level::Full => index.extend(unravel(r, &self.program.row)),
            Level::Outer => index.resize(index.len() + self.program.row.len(), 0),
        }
        let at = index.iter().zip(&access.strides).map(|(i, s)| *i as isize * s).sum::<isize>();
        let inside = index.iter().zip(&access.bounds).all(|(i, (low, high))| (*low..*high).contains(&(*i as isize)));
        (access.offset + at, inside)
    }

    fn load(&self, input: u32, r: usize, level: Level, shift: isize) -> Scalar {
        let input = &self.program.inputs[input as usize];
        let (at, inside) = self.place(&input.access, r, level);
        if inside {
            load(&self.buffers[input.buffer as usize], input.dtype, (at + shift) as usize)
        } else {
            number(input.dtype, 0)
        }
    }
}

/// A value as its dtype holds it.
fn fit(dtype: DType, x: Scalar) -> Scalar {
    match x {
        Scalar::Float(x) => Scalar::Float(round(dtype, x)),
        x => x,
    }
}

macro_rules! elements {
    ($($d:ident $t:ty, |$b:ident| $load:expr, |$x:ident| $store:expr;)*) => {
        /// Element `i` of a buffer.
        fn load(buffer: &[u8], dtype: DType, i: usize) -> Scalar {
            match dtype {
                $(DType::$d => {
                    const SIZE: usize = size_of::<$t>();
                    let mut bytes = [0; SIZE];
                    bytes.copy_from_slice(&buffer[i * SIZE..(i + 1) * SIZE]);
                    let $b = <$t>::from_ne_bytes(bytes);
                    $load
                })*
            }
        }

        /// Overwrites element `i` of a buffer.
        fn store(buffer: &mut [u8], dtype: DType, i: usize, x: Scalar) {
            match dtype {
                $(DType::$d => {
                    const SIZE: usize = size_of::<$t>();
                    let $x = x;
                    buffer[i * SIZE..(i + 1) * SIZE].copy_from_slice(&<$t>::to_ne_bytes($store));
                })*
            }
        }
    };
}
elements! {
    F32 f32, |b| Scalar::Float(b as f64), |x| x.to_f64() as f32;
    F64 f64, |b| Scalar::Float(b), |x| x.to_f64();
    F16 f16, |b| Scalar::Float(b.to_f64()), |x| f16::from_f64(x.to_f64());
    BF16 bf16, |b| Scalar::Float(b.to_f64()), |x| bf16::from_f64(x.to_f64());
    I64 i64, |b| Scalar::Int(b), |x| x.to_i64();
    I32 i32, |b| Scalar::Int(b as i64), |x| x.to_i64() as i32;
    U8 u8, |b| Scalar::Int(b as i64), |x| x.to_i64() as u8;
    Bool u8, |b| Scalar::Int(b as i64), |x| x.is_true() as u8;
}

/// A row as one element, in the compute type of `dtype`.
fn reduce(op: ReduceOp, dtype: DType, x: &[Scalar]) -> Scalar {
    let join = |op: Intrinsic| {
        move |a: Scalar, b: Scalar| match (dtype.compute(), interp::apply(op, &[dtype; 2], &[a, b])) {
            (Compute::F32, Scalar::Float(x)) => Scalar::Float(x as f32 as f64),
            (_, x) => x,
        }
    };
    match op {
        ReduceOp::Sum => tree(x, number(dtype, 0), join(Intrinsic::Add)),
        ReduceOp::Prod => tree(x, number(dtype, 1), join(Intrinsic::Mul)),
        ReduceOp::Max => extreme(dtype, x, Ordering::Greater).1,
        ReduceOp::Min => extreme(dtype, x, Ordering::Less).1,
        ReduceOp::ArgMax => Scalar::Int(extreme(dtype, x, Ordering::Greater).0),
        ReduceOp::ArgMin => Scalar::Int(extreme(dtype, x, Ordering::Less).0),
        ReduceOp::Any => Scalar::Int(x.iter().any(|x| x.is_true()) as i64),
        ReduceOp::All => Scalar::Int(x.iter().all(|x| x.is_true()) as i64),
    }
}

fn number(dtype: DType, x: i64) -> Scalar {
    interp::cast(DType::I64, dtype, Scalar::Int(x))
}

/// The sum (or product) in the canonical order; see [`Program`]'s module.
fn tree(x: &[Scalar], zero: Scalar, join: impl Fn(Scalar, Scalar) -> Scalar) -> Scalar {
    // (chunks that it holds, their sum), the larger ones first: a binary counter.
    let mut counter: Vec<(usize, Scalar)> = Vec::new();
    for chunk in x.chunks(Program::SUM_CHUNK) {
        let mut lanes = vec![zero; Program::SUM_LANES];
        for (r, x) in chunk.iter().enumerate() {
            lanes[r % Program::SUM_LANES] = join(lanes[r % Program::SUM_LANES], *x);
        }
        while lanes.len() > 1 {
            let upper = lanes.split_off(lanes.len() / 2);
            lanes.iter_mut().zip(upper).for_each(|(l, u)| *l = join(*l, u));
        }
        let mut sum = (1, lanes[0]);
        while let Some(last) = counter.pop_if(|last| last.0 == sum.0) {
            sum = (2 * sum.0, join(last.1, sum.1));
        }
        counter.push(sum);
    }
    let mut rest = counter.into_iter().rev().map(|(_, sum)| sum);
    let Some(last) = rest.next() else { return zero };
    rest.fold(last, |sum, larger| join(larger, sum))
}

/// The first NaN, or else the first element that no other one exceeds in the given direction, and
/// its number. `Max` and `Min` take +0 as above -0, `ArgMax` and `ArgMin` as equal to it. Of no
/// elements: number 0 and the dtype's extreme of the other direction.
fn extreme(dtype: DType, x: &[Scalar], direction: Ordering) -> (i64, Scalar) {
    let is_nan = |x: &Scalar| matches!(x, Scalar::Float(x) if x.is_nan());
    if let Some(i) = x.iter().position(is_nan) {
        return (i as i64, x[i]);
    }
    let compare = |a: &Scalar, b: &Scalar| match (a, b) {
        (Scalar::Int(a), Scalar::Int(b)) => a.cmp(b),
        _ => a.to_f64().partial_cmp(&b.to_f64()).unwrap_or(Ordering::Equal),
    };
    let mut first = 0;
    for i in 1..x.len() {
        if compare(&x[i], &x[first]) == direction {
            first = i;
        }
    }
    let Some(mut value) = x.get(first).copied() else {
        let infinity = if direction == Ordering::Greater { f64::NEG_INFINITY } else { f64::INFINITY };
        return (0, interp::cast(DType::F64, dtype, Scalar::Float(infinity)));
    };
    if value.to_f64() == 0.0 && dtype.is_float() {
        let sign = if direction == Ordering::Greater { 1.0 } else { -1.0 };
        let other = |x: &Scalar| x.to_f64() == 0.0 && x.to_f64().is_sign_positive() == (sign > 0.0);
        value = x.iter().copied().find(other).unwrap_or(value);
    }
    (first as i64, value)
}
