//! Arrays of device and shared memory.

use half::{bf16, f16};

use super::super::ir::{Array, ScalarType};
use super::shadow::Shadow;
use crate::Scalar;

/// An array in memory, and what is known of its elements if the launch is checked.
pub(super) struct Memory<'m> {
    pub(super) array: &'m Array,
    pub(super) dims: Vec<u64>,
    pub(super) bytes: &'m mut [u8],
    pub(super) shadow: Option<Shadow>,
}

impl Memory<'_> {
    pub(super) fn elements(&self) -> usize {
        self.bytes.len() / self.array.element.size()
    }

    pub(super) fn load(&self, i: usize) -> Scalar {
        let size = self.array.element.size();
        decode(self.array.element, &self.bytes[i * size..(i + 1) * size])
    }

    pub(super) fn store(&mut self, i: usize, x: Scalar) {
        let size = self.array.element.size();
        encode(self.array.element, x, &mut self.bytes[i * size..(i + 1) * size]);
    }
}

/// The number of the element at these indices, unless one is outside its axis.
pub(super) fn linear(dims: &[u64], indices: &[u64]) -> Option<usize> {
    dims.iter().zip(indices).try_fold(0u64, |n, (d, i)| (i < d).then(|| n * d + i)).map(|n| n as usize)
}

fn word<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| bytes[i])
}

fn decode(ty: ScalarType, bytes: &[u8]) -> Scalar {
    match ty {
        ScalarType::F32 => Scalar::Float(f32::from_ne_bytes(word(bytes)).into()),
        ScalarType::F64 => Scalar::Float(f64::from_ne_bytes(word(bytes))),
        ScalarType::F16 => Scalar::Float(f16::from_ne_bytes(word(bytes)).to_f64()),
        ScalarType::BF16 => Scalar::Float(bf16::from_ne_bytes(word(bytes)).to_f64()),
        ScalarType::I32 => Scalar::Int(i32::from_ne_bytes(word(bytes)).into()),
        ScalarType::U32 => Scalar::Int(u32::from_ne_bytes(word(bytes)).into()),
        ScalarType::U8 | ScalarType::Bool => Scalar::Int(bytes[0].into()),
        ScalarType::I64 | ScalarType::U64 | ScalarType::Usize => Scalar::Int(i64::from_ne_bytes(word(bytes))),
    }
}

fn encode(ty: ScalarType, x: Scalar, bytes: &mut [u8]) {
    match ty {
        ScalarType::F32 => bytes.copy_from_slice(&(x.to_f64() as f32).to_ne_bytes()),
        ScalarType::F64 => bytes.copy_from_slice(&x.to_f64().to_ne_bytes()),
        ScalarType::F16 => bytes.copy_from_slice(&f16::from_f32(x.to_f64() as f32).to_ne_bytes()),
        ScalarType::BF16 => bytes.copy_from_slice(&bf16::from_f32(x.to_f64() as f32).to_ne_bytes()),
        ScalarType::I32 | ScalarType::U32 => bytes.copy_from_slice(&(x.to_i64() as u32).to_ne_bytes()),
        ScalarType::U8 | ScalarType::Bool => bytes[0] = x.to_i64() as u8,
        ScalarType::I64 | ScalarType::U64 | ScalarType::Usize => bytes.copy_from_slice(&x.to_i64().to_ne_bytes()),
    }
}
