//! Types of all variables and expressions of a body.

use std::collections::HashMap;

use super::types::{Known, Ty, Types};
use super::{Constant, Linked, Scope};
use crate::Rule;
use crate::kernel::ir::{Collective, ScalarType};
use crate::kernel::language::Language;
use crate::kernel::{BinOp, Callee, Expr, ExprNode, ParamKind, Place, Stmt, StmtNode, TypeExpr, UnOp};

/// What an expression or variable is.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Scalar(Ty),
    /// A local array, or one of shared or device memory, whose lengths stay where it is declared.
    Array(Ty, Vec<u64>),
    /// The values of a function that has not one result.
    Tuple(Vec<Ty>),
}

pub(super) struct Infer<'a, 's> {
    pub(super) scope: &'a Scope<'s>,
    pub(super) types: Types,
    pub(super) names: HashMap<String, Shape>,
    /// By address of the template's expressions, which stay where they are.
    pub(super) exprs: HashMap<*const Expr, Shape>,
    /// Element types of calls of generic functions.
    pub(super) instances: HashMap<*const Expr, Vec<Ty>>,
    results: Vec<Ty>,
}

impl<'a, 's> Infer<'a, 's> {
    pub(super) fn run(scope: &'a Scope<'s>) -> Linked<Infer<'a, 's>> {
        let (types, names, exprs, instances, results) = Default::default();
        let mut infer = Infer { scope, types, names, exprs, instances, results };
        let template = &scope.source.template;
        for p in &template.params {
            let shape = match &p.kind {
                ParamKind::Scalar(name) => Shape::Scalar(infer.named(name, p.line)?),
                ParamKind::Array { element, .. } => Shape::Array(infer.named(element, p.line)?, Vec::new()),
            };
            infer.names.insert(p.name.clone(), shape);
        }
        infer.results = template.results.iter().map(|r| infer.named(r, 0)).collect::<Linked<_>>()?;
        infer.stmts(&template.body)?;
        Ok(infer)
    }

    /// The scalar type of an expression.
    pub(super) fn scalar_of(&self, e: &Expr) -> Linked<ScalarType> {
        match self.exprs.get(&std::ptr::from_ref(e)) {
            Some(Shape::Scalar(ty)) => self.resolve(*ty, e.line),
            _ => self.scope.fail(e.line, "expected a scalar value"),
        }
    }

    pub(super) fn resolve(&self, ty: Ty, line: u32) -> Linked<ScalarType> {
        self.types.resolve(ty).map_or_else(|| self.scope.fail(line, "a type can't be inferred; write it out"), Ok)
    }

    fn is(&mut self, t: ScalarType) -> Ty {
        self.types.add(Known::Is(t))
    }

    fn named(&mut self, name: &str, line: u32) -> Linked<Ty> {
        let t = self.scope.scalar(name, line)?;
        Ok(self.is(t))
    }

    fn same(&mut self, a: Ty, b: Ty, line: u32) -> Linked<()> {
        self.types.unify(a, b).or_else(|message| self.scope.fail(line, message))
    }

    fn bool(&mut self, e: &Expr) -> Linked<()> {
        let bool = self.is(ScalarType::Bool);
        let found = self.scalar(e)?;
        self.same(bool, found, e.line)
    }

    fn usize(&mut self, e: &Expr) -> Linked<()> {
        let usize = self.is(ScalarType::Usize);
        let found = self.scalar(e)?;
        self.same(usize, found, e.line)
    }

    fn declared(&mut self, t: &TypeExpr, line: u32) -> Linked<Shape> {
        Ok(match t {
            TypeExpr::Scalar(name) => Shape::Scalar(self.named(name, line)?),
            TypeExpr::Array(element, len) => {
                let len = self.scope.length(len)?;
                match self.declared(element, line)? {
                    Shape::Scalar(ty) => Shape::Array(ty, vec![len]),
                    Shape::Array(ty, inner) => Shape::Array(ty, [vec![len], inner].concat()),
                    Shape::Tuple(_) => return self.scope.fail(line, "an array of tuples"),
                }
            }
        })
    }

    fn same_shape(&mut self, a: &Shape, b: &Shape, line: u32) -> Linked<()> {
        match (a, b) {
            (Shape::Scalar(a), Shape::Scalar(b)) => self.same(*a, *b, line),
            (Shape::Array(a, m), Shape::Array(b, n)) if m == n => self.same(*a, *b, line),
            (Shape::Tuple(a), Shape::Tuple(b)) if a.len() == b.len() => {
                a.iter().zip(b).try_for_each(|(a, b)| self.same(*a, *b, line))
            }
            _ => self.scope.fail(line, format!("expected {}, found {}", describe(a), describe(b))),
        }
    }

    fn stmts(&mut self, stmts: &[Stmt]) -> Linked<()> {
        stmts.iter().try_for_each(|s| self.stmt(s))
    }

    fn stmt(&mut self, s: &Stmt) -> Linked<()> {
        match &s.node {
            StmtNode::Let { names, ty, value } => self.declare(s.line, names, ty.as_ref(), value.as_ref()),
            StmtNode::Shared { name, element, .. } => {
                let shape = Shape::Array(self.named(element, s.line)?, Vec::new());
                self.names.insert(name.clone(), shape);
                Ok(())
            }
            StmtNode::Assign { place, op, value } => {
                let value = self.expr(value)?;
                let to = self.place(place, s.line)?;
                match op {
                    Some(BinOp::Shl | BinOp::Shr) => Ok(()),
                    _ => self.same_shape(&to, &value, s.line),
                }
            }
            StmtNode::Expr(e) => self.expr(e).map(drop),
            StmtNode::If { cond, then, els } => {
                self.bool(cond)?;
                self.stmts(then)?;
                self.stmts(els)
            }
            StmtNode::While { cond, body } => {
                self.bool(cond)?;
                self.stmts(body)
            }
            StmtNode::For { var, start, end, step, body, .. } => {
                let (a, b) = (self.scalar(start)?, self.scalar(end)?);
                self.same(a, b, s.line)?;
                self.names.insert(var.clone(), Shape::Scalar(a));
                step.iter().try_for_each(|e| self.usize(e))?;
                self.stmts(body)
            }
            StmtNode::Break | StmtNode::Continue => Ok(()),
            StmtNode::Return(values) => {
                let mut found = Vec::new();
                for v in values {
                    match self.expr(v)? {
                        Shape::Scalar(ty) => found.push(ty),
                        Shape::Tuple(types) => found.extend(types),
                        Shape::Array(..) => return self.scope.fail(s.line, "a function gives scalars"),
                    }
                }
                let results = Shape::Tuple(self.results.clone());
                self.same_shape(&results, &Shape::Tuple(found), s.line)
            }
            StmtNode::Block(body) => self.stmts(body),
        }
    }

    fn declare(&mut self, line: u32, names: &[String], ty: Option<&TypeExpr>, value: Option<&Expr>) -> Linked<()> {
        let declared = ty.map(|t| self.declared(t, line)).transpose()?;
        let value = value.map(|v| self.expr(v)).transpose()?;
        if let (Some(a), Some(b)) = (&declared, &value) {
            self.same_shape(a, b, line)?;
        }
        let shape = match declared.or(value) {
            Some(shape) => shape,
            None => Shape::Scalar(self.types.add(Known::Nothing)),
        };
        match (names, shape) {
            ([name], shape) => {
                self.names.insert(name.clone(), shape);
            }
            (names, Shape::Tuple(types)) if names.len() == types.len() => {
                names.iter().zip(types).for_each(|(n, t)| drop(self.names.insert(n.clone(), Shape::Scalar(t))));
            }
            (names, shape) => {
                let found = describe(&shape);
                return self.scope.fail(line, format!("expected {} values, found {found}", names.len()));
            }
        }
        Ok(())
    }

    pub(super) fn place(&mut self, p: &Place, line: u32) -> Linked<Shape> {
        p.indices.iter().try_for_each(|i| self.usize(i))?;
        match self.names.get(&p.name) {
            Some(Shape::Array(ty, _)) if !p.indices.is_empty() => Ok(Shape::Scalar(*ty)),
            Some(shape) if p.indices.is_empty() => Ok(shape.clone()),
            None if p.indices.is_empty() && self.scope.dim(&p.name).is_some() => {
                Ok(Shape::Scalar(self.is(ScalarType::Usize)))
            }
            Some(_) => self.scope.fail(line, format!("`{}` is no array", p.name)),
            None => self.scope.fail(line, format!("`{}` is not declared", p.name)),
        }
    }

    fn scalar(&mut self, e: &Expr) -> Linked<Ty> {
        match self.expr(e)? {
            Shape::Scalar(ty) => Ok(ty),
            shape => self.scope.fail(e.line, format!("expected a scalar, found {}", describe(&shape))),
        }
    }

    fn expr(&mut self, e: &Expr) -> Linked<Shape> {
        let shape = self.shape(e)?;
        self.exprs.insert(e, shape.clone());
        Ok(shape)
    }

    fn shape(&mut self, e: &Expr) -> Linked<Shape> {
        let line = e.line;
        Ok(Shape::Scalar(match &e.node {
            ExprNode::Int(_, Some(t)) | ExprNode::Float(_, Some(t)) => self.named(t, line)?,
            ExprNode::Int(_, None) => self.types.add(Known::Integer),
            ExprNode::Float(_, None) => self.types.add(Known::Float),
            ExprNode::Bool(_) => self.is(ScalarType::Bool),
            ExprNode::Place(p) => return self.place(p, line),
            ExprNode::Const(i) => match self.scope.source.constants.get(*i) {
                Some(Constant::Int(t, _) | Constant::Float(t, _)) => self.is(*t),
                Some(Constant::Bool(_)) => self.is(ScalarType::Bool),
                None => return self.scope.fail(line, format!("constant {i} is not bound")),
            },
            ExprNode::Assoc(t, name) if name == "BITS" => {
                self.named(t, line)?;
                self.is(ScalarType::U32)
            }
            ExprNode::Assoc(t, _) => self.named(t, line)?,
            ExprNode::Unary(UnOp::Neg | UnOp::Not, x) => self.scalar(x)?,
            ExprNode::Binary(op, a, b) => self.binary(*op, a, b, line)?,
            ExprNode::Cast(x, t) => {
                let (from, to) = (self.scalar(x)?, self.named(t, line)?);
                if is_literal(x) {
                    // Rust takes the target for the type of a literal if it can; else the literal falls back.
                    let _ = self.types.unify(from, to);
                }
                to
            }
            ExprNode::Call { callee: Callee::Language(name), args, .. } => return self.language(name, args, line),
            ExprNode::Call { callee: Callee::Function(i), types, args } => return self.call(e, *i, types, args),
            ExprNode::If { cond, then, els } => {
                self.bool(cond)?;
                self.stmts(&then.0)?;
                let a = self.expr(&then.1)?;
                self.stmts(&els.0)?;
                let b = self.expr(&els.1)?;
                self.same_shape(&a, &b, line)?;
                return Ok(a);
            }
            ExprNode::Block(stmts, value) => {
                self.stmts(stmts)?;
                return self.expr(value);
            }
            ExprNode::Tuple(items) => {
                return Ok(Shape::Tuple(items.iter().map(|i| self.scalar(i)).collect::<Linked<_>>()?));
            }
            ExprNode::Array(items) => return self.array(items, line),
            ExprNode::Repeat(x, len) => {
                let len = self.scope.length(len)?;
                return Ok(match self.expr(x)? {
                    Shape::Scalar(ty) => Shape::Array(ty, vec![len]),
                    Shape::Array(ty, inner) => Shape::Array(ty, [vec![len], inner].concat()),
                    Shape::Tuple(_) => return self.scope.fail(line, "an array of tuples"),
                });
            }
            ExprNode::Ref(p) => return self.place(p, line),
            ExprNode::Size(..) => self.is(ScalarType::Usize),
        }))
    }

    fn array(&mut self, items: &[Expr], line: u32) -> Linked<Shape> {
        let shapes = items.iter().map(|i| self.expr(i)).collect::<Linked<Vec<_>>>()?;
        let Some(first) = shapes.first() else { return self.scope.fail(line, "an array without elements") };
        shapes.iter().try_for_each(|s| self.same_shape(first, s, line))?;
        let len = items.len() as u64;
        match first {
            Shape::Scalar(ty) => Ok(Shape::Array(*ty, vec![len])),
            Shape::Array(ty, inner) => Ok(Shape::Array(*ty, [vec![len], inner.clone()].concat())),
            Shape::Tuple(_) => self.scope.fail(line, "an array of tuples"),
        }
    }

    fn binary(&mut self, op: BinOp, a: &Expr, b: &Expr, line: u32) -> Linked<Ty> {
        let (x, y) = (self.scalar(a)?, self.scalar(b)?);
        match op {
            BinOp::Shl | BinOp::Shr => return Ok(x),
            _ => self.same(x, y, line)?,
        }
        Ok(match op {
            BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => self.is(ScalarType::Bool),
            BinOp::And | BinOp::Or => {
                let bool = self.is(ScalarType::Bool);
                self.same(bool, x, line)?;
                x
            }
            _ => x,
        })
    }

    fn call(&mut self, e: &Expr, i: usize, given: &[TypeExpr], args: &[Expr]) -> Linked<Shape> {
        let Some(callee) = self.scope.source.callees.get(i) else {
            return self.scope.fail(e.line, format!("function {i} is not bound"));
        };
        let t = &callee.template;
        let elements: Vec<Ty> = t.generics.iter().map(|_| self.types.add(Known::Nothing)).collect();
        for (element, given) in elements.iter().zip(given) {
            match self.declared(given, e.line)? {
                Shape::Scalar(ty) => self.same(*element, ty, e.line)?,
                _ => return self.scope.fail(e.line, "an element type is a scalar type"),
            }
        }
        let find = |infer: &mut Self, name: &str| match t.generics.iter().position(|g| g.name == name) {
            Some(i) => Ok(elements[i]),
            None => infer.named(name, e.line),
        };
        if args.len() != t.params.len() {
            let (expected, found) = (t.params.len(), args.len());
            return self.scope.fail(e.line, format!("`{}` takes {expected} arguments, found {found}", t.name));
        }
        for (param, arg) in t.params.iter().zip(args) {
            let ParamKind::Scalar(name) = &param.kind else {
                return self.scope.fail(e.line, format!("`{}` takes an array, and is launched, not called", t.name));
            };
            let (ty, found) = (find(self, name)?, self.scalar(arg)?);
            self.same(ty, found, arg.line)?;
        }
        let results = t.results.iter().map(|r| find(self, r)).collect::<Linked<Vec<_>>>()?;
        self.instances.insert(e, elements);
        Ok(match results[..] {
            [one] => Shape::Scalar(one),
            _ => Shape::Tuple(results),
        })
    }

    fn language(&mut self, name: &str, args: &[Expr], line: u32) -> Linked<Shape> {
        let Some(function) = Language::from_name(name) else {
            return self.scope.fail(line, format!("`{name}` is no function of the language"));
        };
        let shapes = args.iter().map(|a| self.expr(a)).collect::<Linked<Vec<_>>>()?;
        let scalars: Vec<Ty> =
            shapes.iter().filter_map(|s| if let Shape::Scalar(ty) = s { Some(*ty) } else { None }).collect();
        let unit = Shape::Tuple(Vec::new());
        let arity = |n: usize| match scalars.len() == n && args.len() == n {
            true => Ok(()),
            false => self.scope.fail(line, format!("`{name}` takes {n} scalars, found {} arguments", args.len())),
        };
        Ok(Shape::Scalar(match function {
            Language::Apply(op) => {
                arity(op.arity())?;
                return self.intrinsic(op.rule(), &scalars, line).map(Shape::Scalar);
            }
            Language::Fma => {
                arity(3)?;
                self.same(scalars[0], scalars[1], line)?;
                self.same(scalars[0], scalars[2], line)?;
                scalars[0]
            }
            Language::DivCeil => {
                arity(2)?;
                self.same(scalars[0], scalars[1], line)?;
                scalars[0]
            }
            Language::Powi => {
                arity(2)?;
                scalars[0]
            }
            Language::Index(_) | Language::BlockDim(_) | Language::GridDim(_) => self.is(ScalarType::Usize),
            Language::Sync(_) => return Ok(unit),
            Language::Collective(op) => {
                arity(if matches!(op, Collective::Shuffle(_)) { 2 } else { 1 })?;
                match op {
                    Collective::Ballot => self.is(ScalarType::U32),
                    Collective::Any | Collective::All => self.is(ScalarType::Bool),
                    _ => scalars[0],
                }
            }
            Language::Atomic(..) if scalars.len() == args.len() && args.len() > 1 => {
                scalars[1..].iter().try_for_each(|s| self.same(scalars[0], *s, line))?;
                scalars[0]
            }
            Language::Atomic(..) => return self.scope.fail(line, format!("`{name}` takes a place and values")),
            Language::Vector => match (shapes.first(), args) {
                (Some(Shape::Scalar(ty)), [_, width]) => return Ok(Shape::Array(*ty, vec![self.scope.length(width)?])),
                _ => return self.scope.fail(line, "`vector` takes a place and a width"),
            },
            Language::SetVector => match &shapes[..] {
                [Shape::Scalar(ty), Shape::Array(element, _)] => {
                    self.same(*ty, *element, line)?;
                    return Ok(unit);
                }
                _ => return self.scope.fail(line, "`set_vector` takes a place and an array"),
            },
        }))
    }

    fn intrinsic(&mut self, rule: Rule, args: &[Ty], line: u32) -> Linked<Ty> {
        match rule {
            Rule::Number | Rule::Float | Rule::Bits => {
                args.iter().try_for_each(|a| self.same(args[0], *a, line))?;
                Ok(args[0])
            }
            Rule::Shift => Ok(args[0]),
            Rule::Compare => {
                self.same(args[0], args[1], line)?;
                Ok(self.is(ScalarType::Bool))
            }
            Rule::Classify => Ok(self.is(ScalarType::Bool)),
            Rule::Select => {
                let bool = self.is(ScalarType::Bool);
                self.same(bool, args[0], line)?;
                self.same(args[1], args[2], line)?;
                Ok(args[1])
            }
            Rule::Philox => {
                let i64 = self.is(ScalarType::I64);
                args.iter().try_for_each(|a| self.same(i64, *a, line))?;
                Ok(self.is(ScalarType::F32))
            }
        }
    }
}

fn is_literal(e: &Expr) -> bool {
    match &e.node {
        ExprNode::Int(_, None) | ExprNode::Float(_, None) => true,
        ExprNode::Unary(_, x) => is_literal(x),
        _ => false,
    }
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Scalar(_) => "a scalar".into(),
        Shape::Array(_, dims) => format!("an array of lengths {dims:?}"),
        Shape::Tuple(items) if items.is_empty() => "no value".into(),
        Shape::Tuple(items) => format!("{} values", items.len()),
    }
}
