//! The mode of a forward pass: learning, with a source of random numbers, or in use.

use crate::Rng;
use formwork_runtime::graph::Scope;
use std::cell::RefCell;

/// What a layer is told beside its input. A model hands it through; `train` and `eval` make it.
pub struct Cx<'a> {
    rng: Option<RefCell<&'a mut Rng>>,
    calls: Option<&'a RefCell<Vec<Call>>>,
}

/// That a model is in a mode, which `train` and `eval` choose: the model itself is in none.
#[diagnostic::on_unimplemented(
    message = "a model runs in a mode: `model.eval().forward(x)`, or `model.train(&mut rng).forward(x)` while it learns",
    label = "this model is in no mode",
    note = "inside another layer, which has a `cx`: `x.through(&self.model, cx)`"
)]
pub trait InMode {}

/// Which layer it is: where it lies, and its type. Layers without data may share a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place(*const (), &'static str);

impl Place {
    /// The place of a layer, not of a reference to it.
    pub fn of<L>(layer: &L) -> Place {
        Place(std::ptr::from_ref(layer).cast(), std::any::type_name::<L>())
    }
}

/// One application of a layer, noted for [`Summary`](super::Summary).
pub(super) struct Call {
    pub layer: Place,
    /// The type that came out.
    pub out: &'static str,
}

impl<'a> Cx<'a> {
    /// Learning: layers may draw from `rng` and gather statistics.
    pub fn train(rng: &'a mut Rng) -> Cx<'a> {
        Cx { rng: Some(RefCell::new(rng)), calls: None }
    }

    /// In use.
    pub fn eval() -> Cx<'a> {
        Cx { rng: None, calls: None }
    }

    /// In use, and noting which layer gives what.
    pub(super) fn noting(calls: &'a RefCell<Vec<Call>>) -> Cx<'a> {
        Cx { rng: None, calls: Some(calls) }
    }

    /// Whether the model learns.
    pub fn is_training(&self) -> bool {
        self.rng.is_some()
    }

    /// Runs `f` with the random numbers of this pass while the model learns; in use, there are none.
    pub fn with_rng<R>(&self, f: impl FnOnce(&mut Rng) -> R) -> Option<R> {
        self.rng.as_ref().map(|rng| f(*rng.borrow_mut()))
    }

    /// Applies a layer under its name.
    pub(super) fn enter<O>(&self, layer: Place, name: &str, apply: impl FnOnce() -> O) -> O {
        let out = Scope::enter(name, apply);
        if let Some(calls) = self.calls {
            calls.borrow_mut().push(Call { layer, out: std::any::type_name::<O>() });
        }
        out
    }
}
