//! Kernels: templates, their types, what they compute.

mod link;
mod point;
mod text;
