//! Tests of kernels on every engine that the machine has: the interpreter, checked mode, the CPU, NVRTC, a GPU.

use formwork::kernel::check;
use formwork_ir::kernel::Mode;
use formwork_ir::kernel::interp::{Check, Finding, FindingKind};
use formwork_ir::kernel::ir::{Kernel, Param};

use crate::compare::{ARCHITECTURE, Case};
use crate::gpu::Gpu;
use crate::line::{Call, Line, Wanted};
use crate::nvrtc;
use crate::values::Values;

/// A launch and what it must give.
pub struct Test {
    pub case: Case,
    /// The results, if they are stated.
    pub stated: Option<Vec<Values>>,
    /// What checked mode must find, if the kernel is wrong.
    pub finds: Option<Vec<(FindingKind, u32)>>,
    /// Ways to call it on the CPU, by name, and with what.
    pub calls: Vec<(&'static str, Call)>,
    pub args: Vec<Values>,
    /// Whether it is for NVRTC only.
    pub is_compiled_only: bool,
    /// Whether registers may be moved to memory.
    pub may_spill: bool,
}

/// How many ran on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub interpreter: usize,
    pub cpu: usize,
    pub nvrtc: usize,
    pub gpu: usize,
    pub skipped: usize,
}

/// What the machine has.
pub struct Machine {
    pub nvrtc: Result<(), String>,
    pub gpu: Result<Gpu, String>,
    /// Whether it prints what each kernel takes of a GPU.
    pub prints: bool,
}

impl Machine {
    /// With NVRTC and a GPU where there are any.
    pub fn open(prints: bool) -> Machine {
        let missing = format!("no libnvrtc.so.13; set {} to a folder that has it", nvrtc::FOLDER);
        Machine { nvrtc: if nvrtc::is_present() { Ok(()) } else { Err(missing) }, gpu: Gpu::open(), prints }
    }

    /// Without either, for tests of one line.
    #[cfg(test)]
    pub fn plain() -> Machine {
        Machine { nvrtc: Err(String::new()), gpu: Err(String::new()), prints: false }
    }
}

impl Test {
    pub fn of_case(case: Case) -> Test {
        Test { case, stated: None, finds: None, calls: vec![], args: vec![], is_compiled_only: false, may_spill: true }
    }

    /// A kernel that NVRTC compiles and nobody runs.
    pub fn of_compiled(name: String, kernel: Kernel) -> Test {
        let case = Case { name, kernel, arrays: vec![], scalars: vec![], dims: vec![], tolerance: 0.0, faulty: false };
        Test { is_compiled_only: true, ..Test::of_case(case) }
    }

    pub fn of_line(line: &Line) -> Result<Test, String> {
        let mut case = line.case().map_err(|e| format!("{}: {e}", line.name()))?;
        case.faulty = matches!(line.wanted, Wanted::Faults);
        let finds = if let Wanted::Finds(finds) = &line.wanted { Some(finds.clone()) } else { None };
        let (stated, calls, args) = (line.stated(), line.calls.clone(), line.args.clone());
        Ok(Test { stated, finds, calls, args, ..Test::of_case(case) })
    }

    /// Runs it; what is wrong, in sentences.
    pub fn run(&self, machine: &Machine, counts: &mut Counts) -> Vec<String> {
        let mut wrong = vec![];
        if self.is_compiled_only {
            return self.device(machine, counts);
        }
        counts.interpreter += 1;
        if let Some(finds) = &self.finds {
            self.seeded(finds, counts, &mut wrong);
            wrong.extend(self.device(machine, counts));
            return wrong;
        }
        let (arrays, found) = self.case.interpret(Check::On);
        let (unchecked, _) = self.case.interpret(Check::Off);
        match self.case.faulty {
            true if found.is_empty() => wrong.push("the interpreter finds no fault".to_string()),
            true => {}
            false => wrong.extend(found.iter().map(|f| format!("checked mode: {f}"))),
        }
        if !self.case.faulty && arrays != unchecked {
            wrong.push("the interpreter gives something else when it checks".into());
        }
        if let Some(stated) = &self.stated {
            wrong.extend(self.differs("stated", stated, "the interpreter", &self.results(&arrays)));
        }
        for (way, call) in &self.calls {
            counts.cpu += 1;
            self.called(way, || call(&self.args), &arrays, &mut wrong);
            if *way == "blocks" {
                self.called("blocks, checked", || check::run(|| call(&self.args)), &arrays, &mut wrong);
            }
        }
        wrong.extend(self.device(machine, counts));
        wrong
    }

    /// The part with NVRTC and a GPU. A wrong kernel is only compiled.
    pub fn device(&self, machine: &Machine, counts: &mut Counts) -> Vec<String> {
        let mut wrong = vec![];
        let cubin = self.compile(machine, counts, &mut wrong);
        match (cubin, &machine.gpu) {
            _ if self.finds.is_some() || self.is_compiled_only => {}
            (Some(cubin), Ok(gpu)) => {
                counts.gpu += 1;
                self.on_gpu(gpu, &cubin, &mut wrong);
            }
            _ => counts.skipped += 1,
        }
        wrong
    }

    /// A wrong kernel: checked mode finds what is said, and nothing else.
    fn seeded(&self, finds: &[(FindingKind, u32)], counts: &mut Counts, wrong: &mut Vec<String>) {
        let found = self.case.interpret(Check::On).1;
        let told = |f: &Finding, (kind, line): &(FindingKind, u32)| {
            f.kind == *kind && (f.line == *line || f.other == Some(*line)) && f.file == self.case.kernel.file
        };
        for (kind, line) in finds {
            if !found.iter().any(|f| told(f, &(*kind, *line))) {
                wrong.push(format!("{kind:?} in line {line} is not found, but {found:?}"));
            }
        }
        let other = found.iter().filter(|f| !finds.iter().any(|wanted| told(f, wanted)));
        wrong.extend(other.map(|f| format!("found, and not marked: {:?}: {f}", f.kind)));
        for (_, call) in &self.calls {
            counts.cpu += 1;
            match check::run(|| call(&self.args)) {
                Ok(_) => wrong.push("`check::run` finds nothing".into()),
                Err(e) => {
                    let lost = found.iter().filter(|f| !e.contains(&format!("{}:{}", f.file, f.line)));
                    wrong.extend(lost.map(|f| format!("`check::run` does not tell `{f}`, but {e}")));
                }
            }
        }
    }

    /// A call on the CPU: results as the interpreter's, or an error.
    fn called(
        &self,
        way: &str,
        call: impl FnOnce() -> Result<Vec<Values>, String>,
        arrays: &[Vec<u8>],
        wrong: &mut Vec<String>,
    ) {
        match call() {
            Ok(_) if self.case.faulty => wrong.push(format!("{way} on the CPU: no error")),
            Ok(found) => {
                let interpreted = self.results(arrays);
                wrong.extend(self.differs("the interpreter", &interpreted, way, &found));
            }
            Err(_) if self.case.faulty => {}
            Err(e) => wrong.push(format!("{way} on the CPU: {e}")),
        }
    }

    fn compile(&self, machine: &Machine, counts: &mut Counts, wrong: &mut Vec<String>) -> Option<Vec<u8>> {
        if machine.nvrtc.is_err() {
            counts.skipped += 1;
            return None;
        }
        counts.nvrtc += 1;
        match self.case.compile() {
            Ok((cubin, usage)) => {
                if machine.prints {
                    println!(
                        "{:60} {:3} registers, {} bytes spilled, {:5} bytes shared ({ARCHITECTURE})",
                        self.case.name, usage.registers, usage.spills, usage.shared
                    );
                }
                if usage.spills > 0 && !self.may_spill {
                    wrong.push(format!(
                        "{} bytes of registers are spilled, and its file does not say why",
                        usage.spills
                    ));
                }
                Some(cubin)
            }
            Err(e) => {
                wrong.push(e);
                None
            }
        }
    }

    fn on_gpu(&self, gpu: &Gpu, cubin: &[u8], wrong: &mut Vec<String>) {
        let (arrays, _) = self.case.interpret(Check::Off);
        match self.case.run_on(gpu, cubin) {
            Ok((found, failed)) => {
                // After a fault the values are nobody's promise.
                if !self.case.faulty {
                    wrong.extend(self.case.difference(&arrays, &found));
                }
                if failed != self.case.faulty {
                    wrong.push(format!("on the GPU the error word is {}", if failed { "set" } else { "not set" }));
                }
            }
            Err(e) => wrong.push(format!("on the GPU: {e}")),
        }
    }

    /// The results among the arrays of the launch.
    fn results(&self, arrays: &[Vec<u8>]) -> Vec<Values> {
        let params = self.case.kernel.params.iter().filter_map(|p| match p {
            Param::Array { mode, array } => Some((mode, array)),
            Param::Scalar(_) => None,
        });
        let results = params.zip(arrays).filter(|((mode, _), _)| **mode != Mode::In);
        let values = results.map(|((_, array), bytes)| {
            let sizes = array.dims.iter().map(|d| d.eval(&self.case.dims).unwrap_or(0) as usize);
            Values { ty: array.element, sizes: sizes.collect(), bytes: bytes.clone() }
        });
        values.collect()
    }

    /// The first difference between results.
    fn differs(&self, one: &str, wanted: &[Values], other: &str, found: &[Values]) -> Option<String> {
        if wanted.len() != found.len() {
            return Some(format!("{} results {one}, {} {other}", wanted.len(), found.len()));
        }
        for (k, (a, b)) in wanted.iter().zip(found).enumerate() {
            // Functions of scalars run in arrays whose types stand in for theirs.
            let (a, b) = if a.ty.is_float() { (a.clone(), b.clone()) } else { (a.cast(b.ty), b.clone()) };
            if a.ty != b.ty || a.bytes.len() != b.bytes.len() {
                let shown = |v: &Values| format!("{} {:?}", v.ty, v.sizes);
                return Some(format!("result {k}: {} {one}, {} {other}", shown(&a), shown(&b)));
            }
            if let Some((i, x, y)) = self.case.unequal(a.ty, &a.bytes, &b.bytes) {
                return Some(format!("result {k}, element {i}: {x} {one}, {y} {other}"));
            }
        }
        None
    }
}

/// A line without NVRTC and GPU, as a test.
#[cfg(test)]
pub fn assert_line(line: &Line) {
    let test = Test::of_line(line).unwrap_or_else(|e| panic!("{e}"));
    let wrong = test.run(&Machine::plain(), &mut Counts::default());
    assert!(wrong.is_empty(), "{}\n{}", line.name(), wrong.join("\n"));
}
