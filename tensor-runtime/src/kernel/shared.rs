//! Shared memory: scratch of a block. A thread of the pool has one piece of memory for it, and uses it for one block after
//! the other.

use crate::device::grid::Task;
use formwork_ir::kernel::ir::SHARED_MOST;
use std::cell::UnsafeCell;

/// Where pieces of it start: for the sake of vectors at coarser places than on a GPU.
const ALIGN: usize = 64;

/// Bytes that are there: those of a GPU, whose launch is refused if it wants more, and what is lost between pieces.
const ROOM: usize = SHARED_MOST as usize + (64 << 10);

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
                memory.resize(ROOM / ALIGN + 2, [0; 8]);
            }
            memory.as_mut_ptr().cast::<u8>()
        });
        task.shared.set(start.wrapping_add(start.align_offset(ALIGN)));
    }
    let used = task.shared_used.get();
    let end = used.saturating_add(bytes);
    if end > ROOM {
        panic!("the block wants {end} bytes of shared memory, there are {ROOM}");
    }
    task.shared_used.set(end.next_multiple_of(ALIGN));
    let start = task.shared.get().wrapping_add(used);
    if clear {
        // SAFETY: the memory has `end` bytes.
        unsafe { start.write_bytes(0, bytes) };
    }
    start
}
