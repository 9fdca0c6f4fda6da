//! A block: its threads in turn, and what they wait for.

use super::super::ir::{Collective, Level, Stmt, StmtNode};
use super::code::Op;
use super::memory::Memory;
use super::report::{FindingKind, Place, Report};
use super::thread::{State, Thread};
use super::{Interpreter, collective};

/// A block that runs.
pub(super) struct Running<'r, 'k, 'm, 's> {
    pub(super) of: &'r mut Interpreter<'k, 'm>,
    pub(super) shared: Vec<Memory<'s>>,
    pub(super) block: [u64; 3],
    /// Its number in the launch.
    pub(super) number: u32,
    pub(super) report: &'r mut Report<'k>,
    /// Barriers passed.
    pub(super) block_time: u32,
    /// Warp operations passed, by warp.
    pub(super) warp_time: Vec<u32>,
}

impl<'r, 'k: 'm, 'm, 's> Running<'r, 'k, 'm, 's> {
    pub(super) fn new(
        of: &'r mut Interpreter<'k, 'm>,
        shared: Vec<Memory<'s>>,
        block: [u64; 3],
        number: u32,
        report: &'r mut Report<'k>,
    ) -> Self {
        let warps = of.kernel.threads().div_ceil(32) as usize;
        Running { of, shared, block, number, report, block_time: 0, warp_time: vec![0; warps] }
    }

    /// Runs the block to its end. False if a thread never ends.
    pub(super) fn run(&mut self) -> bool {
        let mut threads: Vec<Thread> = (0..self.of.kernel.threads()).map(|i| Thread::new(self.of, i)).collect();
        loop {
            for thread in &mut threads {
                if thread.state == State::Ready && !self.go(thread) {
                    return false;
                }
            }
            if threads.iter().all(|t| t.state == State::Ended) {
                return true;
            }
            // Warp operations first: a barrier is reached by whole warps.
            let mut moved = false;
            for warp in 0..self.warp_time.len() {
                let lanes = lanes(&mut threads, warp);
                moved |= self.meet(lanes, Level::Warp, warp);
            }
            if !moved {
                self.meet(&mut threads, Level::Block, 0);
            }
        }
    }

    pub(super) fn place<'a>(&self, file: &'a str, line: u32, thread: &Thread) -> Place<'a> {
        let block = self.block.map(|i| i as u32);
        Place { file, line, thread: thread.index, block }
    }

    /// The statement at which a thread waits.
    fn awaited(&self, thread: &Thread) -> Option<&'k Stmt> {
        match self.of.code.ops.get(thread.frame.pc) {
            Some(Op::Wait(s)) if thread.state == State::Waiting => Some(s),
            _ => None,
        }
    }

    /// Carries out the operation at which these threads meet, if there is one of this level.
    fn meet(&mut self, threads: &mut [Thread], level: Level, warp: usize) -> bool {
        let waits = |r: &Self, t: &Thread| r.awaited(t).filter(|s| level_of(s) == level).map(|s| (t.frame.pc, s));
        let Some((pc, stmt)) = threads.iter().filter_map(|t| waits(self, t)).min_by_key(|(pc, _)| *pc) else {
            return false;
        };
        let here = |t: &Thread| t.state == State::Waiting && t.frame.pc == pc;
        let absent = threads.iter().find(|t| !here(t) && (level == Level::Block || t.state != State::Ended));
        if let Some(absent) = absent {
            let kind = if level == Level::Warp { FindingKind::Warp } else { FindingKind::Barrier };
            let place = self.place(self.of.code.file, stmt.line, absent);
            let ended = absent.state == State::Ended;
            let elsewhere = self.awaited(absent).map(|s| s.line);
            let name = collective::name(stmt);
            self.report.add(kind, place, None, || match (ended, elsewhere) {
                (true, _) => format!("a thread ends before `{name}`, which others reach"),
                (_, Some(line)) => format!("a thread waits in line {line} while others are at `{name}`"),
                _ => format!("a thread does not reach `{name}`, which others reach"),
            });
        }
        let mut met: Vec<&mut Thread> = threads.iter_mut().filter(|t| here(t)).collect();
        match level {
            Level::Warp => self.warp_time[warp] += 1,
            Level::Block => self.block_time += 1,
        }
        if let StmtNode::Collective { op, var, args } = &stmt.node {
            let values: Vec<_> =
                met.iter().map(|t| (t.number, args.iter().map(|e| self.value(t, &t.frame, e)).collect())).collect();
            let results = collective::apply(*op, args[0].ty, &values);
            met.iter_mut().zip(results).for_each(|(t, x)| t.frame.vars[var.0 as usize] = x);
        }
        for thread in met {
            thread.frame.pc += 1;
            thread.state = State::Ready;
        }
        true
    }
}

fn lanes(threads: &mut [Thread], warp: usize) -> &mut [Thread] {
    let end = threads.len().min(32 * (warp + 1));
    &mut threads[32 * warp..end]
}

fn level_of(s: &Stmt) -> Level {
    match &s.node {
        StmtNode::Sync(level) => *level,
        StmtNode::Collective { op: Collective::Reduce(level, _) | Collective::Scan(level), .. } => *level,
        _ => Level::Warp,
    }
}
