//! What an optimizer keeps, to be saved and to go on from.

use super::formula::Rule;
use super::optimizer::{Optimizer, Slot, state_leaf};
use crate::device::Buffer;
use crate::error::{Error, Result};
use crate::graph::{Handle, Node};
use crate::params::{Item, ItemKind, Module, Path};
use formwork_ir::DType;
use std::collections::HashMap;
use std::sync::Arc;

/// A tensor of an optimizer: `fc1.weight.exp_avg`, or the numbers of steps `fc1.weight.step` and `step`.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    pub name: String,
    pub dtype: DType,
    pub dims: Vec<usize>,
    /// Elements in row-major order, little-endian.
    pub bytes: Vec<u8>,
}

/// A tensor that an optimizer wants to find.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub name: String,
    pub dtype: DType,
    pub dims: Vec<usize>,
}

/// The name of a number of steps.
const STEP: &str = "step";

impl<R: Rule> Optimizer<R> {
    /// All that is needed to go on later to the same bits, beside settings: the states of every
    /// parameter that was updated so far, named after it, and the numbers of steps.
    pub fn state(&self) -> Result<Vec<Saved>> {
        let mut saved = vec![count(STEP.to_string(), self.steps)];
        for slot in &self.slots {
            saved.push(count(format!("{}.{STEP}", slot.name), slot.steps));
            for (state, handle) in self.rule.states().iter().zip(&slot.states) {
                let node = handle.node();
                let mut bytes = node.value().map_or(Ok(vec![]), |v| v.to_bytes())?;
                bytes.truncate(node.bytes());
                let name = format!("{}.{state}", slot.name);
                saved.push(Saved { name, dtype: node.dtype(), dims: node.dims().to_vec(), bytes });
            }
        }
        Ok(saved)
    }

    /// What [`Optimizer::load_state`] wants for `model` from a source that has tensors of the given
    /// names: a parameter has all its tensors there, or none if it was never updated.
    pub fn wanted<'n, M: Module + ?Sized>(&self, model: &M, names: impl IntoIterator<Item = &'n str>) -> Vec<Wanted> {
        let names: std::collections::HashSet<&str> = names.into_iter().collect();
        let step = |name: String| Wanted { name, dtype: DType::I64, dims: vec![] };
        let mut wanted = vec![step(STEP.to_string())];
        for_params(model, |param, item| {
            let of = |state: &&str| Wanted { name: format!("{param}.{state}"), dtype: item.dtype(), dims: item.dims() };
            let own: Vec<Wanted> =
                std::iter::once(step(format!("{param}.{STEP}"))).chain(self.rule.states().iter().map(of)).collect();
            if own.iter().any(|w| names.contains(w.name.as_str())) {
                wanted.extend(own);
            }
        });
        wanted
    }

    /// Goes on where the optimizer was whose [`Optimizer::state`] this is, with the parameters of `model`.
    ///
    /// # Errors
    /// [`Error::Shape`] if something that is [wanted](Optimizer::wanted) is missing or misshaped, or
    /// something else is there; [`Error::OutOfMemory`]. The optimizer is then as it was.
    #[track_caller]
    pub fn load_state<M: Module + ?Sized>(&mut self, model: &M, saved: Vec<Saved>) -> Result<()> {
        let wanted = self.wanted(model, saved.iter().map(|s| s.name.as_str()));
        let by_name: HashMap<&str, &Saved> = saved.iter().map(|s| (s.name.as_str(), s)).collect();
        let at = std::panic::Location::caller();
        let differs = |expected: String, found: String| Error::Shape { op: "load_state", expected, found, at };
        for Wanted { name, dtype, dims } in &wanted {
            let expected = || format!("`{name}`, {dtype} {dims:?}");
            let Some(found) = by_name.get(name.as_str()) else { return Err(differs(expected(), "none".to_string())) };
            let bytes = dims.iter().product::<usize>() * dtype.size();
            if (found.dtype, &found.dims, found.bytes.len()) != (*dtype, dims, bytes) {
                let found = format!("{} {:?} of {} bytes", found.dtype, found.dims, found.bytes.len());
                return Err(differs(expected(), found));
            }
        }
        if wanted.len() != saved.len() {
            let is_extra = |s: &&Saved| !wanted.iter().any(|w| w.name == s.name);
            let extra = saved.iter().find(is_extra).map_or("a name twice".to_string(), |s| format!("`{}`", s.name));
            return Err(differs("only states of the model's parameters".to_string(), extra));
        }
        let (mut slots, mut failed) = (vec![], None);
        for_params(model, |param, item| {
            let Some(steps) = by_name.get(&*format!("{param}.{STEP}")) else { return };
            let of = |state: &&str| state_of(item, &by_name, &format!("{param}.{state}"));
            match self.rule.states().iter().map(of).collect::<Result<Vec<Handle>>>() {
                Ok(states) => slots.push(self.slot_of(param, read_count(steps), states)),
                Err(error) => failed = Some(error),
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        self.slots = slots;
        self.steps = by_name.get(STEP).map_or(0, |s| read_count(s));
        Ok(())
    }

    fn slot_of(&self, name: &str, steps: u64, states: Vec<Handle>) -> Slot {
        Slot { name: name.to_string(), steps, states, decays: self.decays(name) }
    }
}

/// Calls `f` for every parameter.
fn for_params<M: Module + ?Sized>(model: &M, mut f: impl FnMut(&str, &Item<'_>)) {
    model.visit(&mut Path::new(), &mut |path, item| {
        if item.kind == ItemKind::Param {
            f(path.as_str(), &item);
        }
    });
}

fn state_of(item: &Item<'_>, by_name: &HashMap<&str, &Saved>, name: &str) -> Result<Handle> {
    let param: &Node = item.node();
    let bytes = by_name.get(name).map_or(&[][..], |s| &s.bytes);
    Ok(state_leaf(param, Arc::new(Buffer::from_slice(param.device(), bytes)?)))
}

fn count(name: String, n: u64) -> Saved {
    Saved { name, dtype: DType::I64, dims: vec![], bytes: (n as i64).to_le_bytes().to_vec() }
}

fn read_count(saved: &Saved) -> u64 {
    saved.bytes.as_slice().try_into().map_or(0, |b| i64::from_le_bytes(b).max(0) as u64)
}
