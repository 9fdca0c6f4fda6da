//! The suite of ops, continued: convolutions, pooling, norms, losses, attention.

use super::{Golden, cases};
use formwork::prelude::*;
use formwork::{Conv2dOptions, CrossEntropy, Pool2dOptions};

pub fn all<E: Float>(golden: &mut Golden) {
    convolutions::<E>(golden);
    stated_convolutions::<E>(golden);
    pooling::<E>(golden);
    norms::<E>(golden);
    running_statistics::<E>(golden);
    losses::<E>(golden);
    cross_entropy::<E>(golden);
    attention::<E>(golden);
}

/// A bias of `C` channels beside an image.
fn column<E: Float, C: Dim>(bias: &Tensor<(C,), E>) -> Tensor<(C, U1, U1), E>
where
    (C, U1, U1): Shape + ReshapeFrom<(C,)>,
{
    bias.reshape()
}

fn convolutions<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "conv2d/plain" (x: [2, 3, 7, 6], w: [4, 3, 3, 3], b: [4]) => x.conv2d(&w) + column(&b);
        "conv2d/no_bias" (x: [2, 3, 5, 5], w: [2, 3, 3, 3]) => x.conv2d(&w);
        "conv2d/stride" (x: [2, 3, 7, 6], w: [4, 3, 3, 3], b: [4]) => x.conv2d_with::<U2, U0, U1, _>(&w) + column(&b);
        "conv2d/padding" (x: [2, 3, 6, 5], w: [4, 3, 3, 3], b: [4]) => x.conv2d_with::<U1, U1, U1, _>(&w) + column(&b);
        "conv2d/dilation" (x: [2, 3, 8, 9], w: [4, 3, 3, 3], b: [4]) => x.conv2d_with::<U1, U0, U2, _>(&w) + column(&b);
        "conv2d/stride_padding" (x: [2, 3, 7, 7], w: [4, 3, 3, 3], b: [4]) =>
            x.conv2d_with::<U2, U1, U1, _>(&w) + column(&b);
        "conv2d/stride_padding_dilation" (x: [1, 2, 9, 9], w: [3, 2, 3, 3], b: [3]) =>
            x.conv2d_with::<U2, U2, U2, _>(&w) + column(&b);
        "conv2d/pointwise" (x: [2, 4, 5, 5], w: [3, 4, 1, 1], b: [3]) => x.conv2d(&w) + column(&b);
        "conv2d/pointwise_stride" (x: [2, 4, 6, 6], w: [3, 4, 1, 1], b: [3]) =>
            x.conv2d_with::<U2, U0, U1, _>(&w) + column(&b);
    }
}

/// Those whose result must be stated.
fn stated_convolutions<E: Float>(golden: &mut Golden) {
    let plain = Conv2dOptions::default;
    cases! { golden, E:
        "conv2d/stride_pair" (x: [1, 2, 8, 7], w: [3, 2, 3, 2], b: [3]) =>
            x.conv2d_as::<_, s![1, 3, 3, 2]>(&w, Some(&b), Conv2dOptions { stride: [2, 3], ..plain() });
        "conv2d/padding_pair" (x: [1, 2, 6, 5], w: [3, 2, 5, 3], b: [3]) =>
            x.conv2d_as::<_, s![1, 3, 6, 5]>(&w, Some(&b), Conv2dOptions { padding: [2, 1], ..plain() });
        "conv2d/groups" (x: [2, 4, 6, 6], w: [6, 2, 3, 3], b: [6]) =>
            x.conv2d_as::<_, s![2, 6, 4, 4]>(&w, Some(&b), Conv2dOptions { groups: 2, ..plain() });
        "conv2d/depthwise" (x: [2, 4, 6, 6], w: [4, 1, 3, 3], b: [4]) =>
            x.conv2d_as::<_, s![2, 4, 6, 6]>(&w, Some(&b), Conv2dOptions { padding: [1, 1], groups: 4, ..plain() });
    }
}

fn pooling<E: Float>(golden: &mut Golden) {
    let uncounted =
        Pool2dOptions { stride: [2; 2], padding: [1; 2], count_include_pad: false, ..Pool2dOptions::square(3) };
    cases! { golden, E:
        "max_pool2d" (x: [2, 3, 7, 6]) => x.max_pool2d::<U2>();
        "max_pool2d/overlap" (x: [2, 3, 7, 6]) => x.max_pool2d_with::<U3, U2, U1, U1>();
        "max_pool2d/dilation" (x: [2, 3, 7, 6]) => x.max_pool2d_with::<U2, U1, U0, U2>();
        "avg_pool2d" (x: [2, 3, 7, 6]) => x.avg_pool2d::<U2>();
        "avg_pool2d/overlap" (x: [2, 3, 7, 6]) => x.avg_pool2d_with::<U3, U2, U1>();
        "avg_pool2d/exclude_pad" (x: [2, 3, 7, 6]) => x.avg_pool2d_as::<s![2, 3, 4, 3]>(uncounted);
    }
}

const EPS: f64 = 1e-5;

fn norms<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "layer_norm" (x: [4, 8], w: [8], b: [8]) => x.layer_norm(Some(&w), Some(&b), EPS);
        "layer_norm/plain" (x: [4, 8]) => x.layer_norm(None, None, EPS);
        "layer_norm/two_axes" (x: [2, 3, 4], w: [3, 4], b: [3, 4]) => x.layer_norm_from::<1>(EPS) * &w + &b;
        "batch_norm1d/train" (x: [6, 3], w: [3], b: [3]) => x.batch_norm_train(Some(&w), Some(&b), EPS).y;
        "batch_norm2d/train" (x: [4, 3, 3, 2], w: [3], b: [3]) => x.batch_norm_train(Some(&w), Some(&b), EPS).y;
        "batch_norm1d/eval" (x: [6, 3], w: [3], b: [3], mean: [3], var: [3]) =>
            x.batch_norm(&mean, &var, Some(&w), Some(&b), EPS);
        "batch_norm2d/eval" (x: [4, 3, 3, 2], w: [3], b: [3], mean: [3], var: [3]) =>
            x.batch_norm(&mean, &var, Some(&w), Some(&b), EPS);
    }
}

/// What a layer keeps after one batch, at PyTorch's momentum of 0.1.
fn running_statistics<E: Float>(golden: &mut Golden) {
    let moved = |old: &Tensor<s![3], E>, new: &Tensor<s![3], E>| {
        let [keep, take] = [0.9, 0.1].map(|share| Tensor::<s![], E>::full(E::from_f64(share)));
        old.mul(&keep) + new.mul(&take)
    };
    macro_rules! statistics {
        ($($name:literal $shape:tt;)*) => { $(
            for (at, kept) in [(1, "mean"), (2, "var")] {
                let case = format!("{}/running_{kept}", $name);
                let inputs = golden.tensor::<s! $shape, E>(&format!("{case}.input0"));
                let found = inputs.and_then(|x| {
                    let batch = x.batch_norm_train(None, None, EPS);
                    let new = if kept == "mean" { batch.mean } else { batch.var };
                    Ok(moved(&golden.tensor(&format!("{case}.input{at}"))?, &new))
                });
                golden.compare(&format!("{case}.output"), found);
            }
        )* };
    }
    statistics! {
        "batch_norm1d" [6, 3];
        "batch_norm2d" [4, 3, 3, 2];
    }
}

fn losses<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "mse_loss" (x: [4, 5], y: [4, 5]) => x.mse_loss(&y);
        "mse_loss/sum" (x: [4, 5], y: [4, 5]) => x.mse_loss_sum(&y);
        "mse_loss/none" (x: [4, 5], y: [4, 5]) => x.mse_loss_none(&y);
        "l1_loss" (x: [4, 5], y: [4, 5]) => x.l1_loss(&y);
        "l1_loss/sum" (x: [4, 5], y: [4, 5]) => x.l1_loss_sum(&y);
        "l1_loss/none" (x: [4, 5], y: [4, 5]) => x.l1_loss_none(&y);
        "huber_loss" (x: [4, 5], y: [4, 5]) => x.huber_loss(&y, 1.0);
        "huber_loss/sum" (x: [4, 5], y: [4, 5]) => x.huber_loss_sum(&y, 1.0);
        "huber_loss/none" (x: [4, 5], y: [4, 5]) => x.huber_loss_none(&y, 1.0);
        "huber_loss/delta" (x: [4, 5], y: [4, 5]) => x.huber_loss(&y, 0.3);
        "bce_with_logits" (x: [4, 5], y: [4, 5]) => x.bce_with_logits(&y);
        "bce_with_logits/sum" (x: [4, 5], y: [4, 5]) => x.bce_with_logits_sum(&y);
        "bce_with_logits/none" (x: [4, 5], y: [4, 5]) => x.bce_with_logits_none(&y);
    }
}

fn cross_entropy<E: Float>(golden: &mut Golden) {
    let plain = CrossEntropy::default();
    let smooth = CrossEntropy { label_smoothing: 0.1, ..plain };
    cases! { golden, E:
        "cross_entropy" (x: [6, 5]; labels y: [6]) => x.cross_entropy(&y);
        "cross_entropy/sum" (x: [6, 5]; labels y: [6]) => x.cross_entropy_none(&y, plain).sum();
        "cross_entropy/none" (x: [6, 5]; labels y: [6]) => x.cross_entropy_none(&y, plain);
        "cross_entropy/large" (x: [6, 5]; labels y: [6]) => x.cross_entropy(&y);
        "cross_entropy/ignore_index" (x: [6, 5]; labels y: [6]) => x.cross_entropy(&y);
        "cross_entropy/smoothing" (x: [6, 5]; labels y: [6]) => x.cross_entropy_with(&y, smooth);
        "cross_entropy/smoothing_ignore_index" (x: [6, 5]; labels y: [6]) => x.cross_entropy_with(&y, smooth);
        "nll_loss" (x: [6, 5]; labels y: [6]) => x.nll_loss(&y);
    }
}

fn attention<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "attention" (q: [2, 3, 5, 4], k: [2, 3, 5, 4], v: [2, 3, 5, 4]) => q.scaled_dot_product_attention(&k, &v, false);
        "attention/causal" (q: [2, 3, 5, 4], k: [2, 3, 5, 4], v: [2, 3, 5, 4]) =>
            q.scaled_dot_product_attention(&k, &v, true);
    }
}
