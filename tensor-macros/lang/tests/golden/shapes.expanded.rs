struct Shapes {}
#[allow(dead_code)]
impl Shapes {
    /// Makes the model with freshly drawn parameters.
    fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> ShapesPass<'m> {
        ShapesPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    fn eval(&self) -> ShapesPass<'_> {
        ShapesPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Shapes",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    (
                        (
                            ::formwork::Tensor<(Batch,)>,
                            ::formwork::Tensor<(Batch,), i64>,
                        ),
                        ::formwork::Tensor<()>,
                    ),
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Shapes {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {})
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Shapes {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
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
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Shapes {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Shapes {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Shapes {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Shapes", f)
    }
}
impl ::formwork::nn::Layer<
    (
        (::formwork::Tensor<(Batch,)>, ::formwork::Tensor<(Batch,), i64>),
        ::formwork::Tensor<()>,
    ),
> for Shapes {
    type Out = ::formwork::Tensor<()>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &(
            (::formwork::Tensor<(Batch,)>, ::formwork::Tensor<(Batch,), i64>),
            ::formwork::Tensor<()>,
        ),
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<()> {
        let _ = cx;
        let (pair, x) = ::core::clone::Clone::clone(input);
        let (a, b): (::formwork::Tensor<(Batch,)>, ::formwork::Tensor<(Batch,), i64>) = pair;
        let Some(c): Option<f32> = None else { return x };
        let d: [f32; 2] = [c, c];
        let e: ::formwork::Tensor<(Batch, ::formwork::U2, ::formwork::U3), bf16>;
        x
    }
}
#[allow(dead_code)]
impl Shapes {
    #[doc(hidden)]
    fn forward(
        &self,
        pair: (::formwork::Tensor<(Batch,)>, ::formwork::Tensor<(Batch,), i64>),
        x: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<()>>,
    ) -> ::formwork::Tensor<()>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(pair, x)
    }
}
/// [`Shapes`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
struct ShapesPass<'m> {
    model: &'m Shapes,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl ShapesPass<'_> {
    fn forward(
        &self,
        pair: (::formwork::Tensor<(Batch,)>, ::formwork::Tensor<(Batch,), i64>),
        x: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<()>>,
    ) -> ::formwork::Tensor<()> {
        ::formwork::nn::Layer::<
            (
                (::formwork::Tensor<(Batch,)>, ::formwork::Tensor<(Batch,), i64>),
                ::formwork::Tensor<()>,
            ),
        >::forward(
            self.model,
            &(pair, ::formwork::nn::protocol::Feed::feed(x)),
            &self.cx,
        )
    }
}
