//! Checked mode: kernels run on the reference interpreter, which finds what a plain run may hide.

/// Runs `f`; what it evaluates on this thread, it evaluates with every grid kernel checked. `FORMWORK_CHECK=1` does the
/// same for a whole program.
///
/// A launch that has a mistake is an error that lists each with its file, line, thread and block: an index outside an
/// array, two threads of a block on one element between barriers or two blocks at all (one of them with a plain write), a
/// read of shared or output memory that nobody wrote, a barrier that not all threads reach, an output with elements that
/// nobody wrote. It is slow, needs no GPU, and finds the same each time.
///
/// ```
/// use formwork_runtime::{Tensor, kernel::check};
/// use formwork_shapes::U3;
/// let x = Tensor::<(U3,)>::ones();
/// assert_eq!(check::run(|| (&x + 1.0).to_vec())?, [2.0; 3]);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
pub fn run<R>(f: impl FnOnce() -> R) -> R {
    crate::eval::checked(f)
}
