//! cuBLASLt: descriptors that free themselves, and its choice of an algorithm.

use super::layout::Matrix;
use crate::device::cuda::gpu::Gpu;
use crate::device::cuda::library::Library;
use crate::device::cuda::precision;
use crate::error::{Error, Result};
use cudarc::cublaslt::{result, sys};
use formwork_ir::DType;
use std::ffi::c_void;

/// The functions that are called; a library without one of them is too old.
const FUNCTIONS: &[&str] = &[
    "cublasLtCreate",
    "cublasLtMatmul",
    "cublasLtMatmulAlgoGetHeuristic",
    "cublasLtMatmulDescCreate",
    "cublasLtMatmulDescDestroy",
    "cublasLtMatmulDescSetAttribute",
    "cublasLtMatmulPreferenceCreate",
    "cublasLtMatmulPreferenceDestroy",
    "cublasLtMatmulPreferenceSetAttribute",
    "cublasLtMatrixLayoutCreate",
    "cublasLtMatrixLayoutDestroy",
    "cublasLtMatrixLayoutSetAttribute",
];

/// The library's state for one GPU, kept until the process ends.
#[derive(Clone, Copy)]
pub(crate) struct Handle(sys::cublasLtHandle_t);

// SAFETY: a handle may be used from several threads at once.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// The state for the current context.
    pub fn new() -> Result<Handle> {
        Library::CublasLt.need_functions(FUNCTIONS)?;
        result::create_handle().map(Handle).map_err(|e| said("its start", e))
    }
}

fn said(action: &str, error: result::CublasError) -> Error {
    Error::Device { action: format!("cuBLASLt: {action}"), reason: format!("{:?}", error.0) }
}

/// How elements of a dtype are stored and summed.
fn types(dtype: DType) -> Result<(sys::cudaDataType, sys::cublasComputeType_t, sys::cudaDataType)> {
    use sys::cublasComputeType_t as Compute;
    use sys::cudaDataType_t as Type;
    let single = Compute::CUBLAS_COMPUTE_32F;
    Ok(match dtype {
        DType::F32 if precision::tf32() => (Type::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F_FAST_TF32, Type::CUDA_R_32F),
        DType::F32 => (Type::CUDA_R_32F, single, Type::CUDA_R_32F),
        DType::F64 => (Type::CUDA_R_64F, Compute::CUBLAS_COMPUTE_64F, Type::CUDA_R_64F),
        DType::F16 => (Type::CUDA_R_16F, single, Type::CUDA_R_32F),
        DType::BF16 => (Type::CUDA_R_16BF, single, Type::CUDA_R_32F),
        found => return Err(Error::DType { op: "contract", expected: DType::F32, found }),
    })
}

/// A matrix, or a batch of them.
struct Described(sys::cublasLtMatrixLayout_t);

impl Described {
    fn new(dtype: sys::cudaDataType, matrix: &Matrix, batch: usize) -> Result<Described> {
        use sys::cublasLtMatrixLayoutAttribute_t as Of;
        let describing = |e| said("describing a matrix", e);
        let (rows, cols) = (matrix.rows as u64, matrix.cols as u64);
        let made = result::create_matrix_layout(dtype, rows, cols, matrix.ld as i64).map_err(describing)?;
        let described = Described(made);
        let (count, step) = (batch as i32, matrix.step as i64);
        // SAFETY: the layout is alive, and the attributes are numbers of these sizes.
        unsafe {
            let (at, size) = bytes(&count);
            result::set_matrix_layout_attribute(made, Of::CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, at, size)
                .map_err(describing)?;
            let (at, size) = bytes(&step);
            result::set_matrix_layout_attribute(made, Of::CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, at, size)
                .map_err(describing)?;
        }
        Ok(described)
    }
}

impl Drop for Described {
    fn drop(&mut self) {
        // SAFETY: made in `new`.
        let _ = unsafe { result::destroy_matrix_layout(self.0) };
    }
}

/// The bytes of a plain value, as attributes are given.
fn bytes<T: Copy>(value: &T) -> (*const c_void, usize) {
    (std::ptr::from_ref(value).cast(), size_of::<T>())
}

/// What the library is to compute beside the product.
struct Operation(sys::cublasLtMatmulDesc_t);

impl Operation {
    fn new(compute: sys::cublasComputeType_t, scale: sys::cudaDataType) -> Result<Operation> {
        result::create_matmul_desc(compute, scale).map(Operation).map_err(|e| said("describing a product", e))
    }

    fn set<T: Copy>(&self, of: sys::cublasLtMatmulDescAttributes_t, value: T) -> Result<()> {
        let (at, size) = bytes(&value);
        // SAFETY: the descriptor is alive; the caller gives values of the attribute's type.
        unsafe { result::set_matmul_desc_attribute(self.0, of, at, size) }.map_err(|e| said("describing a product", e))
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: made in `new`.
        let _ = unsafe { result::destroy_matmul_desc(self.0) };
    }
}

/// What limits the choice of an algorithm.
struct Preference(sys::cublasLtMatmulPreference_t);

impl Preference {
    fn new() -> Result<Preference> {
        result::create_matmul_pref().map(Preference).map_err(|e| said("a preference", e))
    }

    fn set<T: Copy>(&self, of: sys::cublasLtMatmulPreferenceAttributes_t, value: T) -> Result<()> {
        let (at, size) = bytes(&value);
        // SAFETY: the preference is alive; the caller gives values of the attribute's type.
        unsafe { result::set_matmul_pref_attribute(self.0, of, at, size) }.map_err(|e| said("a preference", e))
    }
}

impl Drop for Preference {
    fn drop(&mut self) {
        // SAFETY: made in `new`.
        let _ = unsafe { result::destroy_matmul_pref(self.0) };
    }
}

/// What follows each element's sum before it is rounded and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finish {
    pub bias: bool,
    /// Whether a matrix that lies as the result does is added.
    pub addend: bool,
    pub curve: Curve,
}

/// A function of each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    Identity,
    Relu,
    /// By tanh.
    Gelu,
}

impl Finish {
    /// The product alone.
    pub const NONE: Finish = Finish { bias: false, addend: false, curve: Curve::Identity };

    fn epilogue(self) -> sys::cublasLtEpilogue_t {
        use sys::cublasLtEpilogue_t as Of;
        match (self.curve, self.bias) {
            (Curve::Identity, false) => Of::CUBLASLT_EPILOGUE_DEFAULT,
            (Curve::Identity, true) => Of::CUBLASLT_EPILOGUE_BIAS,
            (Curve::Relu, false) => Of::CUBLASLT_EPILOGUE_RELU,
            (Curve::Relu, true) => Of::CUBLASLT_EPILOGUE_RELU_BIAS,
            (Curve::Gelu, false) => Of::CUBLASLT_EPILOGUE_GELU,
            (Curve::Gelu, true) => Of::CUBLASLT_EPILOGUE_GELU_BIAS,
        }
    }
}

/// A product that is ready to run: `c = finish(b a)` in the column-major sense of `layout`.
pub(super) struct Product {
    handle: Handle,
    operation: Operation,
    /// `[a, b, c]`.
    matrices: [Described; 3],
    algorithm: sys::cublasLtMatmulAlgo_t,
    workspace: usize,
    double: bool,
    finish: Finish,
}

// SAFETY: descriptors are plain memory of the library; they change only in `enqueue`, under the queue's lock.
unsafe impl Send for Product {}
// SAFETY: as above.
unsafe impl Sync for Product {}

/// Where a product reads and writes: addresses on the GPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub a: u64,
    pub b: u64,
    pub c: u64,
    /// Added with `Finish::addend`.
    pub addend: u64,
    pub bias: u64,
    pub workspace: u64,
}

impl Product {
    /// Chooses an algorithm for matrices `[a, b, c]` whose starts are multiples of these bytes.
    pub fn new(
        gpu: &'static Gpu,
        dtype: DType,
        matrices: [&Matrix; 3],
        batch: usize,
        alignments: [usize; 3],
        finish: Finish,
        workspace: usize,
    ) -> Result<Product> {
        use sys::cublasLtMatmulDescAttributes_t as Of;
        use sys::cublasLtMatmulPreferenceAttributes_t as Pref;
        let handle = gpu.cublaslt()?;
        let (stored, compute, scale) = types(dtype)?;
        let operation = Operation::new(compute, scale)?;
        operation.set(Of::CUBLASLT_MATMUL_DESC_TRANSA, transposition(matrices[1]))?;
        operation.set(Of::CUBLASLT_MATMUL_DESC_TRANSB, transposition(matrices[0]))?;
        operation.set(Of::CUBLASLT_MATMUL_DESC_EPILOGUE, finish.epilogue())?;
        let describe = |i: usize| Described::new(stored, matrices[i], batch);
        let matrices = [describe(0)?, describe(1)?, describe(2)?];
        let preference = Preference::new()?;
        preference.set(Pref::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace)?;
        preference.set(Pref::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignments[1] as u32)?;
        preference.set(Pref::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignments[0] as u32)?;
        preference.set(Pref::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignments[2] as u32)?;
        preference.set(Pref::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignments[2] as u32)?;
        if matches!(dtype, DType::F16 | DType::BF16) {
            // Parts of a sum are added in f32 too.
            let scheme = sys::cublasLtReductionScheme_t::CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE as u32;
            preference.set(Pref::CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, scheme)?;
        }
        let [a, b, c] = [&matrices[0], &matrices[1], &matrices[2]].map(|m| m.0);
        // SAFETY: all descriptors are alive.
        let found = unsafe { result::get_matmul_algo_heuristic(handle.0, operation.0, b, a, c, c, preference.0) };
        let found = found.map_err(|e| said("choosing an algorithm", e))?;
        let double = dtype == DType::F64;
        Ok(Product {
            handle,
            operation,
            matrices,
            algorithm: found.algo,
            workspace: found.workspaceSize,
            double,
            finish,
        })
    }

    /// # Safety
    /// The places hold what the matrices reach, and the workspace as many bytes as `new` was told. The queue is ours.
    pub unsafe fn enqueue(&self, gpu: &Gpu, at: Places) -> Result<()> {
        if self.finish.bias {
            self.operation.set(sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.bias)?;
        }
        let [a, b, c] = [&self.matrices[0], &self.matrices[1], &self.matrices[2]].map(|m| m.0);
        // One and zero, as the scale type has them; read before the call returns.
        let (double, single) = ([1f64, 0.0], [1f32, 0.0]);
        let scalar = |i: usize| match self.double {
            true => std::ptr::from_ref(&double[i]).cast::<c_void>(),
            false => std::ptr::from_ref(&single[i]).cast(),
        };
        let addend = if self.finish.addend { at.addend } else { at.c };
        // SAFETY: the descriptors are alive and those that the algorithm was chosen for; the caller vouches for the rest.
        unsafe {
            result::matmul(
                self.handle.0,
                self.operation.0,
                scalar(0),
                scalar(usize::from(!self.finish.addend)),
                at.b as *const c_void,
                b,
                at.a as *const c_void,
                a,
                addend as *const c_void,
                c,
                at.c as *mut c_void,
                c,
                &self.algorithm,
                at.workspace as *mut c_void,
                self.workspace,
                gpu.stream.cast(),
            )
        }
        .map_err(|e| said("a product", e))
    }
}

/// `CUBLAS_OP_N` or `CUBLAS_OP_T`.
fn transposition(matrix: &Matrix) -> i32 {
    i32::from(matrix.transposed)
}
