//! cross_entropy: the negative log-likelihood of class indices under softmax.

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::prim::CheckKind;
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic, ReduceOp};
use formwork_shapes::{Axis, LabelsOf, Shape};

/// Settings of the cross-entropy loss, with PyTorch's defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropy {
    /// The share of the target that is spread over all classes: 0 to 1.
    pub label_smoothing: f64,
    /// Samples with this label do not count.
    pub ignore_index: i64,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        CrossEntropy { label_smoothing: 0.0, ignore_index: -100 }
    }
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `-log_softmax(x)[label]` over all samples, the classes along the last axis:
    /// `[.., C]` logits with `[..]` labels. `torch.nn.functional.cross_entropy` for class indices,
    /// but that the classes are the last axis here, the second one there.
    ///
    /// A label outside `0..C` other than -100 makes the evaluation fail. Labels of -100 do not count.
    #[track_caller]
    pub fn cross_entropy<L: Shape + LabelsOf<S, -1>>(&self, labels: impl AsRef<Tensor<L, i64>>) -> Tensor<(), E>
    where
        S: Axis<-1>,
    {
        let _op = named("cross_entropy");
        Tensor::of(cross_entropy(self.node(), labels.as_ref().node(), &CrossEntropy::default()))
    }

    /// [`Tensor::cross_entropy`] with label smoothing and the ignored index of one's own.
    #[track_caller]
    pub fn cross_entropy_with<L: Shape + LabelsOf<S, -1>>(&self, labels: impl AsRef<Tensor<L, i64>>, settings: CrossEntropy) -> Tensor<(), E>
    where
        S: Axis<-1>,
    {
        let _op = named("cross_entropy");
        Tensor::of(cross_entropy(self.node(), labels.as_ref().node(), &settings))
    }
}

/// One row program a sample, then a mean: `loss = ln(sum(e^x)) - x[label]`.
fn cross_entropy(x: &Node, labels: &Node, settings: &CrossEntropy) -> Node {
    let axis = x.rank() - 1;
    if x.dims()[..axis] != labels.dims()[..] {
        return x.dims_differ(labels).reduce(ReduceOp::Sum, 0..x.rank());
    }
    let classes = x.dims()[axis];
    let index = |n: i64| Node::constant(n as f64, labels.dims().clone(), DType::I64);
    let counts = labels.binary(Intrinsic::Ne, &index(settings.ignore_index));
    let inside = labels.binary(Intrinsic::Ge, &index(0)).binary(Intrinsic::And, &labels.binary(Intrinsic::Lt, &index(classes as i64)));
    let valid = inside.binary(Intrinsic::Or, &counts.unary(Intrinsic::Not));
    let labels = labels.check(&valid, CheckKind::Label { classes });

    let mut column = labels.dims().clone();
    column.push(1);
    let hit = Node::iota(x.dims().clone(), axis).binary(Intrinsic::Eq, &labels.reshape(&column).expand(x.dims()));
    let shifted = x.shifted(axis);
    let log_sum = shifted.unary(Intrinsic::Exp).reduce(ReduceOp::Sum, [axis]).unary(Intrinsic::Log);
    let picked = hit.select(&shifted, &shifted.constant_like(0.0)).reduce(ReduceOp::Sum, [axis]);
    let mut loss = log_sum.binary(Intrinsic::Sub, &picked);
    if settings.label_smoothing > 0.0 {
        // The smooth part is the mean of `log_sum - x` over the classes.
        let even = log_sum.binary(Intrinsic::Sub, &shifted.mean_over(&[axis]));
        let (keep, share) = (1.0 - settings.label_smoothing, settings.label_smoothing);
        loss = loss.binary_number(Intrinsic::Mul, keep).binary(Intrinsic::Add, &even.binary_number(Intrinsic::Mul, share));
    }
    let loss = counts.select(&loss, &loss.constant_like(0.0));
    let number = counts.cast(x.dtype()).reduce(ReduceOp::Sum, 0..labels.rank());
    loss.reduce(ReduceOp::Sum, 0..labels.rank()).binary(Intrinsic::Div, &number)
}

impl<S: Shape, E: crate::dtype::Element> AsRef<Tensor<S, E>> for Tensor<S, E> {
    fn as_ref(&self) -> &Tensor<S, E> {
        self
    }
}
