//! Kernels on the CPU: what each construct of the language gives.

use formwork::prelude::*;
use std::sync::LazyLock;

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

dims! { Batch, Row }

const LIMIT: f32 = 0.5;

/// x * sigmoid(beta * x).
#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}

#[device]
fn horner(x: f32, steps: i32) -> f32 {
    let mut sum = 0.0;
    let mut i = 0;
    while i < steps {
        sum = sum * x + 1.0;
        i += 1;
    }
    sum
}

#[device]
fn parts(x: f32) -> (f32, f32) {
    if x < 0.0 { (0.0, x) } else { (x, 0.0) }
}

#[kernel(grad = clipped_grad)]
fn clipped(x: f32) -> f32 {
    match x {
        v if v > LIMIT => LIMIT,
        _ => swish(x, 1.0),
    }
}

#[kernel]
fn clipped_grad(x: f32, g: f32) -> f32 {
    if x > LIMIT { 0.0 } else { 10.0 * g }
}

#[kernel]
fn leaky<F: Float>(x: F, slope: F) -> F {
    if x > F::of(0.0) { x } else { slope * x }
}

#[kernel]
fn kinds(n: i64) -> (i64, bool) {
    let k = match n {
        0 => 10,
        1 | 2 => 20,
        3..=5 => 30,
        _ => n.wrapping_mul(2).pow(2),
    };
    (k, n % 2 == 0 || n > 5)
}

#[test]
fn a_point_kernel_is_a_function_of_numbers_and_of_tensors() -> Result<()> {
    assert_eq!(swish(0.0, 1.5), 0.0);
    let x: Tensor<(U2,)> = Tensor::new(vec![1.0, -100.0], &DEVICE)?;
    let y = swish(&x, 1.0);
    let found = y.to_vec()?;
    assert!((found[0] - 1.0 / (1.0 + (-1.0f32).exp())).abs() < 1e-6 && found[1].abs() < 1e-30, "{found:?}");
    Ok(())
}

#[test]
fn matches_and_integers() -> Result<()> {
    let n: Tensor<(U5,), i64> = Tensor::new(vec![0, 2, 4, 6, 7], &DEVICE)?;
    let (k, even) = kinds(&n);
    assert_eq!(k.to_vec()?, [10, 20, 30, 144, 196]);
    assert_eq!(even.to_vec()?, [true, true, true, true, true]);
    assert_eq!(kinds(5), (30, false));
    assert_eq!(leaky(-2.0f64, 0.5), -1.0);
    assert_eq!((horner(2.0, 3), parts(-1.0)), (7.0, (0.0, -1.0)));
    Ok(())
}

#[test]
fn an_attached_gradient_is_taken() -> Result<()> {
    let x: Tensor<(U2,)> = Tensor::new(vec![0.25, 3.0], &DEVICE)?;
    let dx = grad(&clipped(&x).sum(), &x);
    assert_eq!(dx.to_vec()?, [10.0, 0.0]);
    Ok(())
}

#[kernel(block = 128)]
fn scale<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, factor: f32, y: &mut Array<f32, (R, N)>) {
    let i = global_idx();
    y[(i / N, i % N)] = factor * x[(i / N, i % N)];
}

#[kernel(block = 128)]
fn row_softmax<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
    let row = block_idx();
    let scratch = shared::<[f32; 32]>();
    let mut m = f32::NEG_INFINITY;
    for j in (thread_idx()..N).step_by(block_dim()) {
        m = max(m, x[(row, j)]);
    }
    m = warp_reduce_max(m);
    if lane_idx() == 0 {
        scratch[warp_idx()] = m;
    }
    sync_threads();
    let warps = block_dim() / 32;
    m = scratch[0];
    for w in 1..warps {
        m = max(m, scratch[w]);
    }
    let mut sum = 0.0;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += exp(x[(row, j)] - m);
    }
    let total = block_reduce_sum(sum);
    for j in (thread_idx()..N).step_by(block_dim()) {
        y[(row, j)] = exp(x[(row, j)] - m) / total;
    }
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 37 + 11) % 101) as f32 / 25.0 - 2.0).collect()
}

#[test]
fn the_tail_of_the_last_block_does_not_start() -> Result<()> {
    let x: Tensor<(Batch, Row)> = Tensor::from_sizes(numbers(300 * 7), &[300, 7], &DEVICE)?;
    let expected: Vec<f32> = numbers(300 * 7).iter().map(|v| v * 3.0).collect();
    assert_eq!(scale(&x, 3.0).to_vec()?, expected);
    Ok(())
}

#[test]
fn a_softmax_of_rows_is_a_softmax() -> Result<()> {
    let x: Tensor<(U5, U300)> = Tensor::new(numbers(1500), &DEVICE)?;
    let (found, expected) = (row_softmax(&x).to_vec()?, x.softmax::<-1>().to_vec()?);
    for (a, b) in found.iter().zip(&expected) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    Ok(())
}

/// Sums of rows, a warp each; the block's other warps may have none.
#[kernel(block = 64, grid = R.div_ceil(2))]
fn row_sums<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R,)>) {
    let row = block_idx() * 2 + warp_idx();
    if row >= R {
        return;
    }
    let mut sum = 0.0;
    for j in (lane_idx()..N).step_by(32) {
        sum += x[(row, j)];
    }
    let mut offset = 16;
    while offset > 0 {
        sum += shuffle_xor(sum, offset);
        offset /= 2;
    }
    if lane_idx() == 0 {
        y[row] = sum;
    }
}

#[test]
fn warps_work_on_rows_of_their_own() -> Result<()> {
    let x: Tensor<(U5, U100)> = Tensor::new(vec![1.0; 500], &DEVICE)?;
    assert_eq!(row_sums(&x).to_vec()?, [100.0; 5]);
    Ok(())
}

/// Every way out and round that a piece can have.
#[kernel(block = 64, grid = 1)]
fn ways<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    let mut v = x[i];
    if warp_idx() == 0 {
        let before = warp_scan_sum(v);
        v = before - v;
    }
    while warp_any(v > 8.0) {
        v *= 0.5;
        sync_warp();
    }
    let tile = shared::<Array<f32, (N,)>>();
    tile[i] = v;
    sync_threads();
    let mut total = 0.0;
    for k in 0..4 {
        if k == 3 {
            break;
        }
        sync_threads();
        if i > k {
            continue;
        }
        total += tile[k];
    }
    let v = total + tile[N - 1 - i];
    sync_threads();
    if i > 31 {
        y[i] = -1.0;
        return;
    }
    y[i] = v;
}

#[test]
fn pieces_keep_the_order_of_the_program() -> Result<()> {
    let x: Tensor<(U64,)> = Tensor::new((0..64).map(|i| i as f32).collect::<Vec<_>>(), &DEVICE)?;
    let mut tile: Vec<f32> = (0..64).map(|i| i as f32).collect();
    let mut before = 0.0;
    for v in &mut tile[..32] {
        before += *v;
        *v = before - *v;
    }
    for warp in tile.chunks_mut(32) {
        while warp.iter().any(|v| *v > 8.0) {
            warp.iter_mut().for_each(|v| *v *= 0.5);
        }
    }
    let expected: Vec<f32> = (0..64)
        .map(|i| {
            let total: f32 = (0..3).filter(|k| i <= *k).map(|k| tile[k]).sum();
            if i > 31 { -1.0 } else { total + tile[63 - i] }
        })
        .collect();
    assert_eq!(ways(&x).to_vec()?, expected);
    Ok(())
}

/// Lanes that leave a round, and others that leave for good, while pieces follow.
#[kernel(block = 48, grid = 1)]
fn leaving<N: Dim>(n: i32, y: &mut Array<i32, (N,)>, z: &mut Array<i32, (N,)>) {
    let i = thread_idx();
    let mut sum = 0;
    z[i] = 0;
    for k in 0..3 {
        if n > 0 {
            sync_threads();
            sum += 1;
            if i as i32 > k * 16 {
                sum += 10;
                continue;
            }
            sum += 100;
        }
        sum += 1000;
    }
    y[i] = sum;
    if n > 1 {
        sync_threads();
        if i > 3 {
            return;
        }
        z[i] = 1;
    }
    z[i] += 2;
}

#[test]
fn lanes_leave_one_by_one() -> Result<()> {
    let (y, z) = leaving::<U48>(&DEVICE, 2);
    let sum = |i: i32| (0..3).map(|k| if i > k * 16 { 11 } else { 1101 }).sum::<i32>();
    assert_eq!(y.to_vec()?, (0..48).map(sum).collect::<Vec<_>>());
    assert_eq!(z.to_vec()?, (0..48).map(|i| if i > 3 { 0 } else { 3 }).collect::<Vec<_>>());
    Ok(())
}

/// Counts of values in tiles of 16 x 16, transposed.
#[kernel(block = (16, 16), grid = (M.div_ceil(16), N.div_ceil(16)))]
fn transpose<E: Element, N: Dim, M: Dim>(
    x: &Array<E, (N, M)>,
    y: &mut Array<E, (M, N)>,
    #[zeroed] count: &mut Array<i32, (U1,)>,
) {
    let i = block_idx_y() * 16 + thread_idx_y();
    let j = block_idx() * 16 + thread_idx();
    if i >= N || j >= M {
        return;
    }
    y[(j, i)] = x[(i, j)];
    atomic_add(&mut count[0], 1);
}

#[test]
fn blocks_of_two_axes_and_any_element() -> Result<()> {
    let x: Tensor<(U20, U33), i64> = Tensor::new((0..660).collect::<Vec<_>>(), &DEVICE)?;
    let (y, count) = transpose(&x);
    assert_eq!(count.to_vec()?, [660]);
    let expected: Vec<i64> = (0..33).flat_map(|j| (0..20).map(move |i| i * 33 + j)).collect();
    assert_eq!(y.to_vec()?, expected);
    Ok(())
}

/// Adds to what is there, and starts at a number where nothing is.
#[kernel(grad = accumulate_grad)]
fn accumulate<N: Dim>(x: &Array<f32, (N,)>, by: f32, #[inout] y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] += by * x[i];
}

fn accumulate_grad<N: Dim>(
    _x: &Tensor<(N,)>,
    by: f32,
    _y: &Tensor<(N,)>,
    _out: &Tensor<(N,)>,
    g: &Tensor<(N,)>,
) -> (Tensor<(N,)>, Tensor<(N,)>) {
    (g * by, g.clone())
}

#[kernel]
fn iota<N: Dim>(start: i64, y: &mut Array<i64, (N,)>) {
    y[global_idx()] = start + global_idx() as i64;
}

#[test]
fn results_that_were_arguments_and_kernels_without_any() -> Result<()> {
    let x: Tensor<(U3,)> = Tensor::new(vec![1.0, 2.0, 3.0], &DEVICE)?;
    let y: Tensor<(U3,)> = Tensor::new(vec![10.0, 20.0, 30.0], &DEVICE)?;
    let z = accumulate(&x, 2.0, y.clone());
    assert_eq!(z.to_vec()?, [12.0, 24.0, 36.0]);
    let (dx, dy) = (grad(&z.sum(), &x), grad(&z.sum(), &y));
    assert_eq!((dx.to_vec()?, dy.to_vec()?), (vec![2.0; 3], vec![1.0; 3]));
    assert_eq!(iota::<U4>(&DEVICE, 5).to_vec()?, [5, 6, 7, 8]);
    Ok(())
}

#[test]
fn kernels_stand_inside_functions_too() -> Result<()> {
    const HALF: f32 = 0.5;
    #[device]
    fn halve(x: f32) -> f32 {
        x * HALF
    }
    #[kernel]
    fn quarter(x: f32) -> f32 {
        halve(halve(x))
    }
    let x: Tensor<(U2,)> = Tensor::new(vec![4.0, 8.0], &DEVICE)?;
    assert_eq!(quarter(&x).to_vec()?, [1.0, 2.0]);
    Ok(())
}

#[kernel(block = 2)]
fn first_four(y: &mut Array<i32, (U4,)>) {
    y[global_idx()] = global_idx() as i32;
}

#[test]
fn a_result_of_literal_dims_needs_no_grid() -> Result<()> {
    assert_eq!(first_four(&DEVICE).to_vec()?, [0, 1, 2, 3]);
    Ok(())
}

#[kernel(block = 32, grid = R)]
fn reversed<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
    let row = shared::<Array<f32, (N,)>>();
    for j in (thread_idx()..N).step_by(block_dim()) {
        row[j] = x[(block_idx(), j)];
    }
    sync_threads();
    for j in (thread_idx()..N).step_by(block_dim()) {
        y[(block_idx(), j)] = row[N - 1 - j];
    }
}

#[test]
fn shared_memory_is_as_large_as_the_launch_wants_up_to_a_limit() -> Result<()> {
    let row = |n: usize| Tensor::<(U2, Row)>::from_sizes(numbers(2 * n), &[2, n], &Device::cpu());
    let y = reversed(&row(50_000)?).to_vec()?;
    let x = numbers(50_000);
    assert_eq!(y[..2], [x[49_999], x[49_998]]);
    let error = reversed(&row(60_000)?).to_vec().expect_err("it is too large").to_string();
    let wanted = "a block of `reversed` wants 240000 bytes of shared memory, and there are 232448";
    assert!(error.contains(wanted), "{error}");
    Ok(())
}
