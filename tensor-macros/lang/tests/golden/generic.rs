model! {
    pub struct Mlp<H, L: Layer, const N: usize>
    where
        8: DimMul<H>,
        H - 1,
        L: Clone,
    {
        up: Linear(D -> 4 * H),
        norms: [LayerNorm(H / 2); N],
        act: L,
        down: Linear(4 * H -> D),
    }
    fn forward<B>(&self, x: [B, D]) -> [B, D]
    where
        B: Send,
    {
        let h: [B, 4 * H] = self.act(self.up(x));
        self.down(h)
    }
}
