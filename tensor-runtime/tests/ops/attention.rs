//! scaled_dot_product_attention.

use super::*;
use formwork_runtime::dtype::bf16;
use formwork_shapes::*;

runtime_dim!(N);

type Queries = (U2, U3, U4);
type Keys = (U2, U5, U4);
type Values = (U2, U5, U3);

#[test]
fn gradients_of_attention() {
    let (q, k, v) = (drawn::<Queries>(1), drawn::<Keys>(2), drawn::<Values>(3));
    for causal in [false, true] {
        check(&q, |q| q.scaled_dot_product_attention(&k, &v, causal));
        check(&k, |k| q.scaled_dot_product_attention(k, &v, causal));
        check(&v, |v| q.scaled_dot_product_attention(&k, v, causal).square());
    }
}

#[test]
fn the_first_query_of_causal_attention_sees_the_first_key_only() -> Result<()> {
    let (q, k, v) = (drawn::<Queries>(1), drawn::<Keys>(2), drawn::<Values>(3));
    let y = q.scaled_dot_product_attention(&k, &v, true).to_vec()?;
    assert_eq!(y[..3], v.to_vec()?[..3]);
    Ok(())
}

/// bf16 keeps 8 bits of a number: what comes out is as near as its own rounding and that of the weights.
#[test]
fn attention_of_16_bits_is_summed_in_32() -> Result<()> {
    let narrow = |seed| drawn::<(U2, U64, U8)>(seed).cast::<bf16>();
    let (q, k, v) = (narrow(1), narrow(2), narrow(3));
    let wide = [&q, &k, &v].map(|x| x.cast::<f64>());
    let y = q.scaled_dot_product_attention(&k, &v, true);
    let wanted = wide[0].scaled_dot_product_attention(&wide[1], &wide[2], true);
    let off = (y.cast::<f64>() - &wanted).abs().max().item()?;
    assert!(off <= 2.0 * 2f64.powi(-7), "{off}");
    let slope = grad(&y.square().sum(), &q).cast::<f64>();
    let wanted = grad(&wanted.square().sum(), &wide[0]);
    let off = (slope - &wanted).abs().max().item()? / wanted.abs().max().item()?;
    assert!(off <= 2.0 * 2f64.powi(-7), "{off}");
    Ok(())
}

#[test]
fn keys_and_values_must_be_as_many() {
    let q = drawn::<(U3, U4)>(1);
    let (k, v) = (sized::<(N, U4), f64>([0.0; 8], &[2, 4]), sized::<(N, U4), f64>([0.0; 12], &[3, 4]));
    assert!(error(&q.scaled_dot_product_attention(&k, &v, false)).contains("sizes differ"));
}
