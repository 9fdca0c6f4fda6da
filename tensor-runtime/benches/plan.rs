//! What the host does besides kernels: making nodes, planning, running a cached plan.
//! `cargo bench -p formwork-runtime --bench plan`

use formwork_runtime::{Device, Tensor, grad, plans_made};
use formwork_shapes::{U1, U16};
use std::time::Instant;

fn median(mut f: impl FnMut() -> f64, n: usize) -> f64 {
    let mut times: Vec<f64> = (0..n).map(|_| f()).collect();
    times.sort_by(f64::total_cmp);
    times[n / 2]
}

/// `n` nodes in a chain of products and sums.
fn chain(x: &Tensor<(U16,)>, c: &Tensor<(U16,)>, n: usize) -> Tensor<(U16,)> {
    let mut y = x.clone();
    for _ in 0..n / 2 {
        y = (&y * c) + x;
    }
    y
}

fn main() {
    let cpu = Device::cpu();
    let x = Tensor::<(U16,)>::new([1.0; 16], &cpu).expect("memory");
    let c = Tensor::<(U16,)>::new([0.999; 16], &cpu).expect("memory");

    let add = || {
        let t = Instant::now();
        for _ in 0..1000 {
            (&x + &c).eval().expect("an add");
        }
        t.elapsed().as_secs_f64() / 1000.0
    };
    add();
    println!("add of 16 elements, evaluated each time: {:.0} ns", 1e9 * median(add, 51));

    let build = || {
        let t = Instant::now();
        let y = chain(&x, &c, 1000);
        let seconds = t.elapsed().as_secs_f64();
        drop(y);
        seconds
    };
    println!("making 1,000 nodes: {:.1} us", 1e6 * median(build, 51));

    let run = || {
        let y = chain(&x, &c, 1000);
        let t = Instant::now();
        y.eval().expect("a chain");
        t.elapsed().as_secs_f64()
    };
    run();
    println!("evaluating 1,000 cached nodes: {:.1} us", 1e6 * median(run, 51));

    let one = Tensor::<(U1,)>::new([1.0], &cpu).expect("memory");
    let both = || {
        let t = Instant::now();
        let mut y = one.clone();
        let a = Tensor::<(U1,)>::new([1.0001], &cpu).expect("memory");
        let b = Tensor::<(U1,)>::new([1e-4], &cpu).expect("memory");
        for _ in 0..500 {
            y = &y * &a + &b;
        }
        grad(&y.sum(), &one).eval().expect("a gradient");
        t.elapsed().as_secs_f64()
    };
    both();
    println!("1,000 one-element ops forward and backward: {:.0} ns an op", 1e9 * median(both, 31) / 1000.0);

    plan_once(&x, &c);
}

/// Graphs whose plans do not exist yet.
fn plan_once(x: &Tensor<(U16,)>, c: &Tensor<(U16,)>) {
    for n in [1000, 4000] {
        let before = plans_made();
        let y = chain(x, c, n - 2 * n / 1000);
        let t = Instant::now();
        y.eval().expect("a chain");
        println!(
            "first evaluation of {n} nodes: {:.1} ms ({} plans)",
            1e3 * t.elapsed().as_secs_f64(),
            plans_made() - before
        );
    }
    let parts: Vec<_> = (0..100).map(|i| chain(x, c, 100 - 2 * (i % 5)).exp().sum()).collect();
    let sum = parts.into_iter().reduce(|a, b| a + b).expect("parts");
    let t = Instant::now();
    sum.eval().expect("a sum");
    println!("first evaluation of 10,000 nodes in 100 branches: {:.1} ms", 1e3 * t.elapsed().as_secs_f64());
}
