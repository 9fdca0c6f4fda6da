//! How exact products and convolutions of f32 are.

use std::sync::atomic::{AtomicBool, Ordering};

static TF32: AtomicBool = AtomicBool::new(false);

/// Whether products and convolutions of f32 may round their operands to TF32, which has 10 bits after the point instead of
/// 23 and is about eight times as fast on a GPU with tensor cores; sums stay f32. Off at first. It holds for everything
/// evaluated from then on, on all GPUs and threads; `torch.backends.cuda.matmul.allow_tf32` and `cudnn.allow_tf32` in one.
pub fn allow_tf32(allow: bool) {
    TF32.store(allow, Ordering::Relaxed);
}

/// Whether TF32 is allowed.
pub(crate) fn tf32() -> bool {
    TF32.load(Ordering::Relaxed)
}
