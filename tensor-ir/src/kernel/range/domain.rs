//! What is known of a whole number, and how operations carry it on.

use super::super::ir::{ScalarType, Size, SizeOp};
use crate::Intrinsic;

/// Run-time dims are smaller: no array has so many elements.
const LARGEST_DIM: i128 = 1 << 40;

/// What is known of an integer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) low: i128,
    pub(super) high: i128,
    /// Run-time sizes that it is less than.
    pub(super) below: Vec<Size>,
    /// The size that it is.
    pub(super) exact: Option<Size>,
    /// It is a multiple of this; 0 of zero.
    pub(super) multiple: u64,
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Range {
    pub(super) fn between(low: i128, high: i128) -> Range {
        let multiple = if low == high { low.unsigned_abs() as u64 } else { 1 };
        Range { low, high, below: Vec::new(), exact: None, multiple }
    }

    pub(super) fn of_type(ty: ScalarType) -> Range {
        match ty {
            ScalarType::Bool => Range::between(0, 1),
            _ => Range::between(ty.range().0, ty.range().1),
        }
    }

    pub(super) fn of_size(size: &Size) -> Range {
        let (low, high) = bounds(size);
        let known = match size {
            Size::Literal(_) => None,
            _ => Some(size.clone()),
        };
        Range { exact: known, ..Range::between(low, high) }
    }

    /// An index below a size.
    pub(super) fn index(size: &Size) -> Range {
        let (_, high) = bounds(size);
        let below = if size.literal().is_some() { Vec::new() } else { vec![size.clone()] };
        Range { below, ..Range::between(0, (high - 1).max(0)) }
    }

    pub(super) fn is_below(&self, size: &Size) -> bool {
        match size.literal() {
            Some(n) => self.high < i128::from(n),
            None => self.below.contains(size),
        }
    }

    pub(super) fn is_narrow(&self) -> bool {
        self.low >= 0 && self.high < 1 << 31
    }

    /// What holds of a value of which either holds.
    pub(super) fn join(&self, other: &Range) -> Range {
        Range {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            below: self.below.iter().filter(|s| other.is_below(s)).cloned().collect(),
            exact: self.exact.clone().filter(|_| self.exact == other.exact),
            multiple: gcd(self.multiple, other.multiple),
        }
    }

    /// What holds of a value of which both hold.
    pub(super) fn meet(&self, other: &Range) -> Range {
        let more = other.below.iter().filter(|s| !self.below.contains(s));
        let low = self.low.max(other.low);
        Range {
            low,
            // Where both cannot hold no path leads, and any range is right.
            high: self.high.min(other.high).max(low),
            below: self.below.iter().chain(more).cloned().collect(),
            exact: self.exact.clone().or(other.exact.clone()),
            multiple: self.multiple.max(other.multiple),
        }
    }

    /// What is known of a value because it is less than one of this range, or equal if `equal`.
    pub(super) fn under(&self, equal: bool) -> Range {
        let mut below = self.below.clone();
        below.extend(self.exact.clone().filter(|_| !equal));
        let high = self.high - i128::from(!equal);
        Range { low: i128::MIN, high, below, exact: None, multiple: 1 }
    }

    /// What is known of a value that is at most one of this range.
    pub(super) fn at_most(self) -> Range {
        Range { low: i128::MIN, exact: None, multiple: 1, ..self }
    }

    /// What is known of a value because it is greater than one of this range, or equal if `equal`.
    pub(super) fn over(&self, equal: bool) -> Range {
        let low = self.low + i128::from(!equal);
        Range { low, high: i128::MAX, below: Vec::new(), exact: None, multiple: 1 }
    }

    /// The range in a type, which it may wrap around.
    fn within(self, ty: ScalarType) -> Range {
        let (low, high) = ty.range();
        if self.low < low || self.high > high { Range::of_type(ty) } else { self }
    }
}

/// Smallest and largest value of a size.
fn bounds(size: &Size) -> (i128, i128) {
    let most = i128::from(u64::MAX);
    match size {
        Size::Literal(n) => ((*n).into(), (*n).into()),
        Size::Argument(_) => (0, LARGEST_DIM - 1),
        Size::Binary(op, ab) => {
            let ((al, ah), (bl, bh)) = (bounds(&ab.0), bounds(&ab.1));
            let (low, high) = match op {
                SizeOp::Add => (al + bl, ah + bh),
                SizeOp::Sub => (al - bh, ah - bl),
                SizeOp::Mul => (al.saturating_mul(bl), ah.saturating_mul(bh)),
                SizeOp::Div | SizeOp::DivCeil => (0, if bl > 0 { (ah + bl - 1) / bl } else { ah }),
                SizeOp::Rem => (0, (bh - 1).min(ah)),
                SizeOp::Min => (al.min(bl), ah.min(bh)),
                SizeOp::Max => (al.max(bl), ah.max(bh)),
            };
            (low.clamp(0, most), high.clamp(0, most))
        }
    }
}

/// The range of an operation on integers of a type.
pub(super) fn apply(op: Intrinsic, ty: ScalarType, args: &[Range]) -> Range {
    let of = |low: i128, high: i128, multiple: u64| Range { multiple, ..Range::between(low, high) }.within(ty);
    match (op, args) {
        (Intrinsic::Add, [a, b]) => of(a.low + b.low, a.high + b.high, gcd(a.multiple, b.multiple)),
        (Intrinsic::Sub, [a, b]) => {
            let less = of(a.low - b.high, a.high - b.low, gcd(a.multiple, b.multiple));
            // Without a wrap it is at most what it was.
            let below = if b.low >= 0 && a.low >= b.high { a.below.clone() } else { Vec::new() };
            Range { below, ..less }
        }
        (Intrinsic::Mul, [a, b]) => {
            let ends = [(a.low, b.low), (a.low, b.high), (a.high, b.low), (a.high, b.high)];
            let ends = ends.map(|(x, y)| x.saturating_mul(y));
            let (low, high) = ends.iter().fold((ends[0], ends[0]), |(l, h), x| (l.min(*x), h.max(*x)));
            of(low, high, a.multiple.checked_mul(b.multiple).unwrap_or(1))
        }
        (Intrinsic::Div, [a, b]) if a.low >= 0 && b.low > 0 => {
            Range { below: a.below.clone(), ..of(a.low / b.high, a.high / b.low, 1) }
        }
        (Intrinsic::Rem, [a, b]) if a.low >= 0 && b.low >= 0 => {
            // By zero it is zero, which is below nothing that is known.
            let below =
                if b.low > 0 { b.exact.iter().chain(&b.below).chain(&a.below).cloned().collect() } else { Vec::new() };
            Range { below, ..of(0, a.high.min((b.high - 1).max(0)), 1) }
        }
        (Intrinsic::Min, [a, b]) => {
            let below = a.below.iter().chain(&b.below).cloned().collect();
            Range { below, ..of(a.low.min(b.low), a.high.min(b.high), gcd(a.multiple, b.multiple)) }
        }
        (Intrinsic::Max, [a, b]) => {
            let below = a.below.iter().filter(|s| b.is_below(s)).cloned().collect();
            Range { below, ..of(a.low.max(b.low), a.high.max(b.high), gcd(a.multiple, b.multiple)) }
        }
        (Intrinsic::And, [a, b]) if a.low >= 0 && b.low >= 0 => {
            let below = a.below.iter().chain(&b.below).cloned().collect();
            Range { below, ..of(0, a.high.min(b.high), 1) }
        }
        (Intrinsic::Or | Intrinsic::Xor, [a, b]) if a.low >= 0 && b.low >= 0 => {
            let bits = 128 - (a.high | b.high).leading_zeros();
            of(0, (1i128 << bits) - 1, 1)
        }
        (Intrinsic::Shr, [a, b]) if a.low >= 0 && b.low >= 0 => {
            let by = if b.high < 8 * ty.size() as i128 { b.low } else { 0 };
            Range { below: a.below.clone(), ..of(0, a.high >> by, 1) }
        }
        (Intrinsic::Shl, [a, b]) if a.low >= 0 && b.low == b.high && (0..64).contains(&b.low) => {
            of(a.low << b.low, a.high << b.low, a.multiple.checked_mul(1 << b.low).unwrap_or(1))
        }
        (Intrinsic::Select, [_, a, b]) => a.join(b),
        _ => Range::of_type(ty),
    }
}
