//! Straight-line functions as fragments: what a point kernel means on tensors.
//!
//! `if` becomes `select`: both arms are computed, which is right since expressions have no effects, and the gradient of
//! the arm that is not taken counts as nothing. Loops whose trips are known are unrolled: what does not depend on data is
//! computed here.

use std::collections::HashMap;

use super::interp::value;
use super::ir::{Access, Expr, ExprNode, For, Function, ScalarType, Stmt, StmtNode, Storage, Var};
use super::link::Unlinked;
use crate::{Builder, Const, DType, Fragment, Intrinsic, Scalar, Value};

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

/// Why a loop can't be unrolled.
const DATA: &str = "a loop of a kernel that is lifted to tensors has trips that are known; write a grid kernel";

type Lifted<T> = Result<T, Unlinked>;

/// Values of variables; those that have none yet are absent.
pub(super) type Values = HashMap<Var, Value>;

pub(super) struct Lift<'a> {
    pub(super) builder: Builder,
    functions: &'a [Function],
    file: &'a str,
    line: u32,
    /// Variables that do not depend on data: literals.
    known: HashMap<Var, Expr>,
    /// Elements of local arrays.
    arrays: HashMap<u32, Vec<Value>>,
    /// Statements that may still be unrolled.
    left: u32,
}

/// Longer functions are no maps that anybody wants to compile.
const LONGEST: u32 = 10_000;

impl<'a> Lift<'a> {
    pub(super) fn new(functions: &'a [Function], file: &'a str) -> Lift<'a> {
        let (known, arrays) = Default::default();
        Lift { builder: Builder::new(), functions, file, line: 0, known, arrays, left: LONGEST }
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
        let (known, arrays) = (std::mem::take(&mut self.known), std::mem::take(&mut self.arrays));
        let values: Values = function.params.iter().copied().zip(args).collect();
        let stmts: Vec<&Stmt> = function.body.stmts.iter().collect();
        let results = self.returned(&stmts, values)?;
        (self.file, self.line, self.known, self.arrays) = (file, line, known, arrays);
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
                    let before = (self.known.clone(), self.arrays.clone());
                    let a = self.returned(&followed(then), values.clone())?;
                    (self.known, self.arrays) = before;
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
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return self.fail(format!("a kernel that is lifted to tensors has at most {LONGEST} statements, unrolled"));
        }
        match &s.node {
            StmtNode::Let { value: None, .. } | StmtNode::Check { .. } => {}
            StmtNode::Let { var, value: Some(value) } | StmtNode::Assign { var, value } => {
                self.assign(*var, value, values)?;
            }
            StmtNode::Call { vars, function, args } => {
                let args = args.iter().map(|e| self.expr(e, values)).collect::<Lifted<Vec<_>>>()?;
                let functions = self.functions;
                let results = self.call(&functions[*function as usize], args)?;
                values.extend(vars.iter().copied().zip(results));
            }
            StmtNode::Block(body) => body.iter().try_for_each(|s| self.stmt(s, values))?,
            StmtNode::If { cond, then, els } => self.branch(cond, then, els, values)?,
            StmtNode::While { cond, body } => loop {
                match self.fold(cond).node {
                    ExprNode::Bool(true) => body.iter().try_for_each(|s| self.stmt(s, values))?,
                    ExprNode::Bool(false) => break,
                    _ => return self.fail(DATA),
                }
            },
            StmtNode::For(l) => self.unroll(l, values)?,
            StmtNode::LetArray { array, values: elements } => {
                let elements = elements.iter().map(|e| self.expr(e, values)).collect::<Lifted<Vec<_>>>()?;
                self.arrays.insert(*array, elements);
            }
            StmtNode::Load { var, from } => {
                let (array, i) = self.element(from)?;
                let value = self.arrays[&array][i];
                self.known.remove(var);
                values.insert(*var, value);
            }
            StmtNode::Store { to, value } => {
                let (array, i) = self.element(to)?;
                let value = self.expr(value, values)?;
                self.arrays.entry(array).and_modify(|a| a[i] = value);
            }
            StmtNode::Break | StmtNode::Continue | StmtNode::Return(_) => return self.fail(DATA),
            _ => return self.fail("a kernel that is lifted to tensors has no thread functions"),
        }
        Ok(())
    }

    /// Whether a variable is a literal at this point.
    pub(super) fn knows(&self, var: Var) -> bool {
        self.known.contains_key(&var)
    }

    fn branch(&mut self, cond: &Expr, then: &[Stmt], els: &[Stmt], values: &mut Values) -> Lifted<()> {
        if let ExprNode::Bool(holds) = self.fold(cond).node {
            return (if holds { then } else { els }).iter().try_for_each(|s| self.stmt(s, values));
        }
        let cond = self.expr(cond, values)?;
        let mut other = values.clone();
        let (known, arrays) = (self.known.clone(), self.arrays.clone());
        then.iter().try_for_each(|s| self.stmt(s, values))?;
        let (then_known, then_arrays) =
            (std::mem::replace(&mut self.known, known), std::mem::replace(&mut self.arrays, arrays));
        els.iter().try_for_each(|s| self.stmt(s, &mut other))?;
        self.merge(cond, values, &other);
        self.known.retain(|v, e| then_known.get(v) == Some(e));
        self.merge_arrays(cond, then_arrays);
        Ok(())
    }

    fn assign(&mut self, var: Var, value: &Expr, values: &mut Values) -> Lifted<()> {
        let value = self.fold(value);
        if matches!(value.node, ExprNode::Int(_) | ExprNode::Bool(_)) {
            self.known.insert(var, value.clone());
            if value.ty.dtype().is_none() {
                return Ok(());
            }
        } else {
            self.known.remove(&var);
        }
        let value = self.expr(&value, values)?;
        values.insert(var, value);
        Ok(())
    }

    fn unroll(&mut self, l: &For, values: &mut Values) -> Lifted<()> {
        let ends = [&l.start, &l.end, &l.step].map(|e| self.fold(e).node);
        let [ExprNode::Int(start), ExprNode::Int(end), ExprNode::Int(step)] = ends else { return self.fail(DATA) };
        let end = end + i128::from(l.inclusive);
        let mut trips = (0..).map(|n| n * step).take_while(|n| step > 0 && start + n < end);
        trips.try_for_each(|n| {
            let i = if l.rev { end - 1 - n } else { start + n };
            self.assign(l.var, &Expr::int(l.start.ty, i), values)?;
            l.body.iter().try_for_each(|s| self.stmt(s, values))
        })
    }

    /// An element of a local array by known indices.
    fn element(&self, access: &Access) -> Lifted<(u32, usize)> {
        let Storage::Local(array) = access.array else {
            return self.fail("a kernel that is lifted to tensors has no arrays but its own");
        };
        match access.indices.iter().map(|e| self.fold(e).node).collect::<Vec<_>>()[..] {
            [ExprNode::Int(i)] if self.arrays.get(&array).is_some_and(|a| (0..a.len() as i128).contains(&i)) => {
                Ok((array, i as usize))
            }
            _ => self.fail("an index of a local array depends on data, or is not in it, in a kernel that is lifted"),
        }
    }

    fn merge_arrays(&mut self, cond: Value, then: HashMap<u32, Vec<Value>>) {
        let mut els = std::mem::take(&mut self.arrays);
        for (array, b) in &mut els {
            for (a, b) in then.get(array).into_iter().flatten().zip(b) {
                *b = self.select(cond, *a, *b);
            }
        }
        self.arrays = els;
    }

    /// The expression with what is known computed.
    fn fold(&self, e: &Expr) -> Expr {
        let args: Vec<Expr> = match &e.node {
            ExprNode::Var(v) => return self.known.get(v).cloned().unwrap_or(e.clone()),
            _ => e.operands().iter().map(|e| self.fold(e)).collect(),
        };
        let scalar = |e: &Expr| match e.node {
            ExprNode::Int(x) => Some(value::of_integer(e.ty, x)),
            ExprNode::Bool(b) => Some(Scalar::Int(b.into())),
            _ => None,
        };
        let literals = args.iter().map(scalar).collect::<Option<Vec<_>>>();
        let folded = match (&e.node, literals) {
            (ExprNode::Apply(op, _), Some(x)) => value::apply(*op, args[args.len() - 1].ty, &x),
            (ExprNode::Cast(_), Some(x)) => value::cast(args[0].ty, e.ty, x[0]),
            (ExprNode::Apply(op, _), None) => return Expr { ty: e.ty, node: ExprNode::Apply(*op, args) },
            (ExprNode::Cast(_), None) => return Expr { ty: e.ty, node: ExprNode::Cast(Box::new(args[0].clone())) },
            _ => return e.clone(),
        };
        let node = match folded {
            Scalar::Float(x) => ExprNode::Float(x),
            x if e.ty == ScalarType::Bool => ExprNode::Bool(x.is_true()),
            x => ExprNode::Int(value::integer(e.ty, x)),
        };
        Expr { ty: e.ty, node }
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
        self.pure(&self.fold(e), values)
    }

    fn pure(&mut self, e: &Expr, values: &Values) -> Lifted<Value> {
        let args = e.operands().iter().map(|e| self.pure(e, values)).collect::<Lifted<Vec<_>>>()?;
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
