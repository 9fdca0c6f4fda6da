//! The gradient of a launch: what its author's function gets and gives.

use super::task::scalar;
use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Node, op_at};
use crate::prim::{KernelLaunch, LaunchParam, Number, Op};
use crate::tensor::Tensor;
use formwork_ir::scalar::Type;
use formwork_shapes::Shape;

/// A launch whose gradient is wanted: its inputs, its results and their cotangents.
pub struct Pull<'a> {
    pub(super) launch: &'a KernelLaunch,
    pub(super) inputs: &'a [Node],
    pub(super) outputs: &'a [Node],
    pub(super) cotangents: &'a [Node],
}

/// The cotangent of an input.
pub struct Cotangent(pub(super) Node);

impl Pull<'_> {
    /// The input of parameter `param`.
    fn of(&self, param: usize) -> Option<&Node> {
        let before = self.launch.params[..param].iter().filter(|p| p.is_input()).count();
        self.launch.params.get(param).filter(|p| p.is_input()).and_then(|_| self.inputs.get(before))
    }

    /// The tensor that parameter `param` was given.
    #[doc(hidden)]
    pub fn input<E: Element, S: Shape>(&self, param: usize) -> Tensor<S, E> {
        self.tensor(self.of(param))
    }

    /// The number that parameter `param` was given.
    #[doc(hidden)]
    pub fn scalar<T: Type>(&self, param: usize) -> T {
        match self.of(param).map(Node::op) {
            Some(Op::Number(Number(x))) => scalar(*x),
            _ => T::default(),
        }
    }

    /// Result number `i`.
    #[doc(hidden)]
    pub fn output<E: Element, S: Shape>(&self, i: usize) -> Tensor<S, E> {
        self.tensor(self.outputs.get(i))
    }

    /// The cotangent of result number `i`.
    #[doc(hidden)]
    pub fn cotangent<E: Element, S: Shape>(&self, i: usize) -> Tensor<S, E> {
        self.tensor(self.cotangents.get(i))
    }

    fn tensor<E: Element, S: Shape>(&self, node: Option<&Node>) -> Tensor<S, E> {
        match node {
            Some(node) => Tensor::of(node.clone()),
            None => Tensor::poisoned(self.wrong("a parameter or result that the kernel lacks")),
        }
    }

    fn wrong(&self, what: &str) -> Error {
        let message = format!("the gradient of `{}` asks for {what}", self.launch.name);
        Error::Value { message, scope: String::new(), at: op_at() }
    }

    /// The cotangents of the float inputs, in order: a tensor, or a tuple of them.
    #[doc(hidden)]
    pub fn give(&self, given: impl Given) -> Vec<Cotangent> {
        given.cotangents()
    }

    /// By input: its cotangent. One of another number or other dims than the inputs is an error.
    pub(super) fn spread(&self, given: Vec<Cotangent>) -> Vec<Option<Node>> {
        let is_float = |p: &LaunchParam| matches!(p, LaunchParam::Array { dtype, .. } if dtype.is_float());
        let inputs = self.launch.params.iter().filter(|p| p.is_input());
        let wanted = inputs.clone().filter(|p| is_float(p)).count();
        let count = given.len();
        let mut given = given.into_iter();
        let one = |(param, x): (&LaunchParam, &Node)| {
            let found = if is_float(param) { given.next() } else { return None };
            let Some(Cotangent(g)) = found.filter(|_| count == wanted) else {
                let message = format!(
                    "the gradient of `{}` gives {count} cotangents, the kernel has {wanted} inputs of floats",
                    self.launch.name
                );
                let error = Error::Value { message, scope: String::new(), at: op_at() };
                return Some(Node::poisoned(error, x.dims().clone(), x.dtype()));
            };
            if (g.dims(), g.dtype()) == (x.dims(), x.dtype()) || g.error().is_some() {
                return Some(g);
            }
            Some(x.dims_differ(&g))
        };
        inputs.zip(self.inputs).map(one).collect()
    }
}

/// What the gradient of a kernel gives: the cotangent of its input of floats, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "the gradient of a kernel gives tensors, not `{Self}`",
    note = "return the cotangent of the kernel's float input, or a tuple with one for each of them"
)]
pub trait Given {
    #[doc(hidden)]
    fn cotangents(self) -> Vec<Cotangent>;
}

impl<S: Shape, E: Element> Given for Tensor<S, E> {
    fn cotangents(self) -> Vec<Cotangent> {
        vec![Cotangent(self.node().clone())]
    }
}

macro_rules! given {
    ($($($t:ident $x:ident)*;)*) => { $(
        impl<$($t: Given),*> Given for ($($t,)*) {
            fn cotangents(self) -> Vec<Cotangent> {
                let ($($x,)*) = self;
                let mut all = vec![];
                $(all.extend($x.cotangents());)*
                all
            }
        }
    )* };
}
given! {
    A a; A a B b; A a B b C c; A a B b C c D d; A a B b C c D d E e; A a B b C c D d E e F f;
    A a B b C c D d E e F f G g; A a B b C c D d E e F f G g H h;
}
