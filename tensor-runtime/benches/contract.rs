//! Matrix products in the shapes of small models: time and GFLOP/s of an evaluation.
//! `cargo bench -p formwork-runtime --bench contract`

use formwork_runtime::{Device, Rng, Tensor};
use formwork_shapes::{Shape, U1, U10, U32, U128, U256, U384, U512, U784, U1024, U2048};
use std::time::{Duration, Instant};

fn random<S: Shape>(rng: &mut Rng) -> Tensor<S> {
    let len = Tensor::<S>::dry().len();
    let data: Vec<f32> = rng.uniform_vec(len, -1.0, 1.0).into_iter().map(|x| x as f32).collect();
    Tensor::new(data, &Device::cpu()).expect("memory")
}

/// The median time of calls that fill about a fifth of a second.
fn median(mut f: impl FnMut()) -> f64 {
    let started = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || started.elapsed() < Duration::from_millis(200) {
        let t = Instant::now();
        f();
        times.push(t.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn show(name: &str, flops: f64, seconds: f64) {
    println!("{name:40} {:10.1} us {:6.0} GFLOP/s", 1e6 * seconds, flops / seconds / 1e9);
}

/// `[M, K] x [K, N]`, then with each operand transposed.
macro_rules! products {
    ($rng:ident: $(($m:ident, $k:ident, $n:ident))*) => { $({
        let (a, b) = (random::<($m, $k)>($rng), random::<($k, $n)>($rng));
        let (at, bt) = (random::<($k, $m)>($rng), random::<($n, $k)>($rng));
        let (m, k, n) = (a.dims()[0], a.dims()[1], b.dims()[1]);
        let flops = 2.0 * (m * k * n) as f64;
        let name = |kind: &str| format!("{m} x {k} x {n}{kind}");
        show(&name(""), flops, median(|| a.matmul(&b).eval().expect("a product")));
        show(&name(", a transposed"), flops, median(|| at.transpose::<0, 1>().matmul(&b).eval().expect("a product")));
        show(&name(", b transposed"), flops, median(|| a.matmul(&bt.transpose::<0, 1>()).eval().expect("a product")));
    })* };
}

fn main() {
    let rng = &mut Rng::seed(1);
    products!(rng: (U256, U256, U256) (U512, U512, U512) (U1024, U1024, U1024) (U2048, U2048, U2048));
    // A perceptron's layers and their gradients, for a batch of 128 and for one sample.
    products!(rng: (U128, U784, U512) (U128, U512, U512) (U128, U512, U10) (U512, U128, U784) (U1, U784, U512));
    // A transformer's.
    products!(rng: (U1024, U128, U384) (U1024, U512, U128));
    let (q, k) = (random::<(U32, U128, U32)>(rng), random::<(U32, U32, U128)>(rng));
    let scores = median(|| q.matmul(&k).eval().expect("a product"));
    show("32 of 128 x 32 x 128", 2.0 * (32 * 128 * 128 * 32) as f64, scores);
}
