//! What follows a product: in the library's own epilogue, or in a program.

use super::{Case, Values, case, drawn, epsilon, numbers, values, whole};
use formwork::{Device, Float, Result, Tensor, bf16, f16, grad, runtime_dim};

runtime_dim!(M);
runtime_dim!(N);
runtime_dim!(K);

type Of<E> = (Tensor<(M, N), E>, Tensor<(N,), E>, Tensor<(M, N), E>);
type After<E> = fn(&Of<E>) -> Tensor<(M, N), E>;

/// The product, a bias and a matrix of `[m, n, k]`, whole or not.
fn operands<E: Float>([m, n, k]: [usize; 3], whole_numbers: bool, device: &Device) -> Result<Of<E>> {
    Ok(if whole_numbers {
        let product = whole::<(M, K), E>(1, &[m, k], device)?.matmul(&whole::<(K, N), E>(2, &[k, n], device)?);
        (product, whole(3, &[n], device)?, whole(4, &[m, n], device)?)
    } else {
        let product = drawn::<(M, K), E>(1, &[m, k], device)?.matmul(&drawn::<(K, N), E>(2, &[k, n], device)?);
        (product, drawn(3, &[n], device)?, drawn(4, &[m, n], device)?)
    })
}

fn of<E: Float>(cases: &mut Vec<Case>) {
    let exact: [(&str, After<E>); 6] = [
        ("bias", |(y, b, _)| y + b),
        ("bias_relu", |(y, b, _)| (y + b).relu()),
        ("relu", |(y, _, _)| y.relu()),
        ("residual", |(y, _, r)| r + y),
        ("bias_residual", |(y, b, r)| r + &(y + b)),
        ("kept", |(y, b, _)| (y + b).relu() * y),
    ];
    // Each step of a chain rounds once, and the library less often.
    let round: [(&str, After<E>); 4] = [
        ("bias_gelu", |(y, b, _)| (y + b).gelu_tanh()),
        ("gelu", |(y, _, _)| y.gelu_tanh()),
        ("bias_sigmoid", |(y, b, _)| (y + b).sigmoid()),
        ("softmax", |(y, b, _)| (y + b).softmax::<1>()),
    ];
    for sizes in [[16, 32, 24], [5, 7, 9], [1, 33, 64]] {
        for (name, after) in exact {
            let name = format!("epilogue/{}/{name}/{sizes:?}", E::DTYPE);
            let run = move |device: &Device| Ok(vec![values(&after(&operands::<E>(sizes, true, device)?))?]);
            cases.push(case(name, 0.0, run));
        }
        for (name, after) in round {
            let name = format!("epilogue/{}/{name}/{sizes:?}", E::DTYPE);
            let run = move |device: &Device| Ok(vec![values(&after(&operands::<E>(sizes, false, device)?))?]);
            cases.push(case(name, 64.0 * epsilon(E::DTYPE), run));
        }
    }
    cases.push(case(format!("epilogue/{}/nan", E::DTYPE), 64.0 * epsilon(E::DTYPE), not_numbers::<E>));
    cases.push(case(format!("epilogue/{}/gradient", E::DTYPE), 64.0 * epsilon(E::DTYPE), gradients::<E>));
}

/// What is not a number stays so behind a bias and a curve.
fn not_numbers<E: Float>(device: &Device) -> Result<Values> {
    let x = numbers::<(M, K), E>(&[8, 8], device, |i| if i == 9 { f64::NAN } else { i as f64 % 3.0 - 1.0 })?;
    let product = || Ok(x.matmul(&whole::<(K, N), E>(2, &[8, 16], device)?) + whole::<(N,), E>(3, &[16], device)?);
    Ok(vec![values(&product()?)?, values(&product()?.relu())?, values(&product()?.gelu_tanh())?])
}

/// Gradients through a product, a bias and a curve.
fn gradients<E: Float>(device: &Device) -> Result<Values> {
    let x = drawn::<(M, K), E>(1, &[16, 24], device)?;
    let (w, b) = (drawn::<(K, N), E>(2, &[24, 32], device)?, drawn::<(N,), E>(3, &[32], device)?);
    let g = drawn::<(M, N), E>(4, &[16, 32], device)?;
    let loss = ((x.matmul(&w) + &b).gelu_tanh() * g).sum();
    Ok(vec![values(&grad(&loss, &x))?, values(&grad(&loss, &w))?, values(&grad(&loss, &b))?])
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    of::<f32>(&mut cases);
    of::<f64>(&mut cases);
    of::<f16>(&mut cases);
    of::<bf16>(&mut cases);
    cases
}
