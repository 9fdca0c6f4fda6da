struct Convs {
    conv: <<Conv2d<
        ::formwork::shapes::U16,
        ::formwork::shapes::U32,
        ::formwork::shapes::U3,
    > as ::formwork::nn::With<
        stride,
        ::formwork::shapes::U2,
    >>::Out as ::formwork::nn::With<padding, ::formwork::shapes::U1>>::Out,
    norm: LayerNorm<::formwork::shapes::U128>,
    act: LeakyRelu,
    embed: Embedding<::formwork::shapes::U50257, ::formwork::shapes::U768, f64>,
    pos: Param<(::formwork::shapes::U128, D), f64>,
    skip: nn::Residual<Linear<::formwork::shapes::U64, ::formwork::shapes::U64>>,
}
impl Convs {
    /// Makes the model with freshly drawn parameters.
    fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> ConvsPass<'m> {
        ConvsPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    fn eval(&self) -> ConvsPass<'_> {
        ConvsPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Convs",
            |cx| ::formwork::nn::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<
                        (
                            Batch,
                            ::formwork::shapes::U16,
                            ::formwork::shapes::U8,
                            ::formwork::shapes::U8,
                        ),
                    >,
                >::forward(self, &::formwork::nn::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Convs {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            conv: <<<Conv2d<
                ::formwork::shapes::U16,
                ::formwork::shapes::U32,
                ::formwork::shapes::U3,
            > as ::formwork::nn::With<
                stride,
                ::formwork::shapes::U2,
            >>::Out as ::formwork::nn::With<
                padding,
                ::formwork::shapes::U1,
            >>::Out as ::formwork::nn::Part>::make_with(
                at,
                "conv",
                |config| {
                    config.bias = false;
                },
            )?,
            norm: <LayerNorm<
                ::formwork::shapes::U128,
            > as ::formwork::nn::Part>::make_with(
                at,
                "norm",
                |config| {
                    config.eps = 1e-6;
                },
            )?,
            act: <LeakyRelu as ::formwork::nn::Part>::make_with(
                at,
                "act",
                |config| {
                    *config = ::core::convert::From::from(-0.1);
                },
            )?,
            embed: <Embedding<
                ::formwork::shapes::U50257,
                ::formwork::shapes::U768,
                f64,
            > as ::formwork::nn::Part>::make_with(
                at,
                "embed",
                |config| {
                    config.padding = { PAD };
                },
            )?,
            pos: <Param<
                (::formwork::shapes::U128, D),
                f64,
            > as ::formwork::nn::Part>::make_with(
                at,
                "pos",
                |config| {
                    config.std = 0.02;
                },
            )?,
            skip: ::formwork::nn::Part::make(at, "skip")?,
        })
    }
}
impl ::formwork::Module for Convs {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        ::formwork::nn::Part::visit(&self.conv, "conv", path, f);
        ::formwork::nn::Part::visit(&self.norm, "norm", path, f);
        ::formwork::nn::Part::visit(&self.act, "act", path, f);
        ::formwork::nn::Part::visit(&self.embed, "embed", path, f);
        ::formwork::nn::Part::visit(&self.pos, "pos", path, f);
        ::formwork::nn::Part::visit(&self.skip, "skip", path, f);
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
        ::formwork::nn::Part::visit_mut(&mut self.conv, "conv", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.norm, "norm", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.act, "act", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.embed, "embed", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.pos, "pos", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.skip, "skip", path, f);
    }
}
impl ::formwork::nn::Kind for Convs {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::Layers) {
        let _ = &layers;
        ::formwork::nn::Part::list(
            &self.conv,
            "conv",
            "Conv2d(16 -> 32, 3, stride = 2, padding = 1, bias = false)",
            layers,
        );
        ::formwork::nn::Part::list(
            &self.norm,
            "norm",
            "LayerNorm(128, eps = 1e-6)",
            layers,
        );
        ::formwork::nn::Part::list(&self.act, "act", "LeakyRelu(-0.1)", layers);
        ::formwork::nn::Part::list(
            &self.embed,
            "embed",
            "Embedding(50257 -> 768, f64, padding = { PAD })",
            layers,
        );
        ::formwork::nn::Part::list(
            &self.pos,
            "pos",
            "Param([128, D; f64], std = 0.02)",
            layers,
        );
        ::formwork::nn::Part::list(
            &self.skip,
            "skip",
            "nn::Residual(Linear(64 -> 64))",
            layers,
        );
    }
}
impl ::core::fmt::Debug for Convs {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::fmt_layers(self, "Convs", f)
    }
}
impl ::formwork::nn::Layer<
    ::formwork::Tensor<
        (Batch, ::formwork::shapes::U16, ::formwork::shapes::U8, ::formwork::shapes::U8),
    >,
> for Convs {
    type Out = ::formwork::Tensor<
        (Batch, ::formwork::shapes::U32, ::formwork::shapes::U4, ::formwork::shapes::U4),
    >;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<
            (
                Batch,
                ::formwork::shapes::U16,
                ::formwork::shapes::U8,
                ::formwork::shapes::U8,
            ),
        >,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<
        (Batch, ::formwork::shapes::U32, ::formwork::shapes::U4, ::formwork::shapes::U4),
    > {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        ::formwork::nn::call(&self.conv, cx, "conv", &x)
    }
}
/// [`Convs`] in a mode: what its `train` and `eval` return.
struct ConvsPass<'m> {
    model: &'m Convs,
    cx: ::formwork::nn::Cx<'m>,
}
impl<'m> ConvsPass<'m> {
    fn forward(
        &self,
        x: impl ::formwork::nn::Feed<
            ::formwork::Tensor<
                (
                    Batch,
                    ::formwork::shapes::U16,
                    ::formwork::shapes::U8,
                    ::formwork::shapes::U8,
                ),
            >,
        >,
    ) -> ::formwork::Tensor<
        (Batch, ::formwork::shapes::U32, ::formwork::shapes::U4, ::formwork::shapes::U4),
    > {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<
                (
                    Batch,
                    ::formwork::shapes::U16,
                    ::formwork::shapes::U8,
                    ::formwork::shapes::U8,
                ),
            >,
        >::forward(self.model, &::formwork::nn::Feed::feed(x), &self.cx)
    }
}
