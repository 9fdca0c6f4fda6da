//! What the crate costs a developer: a clean build by crate, the check after touching a model, the binary's size.

use crate::Result;
use crate::workspace::{call, program, root};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

const EXAMPLE: &str = "digits";
/// Repetitions of a check, of which the median counts.
const CHECKS: usize = 7;
/// Crates listed by name; the rest is summed.
const LISTED: usize = 15;

pub fn run() -> Result {
    let target = std::env::temp_dir().join(format!("formwork-dev-{}", std::process::id()));
    let outcome = measure(&target);
    // What is left in a temporary folder does no harm.
    let _ = std::fs::remove_dir_all(&target);
    outcome
}

fn measure(target: &Path) -> Result {
    let build = ["build", "--release", "--example", EXAMPLE];
    let start = Instant::now();
    cargo(target, &[&build[..], &["--timings"]].concat())?;
    println!("clean release build of `{EXAMPLE}`: {:.1} s", start.elapsed().as_secs_f64());
    let mut units = units(&target.join("cargo-timings/cargo-timing.html"))?;
    units.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("    {} units, {:.1} s of compiling in all", units.len(), units.iter().map(|u| u.1).sum::<f64>());
    for (name, seconds) in units.iter().take(LISTED) {
        println!("    {seconds:6.1} s  {name}");
    }
    println!("    {:6.1} s  the rest", units.iter().skip(LISTED).map(|u| u.1).sum::<f64>());

    let example = target.join("release/examples").join(EXAMPLE);
    let stripped = target.join("stripped");
    call(program("strip", &["-o", &stripped.to_string_lossy(), &example.to_string_lossy()]))?;
    let bytes = std::fs::metadata(&stripped).map_err(|e| format!("{}: {e}", stripped.display()))?.len();
    println!("stripped binary: {:.2} MB", bytes as f64 / 1e6);

    let shown = |[least, middle, most]: [f64; 3]| format!("{middle:.2} s ({least:.2} to {most:.2})");
    let check = checks(target, &source()?, &["--example", EXAMPLE])?;
    println!("`cargo check` after touching the model: {}", shown(check));
    let empty = checks_program(target, "empty", "use formwork as _;\n\nfn main() {}\n")?;
    let large = checks_program(target, "transformer", include_str!("../../templates/transformer.rs.txt"))?;
    println!("`cargo check` of an empty program: {}", shown(empty));
    println!("`cargo check` of a transformer of 12 blocks: {}, {:.2} s more", shown(large), large[1] - empty[1]);
    Ok(())
}

/// Seconds of `cargo check` after touching `source`: the least, the median, the most.
fn checks(target: &Path, source: &Path, arguments: &[&str]) -> Result<[f64; 3]> {
    let check = [&["check"], arguments].concat();
    cargo(target, &check)?;
    let mut seconds = Vec::new();
    for _ in 0..CHECKS {
        touch(source)?;
        let start = Instant::now();
        cargo(target, &check)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok([seconds[0], seconds[CHECKS / 2], seconds[CHECKS - 1]])
}

/// The same for a program of its own, which uses formwork as a user's does.
fn checks_program(target: &Path, name: &str, text: &str) -> Result<[f64; 3]> {
    let folder = target.join(name);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nformwork = \
         {{ path = {:?} }}\n\n[workspace]\n",
        root()
    );
    let write = |file: &str, text: &str| {
        std::fs::write(folder.join(file), text).map_err(|e| format!("{}: {e}", folder.join(file).display()))
    };
    std::fs::create_dir_all(folder.join("src")).map_err(|e| format!("{}: {e}", folder.display()))?;
    write("Cargo.toml", &manifest)?;
    write("src/main.rs", text)?;
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
    let manifest = folder.join("Cargo.toml");
    checks(target, &folder.join("src/main.rs"), &["--manifest-path", &manifest.to_string_lossy()])
}

/// Cargo in a target directory of its own, without a word unless it fails.
fn cargo(target: &Path, arguments: &[&str]) -> Result {
    let mut command = program("cargo", arguments);
    command.arg("--quiet").env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS").stdout(Stdio::null());
    // A file that is touched and not changed must be checked anew, and not be remembered.
    command.env("CARGO_INCREMENTAL", "0");
    call(command)
}

/// The file that holds the example's model.
fn source() -> Result<std::path::PathBuf> {
    let file = root().join("examples").join(EXAMPLE).with_extension("rs");
    let folder = root().join("examples").join(EXAMPLE).join("main.rs");
    [file, folder].into_iter().find(|p| p.exists()).ok_or_else(|| format!("no example `{EXAMPLE}`").into())
}

/// Makes a file look changed, as an editor's save does.
fn touch(path: &Path) -> Result {
    let file = std::fs::File::options().append(true).open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    file.set_modified(std::time::SystemTime::now()).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Crates and the seconds that each took, from cargo's report: a list of JSON objects in a page.
fn units(report: &Path) -> Result<Vec<(String, f64)>> {
    let page = std::fs::read_to_string(report).map_err(|e| format!("{}: {e}", report.display()))?;
    let start = page.find("UNIT_DATA = [").ok_or("cargo's timing report has no UNIT_DATA")?;
    let data = &page[start..page[start..].find("];").map_or(page.len(), |n| start + n)];
    let objects = data.split("\"i\":").skip(1);
    let unit = |object: &str| {
        let name = super::record::text(object, "name")?;
        let version = super::record::text(object, "version")?;
        let target = super::record::text(object, "target").unwrap_or_default();
        Some((format!("{name} {version}{}", target.replace("\\\"", "")), super::record::number(object, "duration")?))
    };
    let units: Vec<_> = objects.filter_map(unit).collect();
    if units.is_empty() { Err("cargo's timing report lists nothing".into()) } else { Ok(units) }
}
