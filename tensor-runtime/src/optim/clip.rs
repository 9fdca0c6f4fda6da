//! Clipping of gradients: lazy, in the plan of the step that uses them.

use super::formula::setting;
use crate::error::Result;
use crate::graph::{Inputs, Node, named};
use crate::ops::Gradients;
use crate::prim::{Meaning, pointwise};
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic, ReduceOp};

impl Gradients {
    /// The L2 norm of all gradients together, `sqrt(sum(g^2))`; 0 if there are none.
    #[track_caller]
    pub fn norm(&self) -> Tensor<(), f32> {
        let _op = named("norm");
        match &self.found {
            Ok(found) => Tensor::of(norm(found.iter().map(|(_, g)| g)).cast(DType::F32)),
            Err(error) => Tensor::poisoned(error.clone()),
        }
    }

    /// These gradients, scaled by `max / (norm + 1e-6)` if their [`norm`](Gradients::norm) is larger
    /// than `max`: `torch.nn.utils.clip_grad_norm_`.
    ///
    /// A `max` that is not above 0 comes to light when the gradients are used.
    #[track_caller]
    pub fn clip_norm(self, max: f64) -> Gradients {
        let _op = named("clip_norm");
        self.with(check_norm(max), |nodes| clip_norm(nodes, max))
    }

    /// These gradients, each element cut to `-max..=max`: `torch.nn.utils.clip_grad_value_`.
    ///
    /// A `max` below 0 comes to light when the gradients are used.
    #[track_caller]
    pub fn clip_value(self, max: f64) -> Gradients {
        let _op = named("clip_value");
        self.with(check_value(max), |nodes| nodes.iter_mut().for_each(|g| clip_value(g, max)))
    }

    fn with(self, checked: Result<()>, clip: impl FnOnce(&mut [&mut Node])) -> Gradients {
        let found = self.found.and_then(|mut found| {
            checked?;
            clip(&mut found.iter_mut().map(|(_, g)| g).collect::<Vec<_>>());
            Ok(found)
        });
        Gradients { found }
    }
}

pub(super) fn check_norm(max: f64) -> Result<()> {
    setting("clip_norm", max, max > 0.0, "above 0")
}

pub(super) fn check_value(max: f64) -> Result<()> {
    setting("clip_value", max, max >= 0.0, "at least 0")
}

/// The norm in f32, or in f64 if one of the gradients is.
fn norm<'a>(gradients: impl Iterator<Item = &'a Node> + Clone) -> Node {
    let wide = gradients.clone().any(|g| g.dtype() == DType::F64);
    let dtype = if wide { DType::F64 } else { DType::F32 };
    let squares = gradients.map(|g| {
        let g = g.cast(dtype);
        g.binary(Intrinsic::Mul, &g).reduce(ReduceOp::Sum, 0..g.rank())
    });
    let sum = squares.reduce(|sum, square| sum.binary(Intrinsic::Add, &square));
    sum.unwrap_or_else(|| Node::constant(0.0, [].as_slice().into(), dtype)).unary(Intrinsic::Sqrt)
}

pub(super) fn clip_norm(gradients: &mut [&mut Node], max: f64) {
    let norm = norm(gradients.iter().map(|g| &**g));
    let meaning: &Meaning = pointwise(norm.dtype(), 2, |b, x| {
        let (tiny, one) = (b.constant(b.dtype(x[0]), 1e-6), b.constant(b.dtype(x[0]), 1.0));
        let sum = b.apply(Intrinsic::Add, &[x[0], tiny]);
        let share = b.apply(Intrinsic::Div, &[x[1], sum]);
        b.apply(Intrinsic::Min, &[share, one])
    });
    let max = Node::number(max, norm.dtype());
    let share = Node::map(meaning, Inputs::from_iter([norm, max]));
    for g in gradients {
        **g = g.binary(Intrinsic::Mul, &share.cast(g.dtype()));
    }
}

pub(super) fn clip_value(g: &mut Node, max: f64) {
    *g = g.binary_number(Intrinsic::Max, -max).binary_number(Intrinsic::Min, max);
}
