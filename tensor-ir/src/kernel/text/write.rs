//! Printing.

use super::{binary, generic, kind, mode, unary};
use crate::kernel::{Callee, Expr, ExprNode, ParamKind, Place, Stmt, StmtNode, Template, TypeExpr};

pub(super) fn template(t: &Template) -> String {
    let mut w = Writer::default();
    w.list(kind::name(t.kind), |w| {
        w.atom(&t.name);
        w.atom(&t.file);
        w.list("generics", |w| {
            t.generics.iter().for_each(|g| w.list(generic::name(g.kind), |w| w.atom(&g.name)));
        });
        w.list("params", |w| {
            for p in &t.params {
                w.line(p.line);
                w.list(&p.name, |w| param(w, &p.kind));
            }
        });
        w.list("results", |w| t.results.iter().for_each(|r| w.atom(r)));
        w.list("block", |w| exprs(w, &t.block));
        w.list("grid", |w| exprs(w, &t.grid));
        w.list("callees", |w| t.callees.iter().for_each(|c| w.atom(c)));
        w.list("constants", |w| t.constants.iter().for_each(|c| w.atom(c)));
        stmts(w, &t.body);
    });
    w.out
}

#[derive(Default)]
struct Writer {
    out: String,
    line: u32,
}

impl Writer {
    fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('(') {
            self.out.push(' ');
        }
    }

    fn line(&mut self, line: u32) {
        if line != self.line {
            self.line = line;
            self.space();
            self.out.push_str(&format!("@{line}"));
        }
    }

    fn atom(&mut self, text: &str) {
        self.space();
        let plain = !text.is_empty()
            && !text.starts_with('@')
            && !text.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\\'));
        if plain {
            self.out.push_str(text);
        } else {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            self.out.push_str(&format!("\"{text}\""));
        }
    }

    fn list(&mut self, head: &str, items: impl FnOnce(&mut Writer)) {
        self.group(|w| {
            w.atom(head);
            items(w);
        });
    }

    fn group(&mut self, items: impl FnOnce(&mut Writer)) {
        self.space();
        self.out.push('(');
        items(self);
        self.out.push(')');
    }
}

fn param(w: &mut Writer, p: &ParamKind) {
    match p {
        ParamKind::Scalar(ty) => {
            w.atom("scalar");
            w.atom(ty);
        }
        ParamKind::Array { mode: m, element, dims } => {
            w.atom(mode::name(*m));
            w.atom(element);
            exprs(w, dims);
        }
    }
}

fn ty(w: &mut Writer, t: &TypeExpr) {
    match t {
        TypeExpr::Scalar(name) => w.atom(name),
        TypeExpr::Array(element, len) => w.list("array", |w| {
            ty(w, element);
            expr(w, len);
        }),
    }
}

fn stmts(w: &mut Writer, block: &[Stmt]) {
    block.iter().for_each(|s| stmt(w, s));
}

fn stmt(w: &mut Writer, s: &Stmt) {
    w.line(s.line);
    match &s.node {
        StmtNode::Let { names, ty: declared, value } => w.list("let", |w| {
            w.group(|w| names.iter().for_each(|n| w.atom(n)));
            match declared {
                Some(t) => ty(w, t),
                None => w.atom("_"),
            }
            value.iter().for_each(|v| expr(w, v));
        }),
        StmtNode::Shared { name, element, dims } => w.list("shared", |w| {
            w.atom(name);
            w.atom(element);
            exprs(w, dims);
        }),
        StmtNode::Assign { place: p, op, value } => {
            w.list(&format!("set{}=", op.map_or("", binary::name)), |w| {
                place(w, p);
                expr(w, value);
            });
        }
        StmtNode::Expr(e) => w.list("do", |w| expr(w, e)),
        StmtNode::If { cond, then, els } => w.list("if", |w| {
            expr(w, cond);
            w.group(|w| stmts(w, then));
            w.group(|w| stmts(w, els));
        }),
        StmtNode::While { cond, body } => w.list("while", |w| {
            expr(w, cond);
            stmts(w, body);
        }),
        StmtNode::For { var, start, end, inclusive, rev, step, body } => w.list("for", |w| {
            w.atom(var);
            expr(w, start);
            expr(w, end);
            w.group(|w| {
                [(inclusive, "inclusive"), (rev, "rev")].iter().filter(|(on, _)| **on).for_each(|(_, n)| w.atom(n));
                step.iter().for_each(|s| w.list("step", |w| expr(w, s)));
            });
            stmts(w, body);
        }),
        StmtNode::Break => w.list("break", |_| {}),
        StmtNode::Continue => w.list("continue", |_| {}),
        StmtNode::Return(values) => w.list("return", |w| exprs(w, values)),
        StmtNode::Block(body) => w.list("block", |w| stmts(w, body)),
    }
}

fn place(w: &mut Writer, p: &Place) {
    match (p.unchecked, p.indices.is_empty()) {
        (false, true) => w.atom(&p.name),
        (unchecked, _) => w.list(if unchecked { "at!" } else { "at" }, |w| {
            w.atom(&p.name);
            exprs(w, &p.indices);
        }),
    }
}

fn exprs(w: &mut Writer, list: &[Expr]) {
    list.iter().for_each(|e| expr(w, e));
}

fn expr(w: &mut Writer, e: &Expr) {
    w.line(e.line);
    match &e.node {
        ExprNode::Int(x, None) => w.atom(&x.to_string()),
        ExprNode::Int(x, Some(ty)) => w.list("int", |w| {
            w.atom(&x.to_string());
            w.atom(ty);
        }),
        ExprNode::Float(digits, ty) => w.list("float", |w| {
            w.atom(digits);
            ty.iter().for_each(|t| w.atom(t));
        }),
        ExprNode::Bool(b) => w.atom(&b.to_string()),
        ExprNode::Place(p) => place(w, p),
        ExprNode::Const(i) => w.list("const", |w| w.atom(&i.to_string())),
        ExprNode::Assoc(ty, name) => w.list("assoc", |w| {
            w.atom(ty);
            w.atom(name);
        }),
        ExprNode::Unary(op, x) => w.list(unary::name(*op), |w| expr(w, x)),
        ExprNode::Binary(op, a, b) => w.list(binary::name(*op), |w| {
            expr(w, a);
            expr(w, b);
        }),
        ExprNode::Cast(x, ty) => w.list("as", |w| {
            expr(w, x);
            w.atom(ty);
        }),
        ExprNode::Call { callee, types, args } => call(w, callee, types, args),
        ExprNode::If { cond, then, els } => w.list("if", |w| {
            expr(w, cond);
            for (body, value) in [then, els] {
                w.group(|w| stmts(w, body));
                expr(w, value);
            }
        }),
        ExprNode::Block(body, value) => w.list("block", |w| {
            w.group(|w| stmts(w, body));
            expr(w, value);
        }),
        ExprNode::Tuple(items) => w.list("tuple", |w| exprs(w, items)),
        ExprNode::Array(items) => w.list("array", |w| exprs(w, items)),
        ExprNode::Repeat(x, len) => w.list("repeat", |w| {
            expr(w, x);
            expr(w, len);
        }),
        ExprNode::Ref(p) => w.list("ref", |w| place(w, p)),
        ExprNode::Size(name, axis) => w.list("size", |w| {
            w.atom(name);
            w.atom(&axis.to_string());
        }),
    }
}

/// `(call exp x)`, `(fn 0 x)`; with types `(call (name T ..) x)`.
fn call(w: &mut Writer, callee: &Callee, types: &[TypeExpr], args: &[Expr]) {
    let (head, name) = match callee {
        Callee::Language(name) => ("call", name.clone()),
        Callee::Function(i) => ("fn", i.to_string()),
    };
    w.list(head, |w| {
        match types {
            [] => w.atom(&name),
            types => w.list(&name, |w| types.iter().for_each(|t| ty(w, t))),
        }
        exprs(w, args);
    });
}
