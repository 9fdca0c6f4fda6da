//! Straight-line functions as fragments: what a point kernel means on tensors.
//!
//! `if` becomes `select`: both arms are computed, which is right since expressions have no effects, and the gradient of
//! the arm that is not taken counts as nothing. Loops whose trips are known are unrolled: what does not depend on data is
//! computed here.

use std::collections::HashMap;

use super::interp::value;
use super::ir::{Access, Body, Expr, ExprNode, For, Function, ScalarType, Stmt, StmtNode, Storage, Var};
use super::link::Unlinked;
use crate::{Builder, Const, DType, Fragment, Intrinsic, Scalar, Value};

/// The fragment of the last of these functions (as [`Source::functions`](super::link::Source::functions) gives them),
/// those that it calls inlined: a parameter for each parameter, an output for each result.
pub fn fragment(functions: &[Function]) -> Result<Fragment, Unlinked> {
    let Some(function) = functions.last() else {
        return Err(Unlinked { file: String::new(), line: 0, message: "no function to make a fragment of".into() });
    };
    let mut lift = Lift::new(functions, &function.file, &function.body);
    let params = function.params.iter().map(|p| {
        let dtype = lift.dtype(function.body.variable(*p).ty)?;
        Ok((*p, lift.builder.param(dtype)))
    });
    let params = params.collect::<Result<Values, Unlinked>>()?;
    let outputs = lift.call(function, params, HashMap::new())?;
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
    body: &'a Body,
    /// Variables that do not depend on data: literals.
    known: HashMap<Var, Expr>,
    /// Elements of local arrays.
    arrays: HashMap<u32, Vec<Value>>,
    /// Statements that may still be unrolled.
    left: u32,
}

/// Where a statement leads.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

/// Longer functions are no maps that anybody wants to compile.
const LONGEST: u32 = 10_000;

impl<'a> Lift<'a> {
    pub(super) fn new(functions: &'a [Function], file: &'a str, body: &'a Body) -> Lift<'a> {
        let (known, arrays) = Default::default();
        Lift { builder: Builder::new(), functions, file, line: 0, body, known, arrays, left: LONGEST }
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

    /// The results of a function whose parameters have these values, and are these literals.
    fn call(&mut self, function: &'a Function, values: Values, known: HashMap<Var, Expr>) -> Lifted<Vec<Value>> {
        let (file, line) = (std::mem::replace(&mut self.file, &function.file), self.line);
        let body = std::mem::replace(&mut self.body, &function.body);
        let (known, arrays) = (std::mem::replace(&mut self.known, known), std::mem::take(&mut self.arrays));
        let stmts: Vec<&Stmt> = function.body.stmts.iter().collect();
        let results = self.returned(&stmts, values)?;
        (self.file, self.line, self.body, self.known, self.arrays) = (file, line, body, known, arrays);
        Ok(results)
    }

    /// The results of a call in the body.
    fn called(&mut self, function: u32, args: &[Expr], values: &Values) -> Lifted<Vec<Value>> {
        let functions = self.functions;
        let function = &functions[function as usize];
        let (mut given, mut known) = (Values::new(), HashMap::new());
        for (param, arg) in function.params.iter().zip(args) {
            let arg = self.fold(arg);
            if arg.ty.dtype().is_some() || !is_literal(&arg) {
                given.insert(*param, self.pure(&arg, values)?);
            }
            if is_literal(&arg) {
                known.insert(*param, arg);
            }
        }
        self.call(function, given, known)
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
                _ => drop(self.stmt(s, &mut values)?),
            }
        }
        Ok(Vec::new())
    }

    fn stmts(&mut self, stmts: &[Stmt], values: &mut Values) -> Lifted<Flow> {
        for s in stmts {
            let flow = self.stmt(s, values)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// A statement that does not return.
    pub(super) fn stmt(&mut self, s: &Stmt, values: &mut Values) -> Lifted<Flow> {
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
                let results = self.called(*function, args, values)?;
                values.extend(vars.iter().copied().zip(results));
            }
            StmtNode::Block(body) => return self.stmts(body, values),
            StmtNode::If { cond, then, els } => return self.branch(cond, then, els, values),
            StmtNode::While { cond, body } => loop {
                let goes_on = match self.fold(cond).node {
                    ExprNode::Bool(goes_on) => goes_on,
                    _ => return self.fail(DATA),
                };
                if !goes_on || self.stmts(body, values)? == Flow::Break {
                    break;
                }
            },
            StmtNode::For(l) => self.unroll(l, values)?,
            StmtNode::LetArray { array, values: elements } => {
                let elements = self.elements(*array, elements, values)?;
                self.arrays.insert(*array, elements);
            }
            StmtNode::CopyArray { to, from } => drop(self.arrays.insert(*to, self.arrays[from].clone())),
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
            StmtNode::Break => return Ok(Flow::Break),
            StmtNode::Continue => return Ok(Flow::Continue),
            StmtNode::Return(_) => return self.fail(DATA),
            _ => return self.fail("a kernel that is lifted to tensors has no thread functions"),
        }
        Ok(Flow::Next)
    }

    /// The elements that a local array starts with; zeros where it has none.
    fn elements(&mut self, array: u32, written: &[Expr], values: &Values) -> Lifted<Vec<Value>> {
        let array = &self.body.arrays[array as usize];
        let count = array.elements().unwrap_or(0) as usize;
        if count > LONGEST as usize {
            return self.fail(format!("a local array of a lifted kernel has at most {LONGEST} elements"));
        }
        match written {
            [] => {
                let dtype = self.dtype(array.element)?;
                Ok(vec![self.builder.constant(dtype, 0.0); count])
            }
            [one] => Ok(vec![self.expr(one, values)?; count]),
            all => all.iter().map(|e| self.expr(e, values)).collect(),
        }
    }

    /// Whether a variable is a literal at this point.
    pub(super) fn knows(&self, var: Var) -> bool {
        self.known.contains_key(&var)
    }

    fn branch(&mut self, cond: &Expr, then: &[Stmt], els: &[Stmt], values: &mut Values) -> Lifted<Flow> {
        if let ExprNode::Bool(holds) = self.fold(cond).node {
            return self.stmts(if holds { then } else { els }, values);
        }
        let cond = self.expr(cond, values)?;
        let mut other = values.clone();
        let (known, arrays) = (self.known.clone(), self.arrays.clone());
        let flow = self.stmts(then, values)?;
        let (then_known, then_arrays) =
            (std::mem::replace(&mut self.known, known), std::mem::replace(&mut self.arrays, arrays));
        if (flow, self.stmts(els, &mut other)?) != (Flow::Next, Flow::Next) {
            return self.fail(DATA);
        }
        self.merge(cond, values, &other);
        self.known.retain(|v, e| then_known.get(v) == Some(e));
        self.merge_arrays(cond, then_arrays);
        Ok(Flow::Next)
    }

    fn assign(&mut self, var: Var, value: &Expr, values: &mut Values) -> Lifted<()> {
        let value = self.fold(value);
        if is_literal(&value) {
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
        let trips = (0..).map(|n| n * step).take_while(|n| step > 0 && start + n < end);
        for n in trips {
            let i = if l.rev { end - 1 - n } else { start + n };
            self.assign(l.var, &Expr::int(l.start.ty, i), values)?;
            if self.stmts(&l.body, values)? == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    /// An element of a local array by known indices.
    fn element(&self, access: &Access) -> Lifted<(u32, usize)> {
        let Storage::Local(array) = access.array else {
            return self.fail("a kernel that is lifted to tensors has no arrays but its own");
        };
        let dims = self.body.arrays[array as usize].dims.iter().map(|d| i128::from(d.literal().unwrap_or(0)));
        let number = dims.zip(&access.indices).try_fold(0, |number, (size, index)| match self.fold(index).node {
            ExprNode::Int(i) if (0..size).contains(&i) => Some(number * size + i),
            _ => None,
        });
        match number {
            Some(number) => Ok((array, number as usize)),
            None => self.fail("an index of a local array depends on data, or is not in it, in a kernel that is lifted"),
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
            ExprNode::DivCeil(_) | ExprNode::Extreme(..) | ExprNode::Size(_) | ExprNode::Index(_) => {
                self.fail("a kernel that is lifted to tensors has no sizes and indices")
            }
        }
    }
}

/// Whether it is a whole number or a truth value.
fn is_literal(e: &Expr) -> bool {
    matches!(e.node, ExprNode::Int(_) | ExprNode::Bool(_))
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
