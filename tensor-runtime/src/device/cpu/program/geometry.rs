//! How a space is cut into blocks and tasks.

use super::space::Space;

/// Elements of a block: a few buffers of it fit in L1.
const BLOCK: usize = 1024;
/// Elements of a block whose lanes run over outer points.
const AREA: usize = 2048;
/// Elements that a task works on.
const TASK: usize = 32 * 1024;
/// Elements of a row buffer that is kept from pass to pass: it fits in L2.
const KEPT: usize = 64 * 1024;
pub(super) const CHUNK: usize = formwork_ir::Program::SUM_CHUNK;

/// Which points are neighbours in a lane buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Elements of a row.
    Rows,
    /// Outer points: `buffer[row * lanes + lane]`.
    Lanes,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub layout: Layout,
    /// Outer points of a block.
    pub lanes: usize,
    /// Row elements of a block.
    pub chunk: usize,
    /// Whether blocks have whole rows.
    pub whole: bool,
    /// Outer points of a task, a multiple of `lanes`.
    pub task: usize,
    /// Row elements of a task if rows are cut, a power of two of chunks of the sum.
    pub segment: Option<usize>,
}

impl Geometry {
    pub fn new(space: &Space, has_rows: bool, forced: Option<Layout>) -> Geometry {
        let (outer, row) = (space.outer_len, space.row_len);
        if !has_rows {
            let task = TASK.min(outer.max(1));
            let task = task.next_multiple_of(BLOCK);
            return Geometry { layout: Layout::Rows, lanes: BLOCK, chunk: 1, whole: true, task, segment: None };
        }
        let lanes_first = space.prefers_lanes();
        let layout = forced.unwrap_or(if lanes_first { Layout::Lanes } else { Layout::Rows });
        let (lanes, chunk) = match layout {
            Layout::Rows if row == 0 || row > BLOCK => (1, BLOCK),
            Layout::Rows => ((BLOCK / row).max(1).min(outer.max(1)), row),
            Layout::Lanes => {
                let lanes = outer.clamp(1, if space.tiled { 128 } else { 256.max(AREA / row.max(1)) });
                let chunk = (AREA / lanes).clamp(1, CHUNK);
                // Whole rows where they nearly fit; and a block never crosses a chunk of the sum.
                let chunk = if lanes * row <= 2 * AREA { chunk.max(row.next_power_of_two()).min(CHUNK) } else { chunk };
                (lanes, 1 << chunk.ilog2())
            }
        };
        let chunk = if row > 0 { chunk.min(row) } else { chunk };
        let whole = row > 0 && row <= chunk;
        let task = (TASK / row.max(1)).max(1).next_multiple_of(lanes);
        let segment = Geometry::segment(outer, row, lanes, task);
        Geometry { layout, lanes, chunk, whole, task, segment }
    }

    /// Few long rows are cut, so that there is work for all threads.
    fn segment(outer: usize, row: usize, lanes: usize, task: usize) -> Option<usize> {
        let tasks = outer.div_ceil(task);
        if tasks >= 16 || outer * row < 4 * TASK {
            return None;
        }
        let chunks = (TASK / lanes / CHUNK).max(1).next_power_of_two();
        let segment = chunks * CHUNK;
        (segment < row).then_some(segment)
    }

    /// Whether a value of a whole row may be kept from one pass to the next.
    pub fn keeps_rows(&self, row: usize) -> bool {
        self.whole || self.segment.is_none() && self.lanes * row <= KEPT
    }
}
