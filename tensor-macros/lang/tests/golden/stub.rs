model! {
    pub struct Broken<H> {
        fc1: Linear<64, 128>,
        fc2: Linear(128 -> 10),
        fc3: Linear(128 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc2(self.fc1(x))
    }
    fn other(&self, x: Tensor) -> [Batch, 10] {
        x
    }
    pub fn last(&self, x: [Batch, H]) -> [Batch, 10] {
        self.other(x)
    }
}
