//! A random kernel as the Rust that its author would have written.

use crate::kernel::text::operator;
use crate::kernel::{Callee, Expr, ExprNode, Mode, ParamKind, Place, Stmt, StmtNode, Template, UnOp};

/// The source of a kernel that [`template`](super::template) made: a `#[kernel]` function with its attribute.
pub fn source(t: &Template) -> String {
    let block = expr(t, &t.block[0]);
    let params = t.params.iter().map(|p| match &p.kind {
        ParamKind::Scalar(ty) => format!("{}: {ty}", p.name),
        ParamKind::Array { mode, element, .. } => {
            let borrow = if *mode == Mode::In { "&" } else { "&mut " };
            format!("{}: {borrow}Array<{element}, (R, U{block})>", p.name)
        }
    });
    let params = params.collect::<Vec<_>>().join(", ");
    let body = stmts(t, &t.body, 1);
    format!("#[kernel(block = {block}, grid = R, no_grad)]\nfn {}<R: Dim>({params}) {{\n{body}}}\n", t.name)
}

fn stmts(t: &Template, block: &[Stmt], depth: usize) -> String {
    block.iter().map(|s| format!("{:1$}{2}\n", "", 4 * depth, stmt(t, s, depth))).collect()
}

fn nested(t: &Template, head: &str, block: &[Stmt], depth: usize) -> String {
    format!("{head} {{\n{}{:2$}}}", stmts(t, block, depth + 1), "", 4 * depth)
}

fn stmt(t: &Template, s: &Stmt, depth: usize) -> String {
    let e = |e: &Expr| expr(t, e);
    match &s.node {
        StmtNode::Let { names, value, .. } => {
            let value = value.as_ref().map_or(String::new(), |v| format!(" = {}", e(v)));
            // The indices are not assigned; the others may be.
            let mutable = if ["t", "b"].contains(&names[0].as_str()) { "" } else { "mut " };
            format!("let {mutable}{}{value};", names[0])
        }
        StmtNode::Shared { name, element, dims } => match &dims[..] {
            [one] => format!("let {name} = shared::<[{element}; {}]>();", e(one)),
            [rows, row, ..] => format!("let {name} = shared::<Array<{element}, ({}, U{})>>();", e(rows), e(row)),
            [] => String::new(),
        },
        StmtNode::Assign { place: p, op, value } => {
            format!("{} {}= {};", place(t, p), op.map_or("", operator), e(value))
        }
        StmtNode::Expr(x) => format!("{};", e(x)),
        StmtNode::If { cond, then, els } => {
            let mut text = nested(t, &format!("if {}", e(cond)), then, depth);
            if !els.is_empty() {
                text = nested(t, &format!("{text} else"), els, depth);
            }
            text
        }
        StmtNode::While { cond, body } => nested(t, &format!("while {}", e(cond)), body, depth),
        StmtNode::For { var, start, end, inclusive, rev, body, .. } => {
            let dots = if *inclusive { "..=" } else { ".." };
            let mut range = format!("{}{dots}{}", e(start), e(end));
            if *rev {
                range = format!("({range}).rev()");
            }
            nested(t, &format!("for {var} in {range}"), body, depth)
        }
        StmtNode::Break => "break;".into(),
        StmtNode::Continue => "continue;".into(),
        StmtNode::Return(_) => "return;".into(),
        StmtNode::Block(body) => nested(t, "", body, depth).trim_start().into(),
    }
}

fn place(t: &Template, p: &Place) -> String {
    let indices: Vec<String> = p.indices.iter().map(|i| expr(t, i)).collect();
    match &indices[..] {
        [] => p.name.clone(),
        [one] => format!("{}[{one}]", p.name),
        several => format!("{}[({})]", p.name, several.join(", ")),
    }
}

fn expr(t: &Template, x: &Expr) -> String {
    let e = |x: &Expr| expr(t, x);
    match &x.node {
        ExprNode::Int(n, ty) => format!("{n}{}", ty.as_deref().unwrap_or("")),
        ExprNode::Float(digits, ty) => format!("{digits}{}", ty.as_deref().unwrap_or("")),
        ExprNode::Bool(b) => b.to_string(),
        ExprNode::Place(p) => place(t, p),
        ExprNode::Unary(UnOp::Neg, x) => format!("(-{})", e(x)),
        ExprNode::Unary(UnOp::Not, x) => format!("(!{})", e(x)),
        ExprNode::Binary(op, a, b) => format!("({} {} {})", e(a), operator(*op), e(b)),
        ExprNode::Cast(x, ty) => format!("({} as {ty})", e(x)),
        ExprNode::Call { callee: Callee::Language(name), args, .. } => {
            format!("{name}({})", args.iter().map(e).collect::<Vec<_>>().join(", "))
        }
        ExprNode::If { cond, then, els } => {
            format!("(if {} {{ {} }} else {{ {} }})", e(cond), e(&then.1), e(&els.1))
        }
        ExprNode::Repeat(x, len) => format!("[{}; {}]", e(x), e(len)),
        ExprNode::Ref(p) => format!("&mut {}", place(t, p)),
        other => unreachable!("a random kernel has no {other:?}"),
    }
}
