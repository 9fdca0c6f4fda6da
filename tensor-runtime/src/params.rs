//! What a model holds: parameters and state, and the walk over them by PyTorch's state-dict names.

use crate::device::{Buffer, Device};
use crate::dtype::{Element, Num};
use crate::error::{Error, Result};
use crate::graph::{Handle, Node, named, op_at, op_name};
use crate::ops::{Operand, operators, tensor_operand};
use crate::prim::Role;
use crate::tensor::{AsTensor, Tensor, fits};
use formwork_ir::{DType, Intrinsic};
use formwork_shapes::{Broadcast, Shape};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// A tensor that is learned: `backward` gives its gradient, an optimizer overwrites it. It derefs to
/// the tensor of its current value.
pub struct Param<S: Shape, E: Element = f32>(Tensor<S, E>);

/// A tensor that a layer keeps from one forward pass to the next and nobody learns: running
/// statistics. A new value may be pending; the next step evaluates it.
pub struct State<S: Shape, E: Element = f32>(Mutex<Tensor<S, E>>);

impl<S: Shape, E: Element> Param<S, E> {
    /// A parameter of the given elements.
    ///
    /// # Errors
    /// If the data does not fill the shape, the shape has run-time dims, or there is no memory.
    #[track_caller]
    pub fn new(data: impl AsRef<[E]>, device: &Device) -> Result<Self> {
        let _op = named("Param::new");
        leaf::<S, E>(data.as_ref(), Role::Param, device).map(Param)
    }

    /// The current value.
    pub fn tensor(&self) -> &Tensor<S, E> {
        &self.0
    }

    /// For [`Module::visit`].
    pub fn item(&self) -> Item<'_> {
        Item { kind: ItemKind::Param, shape: S::display(), node: self.0.node().clone(), of: std::marker::PhantomData }
    }

    /// For [`Module::visit_mut`].
    pub fn item_mut(&mut self) -> ItemMut<'_> {
        ItemMut { kind: ItemKind::Param, handle: self.0.handle_mut() }
    }
}

impl<S: Shape, E: Element> Deref for Param<S, E> {
    type Target = Tensor<S, E>;
    fn deref(&self) -> &Tensor<S, E> {
        &self.0
    }
}

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Element> AsTensor for Param<S, E> {
    type Shape = S;
    type Element = E;
    fn as_tensor(&self) -> &Tensor<S, E> {
        &self.0
    }
}

tensor_operand! { &Param<R, E> }
operators! { &Param<S, E> }

impl<S: Shape, E: Element> State<S, E> {
    /// A state of the given elements.
    ///
    /// # Errors
    /// If the data does not fill the shape, the shape has run-time dims, or there is no memory.
    #[track_caller]
    pub fn new(data: impl AsRef<[E]>, device: &Device) -> Result<Self> {
        let _op = named("State::new");
        leaf::<S, E>(data.as_ref(), Role::State, device).map(|t| State(Mutex::new(t)))
    }

    /// The newest value.
    pub fn get(&self) -> Tensor<S, E> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Sets a new value, which may be pending; no gradient passes through it.
    #[track_caller]
    pub fn set(&self, value: &Tensor<S, E>) {
        *self.0.lock().unwrap_or_else(|e| e.into_inner()) = value.detach();
    }

    /// For [`Module::visit`].
    pub fn item(&self) -> Item<'_> {
        Item {
            kind: ItemKind::State,
            shape: S::display(),
            node: self.get().node().clone(),
            of: std::marker::PhantomData,
        }
    }

    /// For [`Module::visit_mut`].
    pub fn item_mut(&mut self) -> ItemMut<'_> {
        let tensor = self.0.get_mut().unwrap_or_else(|e| e.into_inner());
        ItemMut { kind: ItemKind::State, handle: tensor.handle_mut() }
    }
}

fn leaf<S: Shape, E: Element>(data: &[E], role: Role, device: &Device) -> Result<Tensor<S, E>> {
    let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.unwrap_or(0)).collect();
    if S::SIZES.contains(&None) || sizes.iter().product::<usize>() != data.len() || !fits::<S>(&sizes) {
        let expected = format!("the elements of a literal shape, here {}", S::display());
        return Err(Error::Shape { op: op_name(), expected, found: format!("{} elements", data.len()), at: op_at() });
    }
    Tensor::from_buffer(Buffer::from_slice(*device, data)?, &sizes, role)
}

/// What an item of a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Learned.
    Param,
    /// Kept, not learned.
    State,
}

/// A parameter or state, to be read.
pub struct Item<'a> {
    pub kind: ItemKind,
    /// Its shape as text: `[128, 64]`.
    pub shape: String,
    node: Node,
    of: std::marker::PhantomData<&'a ()>,
}

/// A parameter or state, to be replaced.
pub struct ItemMut<'a> {
    pub kind: ItemKind,
    handle: &'a mut Handle,
}

impl Item<'_> {
    /// The sizes of its axes.
    pub fn dims(&self) -> Vec<usize> {
        self.node.dims().to_vec()
    }

    /// The number of its elements.
    pub fn len(&self) -> usize {
        self.node.len()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn dtype(&self) -> DType {
        self.node.dtype()
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// The bytes of its elements in row-major order, little-endian.
    ///
    /// # Errors
    /// Everything that can go wrong in computing a state that is pending.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        bytes(&self.node)
    }
}

/// The bytes of a node's value, which is computed if it is pending.
pub(crate) fn bytes(node: &Node) -> Result<Vec<u8>> {
    if let Some(error) = node.error() {
        return Err(error);
    }
    crate::eval::look(std::slice::from_ref(node))?;
    let value = node.value().ok_or(Error::Cut { at: node.origin().at })?;
    let mut bytes = value.to_bytes()?;
    bytes.truncate(node.bytes());
    Ok(bytes)
}

impl ItemMut<'_> {
    /// The sizes of its axes.
    pub fn dims(&self) -> Vec<usize> {
        self.handle.node().dims().to_vec()
    }

    pub fn dtype(&self) -> DType {
        self.handle.node().dtype()
    }

    pub(crate) fn node(&self) -> &Node {
        self.handle.node()
    }

    /// Replaces the value by `bytes`: elements in row-major order, little-endian.
    ///
    /// # Errors
    /// If there are too few or too many bytes, or no memory; the value then stays.
    #[track_caller]
    pub fn set_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let buffer = self.filled(bytes)?;
        self.replace(buffer);
        Ok(())
    }

    #[track_caller]
    fn filled(&self, bytes: &[u8]) -> Result<Arc<Buffer>> {
        let node = self.handle.node();
        if bytes.len() != node.bytes() {
            let (expected, found) = (format!("{} bytes", node.bytes()), format!("{} bytes", bytes.len()));
            return Err(Error::Shape { op: "set_bytes", expected, found, at: std::panic::Location::caller() });
        }
        Ok(Arc::new(Buffer::from_slice(node.device(), bytes)?))
    }

    /// Makes a buffer the value.
    pub(crate) fn replace(&mut self, value: Arc<Buffer>) {
        let role = match self.kind {
            ItemKind::Param => Role::Param,
            ItemKind::State => Role::State,
        };
        let node = self.handle.node();
        *self.handle = Handle::new(Node::leaf(role, node.dims().clone(), node.dtype(), value));
    }
}

/// [`ItemMut::set_bytes`] for several items, all or none.
///
/// # Errors
/// If there are too few or too many bytes for one of them, or no memory; every value then stays.
#[track_caller]
pub fn set_all(items: Vec<(ItemMut<'_>, Vec<u8>)>) -> Result<()> {
    let mut buffers = Vec::with_capacity(items.len());
    for (item, bytes) in &items {
        buffers.push(item.filled(bytes)?);
    }
    for ((mut item, _), buffer) in items.into_iter().zip(buffers) {
        item.replace(buffer);
    }
    Ok(())
}

/// The name of an item in a model: `encoder.blocks.0.fc1.weight`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    text: String,
    ends: Vec<usize>,
}

impl Path {
    /// The root.
    pub fn new() -> Path {
        Path::default()
    }

    /// Goes into the field `name`.
    pub fn push(&mut self, name: &str) {
        self.ends.push(self.text.len());
        if !self.text.is_empty() {
            self.text.push('.');
        }
        self.text.push_str(name);
    }

    /// Goes back out.
    pub fn pop(&mut self) {
        if let Some(end) = self.ends.pop() {
            self.text.truncate(end);
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

/// Something with parameters and state: a layer, a model, an array of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Module`: it holds no parameters that can be visited",
    label = "not a `Module`",
    note = "`#[derive(Module)]` makes a struct one; `#[module(skip)]` on a field leaves the field out"
)]
pub trait Module {
    /// Calls `f` for every parameter and state, in the order of the fields.
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>));

    /// The same, to replace them.
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>));
}

impl<S: Shape, E: Element> Module for Param<S, E> {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        f(path, self.item());
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        f(path, self.item_mut());
    }
}

impl<S: Shape, E: Element> Module for State<S, E> {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        f(path, self.item());
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        f(path, self.item_mut());
    }
}

impl<M: Module> Module for Option<M> {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        self.iter().for_each(|m| m.visit(path, f));
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        self.iter_mut().for_each(|m| m.visit_mut(path, f));
    }
}

macro_rules! sequences {
    ($([$($generics:tt)*] $t:ty;)*) => { $(
        impl<M: Module $($generics)*> Module for $t {
            fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
                for (i, m) in self.iter().enumerate() {
                    path.push(&i.to_string());
                    m.visit(path, f);
                    path.pop();
                }
            }
            fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
                for (i, m) in self.iter_mut().enumerate() {
                    path.push(&i.to_string());
                    m.visit_mut(path, f);
                    path.pop();
                }
            }
        }
    )* };
}

sequences! {
    [, const N: usize] [M; N];
    [] Vec<M>;
}
