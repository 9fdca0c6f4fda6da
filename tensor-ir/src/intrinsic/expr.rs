//! Expressions in which the table writes derivatives.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::{Builder, DType, Intrinsic, Value};

/// A value of a fragment that is being built, with arithmetic: `g * y` adds an instruction.
#[derive(Clone, Copy)]
pub(crate) struct Expr<'b> {
    builder: &'b RefCell<Builder>,
    pub(crate) value: Value,
}

impl<'b> Expr<'b> {
    pub(crate) fn new(builder: &'b RefCell<Builder>, value: Value) -> Self {
        Expr { builder, value }
    }

    fn dtype(self) -> DType {
        self.builder.borrow().dtype(self.value)
    }

    fn apply(self, op: Intrinsic, args: &[Value]) -> Self {
        Expr::new(self.builder, self.builder.borrow_mut().apply(op, args))
    }

    /// A constant of this value's dtype.
    pub(crate) fn constant(self, x: f64) -> Self {
        let dtype = self.dtype();
        Expr::new(self.builder, self.builder.borrow_mut().constant(dtype, x))
    }

    pub(crate) fn map(self, op: Intrinsic) -> Self {
        self.apply(op, &[self.value])
    }

    pub(crate) fn with(self, op: Intrinsic, other: Self) -> Self {
        self.apply(op, &[self.value, other.value])
    }

    /// `a` where this boolean holds, `b` elsewhere.
    pub(crate) fn select(self, a: Self, b: Self) -> Self {
        self.apply(Intrinsic::Select, &[self.value, a.value, b.value])
    }
}

impl Neg for Expr<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(Intrinsic::Neg)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident)*) => {$(
        impl $trait for Expr<'_> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.with(Intrinsic::$trait, other)
            }
        }

        impl $trait<f64> for Expr<'_> {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                self.with(Intrinsic::$trait, self.constant(other))
            }
        }

        impl<'b> $trait<Expr<'b>> for f64 {
            type Output = Expr<'b>;
            fn $method(self, other: Expr<'b>) -> Expr<'b> {
                other.constant(self).with(Intrinsic::$trait, other)
            }
        }
    )*};
}
operators! { Add add Sub sub Mul mul Div div }
