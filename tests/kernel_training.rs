//! Kernels of the user's own in models and steps.

use formwork::device::{Buffer, cpu::with_threads};
use formwork::kernel::check;
use formwork::prelude::*;
use formwork::{plans_made, scope};
use std::sync::LazyLock;
use std::sync::{Mutex, MutexGuard};

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

dims! { Batch }

/// Until it is dropped, no other test runs: plans and buffers are counted for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// x * sigmoid(beta * x).
#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}

/// Rows divided by the root of their mean square, a block a row; and that root.
#[kernel(block = 64, grad = normed_grad)]
fn normed<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>, root: &mut Array<f32, (R,)>) {
    let row = block_idx();
    let mut sum = 0.0;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += x[(row, j)] * x[(row, j)];
    }
    let size = sqrt(block_reduce_sum(sum) / N as f32 + 1e-5);
    for j in (thread_idx()..N).step_by(block_dim()) {
        y[(row, j)] = x[(row, j)] / size;
    }
    if thread_idx() == 0 {
        root[row] = size;
    }
}

/// `dx = (g - y * mean(g * y)) / root`, and what comes by way of the root: `y * g_root / N`.
#[kernel(block = 64)]
fn normed_pull<R: Dim, N: Dim>(
    y: &Array<f32, (R, N)>,
    root: &Array<f32, (R,)>,
    g: &Array<f32, (R, N)>,
    g_root: &Array<f32, (R,)>,
    dx: &mut Array<f32, (R, N)>,
) {
    let row = block_idx();
    let mut sum = 0.0;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += g[(row, j)] * y[(row, j)];
    }
    let mean = block_reduce_sum(sum) / N as f32;
    for j in (thread_idx()..N).step_by(block_dim()) {
        dx[(row, j)] = (g[(row, j)] - y[(row, j)] * mean) / root[row] + y[(row, j)] * g_root[row] / N as f32;
    }
}

fn normed_grad<R: Dim, N: Dim>(
    _x: &Tensor<(R, N)>,
    y: &Tensor<(R, N)>,
    root: &Tensor<(R,)>,
    g: &Tensor<(R, N)>,
    g_root: &Tensor<(R,)>,
) -> Tensor<(R, N)> {
    normed_pull(y, root, g, g_root)
}

/// `table[index[i]]`; an index outside is an error.
#[kernel]
fn taken<N: Dim, M: Dim>(table: &Array<f32, (M,)>, index: &Array<i64, (N,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = table[index[global_idx()] as usize];
}

model! {
    struct Net {
        fc1: Linear(6 -> 32),
        fc2: Linear(32 -> 3),
    }
    fn forward(&self, x: [Batch, 6]) -> [Batch, 3] {
        let h = swish(self.fc1(x), 1.5);
        self.fc2(normed(h).0)
    }
}

fn data(n: usize) -> (Tensor<(Batch, U6)>, Tensor<(Batch,), i64>) {
    let mut rng = Rng::seed(7);
    let x: Tensor<(Batch, U6)> = rng.normal(&[n, 6]);
    let labels: Vec<i64> = (0..n as i64).map(|i| i % 3).collect();
    (x, Tensor::from_sizes(labels, &[n], &DEVICE).expect("as many labels"))
}

/// The losses of some steps.
fn train(steps: usize) -> Result<Vec<f32>> {
    let mut model = Net::new(&DEVICE, &mut Rng::seed(1))?;
    let mut opt = Sgd::new(0.1);
    let (x, labels) = data(24);
    let mut losses = vec![];
    for _ in 0..steps {
        let loss = model.eval().forward(&x).cross_entropy(&labels);
        opt.step(&mut model, loss.backward())?;
        losses.push(loss.item()?);
    }
    Ok(losses)
}

#[test]
fn a_model_with_kernels_trains_the_same_on_any_number_of_threads() -> Result<()> {
    let _alone = alone();
    let losses = train(60)?;
    assert!(losses[59] < 0.5 * losses[0], "{losses:?}");
    let bits = |x: Vec<f32>| x.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(with_threads(1, || train(10))?), bits(with_threads(2, || train(10))?));
    Ok(())
}

#[test]
fn the_kernel_is_what_it_says() -> Result<()> {
    let _alone = alone();
    let x: Tensor<(U5, U70)> = Rng::seed(3).normal(&[5, 70]);
    let plain = |x: &Tensor<(U5, U70)>| {
        let root = (x.square().mean_keep::<-1>() + 1e-5).sqrt();
        (x / &root, root.squeeze::<1>())
    };
    let near = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5 * (1.0 + b.abs()));
    let ((y, root), (py, proot)) = (normed(&x), plain(&x));
    assert!(near(y.to_vec()?, py.to_vec()?) && near(root.to_vec()?, proot.to_vec()?));
    let slope = |(y, root): (Tensor<(U5, U70)>, Tensor<(U5,)>)| grad(&(y.relu().sum() + root.square().sum()), &x);
    assert!(near(slope(normed(&x)).to_vec()?, slope(plain(&x)).to_vec()?));
    assert_eq!(check::run(|| normed(&x).0.to_vec())?, y.to_vec()?);
    Ok(())
}

#[test]
fn a_step_with_a_mistake_in_a_kernel_changes_nothing() -> Result<()> {
    let _alone = alone();
    let mut model = Net::new(&DEVICE, &mut Rng::seed(1))?;
    let mut opt = Sgd::new(0.1);
    let (x, labels) = data(24);
    let before = model.fc1.weight.to_vec()?;
    let table: Tensor<(U4,)> = Tensor::new([1.0, 2.0, 3.0, 4.0], &DEVICE)?;
    let index: Tensor<(U2,), i64> = Tensor::new([1, 4], &DEVICE)?;
    let loss =
        model.eval().forward(&x).cross_entropy(&labels) * scope("weights", || taken(&table, &index)).detach().sum();
    // A GPU says so at the next look.
    let looked = opt.step(&mut model, loss.backward()).and_then(|()| model.fc1.weight.to_vec());
    let error = looked.expect_err("an index outside").to_string();
    let what = match *DEVICE {
        Device::Cpu => "taken: index 4 is outside `table`, whose sizes are [4], at ",
        _ => "taken: an index outside an array",
    };
    for part in [what, "kernel_training.rs:", "in `weights`"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(model.fc1.weight.to_vec()?, before);
    drop(loss);
    let loss = model.eval().forward(&x).cross_entropy(&labels);
    opt.step(&mut model, loss.backward())?;
    assert_ne!(model.fc1.weight.to_vec()?, before);
    Ok(())
}

#[test]
fn a_step_with_kernels_plans_and_allocates_once() -> Result<()> {
    let _alone = alone();
    let mut model = Net::new(&DEVICE, &mut Rng::seed(1))?;
    let mut opt = Sgd::new(0.1);
    let (x, labels) = data(24);
    let mut step = || {
        let loss = model.eval().forward(&x).cross_entropy(&labels);
        opt.step(&mut model, loss.backward())?;
        loss.item()
    };
    step()?;
    step()?;
    let before = (plans_made(), Buffer::allocations());
    for _ in 0..10 {
        step()?;
    }
    assert_eq!((plans_made(), Buffer::allocations()), before);
    Ok(())
}
