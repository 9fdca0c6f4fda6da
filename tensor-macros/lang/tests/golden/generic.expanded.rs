pub struct Mlp<H: ::formwork::Dim, L: Layer, const N: usize>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    up: Linear<D, ::formwork::Prod<::formwork::U4, H>>,
    norms: [LayerNorm<::formwork::Quot<H, ::formwork::U2>>; N],
    act: L,
    down: Linear<::formwork::Prod<::formwork::U4, H>, D>,
}
#[allow(dead_code)]
impl<H: ::formwork::Dim, L: Layer, const N: usize> Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
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
impl<H: ::formwork::Dim, L: Layer, const N: usize> ::formwork::nn::Init for Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            up: <_ as ::formwork::nn::protocol::Part>::make(at, "up")?,
            norms: <_ as ::formwork::nn::protocol::Part>::make(at, "norms")?,
            act: <_ as ::formwork::nn::protocol::Part>::make(at, "act")?,
            down: <_ as ::formwork::nn::protocol::Part>::make(at, "down")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl<H: ::formwork::Dim, L: Layer, const N: usize> ::formwork::params::Module
for Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
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
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.up }, "up", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.norms }, "norms", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.act }, "act", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.down }, "down", path, f);
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
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.up },
            "up",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.norms },
            "norms",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.act },
            "act",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.down },
            "down",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl<H: ::formwork::Dim, L: Layer, const N: usize> ::formwork::nn::Kind for Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.up },
            "up",
            "Linear(D -> 4 * H)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.norms },
            "norms",
            "[LayerNorm(H / 2); N]",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list({ &self.act }, "act", "L", layers);
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.down },
            "down",
            "Linear(4 * H -> D)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<
    H: ::formwork::Dim,
    L: Layer,
    const N: usize,
    OptionName,
    OptionValue,
> ::formwork::nn::With<OptionName, OptionValue> for Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    type Out = Self;
    type Has = ::formwork::No;
}
impl<H: ::formwork::Dim, L: Layer, const N: usize> ::core::fmt::Debug for Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Mlp", f)
    }
}
impl<
    H: ::formwork::Dim,
    L: Layer,
    const N: usize,
    B: ::formwork::Dim,
> ::formwork::nn::Layer<::formwork::Tensor<(B, D)>> for Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
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
        let h: ::formwork::Tensor<(B, ::formwork::Prod<::formwork::U4, H>)> = ::formwork::nn::protocol::call(
            &self.act,
            cx,
            "act",
            &::formwork::nn::protocol::call(&self.up, cx, "up", &x),
        );
        ::formwork::nn::protocol::call(&self.down, cx, "down", &h)
    }
}
#[allow(dead_code)]
impl<H: ::formwork::Dim, L: Layer, const N: usize> Mlp<H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    #[doc(hidden)]
    pub fn forward<B: ::formwork::Dim>(
        &self,
        x: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<(B, D)>>,
    ) -> ::formwork::Tensor<(B, D)>
    where
        B: Send,
        ::formwork::U4: ::formwork::DimMul<H>,
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
}
/// [`Mlp`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct MlpPass<'m, H: ::formwork::Dim, L: Layer, const N: usize>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    model: &'m Mlp<H, L, N>,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl<H: ::formwork::Dim, L: Layer, const N: usize> MlpPass<'_, H, L, N>
where
    ::formwork::U8: DimMul<H>,
    H: ::formwork::DimSub<::formwork::U1>,
    L: Clone,
    ::formwork::U4: ::formwork::DimMul<H>,
    H: ::formwork::DimDiv<::formwork::U2>,
{
    pub fn forward<B: ::formwork::Dim>(
        &self,
        x: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<(B, D)>>,
    ) -> ::formwork::Tensor<(B, D)>
    where
        B: Send,
        ::formwork::U4: ::formwork::DimMul<H>,
    {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(B, D)>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(x), &self.cx)
    }
}
