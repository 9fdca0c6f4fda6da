//! rmsprop: steps divided by a running root mean square of the gradient.

use super::formula::{Formula, Rule, Term, fraction, not_negative};
use super::optimizer::Optimizer;
use super::schedule::Schedule;
use crate::error::Result;

/// RMSprop (Tieleman and Hinton 2012), `torch.optim.RMSprop`.
///
/// With `v = alpha * v + (1 - alpha) * g^2` the step is `p = p - lr * g / (sqrt(v) + eps)`. If
/// centred, the square of the running mean of `g` is taken off `v`; with momentum the step is along
/// `b = momentum * b + g / (sqrt(v) + eps)`. Weight decay adds `weight_decay * p` to `g`.
pub type RmsProp = Optimizer<RmsPropRule>;

/// The formula of [`RmsProp`].
#[derive(Clone, Debug, PartialEq)]
pub struct RmsPropRule {
    alpha: f64,
    eps: f64,
    weight_decay: f64,
    momentum: f64,
    centered: bool,
}

impl RmsProp {
    /// With alpha 0.99, eps 1e-8, no momentum and no weight decay, not centred.
    pub fn new(lr: impl Schedule + 'static) -> RmsProp {
        let rule = RmsPropRule { alpha: 0.99, eps: 1e-8, weight_decay: 0.0, momentum: 0.0, centered: false };
        Optimizer::with(rule, lr)
    }

    /// How slowly the running means forget.
    pub fn alpha(self, alpha: f64) -> RmsProp {
        self.set(|r| r.alpha = alpha)
    }

    /// What keeps the divisor from 0.
    pub fn eps(self, eps: f64) -> RmsProp {
        self.set(|r| r.eps = eps)
    }

    /// The L2 penalty.
    pub fn weight_decay(self, weight_decay: f64) -> RmsProp {
        self.set(|r| r.weight_decay = weight_decay)
    }

    /// The share of the last step that goes on.
    pub fn momentum(self, momentum: f64) -> RmsProp {
        self.set(|r| r.momentum = momentum)
    }

    /// Whether to divide by the standard deviation instead of the root mean square.
    pub fn centered(self, centered: bool) -> RmsProp {
        self.set(|r| r.centered = centered)
    }
}

impl Rule for RmsPropRule {
    const NAME: &'static str = "RmsProp";

    fn states(&self) -> Vec<&'static str> {
        let mut states = vec!["square_avg"];
        states.extend(self.centered.then_some("grad_avg"));
        states.extend((self.momentum != 0.0).then_some("momentum_buffer"));
        states
    }

    fn check(&self) -> Result<()> {
        fraction("alpha", self.alpha)?;
        not_negative("eps", self.eps)?;
        not_negative("weight_decay", self.weight_decay)?;
        not_negative("momentum", self.momentum)
    }

    fn update<'f>(&self, f: &'f Formula, p: Term<'f>, g: Term<'f>, state: &mut [Term<'f>]) -> Term<'f> {
        let mut g = g;
        if self.weight_decay != 0.0 {
            g = g + f.number(f.decay(self.weight_decay)) * p;
        }
        let rest = f.number(1.0 - self.alpha);
        state[0] = f.number(self.alpha) * state[0] + rest * g * g;
        let mut square = state[0];
        if self.centered {
            state[1] = state[1] + rest * (g - state[1]);
            square = square - state[1] * state[1];
        }
        let (root, lr) = (square.sqrt() + f.number(self.eps), f.number(f.lr()));
        match state.last_mut() {
            Some(buffer) if self.momentum != 0.0 => {
                *buffer = f.number(self.momentum) * *buffer + g / root;
                p - lr * *buffer
            }
            _ => p - lr * g / root,
        }
    }
}
