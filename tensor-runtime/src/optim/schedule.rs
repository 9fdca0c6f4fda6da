//! Learning rates by step, PyTorch's `lr_scheduler`s as functions: no schedule keeps anything.

use std::f64::consts::PI;

/// A learning rate by step. A number is the constant one.
pub trait Schedule: Send + Sync {
    /// The rate of step `step`, from 0.
    fn rate(&self, step: u64) -> f64;
}

impl Schedule for f64 {
    fn rate(&self, _step: u64) -> f64 {
        *self
    }
}

impl Schedule for Box<dyn Schedule> {
    fn rate(&self, step: u64) -> f64 {
        (**self).rate(step)
    }
}

/// `lr * gamma^(step / size)`, rounded down: `StepLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepDecay {
    lr: f64,
    size: u64,
    gamma: f64,
}

impl StepDecay {
    /// A tenth after every `size` steps.
    pub fn new(lr: f64, size: u64) -> StepDecay {
        StepDecay { lr, size: size.max(1), gamma: 0.1 }
    }

    /// What the rate is multiplied by.
    pub fn gamma(self, gamma: f64) -> StepDecay {
        StepDecay { gamma, ..self }
    }
}

impl Schedule for StepDecay {
    fn rate(&self, step: u64) -> f64 {
        self.lr * self.gamma.powf((step / self.size) as f64)
    }
}

/// Half a cosine down to `min` over `steps`, then up again: `CosineAnnealingLR` (Loshchilov and
/// Hutter 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    lr: f64,
    steps: u64,
    min: f64,
}

impl Cosine {
    /// From `lr` to 0 over `steps`.
    pub fn new(lr: f64, steps: u64) -> Cosine {
        Cosine { lr, steps: steps.max(1), min: 0.0 }
    }

    /// The lowest rate, `eta_min`.
    pub fn min(self, min: f64) -> Cosine {
        Cosine { min, ..self }
    }
}

impl Schedule for Cosine {
    fn rate(&self, step: u64) -> f64 {
        // The phase is reduced first, so that it stays exact however far it goes on.
        let phase = (step % (2 * self.steps)) as f64 / self.steps as f64;
        self.min + (self.lr - self.min) * (1.0 + (PI * phase).cos()) / 2.0
    }
}

/// A straight rise before another schedule: `LinearLR`, then the other as in `SequentialLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup {
    steps: u64,
    from: f64,
}

impl Warmup {
    /// From a third of the rate to all of it over `steps`.
    pub fn new(steps: u64) -> Warmup {
        Warmup { steps, from: 1.0 / 3.0 }
    }

    /// The share of the rate to start at, `start_factor`.
    pub fn from(self, from: f64) -> Warmup {
        Warmup { from, ..self }
    }

    /// The schedule to go on with, whose first rate is the one that is risen to.
    pub fn then<S: Schedule>(self, schedule: S) -> Then<S> {
        Then { warmup: self, schedule }
    }
}

/// A [`Warmup`] and what comes after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Then<S> {
    warmup: Warmup,
    schedule: S,
}

impl<S: Schedule> Schedule for Then<S> {
    fn rate(&self, step: u64) -> f64 {
        let Warmup { steps, from } = self.warmup;
        match step < steps {
            true => self.schedule.rate(0) * (from + (1.0 - from) * step as f64 / steps as f64),
            false => self.schedule.rate(step - steps),
        }
    }
}

/// Up to the highest rate and far down again over `steps`: `OneCycleLR` (Smith and Topin 2019). It
/// leaves momentum as it is; after `steps` it stays at the lowest rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    max_lr: f64,
    steps: u64,
    pct_start: f64,
    div_factor: f64,
    final_div_factor: f64,
    linear: bool,
}

impl OneCycle {
    /// From `max_lr / 25` up over the first 30 % of `steps`, then down to `max_lr / 250,000`, along
    /// cosines.
    pub fn new(max_lr: f64, steps: u64) -> OneCycle {
        OneCycle { max_lr, steps, pct_start: 0.3, div_factor: 25.0, final_div_factor: 1e4, linear: false }
    }

    /// The share of the steps in which the rate rises.
    pub fn pct_start(self, pct_start: f64) -> OneCycle {
        OneCycle { pct_start, ..self }
    }

    /// The highest rate by the first.
    pub fn div_factor(self, div_factor: f64) -> OneCycle {
        OneCycle { div_factor, ..self }
    }

    /// The first rate by the last.
    pub fn final_div_factor(self, final_div_factor: f64) -> OneCycle {
        OneCycle { final_div_factor, ..self }
    }

    /// Along straight lines instead of cosines.
    pub fn linear(self) -> OneCycle {
        OneCycle { linear: true, ..self }
    }
}

impl Schedule for OneCycle {
    fn rate(&self, step: u64) -> f64 {
        let first = self.max_lr / self.div_factor;
        let last = first / self.final_div_factor;
        let end = self.steps as f64 - 1.0;
        let peak = self.pct_start * self.steps as f64 - 1.0;
        let step = (step as f64).min(end);
        let (from, to, done) = match step <= peak {
            true => (first, self.max_lr, step / peak),
            false => (self.max_lr, last, (step - peak) / (end - peak)),
        };
        match self.linear {
            true => from + (to - from) * done,
            false => to + (from - to) / 2.0 * (1.0 + (PI * done).cos()),
        }
    }
}
