//! Lines of tests in comments.

/// A line: `// run: f(9.0) == 3.0`.
pub struct Line {
    /// Where it stands, from 1.
    pub number: usize,
    /// What follows `run:` or `finds:`.
    pub text: String,
    pub call: syn::ExprCall,
    pub wanted: Wanted,
}

pub enum Wanted {
    /// `== value`: the same bits.
    Equal(syn::Expr),
    /// `~= value`: floats within a millionth.
    Near(syn::Expr),
    /// `faults`: the error word is set.
    Faults,
    /// Checked mode finds what `//~` marks say: the kind and the line.
    Finds(Vec<(String, usize)>),
}

pub type Failure = (usize, String);

/// The lines of a file.
pub fn lines(text: &str) -> Vec<Result<Line, Failure>> {
    let all: Vec<&str> = text.lines().collect();
    let mut found = vec![];
    let mut marks = vec![];
    for (i, line) in all.iter().enumerate() {
        if let Some((code, mark)) = line.split_once("//~ ") {
            // A mark alone in its line is of the line above: rustfmt moves those behind a brace.
            marks.push((mark.trim().to_string(), if code.trim().is_empty() { i } else { i + 1 }));
        }
        if *line == "#[kernel]" || line.starts_with("#[kernel(") {
            marks.clear();
        }
        let Some((kind, first)) = line.strip_prefix("// ").and_then(|l| l.split_once(": ")) else { continue };
        if !matches!(kind, "run" | "finds") {
            continue;
        }
        let mut text = first.trim().to_string();
        for more in all[i + 1..].iter().map_while(|l| l.strip_prefix("//  ")) {
            text = format!("{text} {}", more.trim());
        }
        let marks = (kind == "finds").then(|| marks.clone());
        found.push(line_of(i + 1, text, marks));
    }
    found
}

fn line_of(number: usize, text: String, marks: Option<Vec<(String, usize)>>) -> Result<Line, Failure> {
    let wrong = |e: syn::Error| (number, format!("`{text}`: {e}"));
    let call = |text: &str| syn::parse_str::<syn::ExprCall>(text).map_err(wrong);
    let value = |text: &str| syn::parse_str::<syn::Expr>(text).map_err(wrong);
    let (call, wanted) = if let Some(marks) = marks {
        (call(&text)?, Wanted::Finds(marks))
    } else if let Some((left, right)) = text.split_once(" == ") {
        (call(left)?, Wanted::Equal(value(right)?))
    } else if let Some((left, right)) = text.split_once(" ~= ") {
        (call(left)?, Wanted::Near(value(right)?))
    } else if let Some(left) = text.strip_suffix(" faults") {
        (call(left)?, Wanted::Faults)
    } else {
        return Err((number, format!("`{text}`: expected `f(..) == value`, `f(..) ~= value` or `f(..) faults`")));
    };
    Ok(Line { number, text, call, wanted })
}
