//! Operators on values that are there, and the lazy ones.

use super::Linked;
use super::lower::Lower;
use crate::kernel::ir::{Expr, ExprNode, Fault, ScalarType, Stmt, StmtNode};
use crate::kernel::{self as untyped, BinOp, UnOp};
use crate::{Intrinsic, Rule};

impl Lower<'_, '_> {
    pub(super) fn unary(&mut self, op: UnOp, x: &untyped::Expr) -> Linked<Expr> {
        let x = self.expr(x)?;
        let node = match (op, &x.node) {
            (UnOp::Neg, ExprNode::Int(n)) => ExprNode::Int(x.ty.wrap(-n)),
            (UnOp::Neg, ExprNode::Float(f)) => ExprNode::Float(-f),
            (UnOp::Neg, _) => ExprNode::Apply(Intrinsic::Neg, vec![x.clone()]),
            (UnOp::Not, _) => ExprNode::Apply(Intrinsic::Not, vec![x.clone()]),
        };
        Ok(Expr { ty: x.ty, node })
    }

    /// An operation of two values that are there; a division may fail.
    pub(super) fn binary(&mut self, op: BinOp, a: Expr, b: Expr) -> Linked<Expr> {
        let op = intrinsic(op);
        if matches!(op, Intrinsic::Div | Intrinsic::Rem) {
            return Ok(self.divide(op, a, b));
        }
        Ok(apply(op, vec![a, b]))
    }

    pub(super) fn divide(&mut self, op: Intrinsic, a: Expr, mut b: Expr) -> Expr {
        self.check_divisor(&mut b);
        apply(op, vec![a, b])
    }

    /// Sets the error word where an integer divisor is zero.
    pub(super) fn check_divisor(&mut self, b: &mut Expr) {
        if b.ty.is_integer() && !is_positive(b) && !matches!(b.node, ExprNode::Int(x) if x != 0) {
            if !matches!(b.node, ExprNode::Var(_) | ExprNode::Size(_)) {
                *b = self.keep(b.clone());
            }
            let zero = Expr::int(b.ty, 0);
            let cond = apply(Intrinsic::Ne, vec![b.clone(), zero]);
            self.push(StmtNode::Check { cond, fault: Fault::DivisionByZero });
        }
    }

    /// `&&` and `||`: plain if the right side has no effects.
    pub(super) fn lazy(&mut self, op: BinOp, a: &untyped::Expr, b: &untyped::Expr) -> Linked<Expr> {
        let a = self.expr(a)?;
        let (mut inner, b) = self.apart(|l| l.expr(b))?;
        if inner.is_empty() {
            return Ok(apply(intrinsic(op), vec![a, b]));
        }
        let result = self.temporary(ScalarType::Bool);
        self.push(StmtNode::Let { var: result, value: Some(a) });
        inner.push(Stmt { line: self.line, node: StmtNode::Assign { var: result, value: b } });
        let left = Expr::var(ScalarType::Bool, result);
        let cond = if op == BinOp::And { left.clone() } else { not(left.clone()) };
        self.push(StmtNode::If { cond, then: inner, els: Vec::new() });
        Ok(left)
    }
}

pub(super) fn cast(ty: ScalarType, x: Expr) -> Expr {
    if x.ty == ty { x } else { Expr { ty, node: ExprNode::Cast(Box::new(x)) } }
}

pub(super) fn not(x: Expr) -> Expr {
    Expr { ty: ScalarType::Bool, node: ExprNode::Apply(Intrinsic::Not, vec![x]) }
}

/// An intrinsic of typed arguments.
pub(super) fn apply(op: Intrinsic, mut args: Vec<Expr>) -> Expr {
    let ty = match op.rule() {
        Rule::Compare | Rule::Classify => ScalarType::Bool,
        Rule::Philox => ScalarType::F32,
        Rule::Select => args[1].ty,
        _ => args[0].ty,
    };
    if op.rule() == Rule::Shift {
        let amount = args.remove(1);
        args.push(match amount.node {
            ExprNode::Int(x) => Expr::int(ty, ty.wrap(x)),
            _ => cast(ty, amount),
        });
    }
    Expr { ty, node: ExprNode::Apply(op, args) }
}

fn intrinsic(op: BinOp) -> Intrinsic {
    match op {
        BinOp::Add => Intrinsic::Add,
        BinOp::Sub => Intrinsic::Sub,
        BinOp::Mul => Intrinsic::Mul,
        BinOp::Div => Intrinsic::Div,
        BinOp::Rem => Intrinsic::Rem,
        BinOp::BitAnd | BinOp::And => Intrinsic::And,
        BinOp::BitOr | BinOp::Or => Intrinsic::Or,
        BinOp::BitXor => Intrinsic::Xor,
        BinOp::Shl => Intrinsic::Shl,
        BinOp::Shr => Intrinsic::Shr,
        BinOp::Eq => Intrinsic::Eq,
        BinOp::Ne => Intrinsic::Ne,
        BinOp::Lt => Intrinsic::Lt,
        BinOp::Le => Intrinsic::Le,
        BinOp::Gt => Intrinsic::Gt,
        BinOp::Ge => Intrinsic::Ge,
    }
}

pub(super) fn is_positive(e: &Expr) -> bool {
    match &e.node {
        ExprNode::Int(x) => *x > 0,
        ExprNode::Size(size) => size.literal().is_some_and(|n| n > 0),
        _ => false,
    }
}
