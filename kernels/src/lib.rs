//! Kernels on the API that users have: tuned variants of regions and primitives, and stand-alone ones.
//!
//! A file a kernel: its reference in plain Rust, the kernels from naive to fast with the reason, the gradient, and the
//! sizes at which it is checked and timed ([`cases`]). Nothing here may use what is private to the runtime.
//!
//! What is faster than a region's definition stands in [`VARIANTS`], with the sizes for which it is. On a CPU the planner's
//! own programs are faster nearly everywhere (`cargo bench -p formwork-kernels --bench cpu`; ARCHITECTURE.md has the
//! figures), so all but the largest of long rows wait for devices that want them:
//!
//! | what | kernel | its gradient |
//! |---|---|---|
//! | softmax, log-softmax of the last axis | [`softmax::row_softmax()`] | [`softmax::row_softmax_backward()`] |
//! | layer norm, RMS norm | [`norm::norm_rows()`] | [`norm::norm_rows_backward()`], [`norm::norm_weights_backward()`] |
//! | cross-entropy | [`cross_entropy::cross_entropy_rows()`] | [`cross_entropy::cross_entropy_backward()`] |
//! | running sums of the last axis | [`cumsum::cumsum_rows()`] | itself, reversed |
//! | the largest of the last axis | [`topk::topk_rows()`] | [`topk::topk_backward()`] |
//! | embedding | [`embedding::embedding_rows()`] | [`embedding::embedding_sorted()`] |

extern crate formwork_runtime as formwork;

mod case;
mod rows;
mod variants;

pub mod cross_entropy;
pub mod cumsum;
pub mod embedding;
pub mod heat;
pub mod histogram;
pub mod matmul;
pub mod norm;
pub mod philox;
pub mod softmax;
pub mod topk;
pub mod transpose;

pub use case::{Case, Generic, Size, Work};
pub use variants::VARIANTS;

/// All kernels at all their sizes.
pub fn cases(size: Size) -> Vec<Case> {
    [
        cross_entropy::cases,
        cumsum::cases,
        embedding::cases,
        heat::cases,
        histogram::cases,
        matmul::cases,
        norm::cases,
        philox::cases,
        softmax::cases,
        topk::cases,
        transpose::cases,
    ]
    .into_iter()
    .flat_map(|cases| cases(size))
    .collect()
}
