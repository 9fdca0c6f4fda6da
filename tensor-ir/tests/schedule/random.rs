//! Programs made by chance, of operations that are exact: then the reference, which computes in f64, gives the same.

use super::build::{bytes, row_major};
use super::{Buffers, check_for};
use formwork_ir::schedule::Target;
use formwork_ir::{
    Access, Check, Const, DType, Input, Intrinsic, Level, Output, Program, ReduceOp, Step, StepOp, Value,
};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Halves: sums of them are exact in any order.
    fn number(&mut self, dtype: DType) -> f64 {
        match dtype {
            DType::Bool => self.below(2) as f64,
            DType::Byte => self.below(23) as f64,
            DType::I32 | DType::I64 => self.below(23) as f64 - 11.0,
            _ => match self.below(60) {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => -0.0,
                _ => (self.below(17) as f64 - 8.0) / 2.0,
            },
        }
    }
}

struct Maker {
    dice: Dice,
    program: Program,
    buffers: Buffers,
}

impl Maker {
    fn dims(&self) -> Vec<usize> {
        self.program.outer.iter().chain(&self.program.row).copied().collect()
    }

    /// An access that moves along dims, and how many elements it reaches.
    fn access(&mut self, varies: &[bool], dense: bool) -> (Access, usize) {
        let dims = self.dims();
        let mut order: Vec<usize> = (0..dims.len()).filter(|d| varies[*d]).collect();
        if self.dice.chance(30) {
            for i in (1..order.len()).rev() {
                order.swap(i, self.dice.below(i + 1));
            }
        }
        let mut strides = vec![0; dims.len()];
        let (mut step, mut low, mut high) = (1isize, 0isize, 0isize);
        for &d in order.iter().rev() {
            let sign = if !dense && self.dice.chance(10) { -1 } else { 1 };
            step *= if !dense && self.dice.chance(15) { 1 + self.dice.below(3) as isize } else { 1 };
            strides[d] = sign * step;
            let reach = strides[d] * (dims[d] as isize - 1).max(0);
            (low, high) = (low + reach.min(0), high + reach.max(0));
            step *= dims[d].max(1) as isize;
        }
        let offset = -low + if dense { 0 } else { self.dice.below(3) as isize };
        let mut bounds = Vec::new();
        if !dense && self.dice.chance(15) {
            bounds = dims.iter().map(|n| (0, *n as isize)).collect();
            for (d, b) in bounds.iter_mut().enumerate() {
                if varies[d] && self.dice.chance(60) {
                    *b = (self.dice.below(2) as isize, dims[d] as isize - self.dice.below(3) as isize);
                }
            }
        }
        (Access { offset, strides, bounds }, (offset + high + 1).max(1) as usize)
    }

    fn varies(&mut self, row: bool) -> Vec<bool> {
        let (outer, rows) = (self.program.outer.len(), self.program.row.len());
        let all = self.dice.chance(60);
        (0..outer + rows).map(|d| (d < outer || row) && (all || self.dice.chance(70))).collect()
    }

    fn level(&self, access: &Access) -> Level {
        let outer = self.program.outer.len();
        let narrow = |(b, n): (&(isize, isize), &usize)| b.0 > 0 || b.1 < *n as isize;
        let bounded = access.bounds.iter().skip(outer).zip(&self.program.row).any(narrow);
        if access.strides[outer..].iter().all(|s| *s == 0) && !bounded { Level::Outer } else { Level::Full }
    }

    fn buffer(&mut self, dtype: DType, len: usize, max: Option<i64>) -> u32 {
        let mut x = Vec::new();
        for _ in 0..len {
            x.push(match max {
                // Seldom out of range.
                Some(_) if self.dice.below(4000) == 0 => -1.0,
                Some(max) => self.dice.below(max as usize) as f64,
                None => self.dice.number(dtype),
            });
        }
        self.buffers.push(bytes(dtype, x));
        (self.buffers.len() - 1) as u32
    }

    fn push(&mut self, op: StepOp, dtype: DType, level: Level) -> Value {
        self.program.steps.push(Step { op, dtype, level });
        Value(self.program.steps.len() as u32 - 1)
    }

    fn input(&mut self, dtype: DType, access: Access, len: usize, max: Option<i64>) -> u32 {
        let buffer = self.buffer(dtype, len, max);
        self.program.inputs.push(Input { buffer, dtype, access });
        (self.program.inputs.len() - 1) as u32
    }

    fn load(&mut self, dtype: DType, max: Option<i64>) -> Value {
        let row = self.dice.chance(75);
        let varies = self.varies(row);
        let dense = self.dice.chance(40);
        let (access, len) = self.access(&varies, dense);
        let level = self.level(&access);
        let input = self.input(dtype, access, len, max);
        self.push(StepOp::Load(input), dtype, level)
    }

    fn step(&self, v: Value) -> &Step {
        &self.program.steps[v.0 as usize]
    }

    fn apply(&mut self) {
        use Intrinsic::*;
        let steps = self.program.steps.len();
        for _ in 0..50 {
            let op = self.dice.pick(Intrinsic::ALL);
            let args: Vec<Value> = (0..op.arity()).map(|_| Value(self.dice.below(steps) as u32)).collect();
            let dtypes: Vec<DType> = args.iter().map(|v| self.step(*v).dtype).collect();
            // A quotient is no half: sums of several would depend on their order.
            let inexact = !op.is_exact() || (matches!(op, Div | Rem | Recip | Sqrt | Rsqrt) && dtypes[0].is_float());
            if let Some(dtype) = op.result(&dtypes).filter(|_| !inexact) {
                let level = args.iter().map(|v| self.step(*v).level).max().unwrap_or(Level::Outer);
                self.push(StepOp::Apply(op, args), dtype, level);
                return;
            }
        }
    }

    fn reduce(&mut self) {
        let steps = self.program.steps.len();
        let v = Value(self.dice.below(steps) as u32);
        let dtype = self.step(v).dtype;
        use ReduceOp::*;
        let op = match dtype {
            DType::Bool => self.dice.pick(&[Any, All]),
            // A product of many floats is not exact.
            _ if dtype.is_float() && self.program.row_len() > 4 => {
                self.dice.pick(&[Sum, Sum, Max, Min, ArgMax, ArgMin])
            }
            _ => self.dice.pick(&[Sum, Sum, Prod, Max, Min, ArgMax, ArgMin]),
        };
        let result = if matches!(op, ArgMax | ArgMin) { DType::I64 } else { dtype };
        self.push(StepOp::Reduce(op, v), result, Level::Outer);
    }

    fn index(&mut self) {
        let len = 1 + self.dice.below(9) as i64;
        let index = self.load(DType::I64, Some(len));
        let varies = self.varies(true);
        let (access, reach) = self.access(&varies, false);
        let stride = reach as isize;
        let dtype = self.dice.pick(DType::ALL);
        let level = self.level(&access).max(self.step(index).level);
        let input = self.input(dtype, access, reach * len as usize, None);
        let check = Check { id: self.dice.below(3) as u32 };
        self.push(StepOp::Index { input, index, stride, len, check }, dtype, level);
    }

    fn any_step(&mut self, reduces: bool) {
        let steps = self.program.steps.len();
        let v = Value(self.dice.below(steps) as u32);
        match self.dice.below(16) {
            0 => self.index(),
            1 | 2 if reduces => self.reduce(),
            3 | 4 => {
                let dtype = self.dice.pick(DType::ALL);
                let level = self.step(v).level;
                self.push(StepOp::Cast(v), dtype, level);
            }
            5 => {
                let row = self.dice.chance(60);
                let varies = self.varies(row);
                let (access, _) = self.access(&varies, true);
                let level = self.level(&access);
                self.push(StepOp::Iota(access), DType::I64, level);
            }
            6 => {
                let dtype = self.dice.pick(DType::ALL);
                self.push(StepOp::Arg(self.program.steps.len() as u32 % 2), dtype, Level::Outer);
            }
            7 if self.step(v).dtype == DType::Bool && self.dice.chance(40) => {
                let (level, id) = (self.step(v).level, self.dice.below(3) as u32);
                self.push(StepOp::Check(v, Check { id }), DType::Bool, level);
            }
            8 => {
                let dtype = self.dice.pick(&[DType::F32, DType::F16]);
                self.load(dtype, None);
            }
            _ => self.apply(),
        }
    }

    fn output(&mut self, value: Value) {
        let Step { dtype, level, .. } = *self.step(value);
        let outer = self.program.outer.len();
        let varies: Vec<bool> = (0..self.dims().len()).map(|d| d < outer || level == Level::Full).collect();
        // Now and then in the place of an input of the same access.
        let strides = row_major(&self.dims());
        let twin = self.program.inputs.iter().position(|i| {
            i.dtype == dtype && level == Level::Full && i.access.strides == strides && i.access.bounds.is_empty()
        });
        if let Some(i) = twin
            && self.dice.chance(70)
            && !self.program.outputs.iter().any(|o| o.buffer == self.program.inputs[i].buffer)
            && !self.program.steps.iter().any(|s| matches!(s.op, StepOp::Index { input, .. } if input == i as u32))
        {
            let Input { buffer, access, .. } = self.program.inputs[i].clone();
            return self.program.outputs.push(Output { buffer, value, access });
        }
        let dense = self.dice.chance(75);
        let (access, len) = self.access(&varies, dense);
        let buffer = self.buffer(dtype, len, None);
        self.program.outputs.push(Output { buffer, value, access: Access { bounds: Vec::new(), ..access } });
    }
}

fn sizes(dice: &mut Dice, dims: usize, points: usize) -> Vec<usize> {
    let mut left = points;
    let mut one = || {
        let n = dice.pick(&[1, 2, 3, 4, 5, 7, 8, 16, 17, 32, 33, 64, 100, 128, 513, 1200, 2500]).min(left.max(1));
        left /= n;
        n
    };
    (0..dims).map(|_| one()).collect()
}

fn make(seed: u64, reduces: bool) -> (Program, Buffers) {
    let mut dice = Dice(seed);
    let (outer_dims, row_dims) = (dice.below(5), if reduces { dice.below(4) } else { dice.below(2) });
    let row = sizes(&mut dice, row_dims, 2500);
    let outer = sizes(&mut dice, outer_dims, 3000 / row.iter().product::<usize>().max(1));
    let program = Program { outer, row, ..Program::default() };
    let mut maker = Maker { dice, program, buffers: Vec::new() };
    for _ in 0..1 + maker.dice.below(3) {
        let dtype = if maker.dice.chance(60) { DType::F32 } else { maker.dice.pick(DType::ALL) };
        maker.load(dtype, None);
    }
    let c = Const { dtype: DType::F32, bits: 0.5f64.to_bits() };
    maker.push(StepOp::Const(c), DType::F32, Level::Outer);
    for _ in 0..2 + maker.dice.below(10) {
        maker.any_step(reduces);
    }
    let steps = maker.program.steps.len();
    for _ in 0..1 + maker.dice.below(2) {
        let value = Value((steps - 1 - maker.dice.below(steps.min(4))) as u32);
        maker.output(value);
    }
    (maker.program, maker.buffers)
}

#[test]
fn random_maps() {
    for seed in 0..300 {
        let (program, buffers) = make(seed, false);
        check_for(&format!("seed {seed}"), &program, &buffers, &[1.5, -7.0], &target(seed));
    }
}

/// An H100; or less than any device, so that threads have several groups and tiles do not fit.
fn target(seed: u64) -> Target {
    if seed.is_multiple_of(2) { Target::H100 } else { Target { multiprocessors: 0, shared: 4 << 10 } }
}

#[test]
fn random_rows() {
    for seed in 1000..1300 {
        let (program, buffers) = make(seed, true);
        check_for(&format!("seed {seed}"), &program, &buffers, &[1.5, -7.0], &target(seed));
    }
}
