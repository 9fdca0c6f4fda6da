//! Variants of regions that launch kernels.

use crate::device::Call;
use crate::graph::Node;
use crate::ops::Tensors;
use crate::prim::variant::{Subgraph, Variant, Way};
use formwork_shapes::Symbol;
use std::cell::RefCell;

/// A variant as a function of tensors, which launches kernels and may use any other operation. What it gives is planned in
/// place of the region's definition: so it runs on every device and in checked mode, and what stands around it fuses as
/// ever. The region's gradient stays that of the region.
///
/// `X` and `Y` are the region's inputs and outputs: tensors, or tuples of them. It takes a call whose ranks, dtypes and
/// literal dims they have, and that `fits`. Their run-time dims have the call's sizes, in launches too: a dim that no
/// argument of a kernel has may stand in its results.
///
/// ```
/// use formwork_runtime::kernel::{Array, kernel};
/// use formwork_runtime::variant::{Kernels, offer};
/// use formwork_runtime::{Device, Dim, Tensor, region, runtime_dim};
/// use formwork_shapes::{U2, U3};
/// # extern crate formwork_runtime as formwork;
///
/// runtime_dim!(Rows);
/// runtime_dim!(Columns);
///
/// /// Each row from its end.
/// #[kernel(block = 32, no_grad)]
/// fn turn_rows<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
///     for j in (thread_idx()..N).step_by(block_dim()) {
///         y[(block_idx(), j)] = x[(block_idx(), N - 1 - j)];
///     }
/// }
///
/// type Matrix = Tensor<(Rows, Columns)>;
///
/// static TURN: Kernels<Matrix, Matrix> =
///     Kernels { computes: "turn", name: "turn_rows", fits: |call| call.device == Device::Cpu, outputs: |_, x| turn_rows(x) };
///
/// offer(Device::Cpu, &[&TURN]);
/// let x = Tensor::<(U2, U3)>::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &Device::Cpu)?;
/// let y = region("turn", &[], x, |x| x.flip::<1>());
/// assert!(y.explain()?.contains("turn_rows"));
/// assert_eq!(y.to_vec()?, [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
pub struct Kernels<X, Y> {
    /// The name of the region that it computes.
    pub computes: &'static str,
    /// Its own name, for errors.
    pub name: &'static str,
    /// Whether it takes a call that its types take. The same call has the same answer.
    pub fits: fn(&Call) -> bool,
    /// The outputs of the region from its inputs.
    pub outputs: fn(&Call, &X) -> Y,
}

impl<X: Tensors, Y: Tensors> Kernels<X, Y> {
    /// The sizes of the run-time dims of `X` and `Y`; none if they do not take the call.
    fn sizes(call: &Call) -> Option<Vec<(Symbol, usize)>> {
        let mut known = vec![];
        let (mut inputs, mut outputs) = (call.inputs.iter(), call.outputs.iter());
        let fit = X::fit(&mut inputs, &mut known) && Y::fit(&mut outputs, &mut known);
        (fit && inputs.len() == 0 && outputs.len() == 0).then_some(known)
    }
}

impl<X: Tensors, Y: Tensors> Variant for Kernels<X, Y> {
    fn computes(&self) -> &'static str {
        self.computes
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, call: &Call) -> bool {
        Self::sizes(call).is_some() && (self.fits)(call)
    }

    fn way(&self) -> Way<'_> {
        Way::Subgraph(self)
    }
}

impl<X: Tensors, Y: Tensors> Subgraph for Kernels<X, Y> {
    fn outputs(&self, call: &Call, inputs: &[Node]) -> Vec<Node> {
        struct Restore(Vec<(Symbol, usize)>);
        impl Drop for Restore {
            fn drop(&mut self) {
                SIZES.set(std::mem::take(&mut self.0));
            }
        }
        let _before = Restore(SIZES.replace(Self::sizes(call).unwrap_or_default()));
        (self.outputs)(call, &X::of_nodes(&mut inputs.iter().cloned())).nodes()
    }
}

/// Brings a table of variants to every device before `main` runs: in a crate that everybody links, who then need not offer
/// them. Where the platform has no such place, regions are their definitions.
#[doc(hidden)]
#[macro_export]
macro_rules! bring_variants {
    ($table:path) => {
        const _: () = {
            extern "C" fn bring() {
                $crate::variant::bring($table);
            }
            // SAFETY: the platform calls the functions that are listed there once, before `main`; this one allocates
            // nothing, starts no thread and cannot panic.
            #[used]
            #[cfg_attr(
                any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "netbsd"),
                unsafe(link_section = ".init_array")
            )]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func,mod_init_funcs"))]
            #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
            static BRING: extern "C" fn() = bring;
        };
    };
}

thread_local! {
    /// The sizes of the run-time dims of the call for which a variant makes its outputs.
    static SIZES: RefCell<Vec<(Symbol, usize)>> = const { RefCell::new(vec![]) };
}

/// The sizes of run-time dims that launches know without an argument that has them.
pub(super) fn given_sizes() -> Vec<(Symbol, usize)> {
    SIZES.with_borrow(Vec::clone)
}
