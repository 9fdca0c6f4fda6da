//! How a layer is applied, as types: one obligation, `X: Through<L>`, and one error if it cannot be met.
//!
//! A user's layer says what it takes, `impl Layer<Tensor<S>> for Theirs`. The library's own say it the other way round,
//! `impl Takes<Linear<I, O>> for S`, for a bare type parameter `S`: rustc then has no impls to quote beside the message.
//! [`Kind`] tells which of the two ways to go. Callers ask `X: Through<L>`, whose `Self` is the input, so that rustc
//! never guesses the input from the only impl it sees.

use super::Cx;
use super::mode::Place;
use super::module::Layers;
use crate::{Element, Shape, Tensor};
use formwork_shapes::{DimDiv, DimSub, No, Yes};

/// A layer of yours: what it makes of an input `In`, a tensor or a tuple of tensors.
///
/// Written once for each kind of input; a shape in it may be generic. `#[derive(Module)]` beside it makes the layer's
/// parameters known and writes [`Kind`].
#[diagnostic::on_unimplemented(
    message = "layer `{Self}` does not take `{In}`",
    label = "this is `{In}`",
    note = "what a layer takes is what it has an `impl Layer<..>` for; a model takes the shapes of its `forward`"
)]
pub trait Layer<In> {
    /// What comes out.
    type Out;
    /// The output for `x`; `cx` tells whether the model learns.
    fn forward(&self, x: &In, cx: &Cx<'_>) -> Self::Out;
}

/// What a layer of the library makes of a tensor of shape `Self` and elements `E`.
#[diagnostic::on_unimplemented(
    message = "layer `{L}` does not take `{E}` elements",
    label = "elements of type `{E}` come in",
    note = "layers hold f32 unless written otherwise, as in `Linear(64 -> 128, f64)`; `x.cast::<f32>()` converts the input"
)]
pub trait Takes<L, E> {
    /// What comes out.
    type Out;
    /// The output of `layer` for `x`.
    fn take(layer: &L, x: &Tensor<Self, E>, cx: &Cx<'_>) -> Self::Out
    where
        Self: Shape + Sized,
        E: Element;
}

/// Whose layer it is, and what it is made of. `model!` and `#[derive(Module)]` write this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "not a layer",
    note = "a layer is a struct with `#[derive(Module)]`, `impl Init` and `impl Layer<..>`, or a `model!`"
)]
pub trait Kind {
    /// [`Builtin`], [`Custom`] or another way to go.
    type Kind;
    /// Where the layer lies, for [`Summary`](super::Summary).
    fn place(&self) -> Place
    where
        Self: Sized,
    {
        Place::of(self)
    }
    /// Lists the layers inside, as they were written. Those of the library have none.
    fn layers(&self, layers: &mut Layers) {
        let _ = layers;
    }
}

/// The [`Kind`] of the library's layers: [`Takes`] says what they take.
pub enum Builtin {}
/// The [`Kind`] of users' layers and models: [`Layer`] says what they take.
pub enum Custom {}
/// The [`Kind`] of a reference to a layer.
pub enum ByRef {}
/// The [`Kind`] of an array of layers: they are applied one after the other.
pub enum InTurn {}

/// The way that a [`Kind`] goes.
#[diagnostic::on_unimplemented(message = "layer `{L}` does not take `{X}`", label = "`{X}` comes in")]
pub trait Dispatch<X, L> {
    /// What comes out.
    type Out;
    /// The output of `layer` for `x`.
    fn dispatch(layer: &L, x: &X, cx: &Cx<'_>) -> Self::Out;
}

impl<X, L> Dispatch<X, L> for Builtin
where
    (X,): OneTensor<X, L>,
    <(X,) as OneTensor<X, L>>::Shape: Takes<L, <(X,) as OneTensor<X, L>>::Element>,
{
    type Out = <<(X,) as OneTensor<X, L>>::Shape as Takes<L, <(X,) as OneTensor<X, L>>::Element>>::Out;
    fn dispatch(layer: &L, x: &X, cx: &Cx<'_>) -> Self::Out {
        Takes::take(layer, <(X,)>::tensor(x), cx)
    }
}

/// That `X` is a single tensor, which is what the library's layers take. `Self` is `(X,)`, since rustc heads an error
/// with the outer of two bounds on one type.
#[diagnostic::on_unimplemented(message = "layer `{L}` takes one tensor, it is given `{X}`", label = "`{X}` comes in")]
pub trait OneTensor<X, L> {
    /// Its shape.
    type Shape: Shape;
    /// Its elements.
    type Element: Element;
    /// The tensor itself.
    fn tensor(x: &X) -> &Tensor<Self::Shape, Self::Element>;
}

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Element, L> OneTensor<Tensor<S, E>, L> for (Tensor<S, E>,) {
    type Shape = S;
    type Element = E;
    fn tensor(x: &Tensor<S, E>) -> &Tensor<S, E> {
        x
    }
}

impl<X, L: Layer<X>> Dispatch<X, L> for Custom {
    type Out = L::Out;
    fn dispatch(layer: &L, x: &X, cx: &Cx<'_>) -> L::Out {
        layer.forward(x, cx)
    }
}

#[diagnostic::do_not_recommend]
impl<L: Kind> Kind for &L {
    type Kind = ByRef;
    fn place(&self) -> Place {
        (**self).place()
    }
    fn layers(&self, layers: &mut Layers) {
        (**self).layers(layers);
    }
}

impl<X: Through<L>, L> Dispatch<X, &L> for ByRef {
    type Out = X::Out;
    fn dispatch(layer: &&L, x: &X, cx: &Cx<'_>) -> X::Out {
        x.through(*layer, cx)
    }
}

#[diagnostic::do_not_recommend]
impl<L: Kind, const N: usize> Kind for [L; N] {
    type Kind = InTurn;
    fn layers(&self, layers: &mut Layers) {
        self.iter().enumerate().for_each(|(i, layer)| layers.add_item(i, layer));
    }
}

impl<X: Through<L> + Clone, L, const N: usize> Dispatch<X, [L; N]> for InTurn
where
    X::Out: Again<X, L>,
{
    type Out = X;
    fn dispatch(layers: &[L; N], x: &X, cx: &Cx<'_>) -> X {
        let apply = |x: X, (i, layer): (usize, &L)| x.through_named(layer, cx, &i.to_string()).again();
        layers.iter().enumerate().fold(x.clone(), apply)
    }
}

/// That the output of `L` can be its input `X` again: it is the same type.
#[diagnostic::on_unimplemented(
    message = "layers of an array are applied one after the other, so each gives back what it takes: `{L}` takes `{X}` and gives `{Self}`",
    label = "`{X}` goes in, `{Self}` would come out",
    note = "make the layers fit, or call them one by one: `for layer in &self.layers {{ .. }}`"
)]
pub trait Again<X, L> {
    /// The output as input.
    fn again(self) -> X;
}

#[diagnostic::do_not_recommend]
impl<X, L> Again<X, L> for X {
    fn again(self) -> X {
        self
    }
}

/// What callers ask of an input: that it goes through layer `L`.
pub trait Through<L> {
    /// What comes out.
    type Out;
    /// The output of `layer` for this input.
    fn through(&self, layer: &L, cx: &Cx<'_>) -> Self::Out;
    /// The same, under the layer's name.
    fn through_named(&self, layer: &L, cx: &Cx<'_>, name: &str) -> Self::Out;
}

impl<X, L: Kind> Through<L> for X
where
    L::Kind: Dispatch<X, L>,
{
    type Out = <L::Kind as Dispatch<X, L>>::Out;
    fn through(&self, layer: &L, cx: &Cx<'_>) -> Self::Out {
        <L::Kind as Dispatch<X, L>>::dispatch(layer, self, cx)
    }
    fn through_named(&self, layer: &L, cx: &Cx<'_>, name: &str) -> Self::Out {
        cx.enter(layer.place(), name, || self.through(layer, cx))
    }
}

/// What `self.fc1(x)` in a `model!` becomes: the layer, the mode, the layer's name and the input.
///
/// `Out = O` as a parameter, and not a projection as the result, makes rustc point at the argument.
#[track_caller]
pub fn call<L, S: Shape, E: Element, O>(layer: &L, cx: &Cx<'_>, name: &str, x: &Tensor<S, E>) -> O
where
    Tensor<S, E>: Through<L, Out = O>,
{
    x.through_named(layer, cx, name)
}

// Written out, so that an error shows a function and no macro.

/// [`call`] of a layer with two inputs, which it takes as a tuple.
#[track_caller]
pub fn call2<L, A: Shape, AE: Element, B: Shape, BE: Element, O>(
    layer: &L,
    cx: &Cx<'_>,
    name: &str,
    a: &Tensor<A, AE>,
    b: &Tensor<B, BE>,
) -> O
where
    (Tensor<A, AE>, Tensor<B, BE>): Through<L, Out = O>,
{
    (a.clone(), b.clone()).through_named(layer, cx, name)
}

/// [`call`] of a layer with three inputs, which it takes as a tuple.
#[track_caller]
pub fn call3<L, A: Shape, AE: Element, B: Shape, BE: Element, C: Shape, CE: Element, O>(
    layer: &L,
    cx: &Cx<'_>,
    name: &str,
    a: &Tensor<A, AE>,
    b: &Tensor<B, BE>,
    c: &Tensor<C, CE>,
) -> O
where
    (Tensor<A, AE>, Tensor<B, BE>, Tensor<C, CE>): Through<L, Out = O>,
{
    (a.clone(), b.clone(), c.clone()).through_named(layer, cx, name)
}

/// [`call`] of a layer with four inputs, which it takes as a tuple.
#[track_caller]
pub fn call4<L, A: Shape, AE: Element, B: Shape, BE: Element, C: Shape, CE: Element, D: Shape, DE: Element, O>(
    layer: &L,
    cx: &Cx<'_>,
    name: &str,
    a: &Tensor<A, AE>,
    b: &Tensor<B, BE>,
    c: &Tensor<C, CE>,
    d: &Tensor<D, DE>,
) -> O
where
    (Tensor<A, AE>, Tensor<B, BE>, Tensor<C, CE>, Tensor<D, DE>): Through<L, Out = O>,
{
    (a.clone(), b.clone(), c.clone(), d.clone()).through_named(layer, cx, name)
}

/// An argument of a model's `forward`: the tensor it takes, or a reference to one.
#[diagnostic::on_unimplemented(
    message = "the model takes `{T}`, this is `{Self}`",
    label = "expected `{T}`, found `{Self}`"
)]
pub trait Feed<T> {
    /// The tensor; a reference is cloned, which copies no data.
    fn feed(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Element> Feed<Tensor<S, E>> for Tensor<S, E> {
    fn feed(self) -> Tensor<S, E> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Element> Feed<Tensor<S, E>> for &Tensor<S, E> {
    fn feed(self) -> Tensor<S, E> {
        self.clone()
    }
}

/// The name of one layer of an array, `blocks.3`: told by where it lies.
pub fn item<L, const N: usize>(array: &str, layers: &[L; N], layer: &L) -> String {
    let offset = (std::ptr::from_ref(layer) as usize).wrapping_sub(layers.as_ptr() as usize);
    match offset.checked_div(size_of::<L>()) {
        Some(i) if i < N => format!("{array}.{i}"),
        _ => array.to_string(),
    }
}

/// Exists if `A - B` does: `model!` checks dims once, where they are written.
pub fn has_difference<A: DimSub<B>, B>() {}
/// Exists if `A / B` does.
pub fn has_quotient<A: DimDiv<B>, B>() {}

/// An option written as `stride = 2`: the type of a layer with it set.
///
/// A layer without options has this for every option, so that a wrong one is one error: [`Given`] tells it.
/// `#[derive(Module)]` writes that, unless `#[module(options)]` says that the layer's own impls stand beside it.
pub trait With<Option, Value> {
    /// The layer with the option.
    type Out;
    /// [`Yes`] for an option that the layer has.
    type Has;
}

/// The leaf of [`With`]: whether layer `L` has the option.
#[diagnostic::on_unimplemented(
    message = "`{L}` has no option `{Option}`",
    label = "not an option of `{L}`",
    note = "the documentation of a layer tells its options; dims without a name stand before them, as in `Conv2d(3 -> 64, 7, stride = 2)`"
)]
pub trait Given<L, Option> {}
#[diagnostic::do_not_recommend]
impl<L, Option> Given<L, Option> for Yes {}

/// That an option keeps the rules of its layer: `groups` divide channels.
pub trait Keeps {}
impl Keeps for Yes {}
impl Keeps for No {}

/// Exists if layer `L` has the option: `model!` asks once, where it is written.
pub fn has_option<L, Option, Value>()
where
    L: With<Option, Value>,
    L::Has: Given<L, Option> + Keeps,
{
}

/// Names of options that stand for dims, written `stride = 2` in `model!`. Other crates declare their own alike.
macro_rules! options {
    ($($name:ident)*) => { $(
        #[doc = concat!("The option `", stringify!($name), "` of layers that have one.")]
        #[allow(non_camel_case_types)]
        pub enum $name {}
    )* };
}
options! { stride padding dilation groups }
