//! Every built-in kernel against its reference in plain Rust, and its gradient against that of the tensor operations that
//! say the same. Rows start anywhere (77 and 1001 are odd), and sizes have tails in every direction.

use formwork_kernels::{
    cross_entropy, cumsum, embedding, heat, histogram, matmul, norm, philox, softmax, topk, transpose,
};
use formwork_runtime::*;

const CPU: Device = Device::Cpu;

// Run-time sizes: the kernel learns them at the launch.
runtime_dim!(Rows);
runtime_dim!(Columns);

/// Numbers that are exact in bf16, in no order.
fn numbers(n: usize, seed: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 37 + seed * 11) % 101) as f64 / 16.0 - 3.0).collect()
}

fn tensor<S: Shape, E: Element>(data: &[f64], sizes: &[usize]) -> Tensor<S, E> {
    let data: Vec<E> = data.iter().map(|&x| E::from_f64(x)).collect();
    Tensor::from_sizes(data, sizes, &CPU).expect("data that fills its sizes")
}

/// How far results may be from the reference, as a share of `1 + |x|`: sums in f32, one rounding to bf16.
fn tolerance<E: Element>() -> f64 {
    if E::DTYPE.size() == 2 { 1.0 / 256.0 } else { 2e-5 }
}

#[track_caller]
fn near<S: Shape, E: Element>(found: &Tensor<S, E>, wanted: &[f64]) {
    let found = found.to_vec().expect("a value");
    assert_eq!(found.len(), wanted.len());
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        let a = a.to_f64();
        assert!((a - b).abs() <= tolerance::<E>() * (1.0 + b.abs()), "[{i}] is {a}, {b} wanted");
    }
}

/// Slopes for the elements of a tensor.
fn slopes<S: Shape>(y: &Tensor<S>) -> Tensor<S> {
    tensor(&numbers(y.len(), 5), &y.dims())
}

/// A loss with another slope for each element.
macro_rules! loss {
    ($y:expr) => {{
        let y = $y.cast::<f32>();
        (&y * &slopes(&y)).sum()
    }};
}

/// That two losses have the same gradient.
#[track_caller]
fn same_gradient<S: Shape, E: Float>(x: &Tensor<S, E>, found: Tensor<()>, wanted: Tensor<()>) {
    let pull = |loss: Tensor<()>| grad(&loss.cast::<E>(), x).to_vec().expect("a gradient");
    let wanted = pull(wanted);
    for (i, (a, b)) in pull(found).iter().zip(&wanted).enumerate() {
        let (a, b) = (a.to_f64(), b.to_f64());
        assert!((a - b).abs() <= 4.0 * tolerance::<E>() * (1.0 + b.abs()), "gradient [{i}] is {a}, {b} wanted");
    }
}

/// Runs a check on rows of literal and of run-time sizes, in f32 and bf16.
macro_rules! on_rows {
    (|$E:ident, $R:ident, $N:ident, $rows:ident, $n:ident| $check:block) => {
        on_rows! { @each $E $R $N $rows $n $check
            (f32 U3 U77 3 77) (f32 U2 U1024 2 1024) (f32 Rows Columns 2 4105) (f32 Rows Columns 5 1)
            (bf16 U3 U77 3 77) (bf16 U1 U1000 1 1000) (bf16 Rows Columns 4 1003)
        }
    };
    (@each $E:ident $R:ident $N:ident $rows:ident $n:ident $check:block $(($e:ident $r:ident $c:ident $s:tt $t:tt))*) => {
        $(on_rows! { @one $E $R $N $rows $n $check $e $r $c $s $t })*
    };
    (@one $E:ident $R:ident $N:ident $rows:ident $n:ident $check:block $e:ident $r:ident $c:ident $s:tt $t:tt) => {{
        type $E = $e;
        type $R = $r;
        type $N = $c;
        let ($rows, $n): (usize, usize) = ($s, $t);
        $check
    }};
}

/// Likewise on matrices that leave parts of tiles empty.
macro_rules! matrices {
    (|$E:ident, $N:ident, $M:ident, $n:ident, $m:ident| $check:block) => {
        on_rows! { @each $E $N $M $n $m $check
            (f32 U32 U64 32 64) (f32 U13 U77 13 77) (f32 Rows Columns 33 70) (f32 Rows Columns 1 100) (f32 Rows Columns 1 1)
            (bf16 U4 U65 4 65) (bf16 Rows Columns 65 31)
        }
    };
}

#[test]
fn softmax_and_its_logarithm() {
    on_rows!(|E, R, N, rows, n| {
        let data = numbers(rows * n, 1);
        let x = tensor::<(R, N), E>(&data, &[rows, n]);
        near(&softmax::softmax(&x), &softmax::reference(&data, n, false));
        near(&softmax::row_softmax(&x, false), &softmax::reference(&data, n, false));
        near(&softmax::log_softmax(&x), &softmax::reference(&data, n, true));
        same_gradient(&x, loss!(softmax::softmax(&x)), loss!(x.cast::<f32>().softmax::<-1>()));
        same_gradient(&x, loss!(softmax::row_softmax(&x, true)), loss!(x.cast::<f32>().log_softmax::<-1>()));
        same_gradient(&x, loss!(softmax::log_softmax(&x)), loss!(x.cast::<f32>().log_softmax::<-1>()));
    });
}

#[test]
fn softmax_of_extremes() -> Result<()> {
    let x = Tensor::<(U2, U3)>::new([[f32::NEG_INFINITY, 1e38, -1e38], [-3e38, -3e38, f32::NEG_INFINITY]], &CPU)?;
    assert_eq!(softmax::softmax(&x).to_vec()?, [0.0, 1.0, 0.0, 0.5, 0.5, 0.0]);
    assert_eq!(softmax::row_softmax(&x, false).to_vec()?, [0.0, 1.0, 0.0, 0.5, 0.5, 0.0]);
    let x = Tensor::<(U1, U3)>::new([[f32::NAN, 0.0, 1.0]], &CPU)?;
    assert!(softmax::softmax(&x).to_vec()?.iter().all(|y| y.is_nan()));
    Ok(())
}

#[test]
fn norms_of_rows() {
    on_rows!(|E, R, N, rows, n| {
        let (data, w, b) = (numbers(rows * n, 2), numbers(n, 3), numbers(n, 4));
        let x = tensor::<(R, N), E>(&data, &[rows, n]);
        let (weight, bias) = (tensor::<(N,), E>(&w, &[n]), tensor::<(N,), E>(&b, &[n]));
        near(&norm::layer_norm(&x, &weight, &bias, 1e-3), &norm::reference(&data, &w, &b, 1e-3, true));
        near(&norm::rms_norm(&x, &weight, 1e-3), &norm::reference(&data, &w, &vec![0.0; n], 1e-3, false));
        let (x32, w32, b32) = (x.cast::<f32>(), weight.cast::<f32>(), bias.cast::<f32>());
        let (found, wanted) =
            (norm::layer_norm(&x, &weight, &bias, 1e-3), x32.layer_norm(Some(&w32), Some(&b32), 1e-3));
        same_gradient(&x, loss!(found), loss!(wanted));
        same_gradient(&weight, loss!(found), loss!(wanted));
        same_gradient(&bias, loss!(found), loss!(wanted));
        let (found, wanted) = (norm::rms_norm(&x, &weight, 1e-3), x32.rms_norm(Some(&w32), 1e-3));
        same_gradient(&x, loss!(found), loss!(wanted));
        same_gradient(&weight, loss!(found), loss!(wanted));
    });
}

#[test]
fn a_norm_of_large_numbers_is_exact() -> Result<()> {
    // Squares of 1e4 have no room for a variance of 1 beside them; distances from the mean have.
    let data: Vec<f64> = (0..1001).map(|i| 1e4 + (i % 3) as f64).collect();
    let x = tensor::<(U1, U1001), f32>(&data, &[1, 1001]);
    let (one, zero) = (vec![1.0; 1001], vec![0.0; 1001]);
    let y = norm::layer_norm(&x, &tensor(&one, &[1001]), &tensor(&zero, &[1001]), 0.0).to_vec()?;
    let wanted = norm::reference(&data, &one, &zero, 0.0, true);
    assert!(y.iter().zip(&wanted).all(|(a, b)| (*a as f64 - b).abs() < 2e-3), "{:?}", &y[..3]);
    Ok(())
}

#[test]
fn cross_entropy_of_rows() {
    on_rows!(|E, R, V, rows, n| {
        let data = numbers(rows * n, 6);
        let labels: Vec<i64> = (0..rows as i64).map(|i| i * 7 % n as i64).collect();
        let x = tensor::<(R, V), E>(&data, &[rows, n]);
        let y = Tensor::<(R,), i64>::from_sizes(&labels, &[rows], &CPU).expect("labels");
        near(&cross_entropy::cross_entropy(&x, &y), &cross_entropy::reference(&data, n, &labels));
        let picked = x.cast::<f32>().log_softmax::<-1>().gather::<1, _>(&y.unsqueeze::<1>());
        same_gradient(&x, loss!(cross_entropy::cross_entropy(&x, &y)), loss!((picked * -1.0).squeeze::<1>()));
    });
}

#[test]
fn labels_that_do_not_count_or_do_not_exist() -> Result<()> {
    let x = Tensor::<(U2, U3)>::new([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], &CPU)?;
    let labels = |second: i64| Tensor::<(U2,), i64>::new([-100, second], &CPU);
    let loss = cross_entropy::cross_entropy(&x, &labels(1)?);
    assert_eq!(loss.to_vec()?, [0.0, 3f32.ln()]);
    assert_eq!(grad(&loss.sum(), &x).to_vec()?[..3], [0.0; 3]);
    let error = cross_entropy::cross_entropy(&x, &labels(3)?).to_vec().expect_err("a label outside").to_string();
    assert!(error.contains("(1, 3)") || error.contains("[1, 3]"), "{error}");
    Ok(())
}

#[test]
fn running_sums() {
    on_rows!(|E, R, N, rows, n| {
        // Whole numbers around zero: their sums stay exact in f32, and small enough for bf16.
        let data: Vec<f64> = (0..rows * n).map(|i| [1.0, -2.0, 3.0, -2.0][i % 4]).collect();
        let x = tensor::<(R, N), E>(&data, &[rows, n]);
        near(&cumsum::cumsum(&x), &cumsum::reference(&data, n, false));
        near(&cumsum::cumsum_rows(&x, true), &cumsum::reference(&data, n, true));
        same_gradient(&x, loss!(cumsum::cumsum(&x)), loss!(x.cast::<f32>().cumsum::<-1>()));
    });
}

#[test]
fn the_largest_of_rows() -> Result<()> {
    on_rows!(|E, R, N, rows, n| {
        if n >= 5 {
            let data = numbers(rows * n, 7);
            let x = tensor::<(R, N), E>(&data, &[rows, n]);
            let (y, places) = topk::topk::<U5, _, _, _>(&x);
            let wanted = topk::reference(&data, n, 5);
            assert_eq!(places.to_vec().expect("places"), wanted);
            let row = |i: usize| i / 5 * n;
            near(&y, &wanted.iter().enumerate().map(|(i, &j)| data[row(i) + j as usize]).collect::<Vec<_>>());
            same_gradient(&x, loss!(y), loss!(x.cast::<f32>().gather::<1, _>(&places)));
        }
    });
    let x = Tensor::<(U1, U5)>::new([[f32::INFINITY, f32::NAN, f32::NEG_INFINITY, f32::MAX, f32::INFINITY]], &CPU)?;
    assert_eq!(topk::topk::<U5, _, _, _>(&x).1.to_vec()?, [1, 0, 4, 3, 2]);
    assert_eq!(topk::topk_rows::<_, _, _, U5>(&x, false).1.to_vec()?, [2, 3, 0, 4, 1]);
    assert!(topk::topk::<U6, _, _, _>(&x).1.to_vec().is_err());
    Ok(())
}

#[test]
fn transposes() {
    matrices!(|E, N, M, n, m| {
        let data = numbers(n * m, 8);
        let x = tensor::<(N, M), E>(&data, &[n, m]);
        near(&transpose::transpose_naive(&x), &transpose::reference(&data, m));
        near(&transpose::transpose(&x), &transpose::reference(&data, m));
        same_gradient(&x, loss!(transpose::transpose(&x)), loss!(x.cast::<f32>().transpose::<0, 1>()));
    });
}

#[test]
fn products_of_matrices() {
    macro_rules! check {
        ($(($M:ident $K:ident $N:ident $m:literal $k:literal $n:literal))*) => { $(
            let (a, b) = (numbers($m * $k, 9), numbers($k * $n, 10));
            let (x, w) = (tensor::<($M, $K), f32>(&a, &[$m, $k]), tensor::<($K, $N), f32>(&b, &[$k, $n]));
            let wanted = matmul::reference(&a, &b, $k, $n);
            near(&matmul::matmul_naive(&x, &w), &wanted);
            near(&matmul::matmul_tiled(&x, &w), &wanted);
            near(&matmul::matmul(&x, &w), &wanted);
            same_gradient(&x, loss!(matmul::matmul(&x, &w)), loss!(x.matmul(&w)));
            same_gradient(&w, loss!(matmul::matmul(&x, &w)), loss!(x.matmul(&w)));
        )* };
    }
    check! { (U130 U21 U70 130 21 70) (U64 U36 U132 64 36 132) (Rows U16 Columns 150 16 130) (U1 U1 U1 1 1 1) }
}

#[test]
fn steps_of_heat() {
    matrices!(|E, N, M, n, m| {
        let data = numbers(n * m, 11);
        let x = tensor::<(N, M), E>(&data, &[n, m]);
        near(&heat::heat(&x, 0.25), &heat::reference(&data, m, 0.25));
        // The step is linear: its cotangent is the transposed step of the weights, by the reference on unit vectors.
        let weights = numbers(n * m, 12);
        let y = (heat::heat(&x, 0.25).cast::<f32>() * tensor::<(N, M), f32>(&weights, &[n, m])).sum().cast::<E>();
        let unit = |p: usize| {
            let mut at = vec![0.0; n * m];
            at[p] = 1.0;
            heat::reference(&at, m, 0.25).iter().zip(&weights).map(|(y, w)| y * w).sum::<f64>()
        };
        near(&grad(&y, &x), &(0..n * m).map(unit).collect::<Vec<f64>>());
    });
}

#[test]
fn counts() -> Result<()> {
    let data: Vec<i64> = (0..1003).map(|i: i64| i * i % 251).collect();
    let wanted = histogram::reference(&data, 256);
    let bytes: Vec<u8> = data.iter().map(|&x| x as u8).collect();
    let words: Vec<i32> = data.iter().map(|&x| x as i32).collect();
    let x = Tensor::<(U1003,), u8>::from_sizes(bytes, &[1003], &CPU)?;
    assert_eq!(histogram::histogram_naive::<_, _, U256>(&x).to_vec()?, wanted);
    assert_eq!(histogram::histogram::<_, _, U256>(&x).to_vec()?, wanted);
    let x = Tensor::<(Columns,), i32>::from_sizes(words, &[1003], &CPU)?;
    assert_eq!(histogram::histogram::<_, _, U256>(&x).to_vec()?, wanted);
    assert!(histogram::histogram::<_, _, U100>(&x).to_vec().is_err(), "there are numbers above 100");
    Ok(())
}

#[test]
fn draws_are_those_of_rng() -> Result<()> {
    let mut rng = Rng::seed(7);
    let one: Tensor<(U6,)> = rng.uniform(&[6]);
    let two: Tensor<(U1003,)> = rng.uniform(&[1003]);
    assert_eq!(philox::uniform::<U6>(&CPU, 7, 0).to_vec()?, one.to_vec()?);
    // Six numbers take two blocks of four.
    assert_eq!(philox::uniform::<U1003>(&CPU, 7, 2).to_vec()?, two.to_vec()?);
    // Their logarithm and cosine differ in the last bit between scalars and vector instructions.
    let three: Tensor<(U1003,)> = Rng::seed(8).normal(&[1003]);
    let wanted: Vec<f64> = three.to_vec()?.into_iter().map(f64::from).collect();
    near(&philox::normal::<U1003>(&CPU, 8, 0), &wanted);
    Ok(())
}

#[test]
fn sums_by_token() -> Result<()> {
    fn check<E: Float>() -> Result<()> {
        let tokens: Vec<i64> = (0..23).map(|i: i64| i * i % 9).collect();
        let g = numbers(23 * 70, 13);
        let t = Tensor::<(U23,), i64>::from_sizes(&tokens, &[23], &CPU)?;
        let x = tensor::<(U23, U70), E>(&g, &[23, 70]);
        let wanted = embedding::reference(&tokens, &g, 70, 40);
        near(&embedding::embedding_scatter::<_, _, U40, _>(&t, &x), &wanted);
        let order = t.argsort::<0>();
        let sorted = t.gather::<0, _>(&order);
        near(&embedding::embedding_sorted::<_, _, U40, _>(&sorted, &order, &x), &wanted);
        let table = tensor::<(U40, U70), E>(&numbers(40 * 70, 14), &[40, 70]);
        let (found, wanted) = (embedding::embedding_rows(&t, &table), t.embedding(&table.cast::<f32>()));
        same_gradient(&table, loss!(found), loss!(wanted));
        let zeros = tensor::<(U40, U70), f32>(&[0.0; 40 * 70], &[40, 70]);
        let wanted = zeros.scatter_add::<0, _>(&t.unsqueeze::<1>().expand::<(U23, U70)>(), &x.cast::<f32>());
        same_gradient(&x, loss!(embedding::embedding_scatter::<_, _, U40, _>(&t, &x)), loss!(wanted));
        Ok(())
    }
    check::<f32>()?;
    check::<bf16>()
}
