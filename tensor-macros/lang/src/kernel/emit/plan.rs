//! A body with barriers and warp operations, as pieces: what all lanes do one after the other, what is done once for all
//! of them, and the operations between.

use super::facts::{Exit, Facts, collect, collective, exits_of, facts_of, has_collective};
use super::rewrite::Rewrite;
use super::strided::{Strided, find};
use super::{Emit, own};
use crate::kernel::ast::{Parts, Step};
use crate::kernel::check::each_expr;
use crate::kernel::language;
use formwork_ir::kernel::uniform::Level;
use formwork_ir::kernel::{Stmt, StmtNode};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::{BTreeSet, HashSet};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};

pub type Names = BTreeSet<String>;

/// A part of the plan; runs in a scope: all lanes of the block, or those of one warp.
pub enum Op {
    /// Each lane in turn.
    Piece(Vec<Lane>),
    /// For all lanes of the scope at once.
    Once(Lane),
    /// Written as it is: an operation of the scope.
    Operation(TokenStream),
    /// A `let` of shared memory.
    Shared {
        name: String,
        source: syn::Stmt,
    },
    If {
        cond: Cond,
        then: Vec<Op>,
        els: Option<Vec<Op>>,
    },
    While {
        cond: Cond,
        body: Vec<Op>,
    },
    Loop(Vec<Op>),
    For {
        var: String,
        pat: syn::Pat,
        range: Cond,
        body: Vec<Op>,
    },
    Block(Vec<Op>),
    /// A loop in which threads share the numbers among them, with the threads inside.
    Strided(Box<Strided>, Lane),
    /// Each warp in turn; whether nothing comes after it.
    Warps(Vec<Op>, bool),
    /// Leaves the loop around it.
    BreakUnless(Cond),
    Return,
    Break,
    Continue,
}

/// A statement of a lane.
#[derive(Clone)]
pub struct Lane {
    pub source: syn::Stmt,
    pub facts: Facts,
}

/// An expression that decides the way, evaluated by the first lane of the scope.
pub struct Cond {
    pub expr: syn::Expr,
    pub uses: Names,
}

/// Where planning stands.
#[derive(Clone, Copy)]
pub struct At {
    pub scope: Level,
    /// Not inside other control flow.
    top: bool,
}

pub struct Planner<'a, 'b> {
    pub emit: &'b Emit<'a>,
    /// Variables that differ between lanes in spite of their level: set somewhere among what lanes do.
    varying: HashSet<String>,
    changed: bool,
    requests: usize,
    /// The slots of requests.
    pub slots: Vec<Ident>,
}

impl<'a, 'b> Planner<'a, 'b> {
    pub fn plan(emit: &'b Emit<'a>) -> (Vec<Op>, Vec<Ident>) {
        let mut planner = Planner { emit, varying: HashSet::new(), changed: true, requests: 0, slots: vec![] };
        loop {
            planner.changed = false;
            planner.requests = 0;
            planner.slots.clear();
            let ops = planner.list(&emit.kernel.steps, At { scope: Level::Block, top: true });
            if !planner.changed {
                return (ops, planner.slots);
            }
        }
    }

    fn list(&mut self, steps: &[Step], at: At) -> Vec<Op> {
        let mut out = List::default();
        for (i, step) in steps.iter().enumerate() {
            let later = steps[i + 1..].iter().any(has_collective);
            if at.scope == Level::Block && at.top && later && self.returns_by_warp(step) {
                out.flush();
                let rest = self.list(&steps[i..], At { scope: Level::Warp, top: true });
                out.ops.push(Op::Warps(rest, true));
                return out.ops;
            }
            self.step(step, at, &mut out);
        }
        out.flush();
        out.ops
    }

    fn returns_by_warp(&self, step: &Step) -> bool {
        self.exits(step).iter().any(|(kind, level)| *kind == Exit::Return && *level == Level::Warp)
    }

    fn step(&mut self, step: &Step, at: At, out: &mut List) {
        if let [Stmt { node: StmtNode::Shared { name, .. }, .. }] = &step.meaning[..] {
            out.flush();
            out.ops.push(Op::Shared { name: name.clone(), source: step.source.clone() });
            return;
        }
        let hoisted = self.exits(step).iter().any(|(_, level)| *level <= at.scope);
        if let Some(strided) = find(self, step, at) {
            let facts = self.facts(&step.meaning);
            self.vary(&facts);
            return out.push(Op::Strided(Box::new(strided), Lane { source: step.source.clone(), facts }));
        }
        if !has_collective(step) && !hoisted && !self.holds_strided(step, at) {
            return self.lane(step.source.clone(), self.facts(&step.meaning), at, out);
        }
        if !matches!(step.parts, Parts::Plain) && self.way(step) > at.scope {
            out.flush();
            let mut inner = List::default();
            self.step(step, At { scope: Level::Warp, top: false }, &mut inner);
            inner.flush();
            out.ops.push(Op::Warps(inner.ops, false));
            return;
        }
        self.split(step, at, out);
    }

    /// The level of the condition of a statement of control flow.
    fn way(&self, step: &Step) -> Level {
        let line = step.meaning.first().map(|s| s.line).unwrap_or_default();
        self.emit.uniformity.conditions.get(&line).copied().unwrap_or_default().min(Level::Warp)
    }

    fn split(&mut self, step: &Step, at: At, out: &mut List) {
        let inner = At { top: false, ..at };
        let expr = if let syn::Stmt::Expr(expr, _) = &step.source { Some(expr) } else { None };
        match (&step.parts, expr) {
            (Parts::If { then, els }, Some(syn::Expr::If(e))) => {
                let cond = self.cond(&e.cond, step, at, out);
                let then = self.list(then, inner);
                let els = els.as_ref().map(|els| self.list(els, inner));
                out.ops.push(Op::If { cond, then, els });
            }
            (Parts::While(body), Some(syn::Expr::While(e))) => {
                out.flush();
                let mut before = List::default();
                let cond = self.cond(&e.cond, step, inner, &mut before);
                let body = self.list(body, inner);
                if before.ops.is_empty() {
                    out.ops.push(Op::While { cond, body });
                } else {
                    before.ops.push(Op::BreakUnless(cond));
                    before.ops.extend(body);
                    out.ops.push(Op::Loop(before.ops));
                }
            }
            (Parts::Loop(body), Some(_)) => {
                out.flush();
                let body = self.list(body, inner);
                out.ops.push(Op::Loop(body));
            }
            (Parts::For(body), Some(syn::Expr::ForLoop(e))) => {
                let var = match step.meaning.first().map(|s| &s.node) {
                    Some(StmtNode::For { var, .. }) => var.clone(),
                    _ => String::new(),
                };
                let range = self.cond(&e.expr, step, at, out);
                let body = self.list(body, inner);
                out.ops.push(Op::For { var, pat: (*e.pat).clone(), range, body });
            }
            (Parts::Block(body), Some(_)) => {
                out.flush();
                let body = self.list(body, inner);
                out.ops.push(Op::Block(body));
            }
            _ => self.plain(step, at, out),
        }
    }

    /// A condition, after the operations that stand in it.
    fn cond(&mut self, expr: &syn::Expr, step: &Step, at: At, out: &mut List) -> Cond {
        let mut own = vec![];
        if let Some(first) = step.meaning.first() {
            each_expr(first, &mut |e| collect(&e.node, &mut own));
        }
        let uses: Names = own.into_iter().collect();
        let mut expr = expr.clone();
        self.hoist(&mut expr, &uses, at, out);
        out.flush();
        Cond { expr, uses }
    }

    fn plain(&mut self, step: &Step, at: At, out: &mut List) {
        match (&step.source, step.meaning.first().map(|s| &s.node)) {
            (syn::Stmt::Expr(..), Some(StmtNode::Return(_))) => return out.push(Op::Return),
            (syn::Stmt::Expr(..), Some(StmtNode::Break)) => return out.push(Op::Break),
            (syn::Stmt::Expr(..), Some(StmtNode::Continue)) => return out.push(Op::Continue),
            _ => {}
        }
        let facts = self.facts(&step.meaning);
        let mut source = step.source.clone();
        let uses = facts.uses.difference(&facts.declares).cloned().collect();
        let alone = match &mut source {
            syn::Stmt::Expr(expr, _) => {
                let alone = collective(expr).is_some();
                self.hoist(expr, &uses, at, out);
                alone
            }
            syn::Stmt::Local(local) => {
                if let Some(init) = &mut local.init {
                    self.hoist(&mut init.expr, &uses, at, out);
                }
                false
            }
            _ => false,
        };
        if !alone {
            self.lane(source, self.residue(&step.meaning), at, out);
        }
    }

    /// A statement without operations: once, if all lanes would do the same, or lane by lane.
    fn lane(&mut self, source: syn::Stmt, facts: Facts, at: At, out: &mut List) {
        let mine: Names = facts.declares.union(&facts.sets).cloned().collect();
        if self.is_even(&facts, &mine, at) {
            let early = !facts.reads_memory && facts.sets.is_empty() && out.allows_before(self, &facts);
            let once = Op::Once(Lane { source, facts });
            if early {
                out.ops.push(once);
            } else {
                out.push(once);
            }
            return;
        }
        self.vary(&facts);
        out.pending.push(Lane { source, facts });
    }

    /// Lanes set what the statement sets.
    fn vary(&mut self, facts: &Facts) {
        for name in facts.declares.union(&facts.sets) {
            self.changed |= self.varying.insert(name.clone());
        }
    }

    /// Whether all lanes go the same way to a loop inside that is better turned inside out.
    fn holds_strided(&self, step: &Step, at: At) -> bool {
        let line = step.meaning.first().map(|s| s.line).unwrap_or_default();
        let even = self.emit.uniformity.conditions.get(&line).is_none_or(|level| *level <= at.scope);
        let any = |steps: &[Step]| steps.iter().any(|s| find(self, s, at).is_some() || self.holds_strided(s, at));
        even && match &step.parts {
            Parts::Plain => false,
            Parts::If { then, els } => any(then) || els.as_ref().is_some_and(|els| any(els)),
            Parts::While(body) | Parts::Loop(body) | Parts::For(body) | Parts::Block(body) => any(body),
        }
    }

    fn is_even(&self, facts: &Facts, mine: &Names, at: At) -> bool {
        let even = |name: &String| self.level(name) <= at.scope && !self.varying.contains(name);
        !mine.is_empty()
            && !facts.effect
            && !facts.returns
            && !facts.continues
            && mine.iter().all(even)
            && facts.uses.iter().filter(|n| self.is_local(n)).all(even)
    }

    /// Whether it is a variable of the body, and no parameter, dim or shared array.
    pub fn is_local(&self, name: &str) -> bool {
        is_local(self.emit, name)
    }

    /// Takes operations out of an expression: lanes compute what goes in, the scope does it, and what comes out stands
    /// where the call stood.
    fn hoist(&mut self, expr: &mut syn::Expr, uses: &Names, at: At, out: &mut List) {
        struct Calls<'x, 'a, 'b> {
            planner: &'x mut Planner<'a, 'b>,
            uses: &'x Names,
            at: At,
            out: &'x mut List,
        }
        impl VisitMut for Calls<'_, '_, '_> {
            fn visit_expr_mut(&mut self, expr: &mut syn::Expr) {
                visit_mut::visit_expr_mut(self, expr);
                if let Some((name, args)) = collective(expr) {
                    let new = self.planner.request(&name, args, self.uses, self.at, self.out);
                    *expr = syn::Expr::Verbatim(new);
                }
            }
        }
        Calls { planner: self, uses, at, out }.visit_expr_mut(expr);
    }

    fn request(&mut self, name: &Ident, args: Vec<syn::Expr>, uses: &Names, at: At, out: &mut List) -> TokenStream {
        let scope = scope_name(at.scope);
        if language::is_barrier(&name.to_string()) {
            out.push(Op::Operation(quote_spanned!(name.span()=> #scope.#name();)));
            return quote!(());
        }
        let (thread, mut set) = (own("__t"), TokenStream::new());
        let (mut values, mut slots) = (vec![], vec![]);
        let same = args.get(1).filter(|arg| self.is_same(arg, uses, at)).cloned();
        for (i, arg) in args.iter().enumerate() {
            let value = format_ident!("__u{i}", span = arg.span().resolved_at(proc_macro2::Span::mixed_site()));
            if i == 1 && same.is_some() {
                values.push(value);
                continue;
            }
            let slot = own(&format!("__q{}", self.requests));
            self.requests += 1;
            set.extend(quote!(#slot.set(#thread, #value);));
            self.slots.push(slot.clone());
            slots.push(slot);
            values.push(value);
        }
        // The function gives its first argument back; only where that is not all there is to keep, names stand between.
        let block: syn::Expr = if name != "ballot" && slots.len() == 1 {
            let slot = &slots[0];
            syn::parse_quote!({ #slot.set(#thread, #name(#(#args),*)); })
        } else {
            syn::parse_quote!({ #(let #values = #args;)* let _ = #name(#(#values),*); #set })
        };
        let facts = Facts { uses: uses.clone(), effect: true, ..Facts::default() };
        out.pending.push(Lane { source: syn::Stmt::Expr(block, None), facts });
        out.flush();
        let (first, rest) = (&slots[0], &slots[1..]);
        let span = name.span();
        if name == "ballot" {
            let result = own(&format!("__r{}", self.requests));
            out.ops.push(Op::Operation(quote_spanned!(span=> let #result = #scope.#name(&#first);)));
            return quote!(#result.get(#thread));
        }
        if let Some(mut same) = same {
            Rewrite::new(self.emit.kernel).expr(&mut same);
            let by = format_ident!("{name}_by");
            out.ops.push(Op::Operation(quote_spanned!(span=> #scope.#by(&mut #first, (#same) as u32);)));
            return quote!(#first.get(#thread));
        }
        out.ops.push(Op::Operation(quote_spanned!(span=> #scope.#name(&mut #first #(, &#rest)*);)));
        if name.to_string().starts_with("block_reduce") {
            let result = own(&format!("__r{}", self.requests));
            out.ops.push(Op::Operation(quote!(let #result = #first.get(#scope.first());)));
            return quote!(#result);
        }
        quote!(#first.get(#thread))
    }

    /// Whether all lanes of the scope compute the same: numbers, dims, and variables that exist once.
    pub fn is_same(&self, expr: &syn::Expr, uses: &Names, at: At) -> bool {
        match expr {
            syn::Expr::Lit(_) => true,
            syn::Expr::Paren(e) => self.is_same(&e.expr, uses, at),
            syn::Expr::Cast(e) => self.is_same(&e.expr, uses, at),
            syn::Expr::Binary(e) => self.is_same(&e.left, uses, at) && self.is_same(&e.right, uses, at),
            syn::Expr::Call(e) => match &*e.func {
                syn::Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                    let name = name.to_string();
                    name.starts_with("block_dim") || name.starts_with("grid_dim") || name.starts_with("block_idx")
                }),
                _ => false,
            },
            syn::Expr::Path(path) => path.path.get_ident().is_some_and(|ident| {
                // All variables of that name which the statement uses.
                let mut named =
                    uses.iter().filter(|n| self.emit.kernel.variables.get(*n).is_some_and(|v| v.name == *ident));
                named.all(|n| !self.is_local(n) || self.level(n) <= at.scope && !self.varying.contains(n))
            }),
            _ => false,
        }
    }

    fn level(&self, name: &str) -> Level {
        self.emit.uniformity.variables.get(name).copied().unwrap_or_default()
    }

    fn exits(&self, step: &Step) -> Vec<(Exit, Level)> {
        let mut out = vec![];
        exits_of(&step.meaning, 0, &mut |kind, line| {
            out.push((kind, self.emit.uniformity.exits.get(&line).copied().unwrap_or(Level::Thread)));
        });
        out
    }

    fn facts(&self, meaning: &[Stmt]) -> Facts {
        facts_of(self.emit, meaning, true)
    }

    /// The facts of what is left of a statement when its operations are taken out.
    fn residue(&self, meaning: &[Stmt]) -> Facts {
        facts_of(self.emit, meaning, false)
    }
}

/// The scope's name in the output.
pub fn scope_name(scope: Level) -> Ident {
    own(if scope == Level::Block { "__b" } else { "__w" })
}

/// Whether it is a variable of the body, and no parameter, dim or shared array.
pub fn is_local(emit: &Emit, name: &str) -> bool {
    let kernel = emit.kernel;
    let parameter = kernel.params.iter().any(|p| p.name == name);
    !parameter && kernel.variables.get(name).is_some_and(|v| !v.shared)
}

#[derive(Default)]
struct List {
    ops: Vec<Op>,
    pending: Vec<Lane>,
}

impl List {
    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.ops.push(Op::Piece(std::mem::take(&mut self.pending)));
        }
    }

    fn push(&mut self, op: Op) {
        self.flush();
        self.ops.push(op);
    }

    /// Whether a declaration can stand before the statements that wait for their piece.
    fn allows_before(&self, planner: &Planner, facts: &Facts) -> bool {
        let plain = |name: &String| planner.emit.kernel.variables.get(name).map(|v| v.name.to_string());
        let declared: Vec<_> = facts.declares.iter().map(plain).collect();
        self.pending.iter().all(|lane| {
            let touched = lane.facts.sets.union(&lane.facts.declares);
            touched.into_iter().all(|n| !facts.uses.contains(n))
                && lane.facts.uses.iter().chain(&lane.facts.declares).all(|n| !declared.contains(&plain(n)))
        })
    }
}
