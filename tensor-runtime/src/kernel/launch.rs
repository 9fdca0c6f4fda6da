//! Typed launches of grid kernels.

use super::pull::{Cotangent, Pull};
use super::task::argument;
use super::{Source, View};
use crate::device::Device;
use crate::device::grid::{Code, Copies};
use crate::dtype::Element;
use crate::error::{Error, Location, Result};
use crate::graph::{Dims, Inputs, Node, named_at, op_at, op_name};
use crate::ops::Policy;
use crate::prim::{self, LaunchParam};
use crate::tensor::{Tensor, fits};
use formwork_ir::DType;
use formwork_ir::kernel::ir::SHARED_MOST;
use formwork_ir::kernel::{Generic, GenericKind, Mode, ParamKind, link};
use formwork_ir::scalar::Type;
use formwork_shapes::{DimExpr, Shape, Symbol};
use std::sync::{Arc, OnceLock};

/// A grid kernel, for a static beside its function.
pub struct Grid {
    source: &'static Source,
    facts: OnceLock<Result<Facts>>,
}

/// What a launch reads from the template.
#[derive(Clone)]
struct Facts {
    source: Arc<link::Source>,
    /// By parameter: its name, and its mode if it is a view.
    params: Vec<(String, Option<Mode>)>,
    /// Whether the result depends on the order of blocks.
    ordered: bool,
    /// Whether blocks have shared memory.
    shared: bool,
}

impl Grid {
    /// For a static beside the function.
    pub const fn new(source: &'static Source) -> Grid {
        Grid { source, facts: OnceLock::new() }
    }

    fn facts(&self) -> Result<&Facts> {
        let read = || {
            let source = self.source.read()?;
            let template = &source.template;
            let param = |p: &formwork_ir::kernel::Param| {
                let mode = match &p.kind {
                    ParamKind::Array { mode, .. } => Some(*mode),
                    ParamKind::Scalar(_) => None,
                };
                (p.name.clone(), mode)
            };
            // Blocks that meet in atomic operations would see each other in an order that the threads decide.
            let ordered = self.source.template.contains("atomic_");
            let params = template.params.iter().map(param).collect();
            let shared = self.source.template.contains("(shared ");
            Ok(Facts { source: source.clone(), params, ordered, shared })
        };
        self.facts.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// An error if a block wants more shared memory than there is.
    fn fits(&self, facts: &Facts, bounds: &[link::Bound]) -> Result<()> {
        let bytes = facts.source.shared_bytes(bounds).map_err(|e| self.source.unlinked(e))?;
        if bytes <= SHARED_MOST {
            return Ok(());
        }
        let message = format!(
            "a block of `{}` wants {bytes} bytes of shared memory, and there are {SHARED_MOST}; use smaller tiles, or \
             elements of fewer bytes",
            self.source.name
        );
        Err(Error::Bounds { op: op_name(), message, at: op_at() })
    }
}

/// An argument of a launch, in the order of the signature.
enum Argument {
    Scalar(Node),
    /// A view that is given.
    Input {
        node: Node,
        dtype: DType,
        dims: &'static [&'static DimExpr],
    },
    /// A view that is made.
    Output {
        dtype: DType,
        dims: &'static [&'static DimExpr],
    },
}

/// A launch while its arguments come in: what the function of a grid kernel does.
#[doc(hidden)]
pub struct Launch {
    kernel: &'static Grid,
    copies: Copies,
    dims: Vec<&'static DimExpr>,
    elements: Vec<DType>,
    device: Option<Device>,
    arguments: Vec<Argument>,
    block: [usize; 3],
    grid: fn(&[usize]) -> [usize; 3],
    gradient: prim::KernelGradient,
    at: Location,
}

impl Launch {
    /// A launch of `kernel`, whose dims are `dims`.
    #[track_caller]
    pub fn new(kernel: &'static Grid, copies: Copies, dims: &[&'static DimExpr]) -> Launch {
        Launch {
            kernel,
            copies,
            dims: dims.to_vec(),
            elements: vec![],
            device: None,
            arguments: vec![],
            block: [1; 3],
            grid: |_| [1; 3],
            gradient: prim::KernelGradient::Derived,
            at: std::panic::Location::caller(),
        }
    }

    /// The same on a device, for a kernel that takes no tensor.
    #[track_caller]
    pub fn on(device: &Device, kernel: &'static Grid, copies: Copies, dims: &[&'static DimExpr]) -> Launch {
        Launch { device: Some(*device), ..Launch::new(kernel, copies, dims) }
    }

    /// What the element generics are.
    pub fn elements(mut self, elements: &[DType]) -> Launch {
        self.elements = elements.to_vec();
        self
    }

    /// The argument for the next parameter: a view that is read, or one that becomes a result.
    pub fn array<E: Element, S: Shape, V: View<E, S>>(mut self, x: V) -> Launch {
        self.arguments.push(Argument::Input { node: x.node(), dtype: E::DTYPE, dims: S::DIMS });
        self
    }

    /// The argument for the next parameter, a scalar.
    pub fn scalar<T: Type>(mut self, x: T) -> Launch {
        self.arguments.push(Argument::Scalar(Node::number(argument(x), DType::F64)));
        self
    }

    /// The next parameter is a result.
    pub fn output<E: Element, S: Shape>(mut self) -> Launch {
        self.arguments.push(Argument::Output { dtype: E::DTYPE, dims: S::DIMS });
        self
    }

    /// Threads of a block.
    pub fn block(mut self, block: [usize; 3]) -> Launch {
        self.block = block;
        self
    }

    /// Blocks, from the sizes of the dims.
    pub fn grid(mut self, grid: fn(&[usize]) -> [usize; 3]) -> Launch {
        self.grid = grid;
        self
    }

    /// The gradient that the kernel's author attached.
    pub fn gradient(mut self, gradient: fn(&Pull<'_>) -> Vec<Cotangent>) -> Launch {
        // Its products are computed as those around the launch are.
        let policy = Policy::current();
        self.gradient = prim::KernelGradient::Given(Arc::new(move |launch, inputs, outputs, cotangents| {
            let _computing = policy.enter();
            let pull = Pull { launch, inputs, outputs, cotangents };
            pull.spread(gradient(&pull))
        }));
        self
    }

    /// There is no gradient, as the kernel's author says.
    pub fn no_gradient(mut self) -> Launch {
        self.gradient = prim::KernelGradient::Refused;
        self
    }

    /// The results.
    pub fn tensors<R: Results>(self) -> R {
        let _op = named_at(self.kernel.source.name, self.at);
        match self.results() {
            Ok(nodes) => R::of(&mut nodes.into_iter()),
            Err(error) => R::failed(&error),
        }
    }

    fn results(self) -> Result<Vec<Node>> {
        let facts = self.kernel.facts()?;
        if facts.params.len() != self.arguments.len() {
            let found = format!("{} arguments for {} parameters", self.arguments.len(), facts.params.len());
            return Err(self.kernel.source.unlinked(found));
        }
        let known = self.symbols()?;
        let size = |dim: &DimExpr| size(dim, &known);
        let dims = self.dims.iter().map(|d| size(d)).collect::<Result<Vec<usize>>>()?;
        let mut inputs = Inputs::new();
        let mut params = vec![];
        for (argument, (name, mode)) in self.arguments.into_iter().zip(&facts.params) {
            params.push(match argument {
                Argument::Scalar(node) => {
                    inputs.push(node);
                    LaunchParam::Scalar
                }
                Argument::Input { node, dtype, .. } => {
                    let (sizes, mode) = (node.dims().clone(), mode.unwrap_or(Mode::In));
                    inputs.push(node);
                    LaunchParam::Array { name: name.clone(), dtype, sizes, mode }
                }
                Argument::Output { dtype, dims } => {
                    let sizes = dims.iter().map(|d| size(d)).collect::<Result<Dims>>()?;
                    LaunchParam::Array { name: name.clone(), dtype, sizes, mode: mode.unwrap_or(Mode::Out) }
                }
            });
        }
        let bounds = bounds(&facts.source, &dims, &self.elements);
        if facts.shared {
            self.kernel.fits(facts, &bounds)?;
        }
        let launch = prim::KernelLaunch {
            name: self.kernel.source.name,
            code: Code { template: self.kernel.source.template, copies: self.copies },
            params,
            block: self.block,
            grid: (self.grid)(&dims),
            bounds,
            dims,
            ordered: facts.ordered,
            gradient: self.gradient,
            source: facts.source.clone(),
            outputs: OnceLock::new(),
        };
        Ok(launch.of(inputs, self.device))
    }

    /// The sizes of run-time dims, by the arguments. Two that differ are an error that names both.
    fn symbols(&self) -> Result<Vec<(Symbol, usize)>> {
        let mut known: Vec<(Symbol, usize)> = vec![];
        // Of two sizes for a dim the first counts: those of arguments.
        let given = self.arguments.iter().filter_map(|a| match a {
            Argument::Input { node, dims, .. } => Some((node, *dims)),
            _ => None,
        });
        let poisoned = given.clone().find_map(|(node, _)| node.error());
        if let Some(error) = poisoned {
            return Err(error);
        }
        for (node, dims) in given.clone() {
            dims.iter().zip(node.dims()).for_each(|(dim, &n)| crate::tensor::solve(dim, n, &mut known));
        }
        known.extend(super::variant::given_sizes());
        let value = |s: &Symbol| known.iter().find(|k| k.0 == *s).map(|k| k.1);
        for (node, dims) in given.clone() {
            let expected: Option<Vec<usize>> = dims.iter().map(|d| d.size(&value)).collect();
            if expected.as_ref().is_some_and(|e| e[..] != node.dims()[..]) {
                // The argument that says otherwise: the first with a dim in common.
                let differs = |(other, theirs): &(&Node, &[&DimExpr])| {
                    theirs.iter().zip(other.dims()).any(|(d, n)| {
                        dims.iter().zip(node.dims()).any(|(own, m)| d.to_string() == own.to_string() && n != m)
                    })
                };
                let left =
                    given.clone().find(differs).map_or_else(|| expected.unwrap_or_default(), |o| o.0.dims().to_vec());
                return Err(Error::Dims { op: op_name(), left, right: node.dims().to_vec(), at: op_at() });
            }
        }
        Ok(known)
    }
}

/// What the generics of the signature stand for.
fn bounds(source: &link::Source, dims: &[usize], elements: &[DType]) -> Vec<link::Bound> {
    let (mut dims, mut elements) = (dims.iter(), elements.iter());
    let bound = |g: &Generic| match g.kind {
        GenericKind::Dim => dims.next().map(|&n| link::Bound::Literal(n as u64)),
        GenericKind::Element => elements.next().map(|&e| link::Bound::Element(e.into())),
    };
    source.template.generics.iter().filter_map(bound).collect()
}

fn size(dim: &DimExpr, known: &[(Symbol, usize)]) -> Result<usize> {
    dim.size(&|s: &Symbol| known.iter().find(|k| k.0 == *s).map(|k| k.1)).ok_or_else(|| Error::Shape {
        op: op_name(),
        expected: format!("a size for the run-time dim `{dim}` of a result"),
        found: "no argument that has it".into(),
        at: op_at(),
    })
}

/// What a launch gives: a tensor, or a tuple of them.
pub trait Results {
    #[doc(hidden)]
    fn of(nodes: &mut dyn Iterator<Item = Node>) -> Self;
    #[doc(hidden)]
    fn failed(error: &Error) -> Self;
}

impl<S: Shape, E: Element> Results for Tensor<S, E> {
    fn of(nodes: &mut dyn Iterator<Item = Node>) -> Self {
        match nodes.next() {
            Some(node) if node.dtype() == E::DTYPE && fits::<S>(node.dims()) || node.error().is_some() => {
                Tensor::of(node)
            }
            other => Tensor::poisoned(Error::Shape {
                op: op_name(),
                expected: format!("a result of {} with shape {}", E::DTYPE, S::display()),
                found: other.map_or("none".into(), |n| format!("{n:?}")),
                at: op_at(),
            }),
        }
    }
    fn failed(error: &Error) -> Self {
        Tensor::poisoned(error.clone())
    }
}

macro_rules! results {
    ($($($t:ident)*;)*) => { $(
        impl<$($t: Results),*> Results for ($($t,)*) {
            fn of(nodes: &mut dyn Iterator<Item = Node>) -> Self {
                ($($t::of(nodes),)*)
            }
            fn failed(error: &Error) -> Self {
                ($($t::failed(error),)*)
            }
        }
    )* };
}
results! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }
