//! The primitives of the graph: few, a file each, with shape rule, gradient and lowering together.
//!
//! Everything else is a composite of these. A gradient rule makes nodes from nodes, so it can be
//! differentiated again. Nothing here evaluates anything.

mod barrier;
mod check;
mod constant;
mod contract;
mod convolve;
mod fold;
mod gather;
mod iota;
mod kernel;
mod leaf;
mod map;
mod number;
mod reduce;
mod region;
mod scan;
mod scatter;
mod sort;
mod transfer;
pub(crate) mod variant;
mod view;

pub(crate) use barrier::Barrier;
pub(crate) use check::{Check, CheckKind};
pub(crate) use constant::Constant;
pub(crate) use contract::Contract;
pub(crate) use convolve::{ConvSpec, Convolve};
pub(crate) use fold::Fold;
pub(crate) use gather::Gather;
pub(crate) use iota::Iota;
pub(crate) use kernel::{Kernel, KernelGradient, KernelLaunch, LaunchParam};
pub(crate) use leaf::{Leaf, Role};
pub(crate) use map::{Derivative, Map, Meaning, broadcast, broadcast_dims, pointwise, pruned};
pub(crate) use number::Number;
pub(crate) use reduce::Reduce;
pub(crate) use region::{Gradient, Output, Region, Rule, Taken};
pub(crate) use scan::Scan;
pub(crate) use scatter::Scatter;
pub(crate) use sort::Sort;
pub(crate) use transfer::Transfer;
pub(crate) use view::{View, Window};

use crate::device;
use crate::graph::Node;
use formwork_ir::Access;

/// What a primitive knows of itself.
pub(crate) trait Prim {
    /// Writes its attributes: two nodes of equal attributes, inputs and sizes compute the same.
    fn key(&self, words: &mut Vec<u64>);

    /// The cotangent of input `i` of `y`, given that of `y`; none where the gradient is zero.
    fn grad(&self, y: &Node, inputs: &[&Node], g: &Node, i: usize) -> Option<Node>;

    /// The cotangents of its inputs, for those that have several outputs or a rule for all inputs together.
    fn cotangents(&self, y: &Node, inputs: &[&Node], pull: &Pull<'_>) -> Cotangents {
        let g = pull.g.first().and_then(Option::as_ref);
        let mut cotangents = Cotangents::new();
        for i in 0..inputs.len() {
            cotangents.push(g.filter(|_| (pull.needed)(i)).and_then(|g| self.grad(y, inputs, g, i)));
        }
        cotangents
    }

    /// For primitives that a library runs: the kernel, given where its operands lie. Buffer 0 is
    /// the result unless the kernel says otherwise; `None` for what the planner fuses.
    fn lower(&self, _y: &Node, _inputs: &[Node], _operands: &[Access]) -> Option<device::Kernel> {
        None
    }

    /// Floating-point operations, for `explain`.
    fn flops(&self, y: &Node, _inputs: &[Node]) -> u64 {
        y.len() as u64
    }
}

/// By input: its cotangent, if it has one.
pub(crate) type Cotangents = smallvec::SmallVec<[Option<Node>; 3]>;

/// What a primitive is asked when gradients pass it.
pub(crate) struct Pull<'a> {
    /// The cotangents of its outputs, as far as there are any.
    pub g: &'a [Option<Node>],
    /// Whether that of an input is needed.
    pub needed: &'a dyn Fn(usize) -> bool,
    /// The cotangents of some nodes, given those of nodes above them.
    pub gradients: fn(&[(Node, Node)], &[Node]) -> Vec<Option<Node>>,
}

fn owned(inputs: &[&Node]) -> Vec<Node> {
    inputs.iter().map(|&n| n.clone()).collect()
}

macro_rules! primitives {
    ($($name:ident),* $(,)?) => {
        /// A primitive with its attributes.
        #[derive(Clone, Debug)]
        pub enum Op { $($name($name)),* }

        impl Op {
            fn prim(&self) -> &dyn Prim {
                match self { $(Op::$name(p) => p),* }
            }

            fn tag(&self) -> u64 {
                enum Tag { $($name),* }
                match self { $(Op::$name(_) => Tag::$name as u64),* }
            }

            /// The name of the primitive of a tag.
            pub(crate) fn tag_name(tag: u64) -> &'static str {
                const NAMES: &[&str] = &[$(stringify!($name)),*];
                NAMES.get(tag as usize).copied().unwrap_or("value")
            }
        }

        $(impl From<$name> for Op {
            fn from(p: $name) -> Op { Op::$name(p) }
        })*
    };
}

primitives! {
    Leaf, Number, Constant, Iota, Map, Reduce, View, Contract, Convolve, Gather, Scatter, Scan, Sort, Fold, Check, Barrier,
    Region, Output, Kernel, Transfer,
}

impl Op {
    pub(crate) fn name(&self) -> &'static str {
        Op::tag_name(self.tag())
    }

    /// Writes which primitive it is and its attributes.
    pub(crate) fn key(&self, words: &mut Vec<u64>) {
        words.push(self.tag());
        self.prim().key(words);
    }

    pub(crate) fn cotangents(&self, y: &Node, inputs: &[&Node], pull: &Pull<'_>) -> Cotangents {
        self.prim().cotangents(y, inputs, pull)
    }

    /// Which of its input's outputs it reads.
    pub(crate) fn output(&self) -> usize {
        match self {
            Op::Output(output) => output.index,
            _ => 0,
        }
    }

    pub(crate) fn lower(&self, y: &Node, inputs: &[Node], operands: &[Access]) -> Option<device::Kernel> {
        self.prim().lower(y, inputs, operands)
    }

    pub(crate) fn flops(&self, y: &Node, inputs: &[Node]) -> u64 {
        self.prim().flops(y, inputs)
    }

    /// Whether it is run by a kernel of its own.
    pub(crate) fn is_library(&self) -> bool {
        use Op::*;
        matches!(self, Contract(_) | Convolve(_) | Scatter(_) | Scan(_) | Sort(_) | Fold(_) | Region(_) | Kernel(_))
    }

    /// Whether its value is worth keeping when a user holds it: more than a pass over its inputs.
    pub(crate) fn is_expensive(&self) -> bool {
        self.is_library() || matches!(self, Op::Reduce(_) | Op::Output(_))
    }

    /// Whether no gradient passes: for gradients it is a leaf, whatever it was made from.
    pub(crate) fn is_detached(&self) -> bool {
        matches!(self, Op::View(View::Detach))
    }

    /// Whether it belongs to a device: numbers, constants and counters do not.
    pub(crate) fn has_device(&self) -> bool {
        !matches!(self, Op::Number(_) | Op::Constant(_) | Op::Iota(_))
    }
}
