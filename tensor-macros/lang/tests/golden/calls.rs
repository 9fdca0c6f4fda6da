model! {
    pub struct Calls {
        a: Linear(64 -> 64),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 64] {
        let double = |t: &Tensor<s![Batch, 64]>| t + t;
        let layer = &self.a;
        let parts = vec![layer(x), double(&x), (self.a)(x), plain(x), Some(x).unwrap()];
        let array: [f32; 3] = [1.0, 2.0, 3.0];
        println!("{} {:?}", self.a(x), array);
        self.a.forward(&x, cx());
        fn plain(t: T) -> T {
            layer(t)
        }
        { self.a(if x.is_empty() { x } else { parts[0] }) }
    }
}
