//! Grid kernels that are maps in disguise: each element of an output is a formula of the elements of the inputs at the
//! same place. Their gradient is that of the formula.
//!
//! The body is a straight line, apart from `if`. Each output is written at one place, whose indices are the *axes* of the
//! map; each input is read at some of these axes, in any order. Conditions on indices alone are guards: they say which
//! threads have an element, and as a kernel writes all of its outputs, the formula does not depend on them.

use std::collections::HashMap;

use super::Mode;
use super::ir::{Access, Expr, ExprNode, Kernel, Param, ScalarType, Size, Stmt, StmtNode, Storage, Var};
use super::link::Unlinked;
use super::point::{Lift, Values};
use crate::{Fragment, Value};

/// A kernel as a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointwise {
    /// A parameter for each of `inputs`, an output for each of `outputs`.
    pub fragment: Fragment,
    /// The sizes of the axes.
    pub axes: Vec<Size>,
    pub inputs: Vec<Operand>,
    /// In the order of the signature; each has all axes.
    pub outputs: Vec<Operand>,
}

/// An array of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The number of the parameter in [`Kernel::params`].
    pub param: u32,
    /// The axis of the map that each of its axes is; none of a scalar.
    pub axes: Vec<u32>,
}

/// The kernel as a map, or why it is none: the line and the reason.
pub fn pointwise(kernel: &Kernel) -> Result<Pointwise, Unlinked> {
    let mut form = Form::new(kernel);
    let stmts: Vec<&Stmt> = kernel.body.stmts.iter().collect();
    let (mut values, mut indices) = (Values::new(), Indices::new());
    form.scalars(&mut values)?;
    form.axes_of(&stmts, &mut Indices::new())?;
    form.stmts(&kernel.body.stmts, &mut values, &mut indices)?;
    let mut outputs = Vec::new();
    let mut results = Vec::new();
    for (param, operand) in form.outputs() {
        match (values.get(&written(param)), operand) {
            (Some(value), Some(operand)) => {
                results.push(*value);
                outputs.push(operand);
            }
            _ => return form.lift.fail(format!("output {param} is not written on every path")),
        }
    }
    let fragment = form.lift.builder.finish(&results);
    let axes = form.axes.into_iter().map(|(_, size)| size).collect();
    Ok(Pointwise { fragment, axes, inputs: form.inputs, outputs })
}

/// Variables that depend on no data, as expressions of indices and sizes.
type Indices = HashMap<Var, Expr>;

struct Form<'k> {
    kernel: &'k Kernel,
    lift: Lift<'k>,
    /// Index expression and size.
    axes: Vec<(Expr, Size)>,
    inputs: Vec<Operand>,
    loaded: Vec<Value>,
    places: HashMap<u32, Operand>,
}

/// Stands for the element of an output among the values.
fn written(param: u32) -> Var {
    Var(u32::MAX - param)
}

impl<'k> Form<'k> {
    fn new(kernel: &'k Kernel) -> Form<'k> {
        let lift = Lift::new(&kernel.functions, &kernel.file, &kernel.body);
        let (axes, inputs, loaded, places) = Default::default();
        Form { kernel, lift, axes, inputs, loaded, places }
    }

    /// Scalars that are tensors' elements are inputs; others may take part in indices only.
    fn scalars(&mut self, values: &mut Values) -> Result<(), Unlinked> {
        for (i, p) in self.kernel.params.iter().enumerate() {
            let Param::Scalar(var) = p else { continue };
            if let Some(dtype) = self.kernel.body.variable(*var).ty.dtype() {
                let value = self.lift.builder.param(dtype);
                values.insert(*var, value);
                self.inputs.push(Operand { param: i as u32, axes: Vec::new() });
                self.loaded.push(value);
            }
        }
        Ok(())
    }

    fn outputs(&self) -> Vec<(u32, Option<Operand>)> {
        let params = self.kernel.params.iter().enumerate();
        let outputs = params.filter(|(_, p)| matches!(p, Param::Array { mode, .. } if *mode != Mode::In));
        outputs.map(|(i, _)| (i as u32, self.places.get(&(i as u32)).cloned())).collect()
    }

    /// Takes the axes from the first store.
    fn axes_of(&mut self, stmts: &[&'k Stmt], indices: &mut Indices) -> Result<bool, Unlinked> {
        for s in stmts {
            self.lift.at(s.line);
            match &s.node {
                StmtNode::Let { var, value: Some(value) } | StmtNode::Assign { var, value } => {
                    let value = substitute(value, indices);
                    indices.insert(*var, value);
                }
                StmtNode::Load { var, .. } => drop(indices.remove(var)),
                StmtNode::Store { to, .. } => {
                    let sizes = self.kernel.array(&self.kernel.body, to.array).dims.clone();
                    let places = to.indices.iter().map(|e| substitute(e, indices));
                    self.axes = places.zip(sizes).collect();
                    let distinct = (1..self.axes.len()).all(|i| self.axes[..i].iter().all(|a| a.0 != self.axes[i].0));
                    return if distinct { Ok(true) } else { self.lift.fail("an output with two equal indices") };
                }
                StmtNode::If { then, els, .. } => {
                    for block in [then, els] {
                        let inner: Vec<&Stmt> = block.iter().collect();
                        if self.axes_of(&inner, &mut indices.clone())? {
                            return Ok(true);
                        }
                    }
                }
                StmtNode::Block(body) => {
                    let inner: Vec<&Stmt> = body.iter().collect();
                    if self.axes_of(&inner, indices)? {
                        return Ok(true);
                    }
                }
                _ => {}
            }
        }
        Ok(false)
    }

    fn stmts(&mut self, stmts: &'k [Stmt], values: &mut Values, indices: &mut Indices) -> Result<(), Unlinked> {
        stmts.iter().try_for_each(|s| self.stmt(s, values, indices))
    }

    fn stmt(&mut self, s: &'k Stmt, values: &mut Values, indices: &mut Indices) -> Result<(), Unlinked> {
        self.lift.at(s.line);
        match &s.node {
            StmtNode::Let { var, value: Some(value) } | StmtNode::Assign { var, value } => {
                let value = substitute(value, indices);
                if value.ty.is_float() || reads(&value, values) {
                    let value = self.lift.expr(&value, values)?;
                    values.insert(*var, value);
                    indices.remove(var);
                } else {
                    values.remove(var);
                    indices.insert(*var, value);
                }
            }
            StmtNode::Load { var, from } => {
                let value = self.load(from, indices)?;
                values.insert(*var, value);
            }
            StmtNode::Store { to, value } => {
                let Storage::Param(param) = to.array else { return self.lift.fail("shared and local arrays") };
                let operand = self.operand(to, indices)?;
                let output = matches!(&self.kernel.params[param as usize], Param::Array { mode: Mode::Out, .. });
                if !output || operand.axes.len() != self.axes.len() {
                    return self.lift.fail("an output that starts with values, or that has fewer axes than another");
                }
                if values.contains_key(&written(param)) || self.places.get(&param).is_some_and(|o| *o != operand) {
                    return self.lift.fail("an output is written twice");
                }
                let value = self.lift.expr(&substitute(value, indices), values)?;
                values.insert(written(param), value);
                self.places.insert(param, operand);
            }
            StmtNode::If { cond, then, els } => return self.branch(cond, then, els, values, indices),
            StmtNode::Block(body) => return self.stmts(body, values, indices),
            StmtNode::Return(_) => return self.lift.fail("a return that is not a guard"),
            StmtNode::Call { vars, function, args } => {
                let args = args.iter().map(|e| substitute(e, indices)).collect();
                let call = StmtNode::Call { vars: vars.clone(), function: *function, args };
                self.lift.stmt(&Stmt { line: s.line, node: call }, values)?;
            }
            _ => {
                self.lift.stmt(s, values)?;
                if indices.keys().any(|v| values.contains_key(v) || self.lift.knows(*v)) {
                    return self.lift.fail("a loop changes what does not depend on data");
                }
            }
        }
        Ok(())
    }

    fn branch(
        &mut self,
        cond: &Expr,
        then: &'k [Stmt],
        els: &'k [Stmt],
        values: &mut Values,
        indices: &mut Indices,
    ) -> Result<(), Unlinked> {
        let cond = substitute(cond, indices);
        if !reads(&cond, values) {
            return match (then, els) {
                ([only], []) if only.node == StmtNode::Return(Vec::new()) => Ok(()),
                (_, []) => {
                    let before = (values.clone(), indices.clone());
                    self.stmts(then, values, indices)?;
                    let kept = before.0.iter().all(|(v, x)| values.get(v) == Some(x))
                        && before.1.iter().all(|(v, e)| indices.get(v) == Some(e));
                    if kept { Ok(()) } else { self.lift.fail("what is computed depends on the index") }
                }
                _ => self.lift.fail("what is computed depends on the index"),
            };
        }
        let cond = self.lift.expr(&cond, values)?;
        let (mut other, mut other_indices, before) = (values.clone(), indices.clone(), indices.clone());
        self.stmts(then, values, indices)?;
        self.stmts(els, &mut other, &mut other_indices)?;
        let changed = |after: &Indices| before.iter().any(|(v, e)| after.get(v) != Some(e));
        if changed(indices) || changed(&other_indices) {
            return self.lift.fail("an index depends on data");
        }
        let outputs = |v: &Values| v.keys().filter(|k| self.places.contains_key(&(u32::MAX - k.0))).count();
        if outputs(values) != outputs(&other) {
            return self.lift.fail("an output is written on one path only");
        }
        self.lift.merge(cond, values, &other);
        Ok(())
    }

    /// The axes that an access goes along.
    fn operand(&self, access: &Access, indices: &Indices) -> Result<Operand, Unlinked> {
        let Storage::Param(param) = access.array else { return self.lift.fail("shared and local arrays") };
        let dims = &self.kernel.array(&self.kernel.body, access.array).dims;
        let mut axes = Vec::new();
        for (index, size) in access.indices.iter().zip(dims) {
            let index = substitute(index, indices);
            match self.axes.iter().position(|(e, s)| *e == index && s == size) {
                Some(axis) if !axes.contains(&(axis as u32)) => axes.push(axis as u32),
                _ => return self.lift.fail("an element at another place than the output's"),
            }
        }
        Ok(Operand { param, axes })
    }

    fn load(&mut self, from: &Access, indices: &Indices) -> Result<Value, Unlinked> {
        let operand = self.operand(from, indices)?;
        let array = self.kernel.array(&self.kernel.body, from.array);
        let read = matches!(&self.kernel.params[operand.param as usize], Param::Array { mode: Mode::In, .. });
        let (true, Some(dtype)) = (read, array.element.dtype()) else {
            return self.lift.fail("an output is read");
        };
        if let Some(i) = self.inputs.iter().position(|o| *o == operand) {
            return Ok(self.loaded[i]);
        }
        let value = self.lift.builder.param(dtype);
        self.inputs.push(operand);
        self.loaded.push(value);
        Ok(value)
    }
}

/// Whether an expression reads data.
fn reads(e: &Expr, values: &Values) -> bool {
    let mut found = false;
    e.each_var(&mut |v| found |= values.contains_key(&v));
    found
}

/// The expression of indices and sizes, with those of run-known sizes as numbers.
fn substitute(e: &Expr, indices: &Indices) -> Expr {
    let node = match &e.node {
        ExprNode::Var(v) => return indices.get(v).cloned().unwrap_or(e.clone()),
        ExprNode::Apply(op, args) => ExprNode::Apply(*op, args.iter().map(|a| substitute(a, indices)).collect()),
        ExprNode::Fma(args) => ExprNode::Fma(Box::new(args.each_ref().map(|a| substitute(a, indices)))),
        ExprNode::Extreme(r, args) => ExprNode::Extreme(*r, Box::new(args.each_ref().map(|a| substitute(a, indices)))),
        ExprNode::DivCeil(args) => ExprNode::DivCeil(Box::new(args.each_ref().map(|a| substitute(a, indices)))),
        ExprNode::Cast(x) => {
            let x = substitute(x, indices);
            match (&x.node, e.ty) {
                (ExprNode::Size(Size::Literal(n)), ScalarType::F32) => ExprNode::Float((*n as f32).into()),
                (ExprNode::Size(Size::Literal(n)), ScalarType::F64) => ExprNode::Float(*n as f64),
                (ExprNode::Size(Size::Literal(n)), ty) if ty.is_integer() => ExprNode::Int(ty.wrap((*n).into())),
                _ => ExprNode::Cast(Box::new(x)),
            }
        }
        node => node.clone(),
    };
    Expr { ty: e.ty, node }
}
