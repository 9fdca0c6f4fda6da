::core::compile_error! {
    "a layer takes its dims in parentheses\nhelp: write `Linear(64 -> 128)`"
}
::core::compile_error! {
    "expected `,` or `->` between the arguments of a layer\nhelp: dims are written `Linear(64 -> 128)`"
}
::core::compile_error! {
    "input `x` is written as its shape, not as `Tensor`\nhelp: write `[Batch, 64]`, or `[Batch, 64; i64]` for other elements than f32"
}
pub struct Broken<H: ::formwork::Dim> {
    fc2: Linear<::formwork::U128, ::formwork::U10>,
    left_out: ::core::marker::PhantomData<(H,)>,
}
#[allow(dead_code)]
impl<H: ::formwork::Dim> Broken<H> {
    /// Makes the model with freshly drawn parameters.
    pub fn new(
        device: &::formwork::Device,
        rng: &mut ::formwork::Rng,
    ) -> ::formwork::Result<Self> {
        ::formwork::nn::protocol::new(device, rng)
    }
    /// The model while it learns: dropout drops, statistics are gathered.
    pub fn train<'m>(&'m self, rng: &'m mut ::formwork::Rng) -> BrokenPass<'m, H> {
        BrokenPass {
            model: self,
            cx: ::formwork::nn::Cx::train(rng),
        }
    }
    /// The model in use: nothing is random, nothing is gathered.
    pub fn eval(&self) -> BrokenPass<'_, H> {
        BrokenPass {
            model: self,
            cx: ::formwork::nn::Cx::eval(),
        }
    }
    /// Its layers with their types, output shapes and numbers of parameters.
    pub fn summary(&self) -> ::formwork::nn::Summary {
        ::formwork::nn::Summary::of(self, "Broken", |_| ())
    }
}
impl<H: ::formwork::Dim> ::formwork::nn::Init for Broken<H> {
    type Config = ();
    fn init(_: (), at: &mut ::formwork::nn::Vars<'_>) -> ::formwork::Result<Self> {
        let _ = &at;
        ::core::unimplemented!()
    }
}
#[diagnostic::do_not_recommend]
#[allow(unused_braces)]
impl<H: ::formwork::Dim> ::formwork::params::Module for Broken<H> {
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
impl<H: ::formwork::Dim> ::formwork::nn::Kind for Broken<H> {
    type Kind = ::formwork::nn::Custom;
    fn layers(&self, layers: &mut ::formwork::nn::protocol::Layers) {
        let _ = &layers;
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<
    H: ::formwork::Dim,
    OptionName,
    OptionValue,
> ::formwork::nn::With<OptionName, OptionValue> for Broken<H> {
    type Out = Self;
    type Has = ::formwork::No;
}
impl<H: ::formwork::Dim> ::core::fmt::Debug for Broken<H> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::formwork::nn::protocol::fmt_layers(self, "Broken", f)
    }
}
impl<
    H: ::formwork::Dim,
> ::formwork::nn::Layer<::formwork::Tensor<(Batch, ::formwork::U64)>> for Broken<H> {
    type Out = ::formwork::Tensor<(Batch, ::formwork::U10)>;
    #[allow(unused_variables, clippy::needless_borrow, clippy::op_ref)]
    fn forward(
        &self,
        input: &::formwork::Tensor<(Batch, ::formwork::U64)>,
        cx: &::formwork::nn::Cx<'_>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(input);
        ::core::unimplemented!()
    }
}
impl<H: ::formwork::Dim> Broken<H> {
    #[allow(unused_variables, clippy::needless_borrow, clippy::op_ref)]
    pub fn last_in_mode(
        &self,
        cx: &::formwork::nn::Cx<'_>,
        x: &::formwork::Tensor<(Batch, H)>,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        let _ = cx;
        let x = ::core::clone::Clone::clone(x);
        ::core::unimplemented!()
    }
}
/// [`Broken`] in a mode: what its `train` and `eval` return.
#[allow(dead_code)]
pub struct BrokenPass<'m, H: ::formwork::Dim> {
    model: &'m Broken<H>,
    cx: ::formwork::nn::Cx<'m>,
}
#[allow(dead_code)]
impl<H: ::formwork::Dim> BrokenPass<'_, H> {
    #[allow(unused_variables, dead_code)]
    pub fn forward(
        &self,
        x: impl ::core::marker::Sized,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        ::core::unimplemented!()
    }
    #[allow(unused_variables, dead_code)]
    fn other(
        &self,
        x: impl ::core::marker::Sized,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        ::core::unimplemented!()
    }
    #[allow(unused_variables, dead_code)]
    pub fn last(
        &self,
        x: impl ::core::marker::Sized,
    ) -> ::formwork::Tensor<(Batch, ::formwork::U10)> {
        ::core::unimplemented!()
    }
}
