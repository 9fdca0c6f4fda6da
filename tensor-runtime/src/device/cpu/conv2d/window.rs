//! Which taps of the window meet which pixels: the geometry of the forward and the data mode, which
//! are one loop. The cotangent of `x` is a correlation of that of `y` for each phase of the stride.

use super::planes::Planes;
use crate::device::{Conv2d, ConvMode};

/// A correlation of planes that gives a grid of outputs.
pub(super) struct Job {
    /// For each term of the sum: where it lies in the planes for output `[0, 0]`.
    pub at: Vec<isize>,
    /// For each term of the sum: where its weight lies, after that of the row.
    pub weight: Vec<usize>,
    /// Outputs.
    pub out: [usize; 2],
    /// Output `[t, u]` is pixel `[t, u] * stride + phase` of the image that is written.
    pub stride: [usize; 2],
    pub phase: [usize; 2],
}

/// All that one image needs.
pub(super) struct Geometry {
    pub planes: Planes,
    pub jobs: Vec<Job>,
    /// Channels read and written for each group.
    pub channels: [usize; 2],
    /// Rows and columns of the image that is written.
    pub image: [usize; 2],
    /// Distance of the weights of two rows.
    pub weight_row: usize,
    /// Weights of a group.
    pub weight_group: usize,
}

/// Per dim: which input rows meet. The same for rows and columns.
struct Axis {
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
}

fn axes(k: &Conv2d) -> [Axis; 2] {
    let axis = |d: usize, kernel| Axis { kernel, stride: k.stride[d], padding: k.padding[d], dilation: k.dilation[d] };
    [axis(0, k.kh), axis(1, k.kw)]
}

/// The planes of `x` for windows at every output.
pub(super) fn input_planes(k: &Conv2d) -> Planes {
    let axes = axes(k);
    let out = [k.oh, k.ow];
    let phases = |d: usize| {
        let mut phases: Vec<usize> = (0..axes[d].kernel).map(|i| i * axes[d].dilation % axes[d].stride).collect();
        phases.sort_unstable();
        phases.dedup();
        phases
    };
    let columns = phases(1);
    let phases = phases(0).into_iter().flat_map(|r| columns.iter().map(move |&q| [r, q])).collect();
    Planes {
        image: [k.h, k.w],
        stride: k.stride,
        phases,
        first: axes.each_ref().map(|a| -(a.padding as isize)),
        size: std::array::from_fn(|d| out[d] + (axes[d].kernel - 1) * axes[d].dilation / axes[d].stride),
    }
}

/// Where each element of a filter, `[c / groups, kh, kw]`, lies in the planes for output `[0, 0]`.
pub(super) fn filter_offsets(k: &Conv2d, planes: &Planes, channels: usize) -> Vec<isize> {
    let tap = |c: usize, i: usize, j: usize| {
        (c * planes.channel()) as isize + planes.offset([i * k.dilation[0], j * k.dilation[1]])
    };
    (0..channels).flat_map(|c| (0..k.kh * k.kw).map(move |t| tap(c, t / k.kw, t % k.kw))).collect()
}

/// `y` from `x`.
fn forward(k: &Conv2d) -> Geometry {
    let channels = [k.c / k.groups, k.o / k.groups];
    let planes = input_planes(k);
    let at = filter_offsets(k, &planes, channels[0]);
    let terms = at.len();
    let job = Job { at, weight: (0..terms).collect(), out: [k.oh, k.ow], stride: [1, 1], phase: [0, 0] };
    Geometry {
        planes,
        jobs: vec![job],
        channels,
        image: [k.oh, k.ow],
        weight_row: terms,
        weight_group: channels[1] * terms,
    }
}

/// For one dim and phase r of the stride: the taps that meet pixels t * stride + r, and at which
/// outputs t + e.
fn meeting(axis: &Axis, r: usize) -> Vec<(usize, isize)> {
    let stride = axis.stride as isize;
    (0..axis.kernel)
        .map(|i| (i, (r + axis.padding) as isize - (i * axis.dilation) as isize))
        .filter(|(_, e)| e.rem_euclid(stride) == 0)
        .map(|(i, e)| (i, e / stride))
        .collect()
}

/// The cotangent of `x` from that of `y`.
fn data(k: &Conv2d) -> Geometry {
    let axes = axes(k);
    let (image, out) = ([k.h, k.w], [k.oh, k.ow]);
    let channels = [k.o / k.groups, k.c / k.groups];
    // Phases that have a pixel, and their taps.
    let phases: [Vec<_>; 2] =
        std::array::from_fn(|d| (0..axes[d].stride.min(image[d])).map(|r| meeting(&axes[d], r)).collect());
    let pixels = |d: usize, r: usize| (image[d] - r).div_ceil(axes[d].stride);
    let reach = |d: usize| {
        let taps = phases[d].iter().enumerate().flat_map(|(r, taps)| taps.iter().map(move |&(_, e)| (r, e)));
        let first = taps.clone().map(|(_, e)| e).min().unwrap_or(0);
        let end = taps.map(|(r, e)| e + pixels(d, r) as isize).max().unwrap_or(0);
        (first, (end - first) as usize)
    };
    let (rows, columns) = (reach(0), reach(1));
    let planes = Planes {
        image: out,
        stride: [1, 1],
        phases: vec![[0, 0]],
        first: [rows.0, columns.0],
        size: [rows.1, columns.1],
    };
    let window = k.kh * k.kw;
    let mut jobs = Vec::new();
    for (r, row_taps) in phases[0].iter().enumerate() {
        for (q, col_taps) in phases[1].iter().enumerate() {
            let mut job =
                Job { at: vec![], weight: vec![], out: [pixels(0, r), pixels(1, q)], stride: k.stride, phase: [r, q] };
            for o in 0..channels[0] {
                for &(i, y) in row_taps {
                    for &(j, x) in col_taps {
                        let tap = planes.offset([(y - rows.0) as usize, (x - columns.0) as usize]);
                        job.at.push((o * planes.channel()) as isize + tap);
                        job.weight.push(o * channels[1] * window + i * k.kw + j);
                    }
                }
            }
            jobs.push(job);
        }
    }
    Geometry { planes, jobs, channels, image, weight_row: window, weight_group: channels[0] * channels[1] * window }
}

impl Geometry {
    pub fn of(k: &Conv2d) -> Geometry {
        if k.mode == ConvMode::Data { data(k) } else { forward(k) }
    }
}
