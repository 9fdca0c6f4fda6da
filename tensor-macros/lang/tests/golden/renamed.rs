model! {
    crate = my::fw;
    struct Tiny {
        fc: Linear(2 -> 2),
    }
    fn forward(&self, x: [2, 2]) -> [2, 2] {
        self.fc(x)
    }
}
dims! { crate = my::fw; Batch }
