//! The part of a launch that a kernel's code runs at once: its parameters, dims and blocks.

use super::array::Sizes;
use super::{Array, Block};
use crate::device::grid::{GridParam, Task};
use crate::dtype::Element;
use formwork_ir::scalar::{Type, Wide};
use formwork_shapes::{Dim, Shape};

/// What generated code asks of its task. A question that does not fit the launch is a mistake of whoever wrote that code.
impl<'a> Task<'a> {
    /// The size of dim `i` of the signature, which is `D`: a literal if `D` is one.
    #[doc(hidden)]
    #[inline(always)]
    pub fn dim<D: Dim>(&self, i: usize) -> usize {
        D::SIZE.unwrap_or_else(|| self.kernel.dims[i])
    }

    /// Parameter `i`, a view of these sizes. They come from the dims, which all views share: so the compiler knows that an
    /// index below a dim is inside of every view that has it.
    ///
    /// # Panics
    /// If it is none, or of other elements or another shape.
    #[doc(hidden)]
    #[inline(always)]
    pub fn array<E: Element, S: Shape>(&self, i: usize, sizes: impl Sizes) -> Array<E, S> {
        let sizes = sizes.padded();
        Array::new(self, i, self.found(i, E::DTYPE, S::RANK, sizes).cast(), sizes)
    }

    #[inline(never)]
    fn found(&self, i: usize, dtype: formwork_ir::DType, rank: usize, sizes: [usize; 6]) -> *mut u8 {
        match &self.kernel.params[i] {
            GridParam::Array(array) if array.dtype == dtype && array.sizes[..] == sizes[..rank] => {
                self.buffers[array.buffer as usize]
            }
            other => panic!("parameter {i} is {other:?}"),
        }
    }

    /// Parameter `i`, a scalar.
    ///
    /// # Panics
    /// If it is none.
    #[doc(hidden)]
    #[inline(always)]
    pub fn scalar<T: Type>(&self, i: usize) -> T {
        match &self.kernel.params[i] {
            GridParam::Scalar(slot) => scalar(self.args[*slot as usize]),
            other => panic!("parameter {i} is {other:?}"),
        }
    }

    /// The blocks, one after the other, each of `X * Y * Z` threads.
    #[doc(hidden)]
    #[inline(always)]
    pub fn blocks<'t, const X: usize, const Y: usize, const Z: usize>(
        &'t self,
    ) -> impl Iterator<Item = Block<'t, X, Y, Z>> {
        self.range.clone().map(|number| {
            self.current.set(number);
            self.shared_used.set(0);
            Block::new(self, number)
        })
    }
}

/// A number as it stands in the argument table: floats as they are, of integers the bits.
pub(super) fn argument<T: Type>(x: T) -> f64 {
    match x.wide() {
        Wide::F32(x) => x as f64,
        Wide::F64(x) => x,
        Wide::Signed(x) => f64::from_bits(x as u64),
        Wide::Unsigned(x) => f64::from_bits(x),
    }
}

/// The number that [`argument`] put into the table.
#[inline(always)]
pub(super) fn scalar<T: Type>(x: f64) -> T {
    T::narrow(match T::default().wide() {
        Wide::F32(_) | Wide::F64(_) => Wide::F64(x),
        Wide::Signed(_) => Wide::Signed(x.to_bits() as i64),
        Wide::Unsigned(_) => Wide::Unsigned(x.to_bits()),
    })
}
