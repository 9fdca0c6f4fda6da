//! Scalar types: those of tensors, and the unsigned ones of indices and bits.

use crate::DType;

macro_rules! scalars {
    ($($variant:ident $name:literal $size:literal $family:ident $dtype:expr;)*) => {
        /// The type of a scalar value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ScalarType { $($variant),* }

        impl ScalarType {
            /// Every scalar type, in table order.
            pub const ALL: &'static [ScalarType] = &[$(ScalarType::$variant),*];

            /// Its name in Rust.
            pub const fn name(self) -> &'static str { match self { $(ScalarType::$variant => $name),* } }

            /// Bytes of a value in memory.
            pub const fn size(self) -> usize { match self { $(ScalarType::$variant => $size),* } }

            /// The dtype of tensors of it, if there are any.
            pub const fn dtype(self) -> Option<DType> { match self { $(ScalarType::$variant => $dtype),* } }

            const fn family(self) -> Family { match self { $(ScalarType::$variant => Family::$family),* } }
        }
    };
}

#[derive(PartialEq)]
enum Family {
    Float,
    Signed,
    Unsigned,
    Bool,
}

scalars! {
    F32   "f32"   4 Float    Some(DType::F32);
    F64   "f64"   8 Float    Some(DType::F64);
    F16   "f16"   2 Float    Some(DType::F16);
    BF16  "bf16"  2 Float    Some(DType::BF16);
    I64   "i64"   8 Signed   Some(DType::I64);
    I32   "i32"   4 Signed   Some(DType::I32);
    U8    "u8"    1 Unsigned Some(DType::U8);
    Bool  "bool"  1 Bool     Some(DType::Bool);
    U32   "u32"   4 Unsigned None;
    U64   "u64"   8 Unsigned None;
    Usize "usize" 8 Unsigned None;
}

impl ScalarType {
    /// The type of this name.
    pub fn from_name(name: &str) -> Option<ScalarType> {
        ScalarType::ALL.iter().copied().find(|t| t.name() == name)
    }

    pub fn is_float(self) -> bool {
        self.family() == Family::Float
    }

    /// Whether it is a signed or unsigned integer type.
    pub fn is_integer(self) -> bool {
        matches!(self.family(), Family::Signed | Family::Unsigned)
    }

    pub fn is_signed(self) -> bool {
        self.family() == Family::Signed
    }

    /// Smallest and largest value of an integer type.
    pub fn range(self) -> (i128, i128) {
        let bits = 8 * self.size() as u32;
        match self.family() {
            Family::Signed => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
            _ => (0, (1 << bits) - 1),
        }
    }

    /// The value of an integer type that is `x` modulo 2 to the power of its bits.
    pub fn wrap(self, x: i128) -> i128 {
        let (low, high) = self.range();
        (x - low).rem_euclid(high - low + 1) + low
    }
}

impl From<DType> for ScalarType {
    fn from(dtype: DType) -> ScalarType {
        match dtype {
            DType::F32 => ScalarType::F32,
            DType::F64 => ScalarType::F64,
            DType::F16 => ScalarType::F16,
            DType::BF16 => ScalarType::BF16,
            DType::I64 => ScalarType::I64,
            DType::I32 => ScalarType::I32,
            DType::Byte => ScalarType::U8,
            DType::Bool => ScalarType::Bool,
        }
    }
}

impl std::fmt::Display for ScalarType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
