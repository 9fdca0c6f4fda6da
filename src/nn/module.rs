//! What a model is made of: how its layers are initialised, listed and printed.

use super::Kind;
use super::mode::Place;
use crate::params::{Item, ItemMut, Module, Path};
use crate::{Device, Element, Result, Rng, Shape, Tensor};
use std::fmt;

/// A layer that can be made: with fresh parameters, from its configuration.
pub trait Init: Sized {
    /// What can be set beside the types: `Dropout(0.1)` is `Config::from(0.1)`, `Linear(.., bias = false)` its field `bias`.
    type Config: Default;
    /// Makes the layer. Parameters are drawn in the order of the fields.
    fn init(config: Self::Config, at: &mut Vars<'_>) -> Result<Self>;
}

impl<L: Init<Config: Clone>, const N: usize> Init for [L; N] {
    type Config = L::Config;
    fn init(config: L::Config, at: &mut Vars<'_>) -> Result<[L; N]> {
        let layers = (0..N).map(|i| at.named(&i.to_string(), config.clone())).collect::<Result<Vec<L>>>()?;
        // The vector has N layers, since each of them was made.
        layers.try_into().map_err(|_| crate::Error::other("a layer of an array was not made"))
    }
}

/// Where a layer is made: on which device, from which random numbers, under which name.
pub struct Vars<'a> {
    device: Device,
    rng: &'a mut Rng,
    path: String,
}

impl<'a> Vars<'a> {
    /// At the root of a model.
    pub fn new(device: &Device, rng: &'a mut Rng) -> Vars<'a> {
        Vars { device: *device, rng, path: String::new() }
    }

    /// The device that parameters are made on.
    pub fn device(&self) -> Device {
        self.device
    }

    /// The random numbers that parameters are drawn from.
    pub fn rng(&mut self) -> &mut Rng {
        self.rng
    }

    /// The name of the layer that is being made: `encoder.blocks.0.fc1`.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn named<L: Init>(&mut self, name: &str, config: L::Config) -> Result<L> {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        let layer = L::init(config, self);
        self.path.truncate(outer);
        layer
    }
}

/// A field of a model: a layer that can be made, that has parameters, that can be applied. One trait for the three, so
/// that a field that isn't a layer is one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "not a layer",
    note = "a layer is a `model!`, or a struct with `impl Init`, `#[derive(Module)]` and `impl Layer<..>`"
)]
pub trait Part: Sized {
    /// [`Init::Config`].
    type Config;
    /// Makes the layer as it is by default.
    fn make(at: &mut Vars<'_>, name: &str) -> Result<Self>;
    /// Makes the layer with some of its configuration set.
    fn make_with(at: &mut Vars<'_>, name: &str, set: impl FnOnce(&mut Self::Config)) -> Result<Self>;
    /// [`Module::visit`] under a name.
    fn visit<'a>(&'a self, name: &str, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>));
    /// [`Module::visit_mut`] under a name.
    fn visit_mut<'a>(&'a mut self, name: &str, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>));
    /// Lists the layer, written as `text`, and those inside it.
    fn list(&self, name: &str, text: &str, layers: &mut Layers);
}

#[diagnostic::do_not_recommend]
impl<L: Init + Module + Kind> Part for L {
    type Config = L::Config;
    fn make(at: &mut Vars<'_>, name: &str) -> Result<L> {
        at.named(name, L::Config::default())
    }
    fn make_with(at: &mut Vars<'_>, name: &str, set: impl FnOnce(&mut L::Config)) -> Result<L> {
        let mut config = L::Config::default();
        set(&mut config);
        at.named(name, config)
    }
    fn visit<'a>(&'a self, name: &str, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        path.push(name);
        Module::visit(self, path, f);
        path.pop();
    }
    fn visit_mut<'a>(&'a mut self, name: &str, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        path.push(name);
        Module::visit_mut(self, path, f);
        path.pop();
    }
    fn list(&self, name: &str, text: &str, layers: &mut Layers) {
        layers.add(name, text, self);
    }
}

/// Makes a model; what its `new` calls.
pub fn new<M: Init>(device: &Device, rng: &mut Rng) -> Result<M> {
    M::init(M::Config::default(), &mut Vars::new(device, rng))
}

/// The layers inside a model, in the order they were written; [`Kind::layers`] fills it.
#[derive(Default)]
pub struct Layers {
    rows: Vec<Row>,
    path: Vec<String>,
}

/// A layer of a model.
pub struct Row {
    /// Its name: `blocks.0.fc1`.
    pub path: String,
    /// How deep in the model it lies: 0 for the model's own layers.
    pub depth: usize,
    /// As written in the model: `Linear(64 -> 128)`.
    pub layer: String,
    /// The shapes of what came out, one for each application: `[Batch, 128]`.
    pub outputs: Vec<String>,
    /// The number of its parameters, those of the layers inside included.
    pub parameters: usize,
    pub(super) place: Place,
}

impl Layers {
    /// The layers of `model`.
    pub fn of<M: Kind>(model: &M) -> Vec<Row> {
        let mut layers = Layers::default();
        model.layers(&mut layers);
        layers.rows
    }

    /// Adds the layer `name`, written as `text`, and those inside it.
    pub fn add<L: Kind>(&mut self, name: &str, text: &str, layer: &L) {
        self.path.push(name.to_string());
        let row = Row {
            path: self.path.join("."),
            depth: self.path.len() - 1,
            layer: text.to_string(),
            outputs: vec![],
            parameters: 0,
            place: layer.place(),
        };
        self.rows.push(row);
        layer.layers(self);
        self.path.pop();
    }

    /// Adds item `i` of an array of layers.
    pub fn add_item<L: Kind>(&mut self, i: usize, layer: &L) {
        // The array is `[Block(D); 12]`.
        let path = self.path.join(".");
        let array = self.rows.iter().rev().find(|row| row.path == path).map_or("", |row| &row.layer);
        let item = array
            .strip_prefix('[')
            .and_then(|a| a.rsplit_once("; "))
            .map_or(String::new(), |(item, _)| item.to_string());
        self.add(&i.to_string(), &item, layer);
    }
}

/// Prints a model as its layers were written; its `Debug`.
pub fn fmt_layers<M: Kind>(model: &M, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name} {{")?;
    let rows = Layers::of(model);
    for (i, row) in rows.iter().enumerate() {
        let (indent, last) = ("    ".repeat(row.depth + 1), row.path.rsplit('.').next().unwrap_or_default());
        let colon = if row.layer.is_empty() { "" } else { ": " };
        write!(f, "\n{indent}{last}{colon}{}", row.layer)?;
        let inside = rows.get(i + 1).is_some_and(|next| next.depth > row.depth);
        if inside {
            f.write_str(" {")?;
            continue;
        }
        let next = rows.get(i + 1).map_or(0, |next| next.depth);
        f.write_str(",")?;
        for depth in (next..row.depth).rev() {
            write!(f, "\n{}}},", "    ".repeat(depth + 1))?;
        }
    }
    f.write_str(if rows.is_empty() { "}" } else { "\n}" })
}

/// Stands for an input while a model is built and not run.
pub trait Dry {
    /// An input that is never looked at: its run-time dims are 1.
    fn dry() -> Self;
}

impl<S: Shape, E: Element> Dry for Tensor<S, E> {
    fn dry() -> Self {
        let sizes: Vec<usize> = S::SIZES.iter().map(|size| size.unwrap_or(1)).collect();
        Tensor::full_sized(E::default(), &sizes)
    }
}

macro_rules! dry {
    ($($t:ident)+) => { impl<$($t: Dry),+> Dry for ($($t,)+) { fn dry() -> Self { ($($t::dry(),)+) } } };
}
impl Dry for () {
    fn dry() -> Self {}
}
dry! { A }
dry! { A B }
dry! { A B C }
dry! { A B C D }

/// [`Dry::dry`].
pub fn dry<T: Dry>() -> T {
    T::dry()
}

/// Drops the result of a pass that was only built.
pub fn ignore<T>(_: T) {}
