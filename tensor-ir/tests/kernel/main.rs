//! Kernels: templates, their types, what they compute.

mod link;
mod text;
