//! `+ - * /` and their kin, with NumPy broadcasting, and with Rust numbers.

use crate::dtype::{Element, Float, Num};
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Broadcast, Shape};
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

macro_rules! binary {
    ($($(#[$doc:meta])* $method:ident $intrinsic:ident;)*) => {
        impl<S: Shape, E: Num> Tensor<S, E> { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method<R: Shape + Broadcast<S>>(&self, rhs: &Tensor<R, E>) -> Tensor<R::Out, E> {
                let _op = named(stringify!($method));
                Tensor::of(self.node().binary(Intrinsic::$intrinsic, rhs.node()))
            }
        )* }
    };
}

binary! {
    /// `x + y`, broadcast together.
    add Add;
    /// `x - y`, broadcast together.
    sub Sub;
    /// `x * y` element by element, broadcast together.
    mul Mul;
    /// `x / y`, broadcast together. Integers are cut towards zero; by zero they give 0.
    div Div;
    /// The rest of `x / y` with the sign of `x`, as Rust's `%` and `torch.fmod`.
    rem Rem;
    /// The larger of both; a NaN wins. The gradient goes to `x` where they are equal.
    maximum Max;
    /// The smaller of both; a NaN wins. The gradient goes to `x` where they are equal.
    minimum Min;
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `x` to the power `y`, broadcast together.
    #[track_caller]
    pub fn pow<R: Shape + Broadcast<S>>(&self, rhs: &Tensor<R, E>) -> Tensor<R::Out, E> {
        let _op = named("pow");
        Tensor::of(self.node().binary(Intrinsic::Pow, rhs.node()))
    }

    /// The angle of the point `(y, x)`, this tensor being `y`: in radians from -pi to pi; broadcast together.
    #[track_caller]
    pub fn atan2<R: Shape + Broadcast<S>>(&self, x: &Tensor<R, E>) -> Tensor<R::Out, E> {
        let _op = named("atan2");
        Tensor::of(self.node().binary(Intrinsic::Atan2, x.node()))
    }

    /// `x` to the power of a number. Small whole powers are products.
    #[track_caller]
    pub fn powf(&self, exponent: f64) -> Self {
        let _op = named("powf");
        let x = self.node();
        let square = || x.binary(Intrinsic::Mul, x);
        Tensor::of(match exponent {
            1.0 => x.clone(),
            2.0 => square(),
            3.0 => square().binary(Intrinsic::Mul, x),
            _ => x.binary_number(Intrinsic::Pow, exponent),
        })
    }

    /// `x * x`.
    #[track_caller]
    pub fn square(&self) -> Self {
        self.powf(2.0)
    }
}

impl<S: Shape, E: Num> Tensor<S, E> {
    /// `min(max(x, low), high)`; the gradient is 1 inside and at the ends, 0 outside.
    #[track_caller]
    pub fn clamp(&self, low: E, high: E) -> Self {
        let _op = named("clamp");
        let bounded = self.node().binary_number(Intrinsic::Max, low.to_f64());
        Tensor::of(bounded.binary_number(Intrinsic::Min, high.to_f64()))
    }
}

/// One operator in all combinations of values and references, and with numbers on either side.
macro_rules! operator {
    ($($trait:ident $method:ident $intrinsic:ident;)*) => { $(
        operator!(@tensors $trait $method [&Tensor<S, E>] [&Tensor<R, E>]);
        operator!(@tensors $trait $method [&Tensor<S, E>] [Tensor<R, E>]);
        operator!(@tensors $trait $method [Tensor<S, E>] [&Tensor<R, E>]);
        operator!(@tensors $trait $method [Tensor<S, E>] [Tensor<R, E>]);
        operator!(@numbers $trait $method $intrinsic f32 f64 i64 i32 u8);
    )* };
    (@tensors $trait:ident $method:ident [$l:ty] [$r:ty]) => {
        impl<S: Shape, R: Shape + Broadcast<S>, E: Num> $trait<$r> for $l {
            type Output = Tensor<R::Out, E>;
            #[track_caller]
            fn $method(self, rhs: $r) -> Self::Output {
                let _op = named(stringify!($method));
                Tensor::$method(&self, &rhs)
            }
        }
    };
    (@numbers $trait:ident $method:ident $intrinsic:ident $($e:ident)*) => { $(
        operator!(@number $trait $method $intrinsic $e [&Tensor<S, $e>]);
        operator!(@number $trait $method $intrinsic $e [Tensor<S, $e>]);
    )* };
    (@number $trait:ident $method:ident $intrinsic:ident $e:ident [$l:ty]) => {
        impl<S: Shape> $trait<$e> for $l {
            type Output = Tensor<S, $e>;
            #[track_caller]
            fn $method(self, rhs: $e) -> Self::Output {
                let _op = named(stringify!($method));
                Tensor::of(self.node().binary_number(Intrinsic::$intrinsic, rhs.to_f64()))
            }
        }
        impl<S: Shape> $trait<$l> for $e {
            type Output = Tensor<S, $e>;
            #[track_caller]
            fn $method(self, rhs: $l) -> Self::Output {
                let _op = named(stringify!($method));
                Tensor::of(Node::number(self.to_f64(), $e::DTYPE).binary(Intrinsic::$intrinsic, rhs.node()))
            }
        }
    };
}

operator! {
    Add add Add;
    Sub sub Sub;
    Mul mul Mul;
    Div div Div;
    Rem rem Rem;
}

impl<S: Shape, E: Num> Neg for &Tensor<S, E> {
    type Output = Tensor<S, E>;
    #[track_caller]
    fn neg(self) -> Tensor<S, E> {
        let _op = named("neg");
        Tensor::of(self.node().unary(Intrinsic::Neg))
    }
}

impl<S: Shape, E: Num> Neg for Tensor<S, E> {
    type Output = Tensor<S, E>;
    #[track_caller]
    fn neg(self) -> Tensor<S, E> {
        -&self
    }
}

macro_rules! assign {
    ($($trait:ident $assign:ident $op:ident $method:ident;)*) => { $(
        impl<S: Shape, R, E: Num> std::ops::$trait<R> for Tensor<S, E>
        where
            for<'a> &'a Tensor<S, E>: $op<R, Output = Tensor<S, E>>,
        {
            /// The handle becomes one of the new value; the old tensor stays as it was for others.
            #[track_caller]
            fn $assign(&mut self, rhs: R) {
                *self = $op::$method(&*self, rhs);
            }
        }
    )* };
}

assign! {
    AddAssign add_assign Add add;
    SubAssign sub_assign Sub sub;
    MulAssign mul_assign Mul mul;
    DivAssign div_assign Div div;
}
