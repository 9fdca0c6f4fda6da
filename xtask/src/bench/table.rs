//! `bench --table FILE...`: figures of several programs for one GPU side by side, from the JSON lines that each printed.

use super::record;
use crate::Result;
use std::collections::BTreeMap;

/// What is compared, the first that a line has: its key, and whether more is better.
const FIGURES: &[(&str, bool)] = &[
    ("tokens_per_s", true),
    ("img_per_s", true),
    ("GBs", true),
    ("TFLOPs", true),
    ("us_per_op", false),
    ("step_ms", false),
    ("ms", false),
];

/// A work's figures by who took them.
#[derive(Default)]
struct Row {
    unit: &'static str,
    more_is_better: bool,
    /// By the part of the name behind `/`; what has none is a limit of the machine.
    by: BTreeMap<String, f64>,
}

pub(super) fn run(files: &[String]) -> Result {
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read `{file}`: {e}"))?;
        text.lines().filter_map(parse).for_each(|(section, name, by, unit, more_is_better, value)| {
            let row = rows.entry((section, name)).or_default();
            (row.unit, row.more_is_better) = (unit, more_is_better);
            row.by.insert(by, value);
        });
    }
    let copy =
        rows.iter().filter(|r| r.0.1.starts_with("copy_")).flat_map(|r| r.1.by.values()).copied().fold(0.0, f64::max);
    println!(
        "| work | unit | formwork | eager | compiled | best other | ratio | of a copy |\n|---|---|---|---|---|---|---|---|"
    );
    for ((_, name), row) in rows.iter().filter(|r| r.1.by.contains_key("formwork")) {
        println!("{}", line(name, row, copy));
    }
    Ok(())
}

/// Section, work, who, unit, whether more is better, value.
fn parse(line: &str) -> Option<(String, String, String, &'static str, bool, f64)> {
    let name = record::text(line, "name")?;
    let (work, by) = name.split_once('/').unwrap_or((name, ""));
    let (unit, more, value) = FIGURES.iter().find_map(|&(key, more)| Some((key, more, record::number(line, key)?)))?;
    Some((record::text(line, "section")?.into(), work.into(), by.into(), unit, more, value))
}

fn line(name: &str, row: &Row, copy: f64) -> String {
    let ours = row.by["formwork"];
    let better = |a: f64, b: f64| if row.more_is_better { a.max(b) } else { a.min(b) };
    let best = |of: &dyn Fn(&str) -> bool| row.by.iter().filter(|(by, _)| of(by)).map(|b| *b.1).reduce(better);
    let shown = |value: Option<f64>| value.map_or("-".into(), |v| format!("{v:.4}"));
    let other = best(&|by| by != "formwork");
    // How many times as fast as the best other.
    let ratio = other.map(|other| if row.more_is_better { ours / other } else { other / ours });
    let of_copy = (row.unit == "GBs" && copy > 0.0).then(|| format!("{:.0} %", 100.0 * ours / copy));
    format!(
        "| {name} | {} | {ours:.4} | {} | {} | {} | {} | {} |",
        row.unit,
        shown(best(&|by| by == "eager")),
        shown(best(&|by| by.contains("compile"))),
        shown(other),
        ratio.map_or("-".into(), |r| format!("{r:.2}")),
        of_copy.unwrap_or("-".into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_best_other_and_the_ratio() {
        let lines = [
            r#"{"section": "mlp", "name": "mlp/eager", "step_ms": 2.0}"#,
            r#"{"section": "mlp", "name": "mlp/compile_graph", "step_ms": 0.12, "gpu_ms": 0.11}"#,
            r#"{"section": "mlp", "name": "mlp/formwork", "step_ms": 0.1}"#,
        ];
        let mut row = Row::default();
        for (.., by, unit, more, value) in lines.iter().filter_map(|l| parse(l)) {
            (row.unit, row.more_is_better) = (unit, more);
            row.by.insert(by, value);
        }
        assert_eq!(line("mlp", &row, 3000.0), "| mlp | step_ms | 0.1000 | 2.0000 | 0.1200 | 0.1200 | 1.20 | - |");
    }
}
