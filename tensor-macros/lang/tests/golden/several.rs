model! {
    pub struct Attend {
        q: Linear(64 -> 64),
        attention: Attention(64, 4),
    }
    fn forward(&self, x: [Batch, Seq, 64], mut mask: [Seq, Seq]) -> ([Batch, Seq, 64], [Batch, Seq, 64]) {
        mask = mask * 0.5;
        let (y, weights): ([Batch, Seq, 64], [Batch, Seq, 64]) = self.attention(self.q(x), x, &x, mask + mask);
        (y, weights)
    }
}
