//! convolve: 2-d convolution in its three modes, which are each other's gradients.

use super::{Op, Prim};
use crate::device::{self, ConvMode, Kernel};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::Access;

/// Sizes and steps of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvSpec {
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
    pub groups: usize,
}

/// `Forward`: `(x, w) -> y`; `Data`: `(dy, w) -> dx`; `Filter`: `(x, dy) -> dw`.
#[derive(Clone, Debug)]
pub struct Convolve {
    pub mode: ConvMode,
    pub spec: ConvSpec,
}

impl ConvSpec {
    /// Places of a kernel of `k` along axis `a` of size `n`.
    pub fn places(&self, a: usize, n: usize, k: usize) -> usize {
        let (whole, span) = (n + 2 * self.padding[a], self.dilation[a] * (k.max(1) - 1) + 1);
        if whole < span { 0 } else { (whole - span) / self.stride[a] + 1 }
    }
}

impl Node {
    /// The convolution of `[n, c, h, w]` with a filter `[o, c / groups, kh, kw]`.
    pub(crate) fn convolve(&self, w: &Node, spec: ConvSpec) -> Node {
        let (x, k) = (self.dims(), w.dims());
        let dims = Dims::from_slice(&[x[0], k[0], spec.places(0, x[2], k[2]), spec.places(1, x[3], k[3])]);
        convolve(ConvMode::Forward, spec, [self, w], dims)
    }
}

fn convolve(mode: ConvMode, spec: ConvSpec, [a, b]: [&Node; 2], dims: Dims) -> Node {
    Node::new(Op::Convolve(Convolve { mode, spec }), dims, a.dtype(), Inputs::from_iter([a.clone(), b.clone()]))
}

impl Convolve {
    /// The nodes in the places of x, w and y.
    fn operands<'a>(&self, y: &'a Node, inputs: &'a [Node]) -> [&'a Node; 3] {
        match self.mode {
            ConvMode::Forward => [&inputs[0], &inputs[1], y],
            ConvMode::Data => [y, &inputs[1], &inputs[0]],
            ConvMode::Filter => [&inputs[0], y, &inputs[1]],
        }
    }
}

impl Prim for Convolve {
    fn key(&self, words: &mut Vec<u64>) {
        let s = &self.spec;
        words.extend([self.mode as u64, s.groups as u64]);
        words.extend([s.stride, s.padding, s.dilation].as_flattened().iter().map(|&n| n as u64));
    }

    fn grad(&self, _y: &Node, inputs: &[&Node], g: &Node, i: usize) -> Option<Node> {
        let (spec, [a, b]) = (self.spec, [&inputs[0], &inputs[1]]);
        Some(match (self.mode, i) {
            (ConvMode::Forward, 0) => convolve(ConvMode::Data, spec, [g, b], a.dims().clone()),
            (ConvMode::Forward, _) => convolve(ConvMode::Filter, spec, [a, g], b.dims().clone()),
            (ConvMode::Data, 0) => convolve(ConvMode::Forward, spec, [g, b], a.dims().clone()),
            (ConvMode::Data, _) => convolve(ConvMode::Filter, spec, [g, a], b.dims().clone()),
            (ConvMode::Filter, 0) => convolve(ConvMode::Data, spec, [b, g], a.dims().clone()),
            (ConvMode::Filter, _) => convolve(ConvMode::Forward, spec, [a, g], b.dims().clone()),
        })
    }

    fn lower(&self, y: &Node, inputs: &[Node], _operands: &[Access]) -> Option<Kernel> {
        let [x, w, y] = self.operands(y, inputs).map(|n| n.dims());
        Some(Kernel::Conv2d(device::Conv2d {
            mode: self.mode,
            dtype: inputs[0].dtype(),
            n: x[0],
            c: x[1],
            h: x[2],
            w: x[3],
            o: w[0],
            kh: w[2],
            kw: w[3],
            oh: y[2],
            ow: y[3],
            stride: self.spec.stride,
            padding: self.spec.padding,
            dilation: self.spec.dilation,
            groups: self.spec.groups,
            epilogue: None,
        }))
    }

    fn flops(&self, y: &Node, inputs: &[Node]) -> u64 {
        let [_, w, y] = self.operands(y, inputs);
        2 * (y.len() * w.dims()[1..].iter().product::<usize>()) as u64
    }
}
