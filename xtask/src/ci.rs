//! `ci`: everything that must pass, in one target directory, cheap parts first. The first part that fails ends it.
//!
//! The last line is `N passed, N failed, N skipped`: tests of `cargo test`, and a part that fails without a failed test
//! counted as one failure. A test that cannot run here (no GPU, no data) says so on standard error by a line
//! `skipped: NAME: why` (`skipped: NAME (12 kernels): why` for 12), past the harness's capture, and is counted as skipped.

use crate::workspace::{call, program, root, shown};
use crate::{Failure, Result, nvrtc, tidy};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Tests that ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

type Part = (&'static str, fn(&mut Count) -> Result);

const PARTS: &[Part] = &[
    ("format", |_| call(program("cargo", &["fmt", "--all", "--check"]))),
    ("tidy", |_| tidy::run(&[])),
    ("clippy", |_| call(program("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))),
    ("test", test),
    ("doc", doc),
    ("examples", examples),
];

/// Examples with arguments that make them short, and the exit status that these must give.
const EXAMPLES: &[(&str, &[&str], i32)] = &[
    ("digits", &["--epochs", "1", "--out", OUT], 0),
    ("digits", &["--help"], 0),
    ("digits", &["--epochs", "many"], 2),
    ("mnist", &["--data", "no-such-folder"], 2),
    ("custom_kernel", &["--epochs", "1"], 0),
    ("custom_kernel", &["--lr", "fast"], 2),
    ("gpt", &["--steps", "4", "--batch", "2", "--sample", "8", "--out", OUT_FILE], 0),
    ("gpt", &["--help"], 0),
    ("gpt", &["--preset", "gpt5"], 2),
    ("gpt", &["--text", "no-such-file"], 2),
];

/// Stands for a temporary folder, and for a file in it.
const OUT: &str = "OUT";
const OUT_FILE: &str = "OUT/weights.safetensors";

pub fn run(arguments: &[String]) -> Result {
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|a| a == name);
    if arguments.iter().any(|a| !PARTS.iter().any(|(name, _)| name == a)) {
        return Err(Failure::Usage);
    }
    let mut count = Count::default();
    let mut outcome = Ok(());
    for (name, part) in PARTS.iter().filter(|(name, _)| wanted(name)) {
        println!("ci: {name}");
        let start = Instant::now();
        outcome = part(&mut count);
        if let Err(failure) = outcome {
            count.failed = count.failed.max(1);
            outcome = Err(Failure::Message(format!("ci: part `{name}` failed{}", reason(failure))));
            break;
        }
        println!("ci: {name} passed in {:.0} s", start.elapsed().as_secs_f64());
    }
    if let Err(Failure::Message(message)) = &outcome {
        eprintln!("error: {message}");
    }
    println!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
    match outcome {
        Ok(()) => Ok(()),
        Err(_) => std::process::exit(1),
    }
}

fn reason(failure: Failure) -> String {
    match failure {
        Failure::Usage => String::new(),
        Failure::Message(message) => format!(": {message}"),
    }
}

fn test(count: &mut Count) -> Result {
    let mut command = program("cargo", &["test", "--workspace", "--no-fail-fast"]);
    match nvrtc::folder() {
        Ok(folder) => drop(command.env(nvrtc::VARIABLE, folder)),
        // The tests that want it count themselves as skipped.
        Err(why) => println!("ci: kernels are not compiled by NVRTC: {why}"),
    }
    let name = shown(&command);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| format!("{name}: {e}"))?;
    let errors = child.stderr.take().map(|e| std::thread::spawn(move || copy(e, std::io::stderr())));
    let mut lines = child.stdout.take().map(|o| copy(o, std::io::stdout())).unwrap_or_default();
    lines.extend(errors.and_then(|e| e.join().ok()).unwrap_or_default());
    let status = child.wait().map_err(|e| format!("{name}: {e}"))?;
    *count = tally(&lines);
    if status.success() && count.failed == 0 { Ok(()) } else { Err(format!("{name} failed ({status})").into()) }
}

/// Copies lines to `to` and keeps those that count.
fn copy(from: impl Read, mut to: impl Write) -> Vec<String> {
    let mut kept = Vec::new();
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        // A closed terminal must not stop the count.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        let text = String::from_utf8_lossy(&line);
        if text.contains("test result: ") || text.contains("skipped: ") {
            kept.push(text.trim().to_string());
        }
        line.clear();
    }
    kept
}

fn tally(lines: &[String]) -> Count {
    let mut count = Count::default();
    for line in lines {
        let Some((_, result)) = line.split_once("test result: ") else {
            count.skipped += skipped(line);
            continue;
        };
        let of = |what: &str| {
            let part = result.split([';', '.']).find_map(|p| p.trim().strip_suffix(what));
            part.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
        };
        count.passed += of(" passed");
        count.failed += of(" failed");
        count.skipped += of(" ignored");
    }
    count
}

/// Tests that a line says were skipped: `skipped: NAME: why` is one, `skipped: NAME (12 kernels): why` are 12.
fn skipped(line: &str) -> usize {
    let Some(name) = line.strip_prefix("skipped: ").map(|l| l.split(": ").next().unwrap_or(l)) else { return 0 };
    let many = name.split_once(" (").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    many.unwrap_or(1)
}

fn doc(_: &mut Count) -> Result {
    let mut command = program("cargo", &["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    call(command)
}

fn examples(_: &mut Count) -> Result {
    for name in example_names()? {
        if !EXAMPLES.iter().any(|(known, ..)| *known == name) {
            return Err(format!("example `{name}` is not run; add it to EXAMPLES in xtask/src/ci.rs").into());
        }
    }
    let out = std::env::temp_dir().join(format!("formwork-ci-{}", std::process::id()));
    std::fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let outcome = EXAMPLES.iter().try_for_each(|example| run_example(example, &out));
    // What is left in a temporary folder does no harm.
    let _ = std::fs::remove_dir_all(&out);
    outcome
}

fn run_example(&(name, arguments, expected): &(&str, &[&str], i32), out: &std::path::Path) -> Result {
    let mut command: Command = program("cargo", &["run", "--quiet", "--release", "--example", name, "--"]);
    command.args(arguments.iter().map(|a| match a.strip_prefix(OUT) {
        Some(rest) => out.join(rest.trim_start_matches('/')).into_os_string(),
        None => a.into(),
    }));
    let status = command.status().map_err(|e| format!("{}: {e}", shown(&command)))?;
    if status.code() == Some(expected) {
        return Ok(());
    }
    Err(format!("{} gave {status}, not exit status {expected}", shown(&command)).into())
}

/// Names of the root package's examples: `examples/NAME.rs` or `examples/NAME/main.rs`.
fn example_names() -> Result<Vec<String>> {
    let folder = root().join("examples");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    let is_example = |p: &&PathBuf| p.extension().is_some_and(|e| e == "rs") || p.join("main.rs").exists();
    Ok(paths.iter().filter(is_example).filter_map(|p| Some(p.file_stem()?.to_str()?.to_string())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_summed() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.1s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "skipped: mnist/accuracy: no data",
            "skipped: gpu (12 kernels): no driver",
            "this is not skipped: at all",
        ];
        let lines: Vec<String> = lines.iter().map(|l| l.to_string()).collect();
        assert_eq!(tally(&lines), Count { passed: 15, failed: 2, skipped: 14 });
    }

    #[test]
    fn lines_that_count_are_kept_and_all_are_copied() {
        let mut shown = Vec::new();
        let text = b"a\ntest result: ok. 1 passed; 0 failed; 0 ignored\n\xff\nskipped: b: c\n";
        assert_eq!(copy(&text[..], &mut shown).len(), 2);
        assert_eq!(shown, text);
    }
}
