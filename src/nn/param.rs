//! Param as a part of a model: a learned tensor without a layer around it.

use super::library::{constant, normal};
use super::{Builtin, Init, Kind, Vars, With};
use crate::params::Param;
use crate::{Float, No, Result, Shape};

/// What can be set of a [`Param`] in a model: `Param([128, 768], std = 0.02)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParamConfig {
    /// The mean that it starts with: 0 by default.
    pub mean: f64,
    /// The standard deviation that it starts with: 0 by default, all elements being the mean.
    pub std: f64,
}

impl<S: Shape, E: Float> Init for Param<S, E> {
    type Config = ParamConfig;
    fn init(config: ParamConfig, at: &mut Vars<'_>) -> Result<Self> {
        if config.std == 0.0 { constant(at, config.mean) } else { normal(at, config.mean, config.std) }
    }
}

impl<S: Shape, E: Float> Kind for Param<S, E> {
    type Kind = Builtin;
}

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Float, Name, Value> With<Name, Value> for Param<S, E> {
    type Out = Self;
    type Has = No;
}
