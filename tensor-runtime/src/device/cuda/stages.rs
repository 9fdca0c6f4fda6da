//! Kernels that are a few launches of written texts, one after the other: what they are, and how they run.

use super::code::{Function, Shape};
use super::gpu::Gpu;
use crate::device::lines::Lines;
use crate::device::{ErrorWord, Executable};
use crate::error::{Error, Result};
use formwork_ir::DType;
use std::fmt::{Display, Write};
use std::sync::Arc;

/// Where numbers live that a stage leaves for the next: bytes from the start of the scratch memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scratch(usize);

#[cfg(test)]
impl Scratch {
    pub fn bytes(self) -> usize {
        self.0
    }
}

/// An argument of a kernel. Behind them come the error word and whether the kernel is guarded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arg {
    Buffer(usize),
    Scratch(Scratch),
    Number(u32),
    Null,
}

/// A launch.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub text: Arc<str>,
    pub entry: &'static str,
    pub blocks: usize,
    pub threads: u32,
    pub args: Vec<Arg>,
}

/// The launches of a kernel.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages {
    pub stages: Vec<Stage>,
    /// Bytes of scratch memory.
    pub scratch: usize,
}

impl Stages {
    /// Room for `len` elements of `size` bytes.
    pub fn room(&mut self, len: usize, size: usize) -> Scratch {
        let at = Scratch(self.scratch);
        self.scratch += (len * size).next_multiple_of(256);
        at
    }

    /// Adds a launch of `entry` of a text; nothing if there are no blocks.
    pub fn push(&mut self, text: &Text, entry: &'static str, blocks: usize, threads: u32, args: &[Arg]) {
        if blocks > 0 {
            self.stages.push(Stage { text: text.of(entry).into(), entry, blocks, threads, args: args.to_vec() });
        }
    }

    /// Makes it ready to run.
    pub fn compile(self, gpu: &'static Gpu, guarded: bool) -> Result<Arc<dyn Executable>> {
        let mut launches = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let blocks = u32::try_from(stage.blocks).ok().filter(|&n| n < 1 << 31).ok_or_else(|| {
                Error::other(format!("`{}` would take {} blocks, and a GPU runs 2^31 - 1", stage.entry, stage.blocks))
            })?;
            let shape = Shape { grid: [blocks, 1, 1], block: [stage.threads, 1, 1], shared: 0 };
            launches.push((gpu.function(&stage.text, stage.entry)?, shape, stage.args.clone()));
        }
        let scratch = if self.scratch > 0 { gpu.alloc(self.scratch)? } else { 0 };
        let errors = gpu.queue().numbers.errors();
        Ok(Arc::new(Running { gpu, launches, scratch, errors, guarded }))
    }
}

struct Running {
    gpu: &'static Gpu,
    launches: Vec<(Function, Shape, Vec<Arg>)>,
    /// 0 if there is none.
    scratch: u64,
    errors: u64,
    guarded: bool,
}

impl Executable for Running {
    unsafe fn launch(&self, buffers: &[*mut u8], _: &[f64], errors: &ErrorWord) {
        for (function, shape, args) in &self.launches {
            let values = args.iter().map(|arg| match *arg {
                Arg::Buffer(i) => buffers[i] as u64,
                Arg::Scratch(at) => self.scratch + at.0 as u64,
                Arg::Number(x) => u64::from(x),
                Arg::Null => 0,
            });
            let values: smallvec::SmallVec<[u64; 12]> = values.chain([self.errors, u64::from(self.guarded)]).collect();
            // SAFETY: the arguments are those of the text; the caller vouches for the buffers.
            if let Err(e) = unsafe { self.gpu.launch(*function, *shape, &values) } {
                return errors.break_with(e);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.scratch != 0 {
            // SAFETY: allocated in `compile`, and this launches no more.
            unsafe { self.gpu.free(self.scratch) };
        }
    }
}

/// A text that is written by hand, and the sizes and types of one kernel before it.
#[derive(Clone)]
pub(super) struct Text {
    head: String,
    body: String,
}

impl Text {
    pub fn new(body: &[&str]) -> Text {
        Text { head: String::new(), body: body.concat() }
    }

    /// A number or name.
    pub fn define(&mut self, name: &str, value: impl Display) -> &mut Text {
        let _ = writeln!(self.head, "#define {name} {value}");
        self
    }

    /// A function `name(i, at)` that adds to each of `at` what point `i` of `dims`, counted row-major, is away from the
    /// first; a dim is its size and a stride for each of `at`.
    pub fn places<const N: usize>(&mut self, name: &str, dims: &[(usize, [isize; N])]) -> &mut Text {
        let points: usize = dims.iter().map(|d| d.0).product();
        let index = if points < 1 << 31 { "unsigned int" } else { "unsigned long long" };
        let mut body = format!(
            "static __device__ __forceinline__ void {name}(unsigned long long number, long long* at) {{\n    {index} i = ({index})number, k;\n"
        );
        for (d, (size, strides)) in dims.iter().enumerate().rev() {
            let first = d == 0;
            let _ = match first {
                true => writeln!(body, "    k = i;"),
                false => writeln!(body, "    k = i % {size}u; i /= {size}u;"),
            };
            for (slot, stride) in strides.iter().enumerate().filter(|(_, s)| **s != 0) {
                let _ = writeln!(body, "    at[{slot}] += (long long)k * {stride}ll;");
            }
        }
        body.push_str("    (void)i; (void)k;\n}\n");
        self.head.push_str(&body);
        self
    }

    /// A function `name(i, at)` that adds to `at` where line `i` starts in `x` and in `y`.
    pub fn lines(&mut self, name: &str, lines: &Lines) -> &mut Text {
        let inner = lines.dims.iter().map(|&(size, x, y)| (size, [x, y]));
        let mut dims: Vec<_> = std::iter::once((lines.lanes, [lines.lane, 1])).chain(inner).collect();
        dims.reverse();
        self.places(name, &dims)
    }

    /// The text with kernel `entry`.
    fn of(&self, entry: &str) -> String {
        format!("#define STAGE_{entry} 1\n{}{}{}", include_str!("element.cuh"), self.head, self.body)
    }
}

/// The type of an element in memory.
pub(super) fn element(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "float",
        DType::F64 => "double",
        DType::F16 => "F16",
        DType::BF16 => "BF16",
        DType::I64 => "i64",
        DType::I32 => "int",
        DType::U8 => "u8",
        DType::Bool => "bool",
    }
}

/// The type that elements are summed in, and its bytes.
pub(super) fn sum(dtype: DType) -> (&'static str, usize) {
    match dtype {
        DType::F32 | DType::F16 | DType::BF16 => ("float", 4),
        DType::F64 => ("double", 8),
        DType::I64 | DType::I32 | DType::U8 => ("u64", 8),
        DType::Bool => ("bool", 1),
    }
}
