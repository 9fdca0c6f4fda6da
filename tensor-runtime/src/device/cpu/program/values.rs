//! What is known of a program's values: at which points, and in which pass, each is computed.

use super::geometry::Geometry;
use super::space::{Dim, Space, View};
use formwork_ir::{DType, Pieces, Program, StepOp, Value};

/// At which points a value is computed. What does not change over the space is computed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    One,
    Lanes,
    Block,
}

/// The values of a program.
pub(super) struct Values<'a> {
    program: &'a Program,
    space: &'a Space,
    geometry: Geometry,
    pub kinds: Vec<Kind>,
    /// For each value the pass, or the list of outer instructions, from which on it is known.
    pub stages: Vec<usize>,
    pub passes: usize,
    /// By step: the inputs that it puts together, if it does nothing else.
    pub pieces: Vec<Option<Pieces>>,
}

/// Whether some value has to be computed at every point.
pub(super) fn has_rows(program: &Program, space: &Space) -> bool {
    space.output_is_full.contains(&true)
        || program.steps.iter().any(|s| matches!(s.op, StepOp::Reduce(..)))
        || kinds(program, space).contains(&Kind::Block)
}

fn kinds(program: &Program, space: &Space) -> Vec<Kind> {
    let varies = |dims: &[Dim]| dims.iter().any(|d| d.stride != 0 || d.lo > 0 || d.hi < d.n as isize);
    let of_view = |view: &View| match (varies(&view.row), varies(&view.outer)) {
        (true, _) => Kind::Block,
        (false, true) => Kind::Lanes,
        (false, false) => Kind::One,
    };
    let mut kinds: Vec<Kind> = Vec::with_capacity(program.steps.len());
    for (i, step) in program.steps.iter().enumerate() {
        let kind = |v: &Value| kinds[v.0 as usize];
        kinds.push(match &step.op {
            StepOp::Const(_) | StepOp::Arg(_) => Kind::One,
            StepOp::Load(input) => of_view(&space.inputs[*input as usize]),
            StepOp::Iota(_) => space.iotas[i].as_ref().map_or(Kind::One, of_view).max(Kind::Lanes),
            StepOp::Index { input, index, .. } => {
                kind(index).max(of_view(&space.inputs[*input as usize])).max(Kind::Lanes)
            }
            StepOp::Apply(_, args) => args.iter().map(kind).max().unwrap_or(Kind::One),
            StepOp::Cast(v) => kind(v),
            StepOp::Check(v, _) => kind(v).max(Kind::Lanes),
            StepOp::Reduce(..) => Kind::Lanes,
        });
    }
    kinds
}

/// The dtype whose lanes a value is held in.
pub(super) fn lanes_of(dtype: DType) -> DType {
    if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype }
}

/// Whether its lanes are wider than it.
pub(super) fn is_narrow(dtype: DType) -> bool {
    lanes_of(dtype) != dtype
}

impl<'a> Values<'a> {
    pub fn new(program: &'a Program, space: &'a Space, geometry: Geometry) -> Values<'a> {
        let (kinds, stages) = (kinds(program, space), vec![0; program.steps.len()]);
        let pieces = (0..program.steps.len())
            .map(|i| program.pieces(i).filter(|p| p.fill.is_none_or(|c| !is_narrow(c.dtype))))
            .collect();
        let mut values = Values { program, space, geometry, kinds, stages, passes: 0, pieces };
        values.find_stages();
        values
    }

    fn args(&self, step: usize) -> Vec<Value> {
        if self.pieces[step].is_some() {
            return Vec::new();
        }
        match &self.program.steps[step].op {
            StepOp::Load(_) | StepOp::Iota(_) | StepOp::Const(_) | StepOp::Arg(_) => Vec::new(),
            StepOp::Apply(_, args) => args.clone(),
            StepOp::Index { index: v, .. } | StepOp::Cast(v) | StepOp::Reduce(_, v) | StepOp::Check(v, _) => vec![*v],
        }
    }

    /// How many operations are applied at each point.
    pub fn operations(&self) -> usize {
        let every = self.kinds.iter().copied().max().unwrap_or(Kind::One);
        let steps = self.program.steps.iter().zip(&self.kinds);
        steps.filter(|(step, kind)| matches!(step.op, StepOp::Apply(..)) && **kind == every).count()
    }

    pub fn is_reduce(&self, step: usize) -> bool {
        matches!(self.program.steps[step].op, StepOp::Reduce(..))
    }

    fn find_stages(&mut self) {
        for i in 0..self.stages.len() {
            let stage = self.args(i).iter().map(|v| self.stages[v.0 as usize]).max().unwrap_or(0);
            self.stages[i] = stage + self.is_reduce(i) as usize;
            let pass = if self.kinds[i] == Kind::Block { stage + 1 } else { self.stages[i] };
            self.passes = self.passes.max(pass);
        }
        // A pass of its own for an outer value that is written along the row.
        for (output, full) in self.program.outputs.iter().zip(&self.space.output_is_full) {
            if *full {
                self.passes = self.passes.max(self.stages[output.value.0 as usize] + 1);
            }
        }
    }

    /// The pass in which an output is written. Where a buffer may be read with the same access, all
    /// reads come first.
    pub fn store_pass(&self, output: usize) -> usize {
        let stage = self.stages[self.program.outputs[output].value.0 as usize];
        let last = self.passes.saturating_sub(1);
        if self.twins(output).is_empty() { stage.min(last) } else { last }
    }

    /// Buffers that are read with the access of an output: it may be one of them.
    pub fn twins(&self, output: usize) -> Box<[u32]> {
        let view = &self.space.outputs[output];
        let size = self.dtype(self.program.outputs[output].value).size();
        let inputs = self.program.inputs.iter().zip(&self.space.inputs);
        inputs.filter(|(i, v)| *v == view && i.dtype.size() == size).map(|(i, _)| i.buffer).collect()
    }

    /// Whether a loaded value is stored as it is, perhaps after its buffer was written by another store.
    pub fn is_endangered(&self, load: usize) -> bool {
        let root = |v: Value| {
            let mut i = v.0 as usize;
            while let StepOp::Check(u, _) | StepOp::Cast(u) = self.program.steps[i].op {
                i = u.0 as usize;
            }
            i
        };
        self.program.outputs.len() > 1 && self.program.outputs.iter().any(|o| root(o.value) == load)
    }

    pub fn dtype(&self, v: Value) -> DType {
        self.program.steps[v.0 as usize].dtype
    }

    pub fn size(&self, v: Value) -> usize {
        self.dtype(v).compute().size()
    }

    /// Whether a value of a whole row is there for later passes.
    pub fn keeps(&self, v: usize) -> bool {
        if self.geometry.whole || !self.geometry.keeps_rows(self.space.row_len) {
            return self.geometry.whole;
        }
        match self.program.steps[v].op {
            // Reading again costs no more than reading what was kept.
            StepOp::Load(_) => false,
            StepOp::Check(u, _) => self.keeps(u.0 as usize),
            StepOp::Cast(u) if lanes_of(self.dtype(u)) == lanes_of(self.program.steps[v].dtype) => {
                self.keeps(u.0 as usize)
            }
            _ => true,
        }
    }

    /// For each pass the full values that it computes, and all outer values that are wanted.
    pub fn needs(&self) -> (Vec<Vec<bool>>, Vec<bool>) {
        let steps = self.program.steps.len();
        let mut passes = vec![vec![false; steps]; self.passes];
        let mut outer = vec![false; steps];
        for (i, output) in self.program.outputs.iter().enumerate() {
            let v = output.value.0 as usize;
            if self.kinds[v] == Kind::Block {
                passes[self.store_pass(i)][v] = true;
            } else {
                outer[v] = true;
            }
        }
        for i in 0..steps {
            if matches!(self.program.steps[i].op, StepOp::Check(..) | StepOp::Index { .. }) {
                if self.kinds[i] == Kind::Block { passes[self.stages[i]][i] = true } else { outer[i] = true }
            }
        }
        // Steps come after what they use.
        for i in (0..steps).rev() {
            if outer[i] && self.kinds[i] != Kind::Block {
                let pass = self.stages[i] - self.is_reduce(i) as usize;
                self.args(i).into_iter().for_each(|v| self.need(v, pass, &mut passes, &mut outer));
            }
            for pass in 0..self.passes {
                if passes[pass][i] {
                    self.args(i).into_iter().for_each(|v| self.need(v, pass, &mut passes, &mut outer));
                }
            }
        }
        (passes, outer)
    }

    /// Marks `v` as wanted by pass `pass`: there, or in an earlier one that keeps it.
    fn need(&self, v: Value, pass: usize, passes: &mut [Vec<bool>], outer: &mut [bool]) {
        let u = v.0 as usize;
        if self.kinds[u] != Kind::Block {
            outer[u] = true;
        } else {
            let known = self.stages[u] < pass && self.keeps(u);
            passes[if known { self.stages[u] } else { pass }][u] = true;
        }
    }
}
