//! The reference interpreter: what a fragment and a program mean, one scalar at a time.
//!
//! Slow and plain, it is what the block loops and the executors are tested against.

use half::{bf16, f16};

use crate::intrinsic::lane::{
    Bit, BitsOp, ClassifyOp, CompareOp, Draw, FloatOp, Lane, NumberOp, Op, Plain, ShiftOp, Visitor,
};
use crate::{Compute, DType, Fragment, Inst, Intrinsic};

/// A number of any dtype: floats widened to f64, integers to i64, booleans 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    Float(f64),
    Int(i64),
}

impl Scalar {
    /// Whether it is not zero; a NaN is not.
    pub fn is_true(self) -> bool {
        match self {
            Scalar::Float(x) => x != 0.0,
            Scalar::Int(x) => x != 0,
        }
    }

    /// Its value, rounded to f64 if it is a large integer.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Float(x) => x,
            Scalar::Int(x) => x as f64,
        }
    }

    /// Its value, towards zero and saturating if it is a float.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Float(x) => x as i64,
            Scalar::Int(x) => x,
        }
    }
}

impl Fragment {
    /// Its outputs for these parameters. Floats are computed in f64 whatever their dtype and never
    /// rounded; integers wrap as their dtype does. Missing parameters are zero.
    pub fn eval(&self, params: &[Scalar]) -> Vec<Scalar> {
        let mut values: Vec<Scalar> = Vec::with_capacity(self.insts.len());
        for inst in &self.insts {
            let v = match inst {
                Inst::Param(i) => params.get(*i as usize).copied().unwrap_or(Scalar::Int(0)),
                Inst::Const(c) => c.scalar(),
                Inst::Apply(op, args) => {
                    let dtypes: Vec<DType> = args.iter().map(|v| self.dtypes[v.0 as usize]).collect();
                    let args: Vec<Scalar> = args.iter().map(|v| values[v.0 as usize]).collect();
                    apply(*op, &dtypes, &args)
                }
                Inst::Cast(to, v) if to.is_float() => Scalar::Float(values[v.0 as usize].to_f64()),
                Inst::Cast(to, v) => cast(self.dtypes[v.0 as usize], *to, values[v.0 as usize]),
            };
            values.push(v);
        }
        self.outputs.iter().map(|v| values[v.0 as usize]).collect()
    }
}

/// `x` rounded to a float dtype; to the 16-bit ones by way of f32, as the block loops do.
pub(crate) fn round(dtype: DType, x: f64) -> f64 {
    match dtype {
        DType::F32 => x as f32 as f64,
        DType::F16 => f16::from_f32(x as f32).to_f64(),
        DType::BF16 => bf16::from_f32(x as f32).to_f64(),
        _ => x,
    }
}

/// A conversion, `as` in Rust; to bool `x != 0`.
pub(crate) fn cast(_from: DType, to: DType, x: Scalar) -> Scalar {
    match to {
        DType::Bool => Scalar::Int(x.is_true() as i64),
        DType::I64 => Scalar::Int(x.to_i64()),
        DType::I32 => i32::of(x).scalar(),
        DType::U8 => u8::of(x).scalar(),
        // i64 to f32 rounds once, not through f64.
        DType::F32 => f32::of(x).scalar(),
        _ => Scalar::Float(round(to, x.to_f64())),
    }
}

/// An intrinsic of scalars of these dtypes, floats in f64.
pub(crate) fn apply(op: Intrinsic, dtypes: &[DType], args: &[Scalar]) -> Scalar {
    op.visit(Eval { dtypes, args })
}

struct Eval<'a> {
    dtypes: &'a [DType],
    args: &'a [Scalar],
}

impl Eval<'_> {
    fn lanes<T: Lane, O: Op<T, N>, const N: usize>(self) -> Scalar {
        O::apply::<Plain>(std::array::from_fn(|i| T::of(self.args[i]))).scalar()
    }
}

impl Visitor for Eval<'_> {
    type Output = Scalar;

    fn number<O: NumberOp<N>, const N: usize>(self) -> Scalar {
        match self.dtypes[0].compute() {
            Compute::F32 | Compute::F64 => self.lanes::<f64, O, N>(),
            Compute::I32 => self.lanes::<i32, O, N>(),
            Compute::I64 => self.lanes::<i64, O, N>(),
            Compute::U8 => self.lanes::<u8, O, N>(),
        }
    }

    fn float<O: FloatOp<N>, const N: usize>(self) -> Scalar {
        self.lanes::<f64, O, N>()
    }

    fn compare<O: CompareOp<N>, const N: usize>(self) -> Scalar {
        if self.dtypes[0].is_float() { self.lanes::<f64, O, N>() } else { self.lanes::<i64, O, N>() }
    }

    fn bits<O: BitsOp<N>, const N: usize>(self) -> Scalar {
        match self.dtypes[0] {
            DType::Bool => self.lanes::<Bit, O, N>(),
            DType::I32 => self.lanes::<i32, O, N>(),
            DType::U8 => self.lanes::<u8, O, N>(),
            _ => self.lanes::<i64, O, N>(),
        }
    }

    fn shift<O: ShiftOp<N>, const N: usize>(self) -> Scalar {
        match self.dtypes[0].compute() {
            Compute::I32 => self.lanes::<i32, O, N>(),
            Compute::U8 => self.lanes::<u8, O, N>(),
            _ => self.lanes::<i64, O, N>(),
        }
    }

    fn classify<O: ClassifyOp<N>, const N: usize>(self) -> Scalar {
        self.lanes::<f64, O, N>()
    }

    fn philox<O: Draw>(self) -> Scalar {
        O::draw::<Plain>(self.args[0].to_i64(), self.args[1].to_i64()).scalar()
    }

    fn select(self) -> Scalar {
        if self.args[0].is_true() { self.args[1] } else { self.args[2] }
    }
}
