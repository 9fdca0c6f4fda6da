//! The typed tensor: a handle on a node, with its shape and element as types.
//!
//! A method checks its shape rule in types, then makes one untyped node; nothing below is generic.

use crate::device::{Buffer, Device};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::eval;
use crate::graph::{Dims, Handle, Node, named, op_at, op_name};
use crate::prim::Role;
use formwork_shapes::{DimExpr, Scalar, Shape, Symbol};
use std::marker::PhantomData;
use std::sync::Arc;

/// A tensor of shape `S` with elements `E`, as PyTorch's `Tensor`.
///
/// It is lazy: an operation says what is to be computed and returns at once. Values are computed
/// when somebody looks ([`Tensor::to_vec`], [`Tensor::item`], printing, saving) or an optimizer
/// steps. Cloning a tensor clones the handle, not the data.
pub struct Tensor<S: Shape = (), E: Element = f32> {
    handle: Handle,
    of: PhantomData<fn() -> (S, E)>,
}

impl<S: Shape, E: Element> Clone for Tensor<S, E> {
    fn clone(&self) -> Self {
        Tensor { handle: self.handle.clone(), of: PhantomData }
    }
}

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The tensor of a node, whose sizes must be those of `S`. A poisoned node may have those of an operand, and its
    /// dtype: its error goes on in a node of the right shape.
    pub(crate) fn of(node: Node) -> Self {
        if (!fits::<S>(node.dims()) || node.dtype() != E::DTYPE)
            && let Some(error) = node.error()
        {
            return Tensor::poisoned(error);
        }
        debug_assert_eq!(node.dtype(), E::DTYPE, "{} of {node:?}", op_name());
        debug_assert!(fits::<S>(node.dims()), "{} gave {:?} for {}", op_name(), node.dims(), S::display());
        Tensor { handle: Handle::new(node), of: PhantomData }
    }

    pub(crate) fn node(&self) -> &Node {
        self.handle.node()
    }

    pub(crate) fn handle_mut(&mut self) -> &mut Handle {
        &mut self.handle
    }

    /// A tensor to build with and never to look at: its run-time dims are 1.
    pub fn dry() -> Self {
        let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.unwrap_or(1)).collect();
        Tensor::of(Node::constant(0.0, sizes.as_slice().into(), E::DTYPE))
    }

    /// A tensor that is nothing but an error.
    pub(crate) fn poisoned(error: Error) -> Self {
        Tensor::of(Node::poisoned(error, S::SIZES.iter().map(|n| n.unwrap_or(0)).collect(), E::DTYPE))
    }

    /// A tensor of row-major `data`: a `Vec`, a slice or nested arrays, like `torch.tensor`.
    ///
    /// One run-time dim takes the size that the number of elements leaves; with several, use
    /// [`Tensor::from_sizes`].
    ///
    /// # Errors
    /// If the data does not fill the shape, or there is no memory.
    #[track_caller]
    pub fn new(data: impl Data<E>, device: &Device) -> Result<Self> {
        let _op = named("Tensor::new");
        let (sizes, elements) = (data.sizes(), data.elements());
        let sizes = match sizes {
            Some(sizes) => sizes,
            None => sizes_for::<S>(elements.len())?,
        };
        Self::from_sizes(elements, &sizes, device)
    }

    /// A tensor of row-major `data` with the given sizes, which must be those of `S` where they are literal.
    ///
    /// # Errors
    /// If the sizes are not those of `S`, the data does not fill them, or there is no memory.
    #[track_caller]
    pub fn from_sizes(data: impl AsRef<[E]>, sizes: &[usize], device: &Device) -> Result<Self> {
        let _op = named("Tensor::from_sizes");
        let data = data.as_ref();
        if !fits::<S>(sizes) {
            let (expected, found) = (format!("sizes of shape {}", S::display()), format!("{sizes:?}"));
            return Err(Error::Shape { op: op_name(), expected, found, at: op_at() });
        }
        if sizes.iter().product::<usize>() != data.len() {
            let expected = format!("{} elements for {sizes:?}", sizes.iter().product::<usize>());
            return Err(Error::Shape {
                op: op_name(),
                expected,
                found: format!("{} elements", data.len()),
                at: op_at(),
            });
        }
        Self::from_buffer(Buffer::from_slice(*device, data)?, sizes, Role::Input)
    }

    pub(crate) fn from_buffer(buffer: Buffer, sizes: &[usize], role: Role) -> Result<Self> {
        Ok(Tensor::of(Node::leaf(role, sizes.into(), E::DTYPE, Arc::new(buffer))))
    }

    /// A tensor with `value` everywhere. Run-time dims take their sizes from `sizes`.
    #[track_caller]
    pub fn full_sized(value: E, sizes: &[usize]) -> Self {
        let _op = named("full");
        if !fits::<S>(sizes) {
            let (expected, found) = (format!("sizes of shape {}", S::display()), format!("{sizes:?}"));
            return Self::poisoned(Error::Shape { op: op_name(), expected, found, at: op_at() });
        }
        Tensor::of(Node::constant(value.to_f64(), sizes.into(), E::DTYPE))
    }

    /// A tensor of a literal shape with `value` everywhere.
    #[track_caller]
    pub fn full(value: E) -> Self {
        let _op = named("full");
        match S::SIZES.iter().copied().collect::<Option<Vec<usize>>>() {
            Some(sizes) => Self::full_sized(value, &sizes),
            None => {
                let expected = format!("a literal shape, since {} has run-time dims", S::display());
                let found = "no sizes; use `full_sized` or `zeros_like`".to_string();
                Self::poisoned(Error::Shape { op: op_name(), expected, found, at: op_at() })
            }
        }
    }

    /// Zeros of a literal shape.
    #[track_caller]
    pub fn zeros() -> Self {
        Self::full(E::default())
    }

    /// Ones of a literal shape.
    #[track_caller]
    pub fn ones() -> Self {
        Self::full(E::from_f64(1.0))
    }

    /// Zeros of this tensor's shape and sizes.
    #[track_caller]
    pub fn zeros_like(&self) -> Self {
        Self::full_sized(E::default(), &self.dims())
    }

    /// Ones of this tensor's shape and sizes.
    #[track_caller]
    pub fn ones_like(&self) -> Self {
        Self::full_sized(E::from_f64(1.0), &self.dims())
    }

    /// The sizes of its axes, run-time ones included.
    pub fn dims(&self) -> Vec<usize> {
        self.node().dims().to_vec()
    }

    /// The number of its elements.
    pub fn len(&self) -> usize {
        self.node().len()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The device that it lives on.
    pub fn device(&self) -> Device {
        self.node().device()
    }

    /// The tensor on `device`.
    #[track_caller]
    pub fn to(&self, device: &Device) -> Self {
        let _op = named("to");
        Tensor::of(self.node().transfer(*device))
    }

    /// The same values, through which no gradient passes.
    #[track_caller]
    pub fn detach(&self) -> Self {
        let _op = named("detach");
        Tensor::of(self.node().detached())
    }

    fn value(&self) -> Result<Arc<Buffer>> {
        let node = self.node();
        if !node.is_settled() {
            eval::look(std::slice::from_ref(node))?;
        }
        node.value().ok_or_else(|| node.error().unwrap_or(Error::Cut { at: node.origin().at }))
    }

    /// Computes it now, and keeps the value.
    ///
    /// # Errors
    /// Everything that can go wrong in what it is made of.
    pub fn eval(&self) -> Result<()> {
        self.value().map(|_| ())
    }

    /// Its elements in row-major order.
    ///
    /// # Errors
    /// Everything that can go wrong in what it is made of.
    pub fn to_vec(&self) -> Result<Vec<E>> {
        self.value()?.read(self.len())
    }

    /// The one element of a scalar.
    ///
    /// # Errors
    /// Everything that can go wrong in what it is made of.
    pub fn item(&self) -> Result<E>
    where
        S: Scalar,
    {
        Ok(self.value()?.read(1)?[0])
    }

    /// The bytes of its elements in row-major order, little-endian.
    ///
    /// # Errors
    /// Everything that can go wrong in what it is made of.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = self.value()?.to_bytes()?;
        bytes.truncate(self.node().bytes());
        Ok(bytes)
    }

    /// The plan that a look at this tensor would run, as text.
    ///
    /// # Errors
    /// Everything that can be wrong before anything runs.
    pub fn explain(&self) -> Result<String> {
        eval::explain(std::slice::from_ref(self.node()))
    }
}

/// Whether `sizes` are sizes of shape `S`.
pub(crate) fn fits<S: Shape>(sizes: &[usize]) -> bool {
    sizes.len() == S::RANK && sizes.iter().zip(S::SIZES).all(|(&n, s)| s.is_none_or(|s| s == n))
}

/// The sizes of `S` if `len` elements fill it and at most one dim is open.
fn sizes_for<S: Shape>(len: usize) -> Result<Vec<usize>> {
    let literal: usize = S::SIZES.iter().flatten().product();
    let open = S::SIZES.iter().filter(|s| s.is_none()).count();
    let size = if open == 1 && literal > 0 && len.is_multiple_of(literal) { Some(len / literal) } else { None };
    let wrong =
        |expected: String| Error::Shape { op: op_name(), expected, found: format!("{len} elements"), at: op_at() };
    match (open, size) {
        (0, _) if len == literal => Ok(S::SIZES.iter().map(|s| s.unwrap_or(0)).collect()),
        (0, _) => Err(wrong(format!("{literal} elements for shape {}", S::display()))),
        (1, Some(size)) => Ok(S::SIZES.iter().map(|s| s.unwrap_or(size)).collect()),
        (1, None) => Err(wrong(format!("a multiple of {literal} elements for shape {}", S::display()))),
        _ => Err(wrong(format!("sizes for the {open} run-time dims of {}: use `from_sizes`", S::display()))),
    }
}

/// The sizes of the dims `to`, given tensors whose dims and sizes are known.
pub(crate) fn resolve(to: &[&DimExpr], from: &[(&[&DimExpr], &[usize])]) -> Result<Dims> {
    let mut known: Vec<(Symbol, usize)> = vec![];
    for (dims, sizes) in from {
        dims.iter().zip(*sizes).for_each(|(dim, &size)| solve(dim, size, &mut known));
    }
    let value = |s: &Symbol| known.iter().find(|k| k.0 == *s).map(|k| k.1);
    let unknown = |dim: &DimExpr| {
        let expected = format!("a shape whose run-time dims the input has; `{dim}` is not among them");
        Error::Shape { op: op_name(), expected, found: "no size for it".to_string(), at: op_at() }
    };
    to.iter().map(|dim| dim.size(&value).ok_or_else(|| unknown(dim))).collect()
}

/// Notes the symbol of `dim` if its size follows.
pub(crate) fn solve(dim: &DimExpr, size: usize, known: &mut Vec<(Symbol, usize)>) {
    match dim {
        DimExpr::Symbol(s) => known.push((*s, size)),
        DimExpr::Product(a, b) => match (a.literal(), b.literal()) {
            (Some(n), None) if n > 0 => solve(b, size / n, known),
            (None, Some(n)) if n > 0 => solve(a, size / n, known),
            _ => {}
        },
        DimExpr::Sum(a, b) => match (a.literal(), b.literal()) {
            (Some(n), None) => solve(b, size.saturating_sub(n), known),
            (None, Some(n)) => solve(a, size.saturating_sub(n), known),
            _ => {}
        },
        DimExpr::Literal(_) => {}
    }
}

/// A tensor, a parameter or a reference to one: what a loss compares with.
#[diagnostic::on_unimplemented(
    message = "expected a tensor, found `{Self}`",
    label = "this is no tensor",
    note = "`Tensor::new(data, &device)?` makes a tensor of data"
)]
pub trait AsTensor {
    type Shape: Shape;
    type Element: Element;
    /// The tensor itself.
    fn as_tensor(&self) -> &Tensor<Self::Shape, Self::Element>;
}

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Element> AsTensor for Tensor<S, E> {
    type Shape = S;
    type Element = E;
    fn as_tensor(&self) -> &Tensor<S, E> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: AsTensor> AsTensor for &T {
    type Shape = T::Shape;
    type Element = T::Element;
    fn as_tensor(&self) -> &Tensor<T::Shape, T::Element> {
        (**self).as_tensor()
    }
}

/// What a tensor can be made from.
#[diagnostic::on_unimplemented(
    message = "a tensor of `{E}` cannot be made from `{Self}`",
    note = "give a `Vec`, a slice or nested arrays of `{E}`"
)]
pub trait Data<E: Element> {
    /// The sizes that the data itself has, for nested arrays.
    fn sizes(&self) -> Option<Vec<usize>>;
    /// The elements in row-major order.
    fn elements(self) -> Vec<E>;
}

impl<E: Element> Data<E> for Vec<E> {
    fn sizes(&self) -> Option<Vec<usize>> {
        None
    }
    fn elements(self) -> Vec<E> {
        self
    }
}

impl<E: Element> Data<E> for &[E] {
    fn sizes(&self) -> Option<Vec<usize>> {
        None
    }
    fn elements(self) -> Vec<E> {
        self.to_vec()
    }
}

impl<E: Element> Data<E> for &Vec<E> {
    fn sizes(&self) -> Option<Vec<usize>> {
        None
    }
    fn elements(self) -> Vec<E> {
        self.clone()
    }
}

impl<E: Element> Data<E> for E {
    fn sizes(&self) -> Option<Vec<usize>> {
        Some(vec![])
    }
    fn elements(self) -> Vec<E> {
        vec![self]
    }
}

impl<E: Element, T: Nested<E>, const N: usize> Data<E> for [T; N] {
    fn sizes(&self) -> Option<Vec<usize>> {
        Some([&[N], &T::sizes()[..]].concat())
    }
    fn elements(self) -> Vec<E> {
        let mut elements = vec![];
        self.into_iter().for_each(|t| t.append(&mut elements));
        elements
    }
}

impl<E: Element, T: Nested<E> + Copy, const N: usize> Data<E> for &[T; N] {
    fn sizes(&self) -> Option<Vec<usize>> {
        Some([&[N], &T::sizes()[..]].concat())
    }
    fn elements(self) -> Vec<E> {
        Data::elements(*self)
    }
}

/// An element, or an array of such.
pub trait Nested<E> {
    fn sizes() -> Vec<usize>;
    fn append(self, to: &mut Vec<E>);
}

impl<E: Element> Nested<E> for E {
    fn sizes() -> Vec<usize> {
        vec![]
    }
    fn append(self, to: &mut Vec<E>) {
        to.push(self);
    }
}

impl<E: Element, T: Nested<E>, const N: usize> Nested<E> for [T; N] {
    fn sizes() -> Vec<usize> {
        [&[N], &T::sizes()[..]].concat()
    }
    fn append(self, to: &mut Vec<E>) {
        self.into_iter().for_each(|t| t.append(to));
    }
}

impl<S: Shape, E: Element> std::fmt::Debug for Tensor<S, E> {
    /// Dtype and sizes; looking at the values is for `Display`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tensor {}{:?}", E::DTYPE, self.node().dims())
    }
}

impl<S: Shape, E: Element> std::fmt::Display for Tensor<S, E> {
    /// The values in nested brackets, long axes shortened; or the error that they end in.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to_vec() {
            Ok(values) => {
                nested(f, &values, self.node().dims(), 0)?;
                write!(f, " {}{:?}", E::DTYPE, self.node().dims())
            }
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

/// Elements of an axis shown at each end of a long one.
const EDGE: usize = 3;

fn nested<E: Element>(
    f: &mut std::fmt::Formatter<'_>,
    values: &[E],
    dims: &[usize],
    indent: usize,
) -> std::fmt::Result {
    let Some((&n, rest)) = dims.split_first() else {
        return match values.first() {
            Some(x) if E::DTYPE.is_float() => write!(f, "{:.4}", x.to_f64()),
            Some(x) => write!(f, "{x}"),
            None => Ok(()),
        };
    };
    let step: usize = rest.iter().product();
    write!(f, "[")?;
    let long = n > 2 * EDGE + 1;
    let shown = (0..n).filter(|i| !long || *i <= EDGE || *i >= n - EDGE);
    for i in shown {
        match (i, rest.is_empty()) {
            (0, _) => {}
            (_, true) => f.write_str(", ")?,
            (_, false) => write!(f, ",\n{:indent$}", "", indent = indent + 1)?,
        }
        if long && i == EDGE {
            f.write_str("...")?;
        } else {
            nested(f, &values[i * step..(i + 1) * step], rest, indent + 1)?;
        }
    }
    write!(f, "]")
}
