//! Optimizers: one file a rule, and one [`Optimizer`] that applies any of them to a model.
//!
//! A [`Rule`] is a formula on scalars; [`Formula`] turns it into map nodes, so that all updates of a
//! step are part of the plan that computes the gradients. Rates, step counts and every other number
//! are arguments of that plan. Nothing here knows a layer, a device or a file.

mod adagrad;
mod adam;
mod adamw;
mod clip;
mod formula;
mod optimizer;
mod rmsprop;
mod schedule;
mod sgd;
mod state;

pub use adagrad::{Adagrad, AdagradRule};
pub use adam::{Adam, AdamRule};
pub use adamw::AdamW;
pub use formula::{Formula, Rule, Term};
pub use optimizer::Optimizer;
pub use rmsprop::{RmsProp, RmsPropRule};
pub use schedule::{Cosine, OneCycle, Schedule, StepDecay, Then, Warmup};
pub use sgd::{Sgd, SgdRule};
pub use state::{Saved, Wanted};
