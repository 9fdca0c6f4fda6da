//! A template as text, in which form it travels inside the compiled program.
//!
//! S-expressions: an atom, or a list in parentheses whose first atom says what it is: `(+ x (at y i))`. An atom with
//! spaces, parentheses or quotes stands between quotes. `@12` says that what follows stands in source line 12, up to the
//! next such mark.
//!
//! ```text
//! (point swish src/main.rs (generics) (params @2 (x scalar f32) (beta scalar f32)) (results f32) (block) (grid)
//!  (callees) (constants) @3 (return (* x (call sigmoid (* beta x)))))
//! ```

mod read;
mod write;

pub use read::Malformed;

use super::{BinOp, GenericKind, Kind, Mode, Template, UnOp};

impl Template {
    /// The text of the template; [`Template::parse`] gives the template back.
    pub fn print(&self) -> String {
        write::template(self)
    }

    /// The template of a text that [`Template::print`] made, or a person wrote in a test.
    pub fn parse(text: &str) -> Result<Template, Malformed> {
        read::template(text)
    }
}

/// The sign of an operator.
pub(super) fn operator(op: BinOp) -> &'static str {
    binary::name(op)
}

/// Names of the variants of an enum, both ways.
macro_rules! names {
    ($name:ident: $t:ident { $($variant:ident $text:literal)* }) => {
        mod $name {
            use super::$t;

            pub(super) fn name(x: $t) -> &'static str {
                match x { $($t::$variant => $text),* }
            }

            pub(super) fn of(text: &str) -> Option<$t> {
                match text {
                    $($text => Some($t::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
names! { kind: Kind { Point "point" Device "device" Grid "grid" } }
names! { generic: GenericKind { Dim "dim" Element "element" } }
names! { mode: Mode { In "in" Out "out" Zeroed "zeroed" InOut "inout" } }
names! { unary: UnOp { Neg "neg" Not "not" } }
names! { binary: BinOp {
    Add "+" Sub "-" Mul "*" Div "/" Rem "%" BitAnd "&" BitOr "|" BitXor "^" Shl "<<" Shr ">>"
    Eq "==" Ne "!=" Lt "<" Le "<=" Gt ">" Ge ">=" And "&&" Or "||"
} }
