struct Tiny {
    fc: Linear<my::fw::U2, my::fw::U2>,
}
#[allow(dead_code)]
impl Tiny {
    /// Makes the model with freshly drawn parameters.
    fn new(device: &my::fw::Device, rng: &mut my::fw::Rng) -> my::fw::Result<Self> {
        my::fw::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    fn train<'m>(&'m self, rng: &'m mut my::fw::Rng) -> TinyPass<'m> {
        TinyPass {
            model: self,
            cx: my::fw::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    fn eval(&self) -> TinyPass<'_> {
        TinyPass {
            model: self,
            cx: my::fw::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    fn summary(&self) -> my::fw::nn::Summary {
        my::fw::nn::Summary::of(
            self,
            "Tiny",
            |cx| my::fw::nn::protocol::ignore(
                my::fw::nn::Layer::<
                    my::fw::Tensor<(my::fw::U2, my::fw::U2)>,
                >::forward(self, &my::fw::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl my::fw::nn::Init for Tiny {
    type Config = ();
    fn init(_: (), at: &mut my::fw::nn::Vars<'_>) -> my::fw::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            fc: <_ as my::fw::nn::protocol::Part>::make(at, "fc")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl my::fw::params::Module for Tiny {
    fn visit<'a>(
        &'a self,
        path: &mut my::fw::params::Path,
        f: &mut dyn ::core::ops::FnMut(&my::fw::params::Path, my::fw::params::Item<'a>),
    ) {
        let _ = (&path, &f);
        <_ as my::fw::nn::protocol::Part>::visit({ &self.fc }, "fc", path, f);
    }
    fn visit_mut<'a>(
        &'a mut self,
        path: &mut my::fw::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &my::fw::params::Path,
            my::fw::params::ItemMut<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as my::fw::nn::protocol::Part>::visit_mut({ &mut self.fc }, "fc", path, f);
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl my::fw::nn::Kind for Tiny {
    type Kind = my::fw::nn::Custom;
    fn layers(&self, layers: &mut my::fw::nn::protocol::Layers) {
        let _ = &layers;
        <_ as my::fw::nn::protocol::Part>::list(
            { &self.fc },
            "fc",
            "Linear(2 -> 2)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> my::fw::nn::With<OptionName, OptionValue> for Tiny {
    type Out = Self;
    type Has = my::fw::No;
}
impl ::core::fmt::Debug for Tiny {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        my::fw::nn::protocol::fmt_layers(self, "Tiny", f)
    }
}
impl my::fw::nn::Layer<my::fw::Tensor<(my::fw::U2, my::fw::U2)>> for Tiny {
    type Out = my::fw::Tensor<(my::fw::U2, my::fw::U2)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &my::fw::Tensor<(my::fw::U2, my::fw::U2)>,
        cx: &my::fw::nn::Cx<'_>,
    ) -> my::fw::Tensor<(my::fw::U2, my::fw::U2)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        my::fw::nn::protocol::call(&self.fc, cx, "fc", &x)
    }
}
#[allow(dead_code)]
impl Tiny {
    #[doc(hidden)]
    fn forward(
        &self,
        x: impl my::fw::nn::protocol::Feed<my::fw::Tensor<(my::fw::U2, my::fw::U2)>>,
    ) -> my::fw::Tensor<(my::fw::U2, my::fw::U2)>
    where
        for<'m> &'m Self: my::fw::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
}
/// [`Tiny`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
struct TinyPass<'m> {
    model: &'m Tiny,
    cx: my::fw::nn::Cx<'m>,
}
#[allow(dead_code)]
impl TinyPass<'_> {
    fn forward(
        &self,
        x: impl my::fw::nn::protocol::Feed<my::fw::Tensor<(my::fw::U2, my::fw::U2)>>,
    ) -> my::fw::Tensor<(my::fw::U2, my::fw::U2)> {
        my::fw::nn::Layer::<
            my::fw::Tensor<(my::fw::U2, my::fw::U2)>,
        >::forward(self.model, &my::fw::nn::protocol::Feed::feed(x), &self.cx)
    }
}
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct Batch;
impl my::fw::Dim for Batch {
    const EXPR: &'static my::fw::DimExpr = &my::fw::DimExpr::Symbol(my::fw::Symbol {
        name: "Batch",
        module: ::core::module_path!(),
    });
    type Uint = my::fw::OneUint;
    type Syms = (Self, ());
    type One = my::fw::No;
}
