model! {
    struct Convs {
        conv: Conv2d(16 -> 32, 3, stride = 2, padding = 1, bias = false),
        norm: LayerNorm(128, eps = 1e-6),
        act: LeakyRelu(-0.1),
        embed: Embedding(50257 -> 768, f64, padding = { PAD }),
        pos: Param([128, D; f64], std = 0.02),
        skip: nn::Residual(Linear(64 -> 64)),
    }
    fn forward(&self, x: [Batch, 16, 8, 8]) -> [Batch, 32, 4, 4] {
        self.conv(x)
    }
}
