//! What is wrong with a kernel that parses.

use super::ast::{Kernel, ParamKind, View};
use super::{language, signature};
use crate::errors::Errors;
use formwork_ir::kernel::uniform::{self, Level, Parting, Problem, Uniformity};
use formwork_ir::kernel::{Callee, Expr, ExprNode, Kind, Mode, Stmt, StmtNode};
use syn::spanned::Spanned;

/// The most threads of a block.
const MOST_THREADS: u64 = 1024;
/// The most bytes of shared memory that a block may declare.
const MOST_SHARED: u64 = 48 * 1024;

pub fn check_kernel(kernel: &Kernel, errors: &mut Errors) -> Uniformity {
    check_name(kernel, errors);
    check_recursion(kernel, errors);
    match kernel.kind {
        Kind::Grid => {
            check_block(kernel, errors);
            check_outputs(kernel, errors);
            check_shared(kernel, errors);
            for param in &kernel.params {
                if let Some(span) = param.mutable {
                    let help = format!("write `let mut {0} = {0};` in the body", param.name);
                    errors.push_help(span, "a parameter is the same for all threads of a launch", help);
                }
            }
            if let Some(result) = kernel.results.first() {
                let help = "write results through `&mut Array` parameters, and leave the `->` out";
                errors.push_help(result.span(), "a kernel over views returns nothing", help);
            }
        }
        Kind::Point | Kind::Device => check_scalar_function(kernel, errors),
    }
    if !errors.is_empty() {
        return Uniformity::default();
    }
    let uniformity = uniform::analyse(&kernel.template);
    uniformity.problems.iter().for_each(|problem| report(kernel, problem, errors));
    uniformity
}

fn check_name(kernel: &Kernel, errors: &mut Errors) {
    let name = kernel.name();
    if language::is_reserved(&name.to_string()) {
        let help = format!("choose another name, such as `my_{name}`");
        errors.push_help(name.span(), format!("`{name}` is a function of the kernel language"), help);
    }
}

fn check_recursion(kernel: &Kernel, errors: &mut Errors) {
    if let Some(path) = kernel.callees.iter().find(|p| p.get_ident() == Some(kernel.name())) {
        let help = "write a loop";
        errors.push_help(path.span(), format!("`{}` calls itself, and a kernel has no stack", kernel.name()), help);
    }
}

fn check_scalar_function(kernel: &Kernel, errors: &mut Errors) {
    let what = if kernel.kind == Kind::Device { "a device function" } else { "a kernel on scalars" };
    if kernel.results.is_empty() {
        let help = "add `-> f32` and end with the value; or take `&mut Array<..>`, for a kernel that writes";
        errors.push_help(kernel.name().span(), format!("{what} returns a value"), help);
    }
    if kernel.params.is_empty() && kernel.kind == Kind::Point {
        let help = "add one, `x: f32`, or make it a `#[device]` function";
        errors.push_help(kernel.name().span(), "a kernel has at least one parameter", help);
    }
    for param in kernel.params.iter().filter(|_| kernel.kind == Kind::Device) {
        if let ParamKind::View(_) = &param.kind {
            let help = "pass the elements that it needs, and return what the kernel writes";
            errors.push_help(param.ty.span(), "a device function takes scalars, no views", help);
        }
    }
    let of_grid = [(&kernel.options.block, "block"), (&kernel.options.grid, "grid")];
    for (option, name) in of_grid {
        if let Some(first) = option.as_ref().and_then(|axes| axes.first()) {
            let help = "remove it, or take `&Array` and `&mut Array` parameters";
            errors.push_help(first.span(), format!("{what} has no `{name}`: it runs once an element"), help);
        }
    }
    if kernel.kind == Kind::Device {
        let grad = kernel.options.grad.as_ref().map(Spanned::span).or(kernel.options.no_grad);
        if let Some(span) = grad {
            errors.push_help(
                span,
                "a device function has no gradient of its own",
                "say it at the kernel that calls it",
            );
        }
    } else if let Some(span) = kernel.options.grad.as_ref().map(Spanned::span)
        && !kernel.params.iter().any(|p| kernel.is_float(&p.ty))
    {
        errors.push(span, "a kernel without float inputs has no gradient, remove `grad`");
    }
}

fn check_block(kernel: &Kernel, errors: &mut Errors) {
    let axes = &kernel.template.block;
    let written =
        kernel.options.block.as_ref().and_then(|axes| axes.first()).map_or(kernel.name().span(), Spanned::span);
    if !(1..=3).contains(&axes.len()) {
        errors.push_help(written, "a block has one to three axes", "write `block = 128` or `block = (16, 16)`");
    }
    let sizes: Option<Vec<u64>> = axes.iter().map(literal).collect();
    if let Some(sizes) = sizes {
        let threads = sizes.iter().fold(1u64, |a, b| a.saturating_mul(*b));
        if threads == 0 {
            errors.push_help(written, "a block has at least one thread", "write `block = 128`");
        } else if threads > MOST_THREADS {
            let message = format!("a block of {threads} threads, and a GPU has at most {MOST_THREADS} in one");
            errors.push_help(written, message, "write `block = 256`, and let a thread do more");
        }
    }
    let grid = &kernel.template.grid;
    if grid.len() > 3
        && let Some(first) = kernel.options.grid.as_ref().and_then(|axes| axes.first())
    {
        errors.push_help(first.span(), "a grid has one to three axes", "write `grid = (N.div_ceil(16), M)`");
    }
}

/// The number that an expression of literals is.
pub fn literal(expr: &Expr) -> Option<u64> {
    use formwork_ir::kernel::BinOp;
    match &expr.node {
        ExprNode::Int(n, _) => Some(*n),
        ExprNode::Binary(op, a, b) => {
            let (a, b) = (literal(a)?, literal(b)?);
            match op {
                BinOp::Add => a.checked_add(b),
                BinOp::Sub => a.checked_sub(b),
                BinOp::Mul => a.checked_mul(b),
                BinOp::Div => a.checked_div(b),
                _ => None,
            }
        }
        _ => None,
    }
}

fn check_outputs(kernel: &Kernel, errors: &mut Errors) {
    let outputs: Vec<(&super::ast::Param, &View)> =
        kernel.params.iter().filter_map(|p| Some((p, p.view()?))).filter(|(_, v)| v.is_output()).collect();
    if outputs.is_empty() {
        let help = "add a result, `y: &mut Array<f32, (R, N)>`";
        errors.push_help(kernel.name().span(), "a kernel writes at least one `&mut Array`", help);
    }
    let mut written = vec![];
    each_stmt(&kernel.template.body, &mut |stmt| {
        if let StmtNode::Assign { place, .. } = &stmt.node {
            written.push(place.name.clone());
        }
        each_expr(stmt, &mut |expr| {
            if let ExprNode::Ref(place) = &expr.node {
                written.push(place.name.clone());
            }
        });
    });
    for (param, view) in outputs {
        let name = param.name.to_string();
        if !written.contains(&name) {
            let help = if view.mode == Mode::Out {
                format!("write `{name}[i] = ..`, or take `&Array` if it is read only")
            } else {
                format!("write `{name}[i] = ..` or an atomic operation on it")
            };
            errors.push_help(param.name.span(), format!("the result `{name}` is never written"), help);
        }
    }
}

fn check_shared(kernel: &Kernel, errors: &mut Errors) {
    let mut total = 0u64;
    each_stmt(&kernel.template.body, &mut |stmt| {
        let StmtNode::Shared { name, element, dims } = &stmt.node else { return };
        let sizes: Option<Vec<u64>> = dims.iter().map(literal).collect();
        let Some(sizes) = sizes else { return };
        let bytes = sizes.iter().fold(bytes_of(element), |a, b| a.saturating_mul(*b));
        total = total.saturating_add(bytes);
        if total > MOST_SHARED {
            let so_far = if total == bytes { String::new() } else { format!(", {total} with those before it") };
            let message =
                format!("`{name}` is {bytes} bytes of shared memory{so_far}, and a block has at most {MOST_SHARED}");
            let span = kernel.variables.get(name).map_or(kernel.span(stmt.line), |v| v.name.span());
            errors.push_help(span, message, "use a smaller tile, or f16 elements");
        }
    });
}

fn bytes_of(element: &str) -> u64 {
    match element {
        "f64" | "i64" | "u64" | "usize" => 8,
        "f16" | "bf16" => 2,
        "u8" | "bool" => 1,
        _ => 4,
    }
}

/// Calls `f` with each statement, those inside others too.
pub fn each_stmt(block: &[Stmt], f: &mut dyn FnMut(&Stmt)) {
    for stmt in block {
        f(stmt);
        match &stmt.node {
            StmtNode::If { then, els, .. } => {
                each_stmt(then, f);
                each_stmt(els, f);
            }
            StmtNode::While { body, .. } | StmtNode::For { body, .. } | StmtNode::Block(body) => each_stmt(body, f),
            _ => {}
        }
    }
}

/// Calls `f` with each expression of a statement itself, those inside others and statements inside them too.
pub fn each_expr(stmt: &Stmt, f: &mut dyn FnMut(&Expr)) {
    match &stmt.node {
        StmtNode::Let { value, .. } => value.iter().for_each(|v| inside(v, f)),
        StmtNode::Shared { dims, .. } => dims.iter().for_each(|d| inside(d, f)),
        StmtNode::Assign { place, value, .. } => {
            place.indices.iter().for_each(|i| inside(i, f));
            inside(value, f);
        }
        StmtNode::Expr(e) => inside(e, f),
        StmtNode::If { cond, .. } | StmtNode::While { cond, .. } => inside(cond, f),
        StmtNode::For { start, end, step, .. } => {
            [Some(start), Some(end), step.as_ref()].into_iter().flatten().for_each(|e| inside(e, f))
        }
        StmtNode::Return(values) => values.iter().for_each(|v| inside(v, f)),
        StmtNode::Break | StmtNode::Continue | StmtNode::Block(_) => {}
    }
}

fn inside(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(expr);
    let block = |stmts: &[Stmt], f: &mut dyn FnMut(&Expr)| each_stmt(stmts, &mut |s| each_expr(s, f));
    match &expr.node {
        ExprNode::Place(place) | ExprNode::Ref(place) => place.indices.iter().for_each(|i| inside(i, f)),
        ExprNode::Unary(_, x) | ExprNode::Cast(x, _) => inside(x, f),
        ExprNode::Binary(_, a, b) | ExprNode::Repeat(a, b) => {
            inside(a, f);
            inside(b, f);
        }
        ExprNode::Call { args, .. } => args.iter().for_each(|a| inside(a, f)),
        ExprNode::Tuple(parts) | ExprNode::Array(parts) => parts.iter().for_each(|p| inside(p, f)),
        ExprNode::If { cond, then, els } => {
            inside(cond, f);
            block(&then.0, f);
            inside(&then.1, f);
            block(&els.0, f);
            inside(&els.1, f);
        }
        ExprNode::Block(stmts, value) => {
            block(stmts, f);
            inside(value, f);
        }
        _ => {}
    }
}

/// A barrier or warp operation that not all threads reach.
fn report(kernel: &Kernel, problem: &Problem, errors: &mut Errors) {
    let Problem { callee, needs, parting, cause, .. } = problem;
    let who = if *needs == Level::Block { "block" } else { "warp" };
    let way = match parting {
        Parting::Condition => "stands under a condition that differs between",
        Parting::Loop => "stands in a loop whose number of rounds differs between",
        Parting::Return => "comes after a `return` that is taken by only some of",
    };
    let why = match cause {
        Some(cause) => match &cause.variable {
            Some(variable) => {
                let name = kernel.variables.get(variable).map_or(variable.clone(), |v| v.name.to_string());
                format!(": `{name}` comes from {}", cause.origin)
            }
            None => format!(": it depends on {}", cause.origin),
        },
        None => String::new(),
    };
    let help = match parting {
        Parting::Condition => format!("call `{callee}` outside of it, where all threads of the {who} come by"),
        Parting::Loop => "let all threads run equally often, and put an `if` around the work inside".to_string(),
        Parting::Return => "put an `if` around the work instead of the `return`".to_string(),
    };
    errors.push_help(kernel.span(problem.line), format!("`{callee}` {way} the threads of a {who}{why}"), help);
}

impl Kernel {
    /// Whether a type is a float, as far as names tell.
    pub fn is_float(&self, ty: &syn::Type) -> bool {
        match signature::scalar_name(ty, &self.generics).as_deref() {
            Some("f32" | "f64" | "f16" | "bf16") => true,
            Some(name) => self.generics.iter().any(|g| g.float && g.name == name),
            None => false,
        }
    }

    /// Whether a function of the language is called.
    pub fn calls(&self, wanted: &dyn Fn(&str) -> bool) -> bool {
        let mut found = false;
        each_stmt(&self.template.body, &mut |stmt| {
            each_expr(stmt, &mut |expr| {
                if let ExprNode::Call { callee: Callee::Language(name), .. } = &expr.node {
                    found |= wanted(name);
                }
            });
        });
        found
    }

    /// Whether it runs in pieces: threads do something together.
    pub fn in_pieces(&self) -> bool {
        let mut shared = false;
        each_stmt(&self.template.body, &mut |s| shared |= matches!(s.node, StmtNode::Shared { .. }));
        shared || self.calls(&language::is_collective)
    }
}
