//! Element types: one table row each.

/// The type in which arithmetic on a dtype is done: 16-bit floats are widened on load and rounded
/// on store, booleans are bytes of 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compute {
    F32,
    F64,
    I32,
    I64,
    U8,
}

macro_rules! dtypes {
    ($($variant:ident $name:literal $size:literal $compute:ident $float:literal $safetensors:literal;)*) => {
        /// The element type of a tensor.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum DType { $($variant),* }

        impl DType {
            /// Every dtype, in table order.
            pub const ALL: &'static [DType] = &[$(DType::$variant),*];

            /// The Rust name of the element: `f32`.
            pub const fn name(self) -> &'static str { match self { $(DType::$variant => $name),* } }

            /// Bytes of one element.
            pub const fn size(self) -> usize { match self { $(DType::$variant => $size),* } }

            /// The type that arithmetic on it is done in.
            pub const fn compute(self) -> Compute { match self { $(DType::$variant => Compute::$compute),* } }

            /// Whether it is a floating-point type.
            pub const fn is_float(self) -> bool { match self { $(DType::$variant => $float),* } }

            /// Its name in a safetensors header: `F32`.
            pub const fn safetensors(self) -> &'static str { match self { $(DType::$variant => $safetensors),* } }
        }
    };
}

dtypes! {
    F32  "f32"  4 F32 true  "F32";
    F64  "f64"  8 F64 true  "F64";
    F16  "f16"  2 F32 true  "F16";
    BF16 "bf16" 2 F32 true  "BF16";
    I64  "i64"  8 I64 false "I64";
    I32  "i32"  4 I32 false "I32";
    Byte "u8"   1 U8  false "U8";
    Bool "bool" 1 U8  false "BOOL";
}

impl DType {
    /// `u8`. A constant, because rustc would print the dim of eight with its path, `formwork::U8`, beside a public
    /// variant of that name.
    pub const U8: DType = DType::Byte;
}

impl Compute {
    /// Bytes of one lane.
    pub const fn size(self) -> usize {
        match self {
            Compute::F32 | Compute::I32 => 4,
            Compute::F64 | Compute::I64 => 8,
            Compute::U8 => 1,
        }
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
