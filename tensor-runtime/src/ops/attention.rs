//! scaled_dot_product_attention: values mixed by how well queries and keys agree.

use super::compute::computed;
use crate::dtype::Float;
use crate::grad::gradients_of;
use crate::graph::{Node, named};
use crate::prim::{Gradient, Rule};
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic, ReduceOp};
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
        let inputs = [self.node(), key.node(), value.node()];
        Tensor::stated(computed(inputs, |[q, k, v]| attention(q, k, v, causal)))
    }
}

/// The shape of `q k^T`: queries `S`, keys `K`.
pub type Scores<S, K> = <<K as Transpose<-2, -1>>::Out as MatMulRhs<S>>::Out;

/// The region `attention`: from queries, keys and values to values `y` and, for devices that want it in the gradient, the
/// logarithm `[.., T]` of each query's sum. Its gradient is the region `attention_backward` of these, the outputs and the
/// cotangent of `y`. Attributes of both: `causal`, 0 or 1, and `scale`.
fn attention(q: &Node, k: &Node, v: &Node, causal: bool) -> Node {
    let scale = (q.dims()[q.rank() - 1] as f64).powf(-0.5);
    let attributes = [("causal", f64::from(u8::from(causal))), ("scale", scale)];
    let rule: Rule = Box::new(move |inputs, outputs, g| {
        let inputs: Vec<Node> = inputs.iter().chain(outputs).chain(&g[..1]).cloned().collect();
        // Written as the gradient of the definition: what it computes again is what the forward pass computed, one node
        // in a plan that inlines both.
        let body = |n: Vec<Node>| {
            let y = definition(&n[0], &n[1], &n[2], scale, causal)[0].clone();
            let found = gradients_of(&[(y, n[5].clone())], &n[..3]);
            found.into_iter().zip(&n).map(|(dx, x)| dx.unwrap_or_else(|| x.constant_like(0.0))).collect()
        };
        Node::named_region("attention_backward", &attributes, &inputs, body, Gradient::Inlined)
    });
    let body = |n: Vec<Node>| definition(&n[0], &n[1], &n[2], scale, causal).to_vec();
    let outputs =
        Node::named_region("attention", &attributes, &[q.clone(), k.clone(), v.clone()], body, Gradient::Given(rule));
    outputs[0].clone()
}

/// `softmax(scale q k^T) v`, and `ln(sum(e^(scale q k^T)))` over the keys. Of 16-bit floats only the products are so narrow:
/// scores and their sums are f32.
fn definition(q: &Node, k: &Node, v: &Node, scale: f64, causal: bool) -> [Node; 2] {
    let scaled = |x: &Node| x.binary(Intrinsic::Mul, &x.constant_like(scale));
    let scores = match q.dtype() {
        DType::F16 | DType::BF16 => scaled(&q.matmul(&k.transposed()).cast(DType::F32)),
        _ => scaled(q).matmul(&k.transposed()),
    };
    let axis = scores.rank() - 1;
    if scores.error().is_some() {
        return [scores.clone(), scores];
    }
    if scores.dims()[axis] != v.dims()[v.rank() - 2] {
        let differ = scores.dims_differ(v);
        return [differ.clone(), differ];
    }
    let seen = match causal {
        true => {
            let ahead = Node::columns_less_rows(scores.dims().clone());
            let here = Node::constant(0.0, scores.dims().clone(), DType::I64);
            ahead.binary(Intrinsic::Le, &here).select(&scores, &scores.constant_like(f64::NEG_INFINITY))
        }
        false => scores,
    };
    let sums =
        seen.shifted(axis).log_sum(axis).binary(Intrinsic::Add, &seen.detached().reduce_keep(ReduceOp::Max, [axis]));
    [seen.softmax(axis).cast(v.dtype()).matmul(v), sums.dropped(axis)]
}
