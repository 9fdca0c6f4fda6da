//! `+ - * /` and their kin, with NumPy broadcasting, and with Rust numbers.

use crate::dtype::{Element, Float, Num, SameElement};
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
            pub fn $method<R, F>(&self, rhs: &Tensor<R, F>) -> Tensor<R::Out, E>
            where
                R: Shape + Broadcast<S>,
                F: SameElement<E>,
            {
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
    pub fn pow<R: Shape + Broadcast<S>, F: SameElement<E>>(&self, rhs: &Tensor<R, F>) -> Tensor<R::Out, E> {
        let _op = named("pow");
        Tensor::of(self.node().binary(Intrinsic::Pow, rhs.node()))
    }

    /// The angle of the point `(y, x)`, this tensor being `y`: in radians from -pi to pi; broadcast together.
    #[track_caller]
    pub fn atan2<R: Shape + Broadcast<S>, F: SameElement<E>>(&self, x: &Tensor<R, F>) -> Tensor<R::Out, E> {
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

/// The right side of `+ - * /` beside a tensor of shape `S` and elements `E`: a tensor, a parameter, a number.
#[diagnostic::on_unimplemented(
    message = "arithmetic of a tensor of `{E}` with `{Self}`",
    label = "`{Self}` beside a tensor of `{E}`",
    note = "both sides have elements of one type, or the right one is a number of this type: `.cast::<{E}>()` converts a tensor, `as {E}` a number"
)]
pub trait Operand<S, E> {
    /// The shape of the result.
    type Out: Shape;
    /// `op` of the left side and this.
    fn apply(self, left: &Node, op: Intrinsic) -> Node;
}

macro_rules! tensor_operand {
    ($($tensor:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Shape, R: Shape + Broadcast<S>, E: Num> Operand<S, E> for $tensor {
            type Out = R::Out;
            fn apply(self, left: &Node, op: Intrinsic) -> Node {
                left.binary(op, self.node())
            }
        }
    )* };
}
pub(crate) use tensor_operand;
tensor_operand! { Tensor<R, E> &Tensor<R, E> }

#[diagnostic::do_not_recommend]
impl<S: Shape, E: Num> Operand<S, E> for E {
    type Out = S;
    fn apply(self, left: &Node, op: Intrinsic) -> Node {
        left.binary_number(op, self.to_f64())
    }
}

/// The operators with tensors of type `$left` on the left side, and on the right side of a number.
macro_rules! operators {
    ($($left:ty)*) => { $(
        $crate::ops::operator! { $left: Add add, Sub sub, Mul mul, Div div, Rem rem }
    )* };
}
pub(crate) use operators;

macro_rules! operator {
    ($left:ty: $($trait:ident $method:ident),*) => { $(
        impl<S: Shape, E: Num, R: Operand<S, E>> std::ops::$trait<R> for $left {
            type Output = Tensor<R::Out, E>;
            #[track_caller]
            fn $method(self, rhs: R) -> Self::Output {
                let _op = named(stringify!($method));
                Tensor::of(rhs.apply(self.node(), Intrinsic::$trait))
            }
        }
    )* };
}
pub(crate) use operator;
operators! { Tensor<S, E> &Tensor<S, E> }

/// A number on the left side.
macro_rules! number {
    ($($trait:ident $method:ident: $($e:ident)*;)*) => { $($(
        number!(@one $trait $method $e Tensor<S, $e>);
        number!(@one $trait $method $e &Tensor<S, $e>);
    )*)* };
    (@one $trait:ident $method:ident $e:ident $right:ty) => {
        impl<S: Shape> $trait<$right> for $e {
            type Output = Tensor<S, $e>;
            #[track_caller]
            fn $method(self, rhs: $right) -> Self::Output {
                let _op = named(stringify!($method));
                Tensor::of(Node::number(self.to_f64(), $e::DTYPE).binary(Intrinsic::$trait, rhs.node()))
            }
        }
    };
}

number! {
    Add add: f32 f64 i64 i32 u8;
    Sub sub: f32 f64 i64 i32 u8;
    Mul mul: f32 f64 i64 i32 u8;
    Div div: f32 f64 i64 i32 u8;
    Rem rem: f32 f64 i64 i32 u8;
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
    ($($trait:ident $assign:ident $op:ident;)*) => { $(
        impl<S: Shape, R: Operand<S, E, Out = S>, E: Num> std::ops::$trait<R> for Tensor<S, E> {
            /// The handle becomes one of the new value; the old tensor stays as it was for others.
            #[track_caller]
            fn $assign(&mut self, rhs: R) {
                let _op = named(stringify!($assign));
                *self = Tensor::of(rhs.apply(self.node(), Intrinsic::$op));
            }
        }
    )* };
}

assign! {
    AddAssign add_assign Add;
    SubAssign sub_assign Sub;
    MulAssign mul_assign Mul;
    DivAssign div_assign Div;
}
