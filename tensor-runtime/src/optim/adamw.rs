//! adamw: Adam whose weight decay does not go through the moments.

use super::adam::AdamRule;
use super::optimizer::Optimizer;
use super::schedule::Schedule;

/// AdamW (Loshchilov and Hutter 2019), `torch.optim.AdamW`: as [`Adam`](super::Adam), but weight
/// decay is `p = p - lr * weight_decay * p` before the step.
///
/// ```
/// use formwork_runtime::optim::{AdamW, Cosine, Warmup};
/// let rate = Warmup::new(100).then(Cosine::new(1e-3, 900));
/// let opt = AdamW::new(rate).weight_decay(0.1).no_decay(|name| name.ends_with("bias")).clip_norm(1.0);
/// assert_eq!(opt.lr(), 1e-3 / 3.0);
/// ```
pub type AdamW = Optimizer<AdamRule<true>>;

impl AdamW {
    /// With betas 0.9 and 0.999, eps 1e-8 and weight decay 0.01.
    pub fn new(lr: impl Schedule + 'static) -> AdamW {
        Optimizer::with(AdamRule { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.01, amsgrad: false }, lr)
    }
}
