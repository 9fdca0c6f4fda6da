//! sort, argsort, topk, kthvalue, median.

use super::*;
use formwork_runtime::dtype::{bf16, f16};
use formwork_shapes::*;

runtime_dim!(N);

#[test]
fn elements_and_where_they_come_from() -> Result<()> {
    let x = of::<(U2, U3), f32>([3.0, 1.0, 2.0, 1.0, 1.0, 0.0]);
    let (values, indices) = x.sort::<1>();
    assert_eq!(values.to_vec()?, [1.0, 2.0, 3.0, 0.0, 1.0, 1.0]);
    assert_eq!(indices.to_vec()?, [1, 2, 0, 2, 0, 1]);
    let (values, indices) = x.sort_descending::<0>();
    assert_eq!(values.to_vec()?, [3.0, 1.0, 2.0, 1.0, 1.0, 0.0]);
    assert_eq!(indices.to_vec()?, [0, 0, 0, 1, 1, 1]);
    assert_eq!(x.argsort_descending::<-1>().to_vec()?, [0, 2, 1, 0, 1, 2]);
    Ok(())
}

#[test]
fn a_nan_is_larger_than_any_number() -> Result<()> {
    let x = of::<(U6,), f32>([f32::NAN, 1.0, f32::INFINITY, -f32::NAN, -0.0, 0.0]);
    assert_eq!(x.argsort::<0>().to_vec()?, [4, 5, 1, 2, 0, 3]);
    assert_eq!(x.argsort_descending::<0>().to_vec()?, [0, 3, 2, 1, 4, 5]);
    assert!(x.topk::<0, U1>().0.to_vec()?[0].is_nan());
    Ok(())
}

#[test]
fn every_dtype_is_sorted() -> Result<()> {
    macro_rules! dtypes { ($($t:ty: $a:expr, $b:expr, $c:expr;)*) => { $({
        let (values, indices) = of::<(U4,), $t>([$c, $a, $b, $a]).sort::<0>();
        assert_eq!((values.to_vec()?, indices.to_vec()?), (vec![$a, $a, $b, $c], vec![1, 3, 2, 0]));
    })* } }
    dtypes! {
        f32: -1.0, 0.5, 2.0; f64: -1.0, 0.5, f64::MAX; i64: i64::MIN, -1, i64::MAX; i32: -2, 0, i32::MAX;
        u8: 0, 127, 255; f16: f16::MIN, f16::ZERO, f16::ONE; bf16: bf16::MIN, bf16::ZERO, bf16::ONE;
    }
    assert_eq!(of::<(U3,), bool>([true, false, true]).argsort::<0>().to_vec()?, [1, 0, 2]);
    Ok(())
}

#[test]
fn the_first_in_order() -> Result<()> {
    let x = of::<(U2, U4), i64>([5, 7, 5, 9, 1, 2, 3, 4]);
    let (values, indices) = x.topk::<1, U3>();
    assert_eq!((values.to_vec()?, indices.to_vec()?), (vec![9, 7, 5, 4, 3, 2], vec![3, 1, 0, 3, 2, 1]));
    let (values, indices) = x.topk_smallest::<-1, U2>();
    assert_eq!((values.to_vec()?, indices.to_vec()?), (vec![5, 5, 1, 2], vec![0, 2, 0, 1]));
    assert_eq!(x.topk::<0, U2>().0.dims(), [2, 4]);
    assert_eq!(x.topk::<0, U0>().0.to_vec()?, []);
    let (values, indices) = x.kthvalue::<0>(2);
    assert_eq!((values.to_vec()?, indices.to_vec()?), (vec![5, 7, 5, 9], vec![0; 4]));
    Ok(())
}

#[test]
fn medians_are_the_lower_of_two_and_a_nan_wins() -> Result<()> {
    let x = of::<(U2, U4), f64>([4.0, 1.0, 3.0, 2.0, 0.0, f64::NAN, 5.0, f64::NAN]);
    let (values, indices) = x.median_axis::<1>();
    let values = values.to_vec()?;
    assert!(values[0] == 2.0 && values[1].is_nan());
    assert_eq!(indices.to_vec()?, [3, 1]);
    assert!(x.median().item()?.is_nan());
    assert_eq!(of::<(U2, U3), i64>([6, 5, 4, 1, 2, 3]).median().item()?, 3);
    Ok(())
}

#[test]
fn gradients_go_where_the_elements_come_from() {
    let x = drawn::<(U3, U5)>(1);
    check(&x, |x| x.sort::<1>().0.square());
    check(&x, |x| x.exp().sort_descending::<0>().0);
    check(&x, |x| x.square().topk::<1, U2>().0);
    check(&x, |x| x.topk_smallest::<0, U2>().0.exp());
    check(&x, |x| x.kthvalue::<-1>(4).0.square());
    check(&x, |x| x.median_axis::<0>().0.exp());
    check(&x, |x| x.median().square());
    check(&x, |x| grad(&weighed(&x.exp().sort::<1>().0), x));
}

#[test]
fn what_an_axis_does_not_have_is_an_error_at_the_first_look() {
    let x = sized::<(N, U2), f32>([1.0; 4], &[2, 2]);
    let (values, indices) = x.topk::<0, U3>();
    assert!(matches!(failed(values.eval()), Error::Bounds { op: "topk", .. }));
    assert!(error(&indices).contains("axis 0 of 2 elements does not have 3 to choose"));
    for k in [0, 3] {
        assert!(error(&x.kthvalue::<0>(k).0).contains(&format!("has no {k}-th smallest")));
        assert!(matches!(failed(x.kthvalue::<0>(k).1.eval()), Error::Bounds { op: "kthvalue", .. }));
    }
    let none = sized::<(N, U2), f32>([], &[0, 2]);
    assert!(error(&none.median()).contains("no median"));
    assert!(error(&none.median_axis::<0>().0).contains("no median"));
}

#[test]
fn sorts_of_nothing_and_of_one() -> Result<()> {
    let none = sized::<(N, U2), f32>([], &[0, 2]);
    assert_eq!(none.sort::<0>().0.to_vec()?, []);
    assert_eq!(none.argsort::<1>().to_vec()?, []);
    assert_eq!(grad(&none.sort::<0>().0.sum(), &none).to_vec()?, []);
    assert_eq!(of::<(U1, U2), f32>([2.0, 1.0]).sort::<0>().1.to_vec()?, [0, 0]);
    Ok(())
}

#[test]
fn long_axes_of_any_layout_are_sorted() -> Result<()> {
    let x = drawn::<(U3, U1000)>(4);
    let (down, across) = (x.transpose::<0, 1>().sort::<0>(), x.sort::<1>());
    assert_eq!(down.0.transpose::<0, 1>().to_vec()?, across.0.to_vec()?);
    assert_eq!(down.1.transpose::<0, 1>().to_vec()?, across.1.to_vec()?);
    for row in across.0.to_vec()?.chunks(1000) {
        assert!(row.is_sorted());
    }
    let (top, whole) = (x.topk::<1, U7>().0.to_vec()?, x.sort_descending::<1>().0.slice::<1, U0, U7>().to_vec()?);
    assert_eq!(top, whole);
    Ok(())
}
