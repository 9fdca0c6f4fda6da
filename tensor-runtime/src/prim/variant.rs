//! Variants: other ways to compute a region than its inlining, written by hand and offered to a device.
//!
//! A variant is asked for by the region's name: with what it is made of when the region is made, whether it is taken
//! when the region is evaluated. Nothing here knows what a region computes.

use crate::device::{Call, Device, Host};
use crate::error::Error;
use crate::graph::{Node, named, op_at};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, RwLock};
use std::thread::LocalKey;

/// A way to compute the outputs of a region from its inputs: host code, as here, or
/// [`Kernels`](crate::variant::Kernels).
///
/// ```
/// use formwork_runtime::variant::{Call, Host, Operands, Variant, Way, offer};
/// use formwork_runtime::{Device, Element, Tensor, region};
/// use formwork_shapes::U4;
///
/// /// Running sums, one after the other.
/// struct Running;
///
/// impl Variant for Running {
///     fn computes(&self) -> &'static str { "running" }
///     fn name(&self) -> &'static str { "running sums" }
///     fn fits(&self, call: &Call) -> bool { call.inputs[0].dtype == f32::DTYPE && call.inputs[0].dims.len() == 1 }
///     fn way(&self) -> Way<'_> { Way::Host(self) }
/// }
///
/// impl Host for Running {
///     fn run(&self, _: &Call, mut operands: Operands<'_>) {
///         let (x, y) = (operands.inputs[0].as_slice::<f32>(), operands.outputs[0].as_mut_slice::<f32>());
///         let mut sum = 0.0;
///         for (x, y) in x.iter().zip(y) {
///             sum += x;
///             *y = sum;
///         }
///     }
/// }
///
/// offer(Device::Cpu, &[&Running]);
/// let x = Tensor::<(U4,)>::new([1.0, 2.0, 3.0, 4.0], &Device::Cpu)?;
/// let y = region("running", &[], x, |x| x.cumsum::<0>());
/// assert!(y.explain()?.contains("running sums"));
/// assert_eq!(y.to_vec()?, [1.0, 3.0, 6.0, 10.0]);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
pub trait Variant: Send + Sync {
    /// The name of the region that it computes.
    fn computes(&self) -> &'static str;

    /// Its own name, for `explain` and errors.
    fn name(&self) -> &'static str;

    /// Whether it takes these sizes, dtypes and attributes on this device. The same call has the same answer.
    fn fits(&self, call: &Call) -> bool;

    /// How it computes.
    fn way(&self) -> Way<'_>;
}

/// How a variant computes.
pub enum Way<'a> {
    /// By code of the host: one launch, which nothing fuses with.
    Host(&'a dyn Host),
    /// As another subgraph, of kernels: it is planned in place of the region's definition, like any part of the graph.
    Subgraph(&'a dyn Subgraph),
}

/// What a region becomes where a variant takes it.
pub trait Subgraph {
    /// The outputs of the region, made from its inputs. Neither this nor what it makes depends on values.
    #[doc(hidden)]
    fn outputs(&self, call: &Call, inputs: &[Node]) -> Vec<Node>;
}

/// Variants that are there before anything runs, for every device.
static BUILT_IN: OnceLock<&[&dyn Variant]> = OnceLock::new();
/// Variants by device, in the order in which they were offered.
static OFFERED: RwLock<Vec<(Device, &'static dyn Variant)>> = RwLock::new(Vec::new());
static ANY: AtomicBool = AtomicBool::new(false);

thread_local! {
    static TAKEN: Cell<bool> = const { Cell::new(true) };
    /// Whether a variant makes its outputs: regions among them have no subgraphs but their definition.
    static MAKING: Cell<bool> = const { Cell::new(false) };
}

/// Offers `variants` to all regions that are made on `device` from now on. Where several fit, that which was offered
/// first is taken, before those that formwork brings itself; what is offered twice counts once.
pub fn offer(device: Device, variants: &[&'static dyn Variant]) {
    let mut offered = OFFERED.write().unwrap_or_else(|e| e.into_inner());
    for &variant in variants {
        if !offered.iter().any(|(d, v)| *d == device && std::ptr::addr_eq(*v, variant) && v.name() == variant.name()) {
            offered.push((device, variant));
        }
    }
    ANY.store(true, Ordering::Release);
}

/// Offers `variants` to every device, once in a process and before anything runs.
#[doc(hidden)]
pub fn bring(variants: &'static [&'static dyn Variant]) {
    if BUILT_IN.set(variants).is_ok() {
        ANY.store(true, Ordering::Release);
    }
}

/// Runs `f` with variants taken where they fit (`true`, as without this) or every region inlined on this thread.
pub fn variants<R>(on: bool, f: impl FnOnce() -> R) -> R {
    with(&TAKEN, on, f)
}

fn with<R>(flag: &'static LocalKey<Cell<bool>>, on: bool, f: impl FnOnce() -> R) -> R {
    struct Restore(&'static LocalKey<Cell<bool>>, bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    let _before = Restore(flag, flag.replace(on));
    f()
}

/// The variant that is taken for `call`, and its number among all.
pub(super) fn find(call: &Call) -> Option<(usize, &'static dyn Variant)> {
    if TAKEN.get() { offered(call) } else { None }
}

/// What the variant for `call`, if it is a subgraph, makes of `inputs`, and its number. What differs from the region's
/// own `results` in size or dtype is an error, whether the variant is taken or not.
pub(super) fn subgraph(call: &Call, inputs: &[Node], results: &[Node]) -> Option<(usize, Vec<Node>)> {
    if MAKING.get() {
        return None;
    }
    let (number, variant) = offered(call)?;
    let Way::Subgraph(way) = variant.way() else { return None };
    let _op = named(variant.name());
    let outputs = with(&MAKING, true, || way.outputs(call, inputs));
    let is_same = |(a, b): (&Node, &Node)| a.error().is_some() || (a.dims(), a.dtype()) == (b.dims(), b.dtype());
    if outputs.len() == results.len() && outputs.iter().zip(results).all(is_same) {
        return Some((number, outputs));
    }
    let list = |nodes: &[Node]| {
        let one = |n: &Node| format!("{}{:?}", n.dtype(), n.dims());
        nodes.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let expected = format!("what region `{}` gives, {}", call.name, list(results));
    let error = Error::Shape { op: variant.name(), expected, found: list(&outputs), at: op_at() };
    Some((number, results.iter().map(|r| Node::poisoned(error.clone(), r.dims().clone(), r.dtype())).collect()))
}

/// The first that fits of those offered to the device of `call` and of those for all.
fn offered(call: &Call) -> Option<(usize, &'static dyn Variant)> {
    if !ANY.load(Ordering::Acquire) || call.inputs.is_empty() {
        return None;
    }
    let fits = |v: &dyn Variant| v.computes() == call.name && v.fits(call);
    let own = OFFERED.read().unwrap_or_else(|e| e.into_inner());
    if let Some(i) = own.iter().position(|(d, v)| *d == call.device && fits(*v)) {
        return Some((i, own[i].1));
    }
    drop(own);
    let brought = BUILT_IN.get()?;
    let i = brought.iter().position(|v| fits(*v))?;
    // Those of the user are counted up, these down.
    Some((usize::MAX - i, brought[i]))
}
