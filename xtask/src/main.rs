//! The workbench: `cargo xtask <command>`.
//!
//! Each command is a file here. They know the repository's layout and call cargo, git, rustfmt and Python as a
//! developer would; nothing in the library knows of them.

mod bench;
mod bless;
mod ci;
mod expand;
mod golden;
mod new;
mod nvrtc;
mod source;
mod tidy;
mod workspace;

use std::process::ExitCode;

/// What a command ends with.
enum Failure {
    /// The command line is wrong: its usage is printed, exit 2.
    Usage,
    /// What went wrong, exit 1.
    Message(String),
}

impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Failure {
        Failure::Message(message.into())
    }
}

type Result<T = ()> = std::result::Result<T, Failure>;

/// A command: its name, arguments, one line of help, and what it does.
struct Command {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result,
}

const COMMANDS: &[Command] = &[
    Command { name: "ci", arguments: "[PART...]", help: "everything that must pass, or only some parts", run: ci::run },
    Command { name: "tidy", arguments: "", help: "the rules a compiler does not check", run: tidy::run },
    Command {
        name: "bless",
        arguments: "[FILTER]",
        help: "accept today's compiler messages and expansions",
        run: bless::run,
    },
    Command {
        name: "expand",
        arguments: "FILE [--kernel NAME]",
        help: "print what the macros of a file become",
        run: expand::run,
    },
    Command {
        name: "bench",
        arguments: "[--vs-torch | --dev | --build] [--threads N] [--budget S] [--rounds N] [WORKLOAD...]",
        help: "timings, alone or beside PyTorch; what the crate costs a developer; the benchmark's binary",
        run: bench::run,
    },
    Command {
        name: "new",
        arguments: "op|layer|optimizer NAME",
        help: "a file that works, from a template, and its line in mod.rs",
        run: new::run,
    },
    Command {
        name: "golden",
        arguments: "[SUITE...]",
        help: "make the values of tests/golden again, with PyTorch",
        run: golden::run,
    },
];

fn usage() {
    eprintln!("usage: cargo xtask COMMAND");
    for c in COMMANDS {
        eprintln!("\n  {} {}\n      {}", c.name, c.arguments, c.help);
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = arguments.first().and_then(|name| COMMANDS.iter().find(|c| c.name == name)) else {
        usage();
        return ExitCode::from(2);
    };
    match (command.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage) => {
            eprintln!("usage: cargo xtask {} {}\n    {}", command.name, command.arguments, command.help);
            ExitCode::from(2)
        }
        Err(Failure::Message(message)) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
