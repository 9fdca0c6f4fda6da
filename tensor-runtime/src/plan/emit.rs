//! Groups become kernels: the values of their drafts are written out as the steps of one program.

use super::fuse::{Draft, Fused, How, Purpose};
use super::graph::Graph;
use super::join::{self, Group};
use crate::device::{self, Kernel};
use crate::prim::{CheckKind, Op};
use formwork_ir::{Access, Check, Const, DType, Input, Inst, Level, Output, Program, ReduceOp, Step, StepOp, Value};
use std::collections::HashMap;

/// A check of values that a kernel makes: the node it belongs to, and what it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckOf {
    pub node: u32,
    pub kind: CheckOfKind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum CheckOfKind {
    Given(CheckKind),
    /// An index along an axis of this size.
    Index(i64),
    /// Whatever a kernel of the user's own says.
    Own,
}

/// A kernel and the nodes whose buffers it takes, in the order of its buffer numbers.
pub(crate) struct Launch {
    pub kernel: Kernel,
    pub buffers: Vec<u32>,
    /// How many of the buffers, by number, it writes.
    pub written: Vec<u32>,
}

pub(crate) struct Emitter<'a> {
    pub graph: &'a Graph,
    pub fused: &'a Fused,
    pub checks: Vec<CheckOf>,
    /// Whether kernels of users are checked as they run.
    pub checked: bool,
    /// Bytes that single launches need for themselves: buffers numbered on from the nodes.
    pub scratch: Vec<usize>,
    /// By stored node: whether anything but its own group reads it, or a user wants it.
    pub needed: Vec<bool>,
}

/// A program while it is written.
struct Writer<'a, 'g> {
    emitter: &'a mut Emitter<'g>,
    group: &'a Group,
    program: Program,
    buffers: Vec<u32>,
    /// Loaded and computed values: by node, offset, strides and bounds.
    known: HashMap<Known, Value>,
    /// Values of nodes that this group stores.
    stored: HashMap<u32, Value>,
    steps: HashMap<Step, Value>,
}

/// Bounds between which no index lies.
const NOWHERE: (isize, isize) = (0, 0);

type Known = (u32, bool, i64, Vec<i64>, Vec<(isize, isize)>);

impl Emitter<'_> {
    pub fn launch(&mut self, group: &Group) -> Option<Launch> {
        let Some(node) = group.library else { return Some(self.program(group, vec![])) };
        let graph = self.graph;
        let of = |d: &&Draft| matches!(d.purpose, Purpose::Operand(n, _) if n == node);
        let mut operands: Vec<&Draft> = self.fused.drafts.iter().filter(of).collect();
        operands.sort_by_key(|d| match d.purpose {
            Purpose::Operand(_, i) => i,
            Purpose::Store => 0,
        });
        if let Op::Kernel(kernel) = graph.nodes[node as usize].op() {
            return Some(self.grid(node, kernel, operands.iter().map(|d| d.uses[0].node)));
        }
        if let Some(launch) = graph.variant(node) {
            return Some(self.variant(node, launch.clone(), operands.iter().map(|d| d.uses[0].node)));
        }
        let accesses: Vec<Access> = operands.iter().map(|d| operand_access(graph, d)).collect();
        let inputs: Vec<_> = graph.inputs[node as usize].iter().map(|&i| graph.nodes[i as usize].clone()).collect();
        let mut kernel = graph.nodes[node as usize].op().lower(&graph.nodes[node as usize], &inputs, &accesses)?;
        let sources: Vec<u32> = operands.iter().map(|d| d.uses[0].node).collect();
        let mut buffers = vec![node];
        buffers.extend(&sources);
        let mut written = vec![node];
        match &mut kernel {
            Kernel::Conv2d(conv) => buffers = conv_order(conv.mode, node, &sources),
            Kernel::Scatter(scatter) => scatter.check = self.check(node, CheckOfKind::Index(scatter.len)),
            _ => {}
        }
        if !group.drafts.is_empty() {
            let launch = self.program(group, buffers);
            let (
                Kernel::Program(program),
                Kernel::Contract(device::Contract { epilogue, .. }) | Kernel::Conv2d(device::Conv2d { epilogue, .. }),
            ) = (launch.kernel, &mut kernel)
            else {
                return None;
            };
            *epilogue = Some(program);
            buffers = launch.buffers;
            written.extend(launch.written);
        }
        Some(Launch { kernel, buffers, written })
    }

    /// The launch of a variant: outputs that nobody wants have a place all the same.
    fn variant(&mut self, node: u32, launch: device::Launch, inputs: impl Iterator<Item = u32>) -> Launch {
        let (mut buffers, written) = self.outputs(node, launch.call.outputs.iter().map(device::Spec::bytes));
        buffers.extend(inputs);
        if launch.workspace > 0 {
            buffers.push(self.scratch(launch.workspace));
        }
        Launch { kernel: Kernel::Variant(launch), buffers, written }
    }

    /// The launch of a kernel of the user's own: buffers are its results, then its arguments.
    fn grid(&mut self, node: u32, kernel: &crate::prim::Kernel, inputs: impl Iterator<Item = u32>) -> Launch {
        let bytes = |(dims, dtype): (&crate::graph::Dims, DType)| dims.iter().product::<usize>() * dtype.size();
        let (mut buffers, written) = self.outputs(node, kernel.0.results().map(bytes));
        buffers.extend(inputs);
        let check = self.check(node, CheckOfKind::Own);
        let numbers = &self.graph.numbers;
        let slot = |n: u32| numbers.binary_search(&n).unwrap_or(0) as u32;
        let kernel = Kernel::Grid(kernel.grid(
            &self.graph.inputs[node as usize],
            slot,
            check,
            self.checked || self.graph.device.compiles_typed(),
        ));
        Launch { kernel, buffers, written }
    }

    /// The buffers of the outputs of `node`, which have so many bytes, and those of them that are nodes: one that nobody
    /// wants has a place all the same.
    fn outputs(&mut self, node: u32, bytes: impl Iterator<Item = usize>) -> (Vec<u32>, Vec<u32>) {
        let written: Vec<(usize, u32)> = self.graph.outputs(node).filter(|o| self.fused.stored[o.1 as usize]).collect();
        let known = |i: usize| written.iter().find(|o| o.0 == i).map(|o| o.1);
        let mut buffers = vec![];
        for (i, bytes) in bytes.enumerate() {
            buffers.push(known(i).unwrap_or_else(|| self.scratch(bytes)));
        }
        (buffers, written.into_iter().map(|o| o.1).collect())
    }

    fn scratch(&mut self, bytes: usize) -> u32 {
        self.scratch.push(bytes);
        (self.graph.nodes.len() + self.scratch.len() - 1) as u32
    }

    fn check(&mut self, node: u32, kind: CheckOfKind) -> Check {
        self.checks.push(CheckOf { node, kind });
        Check { id: self.checks.len() as u32 - 1 }
    }

    fn program(&mut self, group: &Group, buffers: Vec<u32>) -> Launch {
        let fused = self.fused;
        let program = Program { outer: group.outer.clone(), row: group.row.clone(), ..Program::default() };
        let mut writer = Writer {
            emitter: self,
            group,
            program,
            buffers,
            known: HashMap::new(),
            stored: HashMap::new(),
            steps: HashMap::new(),
        };
        let mut written = vec![];
        for &draft in &group.drafts {
            let draft = &fused.drafts[draft];
            let value = writer.value(draft, 0);
            let node = draft.uses[0].node;
            writer.stored.insert(node, value);
            if writer.emitter.needed[node as usize] {
                writer.store(draft, value);
                written.push(node);
            }
        }
        let (program, buffers) = (writer.program, writer.buffers);
        Launch { kernel: Kernel::Program(program), buffers, written }
    }
}

fn operand_access(graph: &Graph, draft: &Draft) -> Access {
    let root = &draft.uses[0];
    let flat = draft.spots[0].flat(graph.nodes[root.node as usize].dims());
    let factor = |&d: &u16| flat.terms.iter().find(|t| t.0 == d).map_or(0, |t| t.1 as isize);
    Access { offset: flat.offset as isize, strides: draft.space.outer.iter().map(factor).collect(), bounds: vec![] }
}

/// Buffers of a convolution are x, w, y; the node is one of them by its mode.
fn conv_order(mode: crate::device::ConvMode, node: u32, inputs: &[u32]) -> Vec<u32> {
    use crate::device::ConvMode::*;
    match mode {
        Forward => vec![inputs[0], inputs[1], node],
        Data => vec![node, inputs[1], inputs[0]],
        Filter => vec![inputs[0], node, inputs[1]],
    }
}

impl Writer<'_, '_> {
    /// The value of a use of a draft, its steps written if they are not there yet.
    fn value(&mut self, draft: &Draft, used: usize) -> Value {
        let graph = self.emitter.graph;
        // Uses are a chain as deep as the graph; walked with a stack of its own.
        let mut values: HashMap<usize, Value> = HashMap::new();
        let mut stack = vec![(used, false)];
        while let Some((u, ready)) = stack.pop() {
            if values.contains_key(&u) {
                continue;
            }
            let found = &draft.uses[u];
            let key = self.known(draft, u);
            if let Some(&value) = self.known.get(&key) {
                values.insert(u, value);
                continue;
            }
            let value = match (&found.how, graph.nodes[found.node as usize].op()) {
                (How::Here(args), _) if !ready && args.iter().any(|&a| !values.contains_key(&(a as usize))) => {
                    stack.push((u, true));
                    // The base of an indexed load is no value.
                    let skip = matches!(graph.nodes[found.node as usize].op(), Op::Gather(_)) as usize;
                    stack.extend(args.iter().skip(skip).map(|&a| (a as usize, false)));
                    continue;
                }
                (How::Here(args), Op::Gather(gather)) => {
                    let index = values[&(args[1] as usize)];
                    self.gather(draft, found.node, args[0] as usize, gather.axis, index)
                }
                (How::Here(args), op) => {
                    let args: Vec<Value> = args.iter().map(|a| values[&(*a as usize)]).collect();
                    self.compute(draft, u, op, &args)
                }
                _ => self.load(draft, u, &key),
            };
            self.known.insert(key, value);
            values.insert(u, value);
        }
        values[&used]
    }

    fn known(&self, draft: &Draft, used: usize) -> Known {
        let found = &draft.uses[used];
        let dims = self.emitter.graph.nodes[found.node as usize].dims();
        let (offset, strides) = self.strides(draft, used, dims);
        (found.node, matches!(found.how, How::Load), offset, strides, self.bounds(draft, used))
    }

    fn strides(&self, draft: &Draft, used: usize, dims: &[usize]) -> (i64, Vec<i64>) {
        let shape = (self.group.outer.clone(), self.group.row.clone());
        let strides = join::strides(draft, &draft.spots[used], dims);
        join::padded(strides.clone(), draft, &shape).unwrap_or(strides)
    }

    /// By dim of the space: the indices for which the element lies inside.
    fn bounds(&self, draft: &Draft, used: usize) -> Vec<(isize, isize)> {
        let spot = &draft.spots[used];
        if spot.bounds.is_empty() {
            return vec![];
        }
        let dims: Vec<u16> =
            draft.space.outer.iter().chain(&draft.space.row).copied().filter(|&d| draft.space.size(d) != 1).collect();
        let mut bounds: Vec<(isize, isize)> = dims.iter().map(|&d| (0, draft.space.size(d) as isize)).collect();
        bounds.resize(self.group.outer.len() + self.group.row.len(), (0, isize::MAX));
        for (expr, low, high) in &spot.bounds {
            // `low <= index + offset < high` for the one dim of the expression.
            let Some(i) = dims.iter().position(|&d| expr.terms.iter().any(|t| t.0 == d)) else {
                // A dim of one element, whose index is 0.
                if !(*low..*high).contains(&expr.offset) {
                    return vec![NOWHERE];
                }
                continue;
            };
            bounds[i].0 = bounds[i].0.max((low - expr.offset) as isize);
            bounds[i].1 = bounds[i].1.min((high - expr.offset) as isize);
        }
        bounds
    }

    fn push(&mut self, op: StepOp, dtype: DType, level: Level) -> Value {
        let step = Step { op, dtype, level };
        if let Some(&value) = self.steps.get(&step) {
            return value;
        }
        let value = Value(self.program.steps.len() as u32);
        self.program.steps.push(step.clone());
        self.steps.insert(step, value);
        value
    }

    fn level(&self, strides: &[i64], bounds: &[(isize, isize)]) -> Level {
        let outer = self.group.outer.len();
        let row = strides[outer.min(strides.len())..].iter().any(|&s| s != 0);
        let bounded = bounds
            .get(outer..)
            .is_some_and(|b| b.iter().zip(&self.group.row).any(|(&(lo, hi), &n)| lo > 0 || hi < n as isize));
        if row || bounded { Level::Full } else { Level::Outer }
    }

    fn input(&mut self, node: u32, (offset, strides): (i64, Vec<i64>), bounds: Vec<(isize, isize)>) -> u32 {
        let dtype = self.emitter.graph.nodes[node as usize].dtype();
        let buffer = self.buffer(node);
        let access = Access { offset: offset as isize, strides: strides.iter().map(|&s| s as isize).collect(), bounds };
        let input = Input { buffer, dtype, access };
        let inputs = &mut self.program.inputs;
        inputs.iter().position(|i| *i == input).unwrap_or_else(|| {
            inputs.push(input);
            inputs.len() - 1
        }) as u32
    }

    fn buffer(&mut self, node: u32) -> u32 {
        let at = self.buffers.iter().position(|&n| n == node).unwrap_or_else(|| {
            self.buffers.push(node);
            self.buffers.len() - 1
        });
        at as u32
    }

    fn load(&mut self, draft: &Draft, used: usize, key: &Known) -> Value {
        let found = &draft.uses[used];
        if let Some(&value) = self.stored.get(&found.node) {
            return value;
        }
        let (_, _, offset, strides, bounds) = key.clone();
        let dtype = self.emitter.graph.nodes[found.node as usize].dtype();
        if bounds.contains(&NOWHERE) {
            return self.push(StepOp::Const(Const::new(dtype, 0.0)), dtype, Level::Outer);
        }
        let level = self.level(&strides, &bounds);
        let input = self.input(found.node, (offset, strides), bounds);
        self.push(StepOp::Load(input), dtype, level)
    }

    fn gather(&mut self, draft: &Draft, node: u32, base: usize, axis: usize, index: Value) -> Value {
        let graph = self.emitter.graph;
        let source = draft.uses[base].node;
        let x = &graph.nodes[graph.inputs[node as usize][0] as usize];
        // The stride of one step along the gathered axis, in the buffer below the views of `x`.
        let dims = graph.nodes[source as usize].dims().clone();
        let stride = self.axis_stride(draft, base, &dims);
        let at = self.strides(draft, base, &dims);
        let own = self.level(&at.1, &[]);
        let input = self.input(source, at, vec![]);
        let level = own.max(self.program.steps[index.0 as usize].level);
        let len = x.dims()[axis] as i64;
        let check = self.emitter.check(node, CheckOfKind::Index(len));
        self.push(StepOp::Index { input, index, stride, len, check }, x.dtype(), level)
    }

    /// Elements between neighbours along the gathered axis, which has a dim of its own that the space
    /// does not run over.
    fn axis_stride(&self, draft: &Draft, base: usize, dims: &[usize]) -> isize {
        let flat = draft.spots[base].flat(dims);
        let own = |t: &&(u16, i64)| !draft.space.outer.contains(&t.0) && !draft.space.row.contains(&t.0);
        flat.terms.iter().find(own).map_or(0, |t| t.1 as isize)
    }

    fn compute(&mut self, draft: &Draft, used: usize, op: &Op, args: &[Value]) -> Value {
        let graph = self.emitter.graph;
        let node = draft.uses[used].node;
        let dtype = graph.nodes[node as usize].dtype();
        let level = |w: &Self, vs: &[Value]| {
            vs.iter().map(|v| w.program.steps[v.0 as usize].level).max().unwrap_or(Level::Outer)
        };
        match op {
            Op::Number(_) => {
                let slot = graph.numbers.binary_search(&node).unwrap_or(0) as u32;
                self.push(StepOp::Arg(slot), dtype, Level::Outer)
            }
            Op::Constant(c) => self.push(StepOp::Const(c.0), dtype, Level::Outer),
            Op::Iota(iota) => self.iota(draft, used, &iota.strides),
            Op::Map(map) => self.map(&map.0.fragment, args),
            Op::Check(check) => {
                let id = self.emitter.check(node, CheckOfKind::Given(check.0));
                let at = level(self, &args[1..2]);
                let ok = self.push(StepOp::Check(args[1], id), DType::Bool, at);
                // The value is passed on through the check, so that it stays in the program.
                let at = level(self, args);
                self.push(StepOp::Apply(formwork_ir::Intrinsic::Select, vec![ok, args[0], args[0]]), dtype, at)
            }
            Op::Reduce(reduce) => self.reduce(draft, reduce.op, args[0], dtype),
            Op::Leaf(_)
            | Op::View(_)
            | Op::Kernel(_)
            | Op::Barrier(_)
            | Op::Transfer(_)
            | Op::Region(_)
            | Op::Output(_)
            | Op::Gather(_)
            | Op::Contract(_)
            | Op::Convolve(_)
            | Op::Scatter(_)
            | Op::Fold(_)
            | Op::Scan(_)
            | Op::Sort(_) => args[0],
        }
    }

    fn iota(&mut self, draft: &Draft, used: usize, strides: &[i64]) -> Value {
        // As the row-major number in a tensor whose axes have these strides.
        let super::space::Place::Axes(axes) = &draft.spots[used].place else { return Value(0) };
        let mut sum = super::space::Expr::default();
        axes.iter().zip(strides).for_each(|(e, &s)| sum.add(&e.scaled(s)));
        let spot = super::space::Spot { place: super::space::Place::Flat(sum), bounds: vec![] };
        let shape = (self.group.outer.clone(), self.group.row.clone());
        let plain = join::strides(draft, &spot, &[]);
        let (offset, strides) = join::padded(plain.clone(), draft, &shape).unwrap_or(plain);
        let level = self.level(&strides, &[]);
        let access =
            Access { offset: offset as isize, strides: strides.iter().map(|&s| s as isize).collect(), bounds: vec![] };
        self.push(StepOp::Iota(access), DType::I64, level)
    }

    fn map(&mut self, fragment: &formwork_ir::Fragment, args: &[Value]) -> Value {
        let mut values: Vec<Value> = Vec::with_capacity(fragment.insts.len());
        for (inst, &dtype) in fragment.insts.iter().zip(&fragment.dtypes) {
            let of = |vs: &[Value]| vs.iter().map(|v| values[v.0 as usize]).collect::<Vec<_>>();
            let level = |w: &Self, vs: &[Value]| {
                vs.iter().map(|v| w.program.steps[v.0 as usize].level).max().unwrap_or(Level::Outer)
            };
            let value = match inst {
                Inst::Param(i) => args[*i as usize],
                Inst::Const(c) => self.push(StepOp::Const(*c), dtype, Level::Outer),
                Inst::Apply(op, vs) => {
                    let vs = of(vs);
                    let at = level(self, &vs);
                    self.push(StepOp::Apply(*op, vs), dtype, at)
                }
                Inst::Cast(_, v) => {
                    let vs = of(&[*v]);
                    let at = level(self, &vs);
                    self.push(StepOp::Cast(vs[0]), dtype, at)
                }
            };
            values.push(value);
        }
        values[fragment.outputs[0].0 as usize]
    }

    fn reduce(&mut self, draft: &Draft, op: ReduceOp, arg: Value, dtype: DType) -> Value {
        if join::sizes(draft).1.is_empty() {
            // One element a row, whatever row the others of the group have: it is the result, and its number is 0.
            return match op {
                ReduceOp::ArgMax | ReduceOp::ArgMin => {
                    self.push(StepOp::Const(Const::new(DType::I64, 0.0)), DType::I64, Level::Outer)
                }
                _ => arg,
            };
        }
        let full = self.program.steps[arg.0 as usize].level == Level::Full;
        let arg = if full { arg } else { self.spread(arg) };
        self.push(StepOp::Reduce(op, arg), dtype, Level::Outer)
    }

    /// A value per outer point as one per row element: a reduction is over full values.
    fn spread(&mut self, value: Value) -> Value {
        let dtype = self.program.steps[value.0 as usize].dtype;
        let outer = self.group.outer.len();
        let mut strides = vec![0; outer + self.group.row.len()];
        strides[outer] = 1;
        let full = self.push(StepOp::Iota(Access { offset: 0, strides, bounds: vec![] }), DType::I64, Level::Full);
        let zero = self.push(StepOp::Const(Const::new(DType::I64, 0.0)), DType::I64, Level::Outer);
        let yes = self.push(StepOp::Apply(formwork_ir::Intrinsic::Ge, vec![full, zero]), DType::Bool, Level::Full);
        self.push(StepOp::Apply(formwork_ir::Intrinsic::Select, vec![yes, value, value]), dtype, Level::Full)
    }

    fn store(&mut self, draft: &Draft, value: Value) {
        let dims = self.emitter.graph.nodes[draft.uses[0].node as usize].dims().clone();
        let (offset, strides) = self.strides(draft, 0, &dims);
        let buffer = self.buffer(draft.uses[0].node);
        // A value per outer point is stored once a point; a node that runs over the row wants it everywhere.
        let over_row = strides[self.group.outer.len()..].iter().any(|&s| s != 0);
        let full = self.program.steps[value.0 as usize].level == Level::Full;
        let value = if over_row && !full { self.spread(value) } else { value };
        let access =
            Access { offset: offset as isize, strides: strides.iter().map(|&s| s as isize).collect(), bounds: vec![] };
        self.program.outputs.push(Output { buffer, value, access });
    }
}
