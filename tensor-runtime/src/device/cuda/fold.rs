//! The adjoint of a sliding window: a thread adds up what reaches one element, in the order of the CPU.

use super::stages::{Arg, Stages, Text, element, sum};
use crate::device::Fold;

/// The launch of a fold.
pub(super) fn stages(kernel: &Fold) -> Stages {
    let Fold { dtype, outer, size, out, kernel, stride, dilation } = kernel.clone();
    let mut text = Text::new(&[include_str!("fold.cuh")]);
    let elements = outer * size[0] * size[1];
    let largest = elements.max(outer * out[0] * out[1] * kernel[0] * kernel[1]);
    text.define("T", element(dtype)).define("SUM", sum(dtype).0).define("ELEMENTS", elements);
    text.define("INDEX", if largest < 1 << 31 { "u32" } else { "u64" });
    for (pair, [h, w]) in [(["H", "W"], size), (["OH", "OW"], out), (["KH", "KW"], kernel)] {
        text.define(pair[0], h).define(pair[1], w);
    }
    for (pair, [h, w]) in [(["SH", "SW"], stride), (["DH", "DW"], dilation)] {
        text.define(pair[0], h.max(1)).define(pair[1], w.max(1));
    }
    let mut stages = Stages::default();
    stages.push(&text, "fold", elements.div_ceil(256), 256, &[Arg::Buffer(0), Arg::Buffer(1)]);
    stages
}
