//! Built-in kernels as variants of regions: nobody offers them, and they give what the regions mean.

use formwork::prelude::*;
use formwork::{eager, grad, variants};

dims! { Batch, Words }

/// Scores in no order, with equals, infinities and NaNs among them.
fn scores<E: Element>(rows: usize, n: usize) -> Result<Tensor<(Batch, Words), E>> {
    let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 50.0];
    let draw = |i: usize| match i.wrapping_mul(0x9e37_79b9) >> 7 & 4095 {
        j if j < special.len() => special[j],
        j => (j % 1024) as f64 / 16.0 - 32.0,
    };
    let data: Vec<E> = (0..rows * n).map(|i| E::from_f64(draw(i))).collect();
    Tensor::from_sizes(data, &[rows, n], &Device::cpu())
}

/// That `f` launches `kernel`, and gives the same bits without it.
#[track_caller]
fn case<S: Shape, E: Element>(kernel: &str, f: impl Fn() -> Tensor<S, E>) {
    let bits = || f().to_vec().expect("a value").iter().map(|x| x.to_f64().to_bits()).collect::<Vec<_>>();
    let taken = bits();
    let plan = || f().explain().expect("a plan");
    assert!(plan().contains(kernel), "{}", plan());
    assert_eq!(taken, eager(true, bits), "node by node");
    assert!(!variants(false, plan).contains(kernel), "{}", variants(false, plan));
    assert_eq!(taken, variants(false, bits), "the definition");
}

#[test]
fn topk_of_long_rows() -> Result<()> {
    fn rows<E: Element + Float>() -> Result<()> {
        let x = scores::<E>(3, 4099)?;
        case("topk_rows", || x.topk::<1, U4>().0);
        case("topk_rows", || x.topk::<-1, U4>().1);
        case("topk_rows", || x.topk_smallest::<1, U3>().0);
        case("topk_rows", || x.topk_smallest::<1, U3>().1 + 1);
        case("topk_rows", || (&x * &x).topk::<1, U1>().1);
        // Of more axes, and of one.
        case("topk_rows", || x.unsqueeze::<0>().topk::<2, U2>().1);
        case("topk_rows", || x.slice::<0, U1, U1>().squeeze::<0>().topk::<0, U2>().1);
        Ok(())
    }
    rows::<f32>()?;
    rows::<bf16>()?;
    rows::<f16>()
}

#[test]
fn gradients_go_by_what_the_kernel_found() -> Result<()> {
    let x: Tensor<(Batch, Words)> = Rng::seed(1).normal(&[3, 4099]);
    x.eval()?;
    let slope = || grad(&x.topk::<1, U4>().0.square().sum(), &x);
    case("topk_rows", slope);
    // No sort is run for them.
    assert!(variants(false, || slope().explain())?.contains("sort"));
    assert!(!slope().explain()?.contains("sort"), "{}", slope().explain()?);
    Ok(())
}

#[test]
fn short_rows_are_sorted() -> Result<()> {
    let x = scores::<f32>(3, 1000)?;
    assert!(!x.topk::<1, U1>().0.explain()?.contains("topk_rows"));
    assert!(!scores::<f32>(3, 4099)?.topk::<1, U16>().0.explain()?.contains("topk_rows"));
    assert!(!scores::<i64>(3, 4099)?.topk::<1, U1>().0.explain()?.contains("topk_rows"));
    Ok(())
}
