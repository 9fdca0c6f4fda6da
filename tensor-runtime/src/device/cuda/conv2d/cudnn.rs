//! cuDNN: descriptors that free themselves, its proposals of algorithms, and its calls.

use crate::device::cuda::library::Library;
use crate::device::cuda::precision;
use crate::device::{Conv2d, ConvMode};
use crate::error::{Error, Result};
use cudarc::cudnn::{result, sys};
use cudarc::driver;
use formwork_ir::DType;
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// The functions that are called; a library without one of them is too old.
const FUNCTIONS: &[&str] = &[
    "cudnnCreate",
    "cudnnSetStream",
    "cudnnCreateTensorDescriptor",
    "cudnnSetTensor4dDescriptor",
    "cudnnDestroyTensorDescriptor",
    "cudnnCreateFilterDescriptor",
    "cudnnSetFilter4dDescriptor",
    "cudnnDestroyFilterDescriptor",
    "cudnnCreateConvolutionDescriptor",
    "cudnnSetConvolution2dDescriptor",
    "cudnnSetConvolutionMathType",
    "cudnnSetConvolutionGroupCount",
    "cudnnDestroyConvolutionDescriptor",
    "cudnnGetConvolutionForwardAlgorithm_v7",
    "cudnnGetConvolutionBackwardDataAlgorithm_v7",
    "cudnnGetConvolutionBackwardFilterAlgorithm_v7",
    "cudnnGetConvolutionForwardWorkspaceSize",
    "cudnnGetConvolutionBackwardDataWorkspaceSize",
    "cudnnGetConvolutionBackwardFilterWorkspaceSize",
    "cudnnConvolutionForward",
    "cudnnConvolutionBackwardData",
    "cudnnConvolutionBackwardFilter",
];

/// The library's state for one GPU and its stream, kept until the process ends. One thread at a time may use it.
pub(crate) struct Handle(sys::cudnnHandle_t);

// SAFETY: a handle belongs to no thread.
unsafe impl Send for Handle {}

impl Handle {
    /// The state for the current context.
    pub fn new(stream: driver::sys::CUstream) -> Result<Handle> {
        Library::Cudnn.need_functions(FUNCTIONS)?;
        let handle = result::create_handle().map_err(|e| said("its start", e))?;
        // SAFETY: both are alive.
        unsafe { result::set_stream(handle, stream.cast()) }.map_err(|e| said("its start", e))?;
        Ok(Handle(handle))
    }
}

fn said(action: &str, error: result::CudnnError) -> Error {
    Error::Device { action: format!("cuDNN: {action}"), reason: format!("{:?}", error.0) }
}

/// A descriptor's making failed.
fn describing(error: result::CudnnError) -> Error {
    said("describing a convolution", error)
}

fn data_type(dtype: DType) -> Result<sys::cudnnDataType_t> {
    Ok(match dtype {
        DType::F32 => sys::cudnnDataType_t::CUDNN_DATA_FLOAT,
        DType::F64 => sys::cudnnDataType_t::CUDNN_DATA_DOUBLE,
        DType::F16 => sys::cudnnDataType_t::CUDNN_DATA_HALF,
        DType::BF16 => sys::cudnnDataType_t::CUDNN_DATA_BFLOAT16,
        found => return Err(Error::DType { op: "conv2d", expected: DType::F32, found }),
    })
}

/// What a size must be for the library.
fn int(size: usize) -> Result<i32> {
    i32::try_from(size).map_err(|_| Error::Setting {
        name: "a size of a convolution",
        found: size.to_string(),
        expected: "below 2^31 on a GPU; use a smaller batch".into(),
    })
}

/// Images `[n, c, h, w]`.
struct Images(sys::cudnnTensorDescriptor_t);

impl Images {
    fn new(dtype: sys::cudnnDataType_t, sizes: [usize; 4]) -> Result<Images> {
        int(sizes.iter().product())?;
        let images = Images(result::create_tensor_descriptor().map_err(describing)?);
        let [n, c, h, w] = sizes;
        let format = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW;
        // SAFETY: made above.
        unsafe { result::set_tensor4d_descriptor(images.0, format, dtype, [int(n)?, int(c)?, int(h)?, int(w)?]) }
            .map_err(describing)?;
        Ok(images)
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        // SAFETY: made in `new`.
        let _ = unsafe { result::destroy_tensor_descriptor(self.0) };
    }
}

/// Filters `[o, c / groups, kh, kw]`.
struct Filters(sys::cudnnFilterDescriptor_t);

impl Filters {
    fn new(dtype: sys::cudnnDataType_t, sizes: [usize; 4]) -> Result<Filters> {
        int(sizes.iter().product())?;
        let filters = Filters(result::create_filter_descriptor().map_err(describing)?);
        let [o, c, h, w] = sizes;
        let format = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW;
        // SAFETY: made above.
        unsafe { result::set_filter4d_descriptor(filters.0, dtype, format, [int(o)?, int(c)?, int(h)?, int(w)?]) }
            .map_err(describing)?;
        Ok(filters)
    }
}

impl Drop for Filters {
    fn drop(&mut self) {
        // SAFETY: made in `new`.
        let _ = unsafe { result::destroy_filter_descriptor(self.0) };
    }
}

/// How filters slide.
struct Sliding(sys::cudnnConvolutionDescriptor_t);

impl Sliding {
    fn new(kernel: &Conv2d) -> Result<Sliding> {
        let sliding = Sliding(result::create_convolution_descriptor().map_err(describing)?);
        let [pad, step, gap] = [kernel.padding, kernel.stride, kernel.dilation];
        let sum = match kernel.dtype {
            DType::F64 => sys::cudnnDataType_t::CUDNN_DATA_DOUBLE,
            _ => sys::cudnnDataType_t::CUDNN_DATA_FLOAT,
        };
        // SAFETY: made above.
        unsafe {
            result::set_convolution2d_descriptor(
                sliding.0,
                int(pad[0])?,
                int(pad[1])?,
                int(step[0])?,
                int(step[1])?,
                int(gap[0])?,
                int(gap[1])?,
                sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION,
                sum,
            )
            .map_err(describing)?;
            result::set_convolution_group_count(sliding.0, int(kernel.groups)?).map_err(describing)?;
        }
        sliding.set_math(math(kernel.dtype))?;
        Ok(sliding)
    }

    fn set_math(&self, math: sys::cudnnMathType_t) -> Result<()> {
        // SAFETY: the descriptor is alive.
        unsafe { result::set_convolution_math_type(self.0, math) }.map_err(describing)
    }
}

impl Drop for Sliding {
    fn drop(&mut self) {
        // SAFETY: made in `new`.
        let _ = unsafe { result::destroy_convolution_descriptor(self.0) };
    }
}

/// Which units multiply.
fn math(dtype: DType) -> sys::cudnnMathType_t {
    use sys::cudnnMathType_t as Math;
    match dtype {
        DType::F16 | DType::BF16 => Math::CUDNN_TENSOR_OP_MATH,
        // This one may take TF32.
        DType::F32 if precision::tf32() => Math::CUDNN_DEFAULT_MATH,
        _ => Math::CUDNN_FMA_MATH,
    }
}

#[derive(Clone, Copy, Debug)]
enum Algorithm {
    Forward(sys::cudnnConvolutionFwdAlgo_t),
    Data(sys::cudnnConvolutionBwdDataAlgo_t),
    Filter(sys::cudnnConvolutionBwdFilterAlgo_t),
}

/// An algorithm that the library proposes.
struct Candidate {
    algorithm: Algorithm,
    math: sys::cudnnMathType_t,
}

/// Proposals that are looked at.
const CANDIDATES: usize = 16;

/// A convolution that is ready to run.
pub(super) struct Convolution {
    x: Images,
    w: Filters,
    y: Images,
    sliding: Sliding,
    algorithm: Algorithm,
    /// Bytes that it uses while it runs.
    pub workspace: usize,
    double: bool,
}

// SAFETY: descriptors are plain memory of the library, and do not change once made.
unsafe impl Send for Convolution {}
// SAFETY: as above.
unsafe impl Sync for Convolution {}

impl Convolution {
    /// Takes the algorithm that the library expects to be the fastest of those that give the same bits each time and for
    /// whose workspace `room` finds memory; none if there is no such algorithm.
    pub fn new(handle: &Handle, kernel: &Conv2d, room: impl Fn(usize) -> bool) -> Result<Option<Convolution>> {
        let dtype = data_type(kernel.dtype)?;
        let Conv2d { n, c, h, w, o, kh, kw, oh, ow, groups, .. } = *kernel;
        let mut convolution = Convolution {
            x: Images::new(dtype, [n, c, h, w])?,
            w: Filters::new(dtype, [o, c / groups, kh, kw])?,
            y: Images::new(dtype, [n, o, oh, ow])?,
            sliding: Sliding::new(kernel)?,
            algorithm: Algorithm::Forward(sys::cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM),
            workspace: 0,
            double: kernel.dtype == DType::F64,
        };
        let exact = kernel.dtype == DType::F32 && !precision::tf32();
        for candidate in convolution.candidates(handle, kernel.mode)? {
            // Operands of f32 stay f32, whatever is proposed.
            let math = if exact { sys::cudnnMathType_t::CUDNN_FMA_MATH } else { candidate.math };
            convolution.sliding.set_math(math)?;
            convolution.algorithm = candidate.algorithm;
            match convolution.needs(handle) {
                Ok(bytes) if room(bytes) => {
                    convolution.workspace = bytes;
                    return Ok(Some(convolution));
                }
                Ok(bytes) => log::debug!("{:?} would need {bytes} bytes", candidate.algorithm),
                Err(e) => log::debug!("{:?} is not taken: {e}", candidate.algorithm),
            }
        }
        Ok(None)
    }

    /// What the library proposes, the best first.
    fn candidates(&self, handle: &Handle, mode: ConvMode) -> Result<Vec<Candidate>> {
        let (x, w, y, sliding) = (self.x.0, self.w.0, self.y.0, self.sliding.0);
        let (mut count, most) = (0, CANDIDATES as i32);
        macro_rules! proposals {
            ($algorithm:ident, $ask:ident($($of:expr),+)) => {{
                let mut found = [const { MaybeUninit::uninit() }; CANDIDATES];
                // SAFETY: the descriptors are alive, and there is room for as many results as are asked for.
                unsafe { result::$ask(handle.0, $($of),+, most, &mut count, found.as_mut_ptr().cast()) }
                    .map_err(|e| said("choosing an algorithm", e))?;
                // SAFETY: so many were written; all are of the type that the function writes.
                let found = found.iter().take(count.max(0) as usize).map(|f| unsafe { f.assume_init() });
                let found = found.filter(|f: &proposal!($algorithm)| {
                    f.status == sys::cudnnStatus_t::CUDNN_STATUS_SUCCESS
                        && f.determinism == sys::cudnnDeterminism_t::CUDNN_DETERMINISTIC
                });
                found.map(|f| Candidate { algorithm: Algorithm::$algorithm(f.algo), math: f.mathType }).collect()
            }};
        }
        macro_rules! proposal {
            (Forward) => {
                sys::cudnnConvolutionFwdAlgoPerf_t
            };
            (Data) => {
                sys::cudnnConvolutionBwdDataAlgoPerf_t
            };
            (Filter) => {
                sys::cudnnConvolutionBwdFilterAlgoPerf_t
            };
        }
        Ok(match mode {
            ConvMode::Forward => proposals!(Forward, get_convolution_forward_algorithm(x, w, sliding, y)),
            ConvMode::Data => proposals!(Data, get_convolution_backward_data_algorithm(w, y, sliding, x)),
            ConvMode::Filter => proposals!(Filter, get_convolution_backward_filter_algorithm(x, y, sliding, w)),
        })
    }

    /// Bytes of workspace.
    fn needs(&self, handle: &Handle) -> Result<usize> {
        let (x, w, y, sliding, handle) = (self.x.0, self.w.0, self.y.0, self.sliding.0, handle.0);
        // SAFETY: the descriptors are alive.
        let needs = unsafe {
            match self.algorithm {
                Algorithm::Forward(a) => result::get_convolution_forward_workspace_size(handle, x, w, sliding, y, a),
                Algorithm::Data(a) => result::get_convolution_backward_data_workspace_size(handle, w, y, sliding, x, a),
                Algorithm::Filter(a) => {
                    result::get_convolution_backward_filter_workspace_size(handle, x, y, sliding, w, a)
                }
            }
        };
        needs.map_err(|e| said("asking for a workspace", e))
    }

    /// # Safety
    /// The addresses are of `[x, w, y]` of the kernel's sizes, and of as much workspace as it needs.
    pub unsafe fn enqueue(&self, handle: &Handle, [x, w, y]: [u64; 3], workspace: u64) -> Result<()> {
        // One and zero, as the sums have them; read before the call returns.
        let (double, single) = ([1f64, 0.0], [1f32, 0.0]);
        let scalar = |i: usize| match self.double {
            true => std::ptr::from_ref(&double[i]).cast::<c_void>(),
            false => std::ptr::from_ref(&single[i]).cast(),
        };
        let (one, zero) = (scalar(0), scalar(1));
        let (x_of, w_of, y_of, sliding, handle) = (self.x.0, self.w.0, self.y.0, self.sliding.0, handle.0);
        let (x, w, y, room) = (x as *mut c_void, w as *mut c_void, y as *mut c_void, workspace as *mut c_void);
        let bytes = self.workspace;
        // SAFETY: the descriptors are alive; the caller vouches for the addresses.
        let done = unsafe {
            match self.algorithm {
                Algorithm::Forward(a) => {
                    result::convolution_forward(handle, one, x_of, x, w_of, w, sliding, a, room, bytes, zero, y_of, y)
                }
                Algorithm::Data(a) => result::convolution_backward_data(
                    handle, one, w_of, w, y_of, y, sliding, a, room, bytes, zero, x_of, x,
                ),
                Algorithm::Filter(a) => result::convolution_backward_filter(
                    handle, one, x_of, x, y_of, y, sliding, a, room, bytes, zero, w_of, w,
                ),
            }
        };
        done.map_err(|e| said("a convolution", e))
    }
}
