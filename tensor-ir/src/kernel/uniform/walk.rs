//! The walk over a template: again until no level rises, then once for the problems.

use super::{Cause, Level, Parting, Problem, Uniformity, needs};
use crate::kernel::{BinOp, Block, Callee, Expr, ExprNode, Mode, ParamKind, Place, Stmt, StmtNode, Template};
use std::collections::HashMap;

/// The way to a place, or how a value differs: its level and what made it so.
#[derive(Clone, Default)]
struct Way {
    level: Level,
    parting: Option<(Parting, u32)>,
    cause: Option<Cause>,
}

impl Way {
    /// The worse of the two; of equals the first.
    fn join(&self, other: &Way) -> Way {
        if other.level > self.level { other.clone() } else { self.clone() }
    }
}

struct Walk {
    found: Uniformity,
    causes: HashMap<String, Cause>,
    /// Arrays of the block, and views of device memory: the level of an element at an even index.
    arrays: HashMap<String, Level>,
    /// What each loop, by its line, is left by.
    left: HashMap<u32, Way>,
    returned: Way,
    /// Around the statement, innermost last: a loop's line, and the part of its iteration that `continue` cut.
    loops: Vec<(u32, Way)>,
    /// Whether warps are runs of 32 along the first axis, and whether a block has only that axis.
    whole_warps: bool,
    one_axis: bool,
    changed: bool,
    report: bool,
}

pub(super) fn analyse(template: &Template) -> Uniformity {
    let mut arrays = HashMap::new();
    for param in &template.params {
        if let ParamKind::Array { mode, .. } = &param.kind {
            arrays.insert(param.name.clone(), if *mode == Mode::In { Level::Grid } else { Level::Block });
        }
    }
    let first = match template.block.first().map(|e| &e.node) {
        Some(ExprNode::Int(n, _)) => *n,
        _ => 0,
    };
    let mut walk = Walk {
        found: Uniformity::default(),
        causes: HashMap::new(),
        arrays,
        left: HashMap::new(),
        returned: Way::default(),
        loops: vec![],
        whole_warps: first > 0 && first.is_multiple_of(32),
        one_axis: template.block.len() == 1,
        changed: true,
        report: false,
    };
    while std::mem::take(&mut walk.changed) {
        walk.returned = Way::default();
        walk.block(&template.body, &Way::default());
    }
    walk.returned = Way::default();
    walk.report = true;
    walk.block(&template.body, &Way::default());
    walk.found
}

impl Walk {
    fn block(&mut self, block: &Block, flow: &Way) {
        block.iter().for_each(|stmt| self.stmt(stmt, flow));
    }

    /// The way to a statement: the conditions around it, and who has gone before.
    fn here(&self, flow: &Way) -> Way {
        let mut way = flow.join(&self.returned);
        for (line, cut) in &self.loops {
            way = way.join(cut);
            if let Some(left) = self.left.get(line) {
                way = way.join(left);
            }
        }
        way
    }

    fn stmt(&mut self, stmt: &Stmt, flow: &Way) {
        match &stmt.node {
            StmtNode::Let { names, value, .. } => {
                let value = value.as_ref().map(|v| self.expr(v, flow)).unwrap_or_default();
                names.iter().for_each(|name| self.raise(name, &value));
            }
            StmtNode::Shared { name, dims, .. } => {
                dims.iter().for_each(|d| {
                    self.expr(d, flow);
                });
                self.arrays.insert(name.clone(), Level::Block);
            }
            StmtNode::Assign { place, value, .. } => {
                let mut level = self.expr(value, flow);
                for index in &place.indices {
                    level = level.join(&self.expr(index, flow));
                }
                if !self.arrays.contains_key(&place.name) {
                    let level = level.join(&self.here(flow));
                    self.raise(&place.name, &level);
                }
            }
            StmtNode::Expr(expr) => {
                self.expr(expr, flow);
            }
            StmtNode::If { cond, then, els } => {
                let inner = self.condition(cond, stmt.line, flow);
                self.block(then, &inner);
                self.block(els, &inner);
            }
            StmtNode::While { cond, body } => {
                self.enter(stmt.line);
                let cond = self.expr(cond, flow);
                self.leave_if(&cond, stmt.line, flow);
                self.block(body, flow);
                self.exit(stmt.line);
            }
            StmtNode::For { var, start, end, step, body, .. } => {
                let begin = self.expr(start, flow);
                let step = step.as_ref().map(|s| self.expr(s, flow)).unwrap_or_default();
                let value = begin.join(&step);
                let trips = value.join(&self.expr(end, flow));
                self.raise(var, &value);
                self.enter(stmt.line);
                self.leave_if(&trips, stmt.line, flow);
                self.block(body, flow);
                self.exit(stmt.line);
            }
            StmtNode::Break | StmtNode::Continue | StmtNode::Return(_) => self.way_out(stmt, flow),
            StmtNode::Block(body) => self.block(body, flow),
        }
    }

    /// `return`, `break` and `continue`: what comes after them, for those who go on.
    fn way_out(&mut self, stmt: &Stmt, flow: &Way) {
        match &stmt.node {
            StmtNode::Break => {
                let way = self.exit_here(stmt.line, flow);
                if let Some((line, _)) = self.loops.last() {
                    self.raise_left(*line, &Way { parting: Some((Parting::Loop, stmt.line)), ..way });
                }
            }
            StmtNode::Continue => {
                let way = self.exit_here(stmt.line, flow);
                if let Some((_, cut)) = self.loops.last_mut() {
                    *cut = cut.join(&Way { parting: Some((Parting::Condition, stmt.line)), ..way });
                }
            }
            StmtNode::Return(values) => {
                values.iter().for_each(|v| {
                    self.expr(v, flow);
                });
                let way = Way { parting: Some((Parting::Return, stmt.line)), ..self.exit_here(stmt.line, flow) };
                self.returned = self.returned.join(&way);
                let lines: Vec<u32> = self.loops.iter().map(|l| l.0).collect();
                lines.iter().for_each(|line| self.raise_left(*line, &way));
            }
            _ => {}
        }
    }

    fn condition(&mut self, cond: &Expr, line: u32, flow: &Way) -> Way {
        let value = self.expr(cond, flow);
        self.found.conditions.insert(line, value.level);
        flow.join(&Way { parting: Some((Parting::Condition, line)), ..value })
    }

    fn enter(&mut self, line: u32) {
        self.loops.push((line, Way::default()));
    }

    fn exit(&mut self, line: u32) {
        self.loops.pop();
        let level = self.left.get(&line).map_or(Level::Grid, |w| w.level);
        self.found.conditions.insert(line, level);
    }

    /// The loop at `line` is left where its condition says so.
    fn leave_if(&mut self, cond: &Way, line: u32, flow: &Way) {
        let way = flow.join(&Way { parting: Some((Parting::Loop, line)), ..cond.clone() });
        if cond.level > Level::Grid {
            self.raise_left(line, &Way { level: cond.level, ..way });
        }
    }

    fn raise_left(&mut self, line: u32, way: &Way) {
        let left = self.left.entry(line).or_default();
        if way.level > left.level {
            *left = way.clone();
            self.changed = true;
        }
    }

    fn exit_here(&mut self, line: u32, flow: &Way) -> Way {
        let way = self.here(flow);
        self.found.exits.insert(line, way.level);
        way
    }

    fn raise(&mut self, name: &str, value: &Way) {
        let level = self.found.variables.entry(name.to_string()).or_default();
        if value.level > *level {
            *level = value.level;
            self.changed = true;
            if let Some(cause) = &value.cause {
                self.causes.insert(name.to_string(), cause.clone());
            }
        }
    }

    fn expr(&mut self, expr: &Expr, flow: &Way) -> Way {
        match &expr.node {
            ExprNode::Int(..)
            | ExprNode::Float(..)
            | ExprNode::Bool(_)
            | ExprNode::Const(_)
            | ExprNode::Assoc(..)
            | ExprNode::Size(..) => Way::default(),
            ExprNode::Place(place) | ExprNode::Ref(place) => self.place(place, flow),
            ExprNode::Unary(_, x) | ExprNode::Cast(x, _) => self.expr(x, flow),
            ExprNode::Binary(op, a, b) => self.binary(*op, a, b, expr.line, flow),
            ExprNode::Repeat(a, b) => self.expr(a, flow).join(&self.expr(b, flow)),
            ExprNode::Tuple(parts) | ExprNode::Array(parts) => self.all(parts, flow),
            ExprNode::Call { callee, args, .. } => self.call(callee, args, expr.line, flow),
            ExprNode::If { cond, then, els } => {
                let value = self.expr(cond, flow);
                let inner = flow.join(&Way { parting: Some((Parting::Condition, expr.line)), ..value.clone() });
                self.block(&then.0, &inner);
                self.block(&els.0, &inner);
                value.join(&self.expr(&then.1, &inner)).join(&self.expr(&els.1, &inner))
            }
            ExprNode::Block(body, value) => {
                self.block(body, flow);
                self.expr(value, flow)
            }
        }
    }

    fn all(&mut self, parts: &[Expr], flow: &Way) -> Way {
        parts.iter().fold(Way::default(), |way, part| way.join(&self.expr(part, flow)))
    }

    fn place(&mut self, place: &Place, flow: &Way) -> Way {
        let indices = self.all(&place.indices, flow);
        if let Some(level) = self.arrays.get(&place.name) {
            let cause = Cause { variable: None, origin: format!("an element of `{}`", place.name) };
            return indices.join(&Way { level: *level, parting: None, cause: Some(cause) });
        }
        let Some(level) = self.found.variables.get(&place.name).copied() else { return indices };
        let cause = self.causes.get(&place.name).map(|c| Cause { variable: Some(place.name.clone()), ..c.clone() });
        indices.join(&Way { level, parting: None, cause })
    }

    fn binary(&mut self, op: BinOp, a: &Expr, b: &Expr, line: u32, flow: &Way) -> Way {
        let left = self.expr(a, flow);
        if matches!(op, BinOp::And | BinOp::Or) {
            let inner = flow.join(&Way { parting: Some((Parting::Condition, line)), ..left.clone() });
            return left.join(&self.expr(b, &inner));
        }
        let right = self.expr(b, flow);
        let number = if let ExprNode::Int(n, _) = b.node { n } else { 0 };
        let by_warp = match op {
            BinOp::Div => number > 0 && number.is_multiple_of(32),
            BinOp::Shr => (5..64).contains(&number),
            _ => false,
        };
        // Threads of a warp have the same number of the warp.
        if by_warp && self.counts_lanes(a) { Way { level: Level::Warp, ..left } } else { left.join(&right) }
    }

    /// Whether it counts threads so that warps are runs of 32 that start at multiples of 32.
    fn counts_lanes(&self, expr: &Expr) -> bool {
        let ExprNode::Call { callee: Callee::Language(name), .. } = &expr.node else { return false };
        match name.as_str() {
            "thread_idx" => self.one_axis || self.whole_warps,
            "global_idx" => self.one_axis && self.whole_warps,
            _ => false,
        }
    }

    fn call(&mut self, callee: &Callee, args: &[Expr], line: u32, flow: &Way) -> Way {
        let value = self.all(args, flow);
        let Callee::Language(name) = callee else { return value };
        if let Some(needs) = needs(name) {
            self.check(name, needs, line, flow);
        }
        let from = |level: Level| Way {
            level,
            parting: None,
            cause: Some(Cause { variable: None, origin: format!("`{name}()`") }),
        };
        match name.as_str() {
            "thread_idx_y" | "thread_idx_z" if self.one_axis => Way::default(),
            "thread_idx_y" | "thread_idx_z" if self.whole_warps => from(Level::Warp),
            "thread_idx" | "thread_idx_y" | "thread_idx_z" | "global_idx" | "lane_idx" => from(Level::Thread),
            "warp_idx" => from(Level::Warp),
            "block_idx" | "block_idx_y" | "block_idx_z" => from(Level::Block),
            "ballot" | "warp_any" | "warp_all" => from(Level::Warp),
            "shuffle" if args.get(1).is_some_and(|lane| self.expr(lane, flow).level <= Level::Warp) => {
                from(Level::Warp)
            }
            "shuffle" | "shuffle_up" | "shuffle_down" | "shuffle_xor" | "warp_scan_sum" | "block_scan_sum" => {
                from(Level::Thread)
            }
            _ if name.starts_with("warp_reduce") => from(Level::Warp),
            _ if name.starts_with("block_reduce") => from(Level::Block),
            _ if name.starts_with("atomic_") => from(Level::Thread),
            _ => value,
        }
    }

    fn check(&mut self, callee: &str, needs: Level, line: u32, flow: &Way) {
        let way = self.here(flow);
        if self.report && way.level > needs {
            let (parting, at) = way.parting.unwrap_or((Parting::Condition, line));
            self.found.problems.push(Problem {
                line,
                callee: callee.to_string(),
                needs,
                parting,
                at,
                cause: way.cause,
            });
        }
    }
}
