//! Calls: of functions, and of the language.

use super::Linked;
use super::lower::{Entity, Lower};
use super::operator::{apply, cast};
use crate::Intrinsic;
use crate::kernel::ir::{Access, AtomicOp, Collective, Expr, ExprNode, Index, ScalarType, Scope, Size, StmtNode};
use crate::kernel::language::Language;
use crate::kernel::{self as untyped, ExprNode as Node};

impl Lower<'_, '_> {
    pub(super) fn call(&mut self, e: &untyped::Expr, i: usize, args: &[untyped::Expr]) -> Linked<Vec<Expr>> {
        let source = &self.scope.source.callees[i];
        let elements = self.infer.instances.get(&std::ptr::from_ref(e)).cloned().unwrap_or_default();
        let elements = elements.iter().map(|t| self.infer.resolve(*t, e.line)).collect::<Linked<Vec<_>>>()?;
        let function = self.functions.instance(source, &elements)?;
        let args = self.operands(&args.iter().collect::<Vec<_>>())?;
        let results = self.functions.done[function as usize].results.clone();
        let vars: Vec<_> = results.iter().map(|ty| self.temporary(*ty)).collect();
        self.push(StmtNode::Call { vars: vars.clone(), function, args });
        Ok(results.iter().zip(vars).map(|(ty, var)| Expr::var(*ty, var)).collect())
    }

    pub(super) fn language(&mut self, name: &str, args: &[untyped::Expr]) -> Linked<Vec<Expr>> {
        let Some(function) = Language::from_name(name) else {
            return self.fail(format!("`{name}` is no function of the language"));
        };
        let usize = |node| Expr { ty: ScalarType::Usize, node };
        let one = match function {
            Language::Atomic(op, scope) => self.atomic(op, scope, args)?,
            Language::SetVector => return self.set_vector(args),
            Language::Vector => return self.fail("a vector is bound by `let` before it is used"),
            Language::Index(Index::Global) => usize(ExprNode::Index(Index::Global)),
            Language::Index(index) => usize(ExprNode::Index(index)),
            Language::BlockDim(axis) => {
                let block = &self.scope.source.template.block;
                let size = block.get(axis as usize).map_or(Ok(Size::Literal(1)), |e| self.scope.size(e))?;
                usize(ExprNode::Size(size))
            }
            Language::GridDim(axis) => {
                let grid = &self.scope.source.template.grid;
                let size = grid.get(axis as usize).map_or(Ok(Size::Literal(1)), |e| self.scope.size(e))?;
                usize(ExprNode::Size(size))
            }
            Language::Sync(level) => {
                self.push(StmtNode::Sync(level));
                return Ok(Vec::new());
            }
            Language::Collective(op) => {
                let mut args = self.operands(&args.iter().collect::<Vec<_>>())?;
                if let Collective::Shuffle(_) = op {
                    let lane = args.remove(1);
                    args.push(cast(ScalarType::U32, lane));
                }
                let ty = match op {
                    Collective::Ballot => ScalarType::U32,
                    Collective::Any | Collective::All => ScalarType::Bool,
                    _ => args[0].ty,
                };
                let var = self.temporary(ty);
                self.push(StmtNode::Collective { op, var, args });
                Expr::var(ty, var)
            }
            Language::Apply(_) | Language::Fma | Language::DivCeil => {
                let args = self.operands(&args.iter().collect::<Vec<_>>())?;
                self.pure(function, args)
            }
            Language::Powi => {
                let Some(Node::Int(n, _)) = args.get(1).map(|n| &n.node) else {
                    return self.fail("the exponent of `powi` is a literal");
                };
                let x = self.expr(&args[0])?;
                self.powi(x, *n)
            }
        };
        Ok(vec![one])
    }

    fn pure(&mut self, function: Language, mut args: Vec<Expr>) -> Expr {
        match function {
            Language::Apply(op @ (Intrinsic::Div | Intrinsic::Rem)) => {
                let b = args.remove(1);
                self.divide(op, args.remove(0), b)
            }
            Language::Apply(op) => apply(op, args),
            Language::DivCeil => {
                let (mut b, a) = (args.remove(1), args.remove(0));
                self.check_divisor(&mut b);
                Expr { ty: a.ty, node: ExprNode::DivCeil(Box::new([a, b])) }
            }
            _ => {
                let (c, b, a) = (args.remove(2), args.remove(1), args.remove(0));
                Expr { ty: a.ty, node: ExprNode::Fma(Box::new([a, b, c])) }
            }
        }
    }

    /// By squaring, from the lowest bit of `n` up.
    fn powi(&mut self, x: Expr, mut n: u64) -> Expr {
        let ty = x.ty;
        let mut square = if matches!(x.node, ExprNode::Var(_)) { x } else { self.keep(x) };
        let mut result: Option<Expr> = None;
        while n > 0 {
            if n & 1 == 1 {
                let product = match result {
                    Some(r) => self.keep(apply(Intrinsic::Mul, vec![r, square.clone()])),
                    None => square.clone(),
                };
                result = Some(product);
            }
            n >>= 1;
            if n > 0 {
                square = self.keep(apply(Intrinsic::Mul, vec![square.clone(), square]));
            }
        }
        let one = if ty.is_float() { ExprNode::Float(1.0) } else { ExprNode::Int(1) };
        result.unwrap_or(Expr { ty, node: one })
    }

    /// The place that a call takes, and its other arguments.
    fn target(&mut self, args: &[untyped::Expr], others: &[&untyped::Expr]) -> Linked<(Access, Vec<Expr>)> {
        let Some(Node::Ref(p)) = args.first().map(|a| &a.node) else {
            return self.fail("expected a place: `&mut y[i]`");
        };
        let Some(Entity::Array(array)) = self.names.get(&p.name).copied() else {
            return self.fail(format!("`{}` is no array", p.name));
        };
        let parts: Vec<_> = p.indices.iter().chain(others.iter().copied()).collect();
        let mut parts = self.operands(&parts)?;
        let values = parts.split_off(p.indices.len());
        Ok((self.access(array, parts, p)?, values))
    }

    fn atomic(&mut self, op: AtomicOp, scope: Scope, args: &[untyped::Expr]) -> Linked<Expr> {
        let others: Vec<_> = args.iter().skip(1).collect();
        let expected = if op == AtomicOp::CompareExchange { 2 } else { 1 };
        if others.len() != expected {
            return self.fail(format!("an atomic operation of {expected} values has {}", others.len()));
        }
        let (at, args) = self.target(args, &others)?;
        let ty = self.element(at.array);
        let var = self.temporary(ty);
        self.push(StmtNode::Atomic { op, scope, var: Some(var), at, args });
        Ok(Expr::var(ty, var))
    }

    fn set_vector(&mut self, args: &[untyped::Expr]) -> Linked<Vec<Expr>> {
        let [_, value] = args else { return self.fail("`set_vector` takes a place and an array") };
        let (to, _) = self.target(args, &[])?;
        let array = self.array(value, None)?;
        self.push(StmtNode::StoreVector { to, array });
        Ok(Vec::new())
    }
}
