use core::fmt;

/// A dim as a value, for messages and checks at run time: what [`Dim::EXPR`](crate::Dim::EXPR) holds.
///
/// Displayed as the user wrote it: `784`, `Batch`, `Batch * 12`, `(Batch + 1) * 12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DimExpr {
    /// A number that the compiler knows.
    Literal(usize),
    /// A run-time dim, declared with `dims!`.
    Symbol(Symbol),
    /// `a + b`.
    Sum(&'static DimExpr, &'static DimExpr),
    /// `a * b`.
    Product(&'static DimExpr, &'static DimExpr),
}

/// A run-time dim: two of them are the same dim exactly if both parts are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// The name that its user gave it: `Batch`.
    pub name: &'static str,
    /// The module that declares it.
    pub module: &'static str,
}

impl DimExpr {
    /// The number, if the compiler knows it.
    pub const fn literal(&self) -> Option<usize> {
        if let DimExpr::Literal(n) = self { Some(*n) } else { None }
    }

    /// The number, given the values of the symbols in it; `None` if one is unknown or the number passes `usize`.
    ///
    /// ```
    /// use formwork_shapes::{Dim, Times, U12, runtime_dim};
    /// runtime_dim!(Batch);
    /// assert_eq!(<Times<Batch, U12>>::EXPR.size(&|s| (s.name == "Batch").then_some(3)), Some(36));
    /// ```
    pub fn size(&self, value: &dyn Fn(&Symbol) -> Option<usize>) -> Option<usize> {
        match self {
            DimExpr::Literal(n) => Some(*n),
            DimExpr::Symbol(s) => value(s),
            DimExpr::Sum(a, b) => a.size(value)?.checked_add(b.size(value)?),
            DimExpr::Product(a, b) => a.size(value)?.checked_mul(b.size(value)?),
        }
    }
}

impl fmt::Display for DimExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = |f: &mut fmt::Formatter<'_>, e: &DimExpr| {
            if matches!(e, DimExpr::Sum(..)) { write!(f, "({e})") } else { write!(f, "{e}") }
        };
        match self {
            DimExpr::Literal(n) => write!(f, "{n}"),
            DimExpr::Symbol(s) => f.write_str(s.name),
            DimExpr::Sum(a, b) => write!(f, "{a} + {b}"),
            DimExpr::Product(a, b) => {
                factor(f, a)?;
                f.write_str(" * ")?;
                factor(f, b)
            }
        }
    }
}
