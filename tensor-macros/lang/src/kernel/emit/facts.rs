//! What statements do: which variables they use and change, whether they leave, whether threads act together in them.

use super::Emit;
use super::plan::Names;
use crate::kernel::ast::Step;
use crate::kernel::check::{each_expr, each_stmt};
use crate::kernel::language;
use formwork_ir::kernel::{Callee, ExprNode, Stmt, StmtNode};
use proc_macro2::Ident;

/// What a statement does to variables that are declared in lists.
#[derive(Clone, Default)]
pub struct Facts {
    pub uses: Names,
    pub sets: Names,
    pub declares: Names,
    /// Declared without a value.
    pub empty: bool,
    /// Whether it writes to memory, or is called for its effect.
    pub effect: bool,
    pub reads_memory: bool,
    /// Whether a `return` stands in it, or a `continue` of a loop around it.
    pub returns: bool,
    pub continues: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Return,
    Break,
    Continue,
}

/// Calls `f` with the ways out of the statements.
pub fn exits_of(stmts: &[Stmt], loops: usize, f: &mut dyn FnMut(Exit, u32)) {
    for stmt in stmts {
        match &stmt.node {
            StmtNode::Return(_) => f(Exit::Return, stmt.line),
            StmtNode::Break if loops == 0 => f(Exit::Break, stmt.line),
            StmtNode::Continue if loops == 0 => f(Exit::Continue, stmt.line),
            StmtNode::If { then, els, .. } => {
                exits_of(then, loops, f);
                exits_of(els, loops, f);
            }
            StmtNode::While { body, .. } | StmtNode::For { body, .. } => exits_of(body, loops + 1, f),
            StmtNode::Block(body) => exits_of(body, loops, f),
            _ => {}
        }
    }
}

pub fn has_collective(step: &Step) -> bool {
    let mut found = false;
    each_stmt(&step.meaning, &mut |stmt| {
        each_expr(stmt, &mut |e| found |= collective_name(&e.node).is_some());
    });
    found
}

fn collective_name(node: &ExprNode) -> Option<&str> {
    match node {
        ExprNode::Call { callee: Callee::Language(name), .. } if language::is_collective(name) => Some(name),
        _ => None,
    }
}

/// The name and arguments of a call of a collective.
pub fn collective(expr: &syn::Expr) -> Option<(Ident, Vec<syn::Expr>)> {
    let syn::Expr::Call(call) = expr else { return None };
    let syn::Expr::Path(path) = &*call.func else { return None };
    let name = path.path.get_ident().filter(|name| language::is_collective(&name.to_string()))?;
    Some((name.clone(), call.args.iter().cloned().collect()))
}

/// The variables that an expression names itself.
pub fn collect(node: &ExprNode, out: &mut Vec<String>) {
    match node {
        ExprNode::Place(place) | ExprNode::Ref(place) => out.push(place.name.clone()),
        ExprNode::Size(name, _) => out.push(name.clone()),
        _ => {}
    }
}

pub fn facts_of(emit: &Emit, meaning: &[Stmt], with_arguments: bool) -> Facts {
    let (mut facts, mut inner, mut uses) = (Facts::default(), Names::new(), vec![]);
    let is_memory = |name: &str| {
        let view = emit.kernel.params.iter().any(|p| p.name == name && p.view().is_some());
        view || emit.kernel.variables.get(name).is_some_and(|v| v.shared)
    };
    each_stmt(meaning, &mut |stmt| {
        match &stmt.node {
            StmtNode::Let { names, .. } => inner.extend(names.iter().cloned()),
            StmtNode::For { var, .. } => {
                inner.insert(var.clone());
            }
            StmtNode::Assign { place, .. } => {
                uses.push(place.name.clone());
                if is_memory(&place.name) {
                    facts.effect = true;
                } else {
                    facts.sets.insert(place.name.clone());
                }
            }
            StmtNode::Expr(_) => facts.effect = true,
            _ => {}
        }
        let mut arguments = 0usize;
        each_expr(stmt, &mut |e| {
            if let ExprNode::Ref(_) = &e.node {
                facts.effect = true;
            }
            if let ExprNode::Place(place) = &e.node
                && is_memory(&place.name)
            {
                facts.reads_memory = true;
            }
            if arguments > 0 {
                arguments -= 1;
                return;
            }
            if !with_arguments && collective_name(&e.node).is_some() {
                let mut size = 0;
                count(e, &mut size);
                arguments = size - 1;
            }
            collect(&e.node, &mut uses);
        });
    });
    for stmt in meaning {
        if let StmtNode::Let { names, value, .. } = &stmt.node {
            facts.declares.extend(names.iter().cloned());
            facts.empty |= value.is_none();
        }
    }
    let hidden: Names = inner.difference(&facts.declares).cloned().collect();
    facts.uses = uses.into_iter().filter(|n| !hidden.contains(n)).collect();
    facts.sets.retain(|n| !hidden.contains(n));
    exits_of(meaning, 0, &mut |kind, _| match kind {
        Exit::Return => facts.returns = true,
        Exit::Break | Exit::Continue => facts.continues = true,
    });
    facts
}

/// How many expressions an expression is, with those inside.
fn count(expr: &formwork_ir::kernel::Expr, size: &mut usize) {
    let stmt = Stmt { line: 0, node: StmtNode::Expr(expr.clone()) };
    each_expr(&stmt, &mut |_| *size += 1);
}
