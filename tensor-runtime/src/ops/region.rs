//! region: a composite with a name, which a device may compute in another way than its parts.

use super::compute::Policy;
use super::tensors::Tensors;
use crate::graph::{Node, named};
use crate::prim::{Gradient, Rule};

/// What `body` gives of `inputs`, under a name: the same as `body(inputs)`, but where a device was offered a
/// [`Variant`](crate::variant::Variant) of this name that fits, that computes it. `attributes` are the numbers that a
/// variant needs to know; numbers that stand in the body alone it does not see.
///
/// The body may use nothing from outside but its inputs. Its gradient is that of its parts; [`region_with_gradient`]
/// gives one of its own.
///
/// ```
/// use formwork_runtime::{Device, Tensor, region};
/// use formwork_shapes::{U2, U3};
/// let x = Tensor::<(U2, U3)>::new([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], &Device::Cpu)?;
/// let y = region("row_sums", &[("scale", 2.0)], x, |x| x.sum_axis::<1>() * 2.0);
/// assert_eq!(y.to_vec()?, [12.0, 12.0]);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
#[track_caller]
pub fn region<X: Tensors, Y: Tensors>(
    name: &'static str,
    attributes: &[(&'static str, f64)],
    inputs: X,
    body: impl FnOnce(&X) -> Y,
) -> Y {
    make(name, attributes, &inputs, body, Gradient::Inlined)
}

/// [`region`] with a gradient of its own: `gradient` gives the cotangents of the inputs, from the inputs, the outputs and
/// their cotangents. It may be a region again, and has gradients itself. For an input that is no float it may give
/// anything, the input itself for instance.
///
/// ```
/// use formwork_runtime::{Device, Tensor, grad, region_with_gradient};
/// use formwork_shapes::U2;
/// let x = Tensor::<(U2,)>::new([1.0, 4.0], &Device::Cpu)?;
/// let y = region_with_gradient("root", &[], x.clone(), |x| x.sqrt(), |_, y, g| g / (y * 2.0));
/// assert_eq!(grad(&y.sum(), &x).to_vec()?, [0.5, 0.25]);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
#[track_caller]
pub fn region_with_gradient<X: Tensors, Y: Tensors>(
    name: &'static str,
    attributes: &[(&'static str, f64)],
    inputs: X,
    body: impl FnOnce(&X) -> Y,
    gradient: impl Fn(&X, &Y, &Y) -> X + Send + Sync + 'static,
) -> Y {
    // The rule is the user's too: its products are computed as those of the body are.
    let policy = Policy::current();
    let rule: Rule = Box::new(move |x, y, g| {
        let _computing = policy.enter();
        gradient(&tensors(x), &tensors(y), &tensors(g)).nodes()
    });
    make(name, attributes, &inputs, body, Gradient::Given(rule))
}

#[track_caller]
fn make<X: Tensors, Y: Tensors>(
    name: &'static str,
    attributes: &[(&'static str, f64)],
    inputs: &X,
    body: impl FnOnce(&X) -> Y,
    gradient: Gradient,
) -> Y {
    let _op = named(name);
    let body = |nodes: Vec<Node>| body(&tensors(&nodes)).nodes();
    tensors(&Node::named_region(name, attributes, &inputs.nodes(), body, gradient))
}

fn tensors<T: Tensors>(nodes: &[Node]) -> T {
    T::of_nodes(&mut nodes.iter().cloned())
}
