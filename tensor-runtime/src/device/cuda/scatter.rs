//! Scatter-add with the same bits at every run. Integers are added by atomics. Floats of points that cannot meet are
//! stored, those of few that can are added by one thread. Otherwise points are sorted by where they go, which keeps
//! their order, and runs of one place are added up: in chunks, then the chunks' sums. 16-bit floats are summed in f32.

use super::radix::Radix;
use super::stages::{Arg, Stages, Text, element, sum};
use crate::device::Scatter;
use crate::device::kernel::distinct;
use crate::error::{Error, Result};
use formwork_ir::DType;

/// Points that a thread adds one after the other at most.
const SERIAL: usize = 16;
/// Threads that a chunk of points should leave.
const THREADS: usize = 1 << 19;

/// A size, and the strides of number of point, `x`, index and `y`.
type Dim = (usize, [isize; 4]);

/// The points that lie inside of `x`: their dims, and where the first of them is.
struct Space {
    dims: Vec<Dim>,
    start: [isize; 4],
}

impl Space {
    fn new(kernel: &Scatter) -> Space {
        let Scatter { space, src, idx, dst, .. } = kernel;
        let mut number = space.iter().product::<usize>().max(1) as isize;
        let mut start = [0, src.offset, idx.offset, dst.offset];
        let mut dims: Vec<Dim> = vec![];
        for (d, &size) in space.iter().enumerate() {
            number /= size.max(1) as isize;
            let strides = [number, src.strides[d], idx.strides[d], dst.strides[d]];
            let (low, high) = src.bounds.get(d).copied().unwrap_or((0, size as isize));
            let (low, high) = (low.clamp(0, size as isize), high.clamp(0, size as isize));
            start = std::array::from_fn(|k| start[k] + low * strides[k]);
            let size = (high - low).max(0) as usize;
            // Neighbours that lie one behind the other everywhere are one.
            match dims.last_mut() {
                _ if size == 1 => {}
                Some((n, own)) if (0..4).all(|k| own[k] == strides[k] * size as isize) => {
                    (*n, *own) = (*n * size, strides);
                }
                _ => dims.push((size, strides)),
            }
        }
        Space { dims, start }
    }

    /// Whether points that differ along `dims`, each moved by any index, never meet in `y`.
    fn apart(dims: &[&Dim], kernel: &Scatter) -> bool {
        let mut steps: Vec<_> = dims.iter().map(|(size, strides)| (strides[3].unsigned_abs(), *size)).collect();
        steps.push((kernel.stride.unsigned_abs(), kernel.len.max(0) as usize));
        distinct(steps)
    }
}

fn points(dims: &[Dim]) -> usize {
    dims.iter().map(|d| d.0).product()
}

/// The launches of a scatter.
pub(super) fn stages(kernel: &Scatter) -> Result<Stages> {
    let space = Space::new(kernel);
    let mut stages = Stages::default();
    let mut text = Text::new(&[include_str!("scatter.cuh")]);
    let bytes = kernel.out_len * kernel.dtype.size();
    text.define("T", element(kernel.dtype)).define("BYTES", format!("{bytes}ull"));
    stages.push(&text, "clear", (bytes / 16 + bytes % 16).div_ceil(256), 256, &[Arg::Buffer(0)]);
    let count = points(&space.dims);
    if count == 0 {
        return Ok(stages);
    }
    let [number, src, idx, dst] = space.start;
    text.define("START", format!("{number}ll, {src}ll, {idx}ll, {dst}ll"));
    text.define("LEN", format!("{}ull", kernel.len.max(0))).define("CHECK", format!("{}ull", kernel.check.id));
    text.define("STRIDE", format!("{}ll", kernel.stride));
    let is_float = kernel.dtype.is_float();
    let (free, meet): (Vec<Dim>, Vec<Dim>) = space.dims.iter().copied().partition(|d| !is_float || d.1[3] != 0);
    let is_apart = !is_float || Space::apart(&free.iter().collect::<Vec<_>>(), kernel);
    let most = if matches!(kernel.dtype, DType::F16 | DType::BF16) { 1 } else { SERIAL };
    if is_apart && points(&meet) <= most {
        text.places("free_point", &free).places("meet_point", &meet);
        text.define("FREE", points(&free)).define("MEET", points(&meet));
        let args = [Arg::Buffer(0), Arg::Buffer(1), Arg::Buffer(2)];
        stages.push(&text, "each", points(&free).div_ceil(256), 256, &args);
        return Ok(stages);
    }
    sorted(kernel, &space, text, &mut stages)?;
    Ok(stages)
}

fn sorted(kernel: &Scatter, space: &Space, mut text: Text, stages: &mut Stages) -> Result<()> {
    // Dims along which one index holds, unless points of different lanes may meet.
    let (mut lanes, mut rows): (Vec<Dim>, Vec<Dim>) =
        space.dims.iter().copied().partition(|d| d.1[2] == 0 && d.1[3] != 0);
    let moved = rows.iter().filter(|d| d.1[3] != 0);
    if !Space::apart(&lanes.iter().chain(moved).collect::<Vec<_>>(), kernel) {
        (lanes, rows) = (vec![], space.dims.clone());
    }
    let (count, width) = (points(&rows), points(&lanes));
    if count >= u32::MAX as usize {
        return Err(Error::other(format!("a scatter of {count} indices; a GPU sorts fewer than 2^32")));
    }
    let by_index = rows.iter().all(|d| d.1[3] == 0);
    // The number of places, which stands for points outside.
    let outside = if by_index { kernel.len.max(0) as u64 } else { kernel.out_len as u64 };
    let bits = u64::BITS - outside.leading_zeros();
    let (key, size) = if bits <= 32 { ("u32", 4) } else { ("u64", 8) };
    let tile = width.next_power_of_two().min(256);
    let chunk = (count * width / THREADS).next_power_of_two().clamp(16, 256);
    let (chunks, tiles) = (count.div_ceil(chunk), width.div_ceil(tile));
    let (sum, sum_size) = sum(kernel.dtype);
    text.places("point", &rows).places("lane_point", &lanes);
    text.define("POINTS", format!("{count}ull")).define("LANES", format!("{width}u")).define("KEY", key);
    text.define("SUM", sum).define("BY_INDEX", by_index as u8).define("OUTSIDE", format!("(({key}){outside}ull)"));
    text.define("FIRST", format!("{}ll", space.start[3])).define("CHUNK", format!("{chunk}ull"));
    text.define("CHUNKS", format!("{chunks}ull"))
        .define("TILE", format!("{tile}u"))
        .define("TILES", format!("{tiles}u"));
    let radix = Radix::new(stages, 1, count, bits, size);
    let index = Arg::Buffer(2);
    stages.push(&text, "keys", count.div_ceil(256), 256, &[Arg::Scratch(radix.keys[0]), index]);
    let mut radix_text = Text::new(&[include_str!("radix.cuh")]);
    radix_text.define("KEY", key).define("LAST", "u32");
    radix_text.define("last(y, line, to, place)", "(void)0");
    let [keys, order] = radix.push(stages, &radix_text, None).map(Arg::Scratch);
    let [leads, tails] = [(); 2].map(|()| Arg::Scratch(stages.room(chunks * width, sum_size)));
    let (y, x) = (Arg::Buffer(0), Arg::Buffer(1));
    let blocks = chunks.div_ceil(256 / tile) * tiles;
    stages.push(&text, "sums", blocks, 256, &[y, x, keys, order, leads, tails]);
    stages.push(&text, "joins", chunks.saturating_sub(1) * tiles, 256, &[y, keys, leads, tails]);
    Ok(())
}
