pub struct Gpt {
    blocks: [Block<D, HEADS>; 12],
    drops: [Dropout; LAYERS],
    head: Linear<D, ::formwork::U50257>,
}
#[allow(dead_code)]
impl Gpt {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> GptPass<'m> {
        GptPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> GptPass<'_> {
        GptPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Gpt",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<(Batch, Seq), i64>,
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Gpt {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            blocks: <_ as ::formwork::nn::protocol::Part>::make(at, "blocks")?,
            drops: <[Dropout; LAYERS] as ::formwork::nn::protocol::Part>::make_with(
                at,
                "drops",
                |config| {
                    *config = ::core::convert::From::from(0.1);
                },
            )?,
            head: <_ as ::formwork::nn::protocol::Part>::make(at, "head")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Gpt {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit(
            { &self.blocks },
            "blocks",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.drops }, "drops", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.head }, "head", path, f);
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
            { &mut self.blocks },
            "blocks",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.drops },
            "drops",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.head },
            "head",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Gpt {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.blocks },
            "blocks",
            "[Block(D, HEADS); 12]",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.drops },
            "drops",
            "[Dropout(0.1); LAYERS]",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.head },
            "head",
            "Linear(D -> 50257)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Gpt {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Gpt {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Gpt", f)
    }
}
impl ::formwork::nn::Layer<::formwork::Tensor<(Batch, Seq), i64>> for Gpt {
    type Out = ::formwork::Tensor<(Batch, Seq, ::formwork::U50257)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, Seq), i64>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, Seq, ::formwork::U50257)> {
        let _ = cx;
        let ids = ::core::clone::Clone::clone(input);
        let mut h = ::formwork::nn::protocol::call(&self.embed, cx, "embed", &ids);
        for (i, block) in self.blocks.iter().enumerate() {
            if i > 0 {
                h = ::formwork::nn::protocol::call(
                    &self.drops[i - 1],
                    cx,
                    &::formwork::nn::protocol::item(
                        "drops",
                        &self.drops,
                        &self.drops[i - 1],
                    ),
                    &h,
                );
            }
            h = ::formwork::nn::protocol::call(
                &block,
                cx,
                &::formwork::nn::protocol::item("blocks", &self.blocks, &block),
                &h,
            );
        }
        h = self
            .blocks
            .iter()
            .fold(h, |h, block| ::formwork::nn::protocol::call(&block, cx, "block", &h));
        if let Some(last) = self.blocks.last() {
            h = ::formwork::nn::protocol::call(&last, cx, "last", &h);
        }
        match self.blocks.first() {
            Some(first) => {
                ::formwork::nn::protocol::call(
                    &self.head,
                    cx,
                    "head",
                    &::formwork::nn::protocol::call(&first, cx, "first", &h),
                )
            }
            None => {
                ::formwork::nn::protocol::call(
                    &self.head,
                    cx,
                    "head",
                    &::formwork::nn::protocol::call(&self.drops, cx, "drops", &h),
                )
            }
        }
    }
}
#[allow(dead_code)]
impl Gpt {
    #[doc(hidden)]
    pub fn forward(
        &self,
        ids: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<(Batch, Seq), i64>>,
    ) -> ::formwork::Tensor<(Batch, Seq, ::formwork::U50257)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(ids)
    }
}
/// [`Gpt`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct GptPass<'m> {
    model: &'m Gpt,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl GptPass<'_> {
    pub fn forward(
        &self,
        ids: impl ::formwork::nn::protocol::Feed<::formwork::Tensor<(Batch, Seq), i64>>,
    ) -> ::formwork::Tensor<(Batch, Seq, ::formwork::U50257)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, Seq), i64>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(ids), &self.cx)
    }
}
