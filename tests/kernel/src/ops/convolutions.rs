//! Convolutions: the result, and the gradients of images and filters.

use super::{Case, Values, case, drawn, epsilon, values};
use formwork::{Conv2dOptions, Device, Float, Result, Tensor, bf16, f16, grad, runtime_dim};

runtime_dim!(N);
runtime_dim!(C);
runtime_dim!(Y);
runtime_dim!(X);
runtime_dim!(O);
runtime_dim!(G);
runtime_dim!(P);
runtime_dim!(Q);
runtime_dim!(V);
runtime_dim!(U);

#[derive(Clone, Copy)]
struct Sizes {
    images: [usize; 4],
    filters: usize,
    kernel: [usize; 2],
    options: Conv2dOptions,
}

fn sizes(images: [usize; 4], filters: usize, kernel: [usize; 2], options: Conv2dOptions) -> Sizes {
    Sizes { images, filters, kernel, options }
}

fn slide(stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2], groups: usize) -> Conv2dOptions {
    Conv2dOptions { stride, padding, dilation, groups }
}

fn convolution<E: Float>(sizes: Sizes, device: &Device) -> Result<Values> {
    let Sizes { images: [n, c, h, w], filters, kernel, options } = sizes;
    let x = drawn::<(N, C, Y, X), E>(1, &[n, c, h, w], device)?;
    let filter = drawn::<(O, G, P, Q), E>(2, &[filters, c / options.groups, kernel[0], kernel[1]], device)?;
    let bias = drawn::<(O,), E>(4, &[filters], device)?;
    let y: Tensor<(N, O, V, U), E> = x.conv2d_as(&filter, None, options);
    let biased: Tensor<(N, O, V, U), E> = x.conv2d_as(&filter, Some(&bias), options);
    let loss = (&y * &drawn::<(N, O, V, U), E>(3, &y.dims(), device)?).sum();
    Ok(vec![values(&y)?, values(&biased.relu())?, values(&grad(&loss, &x))?, values(&grad(&loss, &filter))?])
}

fn of<E: Float>(cases: &mut Vec<Case>) {
    let plain = Conv2dOptions::default();
    let same = slide([1, 1], [1, 1], [1, 1], 1);
    let all = [
        ("digits", sizes([8, 1, 28, 28], 16, [5, 5], plain)),
        ("deep", sizes([4, 16, 12, 12], 32, [5, 5], plain)),
        ("point", sizes([2, 3, 9, 7], 5, [1, 1], plain)),
        ("same", sizes([4, 64, 16, 16], 64, [3, 3], same)),
        ("half", sizes([4, 64, 16, 16], 128, [3, 3], slide([2, 2], [1, 1], [1, 1], 1))),
        ("point_half", sizes([4, 64, 16, 16], 128, [1, 1], slide([2, 2], [0, 0], [1, 1], 1))),
        ("first", sizes([2, 3, 32, 32], 64, [7, 7], slide([2, 2], [3, 3], [1, 1], 1))),
        ("groups", sizes([2, 4, 9, 11], 6, [2, 3], slide([2, 3], [1, 2], [1, 1], 2))),
        ("depth", sizes([2, 16, 10, 9], 16, [3, 3], slide([1, 1], [1, 1], [1, 1], 16))),
        ("dilated", sizes([2, 3, 13, 12], 4, [3, 2], slide([1, 2], [2, 0], [2, 3], 1))),
        ("odd", sizes([3, 5, 7, 9], 7, [3, 3], same)),
        ("empty", sizes([0, 3, 8, 8], 4, [3, 3], plain)),
    ];
    for (name, sizes) in all {
        let name = format!("convolution/{}/{name}", E::DTYPE);
        let tolerance = if E::DTYPE.size() == 2 { 2.0 } else { 64.0 } * epsilon(E::DTYPE);
        cases.push(case(name, tolerance, move |device| convolution::<E>(sizes, device)));
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    of::<f32>(&mut cases);
    of::<f64>(&mut cases);
    of::<f16>(&mut cases);
    of::<bf16>(&mut cases);
    cases
}
