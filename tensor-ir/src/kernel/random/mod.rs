//! Random kernels for tests: of every construct, free of races by construction, with the same bits on every device.
//!
//! Integers stay within 16 bits, so nothing overflows in a debug build; floats go through correctly rounded operations
//! only. Shared memory is touched by one thread an element between two barriers; barriers and collectives stand in flow
//! that depends on the block and on scalars alone.
//!
//! Every kernel has the signature `(x: f32[R, T], k: i32[R, T]) -> (y: f32[R, T], z: i32[R, T])` and scalars `a: f32`,
//! `n: i32` from 0 to 7, for R blocks of T threads.

mod rust;

pub use rust::source;

use super::{
    BinOp, Block, Callee, Expr, ExprNode, Generic, GenericKind, Kind, Mode, Param, ParamKind, Place, Stmt, StmtNode,
    Template, UnOp,
};

/// A kernel, the same for the same seed. Its block has 32, 64 or 128 threads, or 48, which is not whole warps.
pub fn template(seed: u64) -> Template {
    let mut g = Generator { state: seed ^ 0x9E37_79B9_7F4A_7C15, floats: vec!["a".into()], ..Generator::default() };
    let threads = [32, 64, 128, 48][g.below(4)];
    g.threads = threads;
    let mut body = vec![
        bind("t", call("thread_idx", vec![])),
        bind("b", call("block_idx", vec![])),
        bind("f", at("x", vec![var("b"), var("t")])),
        bind("i", mask(at("k", vec![var("b"), var("t")]))),
    ];
    g.floats.push("f".into());
    g.ints.extend(["n".into(), "i".into()]);
    g.fixed.extend(["a".into(), "n".into()]);
    for (name, element, dims) in [("s", "f32", vec![int(threads)]), ("q", "i32", vec![var("R"), int(threads)])] {
        body.push(stmt(StmtNode::Shared { name: name.into(), element: element.into(), dims }));
    }
    let count = 5 + g.below(6);
    g.stmts(&mut body, count, 0, true);
    let (f, i) = (g.float(2), g.int(2));
    body.push(set(place("y", vec![var("b"), var("t")]), f));
    body.push(set(place("z", vec![var("b"), var("t")]), i));
    let dims = || vec![var("R"), int(threads)];
    let array = |name: &str, mode, element: &str| Param {
        name: name.into(),
        line: 1,
        kind: ParamKind::Array { mode, element: element.into(), dims: dims() },
    };
    let scalar = |name: &str, ty: &str| Param { name: name.into(), line: 1, kind: ParamKind::Scalar(ty.into()) };
    Template {
        name: format!("random_{seed}"),
        kind: Kind::Grid,
        file: "random.rs".into(),
        generics: vec![Generic { name: "R".into(), kind: GenericKind::Dim }],
        params: vec![
            array("x", Mode::In, "f32"),
            array("k", Mode::In, "i32"),
            array("y", Mode::Out, "f32"),
            array("z", Mode::Out, "i32"),
            scalar("a", "f32"),
            scalar("n", "i32"),
        ],
        results: Vec::new(),
        block: vec![int(threads)],
        grid: vec![var("R")],
        body,
        callees: Vec::new(),
        constants: Vec::new(),
    }
}

#[derive(Default)]
struct Generator {
    state: u64,
    threads: u64,
    names: u32,
    floats: Vec<String>,
    ints: Vec<String>,
    /// Names that are not assigned.
    fixed: Vec<String>,
}

fn e(node: ExprNode) -> Expr {
    Expr { line: 1, node }
}

fn stmt(node: StmtNode) -> Stmt {
    Stmt { line: 1, node }
}

fn place(name: &str, indices: Vec<Expr>) -> Place {
    Place { name: name.into(), indices, unchecked: false }
}

fn var(name: &str) -> Expr {
    at(name, Vec::new())
}

fn at(name: &str, indices: Vec<Expr>) -> Expr {
    e(ExprNode::Place(place(name, indices)))
}

fn int(x: u64) -> Expr {
    e(ExprNode::Int(x, None))
}

fn binary(op: BinOp, a: Expr, b: Expr) -> Expr {
    e(ExprNode::Binary(op, Box::new(a), Box::new(b)))
}

fn mask(x: Expr) -> Expr {
    binary(BinOp::BitAnd, x, int(0xFFFF))
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    e(ExprNode::Call { callee: Callee::Language(name.into()), types: Vec::new(), args })
}

fn cast(x: Expr, ty: &str) -> Expr {
    e(ExprNode::Cast(Box::new(x), ty.into()))
}

fn bind(name: &str, value: Expr) -> Stmt {
    stmt(StmtNode::Let { names: vec![name.into()], ty: None, value: Some(value) })
}

fn set(place: Place, value: Expr) -> Stmt {
    stmt(StmtNode::Assign { place, op: None, value })
}

fn sync() -> Stmt {
    stmt(StmtNode::Expr(call("sync_threads", Vec::new())))
}

impl Generator {
    /// The next number of a splitmix64 generator, below `n`.
    fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn some_float(&mut self) -> Expr {
        let i = self.below(self.floats.len());
        var(&self.floats[i].clone())
    }

    fn some_int(&mut self) -> Expr {
        let i = self.below(self.ints.len());
        var(&self.ints[i].clone())
    }

    fn float(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return match self.below(4) {
                0 => e(ExprNode::Float(["0.5", "1.0", "2.25", "3.0e-3"][self.below(4)].into(), None)),
                _ => self.some_float(),
            };
        }
        let d = depth - 1;
        match self.below(9) {
            0 => binary(BinOp::Add, self.float(d), self.float(d)),
            1 => binary(BinOp::Sub, self.float(d), self.float(d)),
            2 => binary(BinOp::Mul, self.float(d), self.float(d)),
            3 => call(["max", "min"][self.below(2)], vec![self.float(d), self.float(d)]),
            4 => call("sqrt", vec![call("abs", vec![self.float(d)])]),
            5 => cast(self.int(d), "f32"),
            6 => call("select", vec![self.bool(d), self.float(d), self.float(d)]),
            7 => {
                let below =
                    binary(BinOp::Add, call("abs", vec![self.float(d)]), e(ExprNode::Float("1.0".into(), None)));
                binary(BinOp::Div, self.float(d), below)
            }
            _ => {
                let arm = |g: &mut Self| (Vec::new(), Box::new(g.float(d)));
                e(ExprNode::If { cond: Box::new(self.bool(d)), then: arm(self), els: arm(self) })
            }
        }
    }

    /// From 0 to 0xFFFF.
    fn int(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return if self.below(3) == 0 { int(self.below(100) as u64) } else { self.some_int() };
        }
        let d = depth - 1;
        match self.below(8) {
            0 => mask(binary(BinOp::Add, self.int(d), self.int(d))),
            1 => mask(binary(BinOp::Sub, self.int(d), self.int(d))),
            2 => {
                let small = binary(BinOp::BitAnd, self.int(d), int(0x7FFF));
                mask(binary(BinOp::Mul, small, self.int(d)))
            }
            3 => {
                binary([BinOp::Div, BinOp::Rem][self.below(2)], self.int(d), binary(BinOp::BitOr, self.int(d), int(1)))
            }
            4 => binary([BinOp::BitAnd, BinOp::BitOr, BinOp::BitXor][self.below(3)], self.int(d), self.int(d)),
            5 => binary(BinOp::Shr, self.int(d), binary(BinOp::BitAnd, self.int(d), int(7))),
            6 => mask(cast(self.float(d), "i32")),
            _ => cast(binary(BinOp::Rem, binary(BinOp::Add, var("t"), int(self.below(9) as u64)), int(7)), "i32"),
        }
    }

    fn bool(&mut self, depth: usize) -> Expr {
        let d = depth.saturating_sub(1);
        let compare = [BinOp::Lt, BinOp::Le, BinOp::Gt, BinOp::Ge, BinOp::Eq, BinOp::Ne][self.below(6)];
        match self.below(if depth == 0 { 2 } else { 5 }) {
            0 => binary(compare, self.float(d), self.float(d)),
            1 => binary(compare, self.int(d), self.int(d)),
            2 => binary(BinOp::And, self.bool(d), self.bool(d)),
            3 => binary(BinOp::Or, self.bool(d), self.bool(d)),
            _ => e(ExprNode::Unary(UnOp::Not, Box::new(self.bool(d)))),
        }
    }

    fn stmts(&mut self, out: &mut Block, count: usize, depth: usize, uniform: bool) {
        for _ in 0..count {
            match self.below(if uniform { 14 } else { 7 }) {
                0 | 1 => self.declare(out),
                2 | 3 => self.assign(out),
                4 if depth < 2 => {
                    let cond = self.bool(2);
                    let (then, els) = (self.nested(depth, false), self.nested(depth, false));
                    out.push(stmt(StmtNode::If { cond, then, els }));
                }
                5 if depth < 2 => self.divergent_loop(out, depth),
                6 => self.local_array(out),
                7 => self.exchange(out),
                8 | 9 => self.warp(out),
                10 => self.block(out),
                11 => self.atomic(out),
                12 if depth < 2 => {
                    // The same for all threads of the block.
                    let cond = binary(BinOp::Lt, var("n"), int(self.below(8) as u64));
                    let (then, els) = (self.nested(depth, true), self.nested(depth, true));
                    out.push(stmt(StmtNode::If { cond, then, els }));
                }
                13 if depth < 2 => self.uniform_loop(out, depth),
                _ => self.assign(out),
            }
        }
    }

    fn nested(&mut self, depth: usize, uniform: bool) -> Block {
        let known = (self.floats.len(), self.ints.len());
        let mut block = Vec::new();
        let count = 1 + self.below(3);
        self.stmts(&mut block, count, depth + 1, uniform);
        self.floats.truncate(known.0);
        self.ints.truncate(known.1);
        block
    }

    fn new_float(&mut self, out: &mut Block, value: Expr) {
        let name = self.name("f");
        out.push(bind(&name, value));
        self.floats.push(name);
    }

    fn new_int(&mut self, out: &mut Block, value: Expr) {
        let name = self.name("i");
        out.push(bind(&name, value));
        self.ints.push(name);
    }

    fn declare(&mut self, out: &mut Block) {
        if self.below(2) == 0 {
            let value = self.float(3);
            self.new_float(out, value);
        } else {
            let value = self.int(3);
            self.new_int(out, value);
        }
    }

    fn assign(&mut self, out: &mut Block) {
        let float = self.below(2) == 0;
        let names = if float { self.floats.clone() } else { self.ints.clone() };
        let free: Vec<&String> = names.iter().filter(|n| !self.fixed.contains(n)).collect();
        let name = free[self.below(free.len())].clone();
        let value = if float { self.float(3) } else { self.int(3) };
        out.push(set(place(&name, Vec::new()), value));
    }

    /// Trips that differ from thread to thread, with `continue` and `break`.
    fn divergent_loop(&mut self, out: &mut Block, depth: usize) {
        let count = self.name("c");
        out.push(bind(&count, binary(BinOp::BitAnd, self.int(1), int(5))));
        let one = e(ExprNode::Int(1, None));
        let next = StmtNode::Assign { place: place(&count, vec![]), op: Some(BinOp::Sub), value: one };
        let mut body = vec![stmt(next)];
        if self.below(2) == 0 {
            let then = vec![stmt([StmtNode::Break, StmtNode::Continue][self.below(2)].clone())];
            body.push(stmt(StmtNode::If { cond: self.bool(1), then, els: Vec::new() }));
        }
        body.extend(self.nested(depth, false));
        out.push(stmt(StmtNode::While { cond: binary(BinOp::Gt, var(&count), int(0)), body }));
    }

    fn uniform_loop(&mut self, out: &mut Block, depth: usize) {
        let name = self.name("j");
        let (start, end) = (int(self.below(2) as u64), int(1 + self.below(4) as u64));
        self.ints.push(name.clone());
        self.fixed.push(name.clone());
        let body = self.nested(depth, true);
        self.ints.retain(|n| *n != name);
        let (inclusive, rev) = (self.below(2) == 0, self.below(2) == 0);
        out.push(stmt(StmtNode::For { var: name, start, end, inclusive, rev, step: None, body }));
    }

    fn local_array(&mut self, out: &mut Block) {
        let name = self.name("w");
        let index = |g: &mut Self| cast(binary(BinOp::BitAnd, g.int(1), int(3)), "usize");
        let zero = self.float(1);
        out.push(bind(&name, e(ExprNode::Repeat(Box::new(zero), Box::new(int(4))))));
        let (i, value) = (index(self), self.float(2));
        out.push(set(place(&name, vec![i]), value));
        let i = index(self);
        self.new_float(out, at(&name, vec![i]));
    }

    /// Through shared memory, an element a thread.
    fn exchange(&mut self, out: &mut Block) {
        let threads = self.threads;
        let other = binary(BinOp::Rem, binary(BinOp::Add, var("t"), int(1 + self.below(63) as u64)), int(threads));
        let float = self.below(2) == 0;
        if float {
            let value = self.float(2);
            out.extend([sync(), set(place("s", vec![var("t")]), value), sync()]);
            self.new_float(out, at("s", vec![other]));
        } else {
            let value = self.int(2);
            out.extend([sync(), set(place("q", vec![var("b"), var("t")]), value), sync()]);
            self.new_int(out, at("q", vec![var("b"), other]));
        }
    }

    fn warp(&mut self, out: &mut Block) {
        match self.below(6) {
            0 => {
                let name = ["shuffle_xor", "shuffle_up", "shuffle_down", "shuffle"][self.below(4)];
                let by = self.below(32) as u64;
                let value = call(name, vec![self.some_float(), e(ExprNode::Int(by, Some("u32".into())))]);
                self.new_float(out, value);
            }
            1 => {
                let name = ["warp_reduce_sum", "warp_reduce_max", "warp_reduce_min", "warp_scan_sum"][self.below(4)];
                let value = call(name, vec![self.some_float()]);
                self.new_float(out, value);
            }
            2 => {
                let name = ["warp_reduce_sum", "warp_reduce_max", "warp_scan_sum"][self.below(3)];
                let value = mask(call(name, vec![self.some_int()]));
                self.new_int(out, value);
            }
            3 => {
                let bits = call("ballot", vec![self.bool(1)]);
                let bits = binary(BinOp::BitAnd, bits, e(ExprNode::Int(0xFFFF, Some("u32".into()))));
                self.new_int(out, cast(bits, "i32"));
            }
            n => {
                let value = call(["warp_any", "warp_all"][n - 4], vec![self.bool(1)]);
                self.new_int(out, cast(value, "i32"));
            }
        }
    }

    fn block(&mut self, out: &mut Block) {
        if self.below(2) == 0 {
            let name = ["block_reduce_sum", "block_reduce_max", "block_scan_sum"][self.below(3)];
            let value = call(name, vec![self.some_float()]);
            self.new_float(out, value);
        } else {
            let name = ["block_reduce_sum", "block_reduce_min", "block_scan_sum"][self.below(3)];
            let value = mask(call(name, vec![self.some_int()]));
            self.new_int(out, value);
        }
    }

    /// All threads add to one element of shared memory.
    fn atomic(&mut self, out: &mut Block) {
        let first = binary(BinOp::Eq, var("t"), int(0));
        let zero = set(place("q", vec![var("b"), int(0)]), int(0));
        out.extend([sync(), stmt(StmtNode::If { cond: first, then: vec![zero], els: Vec::new() }), sync()]);
        let name = ["atomic_add", "atomic_max", "atomic_add_block"][self.below(3)];
        let target = e(ExprNode::Ref(place("q", vec![var("b"), int(0)])));
        out.push(stmt(StmtNode::Expr(call(name, vec![target, self.int(1)]))));
        out.push(sync());
        self.new_int(out, mask(at("q", vec![var("b"), int(0)])));
    }
}
