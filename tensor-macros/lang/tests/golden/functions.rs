model! {
    pub struct Auto {
        down: Linear(784 -> 32),
        up: Linear(32 -> 784),
    }
    fn forward(&self, x: [Batch, 784]) -> [Batch, 784] {
        self.decode(self.encode(x), 1.0)
    }
    /// The code of an image.
    pub fn encode(&self, x: [Batch, 784]) -> [Batch, 32] {
        self.down(x)
    }
    fn decode<B>(&self, code: [B, 32], scale: f32) -> [B, 784] {
        self.up(code) * scale
    }
}
