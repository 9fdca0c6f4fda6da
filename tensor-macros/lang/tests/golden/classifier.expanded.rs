/// A classifier for 8x8 digits.
pub struct Classifier {
    fc1: Linear<::formwork::U64, ::formwork::U128>,
    drop: Dropout,
    fc2: Linear<::formwork::U128, ::formwork::U10>,
}
#[allow(dead_code)]
impl Classifier {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> ClassifierPass<'m> {
        ClassifierPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> ClassifierPass<'_> {
        ClassifierPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Classifier",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<(Batch, ::formwork::U64)>,
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Classifier {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            fc1: <_ as ::formwork::nn::protocol::Part>::make(at, "fc1")?,
            drop: <Dropout as ::formwork::nn::protocol::Part>::make_with(
                at,
                "drop",
                |config| {
                    *config = ::core::convert::From::from(0.1);
                },
            )?,
            fc2: <_ as ::formwork::nn::protocol::Part>::make(at, "fc2")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Classifier {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.fc1 }, "fc1", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.drop }, "drop", path, f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.fc2 }, "fc2", path, f);
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
            { &mut self.fc1 },
            "fc1",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.drop },
            "drop",
            path,
            f,
        );
        <_ as ::formwork::nn::protocol::Part>::visit_mut(
            { &mut self.fc2 },
            "fc2",
            path,
            f,
        );
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Classifier {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.fc1 },
            "fc1",
            "Linear(64 -> 128)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.drop },
            "drop",
            "Dropout(0.1)",
            layers,
        );
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.fc2 },
            "fc2",
            "Linear(128 -> 10)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue>
for Classifier {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Classifier", f)
    }
}
impl ::formwork::nn::Layer<::formwork::Tensor<(Batch, ::formwork::U64)>> for Classifier {
    type Out = ::formwork::Tensor<(Batch, ::formwork::U10)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, ::formwork::U64)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        let h = ::formwork::nn::protocol::call(
            &self.drop,
            cx,
            "drop",
            &::formwork::nn::protocol::call(&self.fc1, cx, "fc1", &x).relu(),
        );
        ::formwork::nn::protocol::call(&self.fc2, cx, "fc2", &h)
    }
}
#[allow(dead_code)]
impl Classifier {
    #[doc(hidden)]
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U64)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
}
/// [`Classifier`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct ClassifierPass<'m> {
    model: &'m Classifier,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl ClassifierPass<'_> {
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U64)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, ::formwork::U64)>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(x), &self.cx)
    }
}
