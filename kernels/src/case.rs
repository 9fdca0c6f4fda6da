//! Kernels at a size: what tests compile for a GPU and compare with the interpreter there, and what benches time.

use formwork::DType;
use formwork::kernel::Source;

/// A kernel with sizes, scalars and inputs.
#[derive(Clone)]
pub struct Case {
    /// `softmax/bf16`.
    pub name: String,
    pub source: &'static Source,
    /// In the order of the signature.
    pub generics: Vec<Generic>,
    pub scalars: Vec<f64>,
    /// An input's element, from the number of the parameter and of the element.
    pub fill: fn(usize, usize) -> f64,
    /// How far a float may be from the interpreter's, as a share of `1 + |x|`: sums run in the same order on every device,
    /// `exp` and its kin are not the same bits.
    pub tolerance: f64,
    pub work: Work,
    /// Why registers may be moved to memory on a GPU, if they may.
    pub spills: Option<&'static str>,
}

/// What a generic parameter is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Generic {
    Dim(u64),
    Element(DType),
}

/// What a kernel has to do, whichever way it does it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// Bytes that have to be read or written, each once.
    Bytes(u64),
    /// Sums and products.
    Flops(u64),
}

/// What a case is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// Small, with tails everywhere: the interpreter runs it too.
    Test,
    /// As large as those of PyTorch's figures.
    Bench,
}

impl Size {
    pub(crate) fn pick<T>(self, test: T, bench: T) -> T {
        match self {
            Size::Test => test,
            Size::Bench => bench,
        }
    }
}

impl From<u64> for Generic {
    fn from(n: u64) -> Generic {
        Generic::Dim(n)
    }
}

impl From<DType> for Generic {
    fn from(e: DType) -> Generic {
        Generic::Element(e)
    }
}

impl Case {
    pub(crate) fn new<const N: usize>(
        name: impl Into<String>,
        source: &'static Source,
        generics: [Generic; N],
    ) -> Case {
        Case {
            name: name.into(),
            source,
            generics: generics.to_vec(),
            scalars: vec![],
            fill: |param, i| ((i * 37 + param * 11) % 101) as f64 / 16.0 - 3.0,
            tolerance: 2e-5,
            work: Work::Bytes(0),
            spills: None,
        }
    }

    pub(crate) fn scalars(mut self, scalars: &[f64]) -> Case {
        self.scalars = scalars.to_vec();
        self
    }

    pub(crate) fn fill(mut self, fill: fn(usize, usize) -> f64) -> Case {
        self.fill = fill;
        self
    }

    pub(crate) fn bytes(mut self, bytes: u64) -> Case {
        self.work = Work::Bytes(bytes);
        self
    }

    pub(crate) fn flops(mut self, flops: u64) -> Case {
        self.work = Work::Flops(flops);
        self
    }
}
