//! sgd: stochastic gradient descent, with momentum if wanted.

use super::formula::{Formula, Rule, Term, not_negative, setting};
use super::optimizer::Optimizer;
use super::schedule::Schedule;
use crate::error::Result;

/// Stochastic gradient descent, `torch.optim.SGD`.
///
/// `p = p - lr * g`; with weight decay `g = g + weight_decay * p` before. With momentum the step is
/// along `b = momentum * b + (1 - dampening) * g`, which starts as the first gradient; Nesterov's
/// goes along `g + momentum * b` (Sutskever et al. 2013).
///
/// ```
/// use formwork_runtime::optim::Sgd;
/// let opt = Sgd::new(0.1).momentum(0.9).nesterov(true);
/// assert_eq!(opt.lr(), 0.1);
/// ```
pub type Sgd = Optimizer<SgdRule>;

/// The formula of [`Sgd`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SgdRule {
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
}

impl Sgd {
    /// Without momentum and weight decay.
    pub fn new(lr: impl Schedule + 'static) -> Sgd {
        Optimizer::with(SgdRule::default(), lr)
    }

    /// The share of the last step that goes on; 0 by default.
    pub fn momentum(self, momentum: f64) -> Sgd {
        self.set(|r| r.momentum = momentum)
    }

    /// How much of the gradient the momentum leaves out; 0 by default.
    pub fn dampening(self, dampening: f64) -> Sgd {
        self.set(|r| r.dampening = dampening)
    }

    /// The L2 penalty; 0 by default.
    pub fn weight_decay(self, weight_decay: f64) -> Sgd {
        self.set(|r| r.weight_decay = weight_decay)
    }

    /// Whether to look ahead along the momentum, which must be above 0 then and not dampened.
    pub fn nesterov(self, nesterov: bool) -> Sgd {
        self.set(|r| r.nesterov = nesterov)
    }
}

impl Rule for SgdRule {
    const NAME: &'static str = "Sgd";

    fn states(&self) -> Vec<&'static str> {
        if self.momentum == 0.0 { vec![] } else { vec!["momentum_buffer"] }
    }

    fn check(&self) -> Result<()> {
        not_negative("momentum", self.momentum)?;
        not_negative("weight_decay", self.weight_decay)?;
        setting("dampening", self.dampening, self.dampening.is_finite(), "a finite number")?;
        if self.nesterov {
            setting("momentum", self.momentum, self.momentum > 0.0, "above 0 for Nesterov momentum")?;
            setting("dampening", self.dampening, self.dampening == 0.0, "0 for Nesterov momentum")?;
        }
        Ok(())
    }

    fn update<'f>(&self, f: &'f Formula, p: Term<'f>, g: Term<'f>, state: &mut [Term<'f>]) -> Term<'f> {
        let mut g = g;
        if self.weight_decay != 0.0 {
            g = g + f.number(f.decay(self.weight_decay)) * p;
        }
        if let [buffer] = state {
            // The first gradient goes in whole.
            let share = if f.step() == 1 { 1.0 } else { 1.0 - self.dampening };
            let momentum = f.number(self.momentum);
            *buffer = momentum * *buffer + f.number(share) * g;
            g = if self.nesterov { g + momentum * *buffer } else { *buffer };
        }
        p - f.number(f.lr()) * g
    }
}
