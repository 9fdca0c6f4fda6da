//! A thread: a small machine over flat code.

use super::super::ir::{Access, AtomicOp, Body, Expr, ExprNode, Fault, For, Index, Stmt, StmtNode, Storage, Var};
use super::code::Op;
use super::memory::{Memory, linear};
use super::report::{FindingKind, position};
use super::schedule::Running;
use super::shadow::Touch;
use super::{Interpreter, value, zero};
use crate::{Intrinsic, Scalar};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Ready,
    /// At a barrier or collective.
    Waiting,
    Ended,
}

pub(super) struct Thread {
    /// In its block, x fastest.
    pub(super) number: u32,
    pub(super) index: [u32; 3],
    pub(super) state: State,
    pub(super) frame: Frame,
}

/// Variables and arrays of a body that runs.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) pc: usize,
    pub(super) vars: Vec<Scalar>,
    arrays: Vec<Vec<Scalar>>,
    loops: Vec<Count>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    left: u128,
    next: i128,
    step: i128,
}

impl Frame {
    fn new(body: &Body, slots: usize) -> Frame {
        let arrays = body.arrays.iter().map(|a| vec![zero(a.element); a.elements().unwrap_or(0) as usize]);
        let vars = body.variables.iter().map(|v| zero(v.ty)).collect();
        Frame { pc: 0, vars, arrays: arrays.collect(), loops: vec![Count::default(); slots] }
    }

    fn set(&mut self, var: Var, x: Scalar) {
        self.vars[var.0 as usize] = x;
    }
}

impl Thread {
    pub(super) fn new(of: &Interpreter, number: u32) -> Thread {
        let [x, y, _] = of.kernel.block;
        let mut frame = Frame::new(of.code.body, of.code.slots);
        let params = of.kernel.params.iter().filter_map(|p| match p {
            super::super::ir::Param::Scalar(v) => Some(*v),
            _ => None,
        });
        params
            .zip(&of.scalars)
            .for_each(|(v, s)| frame.set(v, value::cast(of.code.body.variable(v).ty, of.code.body.variable(v).ty, *s)));
        Thread { number, index: [number % x, number / x % y, number / (x * y)], state: State::Ready, frame }
    }
}

/// Statements of a thread between two barriers after which it is taken for endless.
const PATIENCE: u64 = 1 << 27;

/// Who runs a statement.
#[derive(Clone, Copy)]
struct At<'t, 'k> {
    thread: &'t Thread,
    file: &'k str,
    line: u32,
}

/// What a touch does to an element.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Read,
    Write,
    Atomic,
}

impl<'k: 'm, 'm> Running<'_, 'k, 'm, '_> {
    /// Runs a thread until it waits or ends. False if it does neither.
    pub(super) fn go(&mut self, thread: &mut Thread) -> bool {
        let mut frame = std::mem::replace(
            &mut thread.frame,
            Frame { pc: 0, vars: Vec::new(), arrays: Vec::new(), loops: Vec::new() },
        );
        let mut patience = PATIENCE;
        let stopped = self.steps(None, thread, &mut frame, &mut patience);
        thread.frame = frame;
        thread.state = match stopped {
            Some(None) => State::Waiting,
            Some(Some(_)) => State::Ended,
            None => return false,
        };
        true
    }

    /// Runs code until it waits (`Some(None)`) or returns. `None` if it does not end.
    fn steps(
        &mut self,
        function: Option<usize>,
        thread: &Thread,
        frame: &mut Frame,
        patience: &mut u64,
    ) -> Option<Option<Vec<Scalar>>> {
        loop {
            let code = function.map_or(&self.of.code, |i| &self.of.functions[i]);
            let (file, body) = (code.file, code.body);
            *patience -= 1;
            if *patience == 0 {
                let line = code.ops.iter().take(frame.pc + 1).rev().find_map(|op| match op {
                    Op::Do(s) => Some(s.line),
                    _ => None,
                });
                let place = self.place(file, line.unwrap_or(0), thread);
                self.report.add(FindingKind::Endless, place, None, || "a loop does not end".into());
                return None;
            }
            frame.pc += 1;
            match code.ops[frame.pc - 1] {
                Op::Do(s) => match &s.node {
                    StmtNode::Call { vars, function, args } => {
                        let args: Vec<Scalar> = args.iter().map(|e| self.value(thread, frame, e)).collect();
                        let results = self.call(*function as usize, thread, args, patience)?;
                        vars.iter().zip(results).for_each(|(v, x)| frame.set(*v, x));
                    }
                    _ => self.execute(At { thread, file, line: s.line }, frame, body, s),
                },
                Op::Wait(_) => {
                    frame.pc -= 1;
                    return Some(None);
                }
                Op::Jump(to) => frame.pc = to,
                Op::Unless(cond, to) => {
                    if !self.value(thread, frame, cond).is_true() {
                        frame.pc = to;
                    }
                }
                Op::Start(slot, l) => frame.loops[slot] = self.count(thread, frame, l),
                Op::Next(slot, l, exit) => {
                    let count = &mut frame.loops[slot];
                    if count.left == 0 {
                        frame.pc = exit;
                    } else {
                        let now = count.next;
                        (count.left, count.next) = (count.left - 1, now + count.step);
                        frame.set(l.var, value::of_integer(l.start.ty, now));
                    }
                }
                Op::Return(values) => {
                    return Some(Some(values.iter().map(|e| self.value(thread, frame, e)).collect()));
                }
            }
        }
    }

    fn call(&mut self, f: usize, thread: &Thread, args: Vec<Scalar>, patience: &mut u64) -> Option<Vec<Scalar>> {
        let mut frame = Frame::new(self.of.functions[f].body, self.of.functions[f].slots);
        let params = &self.of.kernel.functions[f].params;
        params.iter().zip(args).for_each(|(v, x)| frame.set(*v, x));
        // A function has no barriers: it returns.
        self.steps(Some(f), thread, &mut frame, patience).map(Option::unwrap_or_default)
    }

    fn count(&self, thread: &Thread, frame: &Frame, l: &For) -> Count {
        let of = |e: &Expr| value::integer(e.ty, self.value(thread, frame, e));
        let (start, end, step) = (of(&l.start), of(&l.end) + i128::from(l.inclusive), of(&l.step));
        if start >= end || step <= 0 {
            return Count::default();
        }
        let left = (end - start - 1) as u128 / step as u128 + 1;
        if l.rev { Count { left, next: end - 1, step: -step } } else { Count { left, next: start, step } }
    }

    fn execute(&mut self, at: At<'_, 'k>, frame: &mut Frame, body: &Body, s: &Stmt) {
        let thread = at.thread;
        match &s.node {
            StmtNode::Let { var, value: Some(value) } | StmtNode::Assign { var, value } => {
                let x = self.value(thread, frame, value);
                frame.set(*var, x);
            }
            StmtNode::Load { var, from } => {
                let ty = body.variable(*var).ty;
                let found = self.element(at, frame, body, from, 1);
                let x = found.map(|i| self.get(at, frame, from.array, i, How::Read));
                frame.set(*var, x.unwrap_or(zero(ty)));
            }
            StmtNode::Store { to, value } => {
                let x = self.value(thread, frame, value);
                if let Some(i) = self.element(at, frame, body, to, 1) {
                    self.put(at, frame, to.array, i, x);
                }
            }
            StmtNode::Check { cond, fault } if !self.value(thread, frame, cond).is_true() => {
                let place = self.place(at.file, at.line, at.thread);
                let (kind, message) = match fault {
                    Fault::DivisionByZero => (FindingKind::DivisionByZero, "division by zero"),
                    Fault::ZeroStep => (FindingKind::ZeroStep, "a loop with a step of zero"),
                };
                self.report.add(kind, place, None, || message.into());
            }
            StmtNode::Fail { record, key, value } => {
                let fail = [key, value].map(|e| self.value(thread, frame, e));
                self.fail(at, frame, *record, fail);
            }
            StmtNode::Atomic { op, var, at: to, args, .. } => self.atomic(at, frame, body, *op, *var, to, args),
            _ => self.arrays(at, frame, body, s),
        }
    }

    fn arrays(&mut self, at: At<'_, 'k>, frame: &mut Frame, body: &Body, s: &Stmt) {
        match &s.node {
            StmtNode::LetArray { array, values } => {
                let values: Vec<Scalar> = values.iter().map(|e| self.value(at.thread, frame, e)).collect();
                let cells = &mut frame.arrays[*array as usize];
                match values[..] {
                    [] => {}
                    [one] => cells.fill(one),
                    _ => cells.iter_mut().zip(values).for_each(|(c, x)| *c = x),
                }
            }
            StmtNode::CopyArray { to, from } => frame.arrays[*to as usize] = frame.arrays[*from as usize].clone(),
            StmtNode::LoadVector { array, from } => {
                let width = frame.arrays[*array as usize].len();
                let found = self.element(at, frame, body, from, width);
                let element = body.arrays[*array as usize].element;
                for lane in 0..width {
                    let x = found.map(|i| self.get(at, frame, from.array, i + lane, How::Read));
                    frame.arrays[*array as usize][lane] = x.unwrap_or(zero(element));
                }
            }
            StmtNode::StoreVector { to, array } => {
                let values = frame.arrays[*array as usize].clone();
                if let Some(i) = self.element(at, frame, body, to, values.len()) {
                    for (lane, x) in values.into_iter().enumerate() {
                        self.put(at, frame, to.array, i + lane, x);
                    }
                }
            }
            _ => {}
        }
    }

    /// Keeps the smallest key, and the value that belongs to it.
    fn fail(&mut self, at: At<'_, 'k>, frame: &mut Frame, record: u32, [key, value]: [Scalar; 2]) {
        let record = Storage::Param(record);
        let kept = self.get(at, frame, record, 0, How::Atomic).to_i64() as u64;
        if (key.to_i64() as u64) < kept {
            self.set_element(frame, record, 0, key);
            self.set_element(frame, record, 1, value);
        }
    }

    fn atomic(
        &mut self,
        at: At<'_, 'k>,
        frame: &mut Frame,
        body: &Body,
        op: AtomicOp,
        var: Option<Var>,
        to: &Access,
        args: &[Expr],
    ) {
        let args: Vec<(_, Scalar)> = args.iter().map(|e| (e.ty, self.value(at.thread, frame, e))).collect();
        let mut old = zero(args[0].0);
        if let Some(i) = self.element(at, frame, body, to, 1) {
            old = self.get(at, frame, to.array, i, How::Atomic);
            let binary = |op| value::apply(op, args[0].0, &[old, args[0].1]);
            let new = match op {
                AtomicOp::Add => binary(Intrinsic::Add),
                AtomicOp::Min => binary(Intrinsic::Min),
                AtomicOp::Max => binary(Intrinsic::Max),
                AtomicOp::Exchange => args[0].1,
                AtomicOp::CompareExchange if old == args[0].1 => args[1].1,
                AtomicOp::CompareExchange => old,
            };
            self.set_element(frame, to.array, i, new);
        }
        var.into_iter().for_each(|v| frame.set(v, old));
    }

    /// The number of the first of `width` elements at a place, if they are there.
    fn element(&mut self, at: At<'_, 'k>, frame: &Frame, body: &Body, access: &Access, width: usize) -> Option<usize> {
        let indices: Vec<u64> =
            access.indices.iter().map(|e| self.value(at.thread, frame, e).to_i64() as u64).collect();
        let local;
        let dims: &[u64] = match access.array {
            Storage::Param(i) => &self.of.params[i as usize].as_ref()?.dims,
            Storage::Shared(i) => &self.shared[i as usize].dims,
            Storage::Local(i) => {
                let dims = &body.arrays[i as usize].dims;
                local = dims.iter().map(|d| d.literal().unwrap_or(0)).collect::<Vec<_>>();
                &local
            }
        };
        let found = linear(dims, &indices);
        let fits = |i: usize| {
            i.is_multiple_of(width) && indices.last().zip(dims.last()).is_some_and(|(i, d)| d - i >= width as u64)
        };
        if let Some(i) = found.filter(|i| width == 1 || fits(*i)) {
            return Some(i);
        }
        let dims = format!("{dims:?}");
        let place = self.place(at.file, at.line, at.thread);
        let name = match access.array {
            Storage::Local(i) => &body.arrays[i as usize].name,
            storage => &self.of.kernel.array(body, storage).name,
        };
        self.report.add(FindingKind::OutOfBounds, place, None, || match width {
            1 => format!("index {indices:?} of `{name}`, whose sizes are {dims}"),
            _ => format!("a vector of {width} at {indices:?} of `{name}`, whose sizes are {dims}, does not fit there"),
        });
        None
    }

    fn get(&mut self, at: At<'_, 'k>, frame: &Frame, array: Storage, i: usize, how: How) -> Scalar {
        self.note(at, array, i, how);
        match array {
            Storage::Local(a) => frame.arrays[a as usize][i],
            Storage::Shared(a) => self.shared[a as usize].load(i),
            Storage::Param(a) => self.of.params[a as usize].as_ref().map_or(Scalar::Int(0), |m| m.load(i)),
        }
    }

    fn put(&mut self, at: At<'_, 'k>, frame: &mut Frame, array: Storage, i: usize, x: Scalar) {
        self.note(at, array, i, How::Write);
        self.set_element(frame, array, i, x);
    }

    fn set_element(&mut self, frame: &mut Frame, array: Storage, i: usize, x: Scalar) {
        match array {
            Storage::Local(a) => frame.arrays[a as usize][i] = x,
            Storage::Shared(a) => self.shared[a as usize].store(i, x),
            Storage::Param(a) => self.of.params[a as usize].iter_mut().for_each(|m| m.store(i, x)),
        }
    }

    /// Notes a touch in the shadow, and what it shows.
    fn note(&mut self, at: At<'_, 'k>, array: Storage, i: usize, how: How) {
        let touch = Touch {
            block: self.number,
            thread: at.thread.number,
            warp_time: self.warp_time[at.thread.number as usize / 32],
            block_time: self.block_time,
            line: at.line,
        };
        let shown = match array {
            Storage::Local(_) => None,
            Storage::Shared(a) => shown(&mut self.shared[a as usize], i, touch, how),
            Storage::Param(a) => self.of.params[a as usize].as_mut().and_then(|m| shown(m, i, touch, how)),
        };
        let Some((name, valued, race)) = shown else { return };
        let place = self.place(at.file, at.line, at.thread);
        if !valued {
            self.report.add(FindingKind::Uninitialised, place, None, || format!("{name} is read before it is written"));
        }
        let Some(before) = race else { return };
        let does = match how {
            How::Read => "reads",
            How::Write => "writes",
            How::Atomic => "updates",
        };
        let Touch { block, thread, line, .. } = before;
        if block == touch.block {
            self.report.add(FindingKind::Race, place, Some(line), || {
                format!("a thread {does} {name}, and thread {thread} touches it in line {line} with no barrier between")
            });
        } else {
            self.report.add(FindingKind::BlockRace, place, Some(line), || {
                format!("a thread {does} {name}, and block {block} touches it in line {line}")
            });
        }
    }

    /// The value of an expression.
    pub(super) fn value(&self, thread: &Thread, frame: &Frame, e: &Expr) -> Scalar {
        let of = |e: &Expr| self.value(thread, frame, e);
        match &e.node {
            ExprNode::Int(x) => value::of_integer(e.ty, *x),
            ExprNode::Float(x) => Scalar::Float(*x),
            ExprNode::Bool(b) => Scalar::Int((*b).into()),
            ExprNode::Size(size) => Scalar::Int(size.eval(&self.of.dims).unwrap_or(0) as i64),
            ExprNode::Var(v) => frame.vars[v.0 as usize],
            ExprNode::Index(index) => Scalar::Int(self.index(thread, *index) as i64),
            ExprNode::Apply(op, args) => {
                let mut values = [Scalar::Int(0); 3];
                values.iter_mut().zip(args).for_each(|(v, e)| *v = of(e));
                value::apply(*op, args[args.len() - 1].ty, &values[..args.len()])
            }
            ExprNode::Fma(args) => value::fma(e.ty, [&args[0], &args[1], &args[2]].map(|e| of(e).to_f64())),
            ExprNode::DivCeil(ab) => {
                let (a, b) = (value::integer(e.ty, of(&ab[0])), value::integer(e.ty, of(&ab[1])));
                value::of_integer(e.ty, if b == 0 { 0 } else { (a + b - 1).div_euclid(b) })
            }
            ExprNode::Extreme(r, ab) => value::extreme(*r, of(&ab[0]), of(&ab[1])),
            ExprNode::Cast(x) => value::cast(x.ty, e.ty, of(x)),
        }
    }

    fn index(&self, thread: &Thread, index: Index) -> u64 {
        match index {
            Index::Thread(axis) => thread.index[axis as usize].into(),
            Index::Block(axis) => self.block[axis as usize],
            Index::Global => self.block[0] * u64::from(self.of.kernel.block[0]) + u64::from(thread.index[0]),
            Index::Lane => u64::from(thread.number % 32),
            Index::Warp => u64::from(thread.number / 32),
        }
    }
}

/// What a touch shows, if anything is wrong: the name of the element, whether it has a value (or gets one), and an earlier
/// touch that races.
fn shown(memory: &mut Memory, i: usize, touch: Touch, how: How) -> Option<(String, bool, Option<Touch>)> {
    let shadow = memory.shadow.as_mut()?;
    let valued = how == How::Write || shadow.is_valued(i);
    let race = if how == How::Write { shadow.write(i, touch) } else { shadow.touch(i, touch) };
    if !valued {
        shadow.give_value(i);
    }
    (!valued || race.is_some()).then(|| (format!("{}{}", memory.array.name, position(&memory.dims, i)), valued, race))
}
