//! Shared memory: scratch of a block. A thread of the pool has one piece of memory for it, and uses it for one block after
//! the other.

use crate::device::grid::Task;
use half::{bf16, f16};
use std::cell::UnsafeCell;

/// Bytes of shared memory that a block has at most: those of an H100.
pub(super) const LIMIT: usize = 232_448;

/// Where pieces of it start.
const ALIGN: usize = 64;

/// What shared memory may hold: a scalar, or an array of such.
///
/// # Safety
/// Any bytes are a value if `CLEAR` is false, zero bytes are one otherwise. No padding; an alignment of at most 64.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot lie in shared memory",
    note = "shared memory holds arrays of scalars: `shared::<[f32; 32]>()`, `shared::<Array<f32, (N,)>>()`"
)]
pub unsafe trait Shared: Copy {
    /// Whether the memory is zeroed first, as some bytes are no value.
    #[doc(hidden)]
    const CLEAR: bool;
}

macro_rules! shared {
    ($($t:ty: $clear:literal)*) => { $(
        // SAFETY: any bytes are such a number; a bool is zeroed.
        unsafe impl Shared for $t {
            const CLEAR: bool = $clear;
        }
    )* };
}
shared! {
    f32: false f64: false f16: false bf16: false i32: false i64: false u8: false u32: false u64: false usize: false
    bool: true
}
// SAFETY: an array of such.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {
    const CLEAR: bool = T::CLEAR;
}

thread_local! {
    static MEMORY: UnsafeCell<Vec<[u64; 8]>> = const { UnsafeCell::new(Vec::new()) };
}

/// The next `bytes` of shared memory of the block that runs.
///
/// # Panics
/// If it has no more.
#[inline(never)]
pub(super) fn take(task: &Task<'_>, bytes: usize, clear: bool) -> *mut u8 {
    if task.shared.get().is_null() {
        // SAFETY: the vector is not touched but here, and no reference to it stays.
        let start = MEMORY.with(|memory| unsafe {
            let memory = &mut *memory.get();
            if memory.is_empty() {
                // A block gets memory that is aligned beyond what the vector promises.
                memory.resize(LIMIT / ALIGN + 2, [0; 8]);
            }
            memory.as_mut_ptr().cast::<u8>()
        });
        task.shared.set(start.wrapping_add(start.align_offset(ALIGN)));
    }
    let used = task.shared_used.get();
    let end = used.saturating_add(bytes);
    if end > LIMIT {
        panic!("the block wants {end} bytes of shared memory, there are {LIMIT}");
    }
    task.shared_used.set(end.next_multiple_of(ALIGN));
    let start = task.shared.get().wrapping_add(used);
    if clear {
        // SAFETY: the memory has `end` bytes.
        unsafe { start.write_bytes(0, bytes) };
    }
    start
}
