model! {
    /// A classifier for 8x8 digits.
    pub struct Classifier {
        fc1: Linear(64 -> 128),
        drop: Dropout(0.1),
        fc2: Linear(128 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h = self.drop(self.fc1(x).relu());
        self.fc2(h)
    }
}
