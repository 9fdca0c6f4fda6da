//! scaled_dot_product_attention: values mixed by how well queries and keys agree.

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic};
use formwork_shapes::{MatMulRhs, Shape, Transpose};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `softmax(q k^T / sqrt(D)) v`: queries `[.., T, D]`, keys `[.., C, D]`, values `[.., C, V]` give `[.., T, V]`. With
    /// `causal`, query `i` sees keys `0..=i` only. Vaswani et al. 2017;
    /// `torch.nn.functional.scaled_dot_product_attention`.
    ///
    /// ```
    /// use formwork_runtime::Tensor;
    /// use formwork_shapes::{U2, U3, U4};
    /// let [q, k, v] = [1.0, 2.0, 3.0].map(|x| Tensor::<(U2, U3, U4)>::full(x));
    /// assert_eq!(q.scaled_dot_product_attention(&k, &v, true).to_vec()?, [3.0; 24]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn scaled_dot_product_attention<K, V>(
        &self,
        key: &Tensor<K, E>,
        value: &Tensor<V, E>,
        causal: bool,
    ) -> Tensor<<V as MatMulRhs<Scores<S, K>>>::Out, E>
    where
        K: Shape + Transpose<-2, -1>,
        <K as Transpose<-2, -1>>::Out: MatMulRhs<S>,
        V: Shape + MatMulRhs<Scores<S, K>>,
    {
        let _op = named("scaled_dot_product_attention");
        Tensor::stated(attention(self.node(), key.node(), value.node(), causal))
    }
}

/// The shape of `q k^T`: queries `S`, keys `K`.
pub type Scores<S, K> = <<K as Transpose<-2, -1>>::Out as MatMulRhs<S>>::Out;

fn attention(q: &Node, k: &Node, v: &Node, causal: bool) -> Node {
    let width = q.dims()[q.rank() - 1] as f64;
    let scores = q.binary(Intrinsic::Mul, &q.constant_like(width.powf(-0.5))).matmul(&k.transposed());
    let axis = scores.rank() - 1;
    if scores.error().is_some() {
        return scores;
    }
    if scores.dims()[axis] != v.dims()[v.rank() - 2] {
        return scores.dims_differ(v);
    }
    let seen = match causal {
        true => {
            let ahead = Node::columns_less_rows(scores.dims().clone());
            let here = Node::constant(0.0, scores.dims().clone(), DType::I64);
            ahead.binary(Intrinsic::Le, &here).select(&scores, &scores.constant_like(f64::NEG_INFINITY))
        }
        false => scores,
    };
    seen.softmax(axis).matmul(v)
}
