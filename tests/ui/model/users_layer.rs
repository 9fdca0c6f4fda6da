//! A layer of the user's own, given what it has no `impl Layer` for.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        scale: Double,
    }
    fn forward(&self, x: [Batch, 65]) -> [Batch, 64] {
        self.scale(x)
    }
}

#[derive(Module)]
struct Double {}

impl nn::Init for Double {
    type Config = ();
    fn init(_: (), _: &mut nn::Vars<'_>) -> Result<Self> {
        Ok(Double {})
    }
}

impl<B: Dim> Layer<Tensor<(B, U64)>> for Double {
    type Out = Tensor<(B, U64)>;
    fn forward(&self, x: &Tensor<(B, U64)>, _: &Cx<'_>) -> Tensor<(B, U64)> {
        x + x
    }
}

fn main() {}
