//! What the library's layers share beside the protocol: parameters by name, and values to start from.

use super::Vars;
use crate::params::{Param, State};
use crate::{Element, Float, Result, Shape};

/// `Module` and `Kind` of a layer of the library: its parameters and state by their names in PyTorch's state dict. It has
/// no options that are dims, or with `but given` those of its own impls of `With`.
macro_rules! library_layer {
    ([$($decl:tt)*] $layer:ty { $($field:ident),* }) => {
        $crate::nn::library::library_layer!([$($decl)*] $layer { $($field),* } but given);
        #[diagnostic::do_not_recommend]
        impl<Name, Value, $($decl)*> $crate::nn::With<Name, Value> for $layer {
            type Out = Self;
            type Has = $crate::No;
        }
    };
    ([$($decl:tt)*] $layer:ty { $($field:ident),* } but given) => {
        // Kept out of lists of impls in errors.
        #[diagnostic::do_not_recommend]
        impl<$($decl)*> $crate::params::Module for $layer {
            fn visit<'a>(
                &'a self,
                path: &mut $crate::params::Path,
                f: &mut dyn FnMut(&$crate::params::Path, $crate::params::Item<'a>),
            ) {
                let _ = (&path, &f);
                $(
                    path.push(stringify!($field));
                    $crate::params::Module::visit(&self.$field, path, f);
                    path.pop();
                )*
            }
            fn visit_mut<'a>(
                &'a mut self,
                path: &mut $crate::params::Path,
                f: &mut dyn FnMut(&$crate::params::Path, $crate::params::ItemMut<'a>),
            ) {
                let _ = (&path, &f);
                $(
                    path.push(stringify!($field));
                    $crate::params::Module::visit_mut(&mut self.$field, path, f);
                    path.pop();
                )*
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($decl)*> $crate::nn::Kind for $layer {
            type Kind = $crate::nn::Builtin;
        }
    };
}
pub(super) use library_layer;

/// An option that other layers have and this one has not.
macro_rules! lacks {
    ([$($decl:tt)*] $layer:ty: $name:ident) => {
        #[diagnostic::do_not_recommend]
        impl<Value, $($decl)*> $crate::nn::With<$crate::nn::$name, Value> for $layer {
            type Out = Self;
            type Has = $crate::No;
        }
    };
}
pub(super) use lacks;

/// How many elements a parameter of literal shape `S` has.
fn len<S: Shape>() -> usize {
    S::SIZES.iter().map(|n| n.unwrap_or(0)).product()
}

/// A parameter drawn evenly from `-bound..bound` with `bound = 1 / sqrt(fan_in)`: PyTorch's `kaiming_uniform_` with
/// `a = sqrt(5)`, which its linear and convolution layers start from, weight and bias alike. He et al. 2015.
pub(super) fn uniform<S: Shape, E: Float>(at: &mut Vars<'_>, fan_in: usize) -> Result<Param<S, E>> {
    let bound = 1.0 / (fan_in.max(1) as f64).sqrt();
    let drawn = at.rng().uniform_vec(len::<S>(), -bound, bound);
    Param::new(from_f64::<E>(drawn), &at.device())
}

/// A parameter drawn from the normal distribution.
pub(super) fn normal<S: Shape, E: Float>(at: &mut Vars<'_>, mean: f64, std: f64) -> Result<Param<S, E>> {
    let drawn = at.rng().normal_vec(len::<S>(), mean, std);
    Param::new(from_f64::<E>(drawn), &at.device())
}

/// A parameter that is `value` everywhere.
pub(super) fn constant<S: Shape, E: Float>(at: &Vars<'_>, value: f64) -> Result<Param<S, E>> {
    Param::new(vec![E::from_f64(value); len::<S>()], &at.device())
}

/// A state that is `value` everywhere.
pub(super) fn state<S: Shape, E: Element>(at: &Vars<'_>, value: f64) -> Result<State<S, E>> {
    State::new(vec![E::from_f64(value); len::<S>()], &at.device())
}

fn from_f64<E: Element>(values: Vec<f64>) -> Vec<E> {
    values.into_iter().map(E::from_f64).collect()
}
