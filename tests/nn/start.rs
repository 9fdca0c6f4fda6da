//! What layers start from, and the names of what they hold.

use super::*;

dims! { Batch }

model! {
    struct Everything {
        linear: Linear(8 -> 4),
        bare: Linear(4 -> 4, bias = false),
        conv: Conv2d(4 -> 6, 3, stride = 2, padding = 1),
        grouped: Conv2d(4 -> 6, 3, groups = 2, bias = false),
        norm1d: BatchNorm1d(4),
        norm2d: BatchNorm2d(6, affine = false),
        layer: LayerNorm(4),
        plain: LayerNorm(4, affine = false),
        unbiased: LayerNorm(4, bias = false),
        rms: RmsNorm(4),
        rows: Embedding(10 -> 3),
        drop: Dropout(0.1),
        pool: MaxPool2d(2),
        act: Gelu,
        free: Param([2, 3], std = 0.5),
    }
    fn forward(&self, x: [Batch, 8]) -> [Batch, 4] {
        self.linear(x)
    }
}

#[test]
fn names_and_shapes_are_those_of_a_state_dict() -> Result<()> {
    let model = Everything::new(&Device::cpu(), &mut Rng::seed(1))?;
    let wanted = [
        "linear.weight [4, 8] f32",
        "linear.bias [4] f32",
        "bare.weight [4, 4] f32",
        "conv.weight [6, 4, 3, 3] f32",
        "conv.bias [6] f32",
        "grouped.weight [6, 2, 3, 3] f32",
        "norm1d.weight [4] f32",
        "norm1d.bias [4] f32",
        "norm1d.running_mean [4] f32",
        "norm1d.running_var [4] f32",
        "norm1d.num_batches_tracked [] i64",
        "norm2d.running_mean [6] f32",
        "norm2d.running_var [6] f32",
        "norm2d.num_batches_tracked [] i64",
        "layer.weight [4] f32",
        "layer.bias [4] f32",
        "unbiased.weight [4] f32",
        "rms.weight [4] f32",
        "rows.weight [10, 3] f32",
        "free [2, 3] f32",
    ];
    assert_eq!(names(&model), wanted);
    Ok(())
}

#[test]
fn norms_start_as_the_identity() -> Result<()> {
    let model = Everything::new(&Device::cpu(), &mut Rng::seed(1))?;
    let value = |p: &Option<Param<(U4,)>>| p.as_ref().map(|p| p.to_vec());
    for (weight, bias) in [(&model.norm1d.weight, &model.norm1d.bias), (&model.layer.weight, &model.layer.bias)] {
        assert_eq!(value(weight).transpose()?, Some(vec![1.0; 4]));
        assert_eq!(value(bias).transpose()?, Some(vec![0.0; 4]));
    }
    assert_eq!(model.norm1d.running_mean.get().to_vec()?, [0.0; 4]);
    assert_eq!(model.norm1d.running_var.get().to_vec()?, [1.0; 4]);
    assert_eq!(model.norm1d.num_batches_tracked.get().item()?, 0);
    assert!(model.plain.weight.is_none() && model.unbiased.bias.is_none());
    Ok(())
}

model! {
    struct Large {
        linear: Linear(100 -> 1000),
        narrow: Linear(100 -> 1000, std = 0.02),
        conv: Conv2d(16 -> 64, 5),
        grouped: Conv2d(16 -> 64, 5, groups = 4),
        rows: Embedding(1000 -> 64),
        small: Embedding(1000 -> 64, std = 0.02),
        free: Param([1000, 64], std = 0.5, mean = 3.0),
        zeros: Param([1000]),
    }
    fn forward(&self, x: [Batch, 100]) -> [Batch, 1000] {
        self.linear(x)
    }
}

/// Mean, standard deviation and the largest absolute value.
fn moments<S: Shape>(param: &Param<S>) -> Result<[f64; 3]> {
    let values: Vec<f64> = param.to_vec()?.into_iter().map(f64::from).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let var = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    Ok([mean, var.sqrt(), values.iter().fold(0.0, |m, x| m.max(x.abs()))])
}

/// Evenly from `-bound..bound`: the mean is 0 and the deviation `bound / sqrt(3)`, both within five standard errors.
#[track_caller]
fn is_even<S: Shape>(param: &Param<S>, fan_in: usize) {
    let (bound, n) = (1.0 / (fan_in as f64).sqrt(), param.len() as f64);
    let [mean, std, max] = moments(param).expect("values");
    let wanted = bound / 3f64.sqrt();
    assert!(mean.abs() < 5.0 * wanted / n.sqrt(), "mean {mean}");
    assert!((std / wanted - 1.0).abs() < 5.0 / n.sqrt(), "deviation {std}, {wanted} wanted");
    // The largest of n draws is this close to the bound but once in e^20.
    assert!(max <= bound && max > bound * (1.0 - 20.0 / n), "largest {max}, bound {bound}");
}

#[track_caller]
fn is_normal<S: Shape>(param: &Param<S>, mean: f64, std: f64) {
    let n = param.len() as f64;
    let [found, deviation, _] = moments(param).expect("values");
    assert!((found - mean).abs() < 5.0 * std / n.sqrt(), "mean {found}");
    assert!((deviation / std - 1.0).abs() < 5.0 / n.sqrt(), "deviation {deviation}");
}

#[test]
fn parameters_start_as_in_pytorch() -> Result<()> {
    let model = Large::new(&Device::cpu(), &mut Rng::seed(1))?;
    is_even(&model.linear.weight, 100);
    is_even(model.linear.bias.as_ref().expect("a bias"), 100);
    is_normal(&model.narrow.weight, 0.0, 0.02);
    assert_eq!(model.narrow.bias.as_ref().expect("a bias").to_vec()?, [0.0; 1000]);
    is_even(&model.conv.weight, 16 * 25);
    is_even(model.conv.bias.as_ref().expect("a bias"), 16 * 25);
    is_even(&model.grouped.weight, 4 * 25);
    is_normal(&model.rows.weight, 0.0, 1.0);
    is_normal(&model.small.weight, 0.0, 0.02);
    is_normal(&model.free, 3.0, 0.5);
    assert_eq!(model.zeros.to_vec()?, [0.0; 1000]);
    Ok(())
}

#[test]
fn the_same_seed_starts_with_the_same_bits() -> Result<()> {
    let weights =
        |seed| -> Result<Vec<f32>> { Everything::new(&Device::cpu(), &mut Rng::seed(seed))?.linear.weight.to_vec() };
    assert_eq!(weights(1)?, weights(1)?);
    assert_ne!(weights(1)?, weights(2)?);
    Ok(())
}

model! {
    struct Certain { drop: Dropout(1.5) }
    fn forward(&self, x: [Batch, 8]) -> [Batch, 8] {
        self.drop(x)
    }
}

#[test]
fn a_setting_that_cannot_be_is_an_error_when_the_model_is_made() {
    let error = Certain::new(&Device::cpu(), &mut Rng::seed(1)).err().map(|e| e.to_string());
    assert_eq!(error.as_deref(), Some("`p` is 1.5; it must be a probability from 0 to 1"));
}
