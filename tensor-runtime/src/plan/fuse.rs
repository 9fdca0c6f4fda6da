//! Which nodes are stored and which are computed where they are used.
//!
//! Nodes are visited from users to inputs. Each use of a node by a kernel under construction is a
//! *demand*: the kernel, and the spot in the node that it reads. Views pass demands on. A map is
//! computed inside the kernel that demands it, or stored by a kernel of its own if several demand it
//! and it costs too much to repeat. A reduction is computed inside a kernel if that kernel's points
//! can be told apart into kept ones and a row; so softmax, norms and losses become row programs.

use super::graph::Graph;
use super::space::{Expr, Place, Space, Spot, cover, through_reshape};
use crate::prim::{Op, Reduce, View};
use formwork_ir::{Inst, Intrinsic};
use smallvec::SmallVec;
use std::collections::HashMap;

/// Maps of at most this weight are repeated rather than stored.
const REPEATED_WEIGHT: u32 = 8;

/// A value in a kernel.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub node: u32,
    pub how: How,
    /// Only a buffer will do, as the base of indexed loads or an operand of a library kernel.
    pub buffer: bool,
}

/// How a kernel comes by a value.
#[derive(Clone, Debug)]
pub(crate) enum How {
    Undecided,
    Load,
    /// Computed here, from the values with these numbers.
    Here(SmallVec<[u32; 3]>),
}

/// What a draft is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Stores the value of its first use.
    Store,
    /// Says where operand `.1` of library node `.0` lies.
    Operand(u32, usize),
}

/// A kernel under construction.
#[derive(Debug)]
pub(crate) struct Draft {
    pub purpose: Purpose,
    pub space: Space,
    pub uses: Vec<Use>,
    /// By use: where the node is read.
    pub spots: Vec<Spot>,
    /// By node: its uses when they were made.
    of_node: HashMap<u32, SmallVec<[u32; 2]>>,
}

/// The drafts of a graph, and which nodes they store.
pub(crate) struct Fused {
    pub drafts: Vec<Draft>,
    /// Nodes that have a buffer: leaves, library results and what drafts store.
    pub stored: Vec<bool>,
}

struct Fuser<'a> {
    graph: &'a Graph,
    drafts: Vec<Draft>,
    demands: Vec<Vec<(u32, u32)>>,
    stored: Vec<bool>,
    weights: Vec<u32>,
    eager: bool,
}

/// Decides for every node. `wanted` nodes are stored; with `eager` all computed nodes are.
pub(crate) fn fuse(graph: &Graph, wanted: &[bool], eager: bool) -> Fused {
    let n = graph.nodes.len();
    let mut fuser = Fuser {
        graph,
        drafts: vec![],
        demands: vec![vec![]; n],
        stored: vec![false; n],
        weights: weights(graph),
        eager,
    };
    for node in (0..n as u32).rev() {
        let demands = std::mem::take(&mut fuser.demands[node as usize]);
        if !demands.is_empty() || wanted[node as usize] || fuser.stored[node as usize] {
            fuser.decide(node, demands, wanted[node as usize]);
        }
    }
    Fused { drafts: fuser.drafts, stored: fuser.stored }
}

/// By node: what it costs to compute an element again from the nearest stored nodes.
fn weights(graph: &Graph) -> Vec<u32> {
    let mut weights: Vec<u32> = Vec::with_capacity(graph.nodes.len());
    for (node, inputs) in graph.nodes.iter().zip(&graph.inputs) {
        let own = match node.op() {
            Op::Map(map) if !inputs.is_empty() => map.0.fragment.insts.iter().map(inst_weight).sum(),
            Op::Gather(_) => 2,
            Op::View(_) | Op::Check(_) => 0,
            _ => {
                weights.push(0);
                continue;
            }
        };
        let below: u32 = inputs.iter().map(|&i| weights[i as usize]).sum();
        weights.push((own + below).min(1 << 20));
    }
    weights
}

fn inst_weight(inst: &Inst) -> u32 {
    match inst {
        Inst::Apply(Intrinsic::PhiloxUniform | Intrinsic::PhiloxNormal, _) => 16,
        Inst::Apply(op, _) if is_transcendental(*op) => 4,
        Inst::Apply(Intrinsic::Div | Intrinsic::Sqrt, _) => 2,
        Inst::Apply(..) | Inst::Cast(..) => 1,
        Inst::Param(_) | Inst::Const(_) => 0,
    }
}

fn is_transcendental(op: Intrinsic) -> bool {
    use Intrinsic::*;
    let near =
        matches!(op, Exp | Exp2 | Expm1 | Log | Log2 | Log1p | Sin | Cos | Tan | Tanh | Sinh | Cosh | Asin | Acos);
    near || matches!(op, Atan | Atan2 | Erf | Sigmoid | Softplus | Pow)
}

impl Fuser<'_> {
    fn decide(&mut self, node: u32, demands: Vec<(u32, u32)>, wanted: bool) {
        let op = self.graph.nodes[node as usize].op();
        if self.graph.inputs[node as usize].is_empty() && op.has_device() {
            return self.load(node, &demands);
        }
        if self.graph.is_launched(node) {
            // The launch comes by as soon as one of its outputs is wanted.
            self.stored[self.graph.inputs[node as usize][0] as usize] = true;
            return self.load(node, &demands);
        }
        if op.is_library() {
            self.load(node, &demands);
            for operand in 0..self.graph.inputs[node as usize].len() {
                let input = self.graph.inputs[node as usize][operand] as usize;
                // A number is an argument of the launch.
                if !(matches!(op, Op::Kernel(_)) && matches!(self.graph.nodes[input].op(), Op::Number(_))) {
                    self.operand(node, operand);
                }
            }
            return;
        }
        let pass = !wanted
            && match op {
                Op::View(_) | Op::Barrier(_) => true,
                Op::Number(_) | Op::Constant(_) | Op::Iota(_) => demands.iter().all(|&d| self.is_free(d)),
                Op::Reduce(_) => {
                    !self.eager
                        && self.one_kernel(&demands)
                        && demands.iter().all(|&d| self.is_free(d) && self.admits_row(d))
                }
                _ => {
                    !self.eager
                        && demands.iter().all(|&d| self.is_free(d))
                        && (self.one_kernel(&demands) || self.weights[node as usize] <= REPEATED_WEIGHT)
                }
            };
        let mut loads = vec![];
        for &(kernel, used) in &demands {
            if !pass || !self.compute(kernel, used) {
                loads.push((kernel, used));
            }
        }
        if wanted || !loads.is_empty() {
            self.load(node, &loads);
            self.store(node);
        }
    }

    fn one_kernel(&self, demands: &[(u32, u32)]) -> bool {
        demands.windows(2).all(|w| w[0].0 == w[1].0)
    }

    /// Whether the value may be computed in place: it is read by axis, inside its bounds.
    fn is_free(&self, (kernel, used): (u32, u32)) -> bool {
        let draft = &self.drafts[kernel as usize];
        let spot = &draft.spots[used as usize];
        !draft.uses[used as usize].buffer && spot.bounds.is_empty() && matches!(spot.place, Place::Axes(_))
    }

    fn load(&mut self, node: u32, demands: &[(u32, u32)]) {
        self.stored[node as usize] = true;
        for &(kernel, used) in demands {
            self.drafts[kernel as usize].uses[used as usize].how = How::Load;
        }
    }

    /// A kernel that stores `node`.
    fn store(&mut self, node: u32) {
        let (outer, row) = match self.graph.nodes[node as usize].op() {
            Op::Reduce(reduce) => {
                let dims = self.graph.nodes[self.graph.inputs[node as usize][0] as usize].dims();
                let axes = |reduced| {
                    dims.iter()
                        .enumerate()
                        .filter(move |(a, _)| reduce.is_reduced(*a) == reduced)
                        .map(|(_, &n)| n)
                        .collect()
                };
                (axes(false), axes(true))
            }
            _ => (self.graph.nodes[node as usize].dims().to_vec(), vec![]),
        };
        let space = Space::new(&outer, &row);
        let spot = Spot::axes(space.outer.iter().map(|&d| Expr::dim(d)));
        let root = Use { node, how: How::Undecided, buffer: false };
        self.drafts.push(Draft {
            purpose: Purpose::Store,
            space,
            uses: vec![root],
            spots: vec![spot.clone()],
            of_node: HashMap::new(),
        });
        let kernel = self.drafts.len() as u32 - 1;
        let mut first = 0;
        if matches!(self.graph.nodes[node as usize].op(), Op::View(_) | Op::Barrier(_)) {
            // The stored value is a copy of what the view shows; the demand for that is passed on.
            let draft = &mut self.drafts[kernel as usize];
            draft.uses[0].how = How::Here(smallvec::smallvec![1]);
            draft.uses.push(Use { node, how: How::Undecided, buffer: false });
            draft.spots.push(spot);
            first = 1;
        }
        let computed = self.compute(kernel, first);
        debug_assert!(computed);
    }

    /// A draft that finds out where an operand of a library node lies.
    fn operand(&mut self, node: u32, operand: usize) {
        let input = self.graph.inputs[node as usize][operand];
        let dims = self.graph.nodes[input as usize].dims();
        let space = Space::new(dims, &[]);
        let mut spot = Spot::axes(space.outer.iter().map(|&d| Expr::dim(d)));
        if matches!(self.graph.nodes[node as usize].op(), Op::Convolve(_) | Op::Fold(_) | Op::Region(_) | Op::Kernel(_))
        {
            spot.place = Place::Flat(spot.flat(dims));
        }
        let purpose = Purpose::Operand(node, operand);
        let root = Use { node: input, how: How::Undecided, buffer: true };
        self.drafts.push(Draft { purpose, space, uses: vec![root], spots: vec![spot], of_node: HashMap::new() });
        self.demands[input as usize].push((self.drafts.len() as u32 - 1, 0));
    }

    /// Computes a demanded value inside the kernel, if that can be; demands what it needs.
    fn compute(&mut self, kernel: u32, used: u32) -> bool {
        let graph = self.graph;
        let node = self.drafts[kernel as usize].uses[used as usize].node;
        let inputs = &graph.inputs[node as usize];
        let spot = self.drafts[kernel as usize].spots[used as usize].clone();
        let args = match graph.nodes[node as usize].op() {
            Op::View(view) => return self.pass(kernel, used, view),
            Op::Barrier(_) => {
                self.keep(kernel, used);
                return true;
            }
            Op::Reduce(reduce) => match self.reduced(kernel, used, reduce) {
                Some(spot) => SmallVec::from_iter([self.demand(kernel, inputs[0], spot, false)]),
                None => return false,
            },
            Op::Gather(gather) => {
                let mut base = spot.clone();
                if let Place::Axes(axes) = &mut base.place {
                    // A dim that the space does not run over stands for the index.
                    let len = graph.nodes[inputs[0] as usize].dims()[gather.axis];
                    axes[gather.axis] = Expr::dim(self.drafts[kernel as usize].space.add(len));
                }
                SmallVec::from_iter([
                    self.demand(kernel, inputs[0], base, true),
                    self.demand(kernel, inputs[1], spot, false),
                ])
            }
            _ => inputs.iter().map(|&i| self.demand(kernel, i, spot.clone(), false)).collect(),
        };
        self.drafts[kernel as usize].uses[used as usize].how = How::Here(args);
        true
    }

    /// A use of `node` at `spot`; the same use is found again.
    fn demand(&mut self, kernel: u32, node: u32, spot: Spot, buffer: bool) -> u32 {
        let draft = &mut self.drafts[kernel as usize];
        let known = draft.of_node.entry(node).or_default();
        let same = |&&i: &&u32| {
            let used = &draft.uses[i as usize];
            used.node == node && used.buffer == buffer && draft.spots[i as usize] == spot
        };
        if let Some(&used) = known.iter().find(same) {
            return used;
        }
        let used = draft.uses.len() as u32;
        known.push(used);
        draft.uses.push(Use { node, how: How::Undecided, buffer });
        draft.spots.push(spot);
        self.demands[node as usize].push((kernel, used));
        used
    }

    /// Passes a demand for a view on to its input.
    fn pass(&mut self, kernel: u32, used: u32, view: &View) -> bool {
        let graph = self.graph;
        let draft = &mut self.drafts[kernel as usize];
        let node = draft.uses[used as usize].node;
        let input = graph.inputs[node as usize][0];
        let (from, to) = (graph.nodes[input as usize].dims(), graph.nodes[node as usize].dims());
        let library = matches!(draft.purpose, Purpose::Operand(..));
        let may_pad = !draft.uses[used as usize].buffer;
        let spot = draft.spots[used as usize].clone();
        let moved = match (view, &spot.place) {
            (View::Reshape | View::Detach, Place::Flat(_)) => Some(spot),
            (View::Reshape, _) => through_reshape(&spot, from, to, &mut draft.space, !library, &mut draft.spots)
                .or_else(|| {
                    // Only a stored input can be read by number.
                    let spot = &draft.spots[used as usize];
                    (spot.bounds.is_empty() && !library)
                        .then(|| Spot { place: Place::Flat(spot.flat(to)), bounds: vec![] })
                }),
            (_, Place::Flat(_)) => None,
            (View::Pad { .. }, _) if !may_pad => None,
            _ => through_view(view, spot, from),
        };
        let Some(moved) = moved else { return false };
        // The use becomes one of the input; an equal one may stand there already, which emission finds.
        draft.uses[used as usize].node = input;
        draft.spots[used as usize] = moved;
        self.demands[input as usize].push((kernel, used));
        true
    }

    /// Passes a demand for a barrier on: its input is stored, unless it is nothing but a number.
    fn keep(&mut self, kernel: u32, used: u32) {
        let graph = self.graph;
        let demand = &mut self.drafts[kernel as usize].uses[used as usize];
        demand.node = graph.inputs[demand.node as usize][0];
        demand.buffer |= graph.nodes[demand.node as usize].op().has_device();
        self.demands[demand.node as usize].push((kernel, used));
    }

    /// Whether a reduction can be computed inside the kernel that demands it there.
    fn admits_row(&self, (kernel, used): (u32, u32)) -> bool {
        let draft = &self.drafts[kernel as usize];
        let node = draft.uses[used as usize].node;
        let Op::Reduce(reduce) = self.graph.nodes[node as usize].op() else { return false };
        let dims = self.graph.nodes[self.graph.inputs[node as usize][0] as usize].dims();
        let reduced: Vec<usize> = (0..dims.len()).filter(|&a| reduce.is_reduced(a)).map(|a| dims[a]).collect();
        match row_for(draft, used) {
            Some(RowOf::New) => true,
            Some(RowOf::Dims(row)) => {
                draft.space.sizes_of(&row).iter().product::<usize>() == reduced.iter().product::<usize>()
            }
            None => false,
        }
    }

    /// The spot of a reduction's input, the kernel's row being the reduced axes.
    fn reduced(&mut self, kernel: u32, used: u32, reduce: &Reduce) -> Option<Spot> {
        let graph = self.graph;
        let draft = &mut self.drafts[kernel as usize];
        let node = draft.uses[used as usize].node;
        let dims = graph.nodes[graph.inputs[node as usize][0] as usize].dims();
        let sizes: Vec<usize> = (0..dims.len()).filter(|&a| reduce.is_reduced(a)).map(|a| dims[a]).collect();
        let row = match used {
            0 if !draft.space.row.is_empty() || draft.uses.len() == 1 => draft.space.row.clone(),
            _ => match row_for(draft, used)? {
                RowOf::Dims(row) => row,
                RowOf::New => sizes.iter().map(|&n| draft.space.add(n)).collect(),
            },
        };
        draft.space.outer.retain(|d| !row.contains(d));
        draft.space.row = row.clone();
        let mut axes = cover(&sizes, &row, &mut draft.space, &mut draft.spots)?.into_iter();
        let Place::Axes(kept) = &draft.spots[used as usize].place else { return None };
        let mut kept = kept.clone().into_iter();
        Some(Spot::axes((0..dims.len()).filter_map(|a| if reduce.is_reduced(a) { axes.next() } else { kept.next() })))
    }
}

/// Which dims of a kernel can be the row of a reduction demanded in it.
enum RowOf {
    Dims(Vec<u16>),
    /// The kernel has a point for each result: the row is new.
    New,
}

/// The reduction's result must differ from point to point of the kept dims, each axis a dim.
fn row_for(draft: &Draft, used: u32) -> Option<RowOf> {
    let Place::Axes(axes) = &draft.spots[used as usize].place else { return None };
    let space = &draft.space;
    let mut own: SmallVec<[u16; 6]> = SmallVec::new();
    for expr in axes {
        match expr.as_dim() {
            Some(d) if !own.contains(&d) => own.push(d),
            Some(_) => return None,
            None if expr.terms.is_empty() => {}
            None => {
                // Several dims of one axis, each with its own factor, still tell all points apart.
                for &(d, _) in &expr.terms {
                    if own.contains(&d) {
                        return None;
                    }
                    own.push(d);
                }
            }
        }
    }
    let is_own = |d: &u16| own.contains(d) || space.size(*d) == 1;
    if !space.row.is_empty() {
        let fits = space.outer.iter().all(is_own) && !own.iter().any(|d| space.row.contains(d) && space.size(*d) != 1);
        return fits.then(|| RowOf::Dims(space.row.clone()));
    }
    let rest: Vec<u16> = space.outer.iter().copied().filter(|d| !is_own(d)).collect();
    Some(if rest.is_empty() { RowOf::New } else { RowOf::Dims(rest) })
}

/// The spot in the input of any view but a reshape.
fn through_view(view: &View, mut spot: Spot, from: &[usize]) -> Option<Spot> {
    let Place::Axes(axes) = &mut spot.place else { return None };
    match view {
        View::Reshape => return None,
        View::Detach => {}
        View::Permute(perm) => {
            let mut moved: SmallVec<[Expr; 6]> = smallvec::smallvec![Expr::default(); perm.len()];
            perm.iter().zip(axes.iter()).for_each(|(&p, e)| moved[p as usize] = e.clone());
            *axes = moved;
        }
        View::Expand => {
            let skip = axes.len() - from.len();
            *axes =
                axes[skip..].iter().zip(from).map(|(e, &n)| if n == 1 { Expr::default() } else { e.clone() }).collect();
        }
        View::Slice { axis, start, step } => {
            let moved = axes[*axis as usize].scaled(*step);
            axes[*axis as usize] = moved;
            axes[*axis as usize].offset += start;
        }
        View::Pad { axis, before } => {
            axes[*axis as usize].offset -= *before as i64;
            let expr = axes[*axis as usize].clone();
            // A load knows bounds by dim, so the axis must be one.
            let [(_, 1)] = expr.terms[..] else { return None };
            spot.bounds.push((expr, 0, from[*axis as usize] as i64));
        }
        View::Window(w) => {
            let (k, j) = (axes.len() - 4, axes.len() - 2);
            for a in 0..2 {
                let mut moved = axes[k + a].scaled(w.stride[a] as i64);
                moved.add(&axes[j + a].scaled(w.dilation[a] as i64));
                axes[k + a] = moved;
            }
            axes.truncate(j);
        }
    }
    Some(spot)
}
