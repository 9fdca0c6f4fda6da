//! An option of a layer that has none.
use formwork::prelude::*;

dims! { Batch }

#[derive(Module)]
struct Twice {}

impl formwork::nn::Init for Twice {
    type Config = ();
    fn init(_: (), _: &mut formwork::nn::Vars<'_>) -> Result<Self> {
        Ok(Twice {})
    }
}

impl<B: Dim> Layer<Tensor<(B, U4)>> for Twice {
    type Out = Tensor<(B, U4)>;
    fn forward(&self, x: &Tensor<(B, U4)>, _: &Cx<'_>) -> Self::Out {
        x * 2.0
    }
}

model! {
    pub struct Net {
        twice: Twice(stride = 2),
    }
    fn forward(&self, x: [Batch, 4]) -> [Batch, 4] {
        self.twice(x)
    }
}

fn main() {}
