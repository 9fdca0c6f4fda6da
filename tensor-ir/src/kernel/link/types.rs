//! Scalar types that are being inferred.

use crate::kernel::ir::ScalarType;

/// A scalar type, perhaps not known yet: a number in [`Types`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ty(u32);

/// What is known of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Known {
    Nothing,
    /// Of an integer literal.
    Integer,
    /// Of a float literal.
    Float,
    Is(ScalarType),
    /// The same as another type.
    Same(Ty),
}

#[derive(Default)]
pub(super) struct Types(Vec<Known>);

impl Types {
    pub(super) fn add(&mut self, known: Known) -> Ty {
        self.0.push(known);
        Ty(self.0.len() as u32 - 1)
    }

    fn root(&self, mut ty: Ty) -> (Ty, Known) {
        loop {
            match self.0[ty.0 as usize] {
                Known::Same(other) => ty = other,
                known => return (ty, known),
            }
        }
    }

    pub(super) fn known(&self, ty: Ty) -> Known {
        self.root(ty).1
    }

    /// Makes two types one; an error names both.
    pub(super) fn unify(&mut self, a: Ty, b: Ty) -> Result<(), String> {
        let ((a, of_a), (b, of_b)) = (self.root(a), self.root(b));
        if a == b {
            return Ok(());
        }
        let met = match (of_a, of_b) {
            (Known::Nothing, other) | (other, Known::Nothing) => other,
            (x, y) if x == y => x,
            (Known::Integer, Known::Is(t)) | (Known::Is(t), Known::Integer) if t.is_integer() => Known::Is(t),
            (Known::Float, Known::Is(t)) | (Known::Is(t), Known::Float) if t.is_float() => Known::Is(t),
            _ => return Err(format!("expected {}, found {}", name(of_a), name(of_b))),
        };
        self.0[a.0 as usize] = met;
        self.0[b.0 as usize] = Known::Same(a);
        Ok(())
    }

    /// The type, with Rust's fallback for literals; `None` if nothing is known.
    pub(super) fn resolve(&self, ty: Ty) -> Option<ScalarType> {
        match self.known(ty) {
            Known::Is(t) => Some(t),
            Known::Integer => Some(ScalarType::I32),
            Known::Float => Some(ScalarType::F64),
            Known::Nothing | Known::Same(_) => None,
        }
    }
}

fn name(known: Known) -> String {
    match known {
        Known::Integer => "an integer".into(),
        Known::Float => "a float".into(),
        Known::Is(t) => format!("`{t}`"),
        Known::Nothing | Known::Same(_) => "any type".into(),
    }
}

/// A float rounded to a float type.
pub(super) fn round(ty: ScalarType, x: f64) -> f64 {
    ty.dtype().map_or(x, |dtype| crate::interp::round(dtype, x))
}
