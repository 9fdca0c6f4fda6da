//! A step of the heat equation on a grid: `y = x + c (up + down + left + right - 4 x)`, its edges insulated: what lies
//! outside is as warm as the edge.
//!
//! A thread a point. Four of its five reads hit the cache, since its neighbours read the same; a tile in shared memory with
//! a halo, the textbook's next step, only moves the same bytes once more. The step is symmetric as a matrix, so its
//! gradient is the step itself.
//!
//! The planner has no program for this that reads each point once: composed of views, it is five padded maps.

use crate::case::{Case, Size};
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Float, Tensor};

/// One step; `c` is `diffusivity * dt / dx^2`, stable up to 0.25.
#[kernel(block = (128, 4), grid = (M.div_ceil(128), N.div_ceil(4)), grad = heat_grad)]
pub fn heat<E: Float, N: Dim, M: Dim>(x: &Array<E, (N, M)>, c: f32, y: &mut Array<E, (N, M)>) {
    let i = block_idx_y() * 4 + thread_idx_y();
    let j = block_idx() * 128 + thread_idx();
    if i < N && j < M {
        let here = cast::<f32>(x[(i, j)]);
        let up = if i > 0 { cast::<f32>(x[(i - 1, j)]) } else { here };
        let down = if i + 1 < N { cast::<f32>(x[(i + 1, j)]) } else { here };
        let left = if j > 0 { cast::<f32>(x[(i, j - 1)]) } else { here };
        let right = if j + 1 < M { cast::<f32>(x[(i, j + 1)]) } else { here };
        y[(i, j)] = cast::<E>(fma(c, (up + down) + (left + right) - 4.0 * here, here));
    }
}

fn heat_grad<E: Float, N: Dim, M: Dim>(
    _: &Tensor<(N, M), E>,
    c: f32,
    _: &Tensor<(N, M), E>,
    g: &Tensor<(N, M), E>,
) -> Tensor<(N, M), E> {
    heat(g, c)
}

/// One step on rows of `m` in plain Rust.
pub fn reference(x: &[f64], m: usize, c: f64) -> Vec<f64> {
    let n = x.len() / m;
    let at = |i: usize, j: usize| x[i.min(n - 1) * m + j.min(m - 1)];
    let point = |p: usize| {
        let (i, j) = (p / m, p % m);
        let around = at(i.saturating_sub(1), j) + at(i + 1, j) + at(i, j.saturating_sub(1)) + at(i, j + 1);
        x[p] + c * (around - 4.0 * x[p])
    };
    (0..x.len()).map(point).collect()
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (n, m) = size.pick((13, 77), (16_384, 16_384));
    let case = |e: DType| {
        Case::new(format!("heat/{e}"), &heat::SOURCE, [e.into(), n.into(), m.into()])
            .scalars(&[0.2])
            .bytes(2 * n * m * e.size() as u64)
    };
    [DType::F32, DType::BF16].map(case).to_vec()
}
