//! kernel: a launch of a kernel that a user wrote. Its results are outputs above it, as those
//! of a region are.

mod derive;

use super::map::NO_GRADIENT;
use super::{Cotangents, Op, Output, Prim, Pull, owned};
use crate::device::Device;
use crate::device::grid::{self, Code, GridArray, GridParam, Start};
use crate::error::Error;
use crate::graph::{Dims, Inputs, Node, WeakNode, op_at};
use formwork_ir::kernel::ir;
use formwork_ir::kernel::link::{Bound, Source, Unlinked};
use formwork_ir::{Check, DType};
use std::sync::{Arc, OnceLock};

/// A launch: what its node's inputs are to the kernel, and what comes out.
#[derive(Clone)]
pub struct Kernel(pub(crate) Arc<KernelLaunch>);

pub(crate) struct KernelLaunch {
    pub name: &'static str,
    pub code: Code,
    /// In the order of the signature. Inputs of the node are those that take one, in this order; a kernel without any has
    /// a number as its input, since a node without inputs is a leaf.
    pub params: Vec<LaunchParam>,
    pub dims: Vec<usize>,
    pub block: [usize; 3],
    pub grid: [usize; 3],
    pub ordered: bool,
    pub gradient: KernelGradient,
    /// What the code is, for those who read kernels rather than run them, and what its generics stand for.
    pub source: Arc<Source>,
    pub bounds: Vec<Bound>,
    /// The outputs as they were made, whose values a gradient may find.
    pub outputs: OnceLock<Vec<WeakNode>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LaunchParam {
    /// A number, which is an input of the node.
    Scalar,
    Array {
        name: String,
        dtype: DType,
        sizes: Dims,
        mode: formwork_ir::kernel::Mode,
    },
}

impl LaunchParam {
    pub fn is_input(&self) -> bool {
        use formwork_ir::kernel::Mode;
        !matches!(self, LaunchParam::Array { mode: Mode::Out | Mode::Zeroed, .. })
    }

    pub fn is_result(&self) -> bool {
        use formwork_ir::kernel::Mode;
        matches!(self, LaunchParam::Array { mode: Mode::Out | Mode::Zeroed | Mode::InOut, .. })
    }
}

/// From the launch, its inputs, results and cotangents of the results to cotangents of the inputs.
pub(crate) type Pullback = dyn Fn(&KernelLaunch, &[Node], &[Node], &[Node]) -> Vec<Option<Node>> + Send + Sync;

/// The gradient of a kernel.
pub(crate) enum KernelGradient {
    Given(Arc<Pullback>),
    /// That of the map that the kernel is, if it is one.
    Derived,
    /// There is none, as the kernel's author says.
    Refused,
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}<{:?}>", self.0.name, self.0.grid)
    }
}

impl KernelLaunch {
    /// Sizes and dtype of each result.
    pub fn results(&self) -> impl Iterator<Item = (&Dims, DType)> {
        self.params.iter().filter(|p| p.is_result()).filter_map(|p| match p {
            LaunchParam::Array { sizes, dtype, .. } => Some((sizes, *dtype)),
            LaunchParam::Scalar => None,
        })
    }

    /// The typed form of the kernel, with dims as literals.
    pub fn typed(&self) -> Result<ir::Kernel, Unlinked> {
        self.source.kernel(&self.bounds)
    }

    /// The results of a launch with these inputs.
    pub fn of(self, mut inputs: Inputs, device: Option<Device>) -> Vec<Node> {
        if inputs.is_empty() {
            inputs.push(Node::number(0.0, DType::F32));
        }
        let launch = Arc::new(self);
        let node = Node::new_on(device, Op::Kernel(Kernel(launch.clone())), Dims::new(), DType::U8, inputs);
        let results = launch.results().enumerate();
        let outputs: Vec<Node> = results.map(|(i, (dims, dtype))| output(&node, i, dims, dtype)).collect();
        // A launch has its outputs once.
        let _ = launch.outputs.set(outputs.iter().map(Node::weak).collect());
        outputs
    }
}

impl Kernel {
    /// The kernel as a device takes it: buffers are the results, then the inputs that are arrays. `slot` finds a number in
    /// the argument table; `typed` says whether its typed form is what runs.
    pub(crate) fn grid(&self, inputs: &[u32], slot: impl Fn(u32) -> u32, check: Check, typed: bool) -> grid::Grid {
        let launch = &*self.0;
        let mut inputs = inputs.iter();
        let (mut result, mut given) = (0, launch.results().count() as u32);
        let params = launch.params.iter().map(|param| {
            let input = if param.is_input() { inputs.next() } else { None };
            let LaunchParam::Array { name, dtype, sizes, mode } = param else {
                return GridParam::Scalar(input.map_or(0, |&n| slot(n)));
            };
            let next = |counter: &mut u32| std::mem::replace(counter, *counter + 1);
            use formwork_ir::kernel::Mode;
            let (buffer, start) = match mode {
                Mode::In => (next(&mut given), Start::Given),
                Mode::Out => (next(&mut result), Start::Arbitrary),
                Mode::Zeroed => (next(&mut result), Start::Zeros),
                Mode::InOut => (next(&mut result), Start::Copied(next(&mut given))),
            };
            GridParam::Array(GridArray { name: name.clone(), dtype: *dtype, sizes: sizes.to_vec(), buffer, start })
        });
        grid::Grid {
            name: launch.name.to_string(),
            code: launch.code,
            params: params.collect(),
            dims: launch.dims.clone(),
            block: launch.block,
            grid: launch.grid,
            ordered: launch.ordered,
            check,
            typed: typed.then(|| grid::Typed(Arc::new(launch.typed().map(Arc::new)))),
        }
    }

    /// Output `i` of `node`, which is a launch of this kernel: as it was made, if it is still there.
    fn output(&self, node: &Node, i: usize, dims: &Dims, dtype: DType) -> Node {
        let known = self.0.outputs.get().and_then(|all| all[i].upgrade());
        // A checkpoint makes copies of the launch; and what is evaluated may have let go of it.
        let own = |n: &Node| n.value().is_some() || n.inputs().first().is_some_and(|k| k.same(node));
        known.filter(own).unwrap_or_else(|| output(node, i, dims, dtype))
    }
}

fn output(node: &Node, index: usize, dims: &Dims, dtype: DType) -> Node {
    Node::new(Op::Output(Output { index }), dims.clone(), dtype, Inputs::from_iter([node.clone()]))
}

impl Kernel {
    /// Whether its gradient, if anybody asks for one, wants the values of its inputs.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.0.gradient, KernelGradient::Refused)
    }
}

/// An error for each input that would have a gradient.
fn refused(error: &Error, inputs: &[&Node]) -> Cotangents {
    let one = |x: &&Node| x.dtype().is_float().then(|| Node::poisoned(error.clone(), x.dims().clone(), x.dtype()));
    inputs.iter().map(one).collect()
}

impl Prim for Kernel {
    fn key(&self, words: &mut Vec<u64>) {
        let launch = &*self.0;
        words.extend(launch.code.key().map(|k| k as u64));
        words.extend(launch.dims.iter().chain(&launch.grid).map(|&n| n as u64));
        for param in &launch.params {
            // Elements may be generic; sizes are those of the dims, but for shapes with literals of the user.
            if let LaunchParam::Array { dtype, sizes, .. } = param {
                words.push(*dtype as u64);
                words.extend(sizes.iter().map(|&n| n as u64));
            }
        }
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }

    fn cotangents(&self, y: &Node, inputs: &[&Node], pull: &Pull<'_>) -> Cotangents {
        match &self.0.gradient {
            KernelGradient::Given(rule) => {
                let outputs: Vec<Node> =
                    self.0.results().enumerate().map(|(i, (dims, dtype))| self.output(y, i, dims, dtype)).collect();
                let given = |i: usize| pull.g.get(i).cloned().flatten();
                let g: Vec<Node> =
                    outputs.iter().enumerate().map(|(i, o)| given(i).unwrap_or_else(|| o.constant_like(0.0))).collect();
                rule(&self.0, &owned(inputs), &outputs, &g).into()
            }
            KernelGradient::Derived => derive::cotangents(&self.0, y, inputs, pull),
            KernelGradient::Refused => {
                let reason = NO_GRADIENT.to_string();
                refused(&Error::Gradient { op: self.0.name, reason, made: y.origin().at, at: op_at() }, inputs)
            }
        }
    }

    fn flops(&self, _y: &Node, inputs: &[Node]) -> u64 {
        // Nobody knows; for the choice of whether to share the work, a few for every element and thread.
        let elements: usize = inputs.iter().map(Node::len).chain(self.0.results().map(|r| r.0.iter().product())).sum();
        let threads: usize = self.0.grid.iter().chain(&self.0.block).product();
        4 * elements.max(threads) as u64
    }
}
