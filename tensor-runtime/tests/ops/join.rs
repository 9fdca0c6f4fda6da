//! concat, stack, split, chunk, and as_shape.

use super::*;
use formwork_runtime::dtype::{bf16, f16};
use formwork_shapes::*;

runtime_dim!(N);
runtime_dim!(M);

#[test]
fn concat_lays_tensors_side_by_side() -> Result<()> {
    let (x, y) = (of::<(U2, U2), f32>([1.0, 2.0, 3.0, 4.0]), of::<(U2, U1), f32>([5.0, 6.0]));
    assert_eq!(x.concat::<1, _>(&y).to_vec()?, [1.0, 2.0, 5.0, 3.0, 4.0, 6.0]);
    assert_eq!(y.concat::<-1, _>(&x).to_vec()?, [5.0, 1.0, 2.0, 6.0, 3.0, 4.0]);
    assert_eq!(x.concat::<0, _>(&x.transpose::<0, 1>()).to_vec()?, [1.0, 2.0, 3.0, 4.0, 1.0, 3.0, 2.0, 4.0]);
    Ok(())
}

#[test]
fn joins_keep_every_bit() -> Result<()> {
    let odd = [-0.0, f64::NAN, f64::NEG_INFINITY, 5e-324, f64::INFINITY, 0.0];
    let joined = of::<(U6,), f64>(odd).concat::<0, _>(&of::<(U6,), f64>(odd));
    let bits: Vec<u64> = joined.to_vec()?.into_iter().map(f64::to_bits).collect();
    assert_eq!(bits, [odd, odd].concat().into_iter().map(f64::to_bits).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn every_dtype_joins_and_parts() -> Result<()> {
    macro_rules! dtypes { ($($t:ty: $one:expr, $two:expr;)*) => { $({
        let (x, y) = (of::<(U2,), $t>([$one, $two]), of::<(U1,), $t>([$two]));
        assert_eq!(x.concat::<0, _>(&y).to_vec()?, [$one, $two, $two]);
        let (left, right) = x.split::<0, U1, U1>();
        assert_eq!((left.to_vec()?, right.to_vec()?), (vec![$one], vec![$two]));
        assert_eq!(Tensor::stack::<0, 2, _>([&x, &x]).to_vec()?, [$one, $two, $one, $two]);
    })* } }
    dtypes! {
        f32: 1.0, 2.0; f64: 1.0, 2.0; i64: i64::MAX, i64::MIN; i32: 1, -2; u8: 0, 255; bool: true, false;
        f16: f16::ONE, f16::MIN; bf16: bf16::ONE, bf16::MAX;
    }
    Ok(())
}

#[test]
fn gradients_of_joins_and_parts() {
    let y = drawn::<(U2, U3)>(2);
    check(&drawn::<(U2, U2)>(1), |x| x.square().concat::<1, _>(&y.exp()));
    check(&drawn::<(U2, U3)>(1), |x| y.concat::<0, _>(&x.square()));
    check(&drawn::<(U2, U3)>(1), |x| Tensor::stack::<1, 3, _>([x, &y, &x.square()]));
    check(&drawn::<(U2, U5)>(1), |x| {
        let (a, b) = x.split::<1, U2, U3>();
        a.exp().concat::<1, _>(&b.square())
    });
    check(&drawn::<(U6, U2)>(1), |x| {
        let [a, b, c] = x.chunk::<0, 3>();
        &a * &b + c.exp()
    });
}

#[test]
fn many_tensors_of_many_sizes() -> Result<()> {
    for count in 1..20usize {
        let part = |i: usize| {
            sized::<(U2, N), i64>((0..2 * (i % 4) as i64).map(|k| 100 * i as i64 + k).collect::<Vec<_>>(), &[2, i % 4])
        };
        let parts: Vec<_> = (0..count).map(part).collect();
        let wanted: Vec<i64> = (0..2)
            .flat_map(|row| (0..count).flat_map(move |i| (0..i % 4).map(move |k| (100 * i + row * (i % 4) + k) as i64)))
            .collect();
        assert_eq!(Tensor::concat_all::<1, M>(&parts).to_vec()?, wanted, "{count} tensors");
    }
    Ok(())
}

#[test]
fn stack_all_has_the_number_of_tensors() -> Result<()> {
    let parts: Vec<_> = (0..6).map(|i| of::<(U2,), i64>([i, -i])).collect();
    assert_eq!(Tensor::stack_all::<0, U6>(&parts).to_vec()?, [0, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5]);
    assert_eq!(Tensor::stack_all::<1, N>(&parts).dims(), [2, 6]);
    assert!(error(&Tensor::stack_all::<0, U5>(&parts)).contains("[5, 2]"));
    Ok(())
}

#[test]
fn empty_tensors_join() -> Result<()> {
    let (none, one) = (sized::<(N, U2), f32>([], &[0, 2]), sized::<(N, U2), f32>([1.0, 2.0], &[1, 2]));
    let all = |parts: &[Tensor<(N, U2)>]| Tensor::concat_all::<0, M>(parts).to_vec();
    assert_eq!(all(&[none.clone(), one.clone(), none.clone()])?, [1.0, 2.0]);
    assert_eq!(all(&[none.clone(), none.clone()])?, []);
    assert_eq!(none.chunk::<1, 2>()[1].to_vec()?, []);
    Ok(())
}

#[test]
fn what_does_not_join_is_an_error_at_the_first_look() {
    let (x, y) = (sized::<(N, U2), f32>([1.0; 4], &[2, 2]), sized::<(N, U2), f32>([1.0; 6], &[3, 2]));
    assert!(matches!(failed(x.concat::<1, _>(&y).eval()), Error::Dims { op: "concat", .. }));
    assert!(matches!(failed(Tensor::<(N, U2)>::concat_all::<0, M>(&[]).eval()), Error::Shape { .. }));
    assert!(error(&Tensor::stack_all::<0, M>(&[x, y])).contains("sizes differ"));
}

#[test]
fn split_solves_for_a_run_time_part() -> Result<()> {
    let x = sized::<(Sum<N, U2>,), f32>([1.0, 2.0, 3.0], &[3]);
    let (left, right) = x.split::<0, N, U2>();
    assert_eq!((left.to_vec()?, right.to_vec()?), (vec![1.0], vec![2.0, 3.0]));
    let short = sized::<(Sum<N, U2>,), f32>([1.0], &[1]);
    let (left, right) = short.split::<0, N, U2>();
    assert!(error(&left).contains("do not make up axis 0 of 1 elements") && right.eval().is_err());
    Ok(())
}

#[test]
fn as_shape_compares_sizes() -> Result<()> {
    let x = sized::<(N, U2), f32>([1.0, 2.0], &[1, 2]);
    assert_eq!(x.as_shape::<(U1, U2)>().to_vec()?, [1.0, 2.0]);
    assert!(matches!(failed(x.as_shape::<(U2, U1)>().eval()), Error::Shape { op: "as_shape", .. }));
    assert!(x.as_shape::<(U2,)>().eval().is_err());
    check(&drawn::<(U2, U2)>(3), |x| x.as_shape::<(N, U2)>().exp());
    Ok(())
}
