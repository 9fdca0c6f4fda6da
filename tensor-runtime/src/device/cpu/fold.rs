//! The adjoint of a sliding window: each plane is zeroed, then windows are added to it in row-major
//! order. Planes are tasks of their own.

use super::contract::{Shared, part, scratch};
use super::pool;
use super::scatter::{Summed, summed};
use crate::device::{ErrorWord, Executable, Fold};
use crate::error::Result;
use std::marker::PhantomData;
use std::sync::Arc;

/// Elements of `x` worth a task of their own.
const TASK: usize = 1 << 14;

/// Makes a fold ready to run.
pub(super) fn compile(kernel: &Fold) -> Result<Arc<dyn Executable>> {
    Ok(summed!(kernel.dtype, T => Arc::new(Folding::<T> { kernel: kernel.clone(), element: PhantomData })))
}

struct Folding<T> {
    kernel: Fold,
    element: PhantomData<fn(T)>,
}

impl<T: Summed> Folding<T> {
    /// Adds the windows `x` to the plane `y`. `KW` is the windows' width, or 0 if it is only known now.
    ///
    /// # Safety
    /// `x` reaches all windows of a plane, `y` its elements; `y` is exclusive.
    unsafe fn add<const KW: usize>(&self, y: *mut T::Sum, x: *const T) {
        let Fold { size, out, kernel, stride, dilation, .. } = self.kernel;
        let [kh, kw] = if KW > 0 { [kernel[0], KW] } else { kernel };
        for oi in 0..out[0] {
            for ki in 0..kh {
                // SAFETY: a window lies within the plane, row oi * stride + ki * dilation of it.
                unsafe {
                    let row = y.add((oi * stride[0] + ki * dilation[0]) * size[1]);
                    let from = x.add((oi * out[1] * kh + ki) * kw);
                    for oj in 0..out[1] {
                        for kj in 0..kw {
                            let to = row.add(oj * stride[1] + kj * dilation[1]);
                            *to = T::add(*to, (*from.add(oj * kh * kw + kj)).widen());
                        }
                    }
                }
            }
        }
    }

    /// [`Folding::add`] for square windows that do not meet: each element is copied, in the order of `x`.
    ///
    /// # Safety
    /// As for [`Folding::add`].
    unsafe fn copy<const K: usize>(&self, y: *mut T::Sum, x: *const T) {
        let Fold { size, out, stride, .. } = self.kernel;
        for oi in 0..out[0] {
            for oj in 0..out[1] {
                // SAFETY: as in `add`.
                unsafe {
                    let from = x.add((oi * out[1] + oj) * K * K).cast::<[[T; K]; K]>().read();
                    let to = y.add(oi * stride[0] * size[1] + oj * stride[1]);
                    for (ki, row) in from.into_iter().enumerate() {
                        to.add(ki * size[1]).cast::<[T::Sum; K]>().write(row.map(T::widen));
                    }
                }
            }
        }
    }

    /// # Safety
    /// As for [`Folding::add`].
    unsafe fn plane(&self, y: *mut T::Sum, x: *const T) {
        let Fold { size, kernel, stride, dilation, .. } = self.kernel;
        let apart = kernel[0] == kernel[1] && kernel[0] <= stride[0].min(stride[1]) && dilation == [1, 1];
        // SAFETY: the caller vouches for it; all bits 0 is the number 0 of every dtype.
        unsafe {
            y.write_bytes(0, size[0] * size[1]);
            match kernel[1] {
                2 if apart => self.copy::<2>(y, x),
                3 if apart => self.copy::<3>(y, x),
                2 => self.add::<2>(y, x),
                3 => self.add::<3>(y, x),
                _ => self.add::<0>(y, x),
            }
        }
    }
}

impl<T: Summed> Executable for Folding<T> {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], _errors: &ErrorWord) {
        let Fold { outer, size, out, kernel, .. } = self.kernel;
        let (area, windows) = (size[0] * size[1], out[0] * out[1] * kernel[0] * kernel[1]);
        let (y, x) = (Shared::new(buffers[0].cast::<T>()), Shared::new(buffers[1].cast::<T>()));
        let tasks = (outer * windows.max(area) / TASK).clamp(1, outer.max(1));
        pool::for_each(tasks, |task| {
            for plane in part(outer, tasks, task) {
                // SAFETY: the caller vouches for the buffers; a plane belongs to one task.
                unsafe {
                    let (y, x) = (y.get().add(plane * area), x.get().add(plane * windows).cast_const());
                    if T::SAME {
                        self.plane(y.cast(), x);
                        continue;
                    }
                    scratch::with(area, |sums: *mut T::Sum| {
                        self.plane(sums, x);
                        (0..area).for_each(|i| *y.add(i) = T::narrow(*sums.add(i)));
                    });
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_ir::DType;

    fn kernel(outer: usize, out: [usize; 2], kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2]) -> Fold {
        // One row and column more than the windows reach, which stay zero.
        let size = std::array::from_fn(|d| (out[d].max(1) - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 2);
        Fold { dtype: DType::F32, outer, size, out, kernel, stride, dilation }
    }

    fn expected(k: &Fold, x: &[f32]) -> Vec<f32> {
        let mut y = vec![0.0; k.outer * k.size[0] * k.size[1]];
        for (at, x) in x.iter().enumerate() {
            let (kj, ki) = (at % k.kernel[1], at / k.kernel[1] % k.kernel[0]);
            let at = at / (k.kernel[0] * k.kernel[1]);
            let (oj, oi, plane) = (at % k.out[1], at / k.out[1] % k.out[0], at / (k.out[0] * k.out[1]));
            let (i, j) = (oi * k.stride[0] + ki * k.dilation[0], oj * k.stride[1] + kj * k.dilation[1]);
            y[(plane * k.size[0] + i) * k.size[1] + j] += x;
        }
        y
    }

    #[test]
    fn windows_are_added() {
        let cases = [
            kernel(3, [4, 5], [2, 2], [2, 2], [1, 1]),
            kernel(3, [4, 5], [3, 3], [4, 3], [1, 1]),
            kernel(2, [5, 4], [3, 3], [1, 2], [1, 1]),
            kernel(1, [3, 3], [2, 4], [2, 1], [3, 2]),
            kernel(40, [24, 24], [2, 2], [1, 1], [1, 1]),
            kernel(0, [4, 4], [2, 2], [2, 2], [1, 1]),
            kernel(2, [0, 4], [2, 2], [2, 2], [1, 1]),
        ];
        for case in cases {
            let len = case.outer * case.out.iter().product::<usize>() * case.kernel.iter().product::<usize>();
            // Small whole numbers: sums are exact in any order, in f16 too.
            let x: Vec<f32> = (0..len).map(|i| (i * 7 % 13) as f32 - 6.0).collect();
            let want = expected(&case, &x);
            for threads in [1, 2, 3] {
                let mut y = vec![f32::NAN; want.len()];
                launch(&case, y.as_mut_ptr().cast(), x.as_ptr().cast_mut().cast(), threads);
                assert_eq!(y, want, "{case:?}, {threads} threads");
            }
            let half_x: Vec<half::f16> = x.iter().map(|&x| half::f16::from_f32(x)).collect();
            let mut y = vec![half::f16::NAN; want.len()];
            let half_case = Fold { dtype: DType::F16, ..case };
            launch(&half_case, y.as_mut_ptr().cast(), half_x.as_ptr().cast_mut().cast(), 2);
            assert!(y.iter().map(|y| y.to_f32()).eq(want), "{half_case:?}");
        }
    }

    fn launch(case: &Fold, y: *mut u8, x: *mut u8, threads: usize) {
        let (y, x) = (Shared::new(y), Shared::new(x));
        // SAFETY: the buffers hold what the kernel says.
        let run = || unsafe { compile(case).unwrap().launch(&[y.get(), x.get()], &[], &ErrorWord::default()) };
        pool::with_threads(threads, run);
    }
}
