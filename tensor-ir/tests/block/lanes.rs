//! Lanes as bytes, and where tests take their numbers from.

use formwork_ir::block::BlockFn;
use formwork_ir::{Compute, DType, Scalar};

/// A 64-bit xorshift generator.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The bytes of a lane of the dtype's compute type.
pub fn bytes(dtype: DType, x: Scalar) -> Vec<u8> {
    match dtype.compute() {
        Compute::F32 => (x.to_f64() as f32).to_ne_bytes().to_vec(),
        Compute::F64 => x.to_f64().to_ne_bytes().to_vec(),
        Compute::I32 => (x.to_i64() as i32).to_ne_bytes().to_vec(),
        Compute::I64 => x.to_i64().to_ne_bytes().to_vec(),
        Compute::U8 if dtype == DType::Bool => vec![x.is_true() as u8],
        Compute::U8 => vec![x.to_i64() as u8],
    }
}

/// Lane `i`.
pub fn lane(dtype: DType, bytes: &[u8], i: usize) -> Scalar {
    let size = dtype.compute().size();
    let b = &bytes[i * size..(i + 1) * size];
    match dtype.compute() {
        Compute::F32 => Scalar::Float(f32::from_ne_bytes(b.try_into().unwrap()) as f64),
        Compute::F64 => Scalar::Float(f64::from_ne_bytes(b.try_into().unwrap())),
        Compute::I32 => Scalar::Int(i32::from_ne_bytes(b.try_into().unwrap()) as i64),
        Compute::I64 => Scalar::Int(i64::from_ne_bytes(b.try_into().unwrap())),
        Compute::U8 => Scalar::Int(b[0] as i64),
    }
}

/// Runs a loop over `n` lanes; `args` may hold more.
pub fn run(f: BlockFn, n: usize, args: &[Vec<u8>], out_size: usize) -> Vec<u8> {
    let pointers: Vec<*const u8> = args.iter().map(|a| a.as_ptr()).collect();
    // A lane beyond the last shows writes past the end.
    let mut out = vec![0xa5; (n + 1) * out_size];
    // SAFETY: the callers pass loops of this processor and arguments of at least n lanes.
    unsafe { f(n, &pointers, out.as_mut_ptr()) };
    assert!(out[n * out_size..].iter().all(|b| *b == 0xa5), "a write past the end");
    out.truncate(n * out_size);
    out
}

/// Floats at which functions go wrong.
pub const EXTREMES: &[f64] = &[
    0.0,
    -0.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1e-45,
    -1e-45,
    1e-40,
    -1e-40,
    1.1754943508222875e-38, // f32::MIN_POSITIVE
    3.4028234663852886e38,  // f32::MAX
    -3.4028234663852886e38,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.0,
    -3.0,
    1e-8,
    -1e-8,
    1e-20,
    16777215.0,
    8388609.0,
    -100.0,
    100.0,
    88.7,
    89.4,
    -87.4,
    -103.0,
    128.0,
    -149.0,
    1e30,
];

/// Integers at which functions go wrong.
pub const INTEGERS: &[i64] =
    &[0, 1, -1, 2, 3, 7, -7, 31, 63, 64, 127, 128, 255, i32::MAX as i64, i32::MIN as i64, i64::MAX, i64::MIN];
