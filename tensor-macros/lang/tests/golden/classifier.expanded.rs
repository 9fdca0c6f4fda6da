/// A classifier for 8x8 digits.
pub struct Classifier {
    fc1: Linear<::formwork::shapes::U64, ::formwork::shapes::U128>,
    drop: Dropout,
    fc2: Linear<::formwork::shapes::U128, ::formwork::shapes::U10>,
}
impl Classifier {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::new(device, rng)
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
            |cx| ::formwork::nn::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<(Batch, ::formwork::shapes::U64)>,
                >::forward(self, &::formwork::nn::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Classifier {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            fc1: ::formwork::nn::Part::make(at, "fc1")?,
            drop: <Dropout as ::formwork::nn::Part>::make_with(
                at,
                "drop",
                |config| {
                    *config = ::core::convert::From::from(0.1);
                },
            )?,
            fc2: ::formwork::nn::Part::make(at, "fc2")?,
        })
    }
}
impl ::formwork::Module for Classifier {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        ::formwork::nn::Part::visit(&self.fc1, "fc1", path, f);
        ::formwork::nn::Part::visit(&self.drop, "drop", path, f);
        ::formwork::nn::Part::visit(&self.fc2, "fc2", path, f);
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
        ::formwork::nn::Part::visit_mut(&mut self.fc1, "fc1", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.drop, "drop", path, f);
        ::formwork::nn::Part::visit_mut(&mut self.fc2, "fc2", path, f);
    }
}
impl ::formwork::nn::Kind for Classifier {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::Layers) {
        let _ = &layers;
        ::formwork::nn::Part::list(&self.fc1, "fc1", "Linear(64 -> 128)", layers);
        ::formwork::nn::Part::list(&self.drop, "drop", "Dropout(0.1)", layers);
        ::formwork::nn::Part::list(&self.fc2, "fc2", "Linear(128 -> 10)", layers);
    }
}
impl ::core::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::fmt_layers(self, "Classifier", f)
    }
}
impl ::formwork::nn::Layer<::formwork::Tensor<(Batch, ::formwork::shapes::U64)>>
for Classifier {
    type Out = ::formwork::Tensor<(Batch, ::formwork::shapes::U10)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, ::formwork::shapes::U64)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::shapes::U10)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        let h = ::formwork::nn::call(
            &self.drop,
            cx,
            "drop",
            &::formwork::nn::call(&self.fc1, cx, "fc1", &x).relu(),
        );
        ::formwork::nn::call(&self.fc2, cx, "fc2", &h)
    }
}
/// [`Classifier`] in a mode: what its `train` and `eval` return.
pub struct ClassifierPass<'m> {
    model: &'m Classifier,
    cx: ::formwork::nn::Cx<'m>,
}
impl<'m> ClassifierPass<'m> {
    pub fn forward(
        &self,
        x: impl ::formwork::nn::Feed<
            ::formwork::Tensor<(Batch, ::formwork::shapes::U64)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::shapes::U10)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, ::formwork::shapes::U64)>,
        >::forward(self.model, &::formwork::nn::Feed::feed(x), &self.cx)
    }
}
