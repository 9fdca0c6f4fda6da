//! The one error type of the run-time library.

use crate::device::Device;
use formwork_ir::DType;
use std::path::PathBuf;

/// A result with formwork's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in the user's source an operation was written.
pub type Location = &'static std::panic::Location<'static>;

/// What can go wrong when something is evaluated, loaded or saved. Each variant says what was
/// asked, what was found, and what to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// Two run-time dims that a shape calls the same have different sizes.
    Dims { op: &'static str, left: Vec<usize>, right: Vec<usize>, at: Location },
    /// Data that does not fill the shape it is given.
    Shape { op: &'static str, expected: String, found: String, at: Location },
    /// A slice, index or axis bound that lies outside.
    Bounds { op: &'static str, message: String, at: Location },
    /// Tensors of two devices in one expression.
    Devices { op: &'static str, left: Device, right: Device, at: Location },
    /// A value that an operation does not take, found while it ran: a label out of range.
    Value { message: String, scope: String, at: Location },
    /// A tensor whose parameters were updated since it was made.
    Cut { at: Location },
    /// A region that uses a tensor that is not among its inputs.
    Region { name: &'static str, found: String, at: Location },
    /// A device, or a library that it needs, is not there.
    Missing { what: String, expected: String },
    /// What a device or one of its libraries says went wrong.
    Device { action: String, reason: String },
    /// Not enough memory.
    OutOfMemory { device: Device, bytes: usize },
    /// A file could not be read or written.
    Io { path: PathBuf, action: &'static str, reason: String },
    /// A file is not what it should be.
    Format { path: PathBuf, reason: String },
    /// A checkpoint does not fit the model: every difference, one a line.
    Checkpoint { path: PathBuf, differences: Vec<String> },
    /// A dtype was found where another was expected.
    DType { op: &'static str, expected: DType, found: DType },
    /// A setting outside what is allowed (a learning rate, a batch size, a flag).
    Setting { name: &'static str, found: String, expected: String },
    /// A gradient was asked for through something that has none.
    Gradient { op: &'static str, reason: String, made: Location, at: Location },
    /// An error of the user's own code: a dataset, a callback.
    Other(std::sync::Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps an error of the user's own.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Other(std::sync::Arc::from(error.into()))
    }
}

impl std::error::Error for Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Dims { op, left, right, at } => {
                write!(
                    f,
                    "{op}: run-time sizes differ: {left:?} on the left, {right:?} on the right ({at}); dims of one name must have one size"
                )
            }
            Error::Shape { op, expected, found, at } => write!(f, "{op}: expected {expected}, found {found} ({at})"),
            Error::Bounds { op, message, at } => write!(f, "{op}: {message} ({at})"),
            Error::Devices { op, left, right, at } => {
                write!(
                    f,
                    "{op}: the left tensor is on {left}, the right one on {right} ({at}); move one with `.to(&device)`"
                )
            }
            Error::Value { message, scope, at } if scope.is_empty() => write!(f, "{message} ({at})"),
            Error::Value { message, scope, at } => write!(f, "{message} (in `{scope}`, {at})"),
            Error::Cut { at } => {
                write!(
                    f,
                    "parameters were updated since this tensor was made ({at}); call `backward` before `step`, and read values before or keep the tensor itself"
                )
            }
            Error::Region { name, found, at } => {
                write!(
                    f,
                    "region `{name}` ({at}): its body uses a tensor that is none of its inputs ({found}); a variant would not see it, so make it an input"
                )
            }
            Error::Missing { what, expected } => write!(f, "{what} is not there: {expected}"),
            Error::Device { action, reason } => write!(f, "{action} failed: {reason}"),
            Error::OutOfMemory { device, bytes } => {
                write!(f, "{device} has no {bytes} bytes left; use a smaller batch or model, or free tensors")
            }
            Error::Io { path, action, reason } => write!(f, "cannot {action} `{}`: {reason}", path.display()),
            Error::Format { path, reason } => write!(f, "`{}`: {reason}", path.display()),
            Error::Checkpoint { path, differences } => {
                write!(f, "`{}` does not fit the model, which stays as it was:", path.display())?;
                differences.iter().try_for_each(|d| write!(f, "\n  {d}"))
            }
            Error::DType { op, expected, found } => {
                write!(f, "{op}: expected elements of {expected}, found {found}; convert with `cast`")
            }
            Error::Setting { name, found, expected } => write!(f, "`{name}` is {found}; it must be {expected}"),
            Error::Gradient { op, reason, made, at } => {
                write!(
                    f,
                    "`{op}` has no gradient, {reason}; `detach` what it takes if none should pass ({made}, asked for at {at})"
                )
            }
            Error::Other(e) => write!(f, "{e}"),
        }
    }
}
