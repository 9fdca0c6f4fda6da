//! A model as a table: its layers as written, the shapes that come out of them, their parameters.

use super::mode::Call;
use super::module::Layers;
use super::{Cx, Kind};

pub use super::module::Row;
use crate::params::{ItemKind, Module, Path};
use std::cell::RefCell;
use std::fmt;

/// The layers of a model; `Display` prints the table.
///
/// An output is what one forward pass gives, by its type: run-time dims have their names. A model that is generic in its
/// input has no outputs here.
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// Its layers, outer before inner, in the order they were written.
    pub rows: Vec<Row>,
    /// The number of its parameters.
    pub parameters: usize,
}

impl Summary {
    /// The summary of `model`; `dry` builds a forward pass, which computes nothing.
    pub fn of<M: Kind + Module>(model: &M, name: &str, dry: impl FnOnce(&Cx<'_>)) -> Summary {
        let calls = RefCell::default();
        dry(&Cx::noting(&calls));
        let mut rows = Layers::of(model);
        note_outputs(&mut rows, calls.into_inner());
        let mut parameters = 0;
        model.visit(&mut Path::new(), &mut |path, item| {
            if item.kind == ItemKind::Param {
                parameters += item.len();
                let inside = |row: &&mut Row| {
                    path.as_str().strip_prefix(&row.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                rows.iter_mut().filter(inside).for_each(|row| row.parameters += item.len());
            }
        });
        Summary { model: name.to_string(), rows, parameters }
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
        let mut cells = vec![["layer", "type", "output", "parameters"].map(String::from)];
        for (i, row) in self.rows.iter().enumerate() {
            let inner = self.rows.get(i + 1).is_some_and(|next| next.depth > row.depth);
            cells.push(cells_of(row, inner));
        }
        cells.push(["total".to_string(), String::new(), String::new(), grouped(self.parameters)]);
        let width = |i: usize| cells.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        let [layer, ty, output, parameters] = [0, 1, 2, 3].map(width);
        let rule = "-".repeat(layer + ty + output + parameters + 6);
        writeln!(f, "{}\n{rule}", self.model)?;
        for (i, [a, b, c, d]) in cells.iter().enumerate() {
            if i == 1 || i + 1 == cells.len() {
                writeln!(f, "{rule}")?;
            }
            writeln!(f, "{}", format!("{a:layer$}  {b:ty$}  {c:output$}  {d:>parameters$}").trim_end())?;
        }
        Ok(())
    }
}

/// Name, type, output and parameters of a layer. One that is applied several times shows its outputs once where they
/// agree; the parameters of one that has layers `inside` stand there.
fn cells_of(row: &Row, inside: bool) -> [String; 4] {
    let mut outputs: Vec<&str> = row.outputs.iter().map(String::as_str).collect();
    outputs.dedup();
    let parameters = if inside || row.parameters == 0 { String::new() } else { grouped(row.parameters) };
    [row.path.clone(), row.layer.clone(), outputs.join(", "), parameters]
}

/// `1,234,567`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{grouped, written};

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

    #[test]
    fn numbers_have_groups_of_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
