//! Kernels: templates, their types, what they compute.

mod cuda;
mod link;
mod point;
mod text;
