model! {
    pub struct Noisy {
        fc: Linear(8 -> 8),
        inner: Other,
    }
    fn forward(&self, x: [Batch, 8], cx: &Cx) -> [Batch, 8] {
        let h = if cx.is_training() { x + noise(x, cx) } else { x };
        self.inner.half(cx, &self.fc(h))
    }
}
