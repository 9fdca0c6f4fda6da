//! The lines of `files` and `bugs` as launches.

use formwork::kernel::Source;
use formwork_ir::kernel::interp::FindingKind;
use formwork_ir::kernel::ir::{Kernel, Param, ScalarType};
use formwork_ir::kernel::link::{self, Bound};
use formwork_ir::kernel::{Kind, Mode, ParamKind, Template};
use std::fmt::Write;
use std::sync::Arc;

use crate::compare::Case;
use crate::values::{Outcome, Values};

/// A call on the CPU through the public API.
pub type Call = fn(&[Values]) -> Outcome<Vec<Values>>;

/// A line of a test.
pub struct Line {
    pub file: &'static str,
    pub line: u32,
    pub text: &'static str,
    pub source: &'static Source,
    /// What the generics of a grid kernel are.
    pub bounds: Vec<Bound>,
    /// Sizes of run-time dims.
    pub dims: Vec<u64>,
    pub args: Vec<Values>,
    pub wanted: Wanted,
    /// Ways to call it, by name.
    pub calls: Vec<(&'static str, Call)>,
}

/// What a line says of the results; with `true`, floats within a millionth.
pub enum Wanted {
    Given(bool, Vec<Values>),
    Computed(bool, fn(&[Values]) -> Vec<Values>),
    /// The error word is set.
    Faults,
    /// Checked mode finds these, by kind and line.
    Finds(Vec<(FindingKind, u32)>),
}

impl Line {
    pub fn name(&self) -> String {
        format!("{}:{}: {}", self.file, self.line, self.text)
    }

    /// Whether floats may differ a little.
    pub fn is_near(&self) -> bool {
        matches!(self.wanted, Wanted::Given(true, _) | Wanted::Computed(true, _))
    }

    /// The results that it states.
    pub fn stated(&self) -> Option<Vec<Values>> {
        match &self.wanted {
            Wanted::Given(_, values) => Some(values.clone()),
            Wanted::Computed(_, reference) => Some(reference(&self.args)),
            Wanted::Faults | Wanted::Finds(_) => None,
        }
    }

    /// The launch that it means. A function of scalars is called by a kernel for each element.
    pub fn case(&self) -> Outcome<Case> {
        let source = self.source.read().map_err(|e| e.to_string())?;
        let case = match source.template.kind {
            Kind::Grid => {
                let kernel = source.kernel(&self.bounds).map_err(|e| e.to_string())?;
                let mut args = self.args.iter();
                self.launch(kernel, || args.next().cloned())?
            }
            _ => self.wrapped(source)?,
        };
        Ok(Case { tolerance: if self.is_near() { 1e-6 } else { 0.0 }, ..case })
    }

    fn launch(&self, kernel: Kernel, mut next: impl FnMut() -> Option<Values>) -> Outcome<Case> {
        let (mut arrays, mut scalars) = (vec![], vec![]);
        let missing = || format!("{}: an argument is missing", self.name());
        for param in &kernel.params {
            match param {
                Param::Array { mode: mode @ (Mode::Out | Mode::Zeroed), array } => {
                    let sizes = array.dims.iter().map(|d| d.eval(&self.dims).unwrap_or(0) as usize);
                    // What is never written must not look like a result.
                    let fill = if *mode == Mode::Zeroed { 0 } else { 0xA5 };
                    arrays.push(vec![fill; sizes.product::<usize>() * array.element.size()]);
                }
                Param::Array { .. } => arrays.push(next().ok_or_else(missing)?.bytes),
                Param::Scalar(_) => scalars.push(next().ok_or_else(missing)?.argument()),
            }
        }
        let (name, dims) = (self.name(), self.dims.clone());
        Ok(Case { name, kernel, arrays, scalars, dims, tolerance: 0.0, faulty: false })
    }

    /// A kernel whose threads call the function for an element each. Types that arrays don't have travel as i64.
    fn wrapped(&self, source: Arc<link::Source>) -> Outcome<Case> {
        let sizes = self.shape();
        let args: Vec<Values> = self.args.iter().map(|a| a.cast(stored(a.ty)).broadcast(&sizes)).collect();
        let kernel = wrapper(source, &self.args, sizes.iter().product())?;
        let mut args = args.into_iter();
        self.launch(kernel, || args.next())
    }

    /// The sizes that the arguments of a function of scalars are broadcast to.
    fn shape(&self) -> Vec<usize> {
        let rank = self.args.iter().map(|a| a.sizes.len()).max().unwrap_or(0).max(1);
        let mut sizes = vec![1; rank];
        for arg in &self.args {
            let axes = sizes[rank - arg.sizes.len()..].iter_mut();
            axes.zip(&arg.sizes).for_each(|(s, n)| *s = (*s).max(*n));
        }
        sizes
    }
}

/// The type in which a value lies in an array.
pub fn stored(ty: ScalarType) -> ScalarType {
    if ty.dtype().is_some() { ty } else { ScalarType::I64 }
}

/// A kernel of `count` threads that each call a function of scalars for an element.
pub fn wrapper(source: Arc<link::Source>, args: &[Values], count: usize) -> Outcome<Kernel> {
    let template = &source.template;
    let of = |name: &String| {
        let generic = template.params.iter().zip(args).find_map(|(p, v)| match &p.kind {
            ParamKind::Scalar(ty) if ty == name => Some(v.ty),
            _ => None,
        });
        ScalarType::from_name(name).or(generic).unwrap_or(ScalarType::F32)
    };
    let results: Vec<ScalarType> = template.results.iter().map(of).collect();
    let (mut params, mut call, mut names, mut sets) = (String::new(), String::new(), String::new(), String::new());
    for (i, arg) in args.iter().enumerate() {
        let _ = write!(params, "(x{i} in {} {count}) ", stored(arg.ty));
        let _ = write!(call, " (as (at x{i} i) {})", arg.ty);
    }
    for (i, ty) in results.iter().enumerate() {
        let _ = write!(params, "(y{i} out {} {count}) ", stored(*ty));
        let _ = write!(names, "r{i} ");
        let _ = write!(sets, "(set= (at y{i} i) (as r{i} {})) ", stored(*ty));
    }
    let text = format!(
        "(grid {0}_of_each {1} (generics) (params {params}) (results) (block 32) (grid (call div_ceil {count} 32)) \
         (callees {0}) (constants) @0 (let (i) _ (call global_idx)) (if (< i {count}) \
         ((let ({names}) _ (fn 0{call})) {sets}) ()))",
        template.name,
        if template.file.is_empty() { "-" } else { &template.file },
    );
    let template = Template::parse(&text).map_err(|e| format!("{e}: {text}"))?;
    let outer = link::Source { template, callees: vec![source.clone()], constants: vec![] };
    outer.kernel(&[]).map_err(|e| e.to_string())
}
