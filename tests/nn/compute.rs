//! `#[compute(bf16)]`: what products of a model are computed in, and what lies in memory then.

use super::drawn;
use formwork::prelude::*;
use formwork::{eager, region_with_gradient};
use std::panic::{AssertUnwindSafe, catch_unwind};

dims! { Batch, T = 16, D = 32 }

macro_rules! blocks {
    ($($(#[$policy:meta])? $name:ident)*) => { $(
        model! {
            $(#[$policy])?
            pub struct $name {
                norm: LayerNorm(D),
                qkv: Linear(D -> 3 * D),
                up: Linear(D -> 4 * D),
                down: Linear(4 * D -> D),
            }
            fn forward(&self, x: [Batch, T, D]) -> [Batch, T, D] {
                let [q, k, v] = self.qkv(self.norm(x)).chunk::<-1, 3>();
                let x = x + q.scaled_dot_product_attention(&k, &v, true);
                x + self.down(self.up(self.norm(x)).gelu())
            }
        }
    )* };
}
blocks! { Plain #[compute(bf16)] Narrow #[compute(f32)] Wide }

model! {
    #[compute(bf16)]
    struct Outer { block: Plain }
    fn forward(&self, x: [Batch, T, D]) -> [Batch, T, D] { self.block(x) }
}

model! {
    #[compute(bf16)]
    struct Mixed { block: Wide }
    fn forward(&self, x: [Batch, T, D]) -> [Batch, T, D] { self.block(x) }
}

model! {
    #[compute(bf16)]
    struct Panics { fc: Linear(4 -> 4) }
    fn forward(&self, x: [Batch, 4]) -> [Batch, 4] {
        if x.dims()[0] == 1 {
            panic!("one row");
        }
        self.fc(x)
    }
}

fn x() -> Tensor<s![Batch, T, D]> {
    drawn(1, &[8, 16, 32])
}

/// What a model gives and the norm of its gradients, from weights of one seed.
macro_rules! of {
    ($model:ident) => {{
        let model = $model::new(&Device::cpu(), &mut Rng::seed(3))?;
        let y = model.eval().forward(x());
        (y.to_vec()?, model.eval().forward(x()).square().mean().backward().norm())
    }};
}

#[test]
fn policies() -> Result<()> {
    let [plain, narrow, wide] = [of!(Plain).0, of!(Narrow).0, of!(Wide).0];
    assert_eq!(plain, wide);
    assert_ne!(plain, narrow);
    let off = plain.iter().zip(&narrow).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 0.05, "{off}");
    // A model inside another inherits, unless it says otherwise.
    assert_eq!(of!(Outer).0, narrow);
    assert_eq!(of!(Mixed).0, plain);
    Ok(())
}

/// The number before ` B, peak` in an explanation, in bytes.
fn arena(plan: &str) -> f64 {
    let text = plan.split("arena ").nth(1).and_then(|t| t.split(" B,").next()).expect("the memory of a plan");
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    number.parse::<f64>().expect("a number")
        * [("", 1.0), ("k", 1e3), ("M", 1e6)].map(|u| if u.0 == unit { u.1 } else { 0.0 }).iter().sum::<f64>()
}

#[test]
fn memory() -> Result<()> {
    let (plain, narrow) = (of!(Plain).1.explain()?, of!(Narrow).1.explain()?);
    assert_eq!(plain, of!(Wide).1.explain()?);
    let products =
        |plan: &str, dtype: &str| plan.lines().filter(|l| l.contains("contract") && l.contains(dtype)).count();
    assert_eq!((products(&narrow, " f32 ["), products(&plain, " bf16 [")), (0, 0), "{narrow}");
    assert_eq!(products(&narrow, " bf16 ["), products(&plain, " f32 ["));
    assert!(arena(&narrow) < 0.7 * arena(&plain), "{plain}{narrow}");
    Ok(())
}

#[test]
fn bits_do_not_depend_on_fusion() -> Result<()> {
    let (y, norm) = of!(Narrow);
    let norm = norm.item()?;
    let (apart, apart_norm) = eager(true, || -> Result<_> {
        let (y, norm) = of!(Narrow);
        Ok((y, norm.item()?))
    })?;
    assert_eq!((y, norm), (apart, apart_norm));
    Ok(())
}

/// Every other function has the policy as well, and it ends with them, also by a panic.
#[test]
fn a_policy_ends() -> Result<()> {
    let model = Panics::new(&Device::cpu(), &mut Rng::seed(3))?;
    let one: Tensor<s![Batch, 4]> = drawn(5, &[1, 4]);
    let product = || drawn::<s![2, 8]>(6, &[2, 8]).matmul(&drawn::<s![8, 2]>(7, &[8, 2])).to_vec();
    let before = product()?;
    assert!(catch_unwind(AssertUnwindSafe(|| model.eval().forward(&one))).is_err());
    model.eval().forward(drawn::<s![Batch, 4]>(5, &[2, 4])).to_vec()?;
    assert_eq!(product()?, before);
    Ok(())
}

/// A gradient that a user gives is made in `backward`, and computed as the forward pass is.
#[test]
fn given_gradients() -> Result<()> {
    let _computing = formwork::computing::<bf16>();
    let (x, w) = (drawn::<s![3, 5]>(8, &[3, 5]), drawn::<s![5, 2]>(9, &[5, 2]));
    let given = region_with_gradient(
        "product",
        &[],
        (x.clone(), w.clone()),
        |(x, w)| x.matmul(w),
        |(x, w), _, g| (g.matmul(&w.transpose::<0, 1>()), x.transpose::<0, 1>().matmul(g)),
    );
    let (given, own) = (given.square().sum(), x.matmul(&w).square().sum());
    drop(_computing);
    assert_eq!(grad(&given, &w).to_vec()?, grad(&own, &w).to_vec()?);
    assert_eq!(grad(&given, &x).to_vec()?, grad(&own, &x).to_vec()?);
    Ok(())
}
