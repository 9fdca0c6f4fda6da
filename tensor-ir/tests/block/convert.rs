//! Conversions against Rust's `as` and the `half` crate.

use crate::lanes::{EXTREMES, INTEGERS, Numbers, run};
use formwork_ir::DType;
use formwork_ir::block::{self, Isa};
use half::{bf16, f16};

/// One stored element as the widest number of its kind.
#[derive(Clone, Copy, Debug)]
enum Number {
    Float(f64),
    Int(i64),
}

fn load(dtype: DType, b: &[u8]) -> Number {
    match dtype {
        DType::F32 => Number::Float(f32::from_ne_bytes(b.try_into().unwrap()) as f64),
        DType::F64 => Number::Float(f64::from_ne_bytes(b.try_into().unwrap())),
        DType::F16 => Number::Float(f16::from_ne_bytes(b.try_into().unwrap()).to_f64()),
        DType::BF16 => Number::Float(bf16::from_ne_bytes(b.try_into().unwrap()).to_f64()),
        DType::I64 => Number::Int(i64::from_ne_bytes(b.try_into().unwrap())),
        DType::I32 => Number::Int(i32::from_ne_bytes(b.try_into().unwrap()) as i64),
        DType::U8 | DType::Bool => Number::Int(b[0] as i64),
    }
}

/// `x as to`; to the 16-bit floats by way of f32.
fn store(to: DType, x: Number) -> Vec<u8> {
    macro_rules! cast {
        ($t:ty) => {
            match x {
                Number::Float(x) => x as $t,
                Number::Int(x) => x as $t,
            }
        };
    }
    match to {
        DType::F32 => cast!(f32).to_ne_bytes().to_vec(),
        DType::F64 => cast!(f64).to_ne_bytes().to_vec(),
        DType::F16 => f16::from_f32(cast!(f32)).to_ne_bytes().to_vec(),
        DType::BF16 => bf16::from_f32(cast!(f32)).to_ne_bytes().to_vec(),
        DType::I64 => cast!(i64).to_ne_bytes().to_vec(),
        DType::I32 => cast!(i32).to_ne_bytes().to_vec(),
        DType::U8 => vec![cast!(u8)],
        DType::Bool => vec![match x {
            Number::Float(x) => x != 0.0,
            Number::Int(x) => x != 0,
        } as u8],
    }
}

fn samples(dtype: DType) -> Vec<u8> {
    let mut numbers = Numbers(7);
    let floats = EXTREMES.iter().map(|x| Number::Float(*x));
    let integers = INTEGERS.iter().map(|x| Number::Int(*x));
    let drawn: Vec<Number> = (0..200).map(|_| Number::Float(numbers.within(-300.0, 300.0))).collect();
    floats.chain(integers).chain(drawn).flat_map(|x| store(dtype, x)).collect()
}

fn same(to: DType, got: &[u8], want: &[u8]) -> bool {
    match (load(to, got), load(to, want)) {
        (Number::Float(a), Number::Float(b)) if a.is_nan() || b.is_nan() => a.is_nan() && b.is_nan(),
        _ => got == want,
    }
}

#[test]
fn every_pair_converts_as_rust_does() {
    for &from in DType::ALL {
        let x = samples(from);
        let n = x.len() / from.size();
        for &to in DType::ALL {
            for isa in Isa::available() {
                for n in [n, n - 1, 5, 0] {
                    let out = run(block::convert(from, to, isa), n, std::slice::from_ref(&x), to.size());
                    for i in 0..n {
                        let value = load(from, &x[i * from.size()..(i + 1) * from.size()]);
                        let (got, want) = (&out[i * to.size()..(i + 1) * to.size()], store(to, value));
                        assert!(same(to, got, &want), "{from} -> {to} {isa:?} of {value:?}: {got:x?}, not {want:x?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_half_widens_exactly() {
    let x: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_ne_bytes).collect();
    for (dtype, widen) in [
        (DType::F16, (|b| f16::from_bits(b).to_f32()) as fn(u16) -> f32),
        (DType::BF16, |b| bf16::from_bits(b).to_f32()),
    ] {
        for isa in Isa::available() {
            let out = run(block::convert(dtype, DType::F32, isa), 1 << 16, std::slice::from_ref(&x), 4);
            for bits in 0..=u16::MAX {
                let i = 4 * bits as usize;
                let got = f32::from_ne_bytes(out[i..i + 4].try_into().unwrap());
                let want = widen(bits);
                assert!(
                    got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                    "{dtype} {bits:#x} {isa:?}: {got}"
                );
            }
        }
    }
}

#[test]
fn narrowing_rounds_ties_to_even() {
    // Every float16 boundary: halfway points, their neighbours, and a walk over all exponents.
    let mut floats: Vec<f32> = (0..=0x7c00_u16)
        .flat_map(|b| {
            let (a, b) = (f16::from_bits(b).to_f32(), f16::from_bits(b.min(0x7bff) + 1).to_f32());
            let middle = ((a as f64 + b.min(65536.0) as f64) / 2.0) as f32;
            [a, middle.next_down(), middle, middle.next_up(), -middle]
        })
        .collect();
    floats.extend((0..=u32::MAX).step_by(65_521).map(f32::from_bits));
    let x: Vec<u8> = floats.iter().flat_map(|x| x.to_ne_bytes()).collect();
    for (dtype, narrow) in [
        (DType::F16, (|x| f16::from_f32(x).to_bits()) as fn(f32) -> u16),
        (DType::BF16, |x| bf16::from_f32(x).to_bits()),
    ] {
        let widened =
            |b: u16| if dtype == DType::F16 { f16::from_bits(b).to_f32() } else { bf16::from_bits(b).to_f32() };
        for isa in Isa::available() {
            let stored = run(block::convert(DType::F32, dtype, isa), floats.len(), std::slice::from_ref(&x), 2);
            let rounded = run(block::round_to(dtype, isa).unwrap(), floats.len(), std::slice::from_ref(&x), 4);
            for (i, x) in floats.iter().enumerate() {
                let got = u16::from_ne_bytes(stored[2 * i..2 * i + 2].try_into().unwrap());
                let want = narrow(*x);
                let lane = f32::from_ne_bytes(rounded[4 * i..4 * i + 4].try_into().unwrap());
                if x.is_nan() {
                    assert!(widened(got).is_nan() && lane.is_nan(), "{dtype} {isa:?} of a NaN: {got:#x}");
                } else {
                    assert_eq!(got, want, "{dtype} {isa:?} of {x:e}");
                    assert_eq!(lane.to_bits(), widened(want).to_bits(), "{dtype} {isa:?} of {x:e}");
                }
            }
        }
    }
    assert!(block::round_to(DType::F32, Isa::Portable).is_none());
}
