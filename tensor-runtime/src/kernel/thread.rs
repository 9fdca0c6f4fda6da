//! What a thread knows of itself.

/// A thread of a block. In a kernel's body its methods are functions: `thread_idx()`, `global_idx()`.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    pub(super) thread: [usize; 3],
    pub(super) block: [usize; 3],
    pub(super) threads: [usize; 3],
    pub(super) blocks: [usize; 3],
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $field:ident $axis:literal;)*) => {
        impl Thread { $(
            $(#[$doc])*
            #[inline(always)]
            pub fn $name(self) -> usize {
                self.$field[$axis]
            }
        )* }
    };
}

methods! {
    /// The number of the thread in its block along x, from 0.
    thread_idx thread 0;
    /// The number of the thread in its block along y.
    thread_idx_y thread 1;
    /// The number of the thread in its block along z.
    thread_idx_z thread 2;
    /// The number of the block in the launch along x, from 0.
    block_idx block 0;
    /// The number of the block in the launch along y.
    block_idx_y block 1;
    /// The number of the block in the launch along z.
    block_idx_z block 2;
    /// Threads of a block along x.
    block_dim threads 0;
    /// Threads of a block along y.
    block_dim_y threads 1;
    /// Threads of a block along z.
    block_dim_z threads 2;
    /// Blocks of the launch along x.
    grid_dim blocks 0;
    /// Blocks of the launch along y.
    grid_dim_y blocks 1;
    /// Blocks of the launch along z.
    grid_dim_z blocks 2;
}

impl Thread {
    /// That the thread is one of the first `n` along x, as those are that [`Block::live`](super::Block::live) counts: then
    /// indices below `n` need no check.
    #[doc(hidden)]
    #[inline(always)]
    pub fn inside(self, n: usize) {
        // SAFETY: only generated code calls it, in a loop over the threads that `Block::live` counts.
        unsafe { std::hint::assert_unchecked(self.global_idx() < n) }
    }

    /// That `condition` holds of the thread, as it does of those of [`Span::inner`](super::Span::inner).
    #[doc(hidden)]
    #[inline(always)]
    pub fn holds(self, condition: bool) {
        // SAFETY: only generated code calls it, in a loop over threads of which the condition holds.
        unsafe { std::hint::assert_unchecked(condition) }
    }

    /// The number of the thread in the launch along x: `block_idx() * block_dim() + thread_idx()`.
    #[inline(always)]
    pub fn global_idx(self) -> usize {
        self.block[0] * self.threads[0] + self.thread[0]
    }

    /// The number of the thread in its warp, 0 to 31.
    #[inline(always)]
    pub fn lane_idx(self) -> usize {
        self.number() % 32
    }

    /// The number of the thread's warp in its block.
    #[inline(always)]
    pub fn warp_idx(self) -> usize {
        self.number() / 32
    }

    /// The number of the thread in its block: x fastest, then y, then z.
    #[inline(always)]
    pub(super) fn number(self) -> usize {
        self.thread[0] + self.threads[0] * (self.thread[1] + self.threads[1] * self.thread[2])
    }
}
