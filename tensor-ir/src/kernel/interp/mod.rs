//! The reference interpreter of typed kernels: what a kernel means, thread by thread.
//!
//! Slow, plain and deterministic. Blocks run one after the other; the threads of a block in the order of their numbers,
//! each until it ends or waits at a barrier or collective; when all wait, what is complete is carried out. Floats are
//! computed with the table's functions in their own type, as on the CPU.
//!
//! A checked run keeps a shadow of every element of device and shared memory and finds what is wrong in the kernel
//! although this order may hide it ([`FindingKind`]).

mod code;
mod collective;
mod memory;
mod report;
mod schedule;
mod shadow;
mod thread;
pub(super) mod value;

pub use report::{Finding, FindingKind};

use super::Mode;
use super::ir::{Array, Kernel, Param, ScalarType};
use crate::Scalar;
use code::Code;
use memory::Memory;
use report::Report;
use shadow::Shadow;

/// Whether a run looks for mistakes that the result need not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    On,
    Off,
}

/// What a launch gives a kernel.
pub struct Launch<'m> {
    /// The bytes of each array parameter, in the order of the signature. Those of [`Mode::Zeroed`] are zeroed here.
    pub arrays: Vec<&'m mut [u8]>,
    /// The scalar parameters, in the order of the signature. A `u64` above the range of `i64` has the bits of it.
    pub scalars: Vec<Scalar>,
    /// The run-time dims, in the order of [`Kernel::arguments`].
    pub dims: Vec<u64>,
}

/// Runs a kernel. What it finds is one finding a cause, in the order of discovery; the arrays are written all the same.
/// Without [`Check::On`] it finds accesses out of bounds and divisions by zero only.
///
/// An access out of bounds, checked or not, reads zero or is skipped.
pub fn run(kernel: &Kernel, launch: Launch, check: Check) -> Result<(), Vec<Finding>> {
    let mut report = Report::new(kernel);
    match Interpreter::new(kernel, launch, check) {
        Ok(mut interpreter) => interpreter.run(&mut report),
        Err(message) => report.launch(message),
    }
    report.finish()
}

struct Interpreter<'k, 'm> {
    kernel: &'k Kernel,
    check: Check,
    grid: [u64; 3],
    dims: Vec<u64>,
    code: Code<'k>,
    functions: Vec<Code<'k>>,
    scalars: Vec<Scalar>,
    /// By number of the parameter; `None` for scalars.
    params: Vec<Option<Memory<'m>>>,
    shared: Vec<(&'k Array, Vec<u64>, usize)>,
    mode: Vec<Option<Mode>>,
}

impl<'k: 'm, 'm> Interpreter<'k, 'm> {
    fn new(kernel: &'k Kernel, launch: Launch<'m>, check: Check) -> Result<Interpreter<'k, 'm>, String> {
        let sizes = |array: &Array| match array.dims.iter().map(|d| d.eval(&launch.dims)).collect::<Option<Vec<u64>>>()
        {
            Some(dims) => match dims.iter().try_fold(array.element.size() as u64, |n, d| n.checked_mul(*d)) {
                Some(bytes) => Ok((dims, bytes as usize)),
                None => Err(format!("`{}` is too large", array.name)),
            },
            None => Err(format!("the size of `{}` is not known from {} dims", array.name, launch.dims.len())),
        };
        let mut params = Vec::new();
        let mut mode = Vec::new();
        let mut arrays = launch.arrays.into_iter();
        for param in &kernel.params {
            let Param::Array { mode: m, array } = param else {
                params.push(None);
                mode.push(None);
                continue;
            };
            let (dims, size) = sizes(array)?;
            let Some(bytes) = arrays.next().filter(|b| b.len() == size) else {
                return Err(format!("`{}` takes {size} bytes", array.name));
            };
            if *m == Mode::Zeroed {
                bytes.fill(0);
            }
            let elements = size / array.element.size();
            let shadow = (check == Check::On).then(|| Shadow::new(elements, *m != Mode::Out));
            params.push(Some(Memory { array, dims, bytes, shadow }));
            mode.push(Some(*m));
        }
        let grid: Vec<u64> = kernel.grid.iter().filter_map(|g| g.eval(&launch.dims)).collect();
        let [x, y, z] = grid[..] else { return Err("the grid is not known from the dims".into()) };
        let threads: u64 = kernel.block.iter().map(|n| u64::from(*n)).product();
        if !(1..=1024).contains(&threads) {
            return Err(format!("a block of {threads} threads; a block has 1 to 1024"));
        }
        let scalars = kernel.params.iter().filter(|p| matches!(p, Param::Scalar(_))).count();
        if scalars != launch.scalars.len() {
            return Err(format!("{scalars} scalars are launched with {}", launch.scalars.len()));
        }
        let shared = kernel.shared.iter().map(|a| sizes(a).map(|(dims, bytes)| (a, dims, bytes)));
        let functions = kernel.functions.iter().map(|f| Code::new(&f.body, &f.file)).collect();
        Ok(Interpreter {
            shared: shared.collect::<Result<_, _>>()?,
            code: Code::new(&kernel.body, &kernel.file),
            grid: [x, y, z],
            dims: launch.dims.clone(),
            scalars: launch.scalars,
            kernel,
            check,
            functions,
            params,
            mode,
        })
    }

    fn run(&mut self, report: &mut Report<'k>) {
        let [x, y, z] = self.grid;
        for number in 0..x * y * z {
            let block = [number % x, number / x % y, number / (x * y)];
            let mut bytes: Vec<Vec<u8>> = self.shared.iter().map(|(_, _, size)| vec![0; *size]).collect();
            let shared = self.shared.iter().zip(&mut bytes).map(|((array, dims, _), bytes)| {
                let elements = bytes.len() / array.element.size();
                let shadow = (self.check == Check::On).then(|| Shadow::new(elements, false));
                Memory { array, dims: dims.clone(), bytes, shadow }
            });
            let shared = shared.collect();
            let mut running = schedule::Running::new(self, shared, block, number as u32, report);
            if !running.run() {
                return;
            }
        }
        for (memory, mode) in self.params.iter().zip(&self.mode) {
            let (Some(memory), Some(Mode::Out)) = (memory, mode) else { continue };
            if let Some((count, first)) = memory.shadow.as_ref().and_then(Shadow::unvalued) {
                report.unwritten(memory, count, first);
            }
        }
    }
}

/// The zero of a type: what a load out of bounds gives.
fn zero(ty: ScalarType) -> Scalar {
    if ty.is_float() { Scalar::Float(0.0) } else { Scalar::Int(0) }
}
