//! conv2d and pooling.

use super::*;
use formwork_runtime::dtype::f16;
use formwork_runtime::{Conv2dOptions, Pool2dOptions};
use formwork_shapes::*;

runtime_dim!(N);
runtime_dim!(H);

/// The convolution written as its definition.
fn convolved(x: (&[f64], [usize; 4]), w: (&[f64], [usize; 4]), o: Conv2dOptions) -> Vec<f64> {
    let ([n, c, h, width], [co, ci, kh, kw]) = (x.1, w.1);
    let size = |n: usize, k: usize, a: usize| (n + 2 * o.padding[a] - o.dilation[a] * (k - 1) - 1) / o.stride[a] + 1;
    let (oh, ow) = (size(h, kh, 0), size(width, kw, 1));
    let mut y = vec![0.0; n * co * oh * ow];
    for (at, y) in y.iter_mut().enumerate() {
        let (b, f, i, j) = (at / (co * oh * ow), at / (oh * ow) % co, at / ow % oh, at % ow);
        for (tap, weight) in w.0[f * ci * kh * kw..][..ci * kh * kw].iter().enumerate() {
            let channel = f / (co / o.groups) * ci + tap / (kh * kw);
            let r = (i * o.stride[0] + tap / kw % kh * o.dilation[0]).checked_sub(o.padding[0]);
            let s = (j * o.stride[1] + tap % kw * o.dilation[1]).checked_sub(o.padding[1]);
            if let (Some(r), Some(s)) = (r.filter(|r| *r < h), s.filter(|s| *s < width)) {
                *y += weight * x.0[((b * c + channel) * h + r) * width + s];
            }
        }
    }
    y
}

fn options(stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2], groups: usize) -> Conv2dOptions {
    Conv2dOptions { stride, padding, dilation, groups }
}

#[test]
fn convolutions_agree_with_their_definition() -> Result<()> {
    type X = (U2, U4, U6, U7);
    let x = drawn::<X>(1);
    let of_x = (&x.to_vec()?[..], [2, 4, 6, 7]);
    macro_rules! case { ($w:ty [$($n:literal)*], $o:expr => $y:ty) => {{
        let (w, o) = (drawn::<$w>(2), $o);
        let wanted = convolved(of_x, (&w.to_vec()?, [$($n),*]), o);
        let y: Tensor<$y, f64> = x.conv2d_as(&w, None, o);
        let found = y.to_vec()?;
        assert_eq!(found.len(), wanted.len());
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{o:?}");
        check(&x, |x| -> Tensor<$y, f64> { x.conv2d_as(&w, None, o) });
        check(&w, |w| -> Tensor<$y, f64> { x.square().conv2d_as(w, None, o) });
    }} }
    case!((U3, U4, U3, U2) [3 4 3 2], Conv2dOptions::default() => (U2, U3, U4, U6));
    case!((U2, U4, U3, U3) [2 4 3 3], options([2, 3], [1, 2], [1, 2], 1) => (U2, U2, U3, U3));
    case!((U4, U2, U2, U3) [4 2 2 3], options([1, 2], [1, 0], [2, 1], 2) => (U2, U4, U6, U3));
    case!((U4, U1, U3, U3) [4 1 3 3], options([1, 1], [1, 1], [1, 1], 4) => (U2, U4, U6, U7));
    Ok(())
}

#[test]
fn a_bias_is_added_to_each_channel() -> Result<()> {
    let (x, w) = (Tensor::<(U1, U1, U2, U2)>::ones(), Tensor::<(U2, U1, U1, U1)>::ones());
    let bias = of::<(U2,), f32>([1.0, 2.0]);
    let y: Tensor<(U1, U2, U2, U2)> = x.conv2d_as(&w, Some(&bias), Conv2dOptions::default());
    assert_eq!(y.to_vec()?, [2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0]);
    Ok(())
}

#[test]
fn a_convolution_of_views_reads_through_them() -> Result<()> {
    let x = drawn::<(U2, U3, U6, U5)>(1);
    let w = drawn::<(U4, U3, U3, U3)>(2);
    let turned = sized::<(U2, U6, U5, U3), f64>(x.permute::<Perm4<0, 2, 3, 1>>().to_vec()?, &[2, 6, 5, 3]);
    let plain = x.conv2d(&w).to_vec()?;
    assert_eq!(turned.permute::<Perm4<0, 3, 1, 2>>().conv2d(&w).to_vec()?, plain);
    let (left, _) = x.concat::<1, _>(&x).split::<1, U3, U3>();
    assert_eq!(left.conv2d(&w).to_vec()?, plain);
    assert_eq!(x.transpose::<2, 3>().conv2d(&w.transpose::<2, 3>()).transpose::<2, 3>().dims(), [2, 4, 4, 3]);
    Ok(())
}

#[test]
fn a_misfit_known_at_run_time_only_is_an_error() {
    let x = sized::<(N, U3, H, H), f32>([0.0; 12], &[1, 3, 2, 2]);
    let big: Tensor<(N, U4, H, H)> = x.conv2d_as(&Tensor::<(U4, U3, U3, U3)>::ones(), None, Conv2dOptions::default());
    assert!(error(&big).contains("a window that fits"), "{}", error(&big));
    let channels: Tensor<(N, U4, H, H)> =
        x.conv2d_as(&Tensor::<(U4, U2, U1, U1)>::ones(), None, Conv2dOptions::default());
    assert!(error(&channels).contains("3 channels in 1 groups"));
    let stated: Tensor<(N, U5, H, H)> =
        x.conv2d_as(&Tensor::<(U4, U3, U1, U1)>::ones(), None, Conv2dOptions::default());
    assert!(error(&stated).contains("[N, 5, H, H]"));
    let still: Tensor<(N, U3, H, H)> = x.max_pool2d_as(Pool2dOptions { stride: [0, 1], ..Pool2dOptions::square(2) });
    assert!(still.eval().is_err());
    let wide: Tensor<(N, U3, H, H)> = x.avg_pool2d_as(Pool2dOptions::square(3));
    assert!(wide.eval().is_err());
}

#[test]
fn a_batch_of_no_images() -> Result<()> {
    let x = sized::<(N, U3, U4, U4), f64>([], &[0, 3, 4, 4]);
    let w = drawn::<(U2, U3, U3, U3)>(1);
    assert_eq!(x.conv2d(&w).dims(), [0, 2, 2, 2]);
    assert_eq!(x.conv2d(&w).to_vec()?, []);
    assert_eq!(grad(&x.conv2d(&w).sum(), &w).to_vec()?, [0.0; 54]);
    assert_eq!(x.max_pool2d::<U2>().to_vec()?, []);
    assert_eq!(x.avg_pool2d_with::<U3, U1, U1>().to_vec()?, []);
    Ok(())
}

#[test]
fn max_pool2d_by_hand() -> Result<()> {
    let x = of::<(U1, U1, U3, U3), f32>([1.0, 2.0, 3.0, 4.0, 9.0, 6.0, 7.0, 8.0, 5.0]);
    assert_eq!(x.max_pool2d_with::<U2, U1, U0, U1>().to_vec()?, [9.0, 9.0, 9.0, 9.0]);
    assert_eq!(x.max_pool2d::<U2>().to_vec()?, [9.0]);
    assert_eq!((-&x).max_pool2d_with::<U2, U2, U1, U1>().to_vec()?, [-1.0, -2.0, -4.0, -5.0]);
    assert_eq!(x.max_pool2d_with::<U2, U1, U0, U2>().to_vec()?, [7.0]);
    let whole = of::<(U1, U1, U2, U2), i64>([-5, -7, -6, -8]);
    assert_eq!(whole.max_pool2d_with::<U2, U2, U1, U1>().to_vec()?, [-5, -7, -6, -8]);
    let small = of::<(U1, U1, U2, U2), u8>([0, 7, 6, 8]);
    assert_eq!(small.max_pool2d_with::<U2, U2, U1, U1>().to_vec()?, [0, 7, 6, 8]);
    Ok(())
}

#[test]
fn max_pool2d_lets_a_nan_win_and_the_first_of_equals() -> Result<()> {
    let x = of::<(U1, U1, U2, U4), f64>([1.0, f64::NAN, 2.0, 3.0, 0.0, 0.0, 3.0, 3.0]);
    let y = x.max_pool2d::<U2>();
    let values = y.to_vec()?;
    assert!(values[0].is_nan() && values[1] == 3.0);
    let dx = grad(&y.sum(), &x).to_vec()?;
    assert_eq!(dx, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    Ok(())
}

#[test]
fn gradients_of_pooling() {
    let x = drawn::<(U2, U2, U5, U7)>(1);
    check(&x, |x| x.exp().max_pool2d::<U2>());
    check(&x, |x| x.max_pool2d_with::<U3, U2, U1, U1>().square());
    check(&x, |x| x.max_pool2d_with::<U2, U1, U0, U2>());
    check(&x, |x| x.exp().avg_pool2d::<U2>());
    check(&x, |x| x.avg_pool2d_with::<U3, U2, U1>().square());
    check(&x, |x| x.square().adaptive_avg_pool2d::<U1, U1>());
    check(&x, |x| x.adaptive_avg_pool2d::<U5, U1>().exp());
    check(&x, |x| x.adaptive_avg_pool2d::<U2, U3>().exp());
    let pairs = Pool2dOptions { kernel: [2, 3], stride: [1, 2], padding: [1, 1], ..Pool2dOptions::square(1) };
    check(&x, |x| -> Tensor<(U2, U2, U6, U4), f64> { x.max_pool2d_as(pairs) });
    let inside = Pool2dOptions { count_include_pad: false, ..pairs };
    check(&x, |x| -> Tensor<(U2, U2, U6, U4), f64> { x.avg_pool2d_as(inside) });
}

#[test]
fn avg_pool2d_by_hand() -> Result<()> {
    let x = of::<(U1, U1, U2, U2), f32>([1.0, 2.0, 3.0, 4.0]);
    assert_eq!(x.avg_pool2d::<U2>().to_vec()?, [2.5]);
    assert_eq!(x.avg_pool2d_with::<U2, U2, U1>().to_vec()?, [0.25, 0.5, 0.75, 1.0]);
    let inside = Pool2dOptions { padding: [1, 1], count_include_pad: false, ..Pool2dOptions::square(2) };
    let y: Tensor<(U1, U1, U2, U2)> = x.avg_pool2d_as(inside);
    assert_eq!(y.to_vec()?, [1.0, 2.0, 3.0, 4.0]);
    let half = x.cast::<f16>().avg_pool2d::<U2>();
    assert_eq!(half.to_vec()?, [f16::from_f32(2.5)]);
    Ok(())
}

#[test]
fn adaptive_parts_may_overlap() -> Result<()> {
    // Parts of 3 in 2: 0..2 and 1..3.
    let x = of::<(U1, U1, U1, U3), f32>([1.0, 3.0, 5.0]);
    assert_eq!(x.adaptive_avg_pool2d::<U1, U2>().to_vec()?, [2.0, 4.0]);
    assert_eq!(x.adaptive_avg_pool2d::<U2, U3>().to_vec()?, [1.0, 3.0, 5.0, 1.0, 3.0, 5.0]);
    Ok(())
}
