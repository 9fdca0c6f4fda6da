//! checkpoint: gradients from values that are computed again.

use super::tensors::Tensors;
use crate::graph::{Node, named, now};

/// What `f` gives; its gradient computes again what `f` computed, instead of keeping it: memory for time.
/// `torch.utils.checkpoint.checkpoint`.
///
/// Of everything that `f` makes only what it gives stays in memory until the gradient has passed. The values and
/// gradients have the same bits as without, dropout included: random numbers are counted, so the same are drawn again.
///
/// ```
/// use formwork_runtime::{Device, Tensor, checkpoint, grad};
/// use formwork_shapes::U3;
/// let x = Tensor::<(U3,)>::new([1.0, 2.0, 3.0], &Device::Cpu)?;
/// let y = checkpoint(|| (&x + 1.0).exp());
/// assert_eq!(grad(&y.sum(), &x).to_vec()?, y.to_vec()?);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
#[track_caller]
pub fn checkpoint<Y: Tensors>(f: impl FnOnce() -> Y) -> Y {
    let start = now();
    let y = f();
    let _op = named("checkpoint");
    Y::of_nodes(&mut Node::checkpoint(&y.nodes(), start).into_iter())
}
