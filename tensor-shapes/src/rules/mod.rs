//! One file a rule, named after the operation. `Self` of a relation is the operand whose type is known last, so that
//! rustc never guesses it from the only impl it sees: the right operand, the target shape, the input of a layer.
//! A rule is total where it can be, and fails in one leaf trait, whose message states both facts.
mod broadcast;
mod chunk;
mod concat;
mod convolve;
mod cross_entropy;
mod expand;
mod flatten;
mod gather;
mod matmul;
mod pad;
mod permute;
mod reduce;
mod reshape;
mod same;
mod slice;
mod split;
mod squeeze;
mod topk;
mod transpose;
mod unflatten;
mod window;

pub use broadcast::*;
pub use chunk::*;
pub use concat::*;
pub use convolve::*;
pub use cross_entropy::*;
pub use expand::*;
pub use flatten::*;
pub use gather::*;
pub use matmul::*;
pub use pad::*;
pub use permute::*;
pub use reduce::*;
pub use reshape::*;
pub use same::*;
pub use slice::*;
pub use split::*;
pub use squeeze::*;
pub use topk::*;
pub use transpose::*;
pub use unflatten::*;
pub use window::*;
