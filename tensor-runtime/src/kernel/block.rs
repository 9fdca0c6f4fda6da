//! Blocks and warps: their threads, shared memory, and operations of all threads together.

use super::array::Sizes;
use super::{Array, Lanes, Thread, shared};
use crate::device::grid::Task;
use formwork_ir::scalar::{Lane, Number, Shared, Type};

/// Threads of a warp.
pub(super) const WARP: usize = 32;

/// A block of `X * Y * Z` threads.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Block<'t, const X: usize, const Y: usize, const Z: usize> {
    task: &'t Task<'t>,
    index: [usize; 3],
}

impl<'t, const X: usize, const Y: usize, const Z: usize> Block<'t, X, Y, Z> {
    #[inline(always)]
    pub(super) fn new(task: &'t Task<'t>, number: usize) -> Self {
        let [x, y, _] = task.kernel.grid;
        let index = if (y, task.kernel.grid[2]) == (1, 1) {
            [number, 0, 0]
        } else {
            [number % x, number / x % y, number / x / y]
        };
        Block { task, index }
    }

    /// The thread at this place of the block.
    #[inline(always)]
    pub fn thread(self, x: usize, y: usize, z: usize) -> Thread {
        Thread { thread: [x, y, z], block: self.index, threads: [X, Y, Z], blocks: self.task.kernel.grid }
    }

    /// How many of the block's threads, which stand in a row, are among the first `n` of the launch.
    #[inline(always)]
    pub fn live(self, n: usize) -> usize {
        Ord::min(X, n.saturating_sub(self.index[0] * X))
    }

    /// The first thread.
    #[inline(always)]
    pub fn first(self) -> Thread {
        self.thread(0, 0, 0)
    }

    /// The threads, x fastest.
    #[inline(always)]
    pub fn threads(self) -> impl Iterator<Item = Thread> {
        (0..X * Y * Z).map(move |i| self.thread(i % X, i / X % Y, i / X / Y))
    }

    /// The warps.
    #[inline(always)]
    pub fn warps(self) -> impl Iterator<Item = Warp<'t, X, Y, Z>> {
        (0..(X * Y * Z).div_ceil(WARP)).map(move |number| Warp { block: self, number })
    }

    /// Memory of the block, which holds whatever it holds.
    ///
    /// # Panics
    /// If the block has used up its shared memory.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)] // every call gives other memory
    pub fn shared<T: Shared>(self) -> &'t mut T {
        // SAFETY: the memory is the block's, of the size and alignment of `T`, and any bytes there are a `T`.
        unsafe { &mut *shared::take(self.task, size_of::<T>(), T::CLEAR).cast() }
    }

    /// The same with sizes that follow from dims.
    ///
    /// # Panics
    /// If the block has used up its shared memory.
    #[inline(always)]
    pub fn shared_array<E: Type, S>(self, sizes: impl Sizes) -> Array<E, S> {
        let all = sizes.padded();
        let bytes = all.iter().fold(size_of::<E>(), |bytes, &n| bytes.saturating_mul(n));
        Array::new(self.task, usize::MAX, shared::take(self.task, bytes, E::CLEAR).cast(), all)
    }

    /// All threads meet here. On the CPU they do so where a piece of the body ends.
    #[inline(always)]
    pub fn sync_threads(self) {}

    /// All threads of each warp meet here.
    #[inline(always)]
    pub fn sync_warp(self) {}
}

/// A warp: 32 threads of a block, fewer at its end.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Warp<'t, const X: usize, const Y: usize, const Z: usize> {
    block: Block<'t, X, Y, Z>,
    number: usize,
}

impl<const X: usize, const Y: usize, const Z: usize> Warp<'_, X, Y, Z> {
    #[inline(always)]
    fn range(self) -> std::ops::Range<usize> {
        self.number * WARP..Ord::min((self.number + 1) * WARP, X * Y * Z)
    }

    /// The threads.
    #[inline(always)]
    pub fn threads(self) -> impl Iterator<Item = Thread> {
        self.range().map(move |i| self.block.thread(i % X, i / X % Y, i / X / Y))
    }

    /// How many threads it has.
    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // a warp has a thread
    pub fn len(self) -> usize {
        self.range().len()
    }

    /// Its thread number `i`.
    #[inline(always)]
    pub fn thread(self, i: usize) -> Thread {
        let i = self.number * WARP + i;
        self.block.thread(i % X, i / X % Y, i / X / Y)
    }

    /// The first thread.
    #[inline(always)]
    pub fn first(self) -> Thread {
        let i = self.number * WARP;
        self.block.thread(i % X, i / X % Y, i / X / Y)
    }

    /// All threads of the warp meet here.
    #[inline(always)]
    pub fn sync_warp(self) {}
}

/// The operations that the lanes of a warp do together, for the warps of a scope.
macro_rules! collectives {
    ($scope:ident) => {
        impl<const X: usize, const Y: usize, const Z: usize> $scope<'_, X, Y, Z> {
            /// Each lane gets `v` of lane `lane % 32`. A lane that is not there is the lane itself, here and below.
            #[inline(always)]
            pub fn shuffle<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, lane: &Lanes<u32, B>) {
                self.starts().for_each(|start| v.shuffled(start, |i| lane.0[start + i] as usize % WARP));
            }

            /// Each lane gets `v` of the lane `d` below.
            #[inline(always)]
            pub fn shuffle_up<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, d: &Lanes<u32, B>) {
                self.starts().for_each(|start| v.shuffled(start, |i| i.wrapping_sub(d.0[start + i] as usize)));
            }

            /// Each lane gets `v` of the lane `d` above.
            #[inline(always)]
            pub fn shuffle_down<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, d: &Lanes<u32, B>) {
                self.starts().for_each(|start| v.shuffled(start, |i| i + d.0[start + i] as usize));
            }

            /// Each lane gets `v` of the lane whose number is its own xor `mask`.
            #[inline(always)]
            pub fn shuffle_xor<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, mask: &Lanes<u32, B>) {
                self.starts().for_each(|start| v.shuffled(start, |i| i ^ mask.0[start + i] as usize));
            }

            /// `shuffle` where all want the same lane.
            #[inline(always)]
            pub fn shuffle_by<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, lane: u32) {
                self.starts().for_each(|start| v.shuffled(start, |_| lane as usize % WARP));
            }

            /// `shuffle_up` by the same distance everywhere.
            #[inline(always)]
            pub fn shuffle_up_by<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, d: u32) {
                self.starts().for_each(|start| v.shuffled(start, |i| i.wrapping_sub(d as usize)));
            }

            /// `shuffle_down` by the same distance everywhere.
            #[inline(always)]
            pub fn shuffle_down_by<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, d: u32) {
                self.starts().for_each(|start| v.shuffled(start, |i| i + d as usize));
            }

            /// `shuffle_xor` by the same mask everywhere.
            #[inline(always)]
            pub fn shuffle_xor_by<T: Lane, const B: usize>(self, v: &mut Lanes<T, B>, mask: u32) {
                self.starts().for_each(|start| v.shuffled(start, |i| i ^ mask as usize));
            }

            /// For which lanes of its warp `p` holds, a bit each.
            #[inline(always)]
            pub fn ballot<const B: usize>(self, p: &Lanes<bool, B>) -> Lanes<u32, B> {
                let mut bits = Lanes::new();
                for start in self.starts() {
                    let found = p.warp(start).iter().enumerate().fold(0, |bits, (i, &p)| bits | (p as u32) << i);
                    bits.warp_mut(start).fill(found);
                }
                bits
            }

            /// Whether `p` holds for a lane of the warp.
            #[inline(always)]
            pub fn warp_any<const B: usize>(self, p: &mut Lanes<bool, B>) {
                self.starts().for_each(|start| {
                    let any = p.warp(start).contains(&true);
                    p.warp_mut(start).fill(any);
                });
            }

            /// Whether `p` holds for every lane of the warp.
            #[inline(always)]
            pub fn warp_all<const B: usize>(self, p: &mut Lanes<bool, B>) {
                self.starts().for_each(|start| {
                    let all = !p.warp(start).contains(&false);
                    p.warp_mut(start).fill(all);
                });
            }

            /// The sum over the warp, for all its lanes.
            #[inline(always)]
            pub fn warp_reduce_sum<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
                self.starts().for_each(|start| v.warp_reduce(start, Number::add));
            }

            /// The largest value of the warp, for all its lanes.
            #[inline(always)]
            pub fn warp_reduce_max<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
                self.starts().for_each(|start| v.warp_reduce(start, Number::max));
            }

            /// The smallest value of the warp, for all its lanes.
            #[inline(always)]
            pub fn warp_reduce_min<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
                self.starts().for_each(|start| v.warp_reduce(start, Number::min));
            }

            /// The sum of the warp's lanes up to each one.
            #[inline(always)]
            pub fn warp_scan_sum<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
                self.starts().for_each(|start| v.warp_scan(start));
            }
        }
    };
}
collectives!(Block);
collectives!(Warp);

impl<const X: usize, const Y: usize, const Z: usize> Block<'_, X, Y, Z> {
    /// The numbers of the first lanes of the warps.
    #[inline(always)]
    fn starts(self) -> impl Iterator<Item = usize> {
        (0..X * Y * Z).step_by(WARP)
    }

    /// The sum over the block, for all its threads.
    #[inline(always)]
    pub fn block_reduce_sum<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
        v.block_reduce(Number::add);
    }

    /// The largest value of the block, for all its threads.
    #[inline(always)]
    pub fn block_reduce_max<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
        v.block_reduce(Number::max);
    }

    /// The smallest value of the block, for all its threads.
    #[inline(always)]
    pub fn block_reduce_min<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
        v.block_reduce(Number::min);
    }

    /// The sum of the block's threads up to each one.
    #[inline(always)]
    pub fn block_scan_sum<T: Number, const B: usize>(self, v: &mut Lanes<T, B>) {
        v.block_scan();
    }
}

impl<const X: usize, const Y: usize, const Z: usize> Warp<'_, X, Y, Z> {
    #[inline(always)]
    fn starts(self) -> impl Iterator<Item = usize> {
        std::iter::once(self.number * WARP)
    }
}
