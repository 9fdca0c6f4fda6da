//! Kernels: templates, their types, what they compute.

mod cuda;
mod interp;
mod link;
mod point;
mod pointwise;
mod random;
mod range;
mod text;
mod uniform;
