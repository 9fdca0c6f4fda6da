//! Graph, gradient and planner through the public API: what is computed, however it is planned.

use formwork_runtime::params::Param;
use formwork_runtime::{Device, Result, Tensor, eager, grad};
use formwork_shapes::{Perm3, U1, U2, U3, U4, U5, U6, U8, U12, runtime_dim};
use std::sync::LazyLock;

runtime_dim!(Batch);

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

fn ramp<S: formwork_shapes::Shape>(sizes: &[usize]) -> Tensor<S> {
    let n: usize = sizes.iter().product();
    let data: Vec<f32> = (0..n).map(|i| ((i * 7 + 3) % 11) as f32 / 4.0 - 1.0).collect();
    Tensor::from_sizes(data, sizes, &DEVICE).unwrap()
}

/// The values, planned and node by node, which must have the same bits.
fn both<S: formwork_shapes::Shape>(make: impl Fn() -> Tensor<S>) -> Vec<f32> {
    let planned = make().to_vec().unwrap();
    let eager = eager(true, || make().to_vec().unwrap());
    let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&planned), bits(&eager), "{planned:?} {eager:?}");
    planned
}

fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= 1e-5 * (1.0 + y.abs()), "{i}: {x} {y}\n{a:?}\n{b:?}");
    }
}

#[test]
fn maps_chain() {
    let x = Tensor::<(U4,)>::new([1.0, -2.0, 3.0, 0.5], &DEVICE).unwrap();
    close(&both(|| (&x * 1.5 + 0.25).relu()), &[1.75, 0.0, 4.75, 1.0]);
}

#[test]
fn broadcast_and_reduce() {
    let x: Tensor<(Batch, U3)> = ramp(&[2, 3]);
    let b = Tensor::<(U3,)>::new([10.0, 20.0, 30.0], &DEVICE).unwrap();
    let v = x.to_vec().unwrap();
    let expected: Vec<f32> = v.iter().zip([10.0, 20.0, 30.0].iter().cycle()).map(|(a, b)| a + b).collect();
    close(&both(|| &x + &b), &expected);
    close(
        &both(|| (&x + &b).sum_axis::<0>()),
        &[expected[0] + expected[3], expected[1] + expected[4], expected[2] + expected[5]],
    );
    close(&both(|| (&x + &b).sum_axis::<1>()), &[expected[..3].iter().sum(), expected[3..].iter().sum()]);
    close(&both(|| (&x + &b).mean()), &[expected.iter().sum::<f32>() / 6.0]);
}

#[test]
fn softmax_rows() {
    let x: Tensor<(U3, U4)> = ramp(&[3, 4]);
    let v = x.to_vec().unwrap();
    let mut expected = vec![];
    for row in v.chunks(4) {
        let sum: f32 = row.iter().map(|x| x.exp()).sum();
        expected.extend(row.iter().map(|x| x.exp() / sum));
    }
    close(&both(|| x.softmax::<-1>()), &expected);
    close(&both(|| x.softmax::<0>().sum_axis::<0>()), &[1.0; 4]);
    close(&both(|| x.log_softmax::<1>()), &expected.iter().map(|p| p.ln()).collect::<Vec<_>>());
    let text = x.softmax::<-1>().explain().unwrap();
    assert!(text.contains("1 kernels"), "{text}");
}

#[test]
fn views_compose() {
    let x: Tensor<(U2, U3, U4)> = ramp(&[2, 3, 4]);
    let v = x.to_vec().unwrap();
    let expected: Vec<f32> = (0..4)
        .flat_map(|k| (0..2).flat_map(move |i| (0..3).map(move |j| (i, j, k))))
        .map(|(i, j, k)| v[i * 12 + j * 4 + k] * 2.0)
        .collect();
    close(&both(|| x.permute::<Perm3<2, 0, 1>>() * 2.0), &expected);
    close(&both(|| (&x * 2.0).permute::<Perm3<2, 0, 1>>()), &expected);
    let flat = both(|| (&x * 2.0).permute::<Perm3<2, 0, 1>>().reshape::<(U8, U3)>().relu());
    close(&flat, &expected.iter().map(|x| x.max(0.0)).collect::<Vec<_>>());
    let again = both(|| (&x * 2.0).permute::<Perm3<2, 0, 1>>().reshape::<(U6, U4)>().exp());
    close(&again, &expected.iter().map(|x| x.exp()).collect::<Vec<_>>());
    close(
        &both(|| x.slice::<2, U1, U2>().sum_axis::<0>().sum_axis::<0>()),
        &[(0..6).map(|i| v[i * 4 + 1]).sum(), (0..6).map(|i| v[i * 4 + 2]).sum()],
    );
    close(&both(|| x.flip::<2>().slice::<2, formwork_shapes::U0, U1>().sum()), &[(0..6).map(|i| v[i * 4 + 3]).sum()]);
}

#[test]
fn pads_are_zero_whatever_is_computed_below() {
    let x = Tensor::<(U2,)>::new([1.0, 2.0], &DEVICE).unwrap();
    close(&both(|| x.exp().pad::<0, U1, U2>()), &[0.0, 1f32.exp(), 2f32.exp(), 0.0, 0.0]);
    close(&both(|| x.pad::<0, U1, U2>().exp()), &[1.0, 1f32.exp(), 2f32.exp(), 1.0, 1.0]);
    close(&both(|| x.pad::<0, U1, U2>().flip::<0>() * 3.0), &[0.0, 0.0, 6.0, 3.0, 0.0]);
}

#[test]
fn matmul_is_the_sum_of_products() {
    let (a, b): (Tensor<(U3, U4)>, Tensor<(U4, U5)>) = (ramp(&[3, 4]), ramp(&[4, 5]));
    let (x, y) = (a.to_vec().unwrap(), b.to_vec().unwrap());
    let at = |i: usize, j: usize| (0..4).map(|k| x[i * 4 + k] * y[k * 5 + j]).sum::<f32>();
    let expected: Vec<f32> = (0..15).map(|n| at(n / 5, n % 5)).collect();
    close(&both(|| a.matmul(&b)), &expected);
    close(&both(|| (a.matmul(&b) + 1.0).relu()), &expected.iter().map(|x| (x + 1.0).max(0.0)).collect::<Vec<_>>());
    close(&both(|| b.transpose::<0, 1>().matmul(&a.transpose::<0, 1>()).transpose::<0, 1>()), &expected);
}

/// Gradient of `f` at `x` in f64 against a central difference in a fixed direction.
fn check_grad<S: formwork_shapes::Shape>(sizes: &[usize], f: impl Fn(&Tensor<S, f64>) -> Tensor<(), f64>) {
    let n: usize = sizes.iter().product();
    // All different, so that no maximum is a tie.
    let at: Vec<f64> = (0..n).map(|i| (i as f64 * 1.7 + 0.3).sin() * 1.3).collect();
    let direction: Vec<f64> = (0..n).map(|i| ((i * 5 + 1) % 7) as f64 / 3.0 - 1.0).collect();
    let value = |h: f64| {
        let moved: Vec<f64> = at.iter().zip(&direction).map(|(x, d)| x + h * d).collect();
        f(&Tensor::from_sizes(moved, sizes, &DEVICE).unwrap()).item().unwrap()
    };
    let x = Tensor::<S, f64>::from_sizes(at.clone(), sizes, &DEVICE).unwrap();
    let g = grad(&f(&x), &x).to_vec().unwrap();
    let along: f64 = g.iter().zip(&direction).map(|(g, d)| g * d).sum();
    let h = 1e-5;
    let difference = (value(h) - value(-h)) / (2.0 * h);
    assert!((along - difference).abs() <= 1e-6 * (1.0 + difference.abs()), "{along} {difference}");
}

#[test]
fn gradients_agree_with_differences() {
    check_grad::<(U3, U4)>(&[3, 4], |x| x.softmax::<-1>().square().sum());
    check_grad::<(U3, U4)>(&[3, 4], |x| x.log_softmax::<0>().mul(x).mean());
    check_grad::<(U3, U4)>(&[3, 4], |x| x.matmul(&x.transpose::<0, 1>()).tanh().sum());
    check_grad::<(U2, U3, U4)>(&[2, 3, 4], |x| {
        x.permute::<Perm3<2, 0, 1>>().reshape::<(U2, U12)>().exp().max_axis::<1>().sum()
    });
    check_grad::<(U3, U4)>(&[3, 4], |x| {
        (x.slice::<1, U1, U2>().exp().pad::<1, U2, U1>().sigmoid()
            * x.sum_axis::<0>()
                .reshape::<(U1, U4)>()
                .expand::<(U3, U4)>()
                .slice::<1, formwork_shapes::U0, U1>()
                .expand::<(U3, U5)>())
        .sum()
    });
    check_grad::<(U3, U4)>(&[3, 4], |x| x.var_axis::<1>().sqrt().sum() + x.prod_axis::<0>().sum());
    check_grad::<(U4,)>(&[4], |x| grad(&x.powf(3.0).exp().sum(), x).square().mean());
}

#[test]
fn cross_entropy_and_its_gradient() -> Result<()> {
    let x: Tensor<(Batch, U4)> = ramp(&[3, 4]);
    let labels = Tensor::<(Batch,), i64>::new([2, 0, 3], &DEVICE)?;
    let v = x.to_vec()?;
    let mut loss = 0.0;
    let mut expected = vec![];
    for (row, &l) in v.chunks(4).zip(&[2usize, 0, 3]) {
        let sum: f32 = row.iter().map(|x| x.exp()).sum();
        loss += (sum.ln() - row[l]) / 3.0;
        expected.extend(row.iter().enumerate().map(|(i, x)| (x.exp() / sum - (i == l) as u8 as f32) / 3.0));
    }
    close(&both(|| x.cross_entropy(&labels)), &[loss]);
    close(&both(|| grad(&x.cross_entropy(&labels), &x)), &expected);
    let wrong = Tensor::<(Batch,), i64>::new([2, 4, 3], &DEVICE)?;
    let error = x.cross_entropy(&wrong).item().unwrap_err().to_string();
    assert!(error.contains("the label of sample 1 is outside 0..4"), "{error}");
    Ok(())
}

#[test]
fn backward_finds_parameters() -> Result<()> {
    let w = Param::<(U4, U3)>::new((0..12).map(|i| i as f32 / 10.0).collect::<Vec<_>>(), &DEVICE)?;
    let x: Tensor<(Batch, U4)> = ramp(&[2, 4]);
    let loss = x.matmul(&w).square().mean();
    let before = loss.item()?;
    let g = loss.backward().get(w.tensor()).unwrap().to_vec()?;
    assert_eq!(before.to_bits(), x.matmul(&w).square().mean().item()?.to_bits());
    let y = x.matmul(&w).to_vec()?;
    let v = x.to_vec()?;
    let at = |k: usize, j: usize| (0..2).map(|i| v[i * 4 + k] * y[i * 3 + j] / 3.0).sum::<f32>();
    close(&g, &(0..12).map(|n| at(n / 3, n % 3)).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn errors_wait_for_the_look() {
    let x: Tensor<(Batch, U3)> = ramp(&[2, 3]);
    let y: Tensor<(Batch, U3)> = ramp(&[4, 3]);
    let error = (&x + &y).relu().sum().item().unwrap_err().to_string();
    assert!(error.contains("add: run-time sizes differ: [2, 3] on the left, [4, 3] on the right"), "{error}");
    assert!(error.contains("graph.rs"), "{error}");
}

/// The result's rank is not that of the left operand, so the error must take the result's shape.
#[test]
fn errors_have_the_shape_of_the_result() {
    let x: Tensor<(Batch,)> = ramp(&[2]);
    let y: Tensor<(U3, Batch)> = ramp(&[3, 4]);
    let z = &x + &y;
    assert_eq!(z.dims().len(), 2);
    let error = z.transpose::<0, 1>().sum_axis::<1>().mean().item().unwrap_err().to_string();
    assert!(error.contains("add: run-time sizes differ: [2] on the left, [3, 4] on the right"), "{error}");
}
