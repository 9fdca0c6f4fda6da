//! Sorting: elements become whole numbers in the same order, each with its place behind it, so that no two
//! are equal and any sort of them is the stable one. Long lines are sorted digit by digit.

use super::contract::{Shared, part, scratch};
use super::pool;
use crate::device::lines::Lines;
use crate::device::{ErrorWord, Executable, Sort};
use crate::error::Result;
use formwork_ir::DType;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// Makes a sort ready to run.
pub(super) fn compile(kernel: &Sort) -> Result<Arc<dyn Executable>> {
    Ok(match kernel.dtype {
        DType::F32 => of::<f32>(kernel),
        DType::F64 => of::<f64>(kernel),
        DType::F16 => of::<half::f16>(kernel),
        DType::BF16 => of::<half::bf16>(kernel),
        DType::I64 => of::<i64>(kernel),
        DType::I32 => of::<i32>(kernel),
        DType::U8 => of::<u8>(kernel),
        DType::Bool => of::<bool>(kernel),
    })
}

fn of<T: Ordered>(kernel: &Sort) -> Arc<dyn Executable> {
    let lines = Lines::new(&kernel.dims, kernel.axis, kernel.keep, &kernel.x);
    let (descending, start, keep) = (kernel.descending, kernel.start, kernel.keep);
    match T::BITS <= 32 && lines.len <= 1 << 32 {
        true => Arc::new(Sorting::<T, u64> { lines, descending, start, keep, of: PhantomData }),
        false => Arc::new(Sorting::<T, u128> { lines, descending, start, keep, of: PhantomData }),
    }
}

/// An element as a whole number in the same order.
trait Ordered: Copy + Send + Sync + 'static {
    const BITS: u32;
    fn key(self) -> u64;
}

macro_rules! ordered_floats {
    ($($t:ty: $bits:ty;)*) => { $(
        impl Ordered for $t {
            const BITS: u32 = <$bits>::BITS;
            #[inline(always)]
            fn key(self) -> u64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // Choices and no branches: signs are in no order. Both zeros are one.
                let bits = if self.to_bits() == SIGN { 0 } else { self.to_bits() };
                let flip = if bits & SIGN != 0 { <$bits>::MAX } else { SIGN };
                (if self.is_nan() { <$bits>::MAX } else { bits ^ flip }) as u64
            }
        }
    )* };
}

macro_rules! ordered_integers {
    ($($t:ty: $bits:ty, $lowest:expr;)*) => { $(
        impl Ordered for $t {
            const BITS: u32 = <$bits>::BITS;
            #[inline(always)]
            fn key(self) -> u64 {
                (self as $bits ^ $lowest as $bits) as u64
            }
        }
    )* };
}

ordered_floats! { f32: u32; f64: u64; half::f16: u16; half::bf16: u16; }
ordered_integers! { i64: u64, i64::MIN; i32: u32, i32::MIN; u8: u8, 0; bool: u8, 0; }

/// A key with a place behind it.
trait Packed: Copy + Ord + Send + Sync + 'static {
    fn new(key: u64, place: usize) -> Self;
    fn place(self) -> i64;
    /// Eight bits of the key.
    fn digit(self, i: u32) -> usize;
}

macro_rules! packed {
    ($($t:ty: $place:literal, $mask:ty;)*) => { $(
        impl Packed for $t {
            #[inline(always)]
            fn new(key: u64, place: usize) -> $t {
                (key as $t) << $place | place as $t
            }
            #[inline(always)]
            fn place(self) -> i64 {
                self as $mask as i64
            }
            #[inline(always)]
            fn digit(self, i: u32) -> usize {
                (self >> ($place + 8 * i)) as u8 as usize
            }
        }
    )* };
}

packed! { u64: 32, u32; u128: 64, u64; }

/// Elements from which on sorting by digits pays.
const LONG: usize = 1 << 9;
/// So few first places are found in one pass.
const FEW: usize = 4;
/// Elements worth a task of their own.
const TASK: usize = 1 << 11;
/// Lines side by side that are read together: a cache line of f32.
const TOGETHER: usize = 16;
/// Elements that are read together at most.
const ROOM: usize = 1 << 16;

struct Sorting<T, P> {
    lines: Lines,
    descending: bool,
    start: usize,
    keep: usize,
    of: PhantomData<fn(T, P)>,
}

/// Sorts by the `digits` digits of the keys, from the lowest on, what is in the order of its places. `spare` is as long.
fn by_digits<P: Packed>(all: &mut [P], spare: &mut [P], digits: u32) {
    let mut counts = [[0usize; 256]; 8];
    for p in &*all {
        (0..digits).for_each(|d| counts[d as usize][p.digit(d)] += 1);
    }
    let (mut from, mut to) = (&mut *all, &mut *spare);
    let mut moved = false;
    for d in 0..digits {
        let counts = &mut counts[d as usize];
        if counts[from[0].digit(d)] == from.len() {
            continue;
        }
        let mut start = 0;
        for count in counts.iter_mut() {
            (*count, start) = (start, start + *count);
        }
        for &p in &*from {
            let at = &mut counts[p.digit(d)];
            to[*at] = p;
            *at += 1;
        }
        std::mem::swap(&mut from, &mut to);
        moved = !moved;
    }
    if moved {
        to.copy_from_slice(from);
    }
}

/// Brings the first `count` in order to the front; the others are lost.
fn firsts<P: Packed>(all: &mut [P], count: usize) {
    let (front, rest) = all.split_at_mut(count);
    front.sort_unstable();
    for &p in &*rest {
        if p < front[count - 1] {
            let at = front.partition_point(|q| *q < p);
            front.copy_within(at..count - 1, at + 1);
            front[at] = p;
        }
    }
}

impl<T: Ordered, P: Packed> Sorting<T, P> {
    /// Brings what is kept to its places.
    fn sort(&self, all: &mut [P], spare: &mut [P]) {
        let end = self.start + self.keep;
        if self.keep == all.len() && all.len() >= LONG {
            return by_digits(all, spare, T::BITS / 8);
        }
        let mut rest = all;
        if end <= FEW && end < rest.len() {
            return firsts(rest, end);
        }
        if end < rest.len() {
            rest = rest.select_nth_unstable(end).0;
        }
        if self.start > 0 {
            rest.select_nth_unstable(self.start);
        }
        rest[self.start..].sort_unstable();
    }

    /// Sorts `count` lines side by side, from `x` and to `y` on.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; the lines of `y` belong to this task.
    unsafe fn lanes(&self, count: usize, y: *mut i64, x: *const T, room: *mut P) {
        let Lines { len, step, lane, .. } = self.lines;
        let flip = if self.descending { u64::MAX >> (64 - T::BITS) } else { 0 };
        // SAFETY: the caller vouches for `x` and `y`; the room is for `count + 1` lines, and only written before it is read.
        unsafe {
            if count == 1 && step[0] == 1 {
                let line = std::slice::from_raw_parts(x, len);
                let keys = std::slice::from_raw_parts_mut(room.cast::<MaybeUninit<P>>(), len);
                for (i, (key, element)) in keys.iter_mut().zip(line).enumerate() {
                    key.write(P::new(element.key() ^ flip, i));
                }
            } else {
                for i in 0..len {
                    for j in 0..count {
                        let element = *x.offset(i as isize * step[0] + j as isize * lane);
                        *room.add(j * len + i) = P::new(element.key() ^ flip, i);
                    }
                }
            }
            let spare = std::slice::from_raw_parts_mut(room.add(count * len), len);
            for j in 0..count {
                self.sort(std::slice::from_raw_parts_mut(room.add(j * len), len), spare);
            }
            for i in 0..self.keep {
                for j in 0..count {
                    *y.offset(i as isize * step[1] + j as isize) = (*room.add(j * len + self.start + i)).place();
                }
            }
        }
    }
}

impl<T: Ordered, P: Packed> Executable for Sorting<T, P> {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], _errors: &ErrorWord) {
        let Lines { len, lanes, sets, .. } = self.lines;
        if self.lines.count() * len == 0 || self.keep == 0 {
            return;
        }
        let together = (ROOM / len).clamp(1, TOGETHER.min(lanes));
        let groups = lanes.div_ceil(together);
        let tasks = (self.lines.count() * len / TASK).clamp(1, sets * groups);
        let (y, x) = (Shared::new(buffers[0].cast::<i64>()), Shared::new(buffers[1].cast::<T>()));
        pool::for_each(tasks, |task| {
            scratch::with((together + 1) * len, |room: *mut P| {
                for group in part(sets * groups, tasks, task) {
                    let lane = group % groups * together;
                    let [from, to] = self.lines.line(group / groups * lanes + lane);
                    // SAFETY: the caller vouches for the buffers; a line belongs to one task.
                    unsafe {
                        let (y, x) = (y.get().offset(to), x.get().offset(from).cast_const());
                        self.lanes(together.min(lanes - lane), y, x, room);
                    }
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_ir::Access;

    fn launch<T>(kernel: &Sort, x: &[T], threads: usize) -> Vec<i64> {
        let n = kernel.dims[kernel.axis];
        let mut places = vec![-1i64; x.len() / n.max(1) * kernel.keep];
        let (y, x) = (Shared::new(places.as_mut_ptr().cast::<u8>()), Shared::new(x.as_ptr().cast_mut().cast::<u8>()));
        // SAFETY: the buffers hold what the kernel says.
        let run = || unsafe { compile(kernel).expect("sorts").launch(&[y.get(), x.get()], &[], &ErrorWord::default()) };
        pool::with_threads(threads, run);
        places
    }

    fn kernel(dtype: DType, dims: &[usize], axis: usize, descending: bool, keep: usize) -> Sort {
        let strides = (0..dims.len()).map(|a| dims[a + 1..].iter().product::<usize>() as isize).collect();
        let x = Access { offset: 0, strides, bounds: vec![] };
        Sort { dtype, dims: dims.to_vec(), axis, descending, start: 0, keep, x }
    }

    #[test]
    fn places_are_those_of_the_stable_sort() {
        let shapes: [(&[usize], usize); 7] =
            [(&[3000], 0), (&[3, 40], 1), (&[40, 37], 0), (&[2, 9, 5], 1), (&[700, 3], 0), (&[2, 0], 1), (&[0, 4], 1)];
        for (dims, axis) in shapes {
            let (n, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
            // Many are equal.
            let x: Vec<i64> = (0..dims.iter().product()).map(|i: usize| ((i * 7919) % 97) as i64 - 48).collect();
            for (descending, keep) in [(false, n), (true, n), (false, n / 3), (true, n.min(1))] {
                let k = kernel(DType::I64, dims, axis, descending, keep);
                let mut wanted = vec![0; x.len() / n.max(1) * keep];
                for line in 0..x.len() / n.max(1) {
                    let at = |place: usize| x[line / inner * n * inner + place * inner + line % inner];
                    let mut places: Vec<usize> = (0..n).collect();
                    places.sort_by_key(|&p| if descending { -at(p) } else { at(p) });
                    for (i, &place) in places[..keep].iter().enumerate() {
                        wanted[line / inner * keep * inner + i * inner + line % inner] = place as i64;
                    }
                }
                for threads in [1, 3] {
                    assert_eq!(launch(&k, &x, threads), wanted, "{k:?}, {threads} threads");
                }
                if inner == 1 && keep > 1 {
                    let last: Vec<i64> = wanted.chunks(keep).map(|line| line[keep - 1]).collect();
                    assert_eq!(launch(&Sort { start: keep - 1, keep: 1, ..k.clone() }, &x, 2), last, "{k:?}");
                }
                let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
                assert_eq!(launch(&Sort { dtype: DType::F32, ..k.clone() }, &single, 2), wanted, "{k:?}");
                let half: Vec<half::bf16> = x.iter().map(|&x| half::bf16::from_f64(x as f64)).collect();
                assert_eq!(launch(&Sort { dtype: DType::BF16, ..k }, &half, 2), wanted);
            }
        }
    }

    #[test]
    fn every_float_has_its_place() {
        let x = [0.0, f64::NAN, -0.0, f64::INFINITY, -1.5, f64::NEG_INFINITY, 5e-324, -f64::NAN, -5e-324, 1e308];
        let up = [5, 4, 8, 0, 2, 6, 9, 3, 1, 7];
        assert_eq!(launch(&kernel(DType::F64, &[10], 0, false, 10), &x, 1), up);
        assert_eq!(launch(&kernel(DType::F64, &[10], 0, true, 10), &x, 1), [1, 7, 3, 9, 6, 0, 2, 8, 4, 5]);
        let whole = [i32::MIN, 0, i32::MAX, -1];
        assert_eq!(launch(&kernel(DType::I32, &[4], 0, false, 4), &whole, 1), [0, 3, 1, 2]);
        assert_eq!(launch(&kernel(DType::U8, &[3], 0, true, 3), &[1u8, 255, 0], 1), [1, 0, 2]);
        assert_eq!(launch(&kernel(DType::Bool, &[3], 0, false, 2), &[true, false, true], 1), [1, 0]);
    }
}
