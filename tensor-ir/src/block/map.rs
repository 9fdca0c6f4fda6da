//! Loops of intrinsics.

use std::marker::PhantomData;

use super::BlockFn;
use super::draw::Draws;
use super::isa::{Isa, Loop, compile, compile_narrow};
use crate::intrinsic::Rule;
use crate::intrinsic::lane::{
    Bit, BitsOp, ClassifyOp, CompareOp, Draw, FloatOp, Lane, Machine, NumberOp, Op, ShiftOp, Visitor,
};
use crate::{Compute, DType, Intrinsic};

/// Lanes of a chunk. Large enough that the compiler makes a vector loop of a chunk's loop instead
/// of unrolling it first.
pub(super) const CHUNK: usize = 64;

/// The loop of an intrinsic for arguments of these dtypes, or `None` where its type rule refuses
/// them. f16 and bf16 stand for f32 lanes: the loop neither widens nor rounds.
///
/// ```
/// use formwork_ir::{DType, Intrinsic, block};
/// let exp = block::apply(Intrinsic::Exp, &[DType::F32], block::Isa::best()).expect("exp takes f32");
/// let x = [0.0_f32, 1.0];
/// let mut y = [0.0_f32; 2];
/// // SAFETY: this processor has its best instruction set; both arrays have two lanes.
/// unsafe { exp(2, &[x.as_ptr().cast()], y.as_mut_ptr().cast()) };
/// assert_eq!(y, [1.0, std::f32::consts::E]);
/// ```
pub fn apply(op: Intrinsic, args: &[DType], isa: Isa) -> Option<BlockFn> {
    op.result(args)?;
    let dtype = *args.last()?;
    Some(op.visit(Lanes::<NONE> { dtype, isa }))
}

/// The loop of an intrinsic of two arguments of this dtype whose first one is a single scalar.
/// `None` where broadcasting it first costs little: there is one for the arithmetic of
/// [`Rule::Number`] and for comparisons, of floats and i64.
pub fn apply_scalar_lhs(op: Intrinsic, dtype: DType, isa: Isa) -> Option<BlockFn> {
    if scalar_rule(op, dtype) { op.visit(Scalars::<0>(Lanes { dtype, isa })) } else { None }
}

/// As [`apply_scalar_lhs`] with the second argument as the scalar.
pub fn apply_scalar_rhs(op: Intrinsic, dtype: DType, isa: Isa) -> Option<BlockFn> {
    if scalar_rule(op, dtype) { op.visit(Scalars::<1>(Lanes { dtype, isa })) } else { None }
}

fn scalar_rule(op: Intrinsic, dtype: DType) -> bool {
    let has = dtype.is_float() || dtype == DType::I64;
    has && matches!(op.rule(), Rule::Number | Rule::Compare) && op.result(&[dtype, dtype]).is_some()
}

/// No argument is a scalar.
const NONE: usize = usize::MAX;

/// The loop of a row of the table; argument number `SCALAR` is a single lane.
struct Map<O, T, const N: usize, const SCALAR: usize>(PhantomData<(O, T)>);

impl<O: Op<T, N>, T: Lane, const N: usize, const SCALAR: usize> Loop for Map<O, T, N, SCALAR> {
    #[inline(always)]
    unsafe fn run<M: Machine>(n: usize, args: &[*const u8], out: *mut u8, this: BlockFn) {
        let mut from = [std::ptr::null::<T>(); N];
        let mut scalar = T::ZERO;
        let mut k = 0;
        while k < N {
            from[k] = args[k].cast();
            if k == SCALAR {
                // SAFETY: a scalar argument has one lane, read only if there is a lane to compute.
                scalar = if n > 0 { unsafe { from[k].read_unaligned() } } else { T::ZERO };
            }
            k += 1;
        }
        let to = out.cast::<O::Out>();
        let mut i = 0;
        while i + CHUNK <= n {
            let mut y = [<O::Out as Lane>::ZERO; CHUNK];
            for (j, y) in y.iter_mut().enumerate() {
                let mut x = [T::ZERO; N];
                let mut k = 0;
                while k < N {
                    // SAFETY: i + j < n lanes are readable.
                    x[k] = if k == SCALAR { scalar } else { unsafe { from[k].add(i + j).read_unaligned() } };
                    k += 1;
                }
                *y = O::apply::<M>(x);
            }
            // SAFETY: lanes i..i + CHUNK are writable; those of the arguments have been read.
            unsafe { to.add(i).cast::<[O::Out; CHUNK]>().write_unaligned(y) };
            i += CHUNK;
        }
        if i < n {
            // SAFETY: lanes i..n are fewer than a chunk.
            unsafe { tail::<T, O::Out, N, SCALAR>(i, n, from, to, this) };
        }
    }
}

/// Lanes `i..n` by way of padded copies.
///
/// # Safety
/// As [`BlockFn`], with `n - i < CHUNK`.
#[inline(never)]
unsafe fn tail<T: Lane, U: Lane, const N: usize, const SCALAR: usize>(
    i: usize,
    n: usize,
    from: [*const T; N],
    to: *mut U,
    this: BlockFn,
) {
    let mut x = [[T::ZERO; CHUNK]; N];
    let mut y = [U::ZERO; CHUNK];
    let mut args = [std::ptr::null::<u8>(); N];
    for k in 0..N {
        if k == SCALAR {
            args[k] = from[k].cast();
        } else {
            // SAFETY: lanes i..n are readable and fewer than a chunk.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    from[k].add(i).cast::<u8>(),
                    x[k].as_mut_ptr().cast(),
                    size_of::<T>() * (n - i),
                )
            };
            args[k] = x[k].as_ptr().cast();
        }
    }
    // SAFETY: x and y have a chunk of lanes; lanes i..n of the result are writable.
    unsafe {
        this(CHUNK, &args, y.as_mut_ptr().cast());
        std::ptr::copy_nonoverlapping(y.as_ptr().cast::<u8>(), to.add(i).cast(), size_of::<U>() * (n - i));
    }
}

/// The loop of `select`; `T` is the integer of the lanes' size.
struct Select<T>(PhantomData<T>);

/// Choosing by bits, which the compiler turns into vector instructions where it would make branches
/// of an `if`.
trait Blend: Lane {
    fn blend(c: u8, a: Self, b: Self) -> Self;
}

macro_rules! blend {
    ($($t:ident)*) => {$(
        impl Blend for $t {
            #[inline(always)]
            fn blend(c: u8, a: $t, b: $t) -> $t {
                let mask = ((c != 0) as $t).wrapping_neg();
                b ^ ((a ^ b) & mask)
            }
        }
    )*};
}
blend! { u8 i32 i64 }

impl<T: Blend> Loop for Select<T> {
    #[inline(always)]
    unsafe fn run<M: Machine>(n: usize, args: &[*const u8], out: *mut u8, this: BlockFn) {
        let (c, a, b, to) = (args[0], args[1].cast::<T>(), args[2].cast::<T>(), out.cast::<T>());
        let mut i = 0;
        while i + CHUNK <= n {
            let mut y = [T::ZERO; CHUNK];
            for (j, y) in y.iter_mut().enumerate() {
                // SAFETY: i + j < n lanes are readable.
                let (c, a, b) =
                    unsafe { (*c.add(i + j), a.add(i + j).read_unaligned(), b.add(i + j).read_unaligned()) };
                *y = T::blend(c, a, b);
            }
            // SAFETY: lanes i..i + CHUNK are writable; those of the arguments have been read.
            unsafe { to.add(i).cast::<[T; CHUNK]>().write_unaligned(y) };
            i += CHUNK;
        }
        if i == n {
            return;
        }
        let (mut pc, mut pa, mut pb, mut y) = ([0_u8; CHUNK], [T::ZERO; CHUNK], [T::ZERO; CHUNK], [T::ZERO; CHUNK]);
        let (rest, size) = (n - i, size_of::<T>());
        // SAFETY: lanes i..n are readable, writable and fewer than a chunk; the copies have a chunk.
        unsafe {
            std::ptr::copy_nonoverlapping(c.add(i), pc.as_mut_ptr(), rest);
            std::ptr::copy_nonoverlapping(a.add(i).cast::<u8>(), pa.as_mut_ptr().cast(), rest * size);
            std::ptr::copy_nonoverlapping(b.add(i).cast::<u8>(), pb.as_mut_ptr().cast(), rest * size);
            this(CHUNK, &[pc.as_ptr(), pa.as_ptr().cast(), pb.as_ptr().cast()], y.as_mut_ptr().cast());
            std::ptr::copy_nonoverlapping(y.as_ptr().cast::<u8>(), to.add(i).cast(), rest * size);
        }
    }
}

/// Chooses the loop of a row by the dtype of its last argument.
struct Lanes<const SCALAR: usize> {
    dtype: DType,
    isa: Isa,
}

impl<const SCALAR: usize> Lanes<SCALAR> {
    fn map<T: Lane, O: Op<T, N>, const N: usize>(&self) -> BlockFn {
        compile::<Map<O, T, N, SCALAR>>(self.isa)
    }

    fn narrow<T: Lane, O: Op<T, N>, const N: usize>(&self) -> BlockFn {
        compile_narrow::<Map<O, T, N, SCALAR>>(self.isa)
    }

    fn real<O: Op<f32, N> + Op<f64, N>, const N: usize>(&self) -> BlockFn {
        if self.dtype.compute() == Compute::F64 { self.map::<f64, O, N>() } else { self.map::<f32, O, N>() }
    }

    fn integer<O: Op<i32, N> + Op<i64, N> + Op<u8, N>, const N: usize>(&self) -> BlockFn {
        match self.dtype.compute() {
            Compute::I32 => self.narrow::<i32, O, N>(),
            Compute::I64 => self.narrow::<i64, O, N>(),
            _ => self.narrow::<u8, O, N>(),
        }
    }
}

impl<const SCALAR: usize> Visitor for Lanes<SCALAR> {
    type Output = BlockFn;

    fn number<O: NumberOp<N>, const N: usize>(self) -> BlockFn {
        if self.dtype.is_float() { self.real::<O, N>() } else { self.integer::<O, N>() }
    }

    fn float<O: FloatOp<N>, const N: usize>(self) -> BlockFn {
        self.real::<O, N>()
    }

    fn compare<O: CompareOp<N>, const N: usize>(self) -> BlockFn {
        if self.dtype.is_float() { self.real::<O, N>() } else { self.integer::<O, N>() }
    }

    fn bits<O: BitsOp<N>, const N: usize>(self) -> BlockFn {
        if self.dtype == DType::Bool { self.narrow::<Bit, O, N>() } else { self.integer::<O, N>() }
    }

    fn shift<O: ShiftOp<N>, const N: usize>(self) -> BlockFn {
        self.integer::<O, N>()
    }

    fn classify<O: ClassifyOp<N>, const N: usize>(self) -> BlockFn {
        self.real::<O, N>()
    }

    fn philox<O: Draw>(self) -> BlockFn {
        compile::<Draws<O>>(self.isa)
    }

    fn select(self) -> BlockFn {
        match self.dtype.compute().size() {
            8 => compile::<Select<i64>>(self.isa),
            4 => compile::<Select<i32>>(self.isa),
            _ => compile::<Select<u8>>(self.isa),
        }
    }
}

/// Chooses the loop with a scalar argument, of the rows that have one.
struct Scalars<const SCALAR: usize>(Lanes<SCALAR>);

impl<const SCALAR: usize> Visitor for Scalars<SCALAR> {
    type Output = Option<BlockFn>;

    fn number<O: NumberOp<N>, const N: usize>(self) -> Option<BlockFn> {
        let lanes = self.0;
        Some(if lanes.dtype.is_float() { lanes.real::<O, N>() } else { lanes.narrow::<i64, O, N>() })
    }

    fn compare<O: CompareOp<N>, const N: usize>(self) -> Option<BlockFn> {
        let lanes = self.0;
        Some(if lanes.dtype.is_float() { lanes.real::<O, N>() } else { lanes.narrow::<i64, O, N>() })
    }

    fn float<O: FloatOp<N>, const N: usize>(self) -> Option<BlockFn> {
        None
    }

    fn bits<O: BitsOp<N>, const N: usize>(self) -> Option<BlockFn> {
        None
    }

    fn shift<O: ShiftOp<N>, const N: usize>(self) -> Option<BlockFn> {
        None
    }

    fn classify<O: ClassifyOp<N>, const N: usize>(self) -> Option<BlockFn> {
        None
    }

    fn philox<O: Draw>(self) -> Option<BlockFn> {
        None
    }

    fn select(self) -> Option<BlockFn> {
        None
    }
}
