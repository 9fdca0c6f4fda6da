model! {
    pub struct Gpt {
        blocks: [Block(D, HEADS); 12],
        drops: [Dropout(0.1); LAYERS],
        head: Linear(D -> 50257),
    }
    fn forward(&self, ids: [Batch, Seq; i64]) -> [Batch, Seq, 50257] {
        let mut h = self.embed(&ids);
        for (i, block) in self.blocks.iter().enumerate() {
            if i > 0 {
                h = self.drops[i - 1](h);
            }
            h = block(h);
        }
        h = self.blocks.iter().fold(h, |h, block| block(h));
        if let Some(last) = self.blocks.last() {
            h = last(h);
        }
        match self.blocks.first() {
            Some(first) => self.head(first(h)),
            None => self.head(self.drops(h)),
        }
    }
}
