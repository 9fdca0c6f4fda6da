//! The table of functions in `docs/kernels.md` is what the table of intrinsics says; `BLESS=1` writes it anew.

use formwork_ir::{Intrinsic, Rule};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- `cargo xtask bless` writes this table, from the table of intrinsics -->\n";
const END: &str = "<!-- end of the table -->\n";

/// How a kernel writes it: a sign where Rust has one, else a call.
fn written(op: Intrinsic) -> String {
    let signs = ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^", "<<", ">>"];
    let names =
        ["add", "sub", "mul", "div", "rem", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "shl", "shr"];
    let args = op.arguments();
    if let (Some(i), [a, b]) = (names.iter().position(|n| *n == op.name()), args) {
        return format!("{a} {} {b}", signs[i]);
    }
    match op {
        Intrinsic::Neg => format!("-{}", args[0]),
        Intrinsic::Not => format!("!{}", args[0]),
        _ => format!("{op}({})", args.join(", ")),
    }
}

/// Types of the arguments, and of the result.
fn types(rule: Rule) -> &'static str {
    match rule {
        Rule::Number => "floats, integers",
        Rule::Float => "floats",
        Rule::Compare => "all, to `bool`",
        Rule::Bits => "integers, `bool`",
        Rule::Shift => "integers",
        Rule::Classify => "floats, to `bool`",
        Rule::Select => "`bool` and all",
        Rule::Philox => "`i64`, to `f32`",
    }
}

fn table() -> String {
    let mut text = "\n| written | types | value | derivative |\n|---|---|---|---|\n".to_string();
    for op in Intrinsic::ALL {
        let derivative = if op.is_differentiable() { "yes" } else { "no" };
        let cells = [&format!("`{}`", written(*op)), types(op.rule()), op.doc(), derivative];
        let cells = cells.map(|c| c.replace('|', "\\|"));
        writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes all text");
    }
    text.push('\n');
    text
}

#[test]
fn the_reference_lists_every_intrinsic() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/kernels.md");
    let text = std::fs::read_to_string(&path).expect("docs/kernels.md");
    let (before, rest) = text.split_once(BEGIN).expect("the begin of the table");
    let (found, after) = rest.split_once(END).expect("the end of the table");
    let wanted = table();
    if std::env::var_os("BLESS").is_some() {
        let text = format!("{before}{BEGIN}{wanted}{END}{after}");
        return std::fs::write(path, text).expect("docs/kernels.md is written");
    }
    let differs = found.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    assert_eq!(found, wanted, "docs/kernels.md: {differs:?}; `cargo xtask bless` writes the table anew");
}
