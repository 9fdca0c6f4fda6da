//! `bench`: the workloads of `benches/cpu`, alone or beside PyTorch, and what the crate costs a developer.

mod dev;
mod quiet;
mod record;
mod rounds;
mod table;

use crate::workspace::{program, read};
use crate::{Failure, Result};
use std::path::PathBuf;

/// What was asked for.
struct Options {
    vs_torch: bool,
    threads: Vec<usize>,
    budget: f64,
    rounds: usize,
    workloads: Vec<String>,
}

pub fn run(arguments: &[String]) -> Result {
    match arguments {
        [flag, files @ ..] if flag == "--table" && !files.is_empty() => return table::run(files),
        [flag] if flag == "--dev" => return dev::run(),
        [flag] if flag == "--build" => {
            println!("{}", binary()?.display());
            return Ok(());
        }
        _ => {}
    }
    rounds::run(&options(arguments)?)
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { vs_torch: false, threads: vec![2], budget: 1.0, rounds: 3, workloads: Vec::new() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(Failure::Usage);
        match argument.as_str() {
            "--vs-torch" => options.vs_torch = true,
            "--threads" => options.threads = value()?.split(',').map(number).collect::<Result<_>>()?,
            "--budget" => options.budget = number(value()?)?,
            "--rounds" => options.rounds = number(value()?)?,
            flag if flag.starts_with('-') => return Err(Failure::Usage),
            workload => options.workloads.push(workload.into()),
        }
    }
    Ok(options)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Failure::Usage)
}

/// Builds the benchmark and gives its executable.
fn binary() -> Result<PathBuf> {
    let mut command = program("cargo", &["bench", "--bench", "cpu", "--no-run", "--message-format", "json"]);
    command.env_remove("RUSTFLAGS");
    let messages = read(command)?;
    let mut executables = messages.lines().filter_map(|line| record::text(line, "executable"));
    executables.next_back().map(PathBuf::from).ok_or_else(|| "cargo built no benchmark".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let words: Vec<String> = "--vs-torch --threads 1,2 --budget 0.5 add16".split(' ').map(String::from).collect();
        let Ok(o) = options(&words) else { panic!("refused") };
        assert!(o.vs_torch && o.threads == [1, 2] && o.budget == 0.5 && o.rounds == 3 && o.workloads == ["add16"]);
        assert!(options(&["--threads".into()]).is_err() && options(&["--fast".into()]).is_err());
    }
}
