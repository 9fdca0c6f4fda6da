//! Memory for packed operands: each thread keeps what it used before, and asks for more only when
//! it needs more.

use std::cell::RefCell;

/// A cache line, so that scratch starts on one.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

thread_local! {
    // A stack, not one block: a thread of the pool may meet another kernel while it waits.
    static FREE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with room for `len` elements of `T`, a plain number type: initialised memory that
/// nobody else uses meanwhile and whose values mean nothing.
pub(in super::super) fn with<T: Copy, R>(len: usize, work: impl FnOnce(*mut T) -> R) -> R {
    let mut block = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    let lines = (len * size_of::<T>()).div_ceil(size_of::<Line>());
    if block.len() < lines {
        block.resize(lines, Line([0; 64]));
    }
    let result = work(block.as_mut_ptr().cast());
    FREE.with_borrow_mut(|free| free.push(block));
    result
}
