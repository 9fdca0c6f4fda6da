pub struct Noisy {
    fc: Linear<::formwork::U8, ::formwork::U8>,
    inner: Other,
}
#[allow(dead_code)]
impl Noisy {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> NoisyPass<'m> {
        NoisyPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> NoisyPass<'_> {
        NoisyPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Noisy",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<(Batch, ::formwork::U8)>,
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Noisy {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            fc: <_ as ::formwork::nn::protocol::Part>::make(at, "fc")?,
            inner: <_ as ::formwork::nn::protocol::Part>::make(at, "inner")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Noisy {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.fc }, "fc", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.inner }, "inner", path, f);
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
            { &mut self.fc },
            "fc",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.inner },
            "inner",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Noisy {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.fc },
            "fc",
            "Linear(8 -> 8)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.inner },
            "inner",
            "Other",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Noisy {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Noisy {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Noisy", f)
    }
}
impl ::formwork::nn::Layer<::formwork::Tensor<(Batch, ::formwork::U8)>> for Noisy {
    type Out = ::formwork::Tensor<(Batch, ::formwork::U8)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, ::formwork::U8)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U8)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        let h = if cx.is_training() { &x + noise(x, cx) } else { x };
        self.inner.half(cx, &::formwork::nn::protocol::call(&self.fc, cx, "fc", &h))
    }
}
#[allow(dead_code)]
impl Noisy {
    #[doc(hidden)]
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U8)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U8)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
}
/// [`Noisy`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct NoisyPass<'m> {
    model: &'m Noisy,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl NoisyPass<'_> {
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U8)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U8)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, ::formwork::U8)>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(x), &self.cx)
    }
}
