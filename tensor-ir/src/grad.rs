//! The gradient of a fragment: another fragment, by reverse mode.

use std::cell::RefCell;

use crate::intrinsic::{Expr, derivative};
use crate::{Builder, Fragment, Inst, Intrinsic, Value};

impl Fragment {
    /// The cotangent of parameter `wrt`: a fragment of all parameters, then one cotangent for each
    /// output in the output's dtype (those of outputs that are not floats are ignored), with one
    /// output of the parameter's dtype. `None` if no output depends on it with a derivative.
    ///
    /// ```
    /// use formwork_ir::{Builder, DType, Intrinsic, Scalar};
    /// let mut b = Builder::new();
    /// let x = b.param(DType::F64);
    /// let y = b.apply(Intrinsic::Sin, &[x]);
    /// let sin = b.finish(&[y]);
    /// let grad = sin.grad(0).expect("sin has a derivative");
    /// assert_eq!(grad.eval(&[Scalar::Float(0.0), Scalar::Float(3.0)]), [Scalar::Float(3.0)]);
    /// ```
    pub fn grad(&self, wrt: usize) -> Option<Fragment> {
        let active = self.active(wrt);
        let mut builder = Builder::new();
        let params: Vec<Value> = self.params.iter().map(|d| builder.param(*d)).collect();
        let cotangents: Vec<Value> = self.output_dtypes().iter().map(|d| builder.param(*d)).collect();
        let values = self.inline_all(&mut builder, &params);

        let mut sums: Vec<Option<Value>> = vec![None; self.insts.len()];
        for (output, g) in self.outputs.iter().zip(&cotangents) {
            if active[output.0 as usize] {
                add(&mut builder, &mut sums[output.0 as usize], *g);
            }
        }
        let builder = RefCell::new(builder);
        let mut result = None;
        for (i, inst) in self.insts.iter().enumerate().rev() {
            let Some(g) = sums[i] else { continue };
            match inst {
                Inst::Param(p) if *p as usize == wrt => result = Some(g),
                Inst::Param(_) | Inst::Const(_) => {}
                Inst::Cast(_, v) => {
                    let mut b = builder.borrow_mut();
                    let g = b.cast(self.dtypes[v.0 as usize], g);
                    add(&mut b, &mut sums[v.0 as usize], g);
                }
                Inst::Apply(op, args) => {
                    let expr = |v: Value| Expr::new(&builder, v);
                    let x: Vec<Expr> = args.iter().map(|v| expr(values[v.0 as usize])).collect();
                    let dx = derivative(*op, &x, expr(values[i]), expr(g));
                    for (v, d) in args.iter().zip(dx) {
                        if let Some(d) = d.filter(|_| active[v.0 as usize]) {
                            add(&mut builder.borrow_mut(), &mut sums[v.0 as usize], d.value);
                        }
                    }
                }
            }
        }
        result.map(|v| builder.into_inner().finish(&[v]))
    }

    /// For each value whether it depends on parameter `wrt` with a derivative.
    fn active(&self, wrt: usize) -> Vec<bool> {
        let mut active: Vec<bool> = Vec::with_capacity(self.insts.len());
        for (inst, dtype) in self.insts.iter().zip(&self.dtypes) {
            let depends = match inst {
                Inst::Param(p) => *p as usize == wrt,
                Inst::Const(_) => false,
                Inst::Cast(_, v) => active[v.0 as usize],
                Inst::Apply(op, args) => op.is_differentiable() && args.iter().any(|v| active[v.0 as usize]),
            };
            active.push(depends && dtype.is_float());
        }
        active
    }
}

fn add(b: &mut Builder, sum: &mut Option<Value>, g: Value) {
    *sum = Some(match *sum {
        Some(s) => b.apply(Intrinsic::Add, &[s, g]),
        None => g,
    });
}
