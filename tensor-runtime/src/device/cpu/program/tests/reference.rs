//! A program, point by point.

use crate::device::Failure;
use formwork_ir::block::{self, Isa};
use formwork_ir::{Access, Compute, DType, Level, Program, ReduceOp, StepOp, Value};

/// The bits of element `i` of a buffer.
pub(super) fn element(buffer: &[u64], dtype: DType, i: usize) -> u64 {
    let mut bytes = [0; 8];
    let size = dtype.size();
    for (k, byte) in bytes[..size].iter_mut().enumerate() {
        let at = i * size + k;
        *byte = buffer[at / 8].to_le_bytes()[at % 8];
    }
    u64::from_le_bytes(bytes)
}

pub(super) fn set(buffer: &mut [u64], dtype: DType, i: usize, bits: u64) {
    let size = dtype.size();
    for k in 0..size {
        let at = i * size + k;
        let mut word = buffer[at / 8].to_le_bytes();
        word[at % 8] = bits.to_le_bytes()[k];
        buffer[at / 8] = u64::from_le_bytes(word);
    }
}

pub(super) fn is_nan(dtype: DType, bits: u64) -> bool {
    match dtype {
        DType::F64 => f64::from_bits(bits).is_nan(),
        DType::F32 => f32::from_bits(bits as u32).is_nan(),
        DType::F16 => half::f16::from_bits(bits as u16).is_nan(),
        DType::BF16 => half::bf16::from_bits(bits as u16).is_nan(),
        _ => false,
    }
}

fn lanes_of(dtype: DType) -> DType {
    if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype }
}

/// One element through a block loop.
fn one(f: block::BlockFn, args: &[u64]) -> u64 {
    let pointers: Vec<*const u8> = args.iter().map(|a| std::ptr::from_ref(a).cast()).collect();
    let mut out = 0u64;
    // SAFETY: every argument and the result have room for a lane of 8 bytes.
    unsafe { f(1, &pointers, (&raw mut out).cast()) };
    out
}

fn rounded(dtype: DType, isa: Isa, bits: u64) -> u64 {
    block::round_to(dtype, isa).map_or(bits, |f| one(f, &[bits]))
}

fn place(access: &Access, dims: &[usize], point: usize) -> (isize, bool) {
    let (mut rest, mut at, mut inside) = (point, access.offset, true);
    for d in (0..dims.len()).rev() {
        let i = (rest % dims[d]) as isize;
        rest /= dims[d];
        at += i * access.strides[d];
        inside &= access.bounds.get(d).is_none_or(|(lo, hi)| (*lo..*hi).contains(&i));
    }
    (at, inside)
}

struct Point<'a> {
    program: &'a Program,
    isa: Isa,
    dims: Vec<usize>,
    outer: usize,
    failure: Option<Failure>,
}

/// Runs the program and gives its first failure.
pub(super) fn run(program: &Program, isa: Isa, buffers: &mut [Vec<u64>], args: &[f64]) -> Option<Failure> {
    let dims: Vec<usize> = program.outer.iter().chain(&program.row).copied().collect();
    let before = buffers.to_vec();
    let mut point = Point { program, isa, dims, outer: 0, failure: None };
    for outer in 0..program.outer_len() {
        point.outer = outer;
        let values = point.values(&before, args);
        for output in &program.outputs {
            let step = &program.steps[output.value.0 as usize];
            let count = if step.level == Level::Full { program.row_len() } else { 1 };
            for (r, bits) in values[output.value.0 as usize].iter().enumerate().take(count) {
                let number = outer * program.row_len().max(1) + r;
                let (at, _) = if program.row_len() == 0 {
                    place(&output.access, &program.outer, outer)
                } else {
                    place(&output.access, &point.dims, number)
                };
                let bits = if lanes_of(step.dtype) == step.dtype {
                    *bits
                } else {
                    one(block::convert(DType::F32, step.dtype, isa), &[*bits])
                };
                set(&mut buffers[output.buffer as usize], step.dtype, at as usize, bits);
            }
        }
    }
    point.failure
}

impl Point<'_> {
    /// The values of all steps at this outer point, one for each row element or one.
    fn values(&mut self, buffers: &[Vec<u64>], args: &[f64]) -> Vec<Vec<u64>> {
        let row = self.program.row_len();
        let mut values: Vec<Vec<u64>> = Vec::new();
        for (i, step) in self.program.steps.iter().enumerate() {
            let count = if step.level == Level::Full { row } else { 1 };
            let of = |v: Value, r: usize| *values[v.0 as usize].get(r).or(values[v.0 as usize].first()).unwrap_or(&0);
            if let StepOp::Reduce(op, v) = step.op {
                let dtype = self.program.steps[v.0 as usize].dtype;
                let elements: Vec<u64> = (0..row).map(|r| of(v, r)).collect();
                let bits = rounded(step.dtype, self.isa, reduce(op, dtype, &elements));
                values.push(vec![bits]);
                continue;
            }
            let result = (0..count).map(|r| self.step(i, r, buffers, args, &of)).collect();
            values.push(result);
        }
        values
    }

    fn number(&self, r: usize, full: bool) -> usize {
        if full { self.outer * self.program.row_len() + r } else { self.outer }
    }

    fn place(&self, access: &Access, r: usize) -> (isize, bool) {
        if self.program.row_len() == 0 {
            return place(access, &self.program.outer, self.outer);
        }
        place(access, &self.dims, self.outer * self.program.row_len() + r)
    }

    fn fail(&mut self, check: u32, at: usize, value: i64) {
        let failure = Failure { check, at, value };
        if self.failure.is_none_or(|f| failure < f) {
            self.failure = Some(failure);
        }
    }

    fn step(
        &mut self,
        i: usize,
        r: usize,
        buffers: &[Vec<u64>],
        args: &[f64],
        of: &dyn Fn(Value, usize) -> u64,
    ) -> u64 {
        let step = &self.program.steps[i];
        let full = step.level == Level::Full;
        let dtype_of = |v: Value| self.program.steps[v.0 as usize].dtype;
        let isa = self.isa;
        match &step.op {
            StepOp::Load(input) => self.load(*input as usize, r, 0, buffers),
            StepOp::Index { input, index, stride, len, check } => {
                let index = of(*index, r) as i64;
                if !(0..*len).contains(&index) {
                    self.fail(check.id, self.number(r, full), index);
                    return 0;
                }
                self.load(*input as usize, r, index as isize * stride, buffers)
            }
            StepOp::Iota(access) => self.place(access, r).0 as i64 as u64,
            StepOp::Const(c) => super::super::lower::number_bits(
                c.dtype,
                match c.dtype.is_float() {
                    true => f64::from_bits(c.bits),
                    false => c.bits as i64 as f64,
                },
            ),
            StepOp::Arg(n) => super::super::lower::number_bits(step.dtype, args[*n as usize]),
            StepOp::Apply(op, vs) => {
                let dtypes: Vec<DType> = vs.iter().map(|v| dtype_of(*v)).collect();
                let f = block::apply(*op, &dtypes, isa).expect("an operation of the table");
                rounded(step.dtype, isa, one(f, &vs.iter().map(|v| of(*v, r)).collect::<Vec<_>>()))
            }
            StepOp::Cast(v) => {
                let f = block::convert(lanes_of(dtype_of(*v)), lanes_of(step.dtype), isa);
                rounded(step.dtype, isa, one(f, &[of(*v, r)]))
            }
            StepOp::Check(v, check) => {
                if of(*v, r) & 1 == 0 {
                    self.fail(check.id, self.number(r, full), 0);
                }
                of(*v, r)
            }
            StepOp::Reduce(..) => unreachable!("reductions are made in `values`"),
        }
    }

    fn load(&self, input: usize, r: usize, shift: isize, buffers: &[Vec<u64>]) -> u64 {
        let input = &self.program.inputs[input];
        let (at, inside) = self.place(&input.access, r);
        if !inside {
            return 0;
        }
        let bits = element(&buffers[input.buffer as usize], input.dtype, (at + shift) as usize);
        if lanes_of(input.dtype) == input.dtype {
            return bits;
        }
        one(block::convert(input.dtype, DType::F32, self.isa), &[bits])
    }
}

macro_rules! by_type {
    ($dtype:expr, $f:ident($op:expr, $x:expr), $($c:ident $t:ident |$b:ident| $from:expr, |$v:ident| $to:expr;)*) => {
        match $dtype.compute() {
            $(Compute::$c => {
                let x: Vec<$t> = $x.iter().map(|$b| $from).collect();
                match $f::$t($op, &x) { Found::Value($v) => $to, Found::Index(i) => i as u64 }
            })*
        }
    };
}

enum Found<T> {
    Value(T),
    Index(usize),
}

fn reduce(op: ReduceOp, dtype: DType, x: &[u64]) -> u64 {
    by_type! { dtype, typed(op, x),
        F32 f32 |b| f32::from_bits(*b as u32), |v| v.to_bits() as u64;
        F64 f64 |b| f64::from_bits(*b), |v| v.to_bits();
        I32 i32 |b| *b as i32, |v| v as u32 as u64;
        I64 i64 |b| *b as i64, |v| v as u64;
        U8 u8 |b| *b as u8, |v| v as u64;
    }
}

/// The sum as the specification of programs words it.
fn tree<T: Copy>(x: &[T], zero: T, join: impl Fn(T, T) -> T) -> T {
    let chunk = |x: &[T]| {
        let mut lanes = [zero; Program::SUM_LANES];
        x.iter().enumerate().for_each(|(i, x)| lanes[i % Program::SUM_LANES] = join(lanes[i % Program::SUM_LANES], *x));
        let mut half = Program::SUM_LANES / 2;
        while half > 0 {
            (0..half).for_each(|l| lanes[l] = join(lanes[l], lanes[l + half]));
            half /= 2;
        }
        lanes[0]
    };
    let mut counter: Vec<Option<T>> = Vec::new();
    for part in x.chunks(Program::SUM_CHUNK) {
        let (mut value, mut level) = (chunk(part), 0);
        loop {
            if counter.len() == level {
                counter.push(None);
            }
            match counter[level].take() {
                None => break counter[level] = Some(value),
                Some(waiting) => value = join(waiting, value),
            }
            level += 1;
        }
    }
    let mut left = counter.into_iter().flatten();
    let first = left.next();
    first.map_or(zero, |last| left.fold(last, |value, waiting| join(waiting, value)))
}

mod typed {
    use super::{Found, ReduceOp, tree};

    macro_rules! typed {
        ($($t:ident $low:expr, $high:expr, |$a:ident, $b:ident| $add:expr, $mul:expr, |$n:ident| $nan:expr, |$k:ident| $key:expr;)*) => {$(
            pub(super) fn $t(op: ReduceOp, x: &[$t]) -> Found<$t> {
                let nan = |$n: $t| $nan;
                let key = |$k: $t| $key;
                let above = |a: $t, b: $t| nan(a) && !nan(b) || key(a) > key(b) && !nan(b);
                let below = |a: $t, b: $t| nan(a) && !nan(b) || key(a) < key(b) && !nan(b);
                let first = |better: &dyn Fn($t, $t) -> bool| (0..x.len()).fold(0, |best, i| if better(x[i], x[best]) { i } else { best });
                match op {
                    ReduceOp::Sum => Found::Value(tree(x, 0 as $t, |$a, $b| $add)),
                    ReduceOp::Prod | ReduceOp::All => Found::Value(tree(x, 1 as $t, |$a, $b| $mul)),
                    ReduceOp::Max | ReduceOp::Any => Found::Value(x.iter().copied().fold($low, |m, x| if above(x, m) { x } else { m })),
                    ReduceOp::Min => Found::Value(x.iter().copied().fold($high, |m, x| if below(x, m) { x } else { m })),
                    ReduceOp::ArgMax => Found::Index(first(&|a, b| nan(a) && !nan(b) || a > b)),
                    ReduceOp::ArgMin => Found::Index(first(&|a, b| nan(a) && !nan(b) || a < b)),
                }
            }
        )*};
    }
    typed! {
        f32 f32::NEG_INFINITY, f32::INFINITY, |a, b| a + b, a * b, |x| x.is_nan(), |x| { let b = x.to_bits() as i32; b ^ (b >> 31 & i32::MAX) };
        f64 f64::NEG_INFINITY, f64::INFINITY, |a, b| a + b, a * b, |x| x.is_nan(), |x| { let b = x.to_bits() as i64; b ^ (b >> 63 & i64::MAX) };
        i32 i32::MIN, i32::MAX, |a, b| a.wrapping_add(b), a.wrapping_mul(b), |_x| false, |x| x;
        i64 i64::MIN, i64::MAX, |a, b| a.wrapping_add(b), a.wrapping_mul(b), |_x| false, |x| x;
        u8 u8::MIN, u8::MAX, |a, b| a.wrapping_add(b), a.wrapping_mul(b), |_x| false, |x| x;
    }
}
