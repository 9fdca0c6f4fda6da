//! Typed kernels as text, in the manner of Rust, for people.

use std::fmt::{Display, Formatter, Result, Write};

use super::{
    Access, Array, Block, Body, Expr, ExprNode, Fault, For, Function, Index, Kernel, Level, Param, Reduction, Size,
    SizeOp, Stmt, StmtNode, Storage, Var,
};
use crate::kernel::Mode;

/// What names stand in a body.
struct Names<'a> {
    kernel: Option<&'a Kernel>,
    functions: &'a [Function],
    body: &'a Body,
}

fn list<T>(items: &[T], f: impl FnMut(&T) -> String) -> String {
    items.iter().map(f).collect::<Vec<_>>().join(", ")
}

impl Display for Kernel {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for i in 0..self.functions.len() {
            writeln!(f, "{}", Named(&self.functions[i], &self.functions))?;
        }
        let names = Names { kernel: Some(self), functions: &self.functions, body: &self.body };
        let params = list(&self.params, |p| match p {
            Param::Array { mode, array } => {
                let mode = match mode {
                    Mode::In => "in",
                    Mode::Out => "out",
                    Mode::Zeroed => "zeroed",
                    Mode::InOut => "inout",
                };
                format!("{}: {mode} {}", array.name, names.ty(array))
            }
            Param::Scalar(v) => format!("{}: {}", names.var(*v), self.body.variable(*v).ty),
        });
        writeln!(f, "kernel {}({params})", self.name)?;
        writeln!(f, "block {:?}, grid [{}] {{", self.block, list(&self.grid, |s| names.size(s)))?;
        for s in &self.shared {
            writeln!(f, "    shared {}: {}", s.name, names.ty(s))?;
        }
        names.block(f, &self.body.stmts, 1)?;
        f.write_str("}")
    }
}

/// A function among those that it may call.
pub(super) struct Named<'a>(pub &'a Function, pub &'a [Function]);

impl Display for Named<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Named(function, functions) = self;
        let names = Names { kernel: None, functions, body: &function.body };
        let params = list(&function.params, |v| format!("{}: {}", names.var(*v), function.body.variable(*v).ty));
        writeln!(f, "fn {}({params}) -> ({}) {{", function.name, list(&function.results, |t| t.to_string()))?;
        names.block(f, &function.body.stmts, 1)?;
        f.write_str("}")
    }
}

impl Names<'_> {
    fn var(&self, v: Var) -> &str {
        &self.body.variable(v).name
    }

    fn size(&self, size: &Size) -> String {
        match size {
            Size::Literal(x) => x.to_string(),
            Size::Argument(i) => match self.kernel.and_then(|k| k.arguments.get(*i as usize)) {
                Some(name) => name.clone(),
                None => format!("argument {i}"),
            },
            Size::Binary(op, ab) => {
                let (a, b) = (self.size(&ab.0), self.size(&ab.1));
                match op {
                    SizeOp::Add => format!("({a} + {b})"),
                    SizeOp::Sub => format!("({a} - {b})"),
                    SizeOp::Mul => format!("({a} * {b})"),
                    SizeOp::Div => format!("({a} / {b})"),
                    SizeOp::Rem => format!("({a} % {b})"),
                    SizeOp::DivCeil => format!("div_ceil({a}, {b})"),
                    SizeOp::Min => format!("min({a}, {b})"),
                    SizeOp::Max => format!("max({a}, {b})"),
                }
            }
        }
    }

    fn ty(&self, array: &Array) -> String {
        format!("{}[{}]", array.element, list(&array.dims, |d| self.size(d)))
    }

    fn array(&self, storage: Storage) -> &str {
        match (storage, self.kernel) {
            (Storage::Local(i), _) => &self.body.arrays[i as usize].name,
            (_, Some(kernel)) => &kernel.array(self.body, storage).name,
            (_, None) => "?",
        }
    }

    /// `x[i, j]`; `x![i]` is not checked.
    fn access(&self, a: &Access) -> String {
        let mark = if a.checked { "" } else { "!" };
        format!("{}{mark}[{}]", self.array(a.array), list(&a.indices, |e| self.expr(e)))
    }

    fn block(&self, f: &mut Formatter<'_>, block: &Block, depth: usize) -> Result {
        block.iter().try_for_each(|s| self.stmt(f, s, depth))
    }

    fn nested(&self, f: &mut Formatter<'_>, head: &str, body: &Block, depth: usize) -> Result {
        writeln!(f, "{head} {{")?;
        self.block(f, body, depth + 1)?;
        writeln!(f, "{:1$}}}", "", 4 * depth)
    }

    fn stmt(&self, f: &mut Formatter<'_>, s: &Stmt, depth: usize) -> Result {
        write!(f, "{:1$}", "", 4 * depth)?;
        let exprs = |list: &[Expr]| list.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(", ");
        let local = |i: u32| self.body.arrays[i as usize].name.as_str();
        let text = match &s.node {
            StmtNode::Let { var, value } => {
                let value = value.as_ref().map_or(String::new(), |e| format!(" = {}", self.expr(e)));
                format!("let {}: {}{value}", self.var(*var), self.body.variable(*var).ty)
            }
            StmtNode::Assign { var, value } => format!("{} = {}", self.var(*var), self.expr(value)),
            StmtNode::LetArray { array, values } => {
                let a = &self.body.arrays[*array as usize];
                format!("let {}: {} = [{}]", a.name, self.ty(a), exprs(values))
            }
            StmtNode::CopyArray { to, from } => format!("{} = {}", local(*to), local(*from)),
            StmtNode::Load { var, from } => format!("let {} = {}", self.var(*var), self.access(from)),
            StmtNode::Store { to, value } => format!("{} = {}", self.access(to), self.expr(value)),
            StmtNode::LoadVector { array, from } => format!("let {} = vector {}", local(*array), self.access(from)),
            StmtNode::StoreVector { to, array } => format!("vector {} = {}", self.access(to), local(*array)),
            StmtNode::Atomic { op, scope, var, at, args } => {
                let var = var.map_or(String::new(), |v| format!("let {} = ", self.var(v)));
                format!("{var}atomic {op:?} {scope:?} {} ({})", self.access(at), exprs(args))
            }
            StmtNode::Collective { op, var, args } => format!("let {} = {op:?} ({})", self.var(*var), exprs(args)),
            StmtNode::Call { vars, function, args } => {
                let name = &self.functions[*function as usize].name;
                format!("let ({}) = {name}({})", list(vars, |v| self.var(*v).into()), exprs(args))
            }
            StmtNode::Sync(Level::Block) => "sync_threads".into(),
            StmtNode::Sync(Level::Warp) => "sync_warp".into(),
            StmtNode::If { cond, then, els } => {
                self.nested(f, &format!("if {}", self.expr(cond)), then, depth)?;
                if els.is_empty() {
                    return Ok(());
                }
                write!(f, "{:1$}", "", 4 * depth)?;
                return self.nested(f, "else", els, depth);
            }
            StmtNode::While { cond, body } => {
                return self.nested(f, &format!("while {}", self.expr(cond)), body, depth);
            }
            StmtNode::For(l) => return self.nested(f, &self.head(l), &l.body, depth),
            StmtNode::Break => "break".into(),
            StmtNode::Continue => "continue".into(),
            StmtNode::Return(values) => format!("return {}", exprs(values)).trim_end().into(),
            StmtNode::Block(body) => return self.nested(f, "block", body, depth),
            StmtNode::Check { cond, fault: Fault::DivisionByZero } => format!("check {}", self.expr(cond)),
            StmtNode::Check { cond, fault: Fault::ZeroStep } => format!("check step {}", self.expr(cond)),
            StmtNode::Fail { key, value, .. } => format!("fail {} ({})", self.expr(key), self.expr(value)),
        };
        writeln!(f, "{text}")
    }

    fn head(&self, l: &For) -> String {
        let dots = if l.inclusive { "..=" } else { ".." };
        let mut text = format!("for {} in {}{dots}{}", self.var(l.var), self.expr(&l.start), self.expr(&l.end));
        if l.rev {
            text.push_str(" rev");
        }
        if l.step.node != ExprNode::Int(1) {
            let _ = write!(text, " step {}", self.expr(&l.step));
        }
        text
    }

    fn expr(&self, e: &Expr) -> String {
        match &e.node {
            ExprNode::Int(x) => x.to_string(),
            ExprNode::Float(x) => format!("{x:?}"),
            ExprNode::Bool(b) => b.to_string(),
            ExprNode::Size(size) => self.size(size),
            ExprNode::Var(v) => self.var(*v).into(),
            ExprNode::Index(index) => match index {
                Index::Thread(axis) => format!("thread.{}", ["x", "y", "z"][*axis as usize]),
                Index::Block(axis) => format!("block.{}", ["x", "y", "z"][*axis as usize]),
                Index::Global => "global".into(),
                Index::Lane => "lane".into(),
                Index::Warp => "warp".into(),
            },
            ExprNode::Apply(op, args) => format!("{op}({})", list(args, |a| self.expr(a))),
            ExprNode::Fma(args) => format!("fma({})", list(args.as_slice(), |a| self.expr(a))),
            ExprNode::DivCeil(args) => format!("div_ceil({})", list(args.as_slice(), |a| self.expr(a))),
            ExprNode::Extreme(r, args) => {
                let name = if *r == Reduction::Min { "smallest" } else { "largest" };
                format!("{name}({})", list(args.as_slice(), |a| self.expr(a)))
            }
            ExprNode::Cast(x) => format!("{}({})", e.ty, self.expr(x)),
        }
    }
}

/// A function and those that it calls, before it.
pub fn functions(functions: &[Function]) -> String {
    functions.iter().map(|f| format!("{}\n", Named(f, functions))).collect()
}
