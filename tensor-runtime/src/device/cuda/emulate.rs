//! Texts for a GPU, run by a C++ compiler of this machine: slow, and right or wrong as on a GPU but for races.

use super::stages::{Arg, Stages};
use crate::device::Failure;
use std::collections::HashMap;
use std::fmt::Write;
use std::process::Command;

/// Texts that a C++ compiler compiled.
pub(super) struct Emulated {
    library: libloading::Library,
    numbers: HashMap<String, usize>,
}

type Launch = unsafe extern "C" fn(usize, u32, u32, *mut u64);

impl Emulated {
    /// Compiles every text of `all`, or none if there is no compiler.
    pub fn new(name: &str, all: &[Stages]) -> Option<Emulated> {
        let mut numbers = HashMap::new();
        let mut source = String::from("#include \"emulate.h\"\n");
        let mut calls = String::new();
        for stage in all.iter().flat_map(|s| &s.stages) {
            let key = format!("{}{}", stage.entry, stage.text);
            if numbers.contains_key(&key) {
                continue;
            }
            let n = numbers.len();
            let text = stage.text.replace("extern \"C\"", "");
            let _ = writeln!(source, "namespace text{n} {{\n{text}\n}}");
            let names =
                text.lines().filter_map(|l| l.strip_prefix("#define ")).filter_map(|l| l.split([' ', '(']).next());
            names.for_each(|name| _ = writeln!(source, "#undef {name}"));
            let _ = writeln!(
                calls,
                "    case {n}: return emulation::launch(text{n}::{}, blocks, threads, args);",
                stage.entry
            );
            numbers.insert(key, n);
        }
        let head =
            "extern \"C\" void launch(size_t n, unsigned blocks, unsigned threads, uint64_t* args) {\n  switch (n) {\n";
        let _ = writeln!(source, "{head}{calls}  }}\n}}");
        let folder = std::env::temp_dir().join(format!("formwork-emulate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("emulate.h"), include_str!("emulate.h")).unwrap();
        std::fs::write(folder.join("texts.cpp"), source).unwrap();
        let made = Command::new("c++")
            .args(["-std=c++17", "-O1", "-ffp-contract=off", "-fno-strict-aliasing", "-shared", "-fPIC", "-w", "-o"])
            .arg(folder.join("texts.so"))
            .arg(folder.join("texts.cpp"))
            .output();
        let Ok(made) = made else {
            println!("skipped: there is no `c++`");
            return None;
        };
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // SAFETY: compiled above, without initialisers.
        let library = unsafe { libloading::Library::new(folder.join("texts.so")) }.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        Some(Emulated { library, numbers })
    }

    /// Runs a kernel; returns what its checks found. `failed` says whether one had failed before.
    pub fn run(&self, stages: &Stages, buffers: &[*mut u8], guarded: bool, failed: bool) -> Option<Failure> {
        // What is in scratch memory before is anything.
        let mut scratch = vec![0xa5u8; stages.scratch + 256];
        let aligned = scratch.as_mut_ptr().wrapping_add(scratch.as_ptr().align_offset(256)) as u64;
        let mut errors = [if failed { 1 << 44 } else { u64::MAX }, 0, 0, 0, 0, 0, 0, 7];
        // SAFETY: the function has this type.
        let launch = unsafe { self.library.get::<Launch>(b"launch") }.unwrap();
        for stage in &stages.stages {
            let args = stage.args.iter().map(|arg| match *arg {
                Arg::Buffer(i) => buffers[i] as u64,
                Arg::Scratch(at) => aligned + at.bytes() as u64,
                Arg::Number(x) => x as u64,
                Arg::Null => 0,
            });
            let mut args: Vec<u64> = args.chain([errors.as_mut_ptr() as u64, guarded as u64]).collect();
            let number = self.numbers[&format!("{}{}", stage.entry, stage.text)];
            // SAFETY: the arguments are those of the text, and the buffers are the kernel's.
            unsafe { launch(number, stage.blocks as u32, stage.threads, args.as_mut_ptr()) };
        }
        let [key, value, lock, run, ..] = errors;
        assert_eq!(lock, 0);
        let failure = Failure { check: (key >> 44) as u32, at: (key & ((1 << 44) - 1)) as usize, value: value as i64 };
        (key != u64::MAX).then(|| {
            assert!(failed || run == 7);
            failure
        })
    }
}
