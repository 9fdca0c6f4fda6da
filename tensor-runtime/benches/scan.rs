//! Scans and sorts along rows and along columns: time, and the bytes of `x` and `y` a second.
//! `cargo bench -p formwork-runtime --bench scan`

use formwork_runtime::{Device, Rng, Tensor};
use formwork_shapes::{Shape, runtime_dim};
use std::time::{Duration, Instant};

runtime_dim!(N);
runtime_dim!(M);

type Matrix = Tensor<(N, M)>;

fn random(rng: &mut Rng, sizes: [usize; 2]) -> Matrix {
    let data: Vec<f32> = rng.uniform_vec(sizes[0] * sizes[1], -1.0, 1.0).into_iter().map(|x: f64| x as f32).collect();
    Tensor::from_sizes(data, &sizes, &Device::cpu()).expect("memory")
}

/// The least time of calls that fill about a third of a second.
fn least(mut f: impl FnMut()) -> f64 {
    let started = Instant::now();
    let mut best = f64::INFINITY;
    let mut calls = 0;
    while calls < 5 || started.elapsed() < Duration::from_millis(300) {
        let t = Instant::now();
        f();
        best = best.min(t.elapsed().as_secs_f64());
        calls += 1;
    }
    best
}

fn report<S: Shape>(name: &str, x: &Matrix, bytes: usize, f: impl Fn(&Matrix) -> Tensor<S>) {
    let seconds = least(|| f(x).eval().expect("a value"));
    let (name, rate) = (format!("{name} {:?}", x.dims()), (x.len() * bytes) as f64 / seconds / 1e9);
    println!("{name:36} {:10.1} us {rate:6.1} GB/s", 1e6 * seconds);
}

fn main() {
    let rng = &mut Rng::seed(1);
    for sizes in [[1, 1 << 22], [1 << 10, 1 << 12], [1 << 16, 64], [1 << 10, 100]] {
        let x = random(rng, sizes);
        report("copy", &x, 8, |x| x.clone() * 2.0);
        report("cumsum, last axis", &x, 8, |x| x.cumsum::<1>());
        report("cumsum, first axis", &x, 8, |x| x.cumsum::<0>());
        report("cummax, last axis", &x, 8, |x| x.cummax::<1>().0);
        report("logcumsumexp, last axis", &x, 8, |x| x.logcumsumexp::<1>());
        report("sort, last axis", &x, 8, |x| x.sort::<1>().0);
        report("sort, first axis", &x, 8, |x| x.sort::<0>().0);
        report("topk of 5, last axis", &x, 4, |x| x.topk::<1, formwork_shapes::U5>().0);
    }
}
