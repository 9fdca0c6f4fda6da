//! Functions of one element that are compositions.

use super::*;
use formwork_shapes::*;

#[test]
fn gradients_of_compositions() {
    let x = drawn::<(U3, U7)>(1);
    check(&x, |x| x.asinh());
    check(&x, |x| (x.square() + 1.01).acosh());
    check(&x, |x| (x / 2.1).atanh());
    check(&x, |x| (x.square() + 0.1).log10());
    check(&x, |x| (x * 4.0).relu6());
    check(&x, |x| (x * 4.0).hardswish());
    check(&x, |x| x.hardtanh(-1.0, 0.5));
    check(&x, |x| x.softsign());
    check(&x, |x| x.selu());
    check(&x, |x| x.celu(1.5));
    check(&x, |x| x.atan2(&drawn::<(U7,)>(2)));
}

#[test]
fn inverse_hyperbolic_functions_over_their_range() -> Result<()> {
    let points: Vec<f64> =
        (-40..=40).map(|i| i as f64 / 2.0).flat_map(|e| [2f64.powf(e), -(2f64.powf(e))]).chain([0.0]).collect();
    let near =
        |found: f64, wanted: f64, eps: f64| (found - wanted).abs() <= 4.0 * eps * wanted.abs() || found == wanted;
    let x = sized::<(U163,), f64>(&points, &[163]);
    for (x, y) in points.iter().zip(x.asinh().to_vec()?) {
        assert!(near(y, x.asinh(), f64::EPSILON), "asinh({x}) = {y}, {}", x.asinh());
    }
    for (x, y) in points.iter().zip((x.abs() + 1.0).acosh().to_vec()?) {
        let wanted = (x.abs() + 1.0).acosh();
        assert!((y - wanted).abs() <= 1e-14 * (1.0 + wanted), "acosh({}) = {y}, {wanted}", x.abs() + 1.0);
    }
    let single = x.cast::<f32>().asinh().to_vec()?;
    assert!(points.iter().zip(single).all(|(x, y)| near(y as f64, (*x as f32 as f64).asinh(), f32::EPSILON as f64)));
    let ends = of::<(U4,), f32>([f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 0.0]);
    assert_eq!(ends.asinh().to_vec()?, [f32::INFINITY, f32::NEG_INFINITY, (f32::MAX as f64).asinh() as f32, 0.0]);
    assert_eq!(grad(&ends.asinh().sum(), &ends).to_vec()?[3], 1.0);
    let (one, below) = (of::<(U1,), f32>([1.0]), of::<(U3,), f32>([0.5, -2.0, f32::NAN]));
    assert_eq!(one.acosh().item_of_one()?, 0.0);
    assert!(below.acosh().to_vec()?.iter().all(|y| y.is_nan()));
    assert_eq!(one.atanh().item_of_one()?, f32::INFINITY);
    Ok(())
}

#[test]
fn bounded_activations_at_their_ends() -> Result<()> {
    let x = of::<(U5,), f32>([-1.0, 0.0, 6.0, 7.0, f32::NAN]);
    let y = x.relu6();
    let values = y.to_vec()?;
    assert_eq!(values[..4], [0.0, 0.0, 6.0, 6.0]);
    assert!(values[4].is_nan());
    assert_eq!(grad(&y.sum(), &x).to_vec()?[..4], [0.0; 4]);
    assert_eq!(x.hardtanh(-1.0, 1.0).to_vec()?[..4], [-1.0, 0.0, 1.0, 1.0]);
    Ok(())
}

/// The one element of a vector.
trait ItemOfOne {
    fn item_of_one(&self) -> Result<f32>;
}

impl ItemOfOne for Tensor<(U1,)> {
    fn item_of_one(&self) -> Result<f32> {
        self.sum().item()
    }
}
