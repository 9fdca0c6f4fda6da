//! Convolutions of LeNet and of a ResNet for CIFAR, forward and with both gradients: time and
//! GFLOP/s of an evaluation.
//! `cargo bench -p formwork-runtime --bench conv2d`

use formwork_runtime::{Device, Rng, Tensor, grad};
use formwork_shapes::{Shape, U0, U1, U2, U3, U5, U8, U12, U16, U28, U32, U64};
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

macro_rules! convolutions {
    ($rng:ident: $(($n:ident, $c:ident, $size:ident) * ($o:ident, $k:ident), stride $stride:ident, padding $padding:ident;)*) => { $({
        let (x, w) = (random::<($n, $c, $size, $size)>($rng), random::<($o, $c, $k, $k)>($rng));
        let y = || x.conv2d_with::<$stride, $padding, U1, _>(&w);
        let flops = 2.0 * (y().len() * w.len() / w.dims()[0]) as f64;
        let name = format!("{:?} * {:?}", x.dims(), w.dims());
        let forward = median(|| y().eval().expect("a convolution"));
        let all = median(|| {
            let loss = y().sum();
            grad(&loss, &x).eval().and_then(|()| grad(&loss, &w).eval()).expect("two convolutions");
        });
        let rate = |times: f64, seconds: f64| times * flops / seconds / 1e9;
        println!("{name:36} forward {:8.1} us {:4.0} GFLOP/s, gradients {:8.1} us {:4.0} GFLOP/s",
            1e6 * forward, rate(1.0, forward), 1e6 * all, rate(2.0, all));
    })* };
}

fn main() {
    let rng = &mut Rng::seed(1);
    convolutions!(rng:
        (U64, U1, U28) * (U16, U5), stride U1, padding U0;
        (U64, U16, U12) * (U32, U5), stride U1, padding U0;
        (U32, U3, U32) * (U16, U3), stride U1, padding U1;
        (U32, U16, U32) * (U16, U3), stride U1, padding U1;
        (U32, U16, U32) * (U32, U3), stride U2, padding U1;
        (U32, U32, U16) * (U32, U3), stride U1, padding U1;
        (U32, U32, U16) * (U64, U3), stride U2, padding U1;
        (U32, U64, U8) * (U64, U3), stride U1, padding U1;
    );
}
