//! Arrays: views of device memory, shared arrays, local arrays.

use super::{ScalarType, Size};

/// A row-major array of scalars.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The author's name; unique among the arrays and variables of a kernel.
    pub name: String,
    /// The source line of its declaration.
    pub line: u32,
    pub element: ScalarType,
    /// One or more sizes.
    pub dims: Vec<Size>,
}

/// Which array an access touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// `kernel.params[i]`, in device memory.
    Param(u32),
    /// `kernel.shared[i]`, of the block.
    Shared(u32),
    /// `body.arrays[i]`, of the thread.
    Local(u32),
}

impl Array {
    /// The number of its elements, if all sizes are literals.
    pub fn elements(&self) -> Option<u64> {
        self.dims.iter().try_fold(1u64, |n, d| n.checked_mul(d.literal()?))
    }
}
