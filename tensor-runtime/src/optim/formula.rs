//! Rules as formulas on scalars, and the maps that they become.

use crate::error::{Error, Result};
use crate::prim::{Meaning, pruned};
use formwork_ir::{Builder, DType, Intrinsic, Value};
use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Sub};

/// How an optimizer updates one element of a parameter.
///
/// ```
/// use formwork_runtime::optim::{Formula, Optimizer, Rule, Term};
/// use formwork_runtime::Result;
///
/// /// `p - lr * sign(g)`.
/// struct SignSgd;
///
/// impl Rule for SignSgd {
///     const NAME: &'static str = "SignSgd";
///     fn states(&self) -> Vec<&'static str> {
///         vec![]
///     }
///     fn check(&self) -> Result<()> {
///         Ok(())
///     }
///     fn update<'f>(&self, f: &'f Formula, p: Term<'f>, g: Term<'f>, _: &mut [Term<'f>]) -> Term<'f> {
///         p - f.number(f.lr()) * g / g.abs()
///     }
/// }
///
/// let opt = Optimizer::with(SignSgd, 0.1);
/// assert_eq!(opt.lr(), 0.1);
/// ```
pub trait Rule {
    /// Its name, for messages.
    const NAME: &'static str;

    /// The names of the tensors that it keeps for each parameter, PyTorch's where it has them.
    fn states(&self) -> Vec<&'static str>;

    /// What these tensors hold before the first step.
    fn initial(&self) -> f64 {
        0.0
    }

    /// Whether its settings are in range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    fn check(&self) -> Result<()>;

    /// The new value of an element `p` whose gradient is `g`; new values of the states are written
    /// over the old ones.
    ///
    /// It must do the same operations at every step: what changes from step to step goes through
    /// [`Formula::number`].
    fn update<'f>(&self, f: &'f Formula, p: Term<'f>, g: Term<'f>, state: &mut [Term<'f>]) -> Term<'f>;
}

/// A formula while it is written down, and the step that it is written for.
pub struct Formula {
    /// None while only the numbers are asked for.
    builder: Option<RefCell<Builder>>,
    /// The dtype of its arithmetic: 16-bit floats are widened.
    dtype: DType,
    numbers: RefCell<Vec<f64>>,
    at: At,
}

/// What the numbers of a step depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At {
    pub lr: f64,
    pub step: u64,
    pub decays: bool,
}

/// A value in a [`Formula`].
#[derive(Clone, Copy)]
pub struct Term<'f> {
    of: &'f Formula,
    value: Value,
}

impl Formula {
    /// The learning rate of this step.
    pub fn lr(&self) -> f64 {
        self.at.lr
    }

    /// The number of this step, from 1.
    pub fn step(&self) -> u64 {
        self.at.step
    }

    /// The weight decay of this parameter: `rate`, or 0 for one that does not decay.
    pub fn decay(&self, rate: f64) -> f64 {
        if self.at.decays { rate } else { 0.0 }
    }

    /// A number that may be another one at every step.
    pub fn number(&self, x: f64) -> Term<'_> {
        self.numbers.borrow_mut().push(x);
        let value = match &self.builder {
            Some(builder) => builder.borrow_mut().param(self.dtype),
            None => Value(0),
        };
        Term { of: self, value }
    }

    fn param(&self, dtype: DType) -> Term<'_> {
        let value = match &self.builder {
            Some(builder) => {
                let value = builder.borrow_mut().param(dtype);
                builder.borrow_mut().cast(self.dtype, value)
            }
            None => Value(0),
        };
        Term { of: self, value }
    }

    fn apply(&self, op: Intrinsic, args: &[Value]) -> Term<'_> {
        let value = match &self.builder {
            Some(builder) => builder.borrow_mut().apply(op, args),
            None => Value(0),
        };
        Term { of: self, value }
    }
}

impl<'f> Term<'f> {
    /// The square root.
    pub fn sqrt(self) -> Term<'f> {
        self.of.apply(Intrinsic::Sqrt, &[self.value])
    }

    /// The absolute value.
    pub fn abs(self) -> Term<'f> {
        self.of.apply(Intrinsic::Abs, &[self.value])
    }

    /// The larger of both; a NaN wins.
    pub fn max(self, other: Term<'f>) -> Term<'f> {
        self.of.apply(Intrinsic::Max, &[self.value, other.value])
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident;)*) => { $(
        impl<'f> $trait for Term<'f> {
            type Output = Term<'f>;
            fn $method(self, rhs: Term<'f>) -> Term<'f> {
                self.of.apply(Intrinsic::$trait, &[self.value, rhs.value])
            }
        }
    )* };
}

operators! { Add add; Sub sub; Mul mul; Div div; }

/// A rule for parameters of one dtype: by result (parameter, then states) its map, and which of
/// parameter, gradient, states and numbers that reads.
pub(super) struct Compiled {
    pub dtype: DType,
    pub results: Vec<(&'static Meaning, Vec<usize>)>,
}

/// The dtype of the arithmetic on parameters of `dtype`.
pub(super) fn arithmetic(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

fn write<R: Rule>(rule: &R, formula: &Formula, dtype: DType) -> Vec<Value> {
    let (p, g) = (formula.param(dtype), formula.param(dtype));
    let mut states: Vec<Term> = rule.states().iter().map(|_| formula.param(dtype)).collect();
    let new = rule.update(formula, p, g, &mut states);
    std::iter::once(new).chain(states).map(|t| t.value).collect()
}

/// The maps of a rule.
pub(super) fn compile<R: Rule>(rule: &R, dtype: DType) -> Compiled {
    let at = At { lr: 0.0, step: 1, decays: true };
    let builder = Some(RefCell::default());
    let formula = Formula { builder, dtype: arithmetic(dtype), numbers: RefCell::default(), at };
    let results = write(rule, &formula, dtype);
    let builder = formula.builder.map(RefCell::into_inner).unwrap_or_default();
    let of = |value: Value| {
        let mut builder = builder.clone();
        let value = builder.cast(dtype, value);
        let (fragment, reads) = pruned(&builder.finish(&[value]));
        (Meaning::of(fragment), reads)
    };
    Compiled { dtype, results: results.into_iter().map(of).collect() }
}

/// The numbers of a rule at a step, in the order in which it asks for them.
pub(super) fn numbers<R: Rule>(rule: &R, at: At) -> Vec<f64> {
    let formula = Formula { builder: None, dtype: DType::F32, numbers: RefCell::default(), at };
    write(rule, &formula, DType::F32);
    formula.numbers.into_inner()
}

/// An error unless `ok`.
pub(super) fn setting(name: &'static str, value: f64, ok: bool, expected: &str) -> Result<()> {
    match ok {
        true => Ok(()),
        false => Err(Error::Setting { name, found: value.to_string(), expected: expected.to_string() }),
    }
}

/// An error unless `value` is at least 0 and finite.
pub(super) fn not_negative(name: &'static str, value: f64) -> Result<()> {
    setting(name, value, value >= 0.0 && value.is_finite(), "at least 0")
}

/// An error unless `value` is at least 0 and below 1.
pub(super) fn fraction(name: &'static str, value: f64) -> Result<()> {
    setting(name, value, (0.0..1.0).contains(&value), "at least 0 and below 1")
}
