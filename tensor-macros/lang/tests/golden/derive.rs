struct Scale<F: Dim, E: Float = f32>
where
    E: Default,
{
    weight: Param<(F,), E>,
    inner: Linear<F, F, E>,
    #[module(skip)]
    eps: f64,
}
