//! Kernels of blocks of threads, as a device sees them: code, parameters, sizes.
//!
//! The code of a kernel runs some blocks of a launch, which it is given as [`Task`]; what a block or thread may do with
//! them stands in `kernel`.

use crate::error::Location;
use formwork_ir::kernel::{ir, link};
use formwork_ir::{Check, DType};
use std::cell::{Cell, UnsafeCell};
use std::ops::Range;
use std::sync::Arc;

/// The code of a kernel for the CPU, compiled for each instruction set.
#[derive(Clone, Copy, Debug)]
pub struct Copies {
    pub portable: unsafe fn(&Task<'_>),
    #[cfg(target_arch = "x86_64")]
    pub avx2: unsafe fn(&Task<'_>),
    #[cfg(target_arch = "x86_64")]
    pub avx512: unsafe fn(&Task<'_>),
}

impl Copies {
    /// The copy for the best instruction set of this processor.
    pub(crate) fn best(&self) -> unsafe fn(&Task<'_>) {
        use formwork_ir::block::Isa;
        match Isa::best() {
            Isa::Portable => self.portable,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => self.avx2,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => self.avx512,
            #[cfg(not(target_arch = "x86_64"))]
            _ => self.portable,
        }
    }
}

/// Which code it is: that of a place in the user's source, for one choice of its generics.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Text of the template.
    pub template: &'static str,
    pub copies: Copies,
}

impl Code {
    /// Numbers that differ if the code does.
    pub(crate) fn key(&self) -> [usize; 2] {
        [self.template.as_ptr() as usize, self.copies.portable as usize]
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Code {}

impl std::hash::Hash for Code {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A launch of a kernel: `grid` blocks of `block` threads. Buffers: the results, then the arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    pub name: String,
    pub code: Code,
    /// In the order of the signature.
    pub params: Vec<GridParam>,
    /// Sizes of the dims of the signature.
    pub dims: Vec<usize>,
    pub block: [usize; 3],
    pub grid: [usize; 3],
    /// Whether blocks depend on the order in which they run, as sums of floats by atomics do: then they run one after
    /// the other.
    pub ordered: bool,
    pub check: Check,
    /// The typed form, or why there is none, if it is what runs: on a GPU, and where a launch is checked as it runs.
    pub typed: Option<Typed>,
}

/// A kernel's typed form.
#[derive(Clone, Debug)]
pub struct Typed(pub Arc<Result<Arc<ir::Kernel>, link::Unlinked>>);

impl PartialEq for Typed {
    fn eq(&self, other: &Typed) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Typed {}

impl std::hash::Hash for Typed {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// A parameter of a kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GridParam {
    /// The number in the argument table; integers are bits there.
    Scalar(u32),
    Array(GridArray),
}

/// A view of a whole buffer, row-major.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GridArray {
    pub name: String,
    pub dtype: DType,
    pub sizes: Vec<usize>,
    pub buffer: u32,
    pub start: Start,
}

impl GridArray {
    /// Bytes of its elements.
    pub(crate) fn bytes(&self) -> usize {
        self.sizes.iter().product::<usize>() * self.dtype.size()
    }
}

/// What is in an array before the launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// An argument, which is only read.
    Given,
    /// Whatever was there: all of it is written.
    Arbitrary,
    Zeros,
    /// What is in this buffer, which may be the array's own.
    Copied(u32),
}

/// Some blocks of a launch, which run one after the other.
pub struct Task<'a> {
    pub(crate) kernel: &'a Grid,
    pub(crate) buffers: &'a [*mut u8],
    pub(crate) args: &'a [f64],
    pub(crate) range: Range<usize>,
    /// The block that runs.
    pub(crate) current: Cell<usize>,
    /// The first access outside an array.
    pub(crate) fault: Cell<Option<Fault>>,
    /// Where stores outside of arrays go.
    pub(crate) elsewhere: UnsafeCell<[u64; 8]>,
    /// Shared memory of the block: its start, once asked for, and the bytes given out.
    pub(crate) shared: Cell<*mut u8>,
    pub(crate) shared_used: Cell<usize>,
}

/// An access outside an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub block: usize,
    pub thread: usize,
    /// Which parameter; none of them if it is an array in shared memory.
    pub param: usize,
    pub rank: usize,
    pub index: [usize; 6],
    pub sizes: [usize; 6],
    /// Elements of the access: several if it is of a vector.
    pub width: usize,
    pub at: Location,
}

impl<'a> Task<'a> {
    /// The blocks of `range`, of a launch over `buffers` with the argument table `args`.
    pub(crate) fn new(kernel: &'a Grid, buffers: &'a [*mut u8], args: &'a [f64], range: Range<usize>) -> Task<'a> {
        Task {
            kernel,
            buffers,
            args,
            current: Cell::new(range.start),
            range,
            fault: Cell::new(None),
            elsewhere: UnsafeCell::new([0; 8]),
            shared: Cell::new(std::ptr::null_mut()),
            shared_used: Cell::new(0),
        }
    }
}

impl Grid {
    /// Blocks of the launch.
    pub(crate) fn blocks(&self) -> usize {
        self.grid.iter().product()
    }

    /// The place of block or thread number `i` among `sizes` of them: `3`, or `(3, 0)`.
    pub(crate) fn place(sizes: [usize; 3], i: usize) -> String {
        let [x, y, _] = sizes.map(|n| n.max(1));
        let all = [i % x, i / x % y, i / x / y];
        match sizes {
            [_, 1, 1] => all[0].to_string(),
            [_, _, 1] => format!("({}, {})", all[0], all[1]),
            _ => format!("({}, {}, {})", all[0], all[1], all[2]),
        }
    }

    /// What to say of a GPU's error word, which has the block, 10 bits for the thread and 22 for the line.
    pub(crate) fn describe_word(&self, block: usize, word: i64) -> String {
        let file = self.typed.as_ref().and_then(|t| t.0.as_ref().as_ref().ok()).map_or("", |k| &k.file);
        let (thread, line) = ((word >> 22) as usize, word & 0x3f_ffff);
        let (block, thread) = (Grid::place(self.grid, block), Grid::place(self.block, thread));
        format!("an index outside an array, or a division by zero, at {file}:{line} in block {block}, thread {thread}")
    }

    /// What to say of an access outside an array.
    pub(crate) fn describe(&self, fault: &Fault) -> String {
        let name = match self.params.get(fault.param) {
            Some(GridParam::Array(array)) => format!("`{}`", array.name),
            _ => "an array in shared memory".to_string(),
        };
        let (index, sizes) = (&fault.index[..fault.rank], &fault.sizes[..fault.rank]);
        let index = match index {
            [i] => i.to_string(),
            _ => format!("({})", index.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
        };
        let index = match fault.width {
            1 => format!("index {index} is outside"),
            n => format!("{n} elements from index {index}, which must be a multiple of {n}, are not all inside"),
        };
        let (block, thread) = (Grid::place(self.grid, fault.block), Grid::place(self.block, fault.thread));
        format!(
            "{index} {name}, whose sizes are {sizes:?}, at {}:{} in block {block}, thread {thread}",
            fault.at.file(),
            fault.at.line(),
        )
    }
}
