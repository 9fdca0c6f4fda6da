//! Matrix products of many layouts, sizes and types, with both gradients.

use super::{Case, Values, case, drawn, values, whole};
use formwork::{Device, Float, Result, Tensor, U1, bf16, f16, grad, runtime_dim};

runtime_dim!(B);
runtime_dim!(H);
runtime_dim!(M);
runtime_dim!(N);
runtime_dim!(K);

/// How a matrix of a batch `[B, H]` lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    Plain,
    Transposed,
    /// `H` lies behind the rows, as heads of attention do.
    Behind,
    /// One matrix for all, a broadcast.
    Shared,
    /// One column for all.
    Column,
}

use Lies::{Behind, Column, Plain, Shared, Transposed};

/// `[B, H, M, N, K]`.
type Sizes = [usize; 5];

fn left<E: Float>([b, h, m, _, k]: Sizes, lies: Lies, device: &Device) -> Result<Tensor<(B, H, M, K), E>> {
    Ok(match lies {
        Transposed => whole::<(B, H, K, M), E>(1, &[b, h, k, m], device)?.transpose::<2, 3>(),
        Behind => whole::<(B, M, H, K), E>(1, &[b, m, h, k], device)?.transpose::<1, 2>(),
        Shared => {
            let like = whole::<(B, H, M, K), E>(1, &[b, h, m, k], device)?;
            whole::<(U1, U1, M, K), E>(1, &[1, 1, m, k], device)?.expand_as(&like)
        }
        _ => whole(1, &[b, h, m, k], device)?,
    })
}

fn right<E: Float>([b, h, _, n, k]: Sizes, lies: Lies, device: &Device) -> Result<Tensor<(B, H, K, N), E>> {
    let like = || whole::<(B, H, K, N), E>(2, &[b, h, k, n], device);
    Ok(match lies {
        Plain => like()?,
        Transposed => whole::<(B, H, N, K), E>(2, &[b, h, n, k], device)?.transpose::<2, 3>(),
        Behind => whole::<(B, K, H, N), E>(2, &[b, k, h, n], device)?.transpose::<1, 2>(),
        Shared => whole::<(U1, U1, K, N), E>(2, &[1, 1, k, n], device)?.expand_as(&like()?),
        Column => whole::<(B, H, K, U1), E>(2, &[b, h, k, 1], device)?.expand_as(&like()?),
    })
}

fn product<E: Float>(sizes: Sizes, lies: [Lies; 2], device: &Device) -> Result<Values> {
    let (a, b) = (left::<E>(sizes, lies[0], device)?, right::<E>(sizes, lies[1], device)?);
    let y = a.matmul(&b);
    let g = whole::<(B, H, M, N), E>(3, &sizes[..4], device)?;
    let loss = (&y * &g).sum();
    Ok(vec![values(&y)?, values(&grad(&loss, &a))?, values(&grad(&loss, &b))?])
}

fn matrices<E: Float>([m, n, k]: [usize; 3], device: &Device) -> Result<Values> {
    let (a, b) = (whole::<(M, K), E>(1, &[m, k], device)?, whole::<(K, N), E>(2, &[k, n], device)?);
    let y = a.matmul(&b);
    let loss = (&y * &whole::<(M, N), E>(3, &[m, n], device)?).sum();
    Ok(vec![values(&y)?, values(&grad(&loss, &a))?, values(&grad(&loss, &b))?])
}

fn of<E: Float>(cases: &mut Vec<Case>) {
    for lies in [Plain, Transposed, Behind, Shared].map(|a| [Plain, Transposed, Behind, Shared, Column].map(|b| [a, b]))
    {
        for lies in lies {
            for sizes in [[2, 3, 8, 16, 24], [3, 2, 5, 7, 9], [1, 4, 1, 6, 3]] {
                let name = format!("product/{}/{lies:?}/{sizes:?}", E::DTYPE);
                cases.push(case(name, 0.0, move |device| product::<E>(sizes, lies, device)));
            }
        }
    }
    for sizes in [[1, 1, 1], [1, 300, 70], [300, 1, 70], [64, 64, 64], [33, 65, 129], [7, 5, 0], [0, 5, 7]] {
        let empty = if sizes.contains(&0) { "/empty" } else { "" };
        let name = format!("product/{}/{sizes:?}{empty}", E::DTYPE);
        cases.push(case(name, 0.0, move |device| matrices::<E>(sizes, device)));
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    of::<f32>(&mut cases);
    of::<f64>(&mut cases);
    of::<f16>(&mut cases);
    of::<bf16>(&mut cases);
    // More calls than are made for one product, and more matrices than one call has.
    let many = |device: &Device| product::<f32>([40, 36, 3, 4, 5], [Behind, Behind], device);
    cases.push(case("product/f32/many".into(), 0.0, many));
    let long = |device: &Device| product::<f32>([70_000, 1, 2, 1, 2], [Plain, Plain], device);
    cases.push(case("product/f32/long".into(), 0.0, long));
    cases
}

/// A product that shows how f32 is multiplied.
pub fn precise(device: &Device) -> Result<Vec<f64>> {
    let a = drawn::<(M, K), f32>(1, &[256, 512], device)?;
    values(&a.matmul(&drawn::<(K, N), f32>(2, &[512, 256], device)?))
}
