//! Memory of a thread that kernels use while they run: it only grows, so launches do not allocate.
//! It starts as zeros: loops may work on lanes that nobody wrote.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

const ALIGN: usize = 64;

/// Bytes aligned to a cache line.
struct Memory {
    ptr: NonNull<u8>,
    bytes: usize,
}

impl Memory {
    const EMPTY: Memory = Memory { ptr: NonNull::dangling(), bytes: 0 };

    fn new(bytes: usize) -> Memory {
        let bytes = bytes.next_power_of_two().max(64 * 1024);
        let Ok(layout) = Layout::from_size_align(bytes, ALIGN) else { handle_alloc_error(Layout::new::<u8>()) };
        // SAFETY: the size is not zero.
        let ptr = unsafe { alloc_zeroed(layout) };
        Memory { ptr: NonNull::new(ptr).unwrap_or_else(|| handle_alloc_error(layout)), bytes }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: made by `new` with this layout.
            unsafe { dealloc(self.ptr.as_ptr(), Layout::from_size_align_unchecked(self.bytes, ALIGN)) };
        }
    }
}

thread_local! {
    /// Of tasks, and of launches whose tasks share what is in it.
    static MEMORY: [Cell<Memory>; 2] = const { [Cell::new(Memory::EMPTY), Cell::new(Memory::EMPTY)] };
}

/// Calls `work` with initialised memory of at least this many bytes that belongs to it alone.
fn with<R>(which: usize, bytes: usize, work: impl FnOnce(*mut u8) -> R) -> R {
    // Taken out: who else runs on this thread meanwhile gets memory of its own.
    let mut memory = MEMORY.with(|m| m[which].replace(Memory::EMPTY));
    if memory.bytes < bytes {
        memory = Memory::new(bytes);
    }
    let result = work(memory.ptr.as_ptr());
    MEMORY.with(|m| m[which].set(memory));
    result
}

/// Memory of a task, which waits for nobody.
pub(super) fn of_task<R>(bytes: usize, work: impl FnOnce(*mut u8) -> R) -> R {
    with(0, bytes, work)
}

/// Memory of a launch, shared by its tasks.
pub(super) fn of_launch<R>(bytes: usize, work: impl FnOnce(*mut u8) -> R) -> R {
    with(1, bytes, work)
}
