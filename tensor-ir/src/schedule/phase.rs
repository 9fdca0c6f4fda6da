//! What a row program does in which pass over the row.

use super::map::{args, live};
use super::space::Space;
use crate::{Intrinsic, Level, StepOp};

/// One pass over the row: what it is made for.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// Reductions that are complete after it.
    pub reduces: Vec<usize>,
    /// Outputs at full level that it stores.
    pub outputs: Vec<usize>,
    /// Steps at full level that may fail.
    pub effects: Vec<usize>,
    /// Steps whose values stay in registers for later passes, loads among them.
    pub keeps: Vec<usize>,
    /// Steps at full level that it computes, in order. Those that are kept by an earlier pass are none of them.
    pub steps: Vec<usize>,
    /// Steps at the outer level that are known before it.
    pub outer: Vec<usize>,
}

/// The passes, and the steps at the outer level that are known after the last one.
pub(super) struct Passes {
    pub passes: Vec<Pass>,
    pub last: Vec<usize>,
}

/// How many instructions a step is, roughly.
fn cost(op: &StepOp) -> usize {
    use Intrinsic::*;
    match op {
        StepOp::Load(_) | StepOp::Const(_) | StepOp::Arg(_) | StepOp::Check(..) => 0,
        StepOp::Apply(op, _) => match op {
            Add | Sub | Mul | Neg | Abs | Eq | Ne | Lt | Le | Gt | Ge | And | Or | Xor | Not | Select => 1,
            Max | Min | IsNan | IsInf | IsFinite | Shl | Shr | Floor | Ceil | Round | Trunc | Sign => 2,
            _ => 10,
        },
        StepOp::Index { .. } => 8,
        _ => 1,
    }
}

/// Instructions of work from which on a value is kept rather than computed again.
const WORTH: usize = 4;

impl Passes {
    /// The passes of a program with reductions. Up to `room` values of an element stay in registers from one to the next.
    pub fn new(space: &Space, room: usize) -> Passes {
        let p = &space.program;
        let live = live(space);
        let mut phase = vec![0usize; p.steps.len()];
        for (i, step) in p.steps.iter().enumerate() {
            let of_args = args(&step.op).iter().map(|v| phase[v.0 as usize]).max().unwrap_or(0);
            phase[i] = of_args + matches!(step.op, StepOp::Reduce(..)) as usize;
        }
        let full = |i: usize| p.steps[i].level == Level::Full;
        let last = live.iter().map(|i| phase[*i]).max().unwrap_or(0);
        let mut passes = vec![Pass::default(); last + 1];
        for &i in &live {
            match p.steps[i].op {
                StepOp::Reduce(..) => passes[phase[i] - 1].reduces.push(i),
                StepOp::Check(..) | StepOp::Index { .. } if full(i) => passes[phase[i]].effects.push(i),
                _ => {}
            }
            if !full(i) && !matches!(p.steps[i].op, StepOp::Reduce(..)) {
                passes[phase[i]].outer.push(i);
            }
        }
        // Outputs may take the place of inputs: they are stored in the last pass that reads.
        let of_reduces = live.iter().filter(|i| matches!(p.steps[**i].op, StepOp::Reduce(..))).map(|i| phase[*i] - 1);
        let of_full = live.iter().filter(|i| full(**i)).map(|i| phase[*i]);
        let reads = of_reduces.chain(of_full).max().unwrap_or(0);
        let outputs = p.outputs.iter().enumerate().filter(|(_, o)| full(o.value.0 as usize));
        passes[reads].outputs.extend(outputs.map(|(o, _)| o));
        let mut found = Passes { passes, last: Vec::new() };
        found.fill(space, room);
        found
    }

    /// Decides what each pass computes and keeps.
    fn fill(&mut self, space: &Space, room: usize) {
        let p = &space.program;
        let n = self.passes.len();
        let mut kept = vec![false; p.steps.len()];
        let mut computed: Vec<Option<usize>> = vec![None; p.steps.len()];
        let mut left = room;
        for q in 0..n {
            let users = needed(space, &self.passes[q], &kept);
            // What an earlier pass has computed and this one takes: kept if it is worth the registers.
            let mut taken: Vec<usize> = Vec::new();
            for i in &users {
                let before = |v: usize| computed[v].is_some() && !kept[v] && p.steps[v].level == Level::Full;
                if computed[*i].is_none() {
                    taken.extend(args(&p.steps[*i].op).iter().map(|v| v.0 as usize).filter(|v| before(*v)));
                }
            }
            let values = self.passes[q].outputs.iter().map(|o| p.outputs[*o].value.0 as usize);
            taken.extend(values.filter(|v| computed[*v].is_some() && !kept[*v]));
            taken.sort_unstable();
            taken.dedup();
            for v in taken {
                let work: usize = cone(space, v, &kept).iter().map(|i| cost(&p.steps[*i].op)).sum();
                if let (true, true, Some(by)) = (work >= WORTH, left > 0, computed[v]) {
                    (kept[v], left) = (true, left - 1);
                    self.passes[by].keeps.push(v);
                }
            }
            let again = needed(space, &self.passes[q], &kept);
            for v in again.iter().copied().filter(|v| matches!(p.steps[*v].op, StepOp::Load(_))) {
                if let (true, Some(by), false) = (left > 0, computed[v], kept[v]) {
                    (kept[v], left) = (true, left - 1);
                    self.passes[by].keeps.push(v);
                }
            }
            let steps = needed(space, &self.passes[q], &kept);
            steps.iter().for_each(|v| computed[*v] = computed[*v].or(Some(q)));
            self.passes[q].steps = steps;
        }
        // A last pass that has nothing to do but steps at the outer level is none.
        let idle = |p: &Pass| p.reduces.is_empty() && p.outputs.is_empty() && p.effects.is_empty();
        if self.passes.last().is_some_and(idle) {
            self.last = self.passes.pop().map(|p| p.outer).unwrap_or_default();
        }
    }
}

/// The steps at full level that a pass must compute if some are kept, in order.
fn needed(space: &Space, pass: &Pass, kept: &[bool]) -> Vec<usize> {
    let p = &space.program;
    let of_reduces = pass.reduces.iter().flat_map(|i| args(&p.steps[*i].op)).map(|v| v.0 as usize);
    let of_outputs = pass.outputs.iter().map(|o| p.outputs[*o].value.0 as usize);
    let mut marked = vec![false; p.steps.len()];
    of_reduces.chain(of_outputs).chain(pass.effects.iter().copied()).for_each(|v| marked[v] = true);
    pass.keeps.iter().for_each(|v| marked[*v] = true);
    close(space, marked, &|i| kept[i] && !pass.keeps.contains(&i))
}

fn cone(space: &Space, v: usize, kept: &[bool]) -> Vec<usize> {
    let mut marked = vec![false; space.program.steps.len()];
    marked[v] = true;
    close(space, marked, &|i| kept[i])
}

/// The marked steps at full level and those that they take, as far as these are not known.
fn close(space: &Space, mut marked: Vec<bool>, known: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let steps = &space.program.steps;
    for i in (0..steps.len()).rev() {
        marked[i] &= steps[i].level == Level::Full && !known(i);
        if marked[i] {
            args(&steps[i].op).iter().for_each(|v| marked[v.0 as usize] = true);
        }
    }
    (0..steps.len()).filter(|i| marked[*i]).collect()
}
