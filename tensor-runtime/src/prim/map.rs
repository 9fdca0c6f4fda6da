//! map: a function of scalars, applied element by element. Its inputs have its own dims;
//! broadcasting is an expand view.

use super::{Op, Prim};
use crate::error::Error;
use crate::graph::{Dims, Inputs, Node, op_at};
use formwork_ir::{Builder, DType, Fragment, Inst, Intrinsic};
use smallvec::smallvec;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};

/// A function of scalars, applied element by element.
#[derive(Clone, Copy, Debug)]
pub struct Map(pub(crate) &'static Meaning);

/// A fragment that is known by number: equal fragments are the same `Meaning`.
pub struct Meaning {
    id: u32,
    pub fragment: Fragment,
    /// By parameter: the fragment of its cotangent, and which of the parameters and `g` it reads.
    grads: Vec<OnceLock<Option<(&'static Meaning, Vec<usize>)>>>,
    /// The name of a kernel that has no gradient.
    refused: Option<&'static str>,
}

/// A gradient that does not follow from the fragment.
pub(crate) enum Derivative {
    /// By parameter: its cotangent as a function of all parameters and the cotangent.
    Given(Vec<Option<Fragment>>),
    /// The kernel of this name has none.
    Refused(&'static str),
}

impl std::fmt::Debug for Meaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.id)
    }
}

/// All fragments of the process; there are as many as its source has pointwise functions.
static MEANINGS: LazyLock<Mutex<HashMap<Fragment, &'static Meaning>>> = LazyLock::new(Mutex::default);

impl Meaning {
    /// The meaning of a fragment of one output.
    pub fn of(fragment: Fragment) -> &'static Meaning {
        let mut known = MEANINGS.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(meaning) = known.get(&fragment) {
            return meaning;
        }
        let grads = fragment.params.iter().map(|_| OnceLock::new()).collect();
        let meaning = Meaning::leaked(fragment.clone(), grads, None);
        known.insert(fragment, meaning);
        meaning
    }

    /// The meaning of a fragment with a gradient of its own: another one each time.
    pub fn with_derivative(fragment: Fragment, derivative: Derivative) -> &'static Meaning {
        let mut grads: Vec<OnceLock<_>> = fragment.params.iter().map(|_| OnceLock::new()).collect();
        let mut refused = None;
        match derivative {
            Derivative::Refused(name) => refused = Some(name),
            Derivative::Given(given) => {
                let known = |f: Fragment| {
                    let (fragment, reads) = pruned(&f);
                    (Meaning::of(fragment), reads)
                };
                grads = given.into_iter().map(|f| OnceLock::from(f.map(known))).collect();
            }
        }
        Meaning::leaked(fragment, grads, refused)
    }

    fn leaked(
        fragment: Fragment,
        grads: Vec<OnceLock<Option<(&'static Meaning, Vec<usize>)>>>,
        refused: Option<&'static str>,
    ) -> &'static Meaning {
        static IDS: AtomicU32 = AtomicU32::new(0);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        Box::leak(Box::new(Meaning { id, fragment, grads, refused }))
    }

    /// The meaning of one intrinsic. Its arguments have one dtype, but for the condition of a select.
    fn intrinsic(op: Intrinsic, dtypes: &[DType]) -> &'static Meaning {
        const DTYPES: usize = DType::ALL.len();
        static KNOWN: [[OnceLock<&'static Meaning>; DTYPES]; Intrinsic::ALL.len()] =
            [const { [const { OnceLock::new() }; DTYPES] }; _];
        let dtype = dtypes[dtypes.len() - 1];
        debug_assert!(
            dtypes.iter().skip((op == Intrinsic::Select) as usize).all(|&d| d == dtype),
            "{op:?} of {dtypes:?}"
        );
        KNOWN[op as usize][dtype as usize].get_or_init(|| {
            let mut b = Builder::new();
            let params: Vec<_> = dtypes.iter().map(|&d| b.param(d)).collect();
            let y = b.apply(op, &params);
            Meaning::of(b.finish(&[y]))
        })
    }

    fn cast(from: DType, to: DType) -> &'static Meaning {
        let mut b = Builder::new();
        let x = b.param(from);
        let y = b.cast(to, x);
        Meaning::of(b.finish(&[y]))
    }

    fn grad(&'static self, i: usize) -> Option<&'static (&'static Meaning, Vec<usize>)> {
        let make = || {
            let (fragment, reads) = pruned(&self.fragment.grad(i)?);
            Some((Meaning::of(fragment), reads))
        };
        self.grads[i].get_or_init(make).as_ref()
    }

    /// Whether it gives its only parameter.
    fn is_identity(&self) -> bool {
        matches!(self.fragment.insts[..], [Inst::Param(_)])
    }

    pub fn dtype(&self) -> DType {
        self.fragment.dtypes[self.fragment.outputs[0].0 as usize]
    }
}

impl Node {
    /// `meaning` of `inputs`, which have equal dims.
    pub(crate) fn map(meaning: &'static Meaning, inputs: Inputs) -> Node {
        debug_assert!(inputs.windows(2).all(|w| w[0].dims() == w[1].dims()), "{inputs:?}");
        let dims = Dims::from_slice(inputs[0].dims());
        Node::new(Op::Map(Map(meaning)), dims, meaning.dtype(), inputs)
    }

    /// `meaning` of those of `args` that it reads, broadcast to `dims`.
    pub(crate) fn lifted(meaning: &'static Meaning, reads: &[usize], args: &[Node], dims: &Dims) -> Node {
        if reads.is_empty() {
            let value = meaning.fragment.eval(&[])[0].to_f64();
            return Node::constant(value, dims.clone(), meaning.dtype());
        }
        Node::map(meaning, reads.iter().map(|&i| args[i].expand(dims)).collect())
    }

    /// An intrinsic of this node.
    pub(crate) fn unary(&self, op: Intrinsic) -> Node {
        Node::map(Meaning::intrinsic(op, &[self.dtype()]), Inputs::from_iter([self.clone()]))
    }

    /// An intrinsic of this node and `other`, broadcast together.
    pub(crate) fn binary(&self, op: Intrinsic, other: &Node) -> Node {
        if self.dims() == other.dims() {
            let meaning = Meaning::intrinsic(op, &[self.dtype(), other.dtype()]);
            return Node::map(meaning, smallvec![self.clone(), other.clone()]);
        }
        let dims = match broadcast(&[self, other]) {
            Ok(dims) => dims,
            Err(poisoned) => return poisoned,
        };
        let meaning = Meaning::intrinsic(op, &[self.dtype(), other.dtype()]);
        Node::map(meaning, Inputs::from_iter([self.expand(&dims), other.expand(&dims)]))
    }

    /// This node and a Rust number.
    pub(crate) fn binary_number(&self, op: Intrinsic, number: f64) -> Node {
        self.binary(op, &Node::number(number, self.dtype()))
    }

    /// `a` where this node (a bool) is true, else `b`; broadcast together.
    pub(crate) fn select(&self, a: &Node, b: &Node) -> Node {
        let dims = match broadcast(&[self, a, b]) {
            Ok(dims) => dims,
            Err(poisoned) => return poisoned,
        };
        let meaning = Meaning::intrinsic(Intrinsic::Select, &[self.dtype(), a.dtype(), b.dtype()]);
        Node::map(meaning, Inputs::from_iter([self.expand(&dims), a.expand(&dims), b.expand(&dims)]))
    }

    /// The elements converted to `dtype`, as Rust's `as` does.
    pub(crate) fn cast(&self, dtype: DType) -> Node {
        if dtype == self.dtype() {
            return self.clone();
        }
        Node::map(Meaning::cast(self.dtype(), dtype), Inputs::from_iter([self.clone()]))
    }
}

/// The dims of two nodes together by NumPy's rule; `None` if sizes differ.
pub(crate) fn broadcast_dims(a: &[usize], b: &[usize]) -> Option<Dims> {
    let rank = a.len().max(b.len());
    let size = |dims: &[usize], i: usize| if i + dims.len() >= rank { dims[i + dims.len() - rank] } else { 1 };
    (0..rank)
        .map(|i| match (size(a, i), size(b, i)) {
            (n, m) if n == m || m == 1 => Some(n),
            (1, m) => Some(m),
            _ => None,
        })
        .collect()
}

/// The dims that `nodes` have together, or a poisoned node if run-time sizes differ.
pub(crate) fn broadcast(nodes: &[&Node]) -> Result<Dims, Node> {
    let mut dims = nodes[0].dims().clone();
    for node in &nodes[1..] {
        dims = broadcast_dims(&dims, node.dims()).ok_or_else(|| nodes[0].dims_differ(node))?;
    }
    Ok(dims)
}

/// Why a kernel that refuses has no gradient.
pub(super) const NO_GRADIENT: &str = "as its author says (`no_grad`)";

impl Prim for Map {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.0.id as u64);
    }

    fn grad(&self, y: &Node, inputs: &[&Node], g: &Node, i: usize) -> Option<Node> {
        if let Some(op) = self.0.refused {
            let x = &inputs[i];
            let error = Error::Gradient { op, reason: NO_GRADIENT.to_string(), made: y.origin().at, at: op_at() };
            return x.dtype().is_float().then(|| Node::poisoned(error, x.dims().clone(), x.dtype()));
        }
        let (meaning, reads) = self.0.grad(i)?;
        let read = |&k: &usize| Node::clone(inputs.get(k).unwrap_or(&g));
        if reads.is_empty() {
            // A constant gradient that reads nothing, not even `g`, is zero.
            return None;
        }
        if meaning.is_identity() {
            return Some(read(&reads[0]));
        }
        let mut args = Inputs::new();
        reads.iter().for_each(|k| args.push(read(k)));
        Some(Node::map(meaning, args))
    }

    fn flops(&self, y: &Node, _inputs: &[Node]) -> u64 {
        let steps = self.0.fragment.insts.iter().filter(|i| matches!(i, Inst::Apply(..))).count();
        (steps * y.len()) as u64
    }
}

/// The fragment without the parameters that it does not read, and the numbers of those it does.
pub(crate) fn pruned(fragment: &Fragment) -> (Fragment, Vec<usize>) {
    let mut b = Builder::new();
    let mut reads = vec![];
    let mut values: Vec<formwork_ir::Value> = vec![];
    let used = |v: usize| {
        let reads = |inst: &Inst| inst.args().iter().any(|a| a.0 as usize == v);
        fragment.insts.iter().any(reads) || fragment.outputs.iter().any(|o| o.0 as usize == v)
    };
    for (v, inst) in fragment.insts.iter().enumerate() {
        let of = |a: &formwork_ir::Value| values[a.0 as usize];
        let value = match inst {
            Inst::Param(_) if !used(v) => formwork_ir::Value(u32::MAX),
            Inst::Param(i) => {
                reads.push(*i as usize);
                b.param(fragment.dtypes[v])
            }
            Inst::Const(c) => b.literal(*c),
            Inst::Apply(op, args) => b.apply(*op, &args.iter().map(of).collect::<Vec<_>>()),
            Inst::Cast(dtype, a) => b.cast(*dtype, of(a)),
        };
        values.push(value);
    }
    let outputs: Vec<_> = fragment.outputs.iter().map(|o| values[o.0 as usize]).collect();
    (b.finish(&outputs), reads)
}

/// A fragment over parameters of one dtype, for composites that are one map.
pub(crate) fn pointwise(
    dtype: DType,
    arity: usize,
    f: impl FnOnce(&mut Builder, &[formwork_ir::Value]) -> formwork_ir::Value,
) -> &'static Meaning {
    let mut b = Builder::new();
    let params: Vec<_> = (0..arity).map(|_| b.param(dtype)).collect();
    let y = f(&mut b, &params);
    Meaning::of(b.finish(&[y]))
}
