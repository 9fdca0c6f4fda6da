//! Point kernels on scalars and on tensors.
//!
//! Of scalars, `swish(x, 1.5)` is the function as it is written. With a tensor among the arguments it is lazy: the
//! arguments are broadcast together and each result is a map of the graph, with the gradient that follows from the
//! function, or the one that its author gave.

use super::Source;
use crate::dtype::{Element, bf16, f16};
use crate::error::{Error, Result};
use crate::graph::{Node, op_at};
use crate::params::Param;
use crate::prim::{Derivative, Meaning, broadcast, pruned};
use crate::tensor::Tensor;
use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::{ParamKind, point};
use formwork_ir::{Builder, DType, Fragment};
use formwork_shapes::{Broadcast, Shape};
use std::sync::Mutex;

mod sealed {
    pub trait Sealed {}
}

/// An argument for a parameter of type `T` of a lifted kernel: a number, a `&Tensor`, a `Tensor` or a `&Param`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument for a parameter of type `{T}`",
    label = "expected a `{T}` or a tensor of `{T}`",
    note = "a kernel on scalars takes numbers, `&Tensor`, `Tensor` and `&Param`, all of the elements of its signature; `cast` converts"
)]
pub trait Arg<T>: Formed {
    #[doc(hidden)]
    fn number(&self) -> T;
    #[doc(hidden)]
    fn node(&self) -> Node;
}

/// What may be an argument, whatever its elements: so that a wrong element is one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument for a kernel",
    label = "expected a number or a tensor",
    note = "a kernel on scalars takes numbers, `&Tensor`, `Tensor` and `&Param`"
)]
pub trait Formed: sealed::Sealed {
    /// [`Plain`] for a number, [`Over`] the shape of a tensor.
    type Form;
}

/// The form of numbers.
pub enum Plain {}

/// The form of a tensor of shape `S`.
pub struct Over<S>(std::marker::PhantomData<S>);

macro_rules! numbers {
    ($($t:ty)*) => { $(
        impl sealed::Sealed for $t {}
        #[diagnostic::do_not_recommend]
        impl Formed for $t {
            type Form = Plain;
        }
        #[diagnostic::do_not_recommend]
        impl Arg<$t> for $t {
            #[inline(always)]
            fn number(&self) -> $t {
                *self
            }
            fn node(&self) -> Node {
                Node::number(self.to_f64(), <$t as Element>::DTYPE)
            }
        }
    )* };
}
numbers! { f32 f64 f16 bf16 i32 i64 u8 bool }

macro_rules! tensors {
    ($($t:ty, |$x:ident| $node:expr;)*) => { $(
        impl<S: Shape, E: Element> sealed::Sealed for $t {}
        #[diagnostic::do_not_recommend]
        impl<S: Shape, E: Element> Formed for $t {
            type Form = Over<S>;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, E: Element> Arg<E> for $t {
            /// Nobody asks a tensor for a number.
            fn number(&self) -> E {
                E::default()
            }
            fn node(&self) -> Node {
                let $x = self;
                $node
            }
        }
    )* };
}
tensors! {
    &Tensor<S, E>, |x| Tensor::node(x).clone();
    Tensor<S, E>, |x| Tensor::node(x).clone();
    &Param<S, E>, |x| Tensor::node(x.tensor()).clone();
}

/// Two forms together: numbers give way, shapes are broadcast.
pub trait Join<F> {
    type Out;
}
impl<F> Join<F> for Plain {
    type Out = F;
}
impl<S> Join<Plain> for Over<S> {
    type Out = Over<S>;
}
impl<L: Shape, R: Shape + Broadcast<L>> Join<Over<R>> for Over<L> {
    type Out = Over<R::Out>;
}

/// What results of type `R` are in this form: themselves of numbers, tensors otherwise.
pub trait Outcome<R> {
    type Out;
    #[doc(hidden)]
    fn outcome(plain: impl FnOnce() -> R, lifted: impl FnOnce() -> Vec<Node>) -> Self::Out;
}

impl<R> Outcome<R> for Plain {
    type Out = R;
    #[inline(always)]
    fn outcome(plain: impl FnOnce() -> R, _: impl FnOnce() -> Vec<Node>) -> R {
        plain()
    }
}

impl<S: Shape, E: Element> Outcome<E> for Over<S> {
    type Out = Tensor<S, E>;
    fn outcome(_: impl FnOnce() -> E, lifted: impl FnOnce() -> Vec<Node>) -> Tensor<S, E> {
        taken(&mut lifted().into_iter())
    }
}

fn taken<S: Shape, E: Element>(nodes: &mut impl Iterator<Item = Node>) -> Tensor<S, E> {
    match nodes.next() {
        Some(node) => Tensor::of(node),
        // As many nodes as results were made.
        None => Tensor::poisoned(Error::Shape {
            op: "kernel",
            expected: "a result".into(),
            found: "none".into(),
            at: op_at(),
        }),
    }
}

macro_rules! outcomes {
    ($($($e:ident)*;)*) => { $(
        impl<S: Shape, $($e: Element),*> Outcome<($($e,)*)> for Over<S> {
            type Out = ($(Tensor<S, $e>,)*);
            fn outcome(_: impl FnOnce() -> ($($e,)*), lifted: impl FnOnce() -> Vec<Node>) -> Self::Out {
                let mut nodes = lifted().into_iter();
                ($(taken::<S, $e>(&mut nodes),)*)
            }
        }
    )* };
}
outcomes! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

/// The forms of all arguments, for results `R`.
pub trait Forms<R> {
    /// What the kernel gives.
    type Out;
    #[doc(hidden)]
    fn outcome(plain: impl FnOnce() -> R, lifted: impl FnOnce() -> Vec<Node>) -> Self::Out;
}

/// What a kernel of results `R` gives for arguments of the forms `F`.
pub type Lifted<F, R> = <F as Forms<R>>::Out;

/// The arguments of a call, for a function of parameters `P`.
pub trait Args<P> {
    type Forms;
    #[doc(hidden)]
    fn call<R>(&self, plain: impl Fn(P) -> R) -> R;
    #[doc(hidden)]
    fn nodes(&self) -> Vec<Node>;
}

/// A function that takes its parameters one by one.
pub trait Function<P, R> {
    #[doc(hidden)]
    fn apply(&self, params: P) -> R;
}

/// The form that forms have together.
pub trait Meet {
    type Out;
}

impl<R, F: Meet> Forms<R> for F
where
    F::Out: Outcome<R>,
{
    type Out = <F::Out as Outcome<R>>::Out;
    #[inline(always)]
    fn outcome(plain: impl FnOnce() -> R, lifted: impl FnOnce() -> Vec<Node>) -> Self::Out {
        <F::Out as Outcome<R>>::outcome(plain, lifted)
    }
}

macro_rules! joined {
    ($f:ty) => { $f };
    ($f:ty, $next:ty $(, $rest:ty)*) => { joined!(<$f as Join<$next>>::Out $(, $rest)*) };
}

/// `A: Join<B>`, `A with B: Join<C>` and so on, then `R` of all of them.
macro_rules! forms {
    ($($first:ident $($rest:ident)*;)*) => { $( forms!(@ [$first $($rest)*] [$first] [] $($rest)*); )* };
    (@ [$($all:ident)*] [$($f:ident)*] [$($bounds:tt)*] $next:ident $($rest:ident)*) => {
        forms!(@ [$($all)*] [$($f)* $next] [$($bounds)* { joined!($($f),*) ; $next }] $($rest)*);
    };
    (@ [$($all:ident)*] [$($f:ident)*] [$({ $sum:ty ; $next:ident })*]) => {
        impl<$($all),*> Meet for ($($all,)*)
        where
            $($sum: Join<$next>,)*
        {
            type Out = joined!($($all),*);
        }
    };
}
forms! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

macro_rules! arguments {
    ($($($a:ident $p:ident $x:ident)*;)*) => { $(
        impl<$($a: Arg<$p>, $p),*> Args<($($p,)*)> for ($($a,)*) {
            type Forms = ($($a::Form,)*);
            #[inline(always)]
            fn call<R0>(&self, plain: impl Fn(($($p,)*)) -> R0) -> R0 {
                let ($($x,)*) = self;
                plain(($($x.number(),)*))
            }
            fn nodes(&self) -> Vec<Node> {
                let ($($x,)*) = self;
                vec![$($x.node()),*]
            }
        }

        impl<T: Fn($($p),*) -> R0, $($p,)* R0> Function<($($p,)*), R0> for T {
            #[inline(always)]
            fn apply(&self, ($($x,)*): ($($p,)*)) -> R0 {
                self($($x),*)
            }
        }
    )* };
}
arguments! {
    A P a;
    A P a B Q b;
    A P a B Q b C S c;
    A P a B Q b C S c D T0 d;
    A P a B Q b C S c D T0 d E U e;
    A P a B Q b C S c D T0 d E U e F V f;
    A P a B Q b C S c D T0 d E U e F V f G W g;
    A P a B Q b C S c D T0 d E U e F V f G W g H X h;
}

/// Calls a point kernel: `plain` of numbers, its map if there is a tensor among the arguments.
#[doc(hidden)]
#[inline(always)]
#[track_caller]
pub fn lift<P, R, A: Args<P>>(args: A, plain: impl Function<P, R>, kernel: &'static Point) -> Lifted<A::Forms, R>
where
    A::Forms: Forms<R>,
{
    let at = std::panic::Location::caller();
    <A::Forms as Forms<R>>::outcome(
        || args.call(|params| plain.apply(params)),
        || {
            let _op = crate::graph::named_at(kernel.source.name, at);
            kernel.nodes(&args.nodes())
        },
    )
}

/// A function of scalars that is lifted to tensors.
pub struct Point {
    source: &'static Source,
    gradient: Gradient,
    /// By dtypes of the arguments.
    known: Mutex<Vec<(Vec<DType>, Result<&'static [Output]>)>>,
}

/// Where the gradient of a point kernel comes from.
pub enum Gradient {
    /// From its body.
    Derived,
    /// A point kernel of the inputs and the cotangent of each float result, which gives those of the float inputs.
    Given(&'static Source),
    /// There is none.
    None,
}

/// A result of a point kernel: a function of some of the arguments.
#[derive(Clone, Debug)]
struct Output {
    meaning: &'static Meaning,
    reads: Vec<usize>,
}

impl Point {
    /// For a static beside the function.
    pub const fn new(source: &'static Source, gradient: Gradient) -> Point {
        Point { source, gradient, known: Mutex::new(Vec::new()) }
    }

    /// The results for these arguments.
    fn nodes(&self, args: &[Node]) -> Vec<Node> {
        let dtypes: Vec<DType> = args.iter().map(Node::dtype).collect();
        let made = {
            let mut known = self.known.lock().unwrap_or_else(|e| e.into_inner());
            match known.iter().find(|k| k.0 == dtypes) {
                Some((_, made)) => made.clone(),
                None => {
                    let made = self.outputs(&dtypes).map(|outputs| &*outputs.leak());
                    known.push((dtypes, made.clone()));
                    made
                }
            }
        };
        match made {
            Ok(outputs) => match broadcast(&args.iter().collect::<Vec<_>>()) {
                Ok(dims) => outputs.iter().map(|o| Node::lifted(o.meaning, &o.reads, args, &dims)).collect(),
                Err(poisoned) => vec![poisoned; outputs.len()],
            },
            Err(error) => vec![Node::poisoned(error, args[0].dims().clone(), args[0].dtype()); 8],
        }
    }

    fn outputs(&self, dtypes: &[DType]) -> Result<Vec<Output>> {
        let whole = fragment(self.source, dtypes)?;
        let given = match self.gradient {
            Gradient::Given(source) => Some(self.given(source, &whole)?),
            _ => None,
        };
        let floats = whole.output_dtypes().iter().map(|d| d.is_float()).collect::<Vec<_>>();
        let output = |k: usize| {
            let mut one = whole.clone();
            one.outputs = vec![whole.outputs[k]];
            let (one, mut reads) = pruned(&one);
            let meaning = match (&self.gradient, &given) {
                (Gradient::None, _) => Meaning::with_derivative(one, Derivative::Refused(self.source.name)),
                // The given gradient may read inputs that the result does not, so all of them stay.
                (_, Some(given)) if floats[k] => {
                    reads = (0..dtypes.len()).collect();
                    let mut all = whole.clone();
                    all.outputs = vec![whole.outputs[k]];
                    let cotangent = floats[..k].iter().filter(|f| **f).count();
                    Meaning::with_derivative(all, Derivative::Given(own(given, dtypes, cotangent)))
                }
                _ => Meaning::of(one),
            };
            Output { meaning, reads }
        };
        Ok((0..whole.outputs.len()).map(output).collect())
    }

    /// The fragment of a gradient that was given, which must fit.
    fn given(&self, source: &Source, whole: &Fragment) -> Result<Fragment> {
        let is_float = |d: &DType| d.is_float();
        let cotangents = whole.output_dtypes().into_iter().filter(is_float);
        let params: Vec<DType> = whole.params.iter().copied().chain(cotangents).collect();
        let given = fragment(source, &params)?;
        let expected: Vec<DType> = whole.params.iter().copied().filter(is_float).collect();
        if given.params != params || given.output_dtypes() != expected {
            let reason = format!(
                "its gradient `{}` takes {:?} and gives {:?}; it must take {params:?}, the inputs and the cotangents, and give {expected:?}",
                source.name,
                given.params,
                given.output_dtypes()
            );
            return Err(self.source.unlinked(reason));
        }
        Ok(given)
    }
}

/// By input: its cotangent from the cotangent of one result, which is number `cotangent` of those that the gradient takes;
/// the others are zero.
fn own(given: &Fragment, dtypes: &[DType], cotangent: usize) -> Vec<Option<Fragment>> {
    let mut float = 0;
    let of = |dtype: &DType| {
        if !dtype.is_float() {
            return None;
        }
        float += 1;
        let mut b = Builder::new();
        let mut params: Vec<_> = dtypes.iter().map(|&d| b.param(d)).collect();
        let g = b.param(given.params[dtypes.len() + cotangent]);
        for (i, &d) in given.params[dtypes.len()..].iter().enumerate() {
            params.push(if i == cotangent { g } else { b.constant(d, 0.0) });
        }
        let outputs = given.inline(&mut b, &params);
        Some(b.finish(&[outputs[float - 1]]))
    };
    dtypes.iter().map(of).collect()
}

/// The fragment of a point kernel whose parameters have these dtypes.
fn fragment(source: &Source, dtypes: &[DType]) -> Result<Fragment> {
    let read = source.read()?;
    let template = &read.template;
    let element = |name: &str| {
        let at = template.params.iter().position(|p| matches!(&p.kind, ParamKind::Scalar(t) if t == name));
        at.and_then(|i| dtypes.get(i)).map(|&d| ScalarType::from(d))
    };
    let elements: Option<Vec<ScalarType>> = template.generics.iter().map(|g| element(&g.name)).collect();
    let elements = elements.ok_or_else(|| source.unlinked("an element type that no parameter has"))?;
    let functions = read.functions(&elements).map_err(|e| source.unlinked(e))?;
    let fragment = point::fragment(&functions).map_err(|e| source.unlinked(e))?;
    if fragment.params != dtypes {
        return Err(source.unlinked(format!("it takes {:?}, given are {dtypes:?}", fragment.params)));
    }
    Ok(fragment)
}
