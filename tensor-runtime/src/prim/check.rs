//! check: a node that passes its input on, and makes the evaluation fail where a bool is false.

use super::{Op, Prim};
use crate::graph::{Inputs, Node};

/// What is checked, for the error message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// A class index lies in `0..classes`.
    Label { classes: usize },
    /// An index of a one-hot row lies in `0..classes`.
    Class { classes: usize },
}

impl CheckKind {
    /// What to say of the element numbered `at`.
    pub(crate) fn message(&self, at: usize) -> String {
        match self {
            CheckKind::Label { classes } => {
                format!(
                    "the label of sample {at} is outside 0..{classes}; labels are class indices from 0, or the ignored index"
                )
            }
            CheckKind::Class { classes } => {
                format!("the index of element {at} is outside 0..{classes}; one_hot takes class indices from 0")
            }
        }
    }
}

/// Passes its first input on where its second, a bool, is true.
#[derive(Clone, Debug)]
pub struct Check(pub CheckKind);

impl Node {
    /// This node; evaluating it fails where `ok` (a bool of the same dims) is false.
    pub(crate) fn check(&self, ok: &Node, kind: CheckKind) -> Node {
        Node::new(
            Op::Check(Check(kind)),
            self.dims().clone(),
            self.dtype(),
            Inputs::from_iter([self.clone(), ok.clone()]),
        )
    }
}

impl Prim for Check {
    fn key(&self, words: &mut Vec<u64>) {
        match self.0 {
            CheckKind::Label { classes } => words.extend([0, classes as u64]),
            CheckKind::Class { classes } => words.extend([1, classes as u64]),
        }
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], g: &Node, i: usize) -> Option<Node> {
        (i == 0).then(|| g.clone())
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}
