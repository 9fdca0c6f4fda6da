//! Batch norm's statistics from step to step, and norms under their options.

use super::*;

dims! { Batch }

model! {
    struct Net {
        norm: BatchNorm2d(2),
        quick: BatchNorm2d(2, momentum = 0.5, eps = 0.1, affine = false),
    }
    fn forward(&self, x: [Batch, 2, 2, 2]) -> ([Batch, 2, 2, 2], [Batch, 2, 2, 2]) {
        (self.norm(x), self.quick(x))
    }
}

/// Mean and unbiased variance of each of two channels.
fn statistics(x: &[f32]) -> [[f64; 2]; 2] {
    let channel = |c: usize| -> Vec<f64> {
        x.iter().enumerate().filter(|(i, _)| i / 4 % 2 == c).map(|(_, &x)| f64::from(x)).collect()
    };
    let mean = |c: usize| channel(c).iter().sum::<f64>() / channel(c).len() as f64;
    let var = |c: usize| channel(c).iter().map(|x| (x - mean(c)).powi(2)).sum::<f64>() / (channel(c).len() - 1) as f64;
    [[mean(0), mean(1)], [var(0), var(1)]]
}

#[test]
fn running_statistics_follow_the_batches() -> Result<()> {
    let (model, mut rng) = (Net::new(&Device::cpu(), &mut Rng::seed(1))?, Rng::seed(2));
    let (mut mean, mut var, mut quick) = ([0.0; 2], [1.0; 2], [1.0; 2]);
    for step in 0..5 {
        let x = drawn::<(Batch, U2, U2, U2)>(step, &[3, 2, 2, 2]);
        let _ = model.train(&mut rng).forward(&x);
        let [m, v] = statistics(&x.to_vec()?);
        for c in 0..2 {
            mean[c] = 0.9 * mean[c] + 0.1 * m[c];
            var[c] = 0.9 * var[c] + 0.1 * v[c];
            quick[c] = 0.5 * quick[c] + 0.5 * v[c];
        }
    }
    near(&model.norm.running_mean.get().to_vec()?, &mean, 1e-6);
    near(&model.norm.running_var.get().to_vec()?, &var, 1e-6);
    near(&model.quick.running_var.get().to_vec()?, &quick, 1e-6);
    assert_eq!(model.norm.num_batches_tracked.get().item()?, 5);

    let x = drawn::<(Batch, U2, U2, U2)>(9, &[1, 2, 2, 2]);
    let (y, z) = model.eval().forward(&x);
    let by = |mean: &dyn Fn(usize) -> f64, var: &dyn Fn(usize) -> f64| -> Result<Vec<f64>> {
        let one = |(i, &x): (usize, &f32)| (f64::from(x) - mean(i / 4 % 2)) / var(i / 4 % 2).sqrt();
        Ok(x.to_vec()?.iter().enumerate().map(one).collect())
    };
    near(&y.to_vec()?, &by(&|c| mean[c], &|c| var[c] + 1e-5)?, 1e-5);
    let other = model.quick.running_mean.get().to_vec()?;
    near(&z.to_vec()?, &by(&|c| f64::from(other[c]), &|c| quick[c] + 0.1)?, 1e-5);
    assert_eq!(model.norm.num_batches_tracked.get().item()?, 5, "use gathers nothing");
    Ok(())
}

#[test]
fn the_batch_is_normalised_while_the_model_learns() -> Result<()> {
    let (model, mut rng) = (Net::new(&Device::cpu(), &mut Rng::seed(1))?, Rng::seed(2));
    let x = drawn::<(Batch, U2, U2, U2)>(3, &[4, 2, 2, 2]) * 3.0 + 7.0;
    let (y, _) = model.train(&mut rng).forward(&x);
    let [mean, var] = statistics(&y.to_vec()?);
    near(&mean, &[0.0, 0.0], 1e-6);
    // Divided by 15 here and by 16 there.
    near(&var, &[16.0 / 15.0; 2], 1e-4);
    Ok(())
}

#[test]
fn no_gradient_passes_through_running_statistics() -> Result<()> {
    let (model, mut rng) = (Net::new(&Device::cpu(), &mut Rng::seed(1))?, Rng::seed(2));
    let x = drawn::<(Batch, U2, U2, U2)>(3, &[4, 2, 2, 2]);
    let _ = model.train(&mut rng).forward(&x);
    let loss = model.norm.running_mean.get().sum();
    assert_eq!(grad(&loss, &x).to_vec()?, [0.0; 32]);
    Ok(())
}

#[test]
fn a_batch_of_one_cannot_be_learned_from() -> Result<()> {
    let (model, mut rng) = (Flat::new(&Device::cpu(), &mut Rng::seed(1))?, Rng::seed(2));
    let x = drawn::<(Batch, U3)>(3, &[1, 3]);
    let error = model.train(&mut rng).forward(&x).to_vec().err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("batch_norm: expected more than one element for each channel"), "{error}");
    assert_eq!(model.eval().forward(&x).dims(), [1, 3]);
    Ok(())
}

model! {
    struct Flat { norm: BatchNorm1d(3) }
    fn forward(&self, x: [Batch, 3]) -> [Batch, 3] {
        self.norm(x)
    }
    fn sequence(&self, x: [Batch, 3, 5]) -> [Batch, 3, 5] {
        self.norm(x)
    }
}

#[test]
fn batch_norm_1d_takes_sequences_too() -> Result<()> {
    let (model, mut rng) = (Flat::new(&Device::cpu(), &mut Rng::seed(1))?, Rng::seed(2));
    let x = drawn::<(Batch, U3, U5)>(3, &[2, 3, 5]);
    let y = model.train(&mut rng).sequence(&x);
    near(&y.sum_axes::<Axes2<0, 2>>().to_vec()?, &[0.0; 3], 1e-5);
    assert_eq!(model.norm.num_batches_tracked.get().item()?, 1);
    Ok(())
}

model! {
    struct Rows {
        layer: LayerNorm(4, eps = 0.5),
        rms: RmsNorm(4, eps = 0.0, affine = false),
    }
    fn forward(&self, x: [Batch, 4]) -> ([Batch, 4], [Batch, 4]) {
        (self.layer(x), self.rms(x))
    }
}

#[test]
fn layer_and_rms_norm_by_hand() -> Result<()> {
    let model = Rows::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = Tensor::<(Batch, U4)>::new([[1.0, -1.0, 2.0, -2.0]], &Device::cpu())?;
    let (layer, rms) = model.eval().forward(&x);
    let rows = [1.0, -1.0, 2.0, -2.0];
    near(&layer.to_vec()?, &rows.map(|x| x / (2.5f64 + 0.5).sqrt()), 1e-6);
    near(&rms.to_vec()?, &rows.map(|x| x / 2.5f64.sqrt()), 1e-6);
    Ok(())
}
