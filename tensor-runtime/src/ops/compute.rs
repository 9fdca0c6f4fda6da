//! compute: the element type that products of f32 are computed in, a policy of the model that is running.
//!
//! Products (`matmul`, `linear`, `conv2d`, attention) of f32 round what they multiply to that type, sum in f32, and keep
//! their result in it; all that surrounds them is f32. Both conversions are maps, so a plan computes them where they are
//! used and stores the narrow side. A gradient is made of the narrow nodes, so its products are narrow too.

use crate::dtype::{Float, bf16};
use crate::graph::Node;
use formwork_ir::DType;
use std::cell::Cell;
use std::marker::PhantomData;

/// An element type that a model may compute products in: f32 or bf16.
#[diagnostic::on_unimplemented(
    message = "a model computes in `bf16` or `f32`, not in `{Self}`",
    label = "not an element type to compute in"
)]
pub trait Compute: Float {}
#[diagnostic::do_not_recommend]
impl Compute for f32 {}
#[diagnostic::do_not_recommend]
impl Compute for bf16 {}

thread_local! {
    static POLICY: Cell<DType> = const { Cell::new(DType::F32) };
}

/// Until it is dropped, products of f32 tensors made on this thread are computed in the element type it was made for.
#[must_use]
pub struct Computing {
    before: DType,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

/// Computes products of f32 in `E` from here on: what `#[compute(bf16)]` on a model does around each of its functions.
///
/// ```
/// use formwork_runtime::{Device, Tensor, bf16, computing};
/// use formwork_shapes::U1;
/// let x = Tensor::<(U1, U1)>::new([[1.001]], &Device::Cpu)?;
/// let exact = x.matmul(&x).to_vec()?;
/// let narrow = {
///     let _computing = computing::<bf16>();
///     x.matmul(&x).to_vec()?
/// };
/// assert_eq!((exact, narrow), (vec![1.001 * 1.001], vec![1.0]));
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
pub fn computing<E: Compute>() -> Computing {
    Policy(E::DTYPE).enter()
}

impl Drop for Computing {
    fn drop(&mut self) {
        POLICY.set(self.before);
    }
}

/// What products are computed in, to be entered again later.
#[derive(Clone, Copy)]
pub(crate) struct Policy(DType);

impl Policy {
    pub fn current() -> Policy {
        Policy(POLICY.get())
    }

    pub fn enter(self) -> Computing {
        Computing { before: POLICY.replace(self.0), here: PhantomData }
    }
}

/// `product` of nodes as the policy has it. Elements other than f32 were chosen by the user and stay what they are.
pub(super) fn computed<const N: usize>(inputs: [&Node; N], product: impl FnOnce([&Node; N]) -> Node) -> Node {
    let (of, narrow) = (inputs[0].dtype(), POLICY.get());
    if of != DType::F32 || narrow == of {
        return product(inputs);
    }
    let inputs = inputs.map(|x| x.cast(narrow));
    product(inputs.each_ref()).cast(of)
}
