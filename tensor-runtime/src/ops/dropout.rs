//! dropout: elements set to zero at random.

use crate::dtype::Float;
use crate::error::Error;
use crate::graph::named;
use crate::random::Rng;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::Shape;

impl<S: Shape, E: Float> Tensor<S, E> {
    /// Zero with probability `p` each, `x / (1 - p)` otherwise: of a model that learns. Srivastava et al. 2014;
    /// `torch.nn.functional.dropout`.
    ///
    /// ```
    /// use formwork_runtime::{Rng, Tensor};
    /// use formwork_shapes::U8;
    /// let y = Tensor::<(U8,)>::ones().dropout(0.5, &mut Rng::seed(1)).to_vec()?;
    /// assert!(y.iter().all(|&y| y == 0.0 || y == 2.0));
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn dropout(&self, p: f64, rng: &mut Rng) -> Self {
        let _op = named("dropout");
        if !(0.0..=1.0).contains(&p) {
            let (found, expected) = (p.to_string(), "a probability from 0 to 1".to_string());
            return Tensor::poisoned(Error::Setting { name: "p", found, expected });
        }
        let x = self.node();
        let nil = x.constant_like(0.0);
        if p == 1.0 {
            // Still `x`'s, with a gradient of zeros.
            return Tensor::of(x.binary(Intrinsic::Mul, &nil));
        }
        let keep = rng.bernoulli(1.0 - p, self);
        Tensor::of(keep.node().select(&x.binary_number(Intrinsic::Mul, 1.0 / (1.0 - p)), &nil))
    }
}
