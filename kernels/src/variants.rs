//! The variants of regions among the kernels.

use crate::topk;
use formwork::runtime_dim;
use formwork::variant::Variant;

// Sizes that a variant knows from its call.
runtime_dim!(Rows);
runtime_dim!(Columns);
runtime_dim!(First);

/// Variants of regions, each where it is faster than the region's definition. The first that fits is taken.
pub static VARIANTS: &[&dyn Variant] = &[&topk::F32, &topk::F16, &topk::BF16];
