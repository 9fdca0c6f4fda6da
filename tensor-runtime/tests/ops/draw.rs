//! multinomial and keep_topk: what is drawn, and from what.

use super::*;
use formwork_runtime::Rng;
use formwork_shapes::*;

#[test]
fn elements_are_drawn_as_often_as_they_weigh() -> Result<()> {
    let weights = [0.0f32, 3.0, 0.0, 1.0, 4.0, 0.0];
    let rows = Tensor::<(U6,)>::new(weights, &Device::Cpu)?.expand::<(U1000, U6)>();
    let mut rng = Rng::seed(7);
    let mut counts = [0; 6];
    for _ in 0..8 {
        rows.multinomial(&mut rng).to_vec()?.into_iter().for_each(|i| counts[i as usize] += 1);
    }
    // 8,000 draws: five standard deviations are at most 5 * sqrt(8000) / 2.
    for (count, weight) in counts.into_iter().zip(weights) {
        let wanted = 1000.0 * weight;
        assert!((count as f32 - wanted).abs() <= if weight == 0.0 { 0.0 } else { 224.0 }, "{counts:?}");
    }
    Ok(())
}

#[test]
fn a_draw_is_that_of_its_seed() -> Result<()> {
    let weights = Tensor::<(U5, U64)>::full(1.0);
    let drawn = |seed| weights.multinomial(&mut Rng::seed(seed)).to_vec();
    assert_eq!(drawn(1)?, drawn(1)?);
    assert_ne!(drawn(1)?, drawn(2)?);
    let mut rng = Rng::seed(1);
    assert_ne!(weights.multinomial(&mut rng).to_vec()?, weights.multinomial(&mut rng).to_vec()?);
    // The scale does not matter.
    let large = (&weights * 1024.0).multinomial(&mut Rng::seed(1)).to_vec()?;
    assert_eq!(large, drawn(1)?);
    Ok(())
}

#[test]
fn other_floats_are_drawn_alike() -> Result<()> {
    let weights = Tensor::<(U3, U4)>::new((0..12).map(|i| i as f32).collect::<Vec<_>>(), &Device::Cpu)?;
    let wanted = weights.multinomial(&mut Rng::seed(3)).to_vec()?;
    assert_eq!(weights.cast::<f64>().multinomial(&mut Rng::seed(3)).to_vec()?, wanted);
    assert_eq!(weights.cast::<half::bf16>().multinomial(&mut Rng::seed(3)).to_vec()?, wanted);
    Ok(())
}

#[test]
fn the_largest_are_kept() -> Result<()> {
    let x = Tensor::<(U2, U4)>::new([[4.0, 1.0, 3.0, 2.0], [5.0, 5.0, 5.0, 6.0]], &Device::Cpu)?;
    let none = f32::NEG_INFINITY;
    assert_eq!(x.keep_topk::<-1>(1).to_vec()?, [4.0, none, none, none, none, none, none, 6.0]);
    // Those that equal the last one stay.
    assert_eq!(x.keep_topk::<-1>(2).to_vec()?, [4.0, none, 3.0, none, 5.0, 5.0, 5.0, 6.0]);
    assert_eq!(x.keep_topk::<0>(1).to_vec()?, [none, none, none, none, 5.0, 5.0, 5.0, 6.0]);
    assert_eq!(x.keep_topk::<-1>(9).to_vec()?, x.to_vec()?);
    assert_eq!(x.keep_topk::<-1>(2).softmax::<-1>().to_vec()?[1], 0.0);
    assert_eq!(error(&x.keep_topk::<-1>(0)), "`k` is 0; it must be at least 1, of which a draw can choose");
    Ok(())
}
