//! Operators: tensors, parameters and numbers on both sides.

use super::*;
use formwork_runtime::params::Param;
use formwork_shapes::*;

#[test]
fn a_parameter_is_an_operand_on_either_side() -> Result<()> {
    let x = of::<(U2, U2), f32>([1.0, 2.0, 3.0, 4.0]);
    let w = Param::<(U2,)>::new([10.0, 20.0], &crate::DEVICE)?;
    assert_eq!((&x + &w).to_vec()?, [11.0, 22.0, 13.0, 24.0]);
    assert_eq!((&w - &x).to_vec()?, [9.0, 18.0, 7.0, 16.0]);
    assert_eq!((x.clone() * &w / 10.0).to_vec()?, [1.0, 4.0, 3.0, 8.0]);
    assert_eq!((&w * &w + 1.0).to_vec()?, [101.0, 401.0]);
    assert_eq!(x.matmul(&w.unsqueeze::<1>()).to_vec()?, [50.0, 110.0]);
    assert_eq!(w.mse_loss(&w).item()?, 0.0);
    let loss = (&x * &w).sum();
    assert_eq!(loss.backward().get(&w).expect("a gradient").to_vec()?, [4.0, 6.0]);
    Ok(())
}

#[test]
fn an_assignment_takes_what_the_operator_takes() -> Result<()> {
    let w = Param::<(U2,)>::new([10.0, 20.0], &crate::DEVICE)?;
    let mut x = of::<(U2,), f32>([1.0, 2.0]);
    let before = x.clone();
    x += 1.0;
    x *= &w;
    x -= &before;
    x /= before.clone();
    assert_eq!(x.to_vec()?, [19.0, 29.0]);
    assert_eq!(before.to_vec()?, [1.0, 2.0]);
    Ok(())
}

#[test]
fn numbers_take_the_type_of_the_tensor() -> Result<()> {
    fn halved<S: Shape, E: formwork_runtime::dtype::Float>(x: &Tensor<S, E>) -> Tensor<S, E> {
        x * E::from_f64(0.5)
    }
    assert_eq!(halved(&of::<(U2,), f64>([1.0, 2.0])).to_vec()?, [0.5, 1.0]);
    assert_eq!((1 - &of::<(U2,), i64>([1, 2]) % 2).to_vec()?, [0, 1]);
    Ok(())
}
