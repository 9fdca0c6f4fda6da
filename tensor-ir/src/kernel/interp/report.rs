//! What a run finds, one finding a cause.

use std::fmt::{Display, Formatter};

use super::super::ir::Kernel;
use super::memory::Memory;

/// A mistake, at the place where it was found first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    pub kernel: String,
    pub file: String,
    /// 0 if it belongs to no line.
    pub line: u32,
    /// The other line of a race, which may be the same.
    pub other: Option<u32>,
    /// Indices of the thread in its block and of the block in the launch along x, y, z.
    pub thread: [u32; 3],
    pub block: [u32; 3],
    /// What was found, in a sentence without the place.
    pub message: String,
    /// How often.
    pub count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// An index outside its axis, a vector that is not aligned.
    OutOfBounds,
    DivisionByZero,
    ZeroStep,
    /// Two threads of a block touch an element and nothing orders them; one is a plain write.
    Race,
    /// So do two blocks.
    BlockRace,
    /// A read of shared or output memory that nobody wrote.
    Uninitialised,
    /// A barrier or block operation that not all threads of the block reach.
    Barrier,
    /// A warp operation that not all lanes of the warp reach that have not ended.
    Warp,
    /// An output with an element that nobody wrote.
    Unwritten,
    /// A thread runs on and on between two barriers.
    Endless,
    /// The launch does not fit the kernel.
    Launch,
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} in kernel `{}`", self.file, self.line, self.message, self.kernel)?;
        if !matches!(self.kind, FindingKind::Unwritten | FindingKind::Launch) {
            let ([x, y, z], [bx, by, bz]) = (self.thread, self.block);
            write!(f, ", thread ({x}, {y}, {z}) of block ({bx}, {by}, {bz})")?;
        }
        match self.count {
            1 => Ok(()),
            n => write!(f, " (and {} more like it)", n - 1),
        }
    }
}

/// Who did what is found, and where.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) thread: [u32; 3],
    pub(super) block: [u32; 3],
}

pub(super) struct Report<'k> {
    kernel: &'k Kernel,
    findings: Vec<Finding>,
}

impl<'k> Report<'k> {
    pub(super) fn new(kernel: &'k Kernel) -> Report<'k> {
        Report { kernel, findings: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        kind: FindingKind,
        place: Place,
        other: Option<u32>,
        message: impl FnOnce() -> String,
    ) {
        // A race has two ends, and either may be the later one.
        let ends = |line: u32, other: Option<u32>| (line.min(other.unwrap_or(line)), other.map(|o| o.max(line)));
        let same = |f: &&mut Finding| {
            f.kind == kind && f.file == place.file && ends(f.line, f.other) == ends(place.line, other)
        };
        if let Some(known) = self.findings.iter_mut().find(same) {
            known.count += 1;
            return;
        }
        // A read that races with the write that should precede it may find no value yet: one cause.
        let race = |kind| matches!(kind, FindingKind::Race | FindingKind::BlockRace);
        let at = |f: &Finding, line: u32| f.file == place.file && (f.line == line || f.other == Some(line));
        if kind == FindingKind::Uninitialised && self.findings.iter().any(|f| race(f.kind) && at(f, place.line)) {
            return;
        }
        if race(kind) {
            let lines = [Some(place.line), other];
            self.findings.retain(|f| {
                f.kind != FindingKind::Uninitialised || !lines.into_iter().flatten().any(|line| at(f, line))
            });
        }
        let Place { file, line, thread, block } = place;
        let (kernel, file) = (self.kernel.name.clone(), file.to_string());
        self.findings.push(Finding { kind, kernel, file, line, other, thread, block, message: message(), count: 1 });
    }

    pub(super) fn launch(&mut self, message: String) {
        let place = Place { file: &self.kernel.file, line: 0, thread: [0; 3], block: [0; 3] };
        self.add(FindingKind::Launch, place, None, || message);
    }

    pub(super) fn unwritten(&mut self, memory: &Memory, count: usize, first: usize) {
        let array = memory.array;
        let place = Place { file: &self.kernel.file, line: array.line, thread: [0; 3], block: [0; 3] };
        let (name, all) = (&array.name, memory.elements());
        let at = position(&memory.dims, first);
        self.add(FindingKind::Unwritten, place, None, || {
            format!("output `{name}`: {count} of {all} elements are never written, the first is {name}{at}")
        });
    }

    pub(super) fn finish(self) -> Result<(), Vec<Finding>> {
        if self.findings.is_empty() { Ok(()) } else { Err(self.findings) }
    }
}

/// Indices of an element: `[1, 2]`.
pub(super) fn position(dims: &[u64], linear: usize) -> String {
    let mut rest = linear as u64;
    let mut indices: Vec<u64> = dims
        .iter()
        .rev()
        .map(|d| {
            let i = rest % (*d).max(1);
            rest /= (*d).max(1);
            i
        })
        .collect();
    indices.reverse();
    format!("{indices:?}")
}
