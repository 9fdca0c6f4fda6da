//! Scans. Lines side by side, and short ones, are carried by a thread each. Others by a block each, tile by tile; where
//! there are few, each is cut into pieces: what each piece joins to, then each from what stands before it. Cuts depend on
//! the shape alone, and so do the bits. As on the CPU floats are carried in f64: a scan waits for memory, not for sums.

use super::stages::{Arg, Stages, Text, element};
use crate::device::lines::Lines;
use crate::device::{Scan, ScanOp};
use crate::error::{Error, Result};
use formwork_ir::DType;

/// Elements of a thread in a tile.
const ITEMS: usize = 8;
/// Lines of so few elements are carried by a thread each.
const SHORT: usize = 32;
/// Lines from which on there are threads enough for one each.
const MANY: usize = 1 << 13;
/// Blocks that keep a GPU busy.
const BLOCKS: usize = 1024;

/// The launches of a scan.
pub(super) fn stages(kernel: &Scan) -> Result<Stages> {
    let Scan { op, dtype, .. } = *kernel;
    if dtype == DType::Bool || (op == ScanOp::LogSumExp && !dtype.is_float()) {
        return Err(Error::DType { op: "scan", expected: DType::F32, found: dtype });
    }
    let lines = Lines::new(&kernel.dims, kernel.axis, kernel.dims[kernel.axis], &kernel.x);
    let (len, count) = (lines.len, lines.count());
    let mut stages = Stages::default();
    if count * len == 0 {
        return Ok(stages);
    }
    let mut text = Text::new(&[include_str!("scan.cuh")]);
    let state = define(&mut text, kernel, &lines);
    let (y, x) = (Arg::Buffer(0), Arg::Buffer(1));
    if len <= SHORT || (lines.lanes > 1 && count >= MANY) {
        stages.push(&text, "columns", count.div_ceil(256), 256, &[y, x]);
        return Ok(stages);
    }
    let threads = len.div_ceil(ITEMS).next_power_of_two().clamp(32, 256);
    let tile = threads * ITEMS;
    let pieces = BLOCKS.div_ceil(count).min(len.div_ceil(2 * tile));
    let piece = len.div_ceil(pieces).next_multiple_of(tile);
    let pieces = len.div_ceil(piece);
    text.define("ROW_THREADS", format!("{threads}u")).define("ITEMS", format!("{ITEMS}u"));
    text.define("PIECE", format!("{piece}ull")).define("PIECES", format!("{pieces}u"));
    let mut states = Arg::Null;
    if pieces > 1 {
        states = Arg::Scratch(stages.room(count * pieces, state));
        stages.push(&text, "totals", count * pieces, threads as u32, &[states, x]);
    }
    stages.push(&text, "rows", count * pieces, threads as u32, &[y, x, states]);
    Ok(stages)
}

/// Types and sizes; returns the bytes of a state.
fn define(text: &mut Text, kernel: &Scan, lines: &Lines) -> usize {
    let Scan { op, dtype, .. } = *kernel;
    let is_float = dtype.is_float();
    let (lowest, highest) = match is_float {
        true => ("-__longlong_as_double(0x7ff0000000000000ll)", "__longlong_as_double(0x7ff0000000000000ll)"),
        false => ("(-0x7fffffffffffffffll - 1)", "0x7fffffffffffffffll"),
    };
    let (number, start) = match op {
        ScanOp::Sum => (0, "0".to_string()),
        ScanOp::Prod => (1, "1".into()),
        ScanOp::Max => (2, lowest.into()),
        ScanOp::Min => (3, highest.into()),
        ScanOp::LogSumExp => (4, format!("{lowest}, 0.0")),
        ScanOp::ArgMax => (5, format!("{lowest}, -1")),
        ScanOp::ArgMin => (6, format!("{highest}, -1")),
    };
    let is_pair = number > 3;
    text.define("T", element(dtype)).define("U", element(op.dtype(dtype))).define("OP", number).define("START", start);
    text.define("PAIR", u8::from(is_pair)).define("SECOND", if op == ScanOp::LogSumExp { "double" } else { "i64" });
    text.define("WIDE", if is_float { "double" } else { "i64" }).define("REVERSE", u8::from(kernel.reverse));
    text.define("LINES", format!("{}ull", lines.count())).define("LEN", format!("{}ull", lines.len));
    text.define("OFFSET", format!("{}ll", lines.offset));
    text.define("STEP_X", format!("{}ll", lines.step[0])).define("STEP_Y", format!("{}ll", lines.step[1]));
    text.lines("line_at", lines);
    if is_pair { 16 } else { 8 }
}
