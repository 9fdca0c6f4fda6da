model! {
    struct Shapes {
    }
    fn forward(&self, pair: ([Batch], [Batch; i64]), x: []) -> [] {
        let (a, b): ([Batch], [Batch; i64]) = pair;
        let Some(c): Option<f32> = None else { return x };
        let d: [f32; 2] = [c, c];
        let e: [Batch, 2, 3; bf16];
        x
    }
}
