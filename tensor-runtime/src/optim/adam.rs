//! adam: steps scaled by running moments of the gradient.

use super::formula::{Formula, Rule, Term, fraction, not_negative};
use super::optimizer::Optimizer;
use super::schedule::Schedule;
use crate::error::Result;

/// Adam (Kingma and Ba 2015), `torch.optim.Adam`.
///
/// With `m = beta1 * m + (1 - beta1) * g` and `v = beta2 * v + (1 - beta2) * g^2`, at step `t`
/// `p = p - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)`. Weight decay is an L2
/// penalty here, `g = g + weight_decay * p` before; see [`AdamW`](super::AdamW).
///
/// ```
/// use formwork_runtime::optim::Adam;
/// let opt = Adam::new(1e-3).betas(0.9, 0.98).eps(1e-9);
/// assert_eq!(opt.lr(), 1e-3);
/// ```
pub type Adam = Optimizer<AdamRule<false>>;

/// The formula of [`Adam`]; `DECOUPLED`, that of [`AdamW`](super::AdamW).
#[derive(Clone, Debug, PartialEq)]
pub struct AdamRule<const DECOUPLED: bool> {
    pub(super) betas: (f64, f64),
    pub(super) eps: f64,
    pub(super) weight_decay: f64,
    pub(super) amsgrad: bool,
}

impl Adam {
    /// With betas 0.9 and 0.999, eps 1e-8 and no weight decay.
    pub fn new(lr: impl Schedule + 'static) -> Adam {
        Optimizer::with(AdamRule { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, amsgrad: false }, lr)
    }
}

impl<const DECOUPLED: bool> Optimizer<AdamRule<DECOUPLED>> {
    /// How slowly the running moments forget: of the gradient, and of its square.
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        self.set(|r| r.betas = (beta1, beta2))
    }

    /// What keeps the divisor from 0.
    pub fn eps(self, eps: f64) -> Self {
        self.set(|r| r.eps = eps)
    }

    /// How much parameters are drawn to 0.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        self.set(|r| r.weight_decay = weight_decay)
    }

    /// Whether to divide by the largest second moment so far (Reddi et al. 2018).
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        self.set(|r| r.amsgrad = amsgrad)
    }
}

impl<const DECOUPLED: bool> Rule for AdamRule<DECOUPLED> {
    const NAME: &'static str = if DECOUPLED { "AdamW" } else { "Adam" };

    fn states(&self) -> Vec<&'static str> {
        let all = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];
        all[..if self.amsgrad { 3 } else { 2 }].to_vec()
    }

    fn check(&self) -> Result<()> {
        fraction("beta1", self.betas.0)?;
        fraction("beta2", self.betas.1)?;
        not_negative("eps", self.eps)?;
        not_negative("weight_decay", self.weight_decay)
    }

    fn update<'f>(&self, f: &'f Formula, p: Term<'f>, g: Term<'f>, state: &mut [Term<'f>]) -> Term<'f> {
        let (mut p, mut g) = (p, g);
        let decay = f.decay(self.weight_decay);
        if self.weight_decay != 0.0 && DECOUPLED {
            p = p * f.number(1.0 - f.lr() * decay);
        } else if self.weight_decay != 0.0 {
            g = g + f.number(decay) * p;
        }
        let (beta1, beta2) = self.betas;
        let m = state[0] + f.number(1.0 - beta1) * (g - state[0]);
        let v = f.number(beta2) * state[1] + f.number(1.0 - beta2) * g * g;
        (state[0], state[1]) = (m, v);
        let mut scale = v;
        if let Some(largest) = state.get_mut(2) {
            *largest = largest.max(v);
            scale = *largest;
        }
        let t = f.step() as f64;
        let (size, root) = (f.lr() / (1.0 - beta1.powf(t)), (1.0 - beta2.powf(t)).sqrt());
        p - f.number(size) * m / (scale.sqrt() / f.number(root) + f.number(self.eps))
    }
}
