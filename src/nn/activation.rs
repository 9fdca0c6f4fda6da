//! Activations as layers; each is a method of tensors too.

use super::library::library_layer;
use super::{Cx, Init, Takes, Vars};
use crate::{Axis, Float, Result, Shape, Tensor};

/// A layer a row: its method, and what PyTorch calls it.
macro_rules! activations {
    ($($layer:ident $method:ident $torch:literal;)*) => { $(
        #[doc = concat!("[`Tensor::", stringify!($method), "`] as a layer. PyTorch's `nn.", $torch, "`.")]
        pub struct $layer;

        impl Init for $layer {
            type Config = ();
            fn init(_: (), _: &mut Vars<'_>) -> Result<Self> {
                Ok($layer)
            }
        }

        library_layer!([] $layer {});

        impl<S: Shape, E: Float> Takes<$layer, E> for S {
            type Out = Tensor<S, E>;
            fn take(_: &$layer, x: &Tensor<S, E>, _: &Cx<'_>) -> Tensor<S, E> {
                x.$method()
            }
        }
    )* };
}

activations! {
    Relu relu "ReLU";
    Relu6 relu6 "ReLU6";
    Gelu gelu "GELU";
    GeluTanh gelu_tanh "GELU(approximate='tanh')";
    Silu silu "SiLU";
    Mish mish "Mish";
    Tanh tanh "Tanh";
    Sigmoid sigmoid "Sigmoid";
    Softplus softplus "Softplus";
    Softsign softsign "Softsign";
    LogSigmoid log_sigmoid "LogSigmoid";
    Selu selu "SELU";
    Hardsigmoid hardsigmoid "Hardsigmoid";
    Hardswish hardswish "Hardswish";
}

/// The same with one number, which has PyTorch's default.
macro_rules! with_number {
    ($($layer:ident $config:ident $method:ident $number:ident = $default:literal $torch:literal;)*) => { $(
        #[doc = concat!(
            "[`Tensor::", stringify!($method), "`] as a layer: `", stringify!($layer), "(", stringify!($default),
            ")`, which is the default. PyTorch's `nn.", $torch, "`."
        )]
        pub struct $layer {
            $number: f64,
        }

        #[doc = concat!("What can be set of [`", stringify!($layer), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $config {
            #[doc = concat!(stringify!($default), " by default.")]
            pub $number: f64,
        }

        impl Default for $config {
            fn default() -> Self {
                $config { $number: $default }
            }
        }

        impl From<f64> for $config {
            fn from($number: f64) -> Self {
                $config { $number }
            }
        }

        impl Init for $layer {
            type Config = $config;
            fn init(config: $config, _: &mut Vars<'_>) -> Result<Self> {
                Ok($layer { $number: config.$number })
            }
        }

        library_layer!([] $layer {});

        impl<S: Shape, E: Float> Takes<$layer, E> for S {
            type Out = Tensor<S, E>;
            fn take(layer: &$layer, x: &Tensor<S, E>, _: &Cx<'_>) -> Tensor<S, E> {
                x.$method(layer.$number)
            }
        }
    )* };
}

with_number! {
    LeakyRelu LeakyReluConfig leaky_relu slope = 0.01 "LeakyReLU";
    Elu EluConfig elu alpha = 1.0 "ELU";
    Celu CeluConfig celu alpha = 1.0 "CELU";
}

/// `e^x / sum(e^x)` over the last axis. PyTorch's `nn.Softmax(dim=-1)`; losses take logits and do it themselves.
pub struct Softmax;

impl Init for Softmax {
    type Config = ();
    fn init(_: (), _: &mut Vars<'_>) -> Result<Self> {
        Ok(Softmax)
    }
}

library_layer!([] Softmax {});

impl<S: Shape + Axis<-1>, E: Float> Takes<Softmax, E> for S {
    type Out = Tensor<S, E>;
    fn take(_: &Softmax, x: &Tensor<S, E>, _: &Cx<'_>) -> Tensor<S, E> {
        x.softmax::<-1>()
    }
}
