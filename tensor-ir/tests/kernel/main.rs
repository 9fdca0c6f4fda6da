//! Kernels: templates, their types, what they compute.

mod text;
