//! Kernels as their authors write them: control flow, memory spaces, barriers.
//!
//! A [`Template`] is the body of a `#[kernel]` as the macro read it: names and source lines, no types, since a macro sees
//! tokens. It travels inside the compiled program as text. What it means is fixed when dims, dtypes and callees are
//! known: then it is typed, and everything that reads kernels (the interpreter, the CUDA text, the gradient) reads the
//! typed form.
//!
//! Nothing here knows of tensors, graphs or devices.

pub mod cuda;
pub mod interp;
pub mod ir;
mod language;
pub mod link;
pub mod point;
pub mod pointwise;
#[doc(hidden)]
pub mod random;
pub mod range;
mod template;
mod text;
pub mod uniform;

pub use language::Language;
pub use template::*;
pub use text::Malformed;
