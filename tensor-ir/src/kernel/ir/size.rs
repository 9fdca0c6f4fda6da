//! Sizes: numbers that are known when a kernel is launched.

/// A size over literals and run-time dims, a `usize`. [`Size::binary`] folds what is literal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    Literal(u64),
    /// The i-th run-time dim of the kernel.
    Argument(u32),
    Binary(SizeOp, Box<(Size, Size)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizeOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    DivCeil,
    Min,
    Max,
}

impl SizeOp {
    /// Its value, or `None` where it is below zero, above 64 bits or divided by zero.
    pub fn apply(self, a: u64, b: u64) -> Option<u64> {
        match self {
            SizeOp::Add => a.checked_add(b),
            SizeOp::Sub => a.checked_sub(b),
            SizeOp::Mul => a.checked_mul(b),
            SizeOp::Div => a.checked_div(b),
            SizeOp::Rem => a.checked_rem(b),
            SizeOp::DivCeil => (b != 0).then(|| a.div_ceil(b)),
            SizeOp::Min => Some(a.min(b)),
            SizeOp::Max => Some(a.max(b)),
        }
    }
}

impl Size {
    /// The size of an operation, or `None` if it is one of literals that has none.
    pub fn binary(op: SizeOp, a: Size, b: Size) -> Option<Size> {
        match (op, &a, &b) {
            (_, Size::Literal(a), Size::Literal(b)) => op.apply(*a, *b).map(Size::Literal),
            (SizeOp::Mul | SizeOp::Div | SizeOp::DivCeil, _, Size::Literal(1)) => Some(a),
            (SizeOp::Mul, Size::Literal(1), _) => Some(b),
            (SizeOp::Add | SizeOp::Sub, _, Size::Literal(0)) => Some(a),
            (SizeOp::Add, Size::Literal(0), _) => Some(b),
            _ => Some(Size::Binary(op, Box::new((a, b)))),
        }
    }

    /// The product of sizes.
    pub fn product<'a>(sizes: impl IntoIterator<Item = &'a Size>) -> Option<Size> {
        sizes.into_iter().try_fold(Size::Literal(1), |a, b| Size::binary(SizeOp::Mul, a, b.clone()))
    }

    pub fn literal(&self) -> Option<u64> {
        match self {
            Size::Literal(x) => Some(*x),
            _ => None,
        }
    }

    /// Its value for these run-time dims, or `None` if it has none.
    pub fn eval(&self, arguments: &[u64]) -> Option<u64> {
        match self {
            Size::Literal(x) => Some(*x),
            Size::Argument(i) => arguments.get(*i as usize).copied(),
            Size::Binary(op, ab) => op.apply(ab.0.eval(arguments)?, ab.1.eval(arguments)?),
        }
    }
}

impl From<u64> for Size {
    fn from(x: u64) -> Size {
        Size::Literal(x)
    }
}
