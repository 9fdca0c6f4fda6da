//! Writing typed kernels statement by statement.

use std::collections::HashMap;

use crate::Intrinsic;
use crate::kernel::ir::{
    Access, Array, Block, Body, Collective, Expr, ExprNode, For, Index, Level, ScalarType, Shuffle, Size, Stmt,
    StmtNode, Storage, Var, Variable,
};

/// A body that grows: variables, arrays, and the blocks that are open.
pub(super) struct Writer {
    pub body: Body,
    pub shared: Vec<Array>,
    blocks: Vec<Block>,
    /// How often a name was asked for.
    names: HashMap<String, usize>,
}

/// A `usize`.
pub(super) fn size(x: usize) -> Expr {
    Expr::int(ScalarType::Usize, x as i128)
}

/// The value of a literal.
fn literal(e: &Expr) -> Option<i128> {
    if let ExprNode::Int(x) = e.node { Some(x) } else { None }
}

pub(super) fn apply(op: Intrinsic, ty: ScalarType, args: Vec<Expr>) -> Expr {
    Expr { ty, node: ExprNode::Apply(op, args) }
}

pub(super) fn cast(to: ScalarType, e: Expr) -> Expr {
    if e.ty == to { e } else { Expr { ty: to, node: ExprNode::Cast(Box::new(e)) } }
}

fn binary(op: Intrinsic, a: Expr, b: Expr) -> Expr {
    apply(op, a.ty, vec![a, b])
}

pub(super) fn add(a: Expr, b: Expr) -> Expr {
    match (literal(&a), literal(&b)) {
        (Some(x), Some(y)) => Expr::int(a.ty, a.ty.wrap(x + y)),
        (Some(0), _) => b,
        (_, Some(0)) => a,
        _ => binary(Intrinsic::Add, a, b),
    }
}

pub(super) fn sub(a: Expr, b: Expr) -> Expr {
    if literal(&b) == Some(0) { a } else { binary(Intrinsic::Sub, a, b) }
}

pub(super) fn mul(a: Expr, b: Expr) -> Expr {
    match (literal(&a), literal(&b)) {
        (Some(x), Some(y)) => Expr::int(a.ty, a.ty.wrap(x * y)),
        (Some(0), _) | (_, Some(1)) => a,
        (Some(1), _) | (_, Some(0)) => b,
        _ => binary(Intrinsic::Mul, a, b),
    }
}

pub(super) fn mul_float(a: Expr, b: Expr) -> Expr {
    binary(Intrinsic::Mul, a, b)
}

pub(super) fn div(a: Expr, b: usize) -> Expr {
    if b == 1 { a } else { binary(Intrinsic::Div, a, size(b)) }
}

pub(super) fn rem(a: Expr, b: usize) -> Expr {
    if b == 1 { size(0) } else { binary(Intrinsic::Rem, a, size(b)) }
}

pub(super) fn compare(op: Intrinsic, a: Expr, b: Expr) -> Expr {
    apply(op, ScalarType::Bool, vec![a, b])
}

pub(super) fn less(a: Expr, b: Expr) -> Expr {
    compare(Intrinsic::Lt, a, b)
}

pub(super) fn not(e: Expr) -> Expr {
    apply(Intrinsic::Not, ScalarType::Bool, vec![e])
}

/// Whether all hold; `None` if there are none.
pub(super) fn all(conditions: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(|a, b| apply(Intrinsic::And, ScalarType::Bool, vec![a, b]))
}

pub(super) fn select(c: Expr, a: Expr, b: Expr) -> Expr {
    apply(Intrinsic::Select, a.ty, vec![c, a, b])
}

pub(super) fn index(i: Index) -> Expr {
    Expr { ty: ScalarType::Usize, node: ExprNode::Index(i) }
}

/// An element in bounds.
pub(super) fn at(array: Storage, i: Expr) -> Access {
    Access { array, indices: vec![i], checked: false, narrow: false }
}

/// An array of one axis.
pub(super) fn array(name: String, element: ScalarType, len: usize) -> Array {
    Array { name, line: 0, element, dims: vec![Size::Literal(len as u64)] }
}

impl Writer {
    pub fn new() -> Writer {
        Writer { body: Body::default(), shared: Vec::new(), blocks: vec![Block::new()], names: HashMap::new() }
    }

    pub fn finish(mut self) -> (Body, Vec<Array>) {
        self.body.stmts = self.blocks.pop().unwrap_or_default();
        (self.body, self.shared)
    }

    pub fn push(&mut self, node: StmtNode) {
        if let Some(block) = self.blocks.last_mut() {
            block.push(Stmt { line: 0, node });
        }
    }

    /// What is written from here on, to the matching [`close`](Writer::close), is a block of its own.
    pub fn open(&mut self) {
        self.blocks.push(Block::new());
    }

    pub fn close(&mut self) -> Block {
        self.blocks.pop().unwrap_or_default()
    }

    /// A name that no other variable or array has.
    fn fresh(&mut self, name: &str) -> String {
        let n = self.names.entry(name.into()).or_default();
        *n += 1;
        if *n == 1 { name.into() } else { format!("{name}_{n}") }
    }

    fn var(&mut self, name: &str, ty: ScalarType) -> Var {
        let name = self.fresh(name);
        self.body.variables.push(Variable { name, ty, narrow: false });
        Var(self.body.variables.len() as u32 - 1)
    }

    /// A variable with a value.
    pub fn bind(&mut self, name: &str, value: Expr) -> Expr {
        if matches!(value.node, ExprNode::Int(_) | ExprNode::Var(_)) {
            return value;
        }
        let (ty, var) = (value.ty, self.var(name, value.ty));
        self.push(StmtNode::Let { var, value: Some(value) });
        Expr::var(ty, var)
    }

    /// A variable that is assigned later, too.
    pub fn variable(&mut self, name: &str, value: Expr) -> Var {
        let var = self.var(name, value.ty);
        self.push(StmtNode::Let { var, value: Some(value) });
        var
    }

    pub fn assign(&mut self, var: Var, value: Expr) {
        self.push(StmtNode::Assign { var, value });
    }

    /// The element at a place, as a variable.
    pub fn load(&mut self, name: &str, ty: ScalarType, from: Access) -> Expr {
        let var = self.var(name, ty);
        self.push(StmtNode::Load { var, from });
        Expr::var(ty, var)
    }

    pub fn store(&mut self, to: Access, value: Expr) {
        self.push(StmtNode::Store { to, value });
    }

    /// An array of the thread that is not declared yet.
    pub fn local(&mut self, name: &str, ty: ScalarType, len: usize) -> u32 {
        let name = self.fresh(name);
        self.body.arrays.push(array(name, ty, len));
        self.body.arrays.len() as u32 - 1
    }

    /// An array of the thread, filled with a value if there is one.
    pub fn declare(&mut self, name: &str, ty: ScalarType, len: usize, value: Option<Expr>) -> u32 {
        let array = self.local(name, ty, len);
        self.push(StmtNode::LetArray { array, values: value.into_iter().collect() });
        array
    }

    pub fn share(&mut self, name: &str, ty: ScalarType, len: usize) -> Storage {
        let name = format!("{name}{}", self.shared.len());
        self.shared.push(array(name, ty, len));
        Storage::Shared(self.shared.len() as u32 - 1)
    }

    /// Starts a loop of known trips; its number comes back, and goes to [`end_loop`](Writer::end_loop).
    pub fn begin_loop(&mut self, name: &str) -> (Var, Expr) {
        let var = self.var(name, ScalarType::Usize);
        self.open();
        (var, Expr::var(ScalarType::Usize, var))
    }

    pub fn end_loop(&mut self, var: Var, trips: usize) {
        let body = self.close();
        let (start, end, step) = (size(0), size(trips), size(1));
        self.push(StmtNode::For(For { var, start, end, inclusive: false, rev: false, step, body }));
    }

    /// Ends what [`open`](Writer::open) began as the branch of a condition, or as part of this block if there is none.
    pub fn close_if(&mut self, cond: Option<Expr>) {
        let then = self.close();
        match cond {
            Some(cond) if !then.is_empty() => self.push(StmtNode::If { cond, then, els: Block::new() }),
            Some(_) => {}
            None => self.blocks.last_mut().into_iter().for_each(|b| b.extend(then.iter().cloned())),
        }
    }

    /// The value of another lane of the warp.
    pub fn shuffle_xor(&mut self, v: Expr, bits: usize) -> Expr {
        let (ty, var) = (v.ty, self.var("other", v.ty));
        let args = vec![v, Expr::int(ScalarType::U32, bits as i128)];
        self.push(StmtNode::Collective { op: Collective::Shuffle(Shuffle::Xor), var, args });
        Expr::var(ty, var)
    }

    pub fn sync(&mut self, level: Level) {
        self.push(StmtNode::Sync(level));
    }
}
