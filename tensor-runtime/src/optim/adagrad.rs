//! adagrad: steps divided by the root of all squared gradients so far.

use super::formula::{Formula, Rule, Term, not_negative};
use super::optimizer::Optimizer;
use super::schedule::Schedule;
use crate::error::Result;

/// Adagrad (Duchi et al. 2011), `torch.optim.Adagrad`.
///
/// With `v = v + g^2`, at step `t` `p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(v) + eps)`.
/// Weight decay adds `weight_decay * p` to `g`.
pub type Adagrad = Optimizer<AdagradRule>;

/// The formula of [`Adagrad`].
#[derive(Clone, Debug, PartialEq)]
pub struct AdagradRule {
    lr_decay: f64,
    weight_decay: f64,
    initial: f64,
    eps: f64,
}

impl Adagrad {
    /// With eps 1e-10, without weight decay, the sum from 0.
    pub fn new(lr: impl Schedule + 'static) -> Adagrad {
        Optimizer::with(AdagradRule { lr_decay: 0.0, weight_decay: 0.0, initial: 0.0, eps: 1e-10 }, lr)
    }

    /// How fast the rate falls, beside its schedule.
    pub fn lr_decay(self, lr_decay: f64) -> Adagrad {
        self.set(|r| r.lr_decay = lr_decay)
    }

    /// The L2 penalty.
    pub fn weight_decay(self, weight_decay: f64) -> Adagrad {
        self.set(|r| r.weight_decay = weight_decay)
    }

    /// What the sum of squares starts from.
    pub fn initial_accumulator_value(self, initial: f64) -> Adagrad {
        self.set(|r| r.initial = initial)
    }

    /// What keeps the divisor from 0.
    pub fn eps(self, eps: f64) -> Adagrad {
        self.set(|r| r.eps = eps)
    }
}

impl Rule for AdagradRule {
    const NAME: &'static str = "Adagrad";

    fn states(&self) -> Vec<&'static str> {
        vec!["sum"]
    }

    fn initial(&self) -> f64 {
        self.initial
    }

    fn check(&self) -> Result<()> {
        not_negative("lr_decay", self.lr_decay)?;
        not_negative("weight_decay", self.weight_decay)?;
        not_negative("initial_accumulator_value", self.initial)?;
        not_negative("eps", self.eps)
    }

    fn update<'f>(&self, f: &'f Formula, p: Term<'f>, g: Term<'f>, state: &mut [Term<'f>]) -> Term<'f> {
        let mut g = g;
        if self.weight_decay != 0.0 {
            g = g + f.number(f.decay(self.weight_decay)) * p;
        }
        state[0] = state[0] + g * g;
        let rate = f.lr() / (1.0 + (f.step() - 1) as f64 * self.lr_decay);
        p - f.number(rate) * g / (state[0].sqrt() + f.number(self.eps))
    }
}
