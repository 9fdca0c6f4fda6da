//! Structured statements as flat code, so that a thread can stop anywhere and go on.

use super::super::ir::{Block, Body, Expr, For, Stmt, StmtNode};

pub(super) enum Op<'k> {
    /// A statement that does not stop the thread.
    Do(&'k Stmt),
    /// A barrier or collective: the thread waits here.
    Wait(&'k Stmt),
    Jump(usize),
    /// Jumps if the condition does not hold.
    Unless(&'k Expr, usize),
    /// Starts the loop that counts in this slot.
    Start(usize, &'k For),
    /// The next round of a loop, or a jump.
    Next(usize, &'k For, usize),
    Return(&'k [Expr]),
}

/// The code of a body.
pub(super) struct Code<'k> {
    pub(super) body: &'k Body,
    pub(super) file: &'k str,
    pub(super) ops: Vec<Op<'k>>,
    /// Loops that count.
    pub(super) slots: usize,
}

/// Where `break` and `continue` jump: filled in when the loop's end is known.
struct Loop {
    next: usize,
    breaks: Vec<usize>,
}

impl<'k> Code<'k> {
    pub(super) fn new(body: &'k Body, file: &'k str) -> Code<'k> {
        let mut code = Code { body, file, ops: Vec::new(), slots: 0 };
        code.block(&body.stmts, &mut Vec::new());
        code.ops.push(Op::Return(&[]));
        code
    }

    fn block(&mut self, block: &'k Block, loops: &mut Vec<Loop>) {
        block.iter().for_each(|s| self.stmt(s, loops));
    }

    /// Makes the jump at `at` go to the end of the code so far.
    fn land(&mut self, at: usize) {
        let end = self.ops.len();
        match &mut self.ops[at] {
            Op::Jump(to) | Op::Unless(_, to) | Op::Next(_, _, to) => *to = end,
            _ => {}
        }
    }

    fn jump(&mut self, op: Op<'k>) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn stmt(&mut self, s: &'k Stmt, loops: &mut Vec<Loop>) {
        match &s.node {
            StmtNode::Sync(_) | StmtNode::Collective { .. } => self.ops.push(Op::Wait(s)),
            StmtNode::If { cond, then, els } => {
                let unless = self.jump(Op::Unless(cond, 0));
                self.block(then, loops);
                let over = self.jump(Op::Jump(0));
                self.land(unless);
                self.block(els, loops);
                self.land(over);
            }
            StmtNode::While { cond, body } => {
                let next = self.jump(Op::Unless(cond, 0));
                self.round(next, body, loops);
            }
            StmtNode::For(l) => {
                let slot = self.slots;
                self.slots += 1;
                self.ops.push(Op::Start(slot, l));
                let next = self.jump(Op::Next(slot, l, 0));
                self.round(next, &l.body, loops);
            }
            StmtNode::Break => {
                let at = self.jump(Op::Jump(0));
                loops.iter_mut().last().into_iter().for_each(|l| l.breaks.push(at));
            }
            StmtNode::Continue => {
                let next = loops.last().map_or(self.ops.len() + 1, |l| l.next);
                self.ops.push(Op::Jump(next));
            }
            StmtNode::Return(values) => self.ops.push(Op::Return(values)),
            StmtNode::Block(body) => self.block(body, loops),
            _ => self.ops.push(Op::Do(s)),
        }
    }

    /// The body of a loop whose test is at `next`.
    fn round(&mut self, next: usize, body: &'k Block, loops: &mut Vec<Loop>) {
        loops.push(Loop { next, breaks: Vec::new() });
        self.block(body, loops);
        self.ops.push(Op::Jump(next));
        self.land(next);
        let breaks = loops.pop().map_or(Vec::new(), |l| l.breaks);
        breaks.into_iter().for_each(|at| self.land(at));
    }
}
