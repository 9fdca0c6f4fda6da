//! Reductions: over everything, over one axis (dropped or kept), over several axes.

use crate::dtype::{Float, Num};
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::{Intrinsic, ReduceOp};
use formwork_shapes::{Axis, ReduceAxes, Shape, U1};

impl Node {
    fn count(&self, axes: &[usize]) -> f64 {
        axes.iter().map(|&a| self.dims()[a]).product::<usize>() as f64
    }

    /// The mean over `axes`, which are dropped; of nothing it is NaN.
    pub(crate) fn mean_over(&self, axes: &[usize]) -> Node {
        self.reduce(ReduceOp::Sum, axes.iter().copied()).binary_number(Intrinsic::Div, self.count(axes))
    }

    /// The mean over `axes`, which are kept with one element.
    pub(crate) fn mean_keep_over(&self, axes: &[usize]) -> Node {
        self.reduce_keep(ReduceOp::Sum, axes.iter().copied()).binary_number(Intrinsic::Div, self.count(axes))
    }

    /// The variance over `axes`, which are dropped, divided by `count - correction`.
    pub(crate) fn variance_over(&self, axes: &[usize], correction: f64) -> Node {
        let centred = self.binary(Intrinsic::Sub, &self.mean_keep_over(axes));
        let squares = centred.binary(Intrinsic::Mul, &centred).reduce(ReduceOp::Sum, axes.iter().copied());
        squares.binary_number(Intrinsic::Div, (self.count(axes) - correction).max(0.0))
    }

    fn all_axes(&self) -> Vec<usize> {
        (0..self.rank()).collect()
    }
}

macro_rules! reductions {
    ($bound:ident: $($(#[$doc:meta])* $all:ident $axis:ident $keep:ident $axes:ident $name:literal |$x:ident, $over:ident| $body:expr;)*) => {
        impl<S: Shape, E: $bound> Tensor<S, E> { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $all(&self) -> Tensor<(), E> {
                let _op = named($name);
                let $x = self.node();
                let $over = &$x.all_axes()[..];
                Tensor::of($body)
            }

            #[doc = concat!("[`Tensor::", stringify!($all), "`] over axis `I`, which is dropped.")]
            #[track_caller]
            pub fn $axis<const I: isize>(&self) -> Tensor<S::Remove, E> where S: Axis<I> {
                let _op = named($name);
                let $x = self.node();
                let $over = &[<S as Axis<I>>::INDEX][..];
                Tensor::of($body)
            }

            #[doc = concat!("[`Tensor::", stringify!($all), "`] over axis `I`, which is kept with one element.")]
            #[track_caller]
            pub fn $keep<const I: isize>(&self) -> Tensor<S::Set<U1>, E> where S: Axis<I> {
                let _op = named($name);
                let $x = self.node();
                let $over = &[<S as Axis<I>>::INDEX][..];
                let reduced: Node = $body;
                Tensor::of(reduced.with_ones($x.dims(), $over))
            }

            #[doc = concat!("[`Tensor::", stringify!($all), "`] over several axes, such as `Axes2<-2, -1>`, which are dropped.")]
            #[track_caller]
            pub fn $axes<A>(&self) -> Tensor<<S as ReduceAxes<A>>::Out, E> where S: ReduceAxes<A> {
                let _op = named($name);
                let $x = self.node();
                let $over = <S as ReduceAxes<A>>::AXES;
                Tensor::of($body)
            }
        )* }
    };
}

impl Node {
    /// This node, a reduction of one of `dims` over `axes`, with those axes kept.
    pub(crate) fn with_ones(&self, dims: &[usize], axes: &[usize]) -> Node {
        let kept: crate::graph::Dims =
            dims.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect();
        self.reshape(&kept)
    }
}

reductions! { Num:
    /// The sum of all elements, added pairwise.
    sum sum_axis sum_keep sum_axes "sum" |x, axes| x.reduce(ReduceOp::Sum, axes.iter().copied());
    /// The product of all elements.
    prod prod_axis prod_keep prod_axes "prod" |x, axes| x.reduce(ReduceOp::Prod, axes.iter().copied());
    /// The largest element; a NaN wins. Its gradient goes to the first of equals.
    max max_axis max_keep max_axes "max" |x, axes| x.reduce(ReduceOp::Max, axes.iter().copied());
    /// The smallest element; a NaN wins. Its gradient goes to the first of equals.
    min min_axis min_keep min_axes "min" |x, axes| x.reduce(ReduceOp::Min, axes.iter().copied());
}

reductions! { Float:
    /// The mean of all elements; of no elements it is NaN.
    mean mean_axis mean_keep mean_axes "mean" |x, axes| x.mean_over(axes);
    /// The variance of all elements, divided by one less than their number as in PyTorch.
    var var_axis var_keep var_axes "var" |x, axes| x.variance_over(axes, 1.0);
    /// The standard deviation of all elements: the root of [`Tensor::var`].
    std std_axis std_keep std_axes "std" |x, axes| x.variance_over(axes, 1.0).unary(Intrinsic::Sqrt);
}

impl<S: Shape, E: Num> Tensor<S, E> {
    /// The index of the largest element along axis `I`, the first of equals; a NaN wins.
    #[track_caller]
    pub fn argmax<const I: isize>(&self) -> Tensor<S::Remove, i64>
    where
        S: Axis<I>,
    {
        let _op = named("argmax");
        Tensor::of(self.node().reduce(ReduceOp::ArgMax, [<S as Axis<I>>::INDEX]))
    }

    /// The index of the smallest element along axis `I`, the first of equals; a NaN wins.
    #[track_caller]
    pub fn argmin<const I: isize>(&self) -> Tensor<S::Remove, i64>
    where
        S: Axis<I>,
    {
        let _op = named("argmin");
        Tensor::of(self.node().reduce(ReduceOp::ArgMin, [<S as Axis<I>>::INDEX]))
    }
}

impl<S: Shape> Tensor<S, bool> {
    /// Whether any element is true.
    #[track_caller]
    pub fn any(&self) -> Tensor<(), bool> {
        let _op = named("any");
        Tensor::of(self.node().reduce(ReduceOp::Any, 0..self.node().rank()))
    }

    /// Whether all elements are true.
    #[track_caller]
    pub fn all(&self) -> Tensor<(), bool> {
        let _op = named("all");
        Tensor::of(self.node().reduce(ReduceOp::All, 0..self.node().rank()))
    }
}
