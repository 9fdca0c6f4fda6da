//! Straight-line arithmetic on scalars.
//!
//! A fragment has parameters, a list of instructions in SSA order and outputs. It has no loads, no
//! control flow and no shape. Its value `v` is the result of instruction `v`.

use crate::{DType, Intrinsic};

/// The result of an instruction, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// A literal. Integers and booleans are held in `bits` as an `i64`, floats as the bits of an `f64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Const {
    pub dtype: DType,
    pub bits: u64,
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
