//! The layers of a model as a table.

/// A line of [`summary_table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// The field's name: `fc1`.
    pub name: String,
    /// The layer as it was written: `Linear(64 -> 128)`.
    pub written: String,
    /// The shape of its output: `[Batch, 128]`.
    pub output: String,
    /// The number of its trained numbers.
    pub parameters: usize,
}

/// A table of a model's layers: name, layer as written, output shape, parameters, and their total.
///
/// ```
/// use formwork::train::{LayerRow, summary_table};
/// let row = |name: &str, written: &str, output: &str, parameters| LayerRow {
///     name: name.into(),
///     written: written.into(),
///     output: output.into(),
///     parameters,
/// };
/// let table = summary_table(&[
///     row("fc1", "Linear(64 -> 128)", "[Batch, 128]", 8320),
///     row("fc2", "Linear(128 -> 10)", "[Batch, 10]", 1290),
/// ]);
/// let expected = "\
/// layer  as written         output        parameters
/// fc1    Linear(64 -> 128)  [Batch, 128]       8,320
/// fc2    Linear(128 -> 10)  [Batch, 10]        1,290
/// total                                        9,610";
/// assert_eq!(table, expected);
/// ```
pub fn summary_table(rows: &[LayerRow]) -> String {
    let head = ["layer", "as written", "output", "parameters"].map(String::from);
    let total = rows.iter().map(|row| row.parameters).sum();
    let lines: Vec<[String; 4]> = std::iter::once(head)
        .chain(
            rows.iter()
                .map(|row| [row.name.clone(), row.written.clone(), row.output.clone(), thousands(row.parameters)]),
        )
        .chain([["total".to_string(), String::new(), String::new(), thousands(total)]])
        .collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let [a, b, c, d] = [0, 1, 2, 3].map(width);
    let line = |[name, written, output, parameters]: &[String; 4]| {
        format!("{name:a$}  {written:b$}  {output:c$}  {parameters:>d$}")
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `1234567` as `1,234,567`.
fn thousands(n: usize) -> String {
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
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let grouped = [0, 12, 999, 1000, 123456, 1234567].map(thousands);
        assert_eq!(grouped, ["0", "12", "999", "1,000", "123,456", "1,234,567"]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let row = LayerRow {
            name: "blocks.0.attention".into(),
            written: "λ(8)".into(),
            output: "[]".into(),
            parameters: 12_345_678_901,
        };
        assert_eq!(
            summary_table(&[row]),
            "layer               as written  output      parameters\n\
             blocks.0.attention  λ(8)        []      12,345,678,901\n\
             total                                   12,345,678,901"
        );
        assert_eq!(summary_table(&[]), "layer  as written  output  parameters\ntotal                               0");
    }
}
