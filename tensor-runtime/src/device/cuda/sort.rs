//! Sorting: short lines in shared memory, several in a block; long ones digit by digit.

use super::radix::Radix;
use super::stages::{Arg, Stages, Text, element};
use crate::device::Sort;
use crate::device::lines::Lines;
use crate::error::{Error, Result};
use formwork_ir::DType;

/// Elements of a line that fit shared memory, with their places.
const SHORT: usize = 4096;
/// Elements of a block of short lines, at least.
const BLOCK: usize = 512;

/// The launches of a sort.
pub(super) fn stages(kernel: &Sort) -> Result<Stages> {
    let Sort { dtype, keep, .. } = *kernel;
    let lines = Lines::new(&kernel.dims, kernel.axis, keep, &kernel.x);
    let (len, count) = (lines.len, lines.count());
    let mut stages = Stages::default();
    if count * len * keep == 0 {
        return Ok(stages);
    }
    if len >= u32::MAX as usize {
        return Err(Error::other(format!("a sort of lines of {len} elements; a GPU sorts fewer than 2^32")));
    }
    let mut text = Text::new(&[include_str!("sort.cuh"), include_str!("radix.cuh")]);
    define(&mut text, kernel, &lines);
    let size = if dtype.size() > 4 { 8 } else { 4 };
    if len <= SHORT {
        let room = len.next_power_of_two().max(2);
        let together = (BLOCK / room).clamp(1, count.next_power_of_two());
        let threads = (together * room / 2).clamp(32, 1024);
        text.define("ROOM", format!("{room}u"))
            .define("TOGETHER", format!("{together}u"))
            .define("ROW_THREADS", threads);
        text.define("SIDE_BY_SIDE", u8::from(lines.lanes > 1));
        let args = [Arg::Buffer(0), Arg::Buffer(1)];
        stages.push(&text, "rows", count.div_ceil(together), threads as u32, &args);
        return Ok(stages);
    }
    let radix = Radix::new(&mut stages, count, len, 8 * dtype.size() as u32, size);
    let keys = Arg::Scratch(radix.keys[0]);
    stages.push(&text, "keys", (count * len).div_ceil(256), 256, &[keys, Arg::Buffer(1)]);
    radix.push(&mut stages, &text, Some(0));
    Ok(stages)
}

fn define(text: &mut Text, kernel: &Sort, lines: &Lines) {
    let dtype = kernel.dtype;
    let bits = match dtype.size() {
        1 => "u8",
        2 => "u16",
        4 => "u32",
        _ => "u64",
    };
    // The bits of infinity, and of the lowest integer.
    let (infinite, lowest) = match dtype {
        DType::F32 => (0x7f80_0000u64, 0),
        DType::F64 => (0x7ff0_0000_0000_0000, 0),
        DType::F16 => (0x7c00, 0),
        DType::BF16 => (0x7f80, 0),
        DType::I64 => (0, 1u64 << 63),
        DType::I32 => (0, 1 << 31),
        DType::U8 | DType::Bool => (0, 0),
    };
    text.define("T", element(dtype)).define("BITS", bits).define("KEY", if dtype.size() > 4 { "u64" } else { "u32" });
    text.define("LAST", "i64").define("FLOAT", u8::from(dtype.is_float())).define("INFINITE", format!("{infinite}ull"));
    text.define("LOWEST", format!("{lowest}ull")).define("FLIP", if kernel.descending { "~0ull" } else { "0ull" });
    text.define("LINES", format!("{}ull", lines.count())).define("LEN", format!("{}ull", lines.len));
    text.define("OFFSET", format!("{}ll", lines.offset));
    text.define("STEP_X", format!("{}ll", lines.step[0])).define("STEP_Y", format!("{}ll", lines.step[1]));
    text.define("BEGIN", format!("{}u", kernel.start)).define("KEEP", format!("{}u", kernel.keep));
    text.lines("line_at", lines);
}
