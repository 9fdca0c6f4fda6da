//! Making fragments: type checks, common subexpressions, constants, dead code.

use std::collections::HashMap;

use crate::{Const, DType, Fragment, Inst, Intrinsic, Value, interp};

/// Makes a [`Fragment`] instruction by instruction.
///
/// Equal instructions become one, and instructions on constants become constants where that gives
/// the bits that the instruction would (see [`Intrinsic::is_exact`]).
///
/// ```
/// use formwork_ir::{Builder, DType, Intrinsic, Scalar};
/// let mut b = Builder::new();
/// let x = b.param(DType::F32);
/// let two = b.constant(DType::F32, 2.0);
/// let y = b.apply(Intrinsic::Mul, &[x, two]);
/// let twice = b.finish(&[y]);
/// assert_eq!(twice.eval(&[Scalar::Float(1.5)]), [Scalar::Float(3.0)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    params: Vec<DType>,
    insts: Vec<Inst>,
    dtypes: Vec<DType>,
    known: HashMap<(Inst, DType), Value>,
}

impl Builder {
    /// A builder without parameters or instructions.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The next parameter.
    pub fn param(&mut self, dtype: DType) -> Value {
        self.params.push(dtype);
        self.push(Inst::Param(self.params.len() as u32 - 1), dtype)
    }

    /// A literal: `x` rounded to a float dtype, truncated to an integer one, `x != 0` as a bool.
    pub fn constant(&mut self, dtype: DType, x: f64) -> Value {
        self.literal(Const::new(dtype, x))
    }

    /// A literal of any dtype, exact for large integers too.
    pub fn literal(&mut self, c: Const) -> Value {
        self.push(Inst::Const(c), c.dtype)
    }

    /// An intrinsic of its arguments.
    ///
    /// # Panics
    /// If the type rule refuses the arguments ([`Intrinsic::result`] is `None`), or if one of them is
    /// not of this builder. Both are mistakes in the calling code, whatever the user's input.
    pub fn apply(&mut self, op: Intrinsic, args: &[Value]) -> Value {
        let dtypes: Vec<DType> = args.iter().map(|v| self.dtype(*v)).collect();
        let Some(dtype) = op.result(&dtypes) else {
            panic!("`{op}` does not take arguments of the dtypes {dtypes:?}");
        };
        if op.is_exact()
            && let Some(values) = args.iter().map(|v| self.constant_at(*v)).collect::<Option<Vec<_>>>()
        {
            let scalars: Vec<_> = values.iter().map(Const::scalar).collect();
            return self.literal(Const::of(dtype, interp::apply(op, &dtypes, &scalars)));
        }
        match self.simplify(op, args) {
            Some(v) => v,
            None => self.push(Inst::Apply(op, args.to_vec()), dtype),
        }
    }

    /// A conversion, `as` in Rust (a number becomes the bool `x != 0`). The value itself if it
    /// already has the dtype.
    pub fn cast(&mut self, dtype: DType, v: Value) -> Value {
        let from = self.dtype(v);
        if from == dtype {
            return v;
        }
        match self.constant_at(v) {
            Some(c) => self.literal(Const::of(dtype, interp::cast(from, dtype, c.scalar()))),
            None => self.push(Inst::Cast(dtype, v), dtype),
        }
    }

    /// The dtype of a value.
    ///
    /// # Panics
    /// If the value is not of this builder.
    pub fn dtype(&self, v: Value) -> DType {
        self.dtypes[v.0 as usize]
    }

    /// The fragment of these outputs: parameters first, then what the outputs need and nothing else.
    pub fn finish(self, outputs: &[Value]) -> Fragment {
        let mut needed = vec![false; self.insts.len()];
        outputs.iter().for_each(|v| needed[v.0 as usize] = true);
        for (i, inst) in self.insts.iter().enumerate().rev() {
            if needed[i] {
                inst.args().iter().for_each(|v| needed[v.0 as usize] = true);
            }
        }
        let is_param = |i: &usize| matches!(self.insts[*i], Inst::Param(_));
        let order = (0..self.insts.len()).filter(is_param);
        let order: Vec<usize> = order.chain((0..self.insts.len()).filter(|i| needed[*i] && !is_param(i))).collect();
        let mut number = vec![Value(0); self.insts.len()];
        order.iter().enumerate().for_each(|(new, old)| number[*old] = Value(new as u32));
        let renumber = |v: &Value| number[v.0 as usize];
        Fragment {
            insts: order.iter().map(|i| self.insts[*i].map_args(renumber)).collect(),
            dtypes: order.iter().map(|i| self.dtypes[*i]).collect(),
            outputs: outputs.iter().map(renumber).collect(),
            params: self.params,
        }
    }

    fn push(&mut self, inst: Inst, dtype: DType) -> Value {
        if let Some(v) = self.known.get(&(inst.clone(), dtype)) {
            return *v;
        }
        let v = Value(self.insts.len() as u32);
        self.insts.push(inst.clone());
        self.dtypes.push(dtype);
        self.known.insert((inst, dtype), v);
        v
    }

    fn constant_at(&self, v: Value) -> Option<Const> {
        match self.insts[v.0 as usize] {
            Inst::Const(c) => Some(c),
            _ => None,
        }
    }

    /// An equal value that needs no instruction, bit for bit the same for every argument but a NaN's
    /// payload. So `x + 0` stays (it turns -0 into 0), and `x * 0` stays.
    fn simplify(&mut self, op: Intrinsic, args: &[Value]) -> Option<Value> {
        let is = |b: &Self, i: usize, x: f64| {
            b.constant_at(args[i]).is_some_and(|c| c == Const::new(c.dtype, x) && c.dtype != DType::Bool)
        };
        match op {
            Intrinsic::Mul if is(self, 1, 1.0) => Some(args[0]),
            Intrinsic::Mul if is(self, 0, 1.0) => Some(args[1]),
            Intrinsic::Div if is(self, 1, 1.0) => Some(args[0]),
            Intrinsic::Sub if is(self, 1, 0.0) => Some(args[0]),
            Intrinsic::Neg => match &self.insts[args[0].0 as usize] {
                Inst::Apply(Intrinsic::Neg, inner) => Some(inner[0]),
                _ => None,
            },
            Intrinsic::Select if args[1] == args[2] => Some(args[1]),
            Intrinsic::Select => self.constant_at(args[0]).map(|c| if c.bits != 0 { args[1] } else { args[2] }),
            _ => None,
        }
    }
}
