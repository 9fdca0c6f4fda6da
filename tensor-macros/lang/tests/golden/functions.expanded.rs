pub struct Auto {
    down: Linear<::formwork::U784, ::formwork::U32>,
    up: Linear<::formwork::U32, ::formwork::U784>,
}
#[allow(dead_code)]
impl Auto {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> AutoPass<'m> {
        AutoPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> AutoPass<'_> {
        AutoPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Auto",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<(Batch, ::formwork::U784)>,
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Auto {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            down: <_ as ::formwork::nn::protocol::Part>::make(at, "down")?,
            up: <_ as ::formwork::nn::protocol::Part>::make(at, "up")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Auto {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.down }, "down", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.up }, "up", path, f);
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
            { &mut self.down },
            "down",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.up },
            "up",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Auto {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.down },
            "down",
            "Linear(784 -> 32)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.up },
            "up",
            "Linear(32 -> 784)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Auto {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Auto {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Auto", f)
    }
}
impl ::formwork::nn::Layer<::formwork::Tensor<(Batch, ::formwork::U784)>> for Auto {
    type Out = ::formwork::Tensor<(Batch, ::formwork::U784)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, ::formwork::U784)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U784)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        self.decode_in_mode(cx, &self.encode_in_mode(cx, &x), 1.0)
    }
}
impl Auto {
    /// The code of an image.
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    pub fn encode_in_mode(
        &self,
        cx: &::formwork::nn::Cx<'_>,
        x: &::formwork::Tensor<(Batch, ::formwork::U784)>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U32)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(x);
        ::formwork::nn::protocol::call(&self.down, cx, "down", &x)
    }
}
impl Auto {
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn decode_in_mode<B: ::formwork::Dim>(
        &self,
        cx: &::formwork::nn::Cx<'_>,
        code: &::formwork::Tensor<(B, ::formwork::U32)>,
        scale: f32,
    ) -> ::formwork::Tensor<(B, ::formwork::U784)> {
        let _ = cx;
        let code = ::core::clone::Clone::clone(code);
        ::formwork::nn::protocol::call(&self.up, cx, "up", &code) * scale
    }
}
#[allow(dead_code)]
impl Auto {
    #[doc(hidden)]
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U784)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U784)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
    #[doc(hidden)]
    pub fn encode(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U784)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U32)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().encode(x)
    }
    #[doc(hidden)]
    fn decode<B: ::formwork::Dim>(
        &self,
        code: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(B, ::formwork::U32)>,
        >,
        scale: f32,
    ) -> ::formwork::Tensor<(B, ::formwork::U784)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().decode(code, scale)
    }
}
/// [`Auto`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct AutoPass<'m> {
    model: &'m Auto,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl AutoPass<'_> {
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U784)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U784)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, ::formwork::U784)>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(x), &self.cx)
    }
    /// The code of an image.
    pub fn encode(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U784)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U32)> {
        self.model.encode_in_mode(&self.cx, &::formwork::nn::protocol::Feed::feed(x))
    }
    fn decode<B: ::formwork::Dim>(
        &self,
        code: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(B, ::formwork::U32)>,
        >,
        scale: f32,
    ) -> ::formwork::Tensor<(B, ::formwork::U784)> {
        self.model
            .decode_in_mode(&self.cx, &::formwork::nn::protocol::Feed::feed(code), scale)
    }
}
