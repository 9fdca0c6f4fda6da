//! Norms, dropout, linear.

use super::*;
use formwork_runtime::dtype::{bf16, f16};
use formwork_shapes::*;

runtime_dim!(N);

#[test]
fn gradients_of_layer_and_rms_norm() {
    let (x, w, b) = (drawn::<(U3, U5)>(1), drawn::<(U5,)>(2), drawn::<(U5,)>(3));
    check(&x, |x| x.layer_norm(Some(&w), Some(&b), 1e-5));
    check(&w, |w| x.layer_norm(Some(w), Some(&b), 1e-5).square());
    check(&b, |b| x.layer_norm(Some(&w), Some(b), 1e-5).square());
    check(&x, |x| x.rms_norm(Some(&w), 1e-6));
    check(&w, |w| x.rms_norm(Some(w), 1e-6).square());
    check(&drawn::<(U2, U3, U4)>(1), |x| x.layer_norm_from::<1>(1e-5).exp());
}

#[test]
fn gradients_of_batch_norm() {
    let (x, w, b) = (drawn::<(U4, U3)>(1), drawn::<(U3,)>(2), drawn::<(U3,)>(3));
    check(&x, |x| x.batch_norm_train(Some(&w), Some(&b), 1e-5).y.exp());
    check(&w, |w| x.batch_norm_train(Some(w), Some(&b), 1e-5).y.square());
    check(&x, |x| x.batch_norm_train(None, None, 1e-5).var);
    check(&x, |x| x.batch_norm(&b, &w.square(), Some(&w), None, 1e-5).exp());
    check(&drawn::<(U2, U3, U2, U2)>(1), |x| x.batch_norm_train(Some(&w), Some(&b), 1e-5).y.exp());
    check(&drawn::<(U2, U3, U4)>(1), |x| x.batch_norm_train(None, Some(&b), 1e-5).y.exp());
}

#[test]
fn batch_norm_statistics() -> Result<()> {
    let x = of::<(U2, U2, U1, U2), f64>([1.0, 3.0, 10.0, 10.0, 5.0, 7.0, 10.0, 14.0]);
    let normed = x.batch_norm_train(None, None, 0.0);
    assert_eq!(normed.mean.to_vec()?, [4.0, 11.0]);
    // 9 + 1 + 1 + 9 and 1 + 1 + 1 + 9, over 3.
    assert_eq!(normed.var.to_vec()?, [20.0 / 3.0, 4.0]);
    let y = normed.y.to_vec()?;
    assert!((y[0] + 3.0 / 5f64.sqrt()).abs() < 1e-15 && (y[7] - 3f64.sqrt()).abs() < 1e-15, "{y:?}");
    Ok(())
}

#[test]
fn one_element_a_channel_is_not_enough_to_learn_from() {
    let x = sized::<(N, U2), f32>([1.0, 2.0], &[1, 2]);
    let normed = x.batch_norm_train(None, None, 1e-5);
    assert!(error(&normed.y).contains("more than one element"));
    assert!(normed.mean.eval().is_err() && normed.var.eval().is_err());
}

#[test]
fn a_constant_row_stays_finite() -> Result<()> {
    let x = Tensor::<(U2, U4)>::full(3e3);
    assert_eq!(x.layer_norm(None, None, 1e-5).to_vec()?, [0.0; 8]);
    assert_eq!(grad(&x.layer_norm(None, None, 1e-5).square().sum(), &x).to_vec()?, [0.0; 8]);
    Ok(())
}

#[test]
fn norms_in_half_precision() -> Result<()> {
    let x = [1.0, 3.0, -2.0, 6.0];
    let wanted = of::<(U4,), f64>(x).layer_norm(None, None, 1e-5).to_vec()?;
    let near = |found: Vec<f64>, by: f64| found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < by);
    assert!(near(of::<(U4,), f16>(x.map(f16::from_f64)).layer_norm(None, None, 1e-5).cast().to_vec()?, 5e-3));
    assert!(near(of::<(U4,), bf16>(x.map(bf16::from_f64)).layer_norm(None, None, 1e-5).cast().to_vec()?, 3e-2));
    Ok(())
}

#[test]
fn the_length_of_nothing_has_no_slope() -> Result<()> {
    let x = of::<(U2, U2), f64>([3.0, 4.0, 0.0, 0.0]);
    assert_eq!(x.norm_axis::<1>().to_vec()?, [5.0, 0.0]);
    assert_eq!(x.norm().item()?, 5.0);
    let slope = grad(&x.norm_axis::<1>().sum(), &x).to_vec()?;
    assert!(slope.iter().zip([0.6, 0.8, 0.0, 0.0]).all(|(a, b)| (a - b).abs() < 1e-15), "{slope:?}");
    check(&drawn::<(U2, U3)>(1), |x| x.exp().norm_axis::<0>());
    Ok(())
}

#[test]
fn gradients_of_linear() -> Result<()> {
    let (x, w, b) = (drawn::<(U2, U3, U4)>(1), drawn::<(U5, U4)>(2), drawn::<(U5,)>(3));
    check(&x, |x| x.linear(&w, Some(&b)).square());
    check(&w, |w| x.linear(w, Some(&b)).square());
    check(&b, |b| x.linear(&w, Some(b)).square());
    let none = sized::<(N, U4), f64>([], &[0, 4]);
    assert_eq!(none.linear(&w, Some(&b)).to_vec()?, []);
    assert_eq!(grad(&none.linear(&w, None).sum(), &w).to_vec()?, [0.0; 20]);
    assert_eq!(
        sized::<(U2, U0), f64>([], &[2, 0]).linear(&sized::<(U5, U0), f64>([], &[5, 0]), Some(&b)).to_vec()?,
        [b.to_vec()?, b.to_vec()?].concat()
    );
    Ok(())
}

#[test]
fn lerp_and_its_gradient() {
    let y = drawn::<(U2, U3)>(2);
    check(&drawn::<(U2, U3)>(1), |x| x.square().lerp(&y, 0.3));
    check(&drawn::<(U2, U3)>(1), |x| y.lerp(&x.square(), 0.3));
}

#[test]
fn dropout_drops_its_share_and_keeps_the_mean() -> Result<()> {
    let x = sized::<(N,), f32>(vec![1.0; 100_000], &[100_000]);
    for p in [0.1, 0.5, 0.9] {
        let y = x.dropout(p, &mut Rng::seed(7)).to_vec()?;
        let kept = y.iter().filter(|&&y| y != 0.0).count() as f64 / y.len() as f64;
        // Five standard deviations of the share of kept ones.
        assert!((kept - (1.0 - p)).abs() < 5.0 * (p * (1.0 - p) / 1e5).sqrt(), "{p}: {kept}");
        assert!(y.iter().all(|&y| y == 0.0 || (y - 1.0 / (1.0 - p as f32)).abs() < 1e-5));
    }
    assert_eq!(x.dropout(0.0, &mut Rng::seed(7)).to_vec()?, x.to_vec()?);
    assert_eq!(x.dropout(1.0, &mut Rng::seed(7)).sum().item()?, 0.0);
    assert!(matches!(failed(x.dropout(1.5, &mut Rng::seed(7)).eval()), Error::Setting { .. }));
    Ok(())
}

#[test]
fn dropout_draws_anew_and_drops_the_gradient_alike() -> Result<()> {
    let x = Tensor::<(U1000,), f64>::ones();
    let mut rng = Rng::seed(3);
    let (first, second) = (x.dropout(0.5, &mut rng), x.dropout(0.5, &mut rng));
    assert_ne!(first.to_vec()?, second.to_vec()?);
    assert_eq!(grad(&first.sum(), &x).to_vec()?, first.to_vec()?);
    assert_eq!(x.dropout(0.5, &mut Rng::seed(3)).to_vec()?, first.to_vec()?);
    let both = |x: &Tensor<(U4, U8), f64>| x.square().dropout(0.4, &mut Rng::seed(5));
    check(&drawn::<(U4, U8)>(1), both);
    Ok(())
}
