//! Arithmetic on scalars of a type, with the functions of the intrinsics table.

use super::super::ir::{Reduction, ScalarType};
use crate::intrinsic::lane::{
    Bit, BitsOp, ClassifyOp, CompareOp, Draw, FloatOp, Lane, NumberOp, Op, Plain, ShiftOp, Visitor,
};
use crate::{Intrinsic, Scalar};

/// An intrinsic of arguments; `ty` is the type of the last one.
pub(in crate::kernel) fn apply(op: Intrinsic, ty: ScalarType, args: &[Scalar]) -> Scalar {
    op.visit(Eval { ty, args })
}

/// `a * b + c`, rounded once.
pub(in crate::kernel) fn fma(ty: ScalarType, [a, b, c]: [f64; 3]) -> Scalar {
    match ty {
        ScalarType::F64 => Scalar::Float(a.mul_add(b, c)),
        _ => round(ty, Scalar::Float((a as f32).mul_add(b as f32, c as f32).into())),
    }
}

/// The larger or smaller of two floats: a NaN if one is a NaN, and 0 above -0.
pub(in crate::kernel) fn extreme(r: Reduction, a: Scalar, b: Scalar) -> Scalar {
    let (x, y) = (a.to_f64(), b.to_f64());
    let above = |x: f64, y: f64| x > y || (x == y && x.is_sign_positive());
    let first = x.is_nan() || (!y.is_nan() && if r == Reduction::Min { above(y, x) } else { above(x, y) });
    if first { a } else { b }
}

/// An integer's value; the bits of a large `u64` are those of a negative `i64` in a [`Scalar`].
pub(in crate::kernel) fn integer(ty: ScalarType, x: Scalar) -> i128 {
    match x {
        Scalar::Int(x) if ty.is_signed() => x.into(),
        Scalar::Int(x) => (x as u64).into(),
        Scalar::Float(x) => x as i128,
    }
}

/// An integer of a type, modulo 2 to the power of its bits.
pub(in crate::kernel) fn of_integer(ty: ScalarType, x: i128) -> Scalar {
    Scalar::Int(ty.wrap(x) as i64)
}

/// `as` of Rust; to bool `x != 0`.
pub(in crate::kernel) fn cast(from: ScalarType, to: ScalarType, x: Scalar) -> Scalar {
    let (low, high) = to.range();
    match (x, to) {
        (_, ScalarType::Bool) => Scalar::Int(x.is_true().into()),
        (Scalar::Float(x), _) if to.is_float() => round(to, Scalar::Float(x)),
        // From i128 as Rust does it from a float: towards zero, saturating, a NaN to 0.
        (Scalar::Float(x), _) => of_integer(to, (x as i128).clamp(low, high)),
        (Scalar::Int(_), ScalarType::F64) => Scalar::Float(integer(from, x) as f64),
        (Scalar::Int(_), _) if to.is_float() => round(to, Scalar::Float((integer(from, x) as f32).into())),
        (Scalar::Int(_), _) => of_integer(to, integer(from, x)),
    }
}

fn round(ty: ScalarType, x: Scalar) -> Scalar {
    match (x, ty.dtype()) {
        (Scalar::Float(x), Some(dtype)) => Scalar::Float(crate::interp::round(dtype, x)),
        (x, _) => x,
    }
}

struct Eval<'a> {
    ty: ScalarType,
    args: &'a [Scalar],
}

impl Eval<'_> {
    fn lanes<T: Lane, O: Op<T, N>, const N: usize>(&self) -> Scalar {
        O::apply::<Plain>(std::array::from_fn(|i| T::of(self.args[i]))).scalar()
    }
}

impl Visitor for Eval<'_> {
    type Output = Scalar;

    fn number<O: NumberOp<N>, const N: usize>(self) -> Scalar {
        match self.ty {
            ScalarType::F64 => self.lanes::<f64, O, N>(),
            ScalarType::I32 => self.lanes::<i32, O, N>(),
            ScalarType::I64 => self.lanes::<i64, O, N>(),
            ScalarType::U8 | ScalarType::Bool => self.lanes::<u8, O, N>(),
            ScalarType::U32 => self.lanes::<u32, O, N>(),
            ScalarType::U64 | ScalarType::Usize => self.lanes::<u64, O, N>(),
            ScalarType::F32 | ScalarType::F16 | ScalarType::BF16 => round(self.ty, self.lanes::<f32, O, N>()),
        }
    }

    fn float<O: FloatOp<N>, const N: usize>(self) -> Scalar {
        match self.ty {
            ScalarType::F64 => self.lanes::<f64, O, N>(),
            _ => round(self.ty, self.lanes::<f32, O, N>()),
        }
    }

    fn compare<O: CompareOp<N>, const N: usize>(self) -> Scalar {
        match self.ty {
            ScalarType::U32 | ScalarType::U64 | ScalarType::Usize => self.lanes::<u64, O, N>(),
            ty if ty.is_float() => self.lanes::<f64, O, N>(),
            _ => self.lanes::<i64, O, N>(),
        }
    }

    fn bits<O: BitsOp<N>, const N: usize>(self) -> Scalar {
        match self.ty {
            ScalarType::Bool => self.lanes::<Bit, O, N>(),
            ScalarType::I32 => self.lanes::<i32, O, N>(),
            ScalarType::U8 => self.lanes::<u8, O, N>(),
            ScalarType::U32 => self.lanes::<u32, O, N>(),
            ScalarType::I64 => self.lanes::<i64, O, N>(),
            _ => self.lanes::<u64, O, N>(),
        }
    }

    fn shift<O: ShiftOp<N>, const N: usize>(self) -> Scalar {
        match self.ty {
            ScalarType::I32 => self.lanes::<i32, O, N>(),
            ScalarType::U8 => self.lanes::<u8, O, N>(),
            ScalarType::U32 => self.lanes::<u32, O, N>(),
            ScalarType::I64 => self.lanes::<i64, O, N>(),
            _ => self.lanes::<u64, O, N>(),
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
