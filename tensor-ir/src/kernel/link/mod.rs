//! From a template to the typed kernel: dims become sizes, element generics dtypes, paths functions and constants.
//!
//! Types are inferred within each function by unification over scalar types; literals without a suffix fall back to
//! `i32` and `f64` as in Rust. rustc has accepted the body before, so a failure is a mistake of the macro or of the
//! caller, but it is an error with a line and no panic. Then statements are lowered in the order of Rust's evaluation.

mod array;
mod call;
mod constant;
mod infer;
mod lower;
mod operator;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

use super::ir::{Array, Function, Kernel, Param, ScalarType, Size, Storage, Var};
use super::{GenericKind, Kind, ParamKind, Template};

/// A template and what its paths stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub template: Template,
    /// In the order of `template.callees`.
    pub callees: Vec<Arc<Source>>,
    /// In the order of `template.constants`.
    pub constants: Vec<Constant>,
}

/// The value of a constant of the author's crate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    Int(ScalarType, i128),
    Float(ScalarType, f64),
    Bool(bool),
}

/// What a generic of the signature stands for in a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A dim of this size, which is a literal of the kernel.
    Literal(u64),
    /// A dim whose size is an argument of a launch.
    Argument,
    Element(ScalarType),
}

/// Why a template has no typed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlinked {
    pub file: String,
    pub line: u32,
    pub message: String,
}

impl std::fmt::Display for Unlinked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for Unlinked {}

type Linked<T> = Result<T, Unlinked>;

impl Source {
    /// The source of a template without callees and constants.
    pub fn new(template: Template) -> Source {
        Source { template, callees: Vec::new(), constants: Vec::new() }
    }

    /// The typed form of a grid kernel for its generics, in the order of the signature.
    pub fn kernel(&self, bounds: &[Bound]) -> Linked<Kernel> {
        let mut scope = Scope::new(self, bounds)?;
        let template = &self.template;
        if template.kind != Kind::Grid {
            return scope.fail(0, format!("`{}` is no grid kernel", template.name));
        }
        let arrays = template.params.iter().enumerate().map(|(i, p)| scope.param(i, p)).collect::<Linked<Vec<_>>>()?;
        let mut functions = Functions::default();
        let done = lower::body(&scope, &mut functions)?;
        let mut scalars = done.params.iter().copied();
        let params = template.params.iter().zip(arrays).map(|(p, array)| match (&p.kind, array) {
            (ParamKind::Array { mode, .. }, Some(array)) => Some(Param::Array { mode: *mode, array }),
            _ => scalars.next().map(Param::Scalar),
        });
        let params = params.collect::<Option<Vec<_>>>();
        let block = template.block.iter().map(|e| {
            scope.size(e)?.literal().map_or_else(
                || scope.fail(e.line, "the size of a block does not depend on dims"),
                |n| u32::try_from(n).or_else(|_| scope.fail(e.line, format!("a block of {n} threads along one axis"))),
            )
        });
        let block = block.collect::<Linked<Vec<_>>>()?;
        let grid = template.grid.iter().map(|e| scope.size(e)).collect::<Linked<Vec<_>>>()?;
        let axis = |i: usize| block.get(i).copied().unwrap_or(1);
        let (Some(params), Some(_), Some(_)) = (params, grid.first(), block.first()) else {
            return scope.fail(0, "a grid kernel has a block and a grid");
        };
        Ok(Kernel {
            aliased: false,
            name: template.name.clone(),
            file: template.file.clone(),
            params,
            block: [axis(0), axis(1), axis(2)],
            grid: std::array::from_fn(|i| grid.get(i).cloned().unwrap_or(Size::Literal(1))),
            dims: scope.dims,
            arguments: scope.arguments,
            shared: done.shared,
            functions: functions.done,
            body: done.body,
        })
    }

    /// The typed form of a point kernel or device function for its element generics, after the functions that it calls.
    pub fn functions(&self, elements: &[ScalarType]) -> Linked<Vec<Function>> {
        let mut functions = Functions::default();
        functions.instance(self, elements)?;
        Ok(functions.done)
    }
}

/// The functions of a kernel that are typed already.
#[derive(Default)]
struct Functions {
    done: Vec<Function>,
    /// By address of the source and element types: the number in `done`. The sources live as long as the linking.
    known: HashMap<(*const Source, Vec<ScalarType>), u32>,
}

impl Functions {
    /// The number of a function for these element types.
    fn instance(&mut self, source: &Source, elements: &[ScalarType]) -> Linked<u32> {
        let key = (std::ptr::from_ref(source), elements.to_vec());
        if let Some(i) = self.known.get(&key) {
            return Ok(*i);
        }
        let bounds: Vec<Bound> = elements.iter().map(|e| Bound::Element(*e)).collect();
        let scope = Scope::new(source, &bounds)?;
        let template = &source.template;
        if template.kind == Kind::Grid {
            return scope.fail(0, format!("`{}` is a grid kernel, which is launched, not called", template.name));
        }
        let done = lower::body(&scope, self)?;
        let results = template.results.iter().map(|t| scope.scalar(t, 0)).collect::<Linked<Vec<_>>>()?;
        let taken = |name: &str| self.done.iter().any(|f| f.name == name);
        let mut name = template.name.clone();
        let mut count = 2;
        while taken(&name) {
            name = format!("{}_{count}", template.name);
            count += 1;
        }
        let file = template.file.clone();
        self.done.push(Function { name, file, kind: template.kind, params: done.params, results, body: done.body });
        self.known.insert(key, self.done.len() as u32 - 1);
        Ok(self.done.len() as u32 - 1)
    }
}

/// What names outside the body stand for.
struct Scope<'a> {
    source: &'a Source,
    dims: Vec<(String, Size)>,
    arguments: Vec<String>,
    elements: HashMap<String, ScalarType>,
    /// Arrays of device memory.
    arrays: HashMap<String, (Storage, Array)>,
}

impl<'a> Scope<'a> {
    fn new(source: &'a Source, bounds: &[Bound]) -> Linked<Scope<'a>> {
        let template = &source.template;
        let (dims, arguments, elements, arrays) = Default::default();
        let mut scope = Scope { source, dims, arguments, elements, arrays };
        if bounds.len() != template.generics.len() {
            let (found, expected) = (bounds.len(), template.generics.len());
            return scope.fail(0, format!("`{}` has {expected} generics, {found} are bound", template.name));
        }
        if (source.callees.len(), source.constants.len()) != (template.callees.len(), template.constants.len()) {
            return scope.fail(0, format!("the paths of `{}` are not all bound", template.name));
        }
        for (generic, bound) in template.generics.iter().zip(bounds) {
            let name = generic.name.clone();
            match (generic.kind, bound) {
                (GenericKind::Dim, Bound::Literal(n)) => scope.dims.push((name, Size::Literal(*n))),
                (GenericKind::Dim, Bound::Argument) => {
                    scope.dims.push((name.clone(), Size::Argument(scope.arguments.len() as u32)));
                    scope.arguments.push(name);
                }
                (GenericKind::Element, Bound::Element(t)) => {
                    scope.elements.insert(name, *t);
                }
                _ => return scope.fail(0, format!("generic `{name}` is bound to {bound:?}")),
            }
        }
        Ok(scope)
    }

    /// The array of a parameter, unless it is a scalar.
    fn param(&mut self, i: usize, p: &super::Param) -> Linked<Option<Array>> {
        let ParamKind::Array { element, dims, .. } = &p.kind else { return Ok(None) };
        let dims = dims.iter().map(|d| self.size(d)).collect::<Linked<Vec<_>>>()?;
        let array = Array { name: p.name.clone(), line: p.line, element: self.scalar(element, p.line)?, dims };
        if array.element.dtype().is_none() {
            return self.fail(p.line, format!("arrays of `{}` are of shared or local memory only", array.element));
        }
        self.arrays.insert(p.name.clone(), (Storage::Param(i as u32), array.clone()));
        Ok(Some(array))
    }

    /// The scalar type of a name.
    fn scalar(&self, name: &str, line: u32) -> Linked<ScalarType> {
        match self.elements.get(name).copied().or_else(|| ScalarType::from_name(name)) {
            Some(t) => Ok(t),
            None => self.fail(line, format!("`{name}` is no scalar type")),
        }
    }

    fn dim(&self, name: &str) -> Option<&Size> {
        self.dims.iter().find(|(n, _)| n == name).map(|(_, size)| size)
    }

    fn fail<T>(&self, line: u32, message: impl Into<String>) -> Linked<T> {
        Err(Unlinked { file: self.source.template.file.clone(), line, message: message.into() })
    }
}

/// A body that is lowered.
struct Done {
    params: Vec<Var>,
    shared: Vec<Array>,
    body: super::ir::Body,
}
