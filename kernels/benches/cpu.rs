//! Kernels on the CPU beside the same algorithms as plain Rust loops, and beside the tensor operations that say the same:
//! `cargo bench -p formwork-kernels --bench cpu`.
//!
//! All are compiled for the instruction set that the processor has, and run on one thread, in turns; medians. What a
//! kernel costs beside its loops (the graph, the launch) is in its time.

use formwork_kernels::{cross_entropy, cumsum, embedding, heat, matmul, norm, philox, softmax, topk, transpose};
use formwork_runtime::device::cpu::with_threads;
use formwork_runtime::kernel::{Array, kernel};
use formwork_runtime::*;
use std::hint::black_box;
use std::time::Instant;

extern crate formwork_runtime as formwork;

/// `y = a x + b`, a thread an element.
#[kernel(no_grad)]
fn saxpy<N: Dim>(a: f32, x: &Array<f32, (N,)>, b: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = fma(a, x[i], b[i]);
}

/// The normal distribution's weight of `x`, by tanh, a thread an element.
#[kernel(no_grad)]
fn gelu<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    let v = x[i];
    y[i] = 0.5 * v * (1.0 + tanh(0.797_884_6 * (v + 0.044_715 * v * v * v)));
}

/// The plain loops. Each is compiled for AVX-512, AVX2 and any processor.
mod plain {
    use formwork_runtime::kernel::language::{exp, fma, max, tanh};

    macro_rules! isas {
        ($(fn $name:ident($($x:ident: $t:ty),*) $body:block)*) => { $(
            pub fn $name($($x: $t),*) {
                #[inline(always)]
                fn loops($($x: $t),*) $body
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                    fn avx512($($x: $t),*) {
                        loops($($x),*)
                    }
                    #[target_feature(enable = "avx2,fma")]
                    fn avx2($($x: $t),*) {
                        loops($($x),*)
                    }
                    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                        // SAFETY: the processor has it, and with it the others on every processor there is.
                        return unsafe { avx512($($x),*) };
                    }
                    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                        // SAFETY: the processor has both.
                        return unsafe { avx2($($x),*) };
                    }
                }
                loops($($x),*)
            }
        )* };
    }

    isas! {
        fn saxpy(a: f32, x: &[f32], b: &[f32], y: &mut [f32]) {
            for ((y, x), b) in y.iter_mut().zip(x).zip(b) {
                *y = fma(a, *x, *b);
            }
        }

        fn gelu(x: &[f32], y: &mut [f32]) {
            for (y, &v) in y.iter_mut().zip(x) {
                *y = 0.5 * v * (1.0 + tanh(0.797_884_6 * (v + 0.044_715 * v * v * v)));
            }
        }

        fn heat(c: f32, m: usize, x: &[f32], y: &mut [f32]) {
            let n = x.len() / m;
            for i in 0..n {
                let row = &x[i * m..][..m];
                let up = &x[i.saturating_sub(1) * m..][..m];
                let down = &x[(i + 1).min(n - 1) * m..][..m];
                let y = &mut y[i * m..][..m];
                let point = |j: usize, left: f32, right: f32| {
                    fma(c, (up[j] + down[j]) + (left + right) - 4.0 * row[j], row[j])
                };
                y[0] = point(0, row[0], row[1]);
                y[m - 1] = point(m - 1, row[m - 2], row[m - 1]);
                let inner = 1..m - 1;
                let sides = row.iter().zip(&row[2..]);
                let ends = up[inner.clone()].iter().zip(&down[inner.clone()]);
                for (((y, &x), (left, right)), (up, down)) in
                    y[inner.clone()].iter_mut().zip(&row[inner]).zip(sides).zip(ends)
                {
                    *y = fma(c, (up + down) + (left + right) - 4.0 * x, x);
                }
            }
        }

        fn softmax(n: usize, x: &[f32], y: &mut [f32]) {
            for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
                let mut m = f32::MIN;
                let mut sums = [0.0f32; 8];
                for f in x.chunks_exact(8) {
                    let top = f.iter().fold(m, |m, &f| max(m, f));
                    let shrink = exp(m - top);
                    for (sum, f) in sums.iter_mut().zip(f) {
                        *sum = fma(*sum, shrink, exp(f - top));
                    }
                    m = top;
                }
                let scale = 1.0 / sums.iter().sum::<f32>();
                for (y, x) in y.iter_mut().zip(x) {
                    *y = exp(x - m) * scale;
                }
            }
        }

        fn softmax_naive(n: usize, x: &[f32], y: &mut [f32]) {
            for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
                let mut m = [f32::NEG_INFINITY; 16];
                for x in x.chunks_exact(16) {
                    m.iter_mut().zip(x).for_each(|(m, &x)| *m = max(*m, x));
                }
                let m = m.into_iter().fold(f32::NEG_INFINITY, max);
                let mut sums = [0.0f32; 16];
                for x in x.chunks_exact(16) {
                    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += exp(x - m));
                }
                let sum: f32 = sums.iter().sum();
                for (y, x) in y.iter_mut().zip(x) {
                    *y = exp(x - m) / sum;
                }
            }
        }

        fn cumsum(n: usize, x: &[f32], y: &mut [f32]) {
            for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
                let mut sum = 0.0;
                for (y, x) in y.iter_mut().zip(x) {
                    sum += x;
                    *y = sum;
                }
            }
        }

        fn matmul(n: usize, x: &[f32], w: &[f32], y: &mut [f32]) {
            let mut sums = vec![[[0.0f32; 8]; 8]; 256];
            let mut xs = [[0.0f32; 128]; 16];
            let mut ws = [[0.0f32; 128]; 16];
            for (top, left) in (0..n / 128).flat_map(|i| (0..n / 128).map(move |j| (128 * i, 128 * j))) {
                sums.fill([[0.0; 8]; 8]);
                for tile in (0..n).step_by(16) {
                    for i in 0..128 {
                        for k in 0..16 {
                            xs[k][i] = x[(top + i) * n + tile + k];
                        }
                    }
                    for k in 0..16 {
                        ws[k].copy_from_slice(&w[(tile + k) * n + left..][..128]);
                    }
                    for (t, sums) in sums.iter_mut().enumerate() {
                        let (i, j) = (t / 16 * 8, t % 16 * 8);
                        for k in 0..16 {
                            for a in 0..8 {
                                for b in 0..8 {
                                    sums[a][b] = fma(xs[k][i + a], ws[k][j + b], sums[a][b]);
                                }
                            }
                        }
                    }
                }
                for (t, sums) in sums.iter().enumerate() {
                    for (a, sums) in sums.iter().enumerate() {
                        let start = (top + t / 16 * 8 + a) * n + left + t % 16 * 8;
                        y[start..start + 8].copy_from_slice(sums);
                    }
                }
            }
        }
    }
}

runtime_dim!(Long);
runtime_dim!(Rows);

const ROUNDS: usize = 31;

/// Whether the command line names it, or nothing.
fn is_wanted(name: &str) -> bool {
    let mut parts = std::env::args().skip(1).filter(|a| !a.starts_with("--")).peekable();
    parts.peek().is_none() || parts.any(|part| name.contains(&part))
}

/// The medians of both, which run in turns, in microseconds.
fn medians(mut one: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e6
    };
    let mut times: [Vec<f64>; 2] = [vec![], vec![]];
    for _ in 0..ROUNDS {
        times[0].push(time(&mut one));
        times[1].push(time(&mut other));
    }
    times.iter_mut().for_each(|t| t.sort_by(f64::total_cmp));
    (times[0][ROUNDS / 2], times[1][ROUNDS / 2])
}

/// A kernel and plain loops.
fn compare<S: Shape>(name: &str, work: impl Fn() -> Tensor<S>, mut plain: impl FnMut(&mut [f32])) {
    if !is_wanted(name) {
        return;
    }
    let mut y = work().to_vec().expect("a value");
    let found = y.clone();
    plain(&mut y);
    let far = found.iter().zip(&y).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max);
    assert!(far < 1e-3, "{name}: they differ by {far}");
    let (kernel, plain) = medians(|| work().eval().expect("a value"), || plain(black_box(&mut y)));
    println!("{name:28} {kernel:10.1} us, plain Rust {plain:10.1} us, ratio {:.2}", kernel / plain);
}

/// A kernel and tensor operations.
fn beside<S: Shape, T: Shape, E: Element>(name: &str, work: impl Fn() -> Tensor<S, E>, op: impl Fn() -> Tensor<T, E>) {
    if is_wanted(name) {
        let (kernel, op) = medians(|| work().eval().expect("a value"), || op().eval().expect("a value"));
        println!("{name:28} {kernel:10.1} us, operations {op:10.1} us, ratio {:.2}", kernel / op);
    }
}

fn random<S: Shape>(rng: &mut Rng, sizes: &[usize]) -> (Vec<f32>, Tensor<S>) {
    let n = sizes.iter().product();
    let data: Vec<f32> = rng.uniform_vec(n, -3.0, 3.0).into_iter().map(|x| x as f32).collect();
    let tensor = Tensor::from_sizes(&data, sizes, &Device::Cpu).expect("memory");
    (data, tensor)
}

fn main() {
    with_threads(1, || {
        let rng = &mut Rng::seed(1);
        let (xs, x) = random::<(Long,)>(rng, &[1 << 20]);
        let (bs, b) = random::<(Long,)>(rng, &[1 << 20]);
        compare("saxpy, 2^20", || saxpy(1.5, &x, &b), |y| plain::saxpy(1.5, &xs, &bs, y));
        compare("gelu, 2^20", || gelu(&x), |y| plain::gelu(&xs, y));
        let (xs, x) = random::<(U1024, U1024)>(rng, &[1024, 1024]);
        compare("heat, 1024 x 1024", || heat::heat(&x, 0.2), |y| plain::heat(0.2, 1024, &xs, y));
        compare("softmax, 1024 x 1024", || softmax::softmax(&x), |y| plain::softmax_naive(1024, &xs, y));
        compare("running sums, 1024 x 1024", || cumsum::cumsum(&x), |y| plain::cumsum(1024, &xs, y));
        let (xs, x) = random::<(U256, U8192)>(rng, &[256, 8192]);
        compare("softmax, 256 x 8192", || softmax::softmax(&x), |y| plain::softmax(8192, &xs, y));
        compare("running sums, 256 x 8192", || cumsum::cumsum(&x), |y| plain::cumsum(8192, &xs, y));
        let (xs, x) = random::<(U512, U512)>(rng, &[512, 512]);
        let (ws, w) = random::<(U512, U512)>(rng, &[512, 512]);
        compare("matmul, 512", || matmul::matmul(&x, &w), |y| plain::matmul(512, &xs, &ws, y));
        operations(rng);
        sums_by_token(rng);
    });
}

/// The first of rows of sizes that are known when they run, as the variant has them.
fn top(rng: &mut Rng) {
    macro_rules! cases { ($($rows:literal $n:literal $K:ident)*) => { $(
        let (_, x) = random::<(Rows, Long)>(rng, &[$rows, $n]);
        let kernel = || topk::topk::<$K, _, _, _>(&x);
        beside(concat!("op top ", stringify!($K of $rows x $n)), || kernel().1, || x.topk::<1, $K>().1);
        let x = x.cast::<bf16>();
        x.eval().expect("a value");
        let kernel = || topk::topk::<$K, _, _, _>(&x);
        beside(concat!("op top ", stringify!($K of $rows x $n), ", bf16"), || kernel().1, || x.topk::<1, $K>().1);
    )* } }
    cases! {
        1024 1024 U1 1024 1024 U5 1024 1024 U16 1024 1024 U50 1024 1024 U200 16384 64 U2 16384 64 U5 16384 64 U16 4096 256 U5
        32 32768 U5 32 32768 U50 32 32768 U200
    }
}

/// The gradient of an embedding of 1024 rows, for as many tokens.
fn sums_by_token(rng: &mut Rng) {
    macro_rules! cases { ($($V:ident $v:literal $tokens:literal $D:ident $d:literal)*) => { $(
        let (_, g) = random::<(Rows, $D)>(rng, &[$tokens, $d]);
        let (_, table) = random::<($V, $D)>(rng, &[$v, $d]);
        let tokens: Vec<i64> = (0..$tokens).map(|i: i64| i.wrapping_mul(0x9e37_79b9) % $v).collect();
        let tokens = Tensor::<(Rows,), i64>::from_sizes(tokens, &[$tokens], &Device::Cpu).expect("memory");
        let op = || grad(&(tokens.embedding(&table) * &g).sum(), &table);
        let name = |kernel: &str| format!("op embedding gradient of {} tokens, {} x {}, {kernel}", $tokens, $v, $d);
        beside(&name("atomics"), || embedding::embedding_scatter::<_, _, $V, _>(&tokens, &g), op);
        let sorted = || {
            let order = tokens.argsort::<0>();
            let sorted = tokens.gather::<0, _>(&order);
            embedding::embedding_sorted::<_, _, $V, _>(&sorted, &order, &g)
        };
        beside(&name("sorted"), sorted, op);
        beside(&name("forward"), || embedding::embedding_rows(&tokens, &table), || tokens.embedding(&table) + 0.0);
    )* } }
    cases! { U1024 1024 1024 U256 256 U8192 8192 1024 U256 256 U8192 8192 8192 U64 64 U32 32 8192 U64 64 }
}

fn operations(rng: &mut Rng) {
    let (_, x) = random::<(U1024, U1024)>(rng, &[1024, 1024]);
    let (_, g) = random::<(U1024, U1024)>(rng, &[1024, 1024]);
    let ((_, w), (_, b)) = (random::<(U1024,)>(rng, &[1024]), random::<(U1024,)>(rng, &[1024]));
    let labels: Vec<i64> = (0..1024).map(|i| i * 7 % 1024).collect();
    let labels = Tensor::<(U1024,), i64>::from_sizes(labels, &[1024], &Device::Cpu).expect("memory");
    let slope = |y: Tensor<(U1024, U1024)>| grad(&(y * &g).sum(), &x);
    beside("op softmax", || softmax::softmax(&x), || x.softmax::<-1>());
    beside("op softmax, gradient", || slope(softmax::softmax(&x)), || slope(x.softmax::<-1>()));
    let by_op = || x.layer_norm(Some(&w), Some(&b), 1e-5);
    beside("op layer norm", || norm::layer_norm(&x, &w, &b, 1e-5), by_op);
    beside("op layer norm, gradient", || slope(norm::layer_norm(&x, &w, &b, 1e-5)), || slope(by_op()));
    let loss = || cross_entropy::cross_entropy(&x, &labels).mean();
    beside("op cross entropy", loss, || x.cross_entropy(&labels));
    beside("op cross entropy, gradient", || grad(&loss(), &x), || grad(&x.cross_entropy(&labels), &x));
    beside("op running sums", || cumsum::cumsum(&x), || x.cumsum::<1>());
    top(rng);
    beside("op transpose", || transpose::transpose(&x), || x.transpose::<0, 1>() + 0.0);
    beside("op matmul", || matmul::matmul(&x, &g), || x.matmul(&g));
    beside(
        "op uniform",
        || philox::uniform::<U1024>(&Device::Cpu, 1, 0),
        || Rng::seed(1).uniform::<(U1024,), f32>(&[1024]),
    );
}
