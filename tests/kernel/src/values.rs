//! Arguments and results of kernels as bytes with a type.

use formwork::prelude::*;
use formwork_ir::Scalar;
use formwork_ir::kernel::ir::ScalarType;

use crate::compare::{bytes_of, number};
use crate::line::Call;

/// A scalar or an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub ty: ScalarType,
    /// None for a scalar.
    pub sizes: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// A type of scalars.
pub trait Item: Copy {
    const TYPE: ScalarType;
    fn bytes(self) -> Vec<u8>;
    fn of(bytes: &[u8]) -> Self;
}

macro_rules! items {
    ($($t:ident $variant:ident $size:literal;)*) => { $(
        impl Item for $t {
            const TYPE: ScalarType = ScalarType::$variant;
            fn bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
            fn of(bytes: &[u8]) -> $t {
                let mut all = [0; $size];
                all.copy_from_slice(&bytes[..$size]);
                $t::from_le_bytes(all)
            }
        }
        impl Outputs for $t {
            fn push(self, out: &mut Vec<Values>) -> Outcome<()> {
                out.push(Values::of(&[], &[self]));
                Ok(())
            }
        }
    )* };
}

items! {
    f32 F32 4; f64 F64 8; f16 F16 2; bf16 BF16 2; i32 I32 4; i64 I64 8;
    u8 U8 1; u32 U32 4; u64 U64 8; usize Usize 8;
}

impl Item for bool {
    const TYPE: ScalarType = ScalarType::Bool;
    fn bytes(self) -> Vec<u8> {
        vec![self as u8]
    }
    fn of(bytes: &[u8]) -> bool {
        bytes[0] != 0
    }
}

impl Values {
    pub fn of<T: Item>(sizes: &[usize], elements: &[T]) -> Values {
        let bytes = elements.iter().flat_map(|e| e.bytes()).collect();
        Values { ty: T::TYPE, sizes: sizes.to_vec(), bytes }
    }

    /// An array whose elements `f` gives by their number.
    pub fn from_fn(ty: ScalarType, sizes: &[usize], f: impl Fn(usize) -> f64) -> Values {
        let bytes = (0..sizes.iter().product()).flat_map(|i| bytes_of(ty, f(i))).collect();
        Values { ty, sizes: sizes.to_vec(), bytes }
    }

    /// Numbers in no order, the same each time: floats from -3 to 3 in steps of 1/16, integers from -50 to 50, unsigned
    /// ones from 0 to 100.
    pub fn wave<T: Item>(sizes: &[usize]) -> Values {
        Values::from_fn(T::TYPE, sizes, |i| {
            let n = ((i * 37 + 11) % 101) as f64;
            match T::TYPE {
                ScalarType::Bool => n % 2.0,
                ty if ty.is_float() => (n - 50.0) / 16.0,
                ty if ty.is_signed() => n - 50.0,
                _ => n,
            }
        })
    }

    /// 0, 1, 2, ..
    pub fn iota<T: Item>(sizes: &[usize]) -> Values {
        Values::from_fn(T::TYPE, sizes, |i| i as f64)
    }

    pub fn zeros<T: Item>(sizes: &[usize]) -> Values {
        Values::from_fn(T::TYPE, sizes, |_| 0.0)
    }

    pub fn ones<T: Item>(sizes: &[usize]) -> Values {
        Values::from_fn(T::TYPE, sizes, |_| 1.0)
    }

    pub fn is_scalar(&self) -> bool {
        self.sizes.is_empty()
    }

    pub fn vec<T: Item>(&self) -> Vec<T> {
        assert_eq!(T::TYPE, self.ty, "the type of an argument");
        self.bytes.chunks(self.ty.size()).map(T::of).collect()
    }

    pub fn scalar<T: Item>(&self) -> T {
        self.vec()[0]
    }

    pub fn tensor<S: Shape, E: Element + Item>(&self) -> Tensor<S, E> {
        let sizes = if self.is_scalar() { vec![1; S::RANK] } else { self.sizes.clone() };
        match Tensor::from_sizes(self.vec::<E>(), &sizes, &Device::cpu()) {
            Ok(x) => x,
            Err(e) => panic!("{e}"),
        }
    }

    /// Element `i` as a scalar.
    fn element(&self, i: usize) -> Values {
        let size = self.ty.size();
        Values { ty: self.ty, sizes: vec![], bytes: self.bytes[i * size..(i + 1) * size].to_vec() }
    }

    /// The elements as numbers.
    pub fn numbers(&self) -> Vec<f64> {
        self.bytes.chunks(self.ty.size()).map(|b| number(self.ty, b)).collect()
    }

    /// A scalar as launches take it.
    pub fn argument(&self) -> Scalar {
        match self.ty.is_float() {
            true => Scalar::Float(number(self.ty, &self.bytes)),
            false => Scalar::Int(self.integers()[0] as i64),
        }
    }

    /// Elements of an integer type.
    fn integers(&self) -> Vec<i128> {
        let wide = |chunk: &[u8]| {
            let mut all = [0; 8];
            all[..chunk.len()].copy_from_slice(chunk);
            self.ty.wrap(i128::from(u64::from_le_bytes(all)))
        };
        let bits = |chunk: &[u8]| if self.ty == ScalarType::Bool { chunk[0] as i128 } else { wide(chunk) };
        self.bytes.chunks(self.ty.size()).map(bits).collect()
    }

    /// Integers as integers of another type, modulo its range.
    pub fn cast(&self, ty: ScalarType) -> Values {
        if ty == self.ty {
            return self.clone();
        }
        let bytes = self.integers().into_iter().flat_map(|x| (x as u64).to_le_bytes()[..ty.size()].to_vec());
        Values { ty, sizes: self.sizes.clone(), bytes: bytes.collect() }
    }

    /// The elements that an array of `sizes` has when this is broadcast to it, axes aligned at the right.
    pub fn broadcast(&self, sizes: &[usize]) -> Values {
        let size = self.ty.size();
        let skipped = sizes.len() - self.sizes.len();
        let source = |mut i: usize| {
            let (mut at, mut stride) = (0, 1);
            for axis in (0..self.sizes.len()).rev() {
                let index = i % sizes[skipped + axis];
                i /= sizes[skipped + axis];
                at += if self.sizes[axis] == 1 { 0 } else { index * stride };
                stride *= self.sizes[axis];
            }
            at * size
        };
        let bytes = (0..sizes.iter().product()).flat_map(|i| self.bytes[source(i)..source(i) + size].to_vec());
        Values { ty: self.ty, sizes: sizes.to_vec(), bytes: bytes.collect() }
    }
}

pub type Outcome<T> = std::result::Result<T, String>;

/// What a call gives.
pub trait Outputs {
    fn push(self, out: &mut Vec<Values>) -> Outcome<()>;
}

/// The results of a call, in order.
pub fn outputs(x: impl Outputs) -> Outcome<Vec<Values>> {
    let mut out = vec![];
    x.push(&mut out)?;
    Ok(out)
}

/// The results of a function of scalars for every element of its arguments, which have one size or are scalars.
pub fn each(args: &[Values], call: Call) -> Outcome<Vec<Values>> {
    let sizes = args.iter().map(|a| a.sizes.clone()).max_by_key(Vec::len).unwrap_or_default();
    let mut all: Vec<Values> = vec![];
    for i in 0..sizes.iter().product() {
        let given: Vec<Values> = args.iter().map(|a| a.broadcast(&sizes).element(i)).collect();
        for (k, result) in call(&given)?.into_iter().enumerate() {
            match all.get_mut(k) {
                Some(array) => array.bytes.extend(result.bytes),
                None => all.push(Values { sizes: sizes.clone(), ..result }),
            }
        }
    }
    Ok(all)
}

impl Outputs for bool {
    fn push(self, out: &mut Vec<Values>) -> Outcome<()> {
        out.push(Values::of(&[], &[self]));
        Ok(())
    }
}

impl<S: Shape, E: Element + Item> Outputs for Tensor<S, E> {
    fn push(self, out: &mut Vec<Values>) -> Outcome<()> {
        let elements = self.to_vec().map_err(|e| e.to_string())?;
        out.push(Values::of(&self.dims(), &elements));
        Ok(())
    }
}

macro_rules! tuples {
    ($($($t:ident)*;)*) => { $(
        impl<$($t: Outputs),*> Outputs for ($($t,)*) {
            #[allow(non_snake_case)] // a name for a type and its value
            fn push(self, out: &mut Vec<Values>) -> Outcome<()> {
                let ($($t,)*) = self;
                $($t.push(out)?;)*
                Ok(())
            }
        }
    )* };
}
tuples! { A B; A B C; A B C D; A B C D E; }
