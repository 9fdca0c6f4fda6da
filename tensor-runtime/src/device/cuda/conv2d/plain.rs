//! Convolutions for which the library has no algorithm, by their definition.

use super::operands;
use crate::device::cuda::stages::{Arg, Stages, Text, element, sum};
use crate::device::{Conv2d, ConvMode};

/// The launch of a convolution that is not empty.
pub(super) fn stages(kernel: &Conv2d) -> Stages {
    let Conv2d { mode, dtype, n, c, h, w, o, kh, kw, oh, ow, stride, padding, dilation, groups, .. } = *kernel;
    let (written, lens) = operands(kernel);
    let mut text = Text::new(&[include_str!("plain.cuh")]);
    text.define("T", element(dtype)).define("SUM", sum(dtype).0).define("ELEMENTS", lens[written]);
    for (name, size) in [("N", n), ("C", c), ("O", o), ("CG", c / groups), ("OG", o / groups)] {
        text.define(name, size);
    }
    for (pair, [h, w]) in [(["H", "W"], [h, w]), (["KH", "KW"], [kh, kw]), (["OH", "OW"], [oh, ow])] {
        text.define(pair[0], h).define(pair[1], w);
    }
    for (pair, [h, w]) in [(["SH", "SW"], stride), (["PH", "PW"], padding), (["DH", "DW"], dilation)] {
        text.define(pair[0], h).define(pair[1], w);
    }
    let entry = match mode {
        ConvMode::Forward => "forward",
        ConvMode::Data => "data",
        ConvMode::Filter => "filter",
    };
    let mut stages = Stages::default();
    stages.push(&text, entry, lens[written].div_ceil(256), 256, &[0, 1, 2].map(Arg::Buffer));
    stages
}
