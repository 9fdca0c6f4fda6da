pub struct Attend {
    q: Linear<::formwork::U64, ::formwork::U64>,
    attention: Attention<::formwork::U64, ::formwork::U4>,
}
#[allow(dead_code)]
impl Attend {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> AttendPass<'m> {
        AttendPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> AttendPass<'_> {
        AttendPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Attend",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    (
                        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
                        ::formwork::Tensor<(Seq, Seq)>,
                    ),
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Attend {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            q: <_ as ::formwork::nn::protocol::Part>::make(at, "q")?,
            attention: <_ as ::formwork::nn::protocol::Part>::make(at, "attention")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Attend {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.q }, "q", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit(
            { &self.attention },
            "attention",
            path,
            f,
        );
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
        <_ as ::formwork::nn::protocol::Part>::visit_mut({ &mut self.q }, "q", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.attention },
            "attention",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Attend {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.q },
            "q",
            "Linear(64 -> 64)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.attention },
            "attention",
            "Attention(64, 4)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Attend {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Attend {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Attend", f)
    }
}
impl ::formwork::nn::Layer<
    (::formwork::Tensor<(Batch, Seq, ::formwork::U64)>, ::formwork::Tensor<(Seq, Seq)>),
> for Attend {
    type Out = (
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
    );
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &(
            ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
            ::formwork::Tensor<(Seq, Seq)>,
        ),
        cx: &::formwork::nn::Cx<'_>,
    ) -> (
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
    ) {
        let _ = cx;
        let (x, mut mask) = ::core::clone::Clone::clone(input);
        mask = &mask * 0.5;
        let (
            y,
            weights,
        ): (
            ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
            ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        ) = ::formwork::nn::protocol::call4(
            &self.attention,
            cx,
            "attention",
            &::formwork::nn::protocol::call(&self.q, cx, "q", &x),
            &x,
            &x,
            &(&mask + &mask),
        );
        (y, weights)
    }
}
#[allow(dead_code)]
impl Attend {
    #[doc(hidden)]
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        >,
        mask: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<(Seq, Seq)>>,
    ) -> (
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
    )
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x, mask)
    }
}
/// [`Attend`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct AttendPass<'m> {
    model: &'m Attend,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl AttendPass<'_> {
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        >,
        mask: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<(Seq, Seq)>>,
    ) -> (
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
        ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
    ) {
        ::formwork::nn::Layer::<
            (
                ::formwork::Tensor<(Batch, Seq, ::formwork::U64)>,
                ::formwork::Tensor<(Seq, Seq)>,
            ),
        >::forward(
            self.model,
            &(
                ::formwork::nn::protocol::Feed::feed(x),
                ::formwork::nn::protocol::Feed::feed(mask),
            ),
            &self.cx,
        )
    }
}
