//! transfer: its input on another device. A plan has one device, so a transfer parts plans: its input is evaluated where
//! it lives, and the value is copied before what needs it is planned.

use super::{Op, Prim};
use crate::device::Device;
use crate::graph::Node;

/// Passes its input on to another device.
#[derive(Clone, Debug)]
pub struct Transfer;

impl Node {
    /// This node on `device`. Numbers and what is made of them alone live on every device.
    pub(crate) fn transfer(&self, device: Device) -> Node {
        match self.home() {
            Some(home) if home != device => self.moved(Op::Transfer(Transfer), device),
            _ => self.clone(),
        }
    }
}

impl Prim for Transfer {
    fn key(&self, _words: &mut Vec<u64>) {}

    fn grad(&self, _y: &Node, inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        Some(g.transfer(inputs.first()?.device()))
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}
