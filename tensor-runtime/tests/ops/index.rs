//! gather, index_select, embedding, scatter_add, one_hot, triangles, masked_fill.

use super::*;
use formwork_runtime::dtype::{bf16, f16};
use formwork_shapes::*;

runtime_dim!(N);

#[test]
fn gather_takes_along_an_axis() -> Result<()> {
    let x = of::<(U2, U3), f32>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let index = of::<(U2, U2), i64>([2, 2, 0, 1]);
    assert_eq!(x.gather::<1, _>(&index).to_vec()?, [3.0, 3.0, 4.0, 5.0]);
    assert_eq!(x.gather::<0, _>(&of::<(U1, U3), i64>([1, 0, 1])).to_vec()?, [4.0, 2.0, 6.0]);
    Ok(())
}

#[test]
fn index_select_takes_slices() -> Result<()> {
    let x = of::<(U2, U3), i32>([1, 2, 3, 4, 5, 6]);
    assert_eq!(x.index_select::<1, _>(&of::<(U4,), i64>([2, 0, 0, 1])).to_vec()?, [3, 1, 1, 2, 6, 4, 4, 5]);
    assert_eq!(x.index_select::<0, _>(&sized::<(N,), i64>([], &[0])).to_vec()?, []);
    Ok(())
}

#[test]
fn embedding_takes_rows() -> Result<()> {
    let table = of::<(U3, U2), f16>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(f16::from_f32));
    let tokens = of::<(U2, U2), i64>([2, 0, 1, 1]);
    let rows = tokens.embedding(&table);
    assert_eq!(rows.dims(), [2, 2, 2]);
    assert_eq!(rows.cast::<f32>().to_vec()?, [5.0, 6.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]);
    let one = of::<(), i64>([1]);
    assert_eq!(one.embedding(&table).cast::<f32>().to_vec()?, [3.0, 4.0]);
    Ok(())
}

#[test]
fn an_index_outside_fails_when_it_is_evaluated() {
    let x = of::<(U2, U3), f32>([0.0; 6]);
    for (bad, other) in [(3, 0), (-1, 2), (i64::MAX, 1)] {
        let message = error(&x.gather::<1, _>(&of::<(U2, U1), i64>([other, bad])));
        assert!(message.contains(&format!("index {bad} is out of range for an axis of 3 elements")), "{message}");
        let index = of::<(U2,), i64>([bad, other]);
        assert!(error(&index.embedding(&x.transpose::<0, 1>())).contains("out of range"));
        assert!(error(&x.index_select::<1, _>(&index)).contains("out of range"));
        let into = of::<(U3,), f32>([0.0; 3]).scatter_add::<0, _>(&index, &of::<(U2,), f32>([1.0; 2]));
        assert!(error(&into).contains("out of range"));
        let message = error(&index.one_hot::<U3, f32>());
        assert!(message.contains("element 0 is outside 0..3"), "{message}");
    }
}

#[test]
fn sizes_that_do_not_agree_are_an_error() {
    let (x, index) = (sized::<(N, U3), f32>([0.0; 6], &[2, 3]), sized::<(N, U1), i64>([0; 3], &[3, 1]));
    assert!(matches!(failed(x.gather::<1, _>(&index).eval()), Error::Dims { op: "gather", .. }));
    let src = sized::<(N, U1), f32>([0.0; 2], &[2, 1]);
    assert!(matches!(failed(x.scatter_add::<1, _>(&index, &src).eval()), Error::Dims { op: "scatter_add", .. }));
}

#[test]
fn scatter_add_adds_up() -> Result<()> {
    let x = of::<(U2, U2), f32>([10.0, 20.0, 30.0, 40.0]);
    let index = of::<(U2, U3), i64>([0, 0, 1, 1, 1, 1]);
    let src = of::<(U2, U3), f32>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(x.scatter_add::<1, _>(&index, &src).to_vec()?, [13.0, 23.0, 30.0, 55.0]);
    let whole =
        of::<(U2,), i64>([1, 2]).scatter_add::<0, _>(&of::<(U3,), i64>([0, 1, 1]), &of::<(U3,), i64>([5, 6, 7]));
    assert_eq!(whole.to_vec()?, [6, 15]);
    let none = x.scatter_add::<1, _>(&sized::<(U2, N), i64>([], &[2, 0]), &sized::<(U2, N), f32>([], &[2, 0]));
    assert_eq!(none.to_vec()?, [10.0, 20.0, 30.0, 40.0]);
    Ok(())
}

#[test]
fn gradients_of_indexing() {
    let index = of::<(U2, U4), i64>([2, 2, 0, 1, 0, 0, 0, 2]);
    check(&drawn::<(U2, U3)>(1), |x| x.exp().gather::<1, _>(&index));
    check(&drawn::<(U2, U3)>(1), |x| x.square().index_select::<1, _>(&of::<(U4,), i64>([2, 0, 0, 1])));
    check(&drawn::<(U3, U2)>(1), |x| of::<(U2, U2), i64>([2, 0, 2, 2]).embedding(x).square());
    check(&drawn::<(U2, U4)>(1), |x| drawn::<(U2, U3)>(2).scatter_add::<1, _>(&index, &x.square()).exp());
    check(&drawn::<(U2, U3)>(1), |x| x.scatter_add::<1, _>(&index, &drawn::<(U2, U4)>(2)).square());
}

#[test]
fn one_hot_in_every_dtype() -> Result<()> {
    let labels = of::<(U2,), i64>([1, 0]);
    assert_eq!(labels.one_hot::<U2, i64>().to_vec()?, [0, 1, 1, 0]);
    assert_eq!(labels.one_hot::<U2, bool>().to_vec()?, [false, true, true, false]);
    assert_eq!(labels.one_hot::<U2, bf16>().to_vec()?, [bf16::ZERO, bf16::ONE, bf16::ONE, bf16::ZERO]);
    assert!(error(&labels.one_hot::<N, f32>()).contains("a literal number of classes, found N"));
    Ok(())
}

#[test]
fn triangles_of_any_diagonal() -> Result<()> {
    let x = of::<(U2, U3), i64>([1, 2, 3, 4, 5, 6]);
    for diagonal in -3..4 {
        let keep = |below: bool| -> Vec<i64> {
            let at = |i: i64| {
                if (i % 3 - i / 3 <= diagonal) == below || (below, i % 3 - i / 3) == (false, diagonal) {
                    i + 1
                } else {
                    0
                }
            };
            (0..6).map(at).collect()
        };
        assert_eq!(x.tril(diagonal as isize).to_vec()?, keep(true), "tril {diagonal}");
        assert_eq!(x.triu(diagonal as isize).to_vec()?, keep(false), "triu {diagonal}");
    }
    let stack = Tensor::<(U2, U2, U2), bool>::ones().tril(0);
    assert_eq!(stack.to_vec()?, [true, false, true, true, true, false, true, true]);
    check(&drawn::<(U2, U3, U3)>(1), |x| x.exp().tril(-1) + x.triu(1));
    Ok(())
}

#[test]
fn masked_fill_broadcasts_the_mask() -> Result<()> {
    let x = of::<(U2, U2), f64>([1.0, 2.0, 3.0, 4.0]);
    let mask = of::<(U2,), bool>([true, false]);
    assert_eq!(x.masked_fill(&mask, f64::NEG_INFINITY).to_vec()?, [f64::NEG_INFINITY, 2.0, f64::NEG_INFINITY, 4.0]);
    check(&drawn::<(U2, U2)>(1), |x| x.square().masked_fill(&mask, 7.0));
    Ok(())
}
