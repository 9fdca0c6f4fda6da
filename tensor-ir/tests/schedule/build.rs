//! Building programs for tests.

use formwork_ir::{Access, Const, DType, Input, Intrinsic, Level, Output, Program, ReduceOp, Step, StepOp, Value};

/// Builds a program over outer x row.
pub struct Builder(pub Program);

pub fn row_major(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; dims.len()];
    for d in (1..dims.len()).rev() {
        strides[d - 1] = strides[d] * dims[d].max(1) as isize;
    }
    strides
}

impl Builder {
    pub fn new(outer: &[usize], row: &[usize]) -> Builder {
        Builder(Program { outer: outer.to_vec(), row: row.to_vec(), ..Program::default() })
    }

    pub fn push(&mut self, op: StepOp, dtype: DType, level: Level) -> Value {
        self.0.steps.push(Step { op, dtype, level });
        Value(self.0.steps.len() as u32 - 1)
    }

    pub fn input(&mut self, buffer: u32, dtype: DType, access: Access) -> u32 {
        self.0.inputs.push(Input { buffer, dtype, access });
        self.0.inputs.len() as u32 - 1
    }

    pub fn load(&mut self, buffer: u32, dtype: DType, strides: &[isize]) -> Value {
        let is_full = strides[self.0.outer.len()..].iter().any(|s| *s != 0);
        let access = Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() };
        let input = self.input(buffer, dtype, access);
        self.push(StepOp::Load(input), dtype, if is_full { Level::Full } else { Level::Outer })
    }

    pub fn strides(&self) -> Vec<isize> {
        row_major(&self.0.outer.iter().chain(&self.0.row).copied().collect::<Vec<_>>())
    }

    /// A full value in row-major order of the whole space.
    pub fn rows(&mut self, buffer: u32, dtype: DType) -> Value {
        let strides = self.strides();
        self.load(buffer, dtype, &strides)
    }

    pub fn constant(&mut self, dtype: DType, x: f64) -> Value {
        self.push(StepOp::Const(Const::new(dtype, x)), dtype, Level::Outer)
    }

    pub fn apply(&mut self, op: Intrinsic, args: &[Value]) -> Value {
        let level = args.iter().map(|v| self.0.steps[v.0 as usize].level).max().unwrap_or(Level::Outer);
        let dtypes: Vec<DType> = args.iter().map(|v| self.0.steps[v.0 as usize].dtype).collect();
        let dtype = op.result(&dtypes).expect("dtypes of the table");
        self.push(StepOp::Apply(op, args.to_vec()), dtype, level)
    }

    /// A conversion, or the value itself if it has the dtype.
    pub fn cast(&mut self, v: Value, dtype: DType) -> Value {
        let Step { dtype: from, level, .. } = self.0.steps[v.0 as usize];
        if from == dtype { v } else { self.push(StepOp::Cast(v), dtype, level) }
    }

    pub fn reduce(&mut self, op: ReduceOp, v: Value) -> Value {
        let is_arg = matches!(op, ReduceOp::ArgMax | ReduceOp::ArgMin);
        let dtype = if is_arg { DType::I64 } else { self.0.steps[v.0 as usize].dtype };
        self.push(StepOp::Reduce(op, v), dtype, Level::Outer)
    }

    /// Stores in row-major order: of the outer dims, or of the whole space.
    pub fn store(&mut self, buffer: u32, value: Value) {
        let mut strides = self.strides();
        if self.0.steps[value.0 as usize].level == Level::Outer {
            strides = row_major(&self.0.outer);
            strides.resize(self.0.outer.len() + self.0.row.len(), 0);
        }
        self.store_at(buffer, value, &strides);
    }

    pub fn store_at(&mut self, buffer: u32, value: Value, strides: &[isize]) {
        let access = Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() };
        self.0.outputs.push(Output { buffer, value, access });
    }
}

/// The bytes of numbers.
pub fn bytes(dtype: DType, x: impl IntoIterator<Item = f64>) -> Vec<u8> {
    let one = |x: f64| match dtype {
        DType::F32 => (x as f32).to_ne_bytes().to_vec(),
        DType::F64 => x.to_ne_bytes().to_vec(),
        DType::F16 => half::f16::from_f64(x).to_ne_bytes().to_vec(),
        DType::BF16 => half::bf16::from_f64(x).to_ne_bytes().to_vec(),
        DType::I64 => (x as i64).to_ne_bytes().to_vec(),
        DType::I32 => (x as i32).to_ne_bytes().to_vec(),
        DType::Byte => vec![x as u8],
        DType::Bool => vec![(x != 0.0) as u8],
    };
    x.into_iter().flat_map(one).collect()
}

/// `n` numbers that are no pattern.
pub fn waves(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 7919 % 1009) as f64 * 0.37).sin() * 3.0).collect()
}
