//! Comparisons, logic on bools, and the choice between two tensors.

use crate::dtype::{Element, Num, SameElement};
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Broadcast, Shape};

macro_rules! compare {
    ($($(#[$doc:meta])* $method:ident $number:ident $intrinsic:ident;)*) => {
        impl<S: Shape, E: Num> Tensor<S, E> { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method<R, F>(&self, rhs: &Tensor<R, F>) -> Tensor<R::Out, bool>
            where
                R: Shape + Broadcast<S>,
                F: SameElement<E>,
            {
                let _op = named(stringify!($method));
                Tensor::of(self.node().binary(Intrinsic::$intrinsic, rhs.node()))
            }

            #[doc = concat!("[`Tensor::", stringify!($method), "`] with a number.")]
            #[track_caller]
            pub fn $number(&self, rhs: E) -> Tensor<S, bool> {
                let _op = named(stringify!($method));
                Tensor::of(self.node().binary_number(Intrinsic::$intrinsic, rhs.to_f64()))
            }
        )* }
    };
}

compare! {
    /// Where `x < y`.
    lt lt_number Lt;
    /// Where `x <= y`.
    le le_number Le;
    /// Where `x > y`.
    gt gt_number Gt;
    /// Where `x >= y`.
    ge ge_number Ge;
    /// Where `x == y`.
    eq eq_number Eq;
    /// Where `x != y`.
    ne ne_number Ne;
}

macro_rules! logic {
    ($($(#[$doc:meta])* $method:ident $intrinsic:ident;)*) => {
        impl<S: Shape> Tensor<S, bool> { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method<R: Shape + Broadcast<S>>(&self, rhs: &Tensor<R, bool>) -> Tensor<R::Out, bool> {
                let _op = named(stringify!($method));
                Tensor::of(self.node().binary(Intrinsic::$intrinsic, rhs.node()))
            }
        )* }
    };
}

logic! {
    /// Where both are true.
    logical_and And;
    /// Where one is true, or both.
    logical_or Or;
    /// Where exactly one is true.
    logical_xor Xor;
}

impl<S: Shape> Tensor<S, bool> {
    /// Where it is false.
    #[track_caller]
    pub fn logical_not(&self) -> Self {
        let _op = named("logical_not");
        Tensor::of(self.node().unary(Intrinsic::Not))
    }

    /// `a` where this is true, else `b`; `a` and `b` have one shape, this broadcasts to it.
    #[track_caller]
    pub fn select<R, E: Element>(&self, a: &Tensor<R, E>, b: &Tensor<R, E>) -> Tensor<R, E>
    where
        R: Shape + Broadcast<S, Out = R>,
    {
        let _op = named("select");
        Tensor::of(self.node().select(a.node(), b.node()))
    }
}
