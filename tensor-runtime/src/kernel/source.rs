//! What generated code says of a kernel: its template as text, and what the paths in it stand for.

use crate::error::Error;
use crate::graph::{op_at, op_name};
use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::{Template, link};
use formwork_ir::scalar::{Type, Wide};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// The source of a `#[kernel]` or `#[device]` function.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub name: &'static str,
    /// Text of [`formwork_ir::kernel::Template`].
    pub template: &'static str,
    /// In the order of the template's callees.
    pub callees: &'static [&'static Source],
    /// In the order of the template's constants.
    pub constants: &'static [fn() -> Constant],
}

/// The value of a constant that a kernel reads.
#[derive(Clone, Copy, Debug)]
pub struct Constant(link::Constant);

impl<T: Type> From<T> for Constant {
    fn from(x: T) -> Constant {
        let ty = ScalarType::from_name(T::NAME).unwrap_or(ScalarType::F32);
        Constant(match x.wide() {
            Wide::Unsigned(x) if ty == ScalarType::Bool => link::Constant::Bool(x != 0),
            Wide::F32(x) => link::Constant::Float(ty, x as f64),
            Wide::F64(x) => link::Constant::Float(ty, x),
            Wide::Signed(x) => link::Constant::Int(ty, x as i128),
            Wide::Unsigned(x) => link::Constant::Int(ty, x as i128),
        })
    }
}

/// Sources that were read, by the address of their text.
static READ: LazyLock<Mutex<HashMap<usize, Arc<link::Source>>>> = LazyLock::new(Mutex::default);

impl Source {
    /// The source with its template parsed.
    ///
    /// # Errors
    /// If the template is none, which is a mistake of whoever wrote it.
    #[doc(hidden)]
    pub fn read(&self) -> Result<Arc<link::Source>, Error> {
        let key = self.template.as_ptr() as usize;
        if let Some(known) = READ.lock().unwrap_or_else(|e| e.into_inner()).get(&key) {
            return Ok(known.clone());
        }
        let template = Template::parse(self.template).map_err(|e| self.unlinked(e))?;
        let callees = self.callees.iter().map(|c| c.read()).collect::<Result<_, _>>()?;
        let constants = self.constants.iter().map(|c| c().0).collect();
        let source = Arc::new(link::Source { template, callees, constants });
        READ.lock().unwrap_or_else(|e| e.into_inner()).insert(key, source.clone());
        Ok(source)
    }

    /// What a kernel that cannot be understood ends in.
    pub(super) fn unlinked(&self, reason: impl std::fmt::Display) -> Error {
        let message = format!("{}: {reason}", op_name());
        Error::Value { message, scope: String::new(), at: op_at() }
    }
}
