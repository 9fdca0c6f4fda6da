//! Straight-line functions as fragments: what a point kernel means on tensors.
//!
//! `if` becomes `select`: both arms are computed, which is right since expressions have no effects, and the gradient of
//! the arm that is not taken counts as nothing.

use std::collections::HashMap;

use super::ir::{Expr, ExprNode, Function, ScalarType, Stmt, StmtNode, Var};
use super::link::Unlinked;
use crate::{Builder, Const, DType, Fragment, Intrinsic, Value};

/// The fragment of the last of these functions (as [`Source::functions`](super::link::Source::functions) gives them),
/// those that it calls inlined: a parameter for each parameter, an output for each result.
pub fn fragment(functions: &[Function]) -> Result<Fragment, Unlinked> {
    let Some(function) = functions.last() else {
        return Err(Unlinked { file: String::new(), line: 0, message: "no function to make a fragment of".into() });
    };
    let mut lift = Lift::new(functions, &function.file);
    let params = function.params.iter().map(|p| {
        let dtype = lift.dtype(function.body.variable(*p).ty)?;
        Ok(lift.builder.param(dtype))
    });
    let params = params.collect::<Result<Vec<_>, Unlinked>>()?;
    let outputs = lift.call(function, params)?;
    Ok(lift.builder.finish(&outputs))
}

type Lifted<T> = Result<T, Unlinked>;

/// Values of variables; those that have none yet are absent.
pub(super) type Values = HashMap<Var, Value>;

pub(super) struct Lift<'a> {
    pub(super) builder: Builder,
    functions: &'a [Function],
    file: &'a str,
    line: u32,
}

impl<'a> Lift<'a> {
    pub(super) fn new(functions: &'a [Function], file: &'a str) -> Lift<'a> {
        Lift { builder: Builder::new(), functions, file, line: 0 }
    }

    pub(super) fn at(&mut self, line: u32) {
        self.line = line;
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Lifted<T> {
        Err(Unlinked { file: self.file.into(), line: self.line, message: message.into() })
    }

    fn dtype(&self, ty: ScalarType) -> Lifted<DType> {
        match ty.dtype() {
            Some(dtype) => Ok(dtype),
            None => self.fail(format!("`{ty}` is no element type of tensors; use `i64` in a kernel that is lifted")),
        }
    }

    /// The results of a function of these arguments.
    fn call(&mut self, function: &'a Function, args: Vec<Value>) -> Lifted<Vec<Value>> {
        let (file, line) = (std::mem::replace(&mut self.file, &function.file), self.line);
        let values: Values = function.params.iter().copied().zip(args).collect();
        let stmts: Vec<&Stmt> = function.body.stmts.iter().collect();
        let results = self.returned(&stmts, values)?;
        (self.file, self.line) = (file, line);
        Ok(results)
    }

    /// What statements return that end in a return on every path.
    fn returned(&mut self, stmts: &[&'a Stmt], mut values: Values) -> Lifted<Vec<Value>> {
        for (i, s) in stmts.iter().enumerate() {
            self.line = s.line;
            let followed = |block: &'a [Stmt]| block.iter().chain(stmts[i + 1..].iter().copied()).collect::<Vec<_>>();
            match &s.node {
                StmtNode::Return(results) => return results.iter().map(|e| self.expr(e, &values)).collect(),
                StmtNode::Block(body) => return self.returned(&followed(body), values),
                StmtNode::If { cond, then, els } if returns(then) || returns(els) => {
                    let cond = self.expr(cond, &values)?;
                    let a = self.returned(&followed(then), values.clone())?;
                    let b = self.returned(&followed(els), values)?;
                    return Ok(a.into_iter().zip(b).map(|(a, b)| self.select(cond, a, b)).collect());
                }
                _ => self.stmt(s, &mut values)?,
            }
        }
        Ok(Vec::new())
    }

    /// A statement that does not return.
    pub(super) fn stmt(&mut self, s: &Stmt, values: &mut Values) -> Lifted<()> {
        self.line = s.line;
        match &s.node {
            StmtNode::Let { value: None, .. } | StmtNode::Check { .. } => {}
            StmtNode::Let { var, value: Some(value) } | StmtNode::Assign { var, value } => {
                let value = self.expr(value, values)?;
                values.insert(*var, value);
            }
            StmtNode::Call { vars, function, args } => {
                let args = args.iter().map(|e| self.expr(e, values)).collect::<Lifted<Vec<_>>>()?;
                let functions = self.functions;
                let results = self.call(&functions[*function as usize], args)?;
                values.extend(vars.iter().copied().zip(results));
            }
            StmtNode::Block(body) => body.iter().try_for_each(|s| self.stmt(s, values))?,
            StmtNode::If { cond, then, els } => {
                let cond = self.expr(cond, values)?;
                let mut other = values.clone();
                then.iter().try_for_each(|s| self.stmt(s, values))?;
                els.iter().try_for_each(|s| self.stmt(s, &mut other))?;
                self.merge(cond, values, &other);
            }
            StmtNode::While { .. } | StmtNode::For(_) => {
                return self.fail("a kernel that is lifted to tensors has no loops; write it as a grid kernel");
            }
            _ => return self.fail("a kernel that is lifted to tensors has no arrays and no thread functions"),
        }
        Ok(())
    }

    /// The values after an `if`, of its two arms. What one arm did not set is read on no path.
    pub(super) fn merge(&mut self, cond: Value, values: &mut Values, other: &Values) {
        for (var, b) in other {
            let a = *values.entry(*var).or_insert(*b);
            let merged = self.select(cond, a, *b);
            values.insert(*var, merged);
        }
    }

    pub(super) fn select(&mut self, cond: Value, a: Value, b: Value) -> Value {
        if a == b { a } else { self.builder.apply(Intrinsic::Select, &[cond, a, b]) }
    }

    pub(super) fn expr(&mut self, e: &Expr, values: &Values) -> Lifted<Value> {
        let args = e.operands().iter().map(|e| self.expr(e, values)).collect::<Lifted<Vec<_>>>()?;
        let dtype = self.dtype(e.ty)?;
        match &e.node {
            ExprNode::Int(x) => Ok(self.builder.literal(Const::int(dtype, *x as i64))),
            ExprNode::Float(x) => Ok(self.builder.constant(dtype, *x)),
            ExprNode::Bool(b) => Ok(self.builder.constant(dtype, f64::from(*b))),
            ExprNode::Var(v) => match values.get(v) {
                Some(value) => Ok(*value),
                None => self.fail("a variable is read that is not set on every path"),
            },
            ExprNode::Apply(op, _) => {
                let dtypes: Vec<DType> = args.iter().map(|v| self.builder.dtype(*v)).collect();
                match op.result(&dtypes) {
                    Some(_) => Ok(self.builder.apply(*op, &args)),
                    None => self.fail(format!("`{op}` does not take arguments of the dtypes {dtypes:?}")),
                }
            }
            ExprNode::Fma(_) => {
                let product = self.builder.apply(Intrinsic::Mul, &args[..2]);
                Ok(self.builder.apply(Intrinsic::Add, &[product, args[2]]))
            }
            ExprNode::Cast(_) => Ok(self.builder.cast(dtype, args[0])),
            ExprNode::DivCeil(_) | ExprNode::Size(_) | ExprNode::Index(_) => {
                self.fail("a kernel that is lifted to tensors has no sizes and indices")
            }
        }
    }
}

/// Whether a return stands in statements.
fn returns(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|s| match &s.node {
        StmtNode::Return(_) => true,
        StmtNode::If { then, els, .. } => returns(then) || returns(els),
        StmtNode::Block(body) => returns(body),
        _ => false,
    })
}
