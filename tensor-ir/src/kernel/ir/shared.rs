//! How much shared memory a block takes.

use super::{Array, Kernel};

/// Bytes of arrays of fixed size that a block may have without asking for them at the launch.
pub const SHARED_FIXED: u64 = 48 * 1024;

/// Bytes of shared memory that a block has at most: those of an H100.
pub const SHARED_MOST: u64 = 227 * 1024;

/// Arrays of shared memory start at multiples of it.
pub const SHARED_ALIGN: u64 = 16;

impl Kernel {
    /// Whether a launch says how much shared memory a block has: some size is known only then, or it is more than a kernel
    /// has by itself.
    pub fn asks_for_shared(&self) -> bool {
        self.shared_bytes(&[]).is_none_or(|bytes| bytes > SHARED_FIXED)
    }

    /// Bytes of shared memory of a block for these run-time dims, or `None` if a size has no value.
    pub fn shared_bytes(&self, arguments: &[u64]) -> Option<u64> {
        self.shared.iter().try_fold(0, |sum: u64, array| sum.checked_add(array.shared_bytes(arguments)?))
    }
}

impl Array {
    /// What it takes of shared memory, with what keeps the next one aligned.
    fn shared_bytes(&self, arguments: &[u64]) -> Option<u64> {
        let elements = self.dims.iter().try_fold(1u64, |n, d| n.checked_mul(d.eval(arguments)?))?;
        elements.checked_mul(self.element.size() as u64)?.checked_next_multiple_of(SHARED_ALIGN)
    }
}
