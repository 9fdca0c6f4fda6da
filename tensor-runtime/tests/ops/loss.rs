//! Losses.

use super::*;
use formwork_runtime::CrossEntropy;
use formwork_runtime::dtype::f16;
use formwork_shapes::*;

runtime_dim!(N);

#[test]
fn gradients_of_losses() {
    let (y, targets) = (drawn::<(U3, U4)>(2), of::<(U3, U4), f64>(Rng::seed(4).uniform_vec(12, 0.0, 1.0)));
    let x = drawn::<(U3, U4)>(1);
    check(&x, |x| x.mse_loss(&y));
    check(&x, |x| y.mse_loss_sum(x));
    check(&x, |x| x.mse_loss_none(&y));
    check(&x, |x| x.l1_loss(&y));
    check(&x, |x| x.l1_loss_none(&y));
    check(&x, |x| x.huber_loss(&y, 0.7));
    check(&x, |x| y.huber_loss_none(x, 0.7));
    check(&x, |x| x.smooth_l1_loss_none(&y, 0.7));
    check(&x, |x| x.smooth_l1_loss_sum(&y, 0.0));
    check(&x, |x| x.bce_with_logits_none(&targets));
    check(&x, |x| x.bce_with_logits(targets.clone()));
    check(&targets, |t| x.bce_with_logits_none(t));
    let weight = of::<(U4,), f64>([0.5, 1.0, 2.0, 3.0]);
    check(&x, |x| x.bce_with_logits_weighted(&targets, &weight));
    let labels = of::<(U3,), i64>([3, 0, -100]);
    check(&x, |x| x.cross_entropy(&labels));
    check(&x, |x| x.nll_loss(&labels));
    let smooth = CrossEntropy { label_smoothing: 0.2, ..Default::default() };
    check(&x, |x| x.cross_entropy_with(&labels, smooth));
    check(&x, |x| x.cross_entropy_none(&labels, smooth));
}

#[test]
fn losses_by_hand() -> Result<()> {
    let (x, y) = (of::<(U4,), f32>([0.0, 0.5, 3.0, -4.0]), Tensor::<(U4,)>::zeros());
    assert_eq!(x.mse_loss(&y).item()?, (0.25 + 9.0 + 16.0) / 4.0);
    assert_eq!(x.mse_loss_sum(&y).item()?, 25.25);
    assert_eq!(x.l1_loss(&y).item()?, 7.5 / 4.0);
    assert_eq!(x.huber_loss_none(&y, 1.0).to_vec()?, [0.0, 0.125, 2.5, 3.5]);
    assert_eq!(x.smooth_l1_loss_none(&y, 2.0).to_vec()?, [0.0, 0.0625, 2.0, 3.0]);
    assert_eq!(x.smooth_l1_loss_none(&y, 0.0).to_vec()?, [0.0, 0.5, 3.0, 4.0]);
    Ok(())
}

#[test]
fn losses_of_extreme_inputs_are_finite() -> Result<()> {
    let x = of::<(U6,), f32>([1e4, -1e4, 1e4, -1e4, 0.0, -0.0]);
    let y = of::<(U6,), f32>([1.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(x.bce_with_logits_none(&y).to_vec()?, [0.0, 1e4, 1e4, 0.0, 2f32.ln(), 2f32.ln()]);
    assert_eq!(grad(&x.bce_with_logits_sum(&y), &x).to_vec()?, [0.0, -1.0, 1.0, 0.0, -0.5, 0.5]);
    // Nothing cancels: ln(1 + e^-20) is kept where the logit is 20.
    let near = of::<(U1,), f32>([20.0]).bce_with_logits(of::<(U1,), f32>([1.0])).item()?;
    assert!((near as f64 / (-20f64).exp().ln_1p() - 1.0).abs() < 1e-6, "{near}");
    let far = of::<(U1,), f32>([3e38]).huber_loss(of::<(U1,), f32>([-1e38]), 0.5).item()?;
    assert!(far.is_infinite() || far > 1e38);
    let far = of::<(U2,), f32>([f32::INFINITY, 1e30]);
    assert_eq!(grad(&far.huber_loss_sum(Tensor::<(U2,)>::zeros(), 0.5), &far).to_vec()?, [0.5, 0.5]);
    let logits = of::<(U1, U3), f32>([1e38, -1e38, 0.0]);
    assert_eq!(logits.cross_entropy(of::<(U1,), i64>([0])).item()?, 0.0);
    Ok(())
}

#[test]
fn pos_weight_weighs_the_ones() -> Result<()> {
    let (x, y) = (Tensor::<(U2,), f64>::zeros(), of::<(U2,), f64>([1.0, 0.0]));
    let three = Tensor::<(), f64>::full(3.0);
    assert!((x.bce_with_logits_weighted(&y, &three).item()? - 2.0 * 2f64.ln()).abs() < 1e-15);
    Ok(())
}

#[test]
fn losses_of_nothing_are_nan_and_sums_zero() -> Result<()> {
    let x = sized::<(N, U3), f32>([], &[0, 3]);
    assert!(x.mse_loss(&x).item()?.is_nan());
    assert_eq!(x.mse_loss_sum(&x).item()?, 0.0);
    assert!(x.cross_entropy(sized::<(N,), i64>([], &[0])).item()?.is_nan());
    Ok(())
}

#[test]
fn sizes_that_differ_at_run_time_are_an_error() {
    let (x, y) = (sized::<(N,), f32>([0.0; 1], &[1]), sized::<(N,), f32>([0.0; 3], &[3]));
    // A batch of one does not broadcast: the types say that it is the same batch.
    assert!(matches!(failed(x.mse_loss(&y).item()), Error::Dims { op: "mse_loss", .. }));
    assert!(x.bce_with_logits(&y).item().is_err());
    let logits = sized::<(N, U2), f32>([0.0; 4], &[2, 2]);
    assert!(logits.cross_entropy(sized::<(N,), i64>([0; 3], &[3])).item().is_err());
    assert!(logits.cross_entropy_none(sized::<(N,), i64>([0; 3], &[3]), Default::default()).eval().is_err());
}

#[test]
fn labels_outside_fail_and_ignored_ones_do_not_count() -> Result<()> {
    let x = of::<(U2, U2), f64>([0.0, 0.0, 5.0, -5.0]);
    assert_eq!(x.cross_entropy(of::<(U2,), i64>([1, -100])).item()?, 2f64.ln());
    assert!(error(&x.cross_entropy(of::<(U2,), i64>([1, 2]))).contains("label of sample 1"));
    assert!(error(&x.nll_loss(of::<(U2,), i64>([-1, 0]))).contains("label of sample 0"));
    assert_eq!(x.nll_loss(of::<(U2,), i64>([1, 1])).item()?, 2.5);
    let other = CrossEntropy { ignore_index: 0, ..Default::default() };
    assert_eq!(x.cross_entropy_none(of::<(U2,), i64>([0, 0]), other).to_vec()?, [0.0, 0.0]);
    Ok(())
}

#[test]
fn losses_in_half_precision() -> Result<()> {
    let (x, y) = (of::<(U2,), f16>([1.0, 3.0].map(f16::from_f32)), Tensor::<(U2,), f16>::zeros());
    assert_eq!(x.mse_loss(&y).item()?, f16::from_f32(5.0));
    assert_eq!(x.huber_loss(&y, 1.0).item()?, f16::from_f32(1.5));
    Ok(())
}
