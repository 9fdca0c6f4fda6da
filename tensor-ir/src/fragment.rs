//! Straight-line arithmetic on scalars.
//!
//! A fragment has parameters, a list of instructions in SSA order and outputs. It has no loads, no
//! control flow and no shape. Its value `v` is the result of instruction `v`:
//!
//! - `Param(i)` is the i-th parameter, of dtype `params[i]`.
//! - `Const(c)` is a literal.
//! - `Apply(op, args)` is an intrinsic; `dtypes` of the arguments satisfy its type rule, and the
//!   result has the dtype that the rule gives.
//! - `Cast(dtype, v)` converts as Rust's `as` does: floats to integers towards zero, saturating, a
//!   NaN to 0; to a smaller float to the nearest, ties to even; between integers by their low bits;
//!   anything to bool as `x != 0`.
//!
//! Arguments precede their use, each parameter has one instruction, and outputs are any values.
//! Arithmetic on f16 and bf16 is done in f32 and rounded after every instruction.

use crate::{Builder, DType, Intrinsic, Scalar};

/// The result of an instruction, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// A literal. Integers and booleans are held in `bits` as an `i64`, floats as the bits of an `f64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Const {
    pub dtype: DType,
    pub bits: u64,
}

impl Const {
    /// The literal nearest to `x`, as [`Builder::constant`] takes it.
    pub fn new(dtype: DType, x: f64) -> Const {
        Const::of(dtype, crate::interp::cast(DType::F64, dtype, Scalar::Float(x)))
    }

    /// The literal of an integer: rounded to a float dtype, its low bits in an integer one.
    pub fn int(dtype: DType, x: i64) -> Const {
        Const::of(dtype, crate::interp::cast(DType::I64, dtype, Scalar::Int(x)))
    }

    pub(crate) fn of(dtype: DType, x: Scalar) -> Const {
        let bits = match x {
            Scalar::Float(x) => crate::interp::round(dtype, x).to_bits(),
            Scalar::Int(x) => x as u64,
        };
        Const { dtype, bits }
    }

    /// Its value.
    pub fn scalar(&self) -> Scalar {
        if self.dtype.is_float() { Scalar::Float(f64::from_bits(self.bits)) } else { Scalar::Int(self.bits as i64) }
    }
}

/// One instruction of a fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Inst {
    /// The i-th parameter.
    Param(u32),
    /// A literal.
    Const(Const),
    /// An intrinsic of its arguments; the result's dtype follows from its type rule.
    Apply(Intrinsic, Vec<Value>),
    /// A conversion between dtypes, `as` in Rust.
    Cast(DType, Value),
}

impl Inst {
    /// The values it takes.
    pub fn args(&self) -> &[Value] {
        match self {
            Inst::Param(_) | Inst::Const(_) => &[],
            Inst::Apply(_, args) => args,
            Inst::Cast(_, v) => std::slice::from_ref(v),
        }
    }

    /// The same instruction of other values.
    pub fn map_args(&self, f: impl Fn(&Value) -> Value) -> Inst {
        match self {
            Inst::Param(_) | Inst::Const(_) => self.clone(),
            Inst::Apply(op, args) => Inst::Apply(*op, args.iter().map(f).collect()),
            Inst::Cast(dtype, v) => Inst::Cast(*dtype, f(v)),
        }
    }
}

/// A function of scalars: parameters, instructions, outputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// The dtype of each parameter.
    pub params: Vec<DType>,
    pub insts: Vec<Inst>,
    /// The dtype of each instruction's result.
    pub dtypes: Vec<DType>,
    pub outputs: Vec<Value>,
}

impl Fragment {
    /// The dtype of each output.
    pub fn output_dtypes(&self) -> Vec<DType> {
        self.outputs.iter().map(|v| self.dtypes[v.0 as usize]).collect()
    }

    /// Its outputs as values of another builder, with `params` in place of its parameters.
    ///
    /// # Panics
    /// If `params` are not as many as the parameters, or of other dtypes.
    pub fn inline(&self, into: &mut Builder, params: &[Value]) -> Vec<Value> {
        let values = self.inline_all(into, params);
        self.outputs.iter().map(|v| values[v.0 as usize]).collect()
    }

    /// All its values in another builder.
    pub(crate) fn inline_all(&self, into: &mut Builder, params: &[Value]) -> Vec<Value> {
        let given: Vec<DType> = params.iter().map(|v| into.dtype(*v)).collect();
        assert_eq!(given, self.params, "a fragment is inlined with parameters of its dtypes");
        let mut values: Vec<Value> = Vec::with_capacity(self.insts.len());
        for inst in &self.insts {
            let v = match inst.map_args(|v| values[v.0 as usize]) {
                Inst::Param(i) => params[i as usize],
                Inst::Const(c) => into.literal(c),
                Inst::Apply(op, args) => into.apply(op, &args),
                Inst::Cast(dtype, v) => into.cast(dtype, v),
            };
            values.push(v);
        }
        values
    }
}
