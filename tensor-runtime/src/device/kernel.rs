//! What a device can be asked to run: fused programs, and the few primitives that a library does
//! better than a program.

use super::Failure;
use super::grid::Grid;
use formwork_ir::{Access, Check, DType, Program};

/// A unit of work: one launch.
#[derive(Clone, Debug)]
pub enum Kernel {
    Program(Program),
    Contract(Contract),
    Conv2d(Conv2d),
    Fold(Fold),
    Scatter(Scatter),
    Scan(Scan),
    Sort(Sort),
    Variant(super::Launch),
    Grid(Grid),
}

impl Kernel {
    /// What a failure means that a device has put into the error word, if it is of this kernel.
    pub(crate) fn describe(&self, failure: Failure) -> Option<String> {
        match self {
            Kernel::Grid(grid) if grid.check.id == failure.check => Some(grid.describe_word(failure.at, failure.value)),
            _ => None,
        }
    }
}

/// Batched matrix product: `c[.., m, n] = sum over k of a[.., m, k] * b[.., k, n]`.
/// Buffers: `[c, a, b, then those of the epilogue]`; `c` is contiguous.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contract {
    /// A float type; f16 and bf16 are summed in f32.
    pub dtype: DType,
    pub batch: Vec<usize>,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// Strides over batch, m, k. No bounds.
    pub a: Access,
    /// Strides over batch, k, n. No bounds.
    pub b: Access,
    /// Whether anything but the epilogue reads `c`.
    pub kept: bool,
    /// A program over `outer = batch + [m]`, `row = [n]`, run on each panel of rows once it is done;
    /// it may read and write `c`. Its buffer numbers are those of this kernel.
    pub epilogue: Option<Program>,
}

/// Which of its three operands a convolution computes from the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConvMode {
    /// `y` from `x` and `w`.
    Forward,
    /// The cotangent of `x` from that of `y`, and `w`.
    Data,
    /// The cotangent of `w` from `x` and that of `y`.
    Filter,
}

/// 2-d convolution (cross-correlation, as in PyTorch) over contiguous
/// `x: [n, c, h, w]`, `w: [o, c / groups, kh, kw]`, `y: [n, o, oh, ow]`.
/// Buffers: `[x, w, y, then those of the epilogue]`, the mode says which of the three is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv2d {
    pub mode: ConvMode,
    /// A float type; f16 and bf16 are summed in f32.
    pub dtype: DType,
    pub n: usize,
    pub c: usize,
    pub h: usize,
    pub w: usize,
    pub o: usize,
    pub kh: usize,
    pub kw: usize,
    pub oh: usize,
    pub ow: usize,
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
    pub groups: usize,
    /// With `Forward` only: a program over `outer = [n, o, oh]`, `row = [ow]`, or over dims that
    /// flatten to the same points in the same order with `n` first, run on each image once its `y`
    /// is done.
    pub epilogue: Option<Program>,
}

/// The adjoint of a sliding window: `y[.., i, j]` is the sum of all `x[.., oi, oj, ki, kj]` with
/// `i = oi * stride[0] + ki * dilation[0]` and `j` likewise. Buffers: `[y, x]`, both contiguous,
/// `x: [outer, out[0], out[1], kernel[0], kernel[1]]`, `y: [outer, size[0], size[1]]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fold {
    pub dtype: DType,
    pub outer: usize,
    pub size: [usize; 2],
    pub out: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
}

/// `y` is zeroed, then for each point `p` of `space` in row-major order
/// `y[dst(p) + index[idx(p)] * stride] += x[src(p)]`. An index outside `0..len` fails the check and
/// is skipped. Buffers: `[y, x, index]`; the index is i64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scatter {
    pub dtype: DType,
    pub space: Vec<usize>,
    pub src: Access,
    pub idx: Access,
    pub dst: Access,
    pub stride: isize,
    pub len: i64,
    /// Elements of `y`.
    pub out_len: usize,
    pub check: Check,
}

/// What a scan carries from one element to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanOp {
    Sum,
    Prod,
    /// A NaN wins.
    Max,
    Min,
    /// `ln(sum(e^x))`, of floats.
    LogSumExp,
    /// The place of the largest element so far, the last of equals; a NaN wins.
    ArgMax,
    ArgMin,
}

impl ScanOp {
    /// The dtype of the result for elements of `dtype`.
    pub fn dtype(self, dtype: DType) -> DType {
        if matches!(self, ScanOp::ArgMax | ScanOp::ArgMin) { DType::I64 } else { dtype }
    }
}

/// `y[.., i, ..]` is `op` over `x[.., 0..=i, ..]` along `axis`, or over `x[.., i.., ..]` in reverse.
/// Buffers: `[y, x]`; `y` is contiguous. Floats are carried as f64, others as i64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    pub op: ScanOp,
    /// Of `x`: not bool.
    pub dtype: DType,
    pub dims: Vec<usize>,
    pub axis: usize,
    pub reverse: bool,
    /// Strides over `dims`. No bounds.
    pub x: Access,
}

/// `y[.., i, ..]` is where along `axis` of `x` the element lies that comes at place `start + i` in order, for
/// `keep` places. Equals stay in order; a NaN is larger than any number. Buffers: `[y, x]`; `y` is i64 and
/// contiguous.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// Of `x`.
    pub dtype: DType,
    pub dims: Vec<usize>,
    pub axis: usize,
    pub descending: bool,
    pub start: usize,
    pub keep: usize,
    /// Strides over `dims`. No bounds.
    pub x: Access,
}

/// Whether every combination of steps of these (stride, size) reaches a place of its own.
pub(super) fn distinct(mut steps: Vec<(usize, usize)>) -> bool {
    steps.retain(|s| s.1 > 1);
    steps.sort_unstable();
    let mut reach = 0usize;
    steps.into_iter().all(|(stride, size)| {
        let free = stride > reach;
        reach = reach.saturating_add(stride.saturating_mul(size - 1));
        free
    })
}
