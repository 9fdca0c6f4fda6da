//! A kernel run by the interpreter and on a GPU, with the same inputs.

use formwork_ir::Scalar;
use formwork_ir::kernel::Mode;
use formwork_ir::kernel::cuda;
use formwork_ir::kernel::interp::{self, Check, Finding, Launch};
use formwork_ir::kernel::ir::{Array, Kernel, Param, ScalarType};
use formwork_ir::kernel::range;
use half::{bf16, f16};

use crate::gpu::{Gpu, Shape};
use crate::nvrtc::{self, Usage};

/// The architecture that texts are compiled for.
pub const ARCHITECTURE: &str = "sm_90";

/// A launch: a kernel and what it is given.
pub struct Case {
    pub name: String,
    pub kernel: Kernel,
    /// The bytes of each array parameter, in the order of the signature.
    pub arrays: Vec<Vec<u8>>,
    pub scalars: Vec<Scalar>,
    pub dims: Vec<u64>,
    /// How far a float may be from the interpreter's, as a share of `1 + |x|`; 0 for the same bits.
    pub tolerance: f64,
    /// Whether it is meant to set the error word.
    pub faulty: bool,
}

/// What an element of an array is in a generated input: the number and the position to a value.
pub type Fill<'f> = &'f dyn Fn(usize, usize) -> f64;

impl Case {
    /// A launch with inputs that `fill` gives by number of the parameter and of the element.
    pub fn new(name: &str, kernel: Kernel, dims: &[u64], scalars: &[f64], fill: Fill) -> Case {
        let mut arrays = Vec::new();
        let mut types = Vec::new();
        for (i, param) in kernel.params.iter().enumerate() {
            match param {
                Param::Array { mode, array } => {
                    let value = |k| if matches!(mode, Mode::In | Mode::InOut) { fill(i, k) } else { 0.0 };
                    let elements = (0..elements(array, dims)).map(value);
                    arrays.push(elements.flat_map(|x| bytes_of(array.element, x)).collect());
                }
                Param::Scalar(v) => types.push(kernel.body.variable(*v).ty),
            }
        }
        let scalar = |(x, ty): (&f64, ScalarType)| match ty.is_float() {
            true => Scalar::Float(number(ty, &bytes_of(ty, *x))),
            false => Scalar::Int(*x as i64),
        };
        let scalars = scalars.iter().zip(types).map(scalar).collect();
        Case { name: name.into(), kernel, arrays, scalars, dims: dims.to_vec(), tolerance: 1e-5, faulty: false }
    }

    /// The text for a GPU.
    pub fn cuda(&self) -> String {
        cuda(&self.kernel)
    }

    /// What NVRTC says of the text.
    pub fn compile(&self) -> Result<(Vec<u8>, Usage), String> {
        let compiled = nvrtc::compile(&self.cuda(), ARCHITECTURE).map_err(|e| format!("{}: {e}", self.name))?;
        let usage = compiled.usage("entry").map_err(|e| format!("{}: {e}", self.name))?;
        Ok((compiled.cubin, usage))
    }

    /// The arrays that the interpreter leaves, and what it finds.
    pub fn interpret(&self, check: Check) -> (Vec<Vec<u8>>, Vec<Finding>) {
        let mut arrays = self.arrays.clone();
        let launch = Launch {
            arrays: arrays.iter_mut().map(Vec::as_mut_slice).collect(),
            scalars: self.scalars.clone(),
            dims: self.dims.clone(),
        };
        let findings = interp::run(&self.kernel, launch, check).err().unwrap_or_default();
        (arrays, findings)
    }

    /// The arrays that a GPU leaves, and whether something failed there.
    pub fn run_on(&self, gpu: &Gpu, cubin: &[u8]) -> Result<(Vec<Vec<u8>>, bool), String> {
        let entry = gpu.load(cubin, "entry")?;
        let memory = self.arrays.iter().map(|a| gpu.upload(a)).collect::<Result<Vec<_>, _>>()?;
        let error = gpu.upload(&u64::MAX.to_le_bytes())?;
        let (mut arrays, mut scalars) = (memory.iter(), self.scalars.iter());
        let mut args = Vec::new();
        for param in &self.kernel.params {
            match param {
                Param::Array { .. } => {
                    args.push(arrays.next().ok_or("an array is missing")?.ptr.to_le_bytes().to_vec())
                }
                Param::Scalar(v) => {
                    let ty = self.kernel.body.variable(*v).ty;
                    args.push(match scalars.next().ok_or("a scalar is missing")? {
                        Scalar::Float(x) => bytes_of(ty, *x),
                        Scalar::Int(x) => x.to_le_bytes()[..ty.size()].to_vec(),
                    });
                }
            }
        }
        args.extend(self.dims.iter().map(|d| d.to_le_bytes().to_vec()));
        args.push(error.ptr.to_le_bytes().to_vec());
        let shape = Shape::of(&self.kernel, &self.dims);
        if shape.grid.iter().all(|n| *n > 0) {
            // SAFETY: the arguments are those that `cuda::emit` states, and arrays have the sizes of the kernel.
            unsafe { gpu.launch(&entry, shape, &args)? };
            gpu.synchronize()?;
        }
        let arrays = memory.iter().map(|m| gpu.download(m)).collect::<Result<Vec<_>, _>>()?;
        let word = gpu.download(&error)?;
        Ok((arrays, word.iter().any(|b| *b != 0xff)))
    }

    /// The first difference between two sets of results.
    pub fn difference(&self, wanted: &[Vec<u8>], found: &[Vec<u8>]) -> Option<String> {
        let arrays = self.kernel.params.iter().filter_map(|p| match p {
            Param::Array { array, .. } => Some(array),
            Param::Scalar(_) => None,
        });
        for ((array, wanted), found) in arrays.zip(wanted).zip(found) {
            if let Some((i, x, y)) = self.unequal(array.element, wanted, found) {
                return Some(format!("`{}`[{i}]: {x} by the interpreter, {y} on the GPU", array.name));
            }
        }
        None
    }

    /// The number of the first element that differs, and what it is in both. All NaN are the same.
    pub fn unequal(&self, ty: ScalarType, wanted: &[u8], found: &[u8]) -> Option<(usize, f64, f64)> {
        let elements = wanted.chunks(ty.size()).zip(found.chunks(ty.size())).enumerate();
        for (i, (a, b)) in elements.filter(|(_, (a, b))| a != b) {
            let (x, y) = (number(ty, a), number(ty, b));
            let bound = self.bound(ty) * (1.0 + x.abs());
            let near = ty.is_float() && self.tolerance > 0.0 && (x - y).abs() <= bound;
            let same = near || (x.is_nan() && y.is_nan());
            if !same {
                return Some((i, x, y));
            }
        }
        None
    }

    /// 16-bit floats differ by a unit in the last place where a float before rounding does.
    fn bound(&self, element: ScalarType) -> f64 {
        match element {
            ScalarType::F16 => self.tolerance.max(1e-3),
            ScalarType::BF16 => self.tolerance.max(8e-3),
            _ => self.tolerance,
        }
    }
}

/// The text of a kernel for a GPU, without the checks that are proven.
pub fn cuda(kernel: &Kernel) -> String {
    let mut kernel = kernel.clone();
    range::prove(&mut kernel);
    format!("{}{}", cuda::header(), cuda::emit(&kernel, "entry"))
}

/// Elements of an array.
fn elements(array: &Array, dims: &[u64]) -> usize {
    array.dims.iter().map(|d| d.eval(dims).unwrap_or(0) as usize).product()
}

/// The bytes of `x` as a type.
pub fn bytes_of(ty: ScalarType, x: f64) -> Vec<u8> {
    match ty {
        ScalarType::F32 => (x as f32).to_le_bytes().to_vec(),
        ScalarType::F64 => x.to_le_bytes().to_vec(),
        ScalarType::F16 => f16::from_f32(x as f32).to_le_bytes().to_vec(),
        ScalarType::BF16 => bf16::from_f32(x as f32).to_le_bytes().to_vec(),
        ScalarType::Bool => vec![(x != 0.0) as u8],
        _ => (x as i64).to_le_bytes()[..ty.size()].to_vec(),
    }
}

/// The number that bytes of a type are.
pub fn number(ty: ScalarType, bytes: &[u8]) -> f64 {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    match ty {
        ScalarType::F32 => f32::from_bits(bits as u32) as f64,
        ScalarType::F64 => f64::from_bits(bits),
        ScalarType::F16 => f16::from_bits(bits as u16).to_f64(),
        ScalarType::BF16 => bf16::from_bits(bits as u16).to_f64(),
        ScalarType::I32 => bits as u32 as i32 as f64,
        ScalarType::I64 => bits as i64 as f64,
        _ => bits as f64,
    }
}
