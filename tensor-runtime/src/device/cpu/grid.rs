//! Kernels of blocks of threads: blocks are shared among the threads of the pool, each runs as the Rust that its author
//! wrote. A panic ends in the error word, like an access outside an array.

use super::checked::Checked;
use super::contract::Buffers;
use super::pool;
use crate::device::grid::{Grid, GridParam, Start, Task};
use crate::device::{ErrorWord, Executable, Failure};
use crate::error::{Error, Result};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

/// Tasks that a launch is cut into at most: enough to keep the threads busy to the end.
const TASKS: usize = 64;

/// Makes a kernel ready to run.
pub(super) fn compile(kernel: &Grid) -> Result<Arc<dyn Executable>> {
    if let Some(checked) = &kernel.typed {
        return match &*checked.0 {
            Ok(typed) => Ok(Arc::new(Checked { grid: kernel.clone(), kernel: typed.clone() })),
            Err(unlinked) => Err(Error::other(format!("`{}` cannot be checked: {unlinked}", kernel.name))),
        };
    }
    catch_places();
    Ok(Arc::new(Running(kernel.clone())))
}

struct Running(Grid);

impl Executable for Running {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        let kernel = &self.0;
        for param in &kernel.params {
            let GridParam::Array(array) = param else { continue };
            let to = buffers[array.buffer as usize];
            // SAFETY: the caller gives buffers of the arrays' sizes; results overlap nothing but their own start.
            match array.start {
                Start::Zeros => unsafe { to.write_bytes(0, array.bytes()) },
                Start::Copied(from) if buffers[from as usize] != to => unsafe {
                    to.copy_from(buffers[from as usize], array.bytes())
                },
                Start::Given | Start::Arbitrary | Start::Copied(_) => {}
            }
        }
        let blocks = kernel.blocks();
        let share = if kernel.ordered { blocks.max(1) } else { blocks.div_ceil(TASKS).max(1) };
        let code = kernel.code.copies.best();
        let pointers = Buffers(buffers);
        pool::for_each(blocks.div_ceil(share), |number| {
            let range = number * share..((number + 1) * share).min(blocks);
            let task = Task::new(kernel, pointers.get(), args, range);
            // SAFETY: the processor has the instruction set; the buffers are those that the kernel's parameters name, and
            // every access to them is checked or vouched for by the kernel's author.
            let caught = caught(|| unsafe { code(&task) });
            let message = match (task.fault.get(), caught) {
                (Some(fault), _) => Some((fault.block, kernel.describe(&fault))),
                (None, Some(panic)) => {
                    let block = task.current.get();
                    Some((block, format!("{panic} in block {}", Grid::place(kernel.grid, block))))
                }
                (None, None) => None,
            };
            if let Some((at, message)) = message {
                let failure = Failure { check: kernel.check.id, at, value: 0 };
                errors.report_saying(failure, message);
            }
        });
    }
}

thread_local! {
    /// Whether a kernel runs on this thread, and what its panic said.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `code`; what it panicked with and where, if it did.
fn caught(code: impl FnOnce()) -> Option<String> {
    RUNNING.set(true);
    let result = catch_unwind(AssertUnwindSafe(code));
    RUNNING.set(false);
    let said = PANIC.take();
    result.err().map(|_| said.unwrap_or_else(|| "it panicked".to_string()))
}

/// From now on panics of kernels are noted with their place, not printed; all others go the way they went before.
fn catch_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !RUNNING.get() {
                return before(info);
            }
            let place = info.location().map_or(String::new(), |at| format!(", at {}:{}", at.file(), at.line()));
            let said = info.payload_as_str().unwrap_or("it panicked");
            PANIC.set(Some(format!("{said}{place}")));
        }));
    });
}
