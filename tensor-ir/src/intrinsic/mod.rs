//! The operations of the kernel language, one table row each.
//!
//! A row ([`table`]) holds all there is to know about an operation: its name, arity and type rule,
//! its value on the CPU for each lane type, its CUDA C++ text, its derivative and the range its
//! tests sample. Everything else asks the row: the builder for types, the gradient for derivatives,
//! the block loops and the interpreter for values, the emitters for text.
//!
//! Nothing here knows of programs, buffers or tensors, and no other file lists operations.

mod expr;
pub(crate) mod lane;
mod table;

use crate::DType;
pub(crate) use expr::Expr;
pub use table::Intrinsic;
pub(crate) use table::{derivative, rows};

/// Which dtypes an intrinsic takes and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `(T, ..) -> T` for every dtype but bool.
    Number,
    /// `(T, ..) -> T` for the floating-point dtypes.
    Float,
    /// `(T, T) -> bool` for every dtype.
    Compare,
    /// `(T, ..) -> T` for bool and the integers.
    Bits,
    /// `(T, T) -> T` for the integers.
    Shift,
    /// `(T) -> bool` for the floating-point dtypes.
    Classify,
    /// `(bool, T, T) -> T` for every dtype.
    Select,
    /// `(i64, i64) -> f32`.
    Philox,
}

impl Intrinsic {
    /// The dtype of the result for arguments of these dtypes, or `None` where the type rule refuses
    /// their number or their types.
    ///
    /// ```
    /// use formwork_ir::{DType, Intrinsic};
    /// assert_eq!(Intrinsic::Add.result(&[DType::F32, DType::F32]), Some(DType::F32));
    /// assert_eq!(Intrinsic::Lt.result(&[DType::I64, DType::I64]), Some(DType::Bool));
    /// assert_eq!(Intrinsic::Exp.result(&[DType::I64]), None);
    /// ```
    pub fn result(self, args: &[DType]) -> Option<DType> {
        if args.len() != self.arity() {
            return None;
        }
        let same = args.iter().all(|a| *a == args[0]);
        let first = args[0];
        let integer = !first.is_float() && first != DType::Bool;
        match self.rule() {
            Rule::Number => (same && first != DType::Bool).then_some(first),
            Rule::Float => (same && first.is_float()).then_some(first),
            Rule::Compare => same.then_some(DType::Bool),
            Rule::Bits => (same && !first.is_float()).then_some(first),
            Rule::Shift => (same && integer).then_some(first),
            Rule::Classify => first.is_float().then_some(DType::Bool),
            Rule::Select => (first == DType::Bool && args[1] == args[2]).then_some(args[1]),
            Rule::Philox => (same && first == DType::I64).then_some(DType::F32),
        }
    }

    /// The intrinsic of this name: `exp`.
    pub fn from_name(name: &str) -> Option<Intrinsic> {
        Intrinsic::ALL.iter().copied().find(|i| i.name() == name)
    }

    /// The CUDA C++ expression for arguments that are computed in `dtype`'s compute type, with `{0}`,
    /// `{1}`, `{2}` for the arguments, each a name. It may call functions of [`CUDA_PREAMBLE`].
    ///
    /// `dtype` is that of the last argument: the values compared, not the boolean that results.
    pub fn cuda(self, dtype: DType) -> &'static str {
        let texts = self.cuda_texts();
        let last = texts.len() - 1;
        match dtype.compute() {
            crate::Compute::F32 => texts[0],
            crate::Compute::F64 => texts[last.min(1)],
            _ => texts[last],
        }
    }

    /// Between which numbers argument `i` is sampled in tests.
    pub fn sample(self, i: usize) -> (f64, f64) {
        let samples = self.samples();
        samples[i.min(samples.len() - 1)]
    }
}

impl std::fmt::Display for Intrinsic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// CUDA C++ functions that the texts of the table call; it precedes every emitted kernel.
pub const CUDA_PREAMBLE: &str = include_str!("preamble.cuh");
