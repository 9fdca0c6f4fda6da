//! Fused kernels: an iteration space, loads, arithmetic, reductions and stores.
//!
//! The space is a product of `outer` dims (kept) and `row` dims (reduced over). Every step yields a
//! value at one of two levels: [`Level::Full`], one element for each point of outer x row, or
//! [`Level::Outer`], one element for each outer point. A reduction takes a full value to an outer
//! one; an outer value used by a full step is repeated along the row. So a map is a program without
//! reductions, a softmax over the last axis is a program whose row is that axis, and a column sum
//! is a program whose outer dim has stride 1.
//!
//! **Sums have one order on a device**, the same at every run. On the CPU it depends on neither layout nor
//! fusion: row elements are numbered r = 0, 1, ... in row-major order of the row dims; elements of one
//! chunk of [`Program::SUM_CHUNK`] go to lane accumulators `r % SUM_LANES` in order; lanes are added as
//! a binary tree (l with l + half); chunk sums are merged pairwise like the carries of a binary
//! counter, and what is left is added from the last (smallest) to the first. On a GPU it follows from
//! the program's structure and sizes ([`schedule`](crate::schedule)). Sums and products of f16, bf16
//! are made in f32 everywhere.

use crate::{Const, DType, Intrinsic, Value};

/// At which points of the space a value lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// One element for each outer point.
    Outer,
    /// One element for each outer point and row element.
    Full,
}

/// Where an element lies in a buffer: `offset + sum(strides[d] * index[d])`, in elements, over the
/// outer dims, then the row dims.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    pub offset: isize,
    /// `outer.len() + row.len()` strides; a stride of 0 repeats. An access with all row strides 0
    /// gives a value of `Level::Outer`.
    pub strides: Vec<isize>,
    /// For padded views: per dim the half-open range of indices that lie inside; outside, a load
    /// gives zero and nothing is read. Empty when all indices are inside.
    pub bounds: Vec<(isize, isize)>,
}

/// A buffer that is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// Number in the launch's list of buffers.
    pub buffer: u32,
    pub dtype: DType,
    pub access: Access,
}

/// A value that is written. `access.bounds` is empty; a value at `Level::Outer` has row strides 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Output {
    pub buffer: u32,
    pub value: Value,
    pub access: Access,
}

/// How a row becomes one element. `ArgMax`, `ArgMin` give the row-major number of the first
/// extreme as i64; a NaN is an extreme, as in PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    Sum,
    Prod,
    Max,
    Min,
    ArgMax,
    ArgMin,
    /// Of booleans.
    Any,
    /// Of booleans.
    All,
}

/// What a failed run-time check of values means; the first one to fail is kept in the error word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    /// Number in the plan's list of checks.
    pub id: u32,
}

/// One operation of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StepOp {
    /// The element of `inputs[i]` at this point, in its dtype.
    Load(u32),
    /// The element of `inputs[input]` at this point, moved by `index * stride` elements. `index` is
    /// an i64 value; outside `0..len` the check fails and the result is zero.
    Index {
        input: u32,
        index: Value,
        stride: isize,
        len: i64,
        check: Check,
    },
    /// `offset + sum(strides[d] * index[d])` as i64.
    Iota(Access),
    Const(Const),
    /// Number `i` of the launch's argument table, converted to the step's dtype.
    Arg(u32),
    Apply(Intrinsic, Vec<Value>),
    Cast(Value),
    /// A full value reduced over the row.
    Reduce(ReduceOp, Value),
    /// A boolean that must be true everywhere; the result is the boolean.
    Check(Value, Check),
}

/// A step: what it does, the dtype and the level of its result. Values are numbered by step.
/// A float value of dtype f16 or bf16 is held in f32, rounded to its dtype after each step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    pub op: StepOp,
    pub dtype: DType,
    pub level: Level,
}

/// A fused kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Program {
    pub outer: Vec<usize>,
    pub row: Vec<usize>,
    pub inputs: Vec<Input>,
    pub steps: Vec<Step>,
    pub outputs: Vec<Output>,
}

impl Program {
    /// Row elements that are summed into lane accumulators before these are added up.
    pub const SUM_CHUNK: usize = 512;
    /// Lane accumulators of a chunk.
    pub const SUM_LANES: usize = 16;

    /// Points of the outer space.
    pub fn outer_len(&self) -> usize {
        self.outer.iter().product()
    }

    /// Elements of a row.
    pub fn row_len(&self) -> usize {
        self.row.iter().product()
    }
}
