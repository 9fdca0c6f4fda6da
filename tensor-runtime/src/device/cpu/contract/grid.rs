//! How a product is cut into tasks: by its shape alone.

/// The tasks of a batched product: groups of whole matrices, or panels of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Groups of matrices; more than one matrix a group only if a matrix is one panel.
    pub groups: usize,
    /// Panels of rows of a matrix.
    pub rows: usize,
    /// Panels of columns of a matrix.
    pub cols: usize,
}

/// Multiplications worth a task of their own: some microseconds.
const TASK: usize = 1 << 21;
/// Elements of an operand read for the first time cost about as much as these multiplications.
const READ: usize = 16;
/// More tasks than this only cost.
const MAX_TASKS: usize = 48;
/// Rows of a panel: a packed block of them stays in L2.
const MAX_ROWS: usize = 112;
const MIN_ROWS: usize = 56;
const MIN_COLS: usize = 128;

impl Grid {
    pub fn of(batch: usize, m: usize, n: usize, k: usize) -> Grid {
        let work = m * n * k + READ * k * (m + n);
        let tasks = (work.saturating_mul(batch) / TASK).clamp(1, MAX_TASKS);
        if batch == 0 || batch >= tasks {
            let rows = m.div_ceil(MAX_ROWS).max(1);
            return Grid { groups: if rows == 1 { tasks } else { batch }, rows, cols: 1 };
        }
        let per_matrix = tasks.div_ceil(batch);
        let rows = m.div_ceil(m.div_ceil(per_matrix).clamp(MIN_ROWS, MAX_ROWS));
        let cols = if rows >= 8 { 1 } else { per_matrix.div_ceil(rows).min(n / MIN_COLS).max(1) };
        Grid { groups: batch, rows, cols }
    }

    pub fn tasks(&self) -> usize {
        self.groups * self.rows * self.cols
    }
}
