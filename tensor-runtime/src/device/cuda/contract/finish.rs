//! Which epilogues the library computes itself: sums of the product, a row of numbers and a matrix, and a few curves of
//! them. Every other one is a program after the product.

use super::lt::{Curve, Finish};
use crate::device::Contract;
use formwork_ir::{Access, Const, Intrinsic, Program, StepOp, Value};

/// An epilogue that the library computes, and its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub finish: Finish,
    pub to: usize,
    pub bias: usize,
    pub addend: usize,
}

/// The buffer of the product.
const PRODUCT: u32 = 0;

/// The form of the kernel's epilogue, if it has one.
pub(super) fn form(kernel: &Contract) -> Option<Form> {
    let program = kernel.epilogue.as_ref().filter(|_| !kernel.kept)?;
    let [output] = &program.outputs[..] else { return None };
    let reader = Reader { program, kernel };
    let whole = reader.is_whole(&output.access) && reader.dtype(output.value)? == kernel.dtype;
    let (curve, of) = reader.curve(output.value);
    let mut terms = vec![];
    reader.terms(of, &mut terms)?;
    let one = |wanted: Term| {
        let mut found = terms.iter().filter(|t| t.0 == wanted);
        let first = found.next().map(|t| t.1);
        found.next().is_none().then_some(first)
    };
    let (product, bias, addend) = (one(Term::Product)?, one(Term::Row)?, one(Term::Matrix)?);
    let finish = Finish { bias: bias.is_some(), addend: addend.is_some(), curve };
    (whole && product.is_some()).then_some(Form {
        finish,
        to: output.buffer as usize,
        bias: bias.unwrap_or(PRODUCT) as usize,
        addend: addend.unwrap_or(PRODUCT) as usize,
    })
}

/// What is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    Product,
    /// One number a column.
    Row,
    Matrix,
}

struct Reader<'a> {
    program: &'a Program,
    kernel: &'a Contract,
}

impl Reader<'_> {
    fn op(&self, value: Value) -> Option<&StepOp> {
        self.program.steps.get(value.0 as usize).map(|s| &s.op)
    }

    fn dtype(&self, value: Value) -> Option<formwork_ir::DType> {
        self.program.steps.get(value.0 as usize).map(|s| s.dtype)
    }

    /// Whether an access has, along every dim in which `step` elements lie, the stride `wanted(step)`.
    fn follows(&self, access: &Access, wanted: impl Fn(isize) -> isize) -> bool {
        let sizes = self.program.outer.iter().chain(&self.program.row).rev();
        let mut step = 1;
        let strides = sizes.zip(access.strides.iter().rev()).all(|(&size, &stride)| {
            let fits = size == 1 || stride == wanted(step);
            step *= size as isize;
            fits
        });
        strides && access.offset == 0 && access.bounds.is_empty()
    }

    /// Whether it reaches every element in order.
    fn is_whole(&self, access: &Access) -> bool {
        self.follows(access, |step| step)
    }

    /// Whether it reaches one row of the product, the same for all.
    fn is_row(&self, access: &Access) -> bool {
        let n = self.kernel.n;
        self.program.row_len() == n && self.follows(access, |step| if step < n as isize { step } else { 0 })
    }

    /// The terms of a sum; none if there is something else in it.
    fn terms(&self, value: Value, terms: &mut Vec<(Term, u32)>) -> Option<()> {
        if self.dtype(value)? != self.kernel.dtype || terms.len() > 3 {
            return None;
        }
        match self.op(value)? {
            StepOp::Apply(Intrinsic::Add, of) => of.iter().try_for_each(|&v| self.terms(v, terms)),
            StepOp::Load(at) => {
                let input = self.program.inputs.get(*at as usize)?;
                let term = match (input.buffer, self.is_whole(&input.access), self.is_row(&input.access)) {
                    (PRODUCT, true, _) => Term::Product,
                    (PRODUCT, ..) => return None,
                    (_, _, true) => Term::Row,
                    (_, true, _) => Term::Matrix,
                    _ => return None,
                };
                terms.push((term, input.buffer));
                Some(())
            }
            _ => None,
        }
    }

    /// The curve that a value is of another one.
    fn curve(&self, value: Value) -> (Curve, Value) {
        let found = self.ramp(value).map(|x| (Curve::Relu, x));
        found.or_else(|| self.bell(value).map(|x| (Curve::Gelu, x))).unwrap_or((Curve::Identity, value))
    }

    /// `max(x, 0)`.
    fn ramp(&self, value: Value) -> Option<Value> {
        match self.op(value)? {
            StepOp::Apply(Intrinsic::Max, of) => self.beside(of, 0.0),
            StepOp::Apply(Intrinsic::Select, of) => {
                let &[below, zero, x] = &of[..] else { return None };
                let StepOp::Apply(Intrinsic::Le, compared) = self.op(below)? else { return None };
                let same = compared[..] == [x, zero] || (compared[0] == x && self.is_number(compared[1], 0.0));
                (same && self.is_number(zero, 0.0)).then_some(x)
            }
            _ => None,
        }
    }

    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x * (1 + 0.044715 * x^2))))`.
    fn bell(&self, value: Value) -> Option<Value> {
        use Intrinsic::{Add, Mul};
        let slope = (2.0 / std::f64::consts::PI).sqrt();
        let [half, one] = self.pair(Mul, value)?;
        let (x, one) = match self.scaled(half, 0.5) {
            Some(x) => (x, one),
            None => (self.scaled(one, 0.5)?, half),
        };
        let StepOp::Apply(Intrinsic::Tanh, of) = self.op(self.beside(&self.pair(Add, one)?, 1.0)?)? else {
            return None;
        };
        let [a, b] = self.pair(Mul, self.scaled(of[0], slope)?)?;
        let factor = if a == x { b } else { a };
        let square = self.scaled(self.beside(&self.pair(Add, factor)?, 1.0)?, 0.044715)?;
        (self.pair(Mul, square)? == [x, x] && (a == x || b == x)).then_some(x)
    }

    fn pair(&self, intrinsic: Intrinsic, value: Value) -> Option<[Value; 2]> {
        match self.op(value)? {
            StepOp::Apply(found, of) if *found == intrinsic => of[..].try_into().ok(),
            _ => None,
        }
    }

    /// What is multiplied by `number`.
    fn scaled(&self, value: Value, number: f64) -> Option<Value> {
        self.beside(&self.pair(Intrinsic::Mul, value)?, number)
    }

    /// The one of two values that stands beside `number`.
    fn beside(&self, of: &[Value], number: f64) -> Option<Value> {
        let &[a, b] = of else { return None };
        match (self.is_number(a, number), self.is_number(b, number)) {
            (_, true) => Some(a),
            (true, _) => Some(b),
            _ => None,
        }
    }

    fn is_number(&self, value: Value, number: f64) -> bool {
        let wanted = |dtype| Const::new(dtype, number);
        matches!((self.op(value), self.dtype(value)), (Some(StepOp::Const(c)), Some(dtype)) if *c == wanted(dtype))
    }
}
