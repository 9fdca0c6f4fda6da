struct Convs {
    conv: <<Conv2d<
        ::formwork::U16,
        ::formwork::U32,
        ::formwork::U3,
    > as ::formwork::nn::With<
        stride,
        ::formwork::U2,
    >>::Out as ::formwork::nn::With<padding, ::formwork::U1>>::Out,
    norm: LayerNorm<::formwork::U128>,
    act: LeakyRelu,
    embed: Embedding<::formwork::U50257, ::formwork::U768, f64>,
    pos: Param<(::formwork::U128, D), f64>,
    skip: nn::Residual<Linear<::formwork::U64, ::formwork::U64>>,
}
#[allow(dead_code)]
impl Convs {
    /// Makes the model with freshly drawn parameters.
    fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
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
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<
                        (Batch, ::formwork::U16, ::formwork::U8, ::formwork::U8),
                    >,
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Convs {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::formwork::nn::protocol::has_option::<
            Conv2d<::formwork::U16, ::formwork::U32, ::formwork::U3>,
            stride,
            ::formwork::U2,
        >();
        ::formwork::nn::protocol::has_option::<
            <Conv2d<
                ::formwork::U16,
                ::formwork::U32,
                ::formwork::U3,
            > as ::formwork::nn::With<stride, ::formwork::U2>>::Out,
            padding,
            ::formwork::U1,
        >();
        ::core::result::Result::Ok(Self {
            conv: <<<Conv2d<
                ::formwork::U16,
                ::formwork::U32,
                ::formwork::U3,
            > as ::formwork::nn::With<
                stride,
                ::formwork::U2,
            >>::Out as ::formwork::nn::With<
                padding,
                ::formwork::U1,
            >>::Out as ::formwork::nn::protocol::Part>::make_with(
                at,
                "conv",
                |config| {
                    (config).bias = false;
                },
            )?,
            norm: <LayerNorm<
                ::formwork::U128,
            > as ::formwork::nn::protocol::Part>::make_with(
                at,
                "norm",
                |config| {
                    (config).eps = 1e-6;
                },
            )?,
            act: <LeakyRelu as ::formwork::nn::protocol::Part>::make_with(
                at,
                "act",
                |config| {
                    *config = ::core::convert::From::from(-0.1);
                },
            )?,
            embed: <Embedding<
                ::formwork::U50257,
                ::formwork::U768,
                f64,
            > as ::formwork::nn::protocol::Part>::make_with(
                at,
                "embed",
                |config| {
                    (config).padding = PAD;
                },
            )?,
            pos: <Param<
                (::formwork::U128, D),
                f64,
            > as ::formwork::nn::protocol::Part>::make_with(
                at,
                "pos",
                |config| {
                    (config).std = 0.02;
                },
            )?,
            skip: <_ as ::formwork::nn::protocol::Part>::make(at, "skip")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Convs {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.conv }, "conv", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.norm }, "norm", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.act }, "act", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.embed }, "embed", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.pos }, "pos", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.skip }, "skip", path, f);
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
            { &mut self.conv },
            "conv",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.norm },
            "norm",
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
            { &mut self.embed },
            "embed",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.pos },
            "pos",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.skip },
            "skip",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Convs {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.conv },
            "conv",
            "Conv2d(16 -> 32, 3, stride = 2, padding = 1, bias = false)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.norm },
            "norm",
            "LayerNorm(128, eps = 1e-6)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.act },
            "act",
            "LeakyRelu(-0.1)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.embed },
            "embed",
            "Embedding(50257 -> 768, f64, padding = { PAD })",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.pos },
            "pos",
            "Param([128, D; f64], std = 0.02)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.skip },
            "skip",
            "nn::Residual(Linear(64 -> 64))",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Convs {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Convs {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Convs", f)
    }
}
impl ::formwork::nn::Layer<
    ::formwork::Tensor<(Batch, ::formwork::U16, ::formwork::U8, ::formwork::U8)>,
> for Convs {
    type Out = ::formwork::Tensor<
        (Batch, ::formwork::U32, ::formwork::U4, ::formwork::U4),
    >;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<
            (Batch, ::formwork::U16, ::formwork::U8, ::formwork::U8),
        >,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U32, ::formwork::U4, ::formwork::U4)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        ::formwork::nn::protocol::call(&self.conv, cx, "conv", &x)
    }
}
#[allow(dead_code)]
impl Convs {
    #[doc(hidden)]
    fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U16, ::formwork::U8, ::formwork::U8)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U32, ::formwork::U4, ::formwork::U4)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
}
/// [`Convs`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
struct ConvsPass<'m> {
    model: &'m Convs,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl ConvsPass<'_> {
    fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U16, ::formwork::U8, ::formwork::U8)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U32, ::formwork::U4, ::formwork::U4)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, ::formwork::U16, ::formwork::U8, ::formwork::U8)>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(x), &self.cx)
    }
}
