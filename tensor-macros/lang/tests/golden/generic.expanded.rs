pub struct Mlp<H: ::formwork::shapes::Dim, L: Layer, const N: usize>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    up: Linear<D, ::formwork::shapes::Prod<::formwork::shapes::U4, H>>,
    norms: [LayerNorm<::formwork::shapes::Quot<H, ::formwork::shapes::U2>>; N],
    act: L,
    down: Linear<::formwork::shapes::Prod<::formwork::shapes::U4, H>, D>,
}
impl<H: ::formwork::shapes::Dim, L: Layer, const N: usize> Mlp<H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> MlpPass<'m, H, L, N> {
        MlpPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> MlpPass<'_, H, L, N> {
        MlpPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(self, "Mlp", |_| ())
    }
}
impl<H: ::formwork::shapes::Dim, L: Layer, const N: usize> ::formwork::nn::Init
for Mlp<H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            up: ::formwork::nn::Part::make(at, "up")?,
            norms: ::formwork::nn::Part::make(at, "norms")?,
            act: ::formwork::nn::Part::make(at, "act")?,
            down: ::formwork::nn::Part::make(at, "down")?,
        })
    }
}
impl<H: ::formwork::shapes::Dim, L: Layer, const N: usize> ::formwork::Module
for Mlp<H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        ::formwork::nn::Part::visit(&self.up, "up", path, f);
        ::formwork::nn::Part::visit(&self.norms, "norms", path, f);
        ::formwork::nn::Part::visit(&self.act, "act", path, f);
        ::formwork::nn::Part::visit(&self.down, "down", path, f);
    }
    fn visit_mut<'a>(
        &'a mut self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::ItemMut<'a>,
        ),
    ) {
        let _ = (&path, &f);
        ::formwork::nn::Part::visit_mut(&mut self.up, "up", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.norms, "norms", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.act, "act", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.down, "down", path, f);
    }
}
impl<H: ::formwork::shapes::Dim, L: Layer, const N: usize> ::formwork::nn::Kind
for Mlp<H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::Layers) {
        let _ = &layers;
        ::formwork::nn::Part::list(&self.up, "up", "Linear(D -> 4 * H)", layers);
        ::formwork::nn::Part::list(
            &self.norms,
            "norms",
            "[LayerNorm(H / 2); N]",
            layers,
        );
        ::formwork::nn::Part::list(&self.act, "act", "L", layers);
        ::formwork::nn::Part::list(&self.down, "down", "Linear(4 * H -> D)", layers);
    }
}
impl<H: ::formwork::shapes::Dim, L: Layer, const N: usize> ::core::fmt::Debug
for Mlp<H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::fmt_layers(self, "Mlp", f)
    }
}
impl<
    H: ::formwork::shapes::Dim,
    L: Layer,
    const N: usize,
    B: ::formwork::shapes::Dim,
> ::formwork::nn::Layer<::formwork::Tensor<(B, D)>> for Mlp<H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
    B: Send,
{
    type Out = ::formwork::Tensor<(B, D)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(B, D)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(B, D)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        let h: ::formwork::Tensor<
            (B, ::formwork::shapes::Prod<::formwork::shapes::U4, H>),
        > = ::formwork::nn::call(
            &self.act,
            cx,
            "act",
            &::formwork::nn::call(&self.up, cx, "up", &x),
        );
        ::formwork::nn::call(&self.down, cx, "down", &h)
    }
}
/// [`Mlp`] in a mode: what its `train` and `eval` return.
pub struct MlpPass<'m, H: ::formwork::shapes::Dim, L: Layer, const N: usize>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    model: &'m Mlp<H, L, N>,
    cx: ::formwork::nn::Cx<'m>,
}
impl<'m, H: ::formwork::shapes::Dim, L: Layer, const N: usize> MlpPass<'m, H, L, N>
where
    ::formwork::shapes::U8: DimMul<H>,
    H: ::formwork::shapes::DimSub<::formwork::shapes::U1>,
    L: Clone,
    ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    H: ::formwork::shapes::DimDiv<::formwork::shapes::U2>,
{
    pub fn forward<B: ::formwork::shapes::Dim>(
        &self,
        x: impl ::formwork::nn::Feed<::formwork::Tensor<(B, D)>>,
    ) -> ::formwork::Tensor<(B, D)>
    where
        B: Send,
        ::formwork::shapes::U4: ::formwork::shapes::DimMul<H>,
    {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(B, D)>,
        >::forward(self.model, &::formwork::nn::Feed::feed(x), &self.cx)
    }
}
