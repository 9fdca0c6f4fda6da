pub struct Calls {
    a: Linear<::formwork::U64, ::formwork::U64>,
}
#[allow(dead_code)]
impl Calls {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> CallsPass<'m> {
        CallsPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> CallsPass<'_> {
        CallsPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(
            self,
            "Calls",
            |cx| ::formwork::nn::protocol::ignore(
                ::formwork::nn::Layer::<
                    ::formwork::Tensor<(Batch, ::formwork::U64)>,
                >::forward(self, &::formwork::nn::protocol::dry(), cx),
            ),
        )
    }
}
impl ::formwork::nn::Init for Calls {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::result::Result::Ok(Self {
            a: <_ as ::formwork::nn::protocol::Part>::make(at, "a")?,
        })
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::params::Module for Calls {
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        <_ as ::formwork::nn::protocol::Part>::visit({ &self.a }, "a", path, f);
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
        <_ as ::formwork::nn::protocol::Part>::visit_mut({ &mut self.a }, "a", path, f);
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl ::formwork::nn::Kind for Calls {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
        <_ as ::formwork::nn::protocol::Part>::list(
            { &self.a },
            "a",
            "Linear(64 -> 64)",
            layers,
        );
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<OptionName, OptionValue> ::formwork::nn::With<OptionName, OptionValue> for Calls {
    type Out = Self;
    type Has = ::formwork::No;
}
impl ::core::fmt::Debug for Calls {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Calls", f)
    }
}
impl ::formwork::nn::Layer<::formwork::Tensor<(Batch, ::formwork::U64)>> for Calls {
    type Out = ::formwork::Tensor<(Batch, ::formwork::U64)>;
    #[allow(clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, ::formwork::U64)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U64)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        let double = |t: &Tensor<s![Batch, 64]>| t + t;
        let layer = &self.a;
        let parts = vec![
            ::formwork::nn::protocol::call:: < > (& layer, cx, "layer", & x), double(&
            x), ::formwork::nn::protocol::call:: < > (& self.a, cx, "a", & x), plain(x),
            Some(x).unwrap()
        ];
        let array: [f32; 3] = [1.0, 2.0, 3.0];
        println!(
            "{} {:?}", ::formwork::nn::protocol::call:: < > (& self.a, cx, "a", & x),
            array
        );
        self.a.forward(&x, cx());
        fn plain(t: T) -> T {
            layer(t)
        }
        {
            ::formwork::nn::protocol::call(
                &self.a,
                cx,
                "a",
                &(if x.is_empty() { x } else { parts[0] }),
            )
        }
    }
}
#[allow(dead_code)]
impl Calls {
    #[doc(hidden)]
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U64)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U64)>
    where
        for<'m> &'m Self: ::formwork::nn::protocol::InMode,
    {
        self.eval().forward(x)
    }
}
/// [`Calls`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct CallsPass<'m> {
    model: &'m Calls,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl CallsPass<'_> {
    pub fn forward(
        &self,
        x: impl ::formwork::nn::protocol::Feed<
            ::formwork::Tensor<(Batch, ::formwork::U64)>,
        >,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U64)> {
        ::formwork::nn::Layer::<
            ::formwork::Tensor<(Batch, ::formwork::U64)>,
        >::forward(self.model, &::formwork::nn::protocol::Feed::feed(x), &self.cx)
    }
}
