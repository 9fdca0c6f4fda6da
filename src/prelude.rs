//! What nearly every program uses: `use formwork::prelude::*`.

pub use crate::data::{self, DataLoader, Dataset, digits, mnist};
pub use crate::io::{self, Persist};
pub use crate::nn::{self, *};
pub use crate::optim::*;
pub use crate::{
    Data, Device, Element, Error, Float, Gradients, Num, Result, Rng, Tensor, bf16, checkpoint, dim, dims, f16, grad,
    model, params::Module, params::Param, params::State, s,
};
// The derive macro; the trait of this name is above.
pub use crate::kernel::Array;
pub use formwork_macros::{Module, device, kernel};
pub use formwork_shapes::*;
