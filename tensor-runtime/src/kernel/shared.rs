//! Shared memory: scratch of a block. A thread of the pool has one piece of memory for it, and uses it for one block after
//! the other.

use crate::device::grid::Task;
use std::cell::UnsafeCell;

/// Bytes of shared memory that a block has at most: those of an H100.
pub(super) const LIMIT: usize = 232_448;

/// Where pieces of it start.
const ALIGN: usize = 64;

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
