//! The one optimizer: finds the gradients of a model's parameters, applies a rule, evaluates.

use super::clip;
use super::formula::{At, Compiled, Rule, arithmetic, compile, not_negative, numbers};
use super::schedule::Schedule;
use crate::device::Buffer;
use crate::error::{Error, Result};
use crate::eval;
use crate::graph::{Dims, Handle, Node, named, op_at};
use crate::ops::Gradients;
use crate::params::{ItemKind, ItemMut, Module, Path};
use crate::plan::Write;
use crate::prim::{Meaning, Role};
use formwork_ir::DType;
use std::sync::Arc;

/// An optimizer: a [`Rule`] with its learning rate, and what it keeps for each parameter.
///
/// A step evaluates gradients, new parameters, and every pending tensor that is held on this thread
/// (so the loss costs nothing afterwards) in one plan, and overwrites parameters and states in place.
/// What was computed from the old values and never looked at is gone then; clones of a parameter's
/// tensor keep theirs.
pub struct Optimizer<R: Rule> {
    pub(super) rule: R,
    schedule: Box<dyn Schedule>,
    clip_norm: Option<f64>,
    clip_value: Option<f64>,
    no_decay: Option<Box<dyn Fn(&str) -> bool + Send + Sync>>,
    pub(super) steps: u64,
    pub(super) slots: Vec<Slot>,
    compiled: Vec<Compiled>,
}

/// What is kept for a parameter.
pub(super) struct Slot {
    pub name: String,
    /// The steps that it took part in.
    pub steps: u64,
    pub states: Vec<Handle>,
    pub decays: bool,
}

/// A parameter that has a gradient.
struct Work<'m> {
    item: ItemMut<'m>,
    gradient: Node,
    slot: usize,
}

impl<R: Rule> Optimizer<R> {
    /// The optimizer of a rule of one's own.
    pub fn with(rule: R, lr: impl Schedule + 'static) -> Self {
        Optimizer {
            rule,
            schedule: Box::new(lr),
            clip_norm: None,
            clip_value: None,
            no_decay: None,
            steps: 0,
            slots: vec![],
            compiled: vec![],
        }
    }

    /// With another learning rate from now on; its first steps count from the optimizer's first.
    pub fn schedule(mut self, lr: impl Schedule + 'static) -> Self {
        self.schedule = Box::new(lr);
        self
    }

    /// Scales the gradients of each step so that their norm is at most `max`; see [`Gradients::clip_norm`].
    pub fn clip_norm(mut self, max: f64) -> Self {
        self.clip_norm = Some(max);
        self
    }

    /// Cuts each element of the gradients to `-max..=max`, before the norm is clipped.
    pub fn clip_value(mut self, max: f64) -> Self {
        self.clip_value = Some(max);
        self
    }

    /// Leaves parameters out of weight decay for whose names (`blocks.0.norm.bias`) this is true.
    pub fn no_decay(mut self, names: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.slots.iter_mut().for_each(|slot| slot.decays = !names(&slot.name));
        self.no_decay = Some(Box::new(names));
        self
    }

    pub(super) fn set(mut self, set: impl FnOnce(&mut R)) -> Self {
        set(&mut self.rule);
        self.compiled.clear();
        self
    }

    /// The learning rate of the next step.
    pub fn lr(&self) -> f64 {
        self.schedule.rate(self.steps)
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Updates the parameters of `model` that have a gradient.
    ///
    /// # Errors
    /// [`Error::Setting`] if a setting is out of range, [`Error::Cut`] if parameters were updated since
    /// the loss was made, and everything that can go wrong in what the gradients and the pending
    /// tensors of this thread are made of. Model and optimizer are then as they were.
    #[track_caller]
    pub fn step<M: Module + ?Sized>(&mut self, model: &mut M, gradients: Gradients) -> Result<()> {
        let _op = named("step");
        self.check()?;
        let found = gradients.found?;
        // Slots of parameters seen for the first time go again if the step fails.
        let known = self.slots.len();
        let stepped = self.work(model, &found).and_then(|work| self.update(work));
        match stepped {
            Ok(()) => self.steps += 1,
            Err(_) => self.slots.truncate(known),
        }
        stepped
    }

    fn check(&self) -> Result<()> {
        self.rule.check()?;
        not_negative("lr", self.lr())?;
        self.clip_norm.map_or(Ok(()), clip::check_norm)?;
        self.clip_value.map_or(Ok(()), clip::check_value)
    }

    /// The parameters of the model that have a gradient, each with its slot.
    fn work<'m, M: Module + ?Sized>(&mut self, model: &'m mut M, found: &[(Node, Node)]) -> Result<Vec<Work<'m>>> {
        let (mut at, mut slot_at, mut failed) = (0, 0, None);
        let mut work: Vec<Work<'m>> = Vec::with_capacity(found.len());
        model.visit_mut(&mut Path::new(), &mut |path, item| {
            if item.kind != ItemKind::Param || failed.is_some() {
                return;
            }
            // Both lists tend to be in one order: the search goes on where it last ended.
            let is_item = |i: &usize| found[*i].0.same(item.node());
            let Some(i) = (at..found.len()).chain(0..at).find(is_item) else { return };
            at = i + 1;
            match self.slot(path.as_str(), item.node(), slot_at) {
                Ok(slot) => {
                    slot_at = slot + 1;
                    work.push(Work { item, gradient: found[i].1.clone(), slot });
                }
                Err(error) => failed = Some(error),
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        // Gradients for nothing: those of another model, or of values that are no longer its own.
        let stale = |(p, _): &(Node, Node)| work.is_empty() || p.is_cut();
        match work.len() < found.len() && found.iter().any(stale) {
            true => Err(Error::Cut { at: op_at() }),
            false => Ok(work),
        }
    }

    /// The slot of a parameter, made if there is none. It is looked for at `at` first.
    fn slot(&mut self, name: &str, param: &Node, at: usize) -> Result<usize> {
        let is_own = |slot: &&Slot| slot.name == name;
        let found = match self.slots.get(at).filter(is_own) {
            Some(_) => Some(at),
            None => self.slots.iter().position(|slot| slot.name == name),
        };
        if let Some(slot) = found {
            let kept = self.slots[slot].states.first().map(Handle::node);
            return match kept.filter(|kept| kept.dims() != param.dims() || kept.dtype() != param.dtype()) {
                None => Ok(slot),
                Some(kept) => Err(Error::Shape {
                    op: "step",
                    expected: format!(
                        "the model of the steps before, whose `{name}` is {}{:?}",
                        kept.dtype(),
                        kept.dims()
                    ),
                    found: format!("a model whose `{name}` is {}{:?}", param.dtype(), param.dims()),
                    at: op_at(),
                }),
            };
        }
        let states = self.rule.states().iter().map(|_| self.fresh(param)).collect::<Result<_>>()?;
        self.slots.push(Slot { name: name.to_string(), steps: 0, states, decays: self.decays(name) });
        Ok(self.slots.len() - 1)
    }

    pub(super) fn decays(&self, name: &str) -> bool {
        !self.no_decay.as_ref().is_some_and(|names| names(name))
    }

    /// A state before its first step.
    fn fresh(&self, param: &Node) -> Result<Handle> {
        let initial = self.rule.initial();
        let value = match initial == 0.0 {
            true => Arc::new(Buffer::zeroed(param.device(), param.bytes())?),
            false => filled(param, initial)?,
        };
        Ok(state_leaf(param, value))
    }

    fn update(&mut self, mut work: Vec<Work<'_>>) -> Result<()> {
        if let Some(max) = self.clip_value {
            work.iter_mut().for_each(|w| clip::clip_value(&mut w.gradient, max));
        }
        if let Some(max) = self.clip_norm {
            clip::clip_norm(&mut work.iter_mut().map(|w| &mut w.gradient).collect::<Vec<_>>(), max);
        }
        let mut numbers = Numbers::default();
        let (mut writes, mut states) = (Vec::with_capacity(work.len() * 3), vec![]);
        for w in &work {
            let mut new = self.new_values(w, &mut numbers).into_iter();
            writes.extend(new.next().map(|node| Write { leaf: w.item.node().clone(), node }));
            let kept = self.slots[w.slot].states.iter().map(|s| s.node().clone());
            states.extend(kept.zip(new).map(|(leaf, node)| Write { leaf, node }));
        }
        writes.append(&mut states);
        let mut values = eval::step(&writes)?.into_iter();
        for (w, value) in work.iter_mut().zip(values.by_ref()) {
            w.item.replace(value);
        }
        for w in &work {
            let slot = &mut self.slots[w.slot];
            slot.steps += 1;
            for (state, value) in slot.states.iter_mut().zip(values.by_ref()) {
                *state = state_leaf(w.item.node(), value);
            }
        }
        Ok(())
    }

    /// The new values of a parameter and its states.
    fn new_values(&mut self, w: &Work<'_>, shared: &mut Numbers) -> Vec<Node> {
        let (param, slot) = (w.item.node(), &self.slots[w.slot]);
        let at = At { lr: self.schedule.rate(self.steps), step: slot.steps + 1, decays: slot.decays };
        let (dtype, dims) = (param.dtype(), param.dims());
        let compiled = match self.compiled.iter().position(|c| c.dtype == dtype) {
            Some(i) => &self.compiled[i],
            None => {
                self.compiled.push(compile(&self.rule, dtype));
                &self.compiled[self.compiled.len() - 1]
            }
        };
        let mut inputs = vec![param.clone(), w.gradient.clone()];
        inputs.extend(slot.states.iter().map(|s| s.node().clone()));
        inputs.extend_from_slice(shared.of(&self.rule, at, arithmetic(dtype), dims));
        let result = |(meaning, reads): &(&'static Meaning, Vec<usize>)| {
            Node::map(meaning, reads.iter().map(|&i| inputs[i].clone()).collect())
        };
        compiled.results.iter().map(result).collect()
    }
}

/// The numbers of a step as nodes, shared by all parameters that take the same.
#[derive(Default)]
struct Numbers {
    groups: Vec<NumberGroup>,
}

struct NumberGroup {
    at: At,
    dtype: DType,
    nodes: Vec<Node>,
    /// The same, spread over the dims of parameters.
    spread: Vec<(Dims, Vec<Node>)>,
}

impl Numbers {
    fn of<R: Rule>(&mut self, rule: &R, at: At, dtype: DType, dims: &Dims) -> &[Node] {
        let group = match self.groups.iter().position(|g| g.at == at && g.dtype == dtype) {
            Some(i) => &mut self.groups[i],
            None => {
                let nodes = numbers(rule, at).into_iter().map(|x| Node::number(x, dtype)).collect();
                self.groups.push(NumberGroup { at, dtype, nodes, spread: vec![] });
                let last = self.groups.len() - 1;
                &mut self.groups[last]
            }
        };
        let i = match group.spread.iter().position(|s| s.0 == *dims) {
            Some(i) => i,
            None => {
                group.spread.push((dims.clone(), group.nodes.iter().map(|n| n.expand(dims)).collect()));
                group.spread.len() - 1
            }
        };
        &group.spread[i].1
    }
}

/// A state of the sizes of `param`.
pub(super) fn state_leaf(param: &Node, value: Arc<Buffer>) -> Handle {
    Handle::new(Node::leaf(Role::State, param.dims().clone(), param.dtype(), value))
}

/// A buffer of the sizes of `param` with `x` everywhere.
fn filled(param: &Node, x: f64) -> Result<Arc<Buffer>> {
    let node = param.constant_like(x);
    eval::look(std::slice::from_ref(&node))?;
    let value = node.value().ok_or(Error::Cut { at: op_at() })?;
    match value.device() == param.device() {
        true => Ok(value),
        // What is made of numbers alone is evaluated on the CPU.
        false => Ok(Arc::new(value.to_device(param.device())?)),
    }
}
