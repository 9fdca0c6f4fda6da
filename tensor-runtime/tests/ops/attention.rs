//! scaled_dot_product_attention.

use super::*;
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

#[test]
fn keys_and_values_must_be_as_many() {
    let q = drawn::<(U3, U4)>(1);
    let (k, v) = (sized::<(N, U4), f64>([0.0; 8], &[2, 4]), sized::<(N, U4), f64>([0.0; 12], &[3, 4]));
    assert!(error(&q.scaled_dot_product_attention(&k, &v, false)).contains("sizes differ"));
}
