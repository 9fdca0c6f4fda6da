//! Memory that the next block wants, asked for while this one is computed.
//!
//! A block's instructions work in L1, so without it the caches below idle until the next block
//! begins, and then the arithmetic waits. A few lines are asked for after every instruction: all
//! at once they would fill the queue of misses and hold up what this block reads.

use std::cell::Cell;

/// Bytes that come into the caches together.
const LINE: usize = 64;
/// Lines that are asked for after an instruction.
const LINES: usize = 8;
/// Accesses that are followed.
const STREAMS: usize = 8;

/// The number of an access that is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream(u8);

impl Stream {
    /// The next of `count`, if it may be followed.
    pub fn next(count: &mut u8) -> Option<Stream> {
        let stream = (usize::from(*count) < STREAMS).then_some(Stream(*count));
        *count += stream.is_some() as u8;
        stream
    }
}

/// Lines that are still to be asked for.
#[derive(Clone, Copy)]
struct Lines {
    at: *const u8,
    count: usize,
    is_written: bool,
}

/// What the next block wants, by stream.
pub(super) struct Ahead {
    lines: [Cell<Lines>; STREAMS],
    /// A bit for each stream of which lines are left.
    open: Cell<u8>,
}

impl Ahead {
    pub fn new() -> Ahead {
        let none = Lines { at: std::ptr::null(), count: 0, is_written: false };
        Ahead { lines: [none; STREAMS].map(Cell::new), open: Cell::new(0) }
    }

    /// The `bytes` from `at` on will be used soon. They need not exist.
    #[inline]
    pub fn expect(&self, stream: Stream, at: *const u8, bytes: usize, is_written: bool) {
        let i = stream.0 as usize % STREAMS;
        self.lines[i].set(Lines { at, count: bytes / LINE, is_written });
        self.open.set(self.open.get() | 1 << i);
    }

    /// Asks for the next few lines.
    #[inline]
    pub fn ask(&self) {
        let open = self.open.get();
        if open == 0 {
            return;
        }
        let stream = &self.lines[open.trailing_zeros() as usize];
        let Lines { at, count, is_written } = stream.get();
        let now = count.min(LINES);
        (0..now).for_each(|i| ask_line(at.wrapping_add(i * LINE), is_written));
        stream.set(Lines { at: at.wrapping_add(now * LINE), count: count - now, is_written });
        if now == count {
            self.open.set(open & (open - 1));
        }
    }
}

#[inline(always)]
fn ask_line(at: *const u8, is_written: bool) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address is allowed; processors that do not know `prefetchw` skip it.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        if is_written {
            std::arch::asm!("prefetchw [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
        } else {
            _mm_prefetch::<_MM_HINT_T0>(at.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, is_written);
}
