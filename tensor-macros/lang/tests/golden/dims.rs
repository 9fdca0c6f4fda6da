dims! {
    /// Examples in a batch.
    Batch,
    pub(crate) Seq,
    D = 768,
    HEADS = 12,
    HEAD = D / HEADS,
}
type Image = s![Batch, 3, 224, 224];
type Scalar = s![];
type Pixels = dim!(224 * 224);
type Large = dim!(802816 + 1);
type Rest = dim!(2 * (D - 1) / HEADS);
