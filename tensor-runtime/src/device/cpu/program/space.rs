//! The iteration space of a program, brought into its smallest form.
//!
//! Dims of size 1 go, neighbours that every access crosses in one stride become one, and a program
//! without reductions is free to say which of its dims are lanes and which are rows.

use formwork_ir::{Access, Level, Program, StepOp};

/// One dim of an access: its size, stride and the indices that lie inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dim {
    pub n: usize,
    pub stride: isize,
    pub lo: isize,
    pub hi: isize,
}

impl Dim {
    /// Whether every index is inside.
    fn is_open(&self) -> bool {
        self.lo <= 0 && self.hi >= self.n as isize
    }
}

/// An access with its dims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub offset: isize,
    pub outer: Vec<Dim>,
    pub row: Vec<Dim>,
}

impl View {
    fn new(access: &Access, outer: &[usize], row: &[usize]) -> View {
        let dim = |d: usize, n: usize| {
            let (lo, hi) = access.bounds.get(d).copied().unwrap_or((0, n as isize));
            Dim { n, stride: access.strides[d], lo: lo.max(0), hi: hi.min(n as isize) }
        };
        View {
            offset: access.offset,
            outer: outer.iter().enumerate().map(|(d, n)| dim(d, *n)).collect(),
            row: row.iter().enumerate().map(|(d, n)| dim(outer.len() + d, *n)).collect(),
        }
    }

    /// The stride from one lane, or one row element, to the next.
    fn step(dims: &[Dim]) -> isize {
        dims.last().map_or(0, |d| d.stride)
    }
}

/// The space and all accesses to it.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub outer_len: usize,
    pub row_len: usize,
    pub inputs: Vec<View>,
    pub outputs: Vec<View>,
    /// By step; only those of `Iota` are there.
    pub iotas: Vec<Option<View>>,
    /// The number of a point in the program's own order.
    pub point: View,
    /// Whether an output has an element for each point, not each outer point.
    pub output_is_full: Vec<bool>,
    /// Whether the points of the space are those of the outer dims here.
    pub is_flat: bool,
    /// Outer points for one of the program's.
    pub scale: usize,
    /// Whether a reader along the row and a writer along the lanes want tiles.
    pub tiled: bool,
}

impl Space {
    /// With `ranges`, outer points keep their order: ranges of them are run one by one.
    pub fn new(program: &Program, ranges: bool) -> Space {
        let (outer, row) = (&program.outer, &program.row);
        let all: Vec<usize> = outer.iter().chain(row).copied().collect();
        let point = Access { offset: 0, strides: row_major(&all), bounds: Vec::new() };
        let view = |a: &Access| View::new(a, outer, row);
        let level = |step: u32| program.steps[step as usize].level;
        let iota = |a: &Access| view(&Access { bounds: Vec::new(), ..a.clone() });
        let mut space = Space {
            outer_len: program.outer_len(),
            row_len: program.row_len(),
            inputs: program.inputs.iter().map(|i| view(&i.access)).collect(),
            outputs: program.outputs.iter().map(|o| view(&o.access)).collect(),
            iotas: program
                .steps
                .iter()
                .map(|s| if let StepOp::Iota(a) = &s.op { Some(iota(a)) } else { None })
                .collect(),
            point: view(&point),
            output_is_full: program.outputs.iter().map(|o| level(o.value.0) == Level::Full).collect(),
            is_flat: false,
            scale: 1,
            tiled: false,
        };
        let reduces = program.steps.iter().any(|s| matches!(s.op, StepOp::Reduce(..)));
        if !reduces && space.can_flatten(program, ranges) {
            space.flatten();
            space.merge();
            if !ranges && !space.peel(program) {
                space.tile();
            }
        } else {
            space.merge();
        }
        space
    }

    fn views(&mut self) -> impl Iterator<Item = &mut View> {
        let iotas = self.iotas.iter_mut().flatten();
        self.inputs.iter_mut().chain(&mut self.outputs).chain(iotas).chain(std::iter::once(&mut self.point))
    }

    /// Whether nothing is lost when rows dissolve: no outer output, and if it has to stay so, no
    /// arithmetic that is done once for each row.
    fn can_flatten(&self, program: &Program, ranges: bool) -> bool {
        let cheap = |op: &StepOp| matches!(op, StepOp::Load(_) | StepOp::Const(_) | StepOp::Arg(_) | StepOp::Iota(_));
        let checked = |op: &StepOp| matches!(op, StepOp::Check(..) | StepOp::Index { .. });
        self.row_len == 1
            || self.output_is_full.iter().all(|full| *full)
                && program.steps.iter().all(|s| s.level == Level::Full || cheap(&s.op) || !ranges && !checked(&s.op))
    }

    /// Makes the row dims outer ones.
    fn flatten(&mut self) {
        self.is_flat = true;
        self.scale = self.row_len;
        self.outer_len *= self.row_len;
        self.row_len = 1;
        self.views().for_each(|v| {
            let row = std::mem::take(&mut v.row);
            v.outer.extend(row);
        });
        self.output_is_full.fill(false);
    }

    /// Makes the outer dim `d` the row.
    fn split(&mut self, d: usize) {
        self.row_len = self.point.outer[d].n;
        self.outer_len /= self.row_len.max(1);
        self.views().for_each(|v| {
            let dim = v.outer.remove(d);
            v.row.push(dim);
        });
        self.output_is_full.fill(true);
    }

    /// Makes the last dim the row if there is arithmetic that need not be repeated along it.
    fn peel(&mut self, program: &Program) -> bool {
        let Some(d) = self.point.outer.len().checked_sub(1).filter(|d| self.point.outer[*d].n >= 32) else {
            return false;
        };
        // By step: whether its value changes over the other dims, and over this one.
        let mut changes: Vec<[bool; 2]> = Vec::with_capacity(program.steps.len());
        let mut gains = false;
        for (s, step) in program.steps.iter().enumerate() {
            let along = |v: &View| {
                let varies = |d: &Dim| d.stride != 0 || !d.is_open();
                [v.outer[..d].iter().any(varies), varies(&v.outer[d])]
            };
            let of = |v: &formwork_ir::Value| changes[v.0 as usize];
            let join = |a: [bool; 2], b: [bool; 2]| [a[0] || b[0], a[1] || b[1]];
            let change = match &step.op {
                StepOp::Load(i) => along(&self.inputs[*i as usize]),
                StepOp::Iota(_) => self.iotas[s].as_ref().map_or([false; 2], along),
                StepOp::Const(_) | StepOp::Arg(_) => [false; 2],
                StepOp::Index { input, index, .. } => {
                    gains |= !of(index)[1];
                    join(of(index), along(&self.inputs[*input as usize]))
                }
                StepOp::Apply(_, args) => {
                    let change = args.iter().map(of).fold([false; 2], join);
                    gains |= change == [true, false];
                    change
                }
                StepOp::Cast(v) | StepOp::Reduce(_, v) | StepOp::Check(v, _) => of(v),
            };
            changes.push(change);
        }
        if gains {
            self.split(d);
        }
        gains
    }

    /// Makes that outer dim the row along which most of what cannot be read along the lanes lies in
    /// order: then a block is a tile, and each cache line is read once.
    fn tile(&mut self) {
        let dims = self.point.outer.len();
        if dims < 2 {
            return;
        }
        let mut votes = vec![0usize; dims];
        for view in self.inputs.iter().chain(&self.outputs) {
            let last = View::step(&view.outer).unsigned_abs();
            let best = (0..dims - 1)
                .filter(|d| view.outer[*d].stride != 0 && view.outer[*d].n >= 4)
                .min_by_key(|d| view.outer[*d].stride.unsigned_abs());
            if let Some(d) = best
                && last >= 4
                && view.outer[d].stride.unsigned_abs() * 4 <= last
            {
                votes[d] += 1;
            }
        }
        if let Some(d) = (0..dims - 1).filter(|d| votes[*d] > 0).max_by_key(|d| votes[*d]) {
            self.split(d);
            self.tiled = true;
        }
    }

    fn merge(&mut self) {
        merge_group(&mut self.views().map(|v| &mut v.outer).collect::<Vec<_>>());
        merge_group(&mut self.views().map(|v| &mut v.row).collect::<Vec<_>>());
    }

    /// Whether lanes should run over outer points: more accesses are in order along them.
    pub fn prefers_lanes(&self) -> bool {
        if self.tiled {
            return true;
        }
        if self.row_len <= 1 || self.outer_len < 4 {
            return false;
        }
        if self.row_len <= 24 && self.outer_len >= 64 {
            // Rows that do not fill the lanes of a sum.
            return true;
        }
        let mut score = 0isize;
        for view in self.inputs.iter().chain(&self.outputs) {
            let (lane, row) = (View::step(&view.outer), View::step(&view.row));
            if row == 0 {
                continue;
            }
            score += (lane.unsigned_abs() == 1 && row.unsigned_abs() > 1) as isize;
            score -= (row.unsigned_abs() == 1 && lane.unsigned_abs() != 1) as isize;
        }
        score > 0
    }
}

pub(super) fn row_major(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; dims.len()];
    for d in (1..dims.len()).rev() {
        strides[d - 1] = strides[d] * dims[d] as isize;
    }
    strides
}

/// Drops dims of size 1 and merges neighbours where all of these dim lists allow it.
pub(super) fn merge_group(lists: &mut [&mut Vec<Dim>]) {
    let dims = lists.first().map_or(0, |l| l.len());
    for d in (0..dims).rev() {
        if lists.iter().all(|l| l[d].n == 1 && l[d].is_open()) {
            lists.iter_mut().for_each(|l| {
                l.remove(d);
            });
        }
    }
    let dims = lists.first().map_or(0, |l| l.len());
    for d in (1..dims).rev() {
        let mergeable = lists.iter().all(|l| l[d].is_open() && l[d - 1].stride == l[d].stride * l[d].n as isize);
        if mergeable {
            for list in lists.iter_mut() {
                let inner = list.remove(d);
                let n = inner.n as isize;
                let dim = &mut list[d - 1];
                *dim = Dim { n: dim.n * inner.n, stride: inner.stride, lo: dim.lo * n, hi: dim.hi * n };
            }
        }
    }
}
