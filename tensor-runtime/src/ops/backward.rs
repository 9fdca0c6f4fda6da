//! Gradients: `loss.backward()` for all parameters, `grad(&loss, &x)` for one tensor.

use crate::dtype::Float;
use crate::error::{Error, Result};
use crate::grad::gradients;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Scalar, Shape};

/// The gradients of a loss by parameter: what [`Tensor::backward`] gives and an optimizer takes.
/// They are pending, like everything else; a step evaluates them.
#[must_use = "gradients do nothing until an optimizer steps with them"]
#[derive(Clone, Debug)]
pub struct Gradients {
    pub(crate) found: Result<Vec<(Node, Node)>>,
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The gradients of this loss with respect to all parameters that it depends on.
    ///
    /// An error in the loss, or parameters that were updated since it was made, come to light when
    /// the gradients are used.
    #[track_caller]
    pub fn backward(&self) -> Gradients
    where
        S: Scalar,
    {
        let _op = named("backward");
        let seed = self.node().constant_like(1.0);
        Gradients { found: gradients(self.node(), seed, Node::is_param) }
    }
}

/// The gradient of `loss` with respect to `x`, like `torch.autograd.grad`: zeros if it does not depend
/// on it. It is a tensor like any other, so it has gradients itself.
#[track_caller]
pub fn grad<L: Shape + Scalar, S: Shape, E: Float>(loss: &Tensor<L, E>, x: &Tensor<S, E>) -> Tensor<S, E> {
    let _op = named("grad");
    let seed = loss.node().constant_like(1.0);
    match gradients(loss.node(), seed, |n| n.same(x.node())) {
        Ok(found) => Tensor::of(found.into_iter().next().map_or_else(|| x.node().constant_like(0.0), |(_, g)| g)),
        Err(error) => Tensor::poisoned(error),
    }
}

impl Gradients {
    /// The gradient of one parameter; `None` if the loss does not depend on it.
    pub fn get<S: Shape, E: Float>(&self, of: &Tensor<S, E>) -> Option<Tensor<S, E>> {
        self.find(of.node()).map(Tensor::of)
    }

    pub(crate) fn find(&self, of: &Node) -> Option<Node> {
        self.found.as_ref().ok()?.iter().find(|(p, _)| p.same(of)).map(|(_, g)| g.clone())
    }

    /// The sum of these gradients and `other`, evaluated: for several backward passes before a step.
    ///
    /// # Errors
    /// Everything that can go wrong in what they are made of.
    pub fn accumulate(self, other: Gradients) -> Result<Gradients> {
        let (mut sum, other) = (self.found?, other.found?);
        for (param, g) in other {
            match sum.iter_mut().find(|(p, _)| p.same(&param)) {
                Some((_, own)) => *own = own.binary(Intrinsic::Add, &g),
                None => sum.push((param, g)),
            }
        }
        let nodes: Vec<Node> = sum.iter().map(|(_, g)| g.clone()).collect();
        crate::eval::look(&nodes)?;
        let values = sum.into_iter().map(|(p, g)| {
            let value = g.value().ok_or(Error::Cut { at: g.origin().at })?;
            Ok((p, Node::leaf(crate::prim::Role::Input, g.dims().clone(), g.dtype(), value)))
        });
        Ok(Gradients { found: Ok(values.collect::<Result<_>>()?) })
    }
}
