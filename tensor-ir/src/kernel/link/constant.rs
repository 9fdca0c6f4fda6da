//! What is known without running the body: sizes, lengths of arrays, constants of types.

use super::{Bound, Constant, Linked, Scope, Source};
use crate::kernel::ir::{Expr as Typed, ExprNode as TypedNode, SHARED_ALIGN, ScalarType, Size, SizeOp};
use crate::kernel::{BinOp, Block, Callee, Expr, ExprNode, StmtNode};

impl Source {
    /// Bytes of shared memory of a block, for generics whose dims are literals: what the typed form says, without making it.
    pub fn shared_bytes(&self, bounds: &[Bound]) -> Linked<u64> {
        Scope::new(self, bounds)?.shared_bytes(&self.template.body)
    }
}

impl Scope<'_> {
    fn shared_bytes(&self, block: &Block) -> Linked<u64> {
        let mut sum = 0u64;
        for stmt in block {
            let bytes = match &stmt.node {
                StmtNode::Shared { element, dims, .. } => {
                    let start = self.scalar(element, stmt.line)?.size() as u64;
                    let sizes = dims.iter().map(|d| self.length(d)).collect::<Linked<Vec<_>>>()?;
                    let bytes = sizes.into_iter().fold(start, u64::saturating_mul);
                    bytes.checked_next_multiple_of(SHARED_ALIGN).unwrap_or(u64::MAX)
                }
                StmtNode::If { then, els, .. } => self.shared_bytes(then)?.saturating_add(self.shared_bytes(els)?),
                StmtNode::While { body, .. } | StmtNode::For { body, .. } | StmtNode::Block(body) => {
                    self.shared_bytes(body)?
                }
                _ => 0,
            };
            sum = sum.saturating_add(bytes);
        }
        Ok(sum)
    }

    /// An expression of literals, constants, dims and sizes of arrays.
    pub(super) fn size(&self, e: &Expr) -> Linked<Size> {
        let binary = |op: SizeOp, a: &Expr, b: &Expr| {
            Size::binary(op, self.size(a)?, self.size(b)?)
                .map_or_else(|| self.fail(e.line, "a size that is below zero or too large"), Ok)
        };
        match &e.node {
            ExprNode::Int(x, _) => Ok(Size::Literal(*x)),
            ExprNode::Place(p) if p.indices.is_empty() => match self.dim(&p.name) {
                Some(size) => Ok(size.clone()),
                None => self.fail(e.line, format!("`{}` is no dim, and a size is known before the launch", p.name)),
            },
            ExprNode::Const(i) => match self.source.constants.get(*i) {
                Some(Constant::Int(_, x)) if *x >= 0 => Ok(Size::Literal(*x as u64)),
                _ => self.fail(e.line, "a size is a whole number of zero or more"),
            },
            ExprNode::Size(name, axis) => match self.arrays.get(name).and_then(|(_, a)| a.dims.get(*axis as usize)) {
                Some(size) => Ok(size.clone()),
                None => self.fail(e.line, format!("`{name}` has no axis {axis}")),
            },
            ExprNode::Cast(x, _) => self.size(x),
            ExprNode::Block(stmts, x) if stmts.is_empty() => self.size(x),
            ExprNode::Binary(op, a, b) => match size_op(*op) {
                Some(op) => binary(op, a, b),
                None => self.fail(e.line, "sizes know + - * / % only"),
            },
            ExprNode::Call { callee: Callee::Language(name), args, .. } => match (name.as_str(), args.as_slice()) {
                ("div_ceil", [a, b]) => binary(SizeOp::DivCeil, a, b),
                ("min", [a, b]) => binary(SizeOp::Min, a, b),
                ("max", [a, b]) => binary(SizeOp::Max, a, b),
                _ => self.fail(e.line, format!("`{name}` is no function of sizes")),
            },
            _ => self.fail(e.line, "a size is an expression of literals, constants and dims"),
        }
    }

    /// A size that does not depend on run-time dims.
    pub(super) fn length(&self, e: &Expr) -> Linked<u64> {
        match self.size(e)?.literal() {
            Some(n) => Ok(n),
            None => self.fail(
                e.line,
                "the size of a local array depends on a dim that is known at run time only; use a literal",
            ),
        }
    }

    /// The value of an associated constant: `f32::INFINITY`.
    pub(super) fn assoc(&self, ty: &str, name: &str, line: u32) -> Linked<Typed> {
        let ty = self.scalar(ty, line)?;
        let node = if ty.is_float() { float(ty, name).map(TypedNode::Float) } else { integer(ty, name) };
        match node {
            Some(node) => Ok(Typed { ty: if name == "BITS" { ScalarType::U32 } else { ty }, node }),
            None => self.fail(line, format!("`{ty}` has no constant `{name}`")),
        }
    }
}

pub(super) fn size_op(op: BinOp) -> Option<SizeOp> {
    Some(match op {
        BinOp::Add => SizeOp::Add,
        BinOp::Sub => SizeOp::Sub,
        BinOp::Mul => SizeOp::Mul,
        BinOp::Div => SizeOp::Div,
        BinOp::Rem => SizeOp::Rem,
        _ => return None,
    })
}

fn integer(ty: ScalarType, name: &str) -> Option<TypedNode> {
    match name {
        "MIN" => Some(TypedNode::Int(ty.range().0)),
        "MAX" => Some(TypedNode::Int(ty.range().1)),
        "BITS" => Some(TypedNode::Int(8 * ty.size() as i128)),
        _ => None,
    }
}

fn float(ty: ScalarType, name: &str) -> Option<f64> {
    use std::f64::consts;
    // Bits of the fraction, and the exponent of the largest power of two.
    let (fraction, exponent) = match ty {
        ScalarType::F64 => (52, 1023),
        ScalarType::F16 => (10, 15),
        ScalarType::BF16 => (7, 127),
        _ => (23, 127),
    };
    let max = (2.0 - 2f64.powi(-fraction)) * 2f64.powi(exponent);
    let x = match name {
        "INFINITY" => f64::INFINITY,
        "NEG_INFINITY" => f64::NEG_INFINITY,
        "NAN" => f64::NAN,
        "MAX" => max,
        "MIN" => -max,
        "EPSILON" => 2f64.powi(-fraction),
        "MIN_POSITIVE" => 2f64.powi(1 - exponent),
        "PI" => consts::PI,
        "TAU" => consts::TAU,
        "E" => consts::E,
        "SQRT_2" => consts::SQRT_2,
        "FRAC_1_SQRT_2" => consts::FRAC_1_SQRT_2,
        "LN_2" => consts::LN_2,
        "LN_10" => consts::LN_10,
        "LOG2_E" => consts::LOG2_E,
        "LOG10_E" => consts::LOG10_E,
        "LOG2_10" => consts::LOG2_10,
        "LOG10_2" => consts::LOG10_2,
        "FRAC_PI_2" => consts::FRAC_PI_2,
        "FRAC_PI_3" => consts::FRAC_PI_3,
        "FRAC_PI_4" => consts::FRAC_PI_4,
        "FRAC_PI_6" => consts::FRAC_PI_6,
        "FRAC_PI_8" => consts::FRAC_PI_8,
        "FRAC_1_PI" => consts::FRAC_1_PI,
        "FRAC_2_PI" => consts::FRAC_2_PI,
        "FRAC_2_SQRT_PI" => consts::FRAC_2_SQRT_PI,
        _ => return None,
    };
    Some(super::types::round(ty, x))
}
