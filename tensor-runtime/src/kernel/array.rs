//! Views of memory in kernels.

use super::Thread;
use crate::device::grid::{Fault, Task};
use formwork_ir::scalar::Type;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::panic::Location;

/// A view of a tensor in a kernel, row-major: `x[i]` of one axis, `x[(i, j)]` of more.
///
/// An index outside is no undefined behaviour and no panic: the launch becomes an error that names the line, the block and
/// the thread; the load gives zero, the store is skipped. `S` is the shape, a tuple of dims as in [`Tensor`](crate::Tensor).
pub struct Array<E, S> {
    start: *mut E,
    sizes: [usize; 6],
    /// Which parameter it is, for messages.
    param: usize,
    thread: usize,
    task: *const (),
    of: PhantomData<fn() -> S>,
}

impl<E, S> Clone for Array<E, S> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, S> Copy for Array<E, S> {}

/// The indices of an element of a view of shape `S`: a `usize`, or a tuple of them for several axes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no index of a view of shape `{S}`",
    label = "expected a `usize` for each axis: `x[i]`, `x[(i, j)]`"
)]
pub trait Place<S>: Copy {
    #[doc(hidden)]
    const RANK: usize;
    #[doc(hidden)]
    fn indices(self) -> [usize; 6];
}

/// Sizes or indices of a view, a number an axis.
#[doc(hidden)]
pub trait Sizes: Copy {
    /// With ones where there are no axes.
    fn padded(self) -> [usize; 6];
}

macro_rules! places {
    ($($rank:literal: $index:ty, |$i:ident| [$($at:expr),+], ($($d:ident),+,);)*) => { $(
        impl<$($d),+> Place<($($d,)+)> for $index {
            const RANK: usize = $rank;
            #[inline(always)]
            fn indices(self) -> [usize; 6] {
                let $i = self;
                [$($at),+].padded()
            }
        }

        impl Sizes for [usize; $rank] {
            #[inline(always)]
            fn padded(self) -> [usize; 6] {
                // No loop: it would be unrolled after the checks of indices were looked at.
                let at = |i: usize| self.get(i).copied().unwrap_or(1);
                [at(0), at(1), at(2), at(3), at(4), at(5)]
            }
        }

        impl<E: Type, $($d),+> Index<$index> for Array<E, ($($d,)+)> {
            type Output = E;
            #[inline(always)]
            #[track_caller]
            fn index(&self, index: $index) -> &E {
                match self.offset::<$rank>(Place::<($($d,)+)>::indices(index)) {
                    // SAFETY: the index is inside, and the memory outlives the launch.
                    Some(at) => unsafe { &*self.start.add(at) },
                    None => self.nothing(Place::<($($d,)+)>::indices(index), $rank),
                }
            }
        }

        impl<E: Type, $($d),+> IndexMut<$index> for Array<E, ($($d,)+)> {
            #[inline(always)]
            #[track_caller]
            fn index_mut(&mut self, index: $index) -> &mut E {
                match self.offset::<$rank>(Place::<($($d,)+)>::indices(index)) {
                    // SAFETY: the index is inside. Threads of a block run one after the other; blocks that share an
                    // element without atomics are a mistake that checked mode finds.
                    Some(at) => unsafe { &mut *self.start.add(at) },
                    None => self.elsewhere(Place::<($($d,)+)>::indices(index), $rank),
                }
            }
        }
    )* };
}

places! {
    1: usize, |i| [i], (A,);
    2: (usize, usize), |i| [i.0, i.1], (A, B,);
    3: (usize, usize, usize), |i| [i.0, i.1, i.2], (A, B, C,);
    4: (usize, usize, usize, usize), |i| [i.0, i.1, i.2, i.3], (A, B, C, D,);
    5: (usize, usize, usize, usize, usize), |i| [i.0, i.1, i.2, i.3, i.4], (A, B, C, D, F,);
    6: (usize, usize, usize, usize, usize, usize), |i| [i.0, i.1, i.2, i.3, i.4, i.5], (A, B, C, D, F, G,);
}

impl<E: Type, S> Array<E, S> {
    /// A view of memory that holds `sizes` elements; `param` says which parameter it is.
    #[inline(always)]
    pub(crate) fn new(task: &Task<'_>, param: usize, start: *mut E, sizes: [usize; 6]) -> Self {
        Array { start, sizes, param, thread: 0, task: std::ptr::from_ref(task).cast(), of: PhantomData }
    }

    /// The view as `thread` uses it.
    #[doc(hidden)]
    #[inline(always)]
    pub fn at(&self, thread: Thread) -> Self {
        Array { thread: thread.number(), ..*self }
    }

    /// The size of an axis.
    #[inline(always)]
    pub fn size(&self, axis: usize) -> usize {
        self.sizes[axis]
    }

    /// The number of an element; none if an index is outside its axis.
    #[inline(always)]
    fn offset<const RANK: usize>(&self, index: [usize; 6]) -> Option<usize> {
        // Apart for each axis: what a loop doesn't change is checked before it. And no loop over axes, as above.
        let outside = |axis: usize| axis < RANK && index[axis] >= self.sizes[axis];
        if outside(0) || outside(1) || outside(2) || outside(3) || outside(4) || outside(5) {
            return None;
        }
        Some(self.number(index, RANK))
    }

    /// The number of an element in row-major order.
    #[inline(always)]
    fn number(&self, index: [usize; 6], rank: usize) -> usize {
        let next = |at: usize, axis: usize| {
            if axis < rank { at.wrapping_mul(self.sizes[axis]).wrapping_add(index[axis]) } else { at }
        };
        next(next(next(next(next(index[0], 1), 2), 3), 4), 5)
    }

    /// The element at `index`, which the caller vouches for.
    ///
    /// # Safety
    /// Every index is below the size of its axis.
    #[inline(always)]
    pub unsafe fn get_unchecked<I: Place<S>>(&self, index: I) -> E {
        // SAFETY: the caller vouches for it.
        unsafe { *self.start.add(self.number(index.indices(), I::RANK)) }
    }

    /// Sets the element at `index`, which the caller vouches for.
    ///
    /// # Safety
    /// Every index is below the size of its axis.
    #[inline(always)]
    pub unsafe fn set_unchecked<I: Place<S>>(&mut self, index: I, value: E) {
        // SAFETY: the caller vouches for it.
        unsafe { *self.start.add(self.number(index.indices(), I::RANK)) = value }
    }

    /// `W` consecutive elements of the last axis from `index` on, as one load of 16 bytes or so. The element's number in
    /// the array must be a multiple of `W`, and all of them inside; else the launch is an error and the values are zeros.
    #[inline(always)]
    #[track_caller]
    pub fn vector<const W: usize>(&self, index: impl Place<S>) -> [E; W] {
        match self.run(index, W) {
            // SAFETY: all elements are inside.
            Some(at) => unsafe { self.start.add(at).cast::<[E; W]>().read() },
            None => [E::default(); W],
        }
    }

    /// Sets `W` consecutive elements of the last axis; see [`Array::vector`].
    #[inline(always)]
    #[track_caller]
    pub fn set_vector<const W: usize>(&mut self, index: impl Place<S>, values: [E; W]) {
        if let Some(at) = self.run(index, W) {
            // SAFETY: all elements are inside.
            unsafe { self.start.add(at).cast::<[E; W]>().write(values) }
        }
    }

    /// The number of the first of `width` elements; none if they do not lie as they must.
    #[inline(always)]
    #[track_caller]
    fn run<I: Place<S>>(&self, index: I, width: usize) -> Option<usize> {
        let indices = index.indices();
        let inside = (0..I::RANK).all(|axis| indices[axis] < self.sizes[axis]);
        let at = (1..I::RANK).fold(indices[0], |at, a| at.wrapping_mul(self.sizes[a]).wrapping_add(indices[a]));
        if inside && indices[I::RANK - 1] + width <= self.sizes[I::RANK - 1] && at.is_multiple_of(width) {
            return Some(at);
        }
        self.outside(indices, I::RANK, width, Location::caller());
        None
    }

    /// Notes an index outside; what is loaded there is zero.
    #[inline(always)]
    #[track_caller]
    fn nothing(&self, index: [usize; 6], rank: usize) -> &E {
        // SAFETY: the cell has room for any scalar, and zero bytes are one.
        unsafe { &*self.outside(index, rank, 1, Location::caller()).cast() }
    }

    /// Notes an index outside; what is stored there is lost.
    #[inline(always)]
    #[track_caller]
    fn elsewhere(&mut self, index: [usize; 6], rank: usize) -> &mut E {
        // SAFETY: the cell has room for any scalar, and zero bytes are one.
        unsafe { &mut *self.outside(index, rank, 1, Location::caller()).cast() }
    }

    /// Notes an index outside, and gives memory that is zero and belongs to nobody.
    #[inline(always)]
    fn outside(&self, index: [usize; 6], rank: usize, width: usize, at: &'static Location<'static>) -> *mut u8 {
        let (Array { task, thread, param, sizes, .. }, i) = (*self, index);
        // Numbers one by one: in memory they would make the loop around too large for the compiler to turn it.
        let [a, b, c, d, e, f] = sizes;
        outside(task, (thread, param), (rank, width), at, i[0], i[1], i[2], i[3], i[4], i[5], a, b, c, d, e, f)
    }
}

/// Notes an index outside in the task: out of line, so that a view in a loop stays in registers.
#[cold]
#[inline(never)]
#[rustfmt::skip]
fn outside(
    task: *const (), (thread, param): (usize, usize), (rank, width): (usize, usize), at: &'static Location<'static>,
    i0: usize, i1: usize, i2: usize, i3: usize, i4: usize, i5: usize,
    n0: usize, n1: usize, n2: usize, n3: usize, n4: usize, n5: usize,
) -> *mut u8 {
    // SAFETY: the task outlives its views, and one thread runs it.
    unsafe {
        let task = &*task.cast::<Task<'_>>();
        if task.fault.get().is_none() {
            let (index, sizes) = ([i0, i1, i2, i3, i4, i5], [n0, n1, n2, n3, n4, n5]);
            task.fault.set(Some(Fault { block: task.current.get(), thread, param, rank, index, sizes, width, at }));
        }
        let cell = task.elsewhere.get();
        *cell = [0; 8];
        cell.cast()
    }
}
