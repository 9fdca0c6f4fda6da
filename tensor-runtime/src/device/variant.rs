//! What a variant of a region is asked, and host code that computes one.
//!
//! What host code says of a [`Call`] decides about memory, so it must be the same for the same one. Nothing here knows what
//! a region computes.

use super::{Device, ErrorWord, Executable};
use crate::device::cpu;
use crate::dtype::Element;
use formwork_ir::DType;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// The sizes and dtype of a tensor, whose elements lie one after the other in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub dims: Vec<usize>,
    pub dtype: DType,
}

impl Spec {
    /// The number of its elements.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn bytes(&self) -> usize {
        self.len() * self.dtype.size()
    }
}

/// A region as it stands in a graph: all that a variant may depend on but the values.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name of the region.
    pub name: &'static str,
    pub attributes: Vec<(&'static str, f64)>,
    pub device: Device,
    pub inputs: Vec<Spec>,
    pub outputs: Vec<Spec>,
}

impl Call {
    /// The attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<f64> {
        self.attributes.iter().find(|a| a.0 == name).map(|a| a.1)
    }
}

/// Code of the host that computes the outputs of a region from its inputs: its own, or a call of a vendor's library.
pub trait Host: Send + Sync {
    /// Bytes of memory that it needs while it runs; they lie in the plan's arena.
    fn workspace(&self, _call: &Call) -> usize {
        0
    }

    /// Floating-point operations, for `explain` and to tell whether threads are worth it.
    fn flops(&self, call: &Call) -> u64 {
        call.inputs.iter().chain(&call.outputs).map(Spec::len).sum::<usize>() as u64
    }

    /// Writes every element of every output. The sum of an element must not depend on threads: split work by shape.
    fn run(&self, call: &Call, operands: Operands<'_>);
}

/// What a variant runs on.
pub struct Operands<'a> {
    pub inputs: Vec<Operand<'a>>,
    pub outputs: Vec<OutputOperand<'a>>,
    /// As many bytes as asked for, aligned to 64, of any content.
    pub workspace: &'a mut [MaybeUninit<u8>],
}

/// The elements of an input.
pub struct Operand<'a> {
    ptr: *const u8,
    len: usize,
    dtype: DType,
    of: PhantomData<&'a [u8]>,
}

/// The elements of an output.
pub struct OutputOperand<'a> {
    ptr: *mut u8,
    len: usize,
    dtype: DType,
    of: PhantomData<&'a mut [u8]>,
}

// SAFETY: as the slice that it stands for.
unsafe impl Sync for Operand<'_> {}
// SAFETY: as the slice that it stands for.
unsafe impl Send for Operand<'_> {}
// SAFETY: as the slice that it stands for.
unsafe impl Sync for OutputOperand<'_> {}
// SAFETY: as the slice that it stands for.
unsafe impl Send for OutputOperand<'_> {}

impl<'a> Operand<'a> {
    /// Its elements.
    ///
    /// # Panics
    /// If they are not of type `E`, which the call says.
    pub fn as_slice<E: Element>(&self) -> &'a [E] {
        assert_eq!(self.dtype, E::DTYPE, "the input is of another dtype; `Call::inputs` says which");
        // SAFETY: the buffer holds `len` elements of this dtype, which a kernel or a copy wrote.
        unsafe { std::slice::from_raw_parts(self.ptr.cast(), self.len) }
    }
}

impl OutputOperand<'_> {
    /// Its elements, all of which are to be written.
    ///
    /// # Panics
    /// If they are not of type `E`, which the call says.
    pub fn as_uninit<E: Element>(&mut self) -> &mut [MaybeUninit<E>] {
        assert_eq!(self.dtype, E::DTYPE, "the output is of another dtype; `Call::outputs` says which");
        // SAFETY: the buffer holds `len` elements, and nobody else uses it meanwhile.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.cast(), self.len) }
    }

    /// Its elements, set to zero first.
    ///
    /// # Panics
    /// As [`OutputOperand::as_uninit`].
    pub fn as_mut_slice<E: Element>(&mut self) -> &mut [E] {
        let elements = self.as_uninit::<E>();
        elements.fill(MaybeUninit::new(E::default()));
        // SAFETY: every element was written.
        unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), elements.len()) }
    }
}

/// Calls `f` with each of `0..tasks`, on the device's threads if the plan has work for them.
pub fn for_each(tasks: usize, f: impl Fn(usize) + Sync) {
    cpu::for_each(tasks, f);
}

/// Host code with what it is to run on: a kernel. Buffers: `[outputs, inputs, the workspace if it has bytes]`.
#[derive(Clone)]
pub struct Launch {
    /// The name of the variant.
    pub name: &'static str,
    pub host: &'static dyn Host,
    pub call: Arc<Call>,
    pub workspace: usize,
}

impl std::fmt::Debug for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {:?}", self.name, self.call)
    }
}

impl Executable for Launch {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], _errors: &ErrorWord) {
        let (outputs, rest) = buffers.split_at(self.call.outputs.len());
        let (inputs, workspace) = rest.split_at(self.call.inputs.len());
        let input = |(spec, ptr): (&Spec, &*mut u8)| Operand {
            ptr: ptr.cast_const(),
            len: spec.len(),
            dtype: spec.dtype,
            of: PhantomData,
        };
        let output = |(spec, ptr): (&Spec, &*mut u8)| OutputOperand {
            ptr: *ptr,
            len: spec.len(),
            dtype: spec.dtype,
            of: PhantomData,
        };
        let workspace: &mut [MaybeUninit<u8>] = match workspace.first() {
            // SAFETY: the plan gives the workspace these bytes for this launch alone.
            Some(&ptr) => unsafe { std::slice::from_raw_parts_mut(ptr.cast(), self.workspace) },
            None => &mut [],
        };
        let operands = Operands {
            inputs: self.call.inputs.iter().zip(inputs).map(input).collect(),
            outputs: self.call.outputs.iter().zip(outputs).map(output).collect(),
            workspace,
        };
        self.host.run(&self.call, operands);
    }
}
