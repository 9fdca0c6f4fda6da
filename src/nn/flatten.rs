//! Flatten: all axes but the first become one.

use super::library::library_layer;
use super::{Cx, Init, Takes, Vars};
use crate::{Axis, Element, FlattenAxes, Result, Shape, Tensor};

/// All axes but the first become one: `[N, C, H, W] -> [N, C * H * W]`. PyTorch's `nn.Flatten`.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { flatten: Flatten }
///     fn forward(&self, x: [Batch, 3, 8, 8]) -> [Batch, 192] { self.flatten(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U3, U8, U8)>::new(vec![1.0; 384], &Device::best())?;
/// assert_eq!(model.eval().forward(x).dims(), [2, 192]);
/// # Ok::<(), Error>(())
/// ```
pub struct Flatten;

impl Init for Flatten {
    type Config = ();
    fn init(_: (), _: &mut Vars<'_>) -> Result<Self> {
        Ok(Flatten)
    }
}

library_layer!([] Flatten {});

impl<S, E: Element> Takes<Flatten, E> for S
where
    S: Shape + Axis<1> + Axis<-1> + FlattenAxes<1, -1>,
{
    type Out = Tensor<<S as FlattenAxes<1, -1>>::Out, E>;
    fn take(_: &Flatten, x: &Tensor<S, E>, _: &Cx<'_>) -> Self::Out {
        x.flatten::<1, -1>()
    }
}
