//! cross_entropy and nll_loss: the negative log-likelihood of class indices.

use crate::dtype::{Float, SameElement};
use crate::graph::{Node, named};
use crate::prim::CheckKind;
use crate::tensor::{AsTensor, Tensor};
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

/// Class indices for logits of shape `S`: a tensor of i64 without their last axis.
// The shape waits for the elements, so that the first mistake is the one error.
pub trait Labels<S>: AsTensor {}
impl<S, L: AsTensor> Labels<S> for L
where
    L::Element: SameElement<i64>,
    <L::Element as SameElement<i64>>::Next<L::Shape>: LabelsOf<S, -1>,
{
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `-log_softmax(x)[label]` over all samples, the classes along the last axis:
    /// `[.., C]` logits with `[..]` labels. `torch.nn.functional.cross_entropy` for class indices,
    /// but that the classes are the last axis here, the second one there.
    ///
    /// A label outside `0..C` other than -100 makes the evaluation fail. Labels of -100 do not count.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2};
    /// let logits = Tensor::<(U1, U2)>::new([[0.0, 0.0]], &Device::Cpu)?;
    /// let labels = Tensor::<(U1,), i64>::new([1], &Device::Cpu)?;
    /// assert_eq!(logits.cross_entropy(labels).item()?, 2f32.ln());
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn cross_entropy(&self, labels: impl Labels<S>) -> Tensor<(), E>
    where
        S: Axis<-1>,
    {
        self.cross_entropy_with(labels, CrossEntropy::default())
    }

    /// [`Tensor::cross_entropy`] with label smoothing and the ignored index of one's own.
    #[track_caller]
    pub fn cross_entropy_with<L>(&self, labels: L, settings: CrossEntropy) -> Tensor<(), E>
    where
        L: Labels<S>,
        S: Axis<-1>,
    {
        let _op = named("cross_entropy");
        Tensor::of(mean(self.node(), labels.as_tensor().node(), &settings, cross_entropy))
    }

    /// [`Tensor::cross_entropy_with`] of each sample; one with the ignored label has 0.
    #[track_caller]
    pub fn cross_entropy_none<L>(&self, labels: L, settings: CrossEntropy) -> Tensor<L::Shape, E>
    where
        L: Labels<S>,
        S: Axis<-1>,
    {
        let _op = named("cross_entropy");
        Tensor::stated(each(self.node(), labels.as_tensor().node(), &settings, cross_entropy).0)
    }

    /// The mean of `-x[label]` over all samples, for log-probabilities `x` with the classes along the last axis:
    /// `torch.nn.functional.nll_loss`. Labels are as for [`Tensor::cross_entropy`], which takes logits.
    #[track_caller]
    pub fn nll_loss(&self, labels: impl Labels<S>) -> Tensor<(), E>
    where
        S: Axis<-1>,
    {
        let _op = named("nll_loss");
        let negative = |x: &Node, hit: &Node, _: &CrossEntropy| picked(x, hit).unary(Intrinsic::Neg);
        Tensor::of(mean(self.node(), labels.as_tensor().node(), &CrossEntropy::default(), negative))
    }
}

/// The loss of all samples, given logits, where the labels' classes are, and settings.
type Loss = fn(&Node, &Node, &CrossEntropy) -> Node;

/// The mean of `loss` over the samples that count.
fn mean(x: &Node, labels: &Node, settings: &CrossEntropy, loss: Loss) -> Node {
    let (each, counts) = each(x, labels, settings, loss);
    let number = counts.cast(x.dtype()).reduce(ReduceOp::Sum, 0..counts.rank());
    each.reduce(ReduceOp::Sum, 0..each.rank()).binary(Intrinsic::Div, &number)
}

/// The loss of each sample, 0 for one that does not count, and which ones count.
fn each(x: &Node, labels: &Node, settings: &CrossEntropy, loss: Loss) -> (Node, Node) {
    let axis = x.rank() - 1;
    if x.dims()[..axis] != labels.dims()[..] {
        let differ = x.dims_differ(labels).reduce(ReduceOp::Sum, [axis]);
        return (differ.clone(), differ);
    }
    let classes = x.dims()[axis];
    let index = |n: i64| Node::constant(n as f64, labels.dims().clone(), DType::I64);
    let counts = labels.binary(Intrinsic::Ne, &index(settings.ignore_index));
    let below = labels.binary(Intrinsic::Lt, &index(classes as i64));
    let inside = labels.binary(Intrinsic::Ge, &index(0)).binary(Intrinsic::And, &below);
    let valid = inside.binary(Intrinsic::Or, &counts.unary(Intrinsic::Not));
    let labels = labels.check(&valid, CheckKind::Label { classes });
    let mut column = labels.dims().clone();
    column.push(1);
    let hit = Node::iota(x.dims().clone(), axis).binary(Intrinsic::Eq, &labels.reshape(&column).expand(x.dims()));
    let loss = loss(x, &hit, settings);
    (counts.select(&loss, &loss.constant_like(0.0)), counts)
}

/// `x` at the label of each sample.
fn picked(x: &Node, hit: &Node) -> Node {
    hit.select(x, &x.constant_like(0.0)).reduce(ReduceOp::Sum, [x.rank() - 1])
}

/// One row program a sample: `ln(sum(e^x)) - x[label]`.
fn cross_entropy(x: &Node, hit: &Node, settings: &CrossEntropy) -> Node {
    let axis = x.rank() - 1;
    let shifted = x.shifted(axis);
    let log_sum = shifted.unary(Intrinsic::Exp).reduce(ReduceOp::Sum, [axis]).unary(Intrinsic::Log);
    let loss = log_sum.binary(Intrinsic::Sub, &picked(&shifted, hit));
    if settings.label_smoothing <= 0.0 {
        return loss;
    }
    // The smooth part is the mean of `log_sum - x` over the classes.
    let even = log_sum.binary(Intrinsic::Sub, &shifted.mean_over(&[axis]));
    let (keep, share) = (1.0 - settings.label_smoothing, settings.label_smoothing);
    loss.binary_number(Intrinsic::Mul, keep).binary(Intrinsic::Add, &even.binary_number(Intrinsic::Mul, share))
}
