//! Strided copies of operands that the library cannot read where they lie.

use super::layout::Packing;
use crate::device::cuda::code::{Function, Shape};
use crate::device::cuda::gpu::Gpu;
use crate::error::Result;
use std::fmt::Write;

/// Threads of a block.
const THREADS: usize = 256;
/// Blocks of a launch at most; a thread goes on to elements further on.
const BLOCKS: usize = 1 << 16;

/// A copy that is ready to run.
pub(super) struct Packer {
    function: Function,
    /// Bytes from the operand's buffer to the first element.
    offset: i64,
    len: usize,
}

impl Packer {
    /// For elements of `size` bytes.
    pub fn new(gpu: &Gpu, packing: &Packing, size: usize) -> Result<Packer> {
        let function = gpu.function(&text(packing, size), "pack")?;
        Ok(Packer { function, offset: packing.offset as i64 * size as i64, len: packing.len() })
    }

    /// # Safety
    /// `from` holds what the strides reach, `to` has room for the copy.
    pub unsafe fn enqueue(&self, gpu: &Gpu, to: u64, from: u64) -> Result<()> {
        let blocks = self.len.div_ceil(THREADS).min(BLOCKS) as u32;
        let shape = Shape { grid: [blocks, 1, 1], block: [THREADS as u32, 1, 1], shared: 0 };
        // SAFETY: passed on; the arguments are those of `pack`.
        unsafe { gpu.launch(self.function, shape, &[to, from.wrapping_add_signed(self.offset)]) }
    }
}

/// The kernel `pack(to, from)`; sizes and strides are numbers in it.
pub(super) fn text(packing: &Packing, size: usize) -> String {
    let element = match size {
        2 => "unsigned short",
        4 => "unsigned int",
        _ => "unsigned long long",
    };
    let len = packing.len();
    let index = if len < 1 << 31 { "unsigned int" } else { "unsigned long long" };
    let mut places = String::new();
    for (size, stride) in packing.sizes.iter().zip(&packing.strides).rev() {
        let _ = writeln!(places, "        from_at += (long long)(rest % {size}u) * {stride}ll; rest /= {size}u;");
    }
    format!(
        r#"extern "C" __global__ void pack({element}* to, const {element}* from) {{
    {index} step = ({index})gridDim.x * {THREADS}u;
    for ({index} i = ({index})blockIdx.x * {THREADS}u + threadIdx.x; i < {len}u; i += step) {{
        {index} rest = i;
        long long from_at = 0;
{places}        to[i] = from[from_at];
    }}
}}
"#
    )
}
