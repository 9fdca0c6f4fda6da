//! The suite of ops: the cases of `ops.py` in formwork's words.

use super::{Golden, cases};
use crate::DEVICE;
use formwork::prelude::*;

pub fn all<E: Float>(golden: &mut Golden) {
    functions::<E>(golden);
    activations::<E>(golden);
    binary::<E>(golden);
    reductions::<E>(golden);
    softmax::<E>(golden);
    views::<E>(golden);
    scans::<E>(golden);
    sorts::<E>(golden);
    contractions::<E>(golden);
    indices::<E>(golden);
}

fn functions<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "abs" (x: [3, 7]) => x.abs();
        "neg" (x: [3, 7]) => -x.clone();
        "exp" (x: [3, 7]) => x.exp();
        "exp2" (x: [3, 7]) => x.exp2();
        "expm1" (x: [3, 7]) => x.expm1();
        "square" (x: [3, 7]) => x.square();
        "sin" (x: [3, 7]) => x.sin();
        "cos" (x: [3, 7]) => x.cos();
        "tan" (x: [3, 7]) => x.tan();
        "sinh" (x: [3, 7]) => x.sinh();
        "cosh" (x: [3, 7]) => x.cosh();
        "tanh" (x: [3, 7]) => x.tanh();
        "atan" (x: [3, 7]) => x.atan();
        "asin" (x: [3, 7]) => x.asin();
        "acos" (x: [3, 7]) => x.acos();
        "erf" (x: [3, 7]) => x.erf();
        "sign" (x: [3, 7]) => x.sign();
        "floor" (x: [3, 7]) => x.floor();
        "ceil" (x: [3, 7]) => x.ceil();
        "round" (x: [3, 7]) => x.round();
        "log" (x: [3, 7]) => x.log();
        "log2" (x: [3, 7]) => x.log2();
        "log1p" (x: [3, 7]) => x.log1p();
        "sqrt" (x: [3, 7]) => x.sqrt();
        "rsqrt" (x: [3, 7]) => x.rsqrt();
        "reciprocal" (x: [3, 7]) => x.recip();
        "clamp" (x: [3, 7]) => x.clamp(E::from_f64(-0.5), E::from_f64(1.0));
        "pow/scalar" (x: [3, 7]) => x.powf(2.5);
    }
}

fn activations<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "sigmoid" (x: [3, 7]) => x.sigmoid();
        "relu" (x: [3, 7]) => x.relu();
        "silu" (x: [3, 7]) => x.silu();
        "mish" (x: [3, 7]) => x.mish();
        "softplus" (x: [3, 7]) => x.softplus();
        "logsigmoid" (x: [3, 7]) => x.log_sigmoid();
        "elu" (x: [3, 7]) => x.elu(1.0);
        "hardsigmoid" (x: [3, 7]) => x.hardsigmoid();
        "leaky_relu" (x: [3, 7]) => x.leaky_relu(0.01);
        "leaky_relu/slope" (x: [3, 7]) => x.leaky_relu(0.2);
        "gelu/erf" (x: [3, 7]) => x.gelu();
        "gelu/tanh" (x: [3, 7]) => x.gelu_tanh();
    }
}

fn binary<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "add" (x: [3, 5], y: [3, 5]) => x.add(&y);
        "add/broadcast" (x: [2, 1, 5], y: [3, 1]) => x.add(&y);
        "sub" (x: [3, 5], y: [3, 5]) => x.sub(&y);
        "sub/broadcast" (x: [2, 1, 5], y: [3, 1]) => x.sub(&y);
        "mul" (x: [3, 5], y: [3, 5]) => x.mul(&y);
        "mul/broadcast" (x: [2, 1, 5], y: [3, 1]) => x.mul(&y);
        "div" (x: [3, 5], y: [3, 5]) => x.div(&y);
        "div/broadcast" (x: [3, 5], y: [5]) => x.div(&y);
        "maximum" (x: [3, 5], y: [3, 5]) => x.maximum(&y);
        "maximum/broadcast" (x: [2, 1, 5], y: [3, 1]) => x.maximum(&y);
        "minimum" (x: [3, 5], y: [3, 5]) => x.minimum(&y);
        "minimum/broadcast" (x: [2, 1, 5], y: [3, 1]) => x.minimum(&y);
        "pow" (x: [3, 5], y: [3, 5]) => x.pow(&y);
        "where" (x: [3, 5], y: [3, 5], z: [3, 5]) => x.gt_number(E::from_f64(0.0)).select(&y, &z);
    }
}

fn reductions<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "sum/all" (x: [3, 4, 5]) => x.sum();
        "sum/axis0" (x: [3, 4, 5]) => x.sum_axis::<0>();
        "sum/axis1_keep" (x: [3, 4, 5]) => x.sum_keep::<1>();
        "sum/last" (x: [3, 4, 5]) => x.sum_axis::<-1>();
        "sum/two_axes" (x: [3, 4, 5]) => x.sum_axes::<Axes2<0, 2>>();
        "mean/all" (x: [3, 4, 5]) => x.mean();
        "mean/axis0" (x: [3, 4, 5]) => x.mean_axis::<0>();
        "mean/axis1_keep" (x: [3, 4, 5]) => x.mean_keep::<1>();
        "mean/last" (x: [3, 4, 5]) => x.mean_axis::<-1>();
        "mean/two_axes" (x: [3, 4, 5]) => x.mean_axes::<Axes2<0, 2>>();
        "prod/axis0" (x: [3, 4, 5]) => x.prod_axis::<0>();
        "prod/axis1_keep" (x: [3, 4, 5]) => x.prod_keep::<1>();
        "prod/last" (x: [3, 4, 5]) => x.prod_axis::<-1>();
        "amax/axis0" (x: [3, 4, 5]) => x.max_axis::<0>();
        "amax/axis1_keep" (x: [3, 4, 5]) => x.max_keep::<1>();
        "amax/last" (x: [3, 4, 5]) => x.max_axis::<-1>();
        "amin/axis0" (x: [3, 4, 5]) => x.min_axis::<0>();
        "amin/axis1_keep" (x: [3, 4, 5]) => x.min_keep::<1>();
        "amin/last" (x: [3, 4, 5]) => x.min_axis::<-1>();
        "var" (x: [3, 17]) => x.var_axis::<-1>();
        "std" (x: [3, 17]) => x.std_axis::<-1>();
        "norm" (x: [3, 17]) => x.norm_axis::<-1>();
        "logsumexp" (x: [3, 17]) => x.logsumexp::<-1>();
        "logsumexp/large" (x: [3, 17]) => x.logsumexp::<-1>();
    }
}

fn softmax<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "softmax" (x: [3, 17]) => x.softmax::<-1>();
        "softmax/axis1" (x: [2, 6, 4]) => x.softmax::<1>();
        "softmax/large" (x: [3, 17]) => x.softmax::<-1>();
        "log_softmax" (x: [3, 17]) => x.log_softmax::<-1>();
        "log_softmax/axis1" (x: [2, 6, 4]) => x.log_softmax::<1>();
        "log_softmax/large" (x: [3, 17]) => x.log_softmax::<-1>();
    }
}

fn views<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "pad" (x: [3, 5]) => x.pad::<1, dim!(1), dim!(2)>();
        "pad/two_axes" (x: [3, 5]) => x.pad::<1, dim!(2), dim!(0)>().pad::<0, dim!(1), dim!(3)>();
        "permute" (x: [3, 4, 5]) => x.permute::<Perm3<2, 0, 1>>();
        "slice" (x: [3, 5]) => x.slice::<1, dim!(1), dim!(3)>();
        "flip" (x: [3, 5]) => x.flip::<1>();
        "expand" (x: [3, 1]) => x.expand::<s![4, 3, 5]>();
        "concat" (x: [3, 5], y: [3, 2]) => x.concat::<1, _>(&y);
        "stack" (x: [3, 5], y: [3, 5]) => Tensor::stack::<1, 2, _>([&x, &y]);
        "gather" (x: [3, 5]; labels y: [3, 4]) => x.gather::<1, _>(&y);
        "index_select" (x: [6, 3]; labels y: [9]) => x.index_select::<0, _>(&y);
        "embedding" (x: [11, 4]; labels y: [2, 5]) => y.embedding(&x);
    }
}

fn scans<E: Float>(golden: &mut Golden) {
    let only = |keep: [u8; 6]| Tensor::<s![6], E>::new(keep.map(|k| E::from_f64(k as f64)), &DEVICE).expect("six");
    cases! { golden, E:
        "cumsum" (x: [3, 17]) => x.cumsum::<1>();
        "cumsum/axis0" (x: [6, 4, 5]) => x.cumsum::<0>();
        "cumprod" (x: [3, 17]) => x.cumprod::<1>();
        "cumprod/axis0" (x: [6, 4, 5]) => x.cumprod::<0>();
        "cumprod/zero" (x: [3, 6]) => x.mul(&only([1, 1, 0, 1, 1, 1])).cumprod::<1>();
        "cumprod/zeros" (x: [3, 6]) => x.mul(&only([1, 0, 1, 1, 0, 1])).cumprod::<1>();
        "logcumsumexp" (x: [3, 17]) => x.logcumsumexp::<1>();
        "logcumsumexp/axis0" (x: [6, 4, 5]) => x.logcumsumexp::<0>();
        "logcumsumexp/large" (x: [3, 17]) => x.logcumsumexp::<1>();
        "cummax" (x: [3, 17]) => x.cummax::<1>().0;
        "cummin" (x: [3, 17]) => x.cummin::<1>().0;
    }
}

fn sorts<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "sort" (x: [3, 17]) => x.sort::<1>().0;
        "sort/axis0" (x: [6, 4, 5]) => x.sort::<0>().0;
        "sort/descending" (x: [3, 17]) => x.sort_descending::<1>().0;
        "topk" (x: [3, 17]) => x.topk::<1, dim!(4)>().0;
        "topk/smallest" (x: [6, 4]) => x.topk_smallest::<0, dim!(2)>().0;
        "kthvalue" (x: [3, 17]) => x.kthvalue::<1>(5).0;
        "median" (x: [3, 6]) => x.median();
        "median/axis" (x: [3, 6]) => x.median_axis::<1>().0;
    }
}

fn contractions<E: Float>(golden: &mut Golden) {
    cases! { golden, E:
        "matmul" (x: [7, 5], y: [5, 3]) => x.matmul(&y);
        "matmul/batched" (x: [2, 3, 4, 5], y: [2, 3, 5, 6]) => x.matmul(&y);
        "linear" (x: [4, 5], w: [3, 5], b: [3]) => x.linear(&w, Some(&b));
        "matmul/broadcast" (x: [2, 3, 4, 5], y: [5, 6]) => x.matmul(&y);
    }
}

/// Integer results, which have no gradient.
fn indices<E: Float>(golden: &mut Golden) {
    macro_rules! indices {
        ($($name:literal ($x:ident: $s:tt) => $y:expr;)*) => { $({
            let found = golden.tensor::<s! $s, E>(concat!($name, ".input0")).map(|$x| $y);
            golden.compare(concat!($name, ".output"), found);
        })* };
    }
    indices! {
        "argmax" (x: [3, 17]) => x.argmax::<-1>();
        "argmin" (x: [3, 17]) => x.argmin::<0>();
        "cummax/indices" (x: [6, 4]) => x.cummax::<0>().1;
        "cummin/indices" (x: [6, 4]) => x.cummin::<0>().1;
        "argsort" (x: [3, 17]) => x.round().argsort::<1>();
        "argsort/descending" (x: [17, 3]) => x.round().argsort_descending::<0>();
        "argsort/nan" (x: [3, 17]) => x.sqrt().argsort::<1>();
        "argsort/nan_descending" (x: [3, 17]) => x.sqrt().argsort_descending::<1>();
        "topk/indices" (x: [3, 17]) => x.topk::<1, dim!(4)>().1;
    }
}
