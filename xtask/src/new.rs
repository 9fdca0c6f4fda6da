//! `new`: the one file of an op, a layer or an optimizer, from a template that works, and its lines in `mod.rs`.

use crate::workspace::root;
use crate::{Failure, Result};
use std::path::Path;

/// What can be made: its name, its folder, its template, its lines in `mod.rs`, and what is left to do.
struct Kind {
    name: &'static str,
    folder: &'static str,
    template: &'static str,
    lines: &'static [&'static str],
    next: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "op",
        folder: "tensor-runtime/src/ops",
        template: include_str!("../templates/op.rs.txt"),
        lines: &["mod {snake};"],
        next: &[
            "write its formula; gradient, CPU and fusion follow from the primitives",
            "add its cases to tensor-runtime/tests/ops, and to tests/golden/ops.py and ops.rs if PyTorch has it",
            "if it has a shape rule, a wrong use of it in tests/ui/shape, and `cargo xtask bless`",
        ],
    },
    Kind {
        name: "layer",
        folder: "src/nn",
        template: include_str!("../templates/layer.rs.txt"),
        lines: &["mod {snake};", "pub use {snake}::*;"],
        next: &["write what it holds, starts from and takes", "add its tests to tests/nn"],
    },
    Kind {
        name: "optimizer",
        folder: "tensor-runtime/src/optim",
        template: include_str!("../templates/optimizer.rs.txt"),
        lines: &["mod {snake};", "pub use {snake}::{{camel}, {camel}Rule};"],
        next: &[
            "write its formula and the names of what it keeps",
            "add its trajectories to tests/golden/optim.py and tensor-runtime/tests/optim.rs",
        ],
    },
];

pub fn run(arguments: &[String]) -> Result {
    let [kind, name] = arguments else { return Err(Failure::Usage) };
    let kind = KINDS.iter().find(|k| k.name == kind).ok_or(Failure::Usage)?;
    let (snake, camel) = names(name).ok_or(Failure::Usage)?;
    let fill = |text: &str| text.replace("{snake}", &snake).replace("{camel}", &camel);
    let folder = root().join(kind.folder);
    let file = folder.join(format!("{snake}.rs"));
    if file.exists() {
        return Err(format!("{}/{snake}.rs is there already", kind.folder).into());
    }
    let index = folder.join("mod.rs");
    let mut text = std::fs::read_to_string(&index).map_err(|e| format!("{}: {e}", index.display()))?;
    for line in kind.lines {
        text = with_line(&text, &fill(line)).ok_or_else(|| format!("{}: no place for `{line}`", index.display()))?;
    }
    write(&file, &fill(kind.template))?;
    write(&index, &text)?;
    println!("{}/{snake}.rs works as it stands, as does its line in mod.rs. Next:", kind.folder);
    kind.next.iter().for_each(|step| println!("    - {step}"));
    println!("    - a line in CHANGELOG.md");
    Ok(())
}

fn write(path: &Path, text: &str) -> Result {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// `rms_norm` and `RmsNorm` from either; `None` for what is no name.
fn names(name: &str) -> Option<(String, String)> {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.ends_with('_');
    if !fits {
        return None;
    }
    let words = crate::source::words(name);
    let camel = words.iter().map(|w| w[..1].to_uppercase() + &w[1..]).collect();
    Some((words.join("_"), camel))
}

/// `text` with `line` in its place among the lines that start with the same word, which are in order.
fn with_line(text: &str, line: &str) -> Option<String> {
    let start = line.split_inclusive(' ').take(if line.starts_with("pub") { 2 } else { 1 }).collect::<String>();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|l| l.starts_with(&start) && l.ends_with(';'))?;
    let at = lines.iter().position(|l| l.starts_with(&start) && l.ends_with(';') && *l > line).unwrap_or(last + 1);
    let mut lines: Vec<&str> = lines;
    lines.insert(at, line);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_both_cases() {
        let both = Some(("rms_norm".to_string(), "RmsNorm".to_string()));
        assert_eq!(names("rms_norm"), both);
        assert_eq!(names("RmsNorm"), both);
        assert!(names("2d").is_none() && names("a-b").is_none() && names("").is_none());
    }

    #[test]
    fn lines_find_their_place() {
        let text = "//! Ops.\n\nmod a;\nmod c;\n\npub use a::A;\n\npub mod z {}\n";
        assert_eq!(with_line(text, "mod b;").as_deref(), Some(&*text.replace("mod c;", "mod b;\nmod c;")));
        assert_eq!(with_line(text, "mod d;").as_deref(), Some(&*text.replace("mod c;", "mod c;\nmod d;")));
        assert_eq!(with_line(text, "pub use b::*;").as_deref(), Some(&*text.replace("a::A;", "a::A;\npub use b::*;")));
        assert_eq!(with_line("//! Nothing.\n", "mod b;"), None);
    }
}
