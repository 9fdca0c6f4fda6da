//! A model as a table: its layers as written, the shapes that come out of them, their parameters.

use super::mode::Call;
use super::{Cx, Kind, Layers, Row};
use std::cell::RefCell;
use std::fmt;

/// The layers of a model; `Display` prints the table.
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// Its layers, outer before inner, in the order they were written.
    pub rows: Vec<Row>,
}

impl Summary {
    /// The summary of `model`; `dry` builds a forward pass, which computes nothing.
    pub fn of<M: Kind>(model: &M, name: &str, dry: impl FnOnce(&Cx<'_>)) -> Summary {
        let calls = RefCell::default();
        dry(&Cx::noting(&calls));
        let mut rows = Layers::of(model);
        note_outputs(&mut rows, calls.into_inner());
        Summary { model: name.to_string(), rows }
    }
}

/// Gives each call to the row of its layer. Layers without data may lie at one place: those take turns.
fn note_outputs(rows: &mut [Row], calls: Vec<Call>) {
    for call in calls {
        let of_layer = rows.iter_mut().filter(|row| row.place == call.layer);
        if let Some(row) = of_layer.min_by_key(|row| row.outputs.len()) {
            row.outputs.push(written(call.out));
        }
    }
}

/// A type as the user writes it in a model, from its name in Rust: `Tensor<(Batch, U128), f32>` is `[Batch, 128]`.
fn written(name: &str) -> String {
    Parser { rest: name }.parse_type()
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn parse_type(&mut self) -> String {
        if self.take("(") {
            return format!("({})", self.parse_list(")").join(", "));
        }
        let end = self.rest.find([',', '<', '>', '(', ')', ' ']).unwrap_or(self.rest.len());
        let (path, rest) = self.rest.split_at(end);
        self.rest = rest;
        let name = path.rsplit("::").next().unwrap_or(path);
        if name == "Tensor" && self.take("<") {
            return self.parse_tensor();
        }
        let args = if self.take("<") { self.parse_list(">") } else { vec![] };
        match (name, &args[..]) {
            ("N", [high, low]) => format!("{high}{}", low.trim_start_matches('_')),
            ("Times", [a, b]) => format!("{} * {}", factor(a), factor(b)),
            ("Plus", [a, b]) => format!("{a} + {b}"),
            (_, []) => number(name).unwrap_or(name).to_string(),
            _ => format!("{name}<{}>", args.join(", ")),
        }
    }

    /// The rest of `Tensor<(dims), element>`.
    fn parse_tensor(&mut self) -> String {
        let dims = if self.take("(") { self.parse_list(")").join(", ") } else { self.parse_type() };
        let element = self.parse_list(">").concat();
        if element.is_empty() || element == "f32" { format!("[{dims}]") } else { format!("[{dims}; {element}]") }
    }

    fn parse_list(&mut self, end: &str) -> Vec<String> {
        let mut items = vec![];
        while !self.rest.is_empty() && !self.take(end) {
            if !self.take(",") && !self.take(" ") {
                items.push(self.parse_type());
            }
        }
        items
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// `128` of `U128`.
fn number(name: &str) -> Option<&str> {
    name.strip_prefix('U').filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn factor(dim: &str) -> String {
    if dim.contains(" + ") { format!("({dim})") } else { dim.to_string() }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: Vec<[String; 3]> = self.rows.iter().map(cells_of).collect();
        let width = |i: usize| cells.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        let (path, layer) = (width(0), width(1));
        writeln!(f, "{}", self.model)?;
        for [name, text, out] in &cells {
            writeln!(f, "{}", format!("  {name:path$}  {text:layer$}  {out}").trim_end())?;
        }
        Ok(())
    }
}

/// Name, type and output of a layer. One that is applied several times shows its outputs once where they agree.
fn cells_of(row: &Row) -> [String; 3] {
    let mut outputs: Vec<&str> = row.outputs.iter().map(String::as_str).collect();
    outputs.dedup();
    [row.path.clone(), row.layer.clone(), outputs.join(", ")]
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn types_read_as_in_a_model() {
        let dims = "formwork_shapes::dim::Times<app::Batch, formwork_shapes::table::U12>";
        for (name, expected) in [
            ("formwork_runtime::tensor::Tensor<(app::Batch, formwork_shapes::table::U128)>", "[Batch, 128]"),
            ("formwork_runtime::tensor::Tensor<(), f32>", "[]"),
            ("t::Tensor<(a::Batch,), i64>", "[Batch; i64]"),
            ("t::Tensor<(s::N<s::U802, s::_816>, s::U1), half::f16>", "[802816, 1; f16]"),
            ("(t::Tensor<(s::U2,)>, t::Tensor<(s::U3, s::U4), f64>)", "([2], [3, 4; f64])"),
            (&format!("t::Tensor<({dims}, s::Times<s::Plus<a::B, s::U1>, s::U2>)>"), "[Batch * 12, (B + 1) * 2]"),
            ("alloc::vec::Vec<t::Tensor<(s::U2,)>>", "Vec<[2]>"),
        ] {
            assert_eq!(written(name), expected);
        }
    }
}
