//! Kernels: templates, their types, what they compute.

mod cuda;
mod interp;
mod link;
mod point;
mod text;
mod uniform;
