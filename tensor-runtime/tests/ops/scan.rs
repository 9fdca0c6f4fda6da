//! cumsum, cumprod, cummax, cummin, logcumsumexp.

use super::*;
use formwork_runtime::dtype::{bf16, f16};
use formwork_shapes::*;

runtime_dim!(N);

#[test]
fn sums_and_products_run_along_an_axis() -> Result<()> {
    let x = of::<(U2, U3), f32>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(x.cumsum::<1>().to_vec()?, [1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
    assert_eq!(x.cumsum::<0>().to_vec()?, [1.0, 2.0, 3.0, 5.0, 7.0, 9.0]);
    assert_eq!(x.cumprod::<-1>().to_vec()?, [1.0, 2.0, 6.0, 4.0, 20.0, 120.0]);
    assert_eq!(x.transpose::<0, 1>().cumsum::<0>().to_vec()?, [1.0, 4.0, 3.0, 9.0, 6.0, 15.0]);
    Ok(())
}

#[test]
fn extremes_so_far_and_their_places() -> Result<()> {
    let nan = f32::NAN;
    let x = of::<(U8,), f32>([f32::NEG_INFINITY, 2.0, 1.0, 2.0, nan, 3.0, nan, 0.0]);
    let (values, indices) = x.cummax::<0>();
    assert_eq!(values.to_vec()?[..4], [f32::NEG_INFINITY, 2.0, 2.0, 2.0]);
    assert!(values.to_vec()?[4..].iter().all(|x| x.is_nan()));
    assert_eq!(indices.to_vec()?, [0, 1, 1, 3, 4, 4, 6, 6]);
    let (values, indices) = of::<(U2, U3), i64>([3, i64::MAX, 1, 3, i64::MIN, 2]).cummin::<0>();
    assert_eq!((values.to_vec()?, indices.to_vec()?), (vec![3, i64::MAX, 1, 3, i64::MIN, 1], vec![0, 0, 0, 1, 1, 0]));
    Ok(())
}

#[test]
fn every_dtype_is_scanned() -> Result<()> {
    macro_rules! dtypes { ($($t:ty: |$n:ident| $of:expr;)*) => { $({
        let x = of::<(U4,), $t>([3u8, 1, 4, 2].map(|$n| $of));
        let found = |y: &Tensor<(U4,), $t>| y.cast::<f64>().to_vec();
        assert_eq!(found(&x.cumsum::<0>())?, [3.0, 4.0, 8.0, 10.0]);
        assert_eq!(found(&x.cumprod::<0>())?, [3.0, 3.0, 12.0, 24.0]);
        assert_eq!(found(&x.cummax::<0>().0)?, [3.0, 3.0, 4.0, 4.0]);
        assert_eq!(found(&x.cummin::<0>().0)?, [3.0, 1.0, 1.0, 1.0]);
        assert_eq!(x.cummin::<0>().1.to_vec()?, [0, 1, 1, 1]);
    })* } }
    dtypes! {
        f32: |n| n as f32; f64: |n| n as f64; i64: |n| n as i64; i32: |n| n as i32; u8: |n| n;
        f16: |n| f16::from_f32(n as f32); bf16: |n| bf16::from_f32(n as f32);
    }
    assert_eq!(of::<(U3,), u8>([200, 100, 1]).cumsum::<0>().to_vec()?, [200, 44, 45]);
    Ok(())
}

#[test]
fn floats_are_added_up_in_f64() -> Result<()> {
    // In bf16 itself the sum would stay at 256, whose neighbour is 258.
    let y = sized::<(N,), bf16>(vec![bf16::ONE; 1000], &[1000]).cumsum::<0>().to_vec()?;
    assert_eq!(y[999], bf16::from_f32(1000.0));
    // In f32 the error would be near 1e-3 of it.
    let y = sized::<(N,), f32>(vec![0.1; 1 << 18], &[1 << 18]).cumsum::<0>().to_vec()?;
    assert_eq!(y[(1 << 18) - 1], (0.1f32 as f64 * (1 << 18) as f64) as f32);
    Ok(())
}

#[test]
fn gradients_of_scans() {
    let x = drawn::<(U3, U4)>(1);
    check(&x, |x| x.square().cumsum::<1>());
    check(&x, |x| x.cumsum::<0>().exp());
    check(&x, |x| x.cumprod::<0>());
    check(&x, |x| x.exp().cumprod::<1>());
    check(&x, |x| x.square().cummax::<1>().0);
    check(&x, |x| x.cummin::<0>().0.exp());
    check(&x, |x| x.logcumsumexp::<1>());
    check(&x, |x| (x * 3.0).logcumsumexp::<0>().square());
    check(&drawn::<(U2, U3, U2)>(2), |x| x.cumsum::<1>().cumprod::<2>());
}

#[test]
fn the_gradient_of_a_product_is_right_at_zeros() {
    for zeros in [&[0][..], &[2], &[4], &[1, 3], &[0, 1, 4]] {
        let mut data = [1.5, -0.5, 2.0, 0.75, -1.25];
        zeros.iter().for_each(|&i| data[i] = 0.0);
        check(&of::<(U5,), f64>(data), |x| x.cumprod::<0>());
    }
}

#[test]
fn second_gradients() {
    fn curved(x: Tensor<(U4,), f64>, f: impl Fn(&Tensor<(U4,), f64>) -> Tensor<(U4,), f64>) {
        check(&x, |x| grad(&weighed(&f(x)), x));
    }
    let x = drawn::<(U4,)>(3);
    curved(x.clone(), |x| x.exp().cumsum::<0>());
    curved(x.clone(), |x| x.cumprod::<0>());
    curved(of([1.5, 0.0, -0.5, 2.0]), |x| x.cumprod::<0>());
    curved(x.clone(), |x| x.logcumsumexp::<0>());
    curved(x, |x| x.square().cummax::<0>().0);
}

#[test]
fn extreme_sums_of_exponentials() -> Result<()> {
    let low = f64::NEG_INFINITY;
    let x = of::<(U6,), f64>([low, low, -1e300, 0.0, 700.0, 800.0]);
    let y = x.logcumsumexp::<0>();
    assert_eq!(y.to_vec()?, [low, low, -1e300, 0.0, 700.0, 800.0]);
    assert_eq!(grad(&y.sum(), &x).to_vec()?.iter().position(|x| !x.is_finite()), None);
    // Every later sum holds all of the first element of infinite weight, and none of the others.
    assert_eq!(grad(&y.slice::<0, U2, U4>().sum(), &x).to_vec()?, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    let ends = of::<(U3,), f32>([f32::INFINITY, 1.0, f32::INFINITY]).logcumsumexp::<0>();
    assert_eq!(ends.to_vec()?, [f32::INFINITY; 3]);
    let lost = of::<(U3,), f32>([0.0, f32::NAN, 1.0]).logcumsumexp::<0>().to_vec()?;
    assert!(lost[0] == 0.0 && lost[1].is_nan() && lost[2].is_nan());
    Ok(())
}

#[test]
fn scans_of_nothing() -> Result<()> {
    let none = sized::<(N, U2), f32>([], &[0, 2]);
    assert_eq!(none.cumsum::<0>().to_vec()?, []);
    assert_eq!(none.cumprod::<1>().to_vec()?, []);
    assert_eq!(none.cummax::<0>().1.to_vec()?, []);
    assert_eq!(grad(&none.cumprod::<0>().sum(), &none).to_vec()?, []);
    Ok(())
}

#[test]
fn scans_of_views_and_of_what_is_fused() -> Result<()> {
    let x = of::<(U3, U4), f64>((0..12).map(f64::from).collect::<Vec<_>>());
    let plain = |x: &Tensor<(U4, U2), f64>| x.cumsum::<0>().to_vec();
    let view = x.slice::<0, U1, U2>().transpose::<0, 1>().flip::<0>();
    assert_eq!(plain(&view)?, plain(&of(view.to_vec()?))?);
    assert_eq!(plain(&view)?, [7.0, 11.0, 13.0, 21.0, 18.0, 30.0, 22.0, 38.0]);
    let row = of::<(U2,), f64>([1.0, 10.0]).expand::<(U4, U2)>();
    assert_eq!(plain(&row)?, [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0]);
    let y = (view.exp() + 1.0).log().cumsum::<1>() * 2.0;
    assert_eq!(eager(true, || bits(&y)), bits(&((view.exp() + 1.0).log().cumsum::<1>() * 2.0)));
    Ok(())
}
