//! Statements in the order of Rust's evaluation, expressions without effects.

use std::collections::{HashMap, HashSet};

use super::infer::{Infer, Shape};
use super::operator::{cast, is_positive, not};
use super::types::round;
use super::{Constant, Done, Functions, Linked, Scope};
use crate::Intrinsic;
use crate::kernel::ir::{
    Access, Array, Block, Body, Expr, ExprNode, Fault, For, ScalarType, Size, Stmt, StmtNode, Storage, Var, Variable,
};
use crate::kernel::{self as untyped, BinOp, Callee, ExprNode as Node, ParamKind, Place, StmtNode as Statement};

pub(super) fn body(scope: &Scope, functions: &mut Functions) -> Linked<Done> {
    let infer = Infer::run(scope)?;
    let template = &scope.source.template;
    let names = scope.arrays.iter().map(|(name, (storage, _))| (name.clone(), Entity::Array(*storage))).collect();
    let (body, shared, out) = Default::default();
    let mut lower = Lower { scope, infer, functions, names, body, shared, out, line: 0, temporaries: 0 };
    let mut params = Vec::new();
    for p in &template.params {
        if let ParamKind::Scalar(ty) = &p.kind {
            let ty = scope.scalar(ty, p.line)?;
            params.push(lower.declare(&p.name, ty));
        }
    }
    let stmts = lower.block(&template.body)?;
    Ok(Done { params, shared: lower.shared, body: Body { stmts, ..lower.body } })
}

/// What a name of the body stands for.
#[derive(Clone, Copy)]
pub(super) enum Entity {
    Var(Var),
    Array(Storage),
}

pub(super) struct Lower<'a, 's> {
    pub(super) scope: &'a Scope<'s>,
    pub(super) infer: Infer<'a, 's>,
    pub(super) functions: &'a mut Functions,
    pub(super) names: HashMap<String, Entity>,
    pub(super) body: Body,
    pub(super) shared: Vec<Array>,
    /// Statements of the block that is being lowered.
    out: Block,
    pub(super) line: u32,
    temporaries: u32,
}

impl Lower<'_, '_> {
    pub(super) fn push(&mut self, node: StmtNode) {
        self.out.push(Stmt { line: self.line, node });
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Linked<T> {
        self.scope.fail(self.line, message)
    }

    fn new_var(&mut self, name: String, ty: ScalarType) -> Var {
        self.body.variables.push(Variable { name, ty, narrow: false });
        Var(self.body.variables.len() as u32 - 1)
    }

    fn declare(&mut self, name: &str, ty: ScalarType) -> Var {
        let var = self.new_var(name.into(), ty);
        self.names.insert(name.into(), Entity::Var(var));
        var
    }

    /// A name that the template does not use.
    pub(super) fn fresh(&mut self) -> String {
        loop {
            self.temporaries += 1;
            let name = format!("t{}", self.temporaries);
            if !self.infer.names.contains_key(&name) && self.scope.dim(&name).is_none() {
                return name;
            }
        }
    }

    pub(super) fn temporary(&mut self, ty: ScalarType) -> Var {
        let name = self.fresh();
        self.new_var(name, ty)
    }

    /// Whether nobody but the expression that was just lowered knows of a variable.
    fn is_temporary(&self, var: Var) -> bool {
        !self.infer.names.contains_key(&self.body.variable(var).name)
    }

    /// Statements that `f` lowers, apart from the current block.
    pub(super) fn apart<T>(&mut self, f: impl FnOnce(&mut Self) -> Linked<T>) -> Linked<(Block, T)> {
        let outer = std::mem::take(&mut self.out);
        let result = f(self);
        let inner = std::mem::replace(&mut self.out, outer);
        Ok((inner, result?))
    }

    fn block(&mut self, stmts: &[untyped::Stmt]) -> Linked<Block> {
        Ok(self.apart(|l| l.stmts(stmts))?.0)
    }

    pub(super) fn stmts(&mut self, stmts: &[untyped::Stmt]) -> Linked<()> {
        stmts.iter().try_for_each(|s| self.stmt(s))
    }

    fn stmt(&mut self, s: &untyped::Stmt) -> Linked<()> {
        self.line = s.line;
        match &s.node {
            Statement::Let { names, value, .. } => self.let_(names, value.as_ref())?,
            Statement::Shared { name, element, dims } => {
                let lengths = dims.iter().map(|d| self.scope.size(d)).collect::<Linked<_>>()?;
                let element = self.scope.scalar(element, s.line)?;
                self.shared.push(Array { name: name.clone(), line: s.line, element, dims: lengths });
                let storage = Storage::Shared(self.shared.len() as u32 - 1);
                self.names.insert(name.clone(), Entity::Array(storage));
            }
            Statement::Assign { place, op, value } => self.assign(place, *op, value)?,
            Statement::Expr(e) => {
                self.values(e)?;
                // What an atomic operation found is not wanted here.
                if let Some(Stmt { node: StmtNode::Atomic { var, .. }, .. }) = self.out.last_mut() {
                    *var = None;
                }
            }
            Statement::If { cond, then, els } => {
                let cond = self.expr(cond)?;
                let (then, els) = (self.block(then)?, self.block(els)?);
                self.line = s.line;
                self.push(StmtNode::If { cond, then, els });
            }
            Statement::While { cond, body } => self.while_(cond, body)?,
            Statement::For { var, start, end, inclusive, rev, step, body } => {
                let node = self.for_(var, start, end, step.as_ref(), body)?;
                self.line = s.line;
                self.push(StmtNode::For(For { inclusive: *inclusive, rev: *rev, ..node }));
            }
            Statement::Break => self.push(StmtNode::Break),
            Statement::Continue => self.push(StmtNode::Continue),
            Statement::Return(values) => {
                let values = match &values[..] {
                    [one] => self.values(one)?,
                    values => self.operands(&values.iter().collect::<Vec<_>>())?,
                };
                self.push(StmtNode::Return(values));
            }
            Statement::Block(body) => {
                let body = self.block(body)?;
                self.push(StmtNode::Block(body));
            }
        }
        Ok(())
    }

    fn let_(&mut self, names: &[String], value: Option<&untyped::Expr>) -> Linked<()> {
        let Some(value) = value else {
            return names.iter().try_for_each(|name| match self.infer.names.get(name).cloned() {
                Some(Shape::Array(ty, dims)) => {
                    let ty = self.infer.resolve(ty, self.line)?;
                    let array = self.local(name.clone(), ty, &dims);
                    self.push(StmtNode::LetArray { array, values: Vec::new() });
                    Ok(())
                }
                Some(Shape::Scalar(ty)) => {
                    let ty = self.infer.resolve(ty, self.line)?;
                    let var = self.declare(name, ty);
                    self.push(StmtNode::Let { var, value: None });
                    Ok(())
                }
                _ => self.fail(format!("`{name}` is a tuple without a value")),
            });
        };
        if let ([name], Some(Shape::Array(..))) = (names, self.infer.exprs.get(&std::ptr::from_ref(value))) {
            let array = self.array(value, Some(name))?;
            self.names.insert(name.clone(), Entity::Array(Storage::Local(array)));
            return Ok(());
        }
        let values = self.values(value)?;
        for (name, value) in names.iter().zip(values) {
            match value.node {
                // A temporary that holds the value becomes the variable.
                ExprNode::Var(var) if self.is_temporary(var) => {
                    self.body.variables[var.0 as usize].name = name.clone();
                    self.names.insert(name.clone(), Entity::Var(var));
                }
                _ => {
                    let var = self.declare(name, value.ty);
                    self.push(StmtNode::Let { var, value: Some(value) });
                }
            }
        }
        Ok(())
    }

    fn assign(&mut self, place: &Place, op: Option<BinOp>, value: &untyped::Expr) -> Linked<()> {
        let line = self.line;
        if let (Some(Entity::Array(Storage::Local(to))), []) =
            (self.names.get(&place.name).copied(), &place.indices[..])
        {
            let from = self.array(value, None)?;
            self.line = line;
            self.push(StmtNode::CopyArray { to, from });
            return Ok(());
        }
        let parts: Vec<_> = std::iter::once(value).chain(&place.indices).collect();
        let mut parts = self.operands(&parts)?;
        let (value, indices) = (parts.remove(0), parts);
        self.line = line;
        match self.names.get(&place.name).copied() {
            Some(Entity::Var(var)) => {
                let ty = self.body.variable(var).ty;
                let value = match op {
                    Some(op) => self.binary(op, Expr::var(ty, var), value)?,
                    None => value,
                };
                self.push(StmtNode::Assign { var, value });
            }
            Some(Entity::Array(array)) => {
                let to = self.access(array, indices, place)?;
                let value = match op {
                    Some(op) => {
                        let old = self.load(&to);
                        self.binary(op, old, value)?
                    }
                    None => value,
                };
                self.push(StmtNode::Store { to, value });
            }
            None => return self.fail(format!("`{}` can't be assigned", place.name)),
        }
        Ok(())
    }

    fn while_(&mut self, cond: &untyped::Expr, body: &[untyped::Stmt]) -> Linked<()> {
        let line = self.line;
        let (before, cond) = self.apart(|l| l.expr(cond))?;
        let body = self.block(body)?;
        self.line = line;
        if before.is_empty() {
            self.push(StmtNode::While { cond, body });
            return Ok(());
        }
        let leave = vec![Stmt { line, node: StmtNode::Break }];
        let leave = StmtNode::If { cond: not(cond), then: leave, els: Vec::new() };
        let body = before.into_iter().chain([Stmt { line, node: leave }]).chain(body).collect();
        self.push(StmtNode::While { cond: Expr::bool(true), body });
        Ok(())
    }

    /// A loop but for `inclusive` and `rev`.
    fn for_(
        &mut self,
        name: &str,
        start: &untyped::Expr,
        end: &untyped::Expr,
        step: Option<&untyped::Expr>,
        body: &[untyped::Stmt],
    ) -> Linked<For> {
        let line = self.line;
        let parts: Vec<_> = [start, end].into_iter().chain(step).collect();
        let mut parts = self.operands(&parts)?;
        let ty = parts[0].ty;
        let mut var = self.declare(name, ty);
        let mut body = self.block(body)?;
        self.line = line;
        let mut written = HashSet::new();
        assigned(&body, &mut written);
        for part in &mut parts {
            if reads(part, &written) {
                *part = self.keep(part.clone());
            }
        }
        if written.contains(&var) {
            let (mine, own) = (var, self.temporary(ty));
            body.insert(0, Stmt { line, node: StmtNode::Let { var: mine, value: Some(Expr::var(ty, own)) } });
            var = own;
        }
        let step = parts.get(2).cloned().unwrap_or(Expr::int(ScalarType::Usize, 1));
        if !is_positive(&step) {
            let zero = Expr::int(step.ty, 0);
            let cond = Expr { ty: ScalarType::Bool, node: ExprNode::Apply(Intrinsic::Ne, vec![step.clone(), zero]) };
            self.push(StmtNode::Check { cond, fault: Fault::ZeroStep });
        }
        let (end, start) = (parts.swap_remove(1), parts.swap_remove(0));
        Ok(For { var, start, end, inclusive: false, rev: false, step, body })
    }

    /// The value in a new temporary.
    pub(super) fn keep(&mut self, value: Expr) -> Expr {
        let (ty, var) = (value.ty, self.temporary(value.ty));
        self.push(StmtNode::Let { var, value: Some(value) });
        Expr::var(ty, var)
    }

    /// Expressions that are evaluated one after the other and then used together: what a later one changes is kept.
    pub(super) fn operands(&mut self, exprs: &[&untyped::Expr]) -> Linked<Vec<Expr>> {
        let mut values = Vec::new();
        let mut ends = Vec::new();
        for e in exprs {
            values.push(self.expr(e)?);
            ends.push(self.out.len());
        }
        for (value, end) in values.iter_mut().zip(ends).rev() {
            let mut written = HashSet::new();
            assigned(&self.out[end..], &mut written);
            if reads(value, &written) {
                let rest = self.out.split_off(end);
                *value = self.keep(value.clone());
                self.out.extend(rest);
            }
        }
        Ok(values)
    }

    /// The values of an expression: one, or those of a tuple.
    pub(super) fn values(&mut self, e: &untyped::Expr) -> Linked<Vec<Expr>> {
        let outer = self.line;
        self.line = e.line;
        let values = self.lower(e)?;
        self.line = outer;
        Ok(values)
    }

    pub(super) fn expr(&mut self, e: &untyped::Expr) -> Linked<Expr> {
        let mut values = self.values(e)?;
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => self.scope.fail(e.line, "expected one value"),
        }
    }

    fn lower(&mut self, e: &untyped::Expr) -> Linked<Vec<Expr>> {
        let expr = match &e.node {
            Node::Tuple(items) => return self.operands(&items.iter().collect::<Vec<_>>()),
            Node::Call { callee: Callee::Language(name), args, .. } => return self.language(name, args),
            Node::Call { callee: Callee::Function(i), args, .. } => return self.call(e, *i, args),
            Node::If { cond, then, els } => return self.if_(cond, then, els),
            Node::Block(stmts, value) => {
                self.stmts(stmts)?;
                return self.values(value);
            }
            Node::Int(x, _) => Expr::int(self.infer.scalar_of(e)?, *x as i128),
            Node::Float(digits, _) => self.float(digits, self.infer.scalar_of(e)?)?,
            Node::Bool(b) => Expr::bool(*b),
            Node::Place(p) => self.read(p)?,
            Node::Const(i) => match self.scope.source.constants[*i] {
                Constant::Int(ty, x) => Expr::int(ty, x),
                Constant::Float(ty, x) => Expr { ty, node: ExprNode::Float(round(ty, x)) },
                Constant::Bool(b) => Expr::bool(b),
            },
            Node::Assoc(ty, name) => self.scope.assoc(ty, name, e.line)?,
            Node::Unary(op, x) => self.unary(*op, x)?,
            Node::Binary(op @ (BinOp::And | BinOp::Or), a, b) => self.lazy(*op, a, b)?,
            Node::Binary(op, a, b) => {
                let mut ab = self.operands(&[a, b])?;
                let (b, a) = (ab.swap_remove(1), ab.swap_remove(0));
                self.binary(*op, a, b)?
            }
            Node::Cast(x, ty) => {
                let ty = self.scope.scalar(ty, e.line)?;
                cast(ty, self.expr(x)?)
            }
            Node::Size(name, axis) => self.size(name, *axis)?,
            Node::Array(_) | Node::Repeat(..) | Node::Ref(_) => return self.fail("expected a scalar value"),
        };
        Ok(vec![expr])
    }

    fn float(&mut self, digits: &str, ty: ScalarType) -> Linked<Expr> {
        // Of f32 straight from the digits: rounding twice could differ.
        let x = match ty {
            ScalarType::F32 => digits.parse::<f32>().map(f64::from),
            _ => digits.parse(),
        };
        match x {
            Ok(x) => Ok(Expr { ty, node: ExprNode::Float(round(ty, x)) }),
            Err(_) => self.fail(format!("`{digits}` is no float")),
        }
    }

    fn read(&mut self, p: &Place) -> Linked<Expr> {
        match self.names.get(&p.name).copied() {
            Some(Entity::Var(var)) if p.indices.is_empty() => Ok(Expr::var(self.body.variable(var).ty, var)),
            Some(Entity::Array(array)) => {
                let indices = self.operands(&p.indices.iter().collect::<Vec<_>>())?;
                let from = self.access(array, indices, p)?;
                Ok(self.load(&from))
            }
            _ => match self.scope.dim(&p.name) {
                Some(size) => Ok(Expr { ty: ScalarType::Usize, node: ExprNode::Size(size.clone()) }),
                None => self.fail(format!("`{}` has no value here", p.name)),
            },
        }
    }

    fn size(&mut self, name: &str, axis: u32) -> Linked<Expr> {
        let dims = match self.names.get(name) {
            Some(Entity::Array(array)) => self.dims(*array),
            _ => &[],
        };
        match dims.get(axis as usize) {
            Some(size) => Ok(Expr { ty: ScalarType::Usize, node: ExprNode::Size(size.clone()) }),
            None => self.fail(format!("`{name}` has no axis {axis}")),
        }
    }

    pub(super) fn access(&self, array: Storage, indices: Vec<Expr>, p: &Place) -> Linked<Access> {
        match (indices.len(), self.dims(array).len()) {
            (found, axes) if found == axes => Ok(Access { array, indices, checked: !p.unchecked, narrow: false }),
            (found, axes) => self.fail(format!("`{}` has {axes} axes, it is indexed by {found}", p.name)),
        }
    }

    pub(super) fn element(&self, array: Storage) -> ScalarType {
        match array {
            Storage::Local(i) => self.body.arrays[i as usize].element,
            Storage::Shared(i) => self.shared[i as usize].element,
            Storage::Param(_) => self.param(array).element,
        }
    }

    pub(super) fn dims(&self, array: Storage) -> &[Size] {
        match array {
            Storage::Local(i) => &self.body.arrays[i as usize].dims,
            Storage::Shared(i) => &self.shared[i as usize].dims,
            Storage::Param(_) => &self.param(array).dims,
        }
    }

    fn param(&self, storage: Storage) -> &Array {
        let found = self.scope.arrays.values().find(|(s, _)| *s == storage);
        &found.expect("the scope holds every array of the signature").1
    }

    fn load(&mut self, from: &Access) -> Expr {
        let ty = self.element(from.array);
        let var = self.temporary(ty);
        self.push(StmtNode::Load { var, from: from.clone() });
        Expr::var(ty, var)
    }

    /// `if` with values: one variable for each, which both arms assign.
    fn if_(
        &mut self,
        cond: &untyped::Expr,
        then: &(untyped::Block, Box<untyped::Expr>),
        els: &(untyped::Block, Box<untyped::Expr>),
    ) -> Linked<Vec<Expr>> {
        let cond = self.expr(cond)?;
        let line = self.line;
        let mut arm = |(stmts, value): &(untyped::Block, Box<untyped::Expr>)| {
            self.apart(|l| {
                l.stmts(stmts)?;
                l.values(value)
            })
        };
        let (mut then, a) = arm(then)?;
        let (mut els, b) = arm(els)?;
        self.line = line;
        let mut results = Vec::new();
        for (a, b) in a.into_iter().zip(b) {
            let (ty, var) = (a.ty, self.temporary(a.ty));
            self.push(StmtNode::Let { var, value: None });
            then.push(Stmt { line, node: StmtNode::Assign { var, value: a } });
            els.push(Stmt { line, node: StmtNode::Assign { var, value: b } });
            results.push(Expr::var(ty, var));
        }
        self.push(StmtNode::If { cond, then, els });
        Ok(results)
    }
}

fn reads(e: &Expr, written: &HashSet<Var>) -> bool {
    let mut found = false;
    e.each_var(&mut |v| found |= written.contains(&v));
    found
}

/// The variables that are assigned in statements, at any depth.
fn assigned(stmts: &[Stmt], into: &mut HashSet<Var>) {
    for s in stmts {
        match &s.node {
            StmtNode::Assign { var, .. } => drop(into.insert(*var)),
            StmtNode::If { then, els, .. } => {
                assigned(then, into);
                assigned(els, into);
            }
            StmtNode::While { body, .. } | StmtNode::For(For { body, .. }) | StmtNode::Block(body) => {
                assigned(body, into);
            }
            _ => {}
        }
    }
}
