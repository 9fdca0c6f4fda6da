//! The Rust of a plan.
//!
//! A variable that lives in several pieces has a slot for each lane: it is taken out at the head of a piece and put back
//! at its end, so that the author's statements stand between as they are.

use super::facts::Facts;
use super::plan::{Cond, Lane, Names, Op, Planner, is_local, scope_name};
use super::rewrite::{Exits, Rewrite};
use super::strided::Strided;
use super::{Emit, own};
use crate::kernel::ast::View;
use crate::kernel::language;
use crate::kernel::parse::call::{shared_array, shared_type};
use formwork_ir::kernel::uniform::Level;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What the writing of a plan knows.
struct Pieces<'a, 'b> {
    emit: &'b Emit<'a>,
    /// Variables with slots.
    kept: BTreeSet<String>,
    /// Variables that are computed again in each piece, which costs less than a slot.
    again: BTreeMap<String, Lane>,
    /// Whether lanes that returned are marked.
    marked: bool,
    /// Whether nothing comes after what is written.
    last: bool,
    in_loop: bool,
    /// The marks of lanes that are done with a round of a loop, of the loops around.
    rounds: Vec<Ident>,
}

impl Emit<'_> {
    /// Whether a loop is better turned inside out.
    pub(super) fn has_strided(&self) -> bool {
        fn any(ops: &[Op]) -> bool {
            ops.iter().any(|op| match op {
                Op::Strided(..) => true,
                Op::If { then, els, .. } => any(then) || els.as_ref().is_some_and(|els| any(els)),
                Op::While { body, .. } | Op::For { body, .. } | Op::Loop(body) => any(body),
                Op::Block(body) | Op::Warps(body, _) => any(body),
                _ => false,
            })
        }
        any(&Planner::plan(self).0)
    }

    /// The body of one block.
    pub(super) fn write_pieces(&self) -> TokenStream {
        let (ops, requests) = Planner::plan(self);
        let (mut kept, once) = kept(self, &ops);
        let mut again = BTreeMap::new();
        computed_again(self, &ops, (&kept, &once), &mut again);
        kept.retain(|name| !again.contains_key(name));
        let marked = needs_marks(&ops, true, &|facts| facts.returns) || warps_return(&ops);
        let lanes = self.at("kernel::Lanes");
        let threads = self.kernel.threads();
        let slot = |name: &Ident| quote!(let mut #name = #lanes::<_, { #threads }>::new(););
        let mut slots: TokenStream = kept.iter().map(|name| slot(&slot_name(name))).collect();
        slots.extend(requests.iter().map(slot));
        let pieces = Pieces { emit: self, kept, again, marked, last: true, in_loop: false, rounds: vec![] };
        let (block, thread) = (own("__b"), own("__t"));
        let views = pieces.views(None);
        if marked {
            let live = own("__live");
            slots.extend(slot(&live));
            let all = pieces.each_lane(Level::Block, &quote!(#live.set(#thread, true);), false);
            slots.extend(all);
        }
        let body = pieces.ops(&ops, Level::Block);
        quote! {
            let #thread = #block.first();
            #views
            #slots
            #body
        }
    }
}

/// What the slots of a variable are called.
fn slot_name(variable: &str) -> Ident {
    own(&format!("{variable}_lanes"))
}

/// Variables that more than one place of the plan knows, and that lanes change; and those that exist once for all lanes.
fn kept(emit: &Emit, ops: &[Op]) -> (BTreeSet<String>, HashSet<String>) {
    let (mut places, mut once) = (BTreeMap::<String, usize>::new(), HashSet::new());
    count(ops, &mut |names: &Names, by_lane: bool| {
        for name in names.iter().filter(|n| is_local(emit, n)) {
            *places.entry(name.clone()).or_default() += 1;
            if !by_lane {
                once.insert(name.clone());
            }
        }
    });
    (places.into_iter().filter(|(name, n)| *n > 1 && !once.contains(name)).map(|(name, _)| name).collect(), once)
}

/// Finds variables that are cheap and the same whenever they are computed: arithmetic on the thread's numbers, dims and
/// parameters, such as `let i = block_idx() * 16 + thread_idx();`.
fn computed_again(
    emit: &Emit,
    ops: &[Op],
    known: (&BTreeSet<String>, &HashSet<String>),
    out: &mut BTreeMap<String, Lane>,
) {
    let (kept, once) = known;
    let names: Vec<String> = emit.kernel.variables.values().map(|v| v.name.to_string()).collect();
    for op in ops {
        match op {
            Op::Piece(lanes) => {
                for lane in lanes {
                    let [name] = &lane.facts.declares.iter().collect::<Vec<_>>()[..] else { continue };
                    let uses = lane.facts.uses.iter().filter(|n| n != name);
                    // What it needs may not be shadowed where it is needed.
                    let mut steady = uses.filter(|n| emit.kernel.variables.contains_key(*n)).map(|n| {
                        let plain = &emit.kernel.variables[n].name;
                        let one = names.iter().filter(|other| *other == &plain.to_string()).count() == 1;
                        let parameter = emit.kernel.params.iter().find(|p| p.name == *n);
                        let fixed = parameter.map_or(out.contains_key(n) || once.contains(n), |p| p.view().is_none());
                        one && fixed
                    });
                    if kept.contains(*name) && steady.all(|s| s) && is_cheap(&lane.source) {
                        out.insert((*name).clone(), lane.clone());
                    }
                }
            }
            Op::If { then, els, .. } => {
                computed_again(emit, then, known, out);
                els.iter().for_each(|els| computed_again(emit, els, known, out));
            }
            Op::While { body, .. } | Op::For { body, .. } | Op::Loop(body) | Op::Block(body) | Op::Warps(body, _) => {
                computed_again(emit, body, known, out);
            }
            _ => {}
        }
    }
}

/// A `let` of arithmetic on variables and the thread's numbers.
fn is_cheap(stmt: &syn::Stmt) -> bool {
    fn cheap(expr: &syn::Expr) -> bool {
        match expr {
            syn::Expr::Lit(_) | syn::Expr::Path(_) => true,
            syn::Expr::Paren(e) => cheap(&e.expr),
            syn::Expr::Cast(e) => cheap(&e.expr),
            syn::Expr::Binary(e) => cheap(&e.left) && cheap(&e.right),
            syn::Expr::Call(e) => match &*e.func {
                syn::Expr::Path(path) => {
                    path.path.get_ident().is_some_and(|name| language::is_index(&name.to_string()))
                }
                _ => false,
            },
            _ => false,
        }
    }
    let syn::Stmt::Local(local) = stmt else { return false };
    let name = if let syn::Pat::Type(typed) = &local.pat { &typed.pat } else { &local.pat };
    matches!(name, syn::Pat::Ident(p) if p.mutability.is_none()) && local.init.as_ref().is_some_and(|i| cheap(&i.expr))
}

/// Calls `f` with the variables of each place of the plan, and whether they belong to lanes there.
fn count(ops: &[Op], f: &mut dyn FnMut(&Names, bool)) {
    for op in ops {
        match op {
            Op::Piece(lanes) => {
                let mut all = Names::new();
                lanes.iter().for_each(|l| all.extend(l.facts.uses.union(&l.facts.declares).cloned()));
                f(&all, true);
            }
            Op::Once(lane) => {
                f(&lane.facts.declares, false);
                f(&lane.facts.uses, true);
            }
            Op::Strided(_, lane) => f(&lane.facts.uses, true),
            Op::If { cond, then, els } => {
                f(&cond.uses, true);
                count(then, f);
                els.iter().for_each(|els| count(els, f));
            }
            Op::While { cond, body } => {
                f(&cond.uses, true);
                count(body, f);
            }
            Op::For { var, range, body, .. } => {
                f(&Names::from([var.clone()]), false);
                f(&range.uses, true);
                count(body, f);
            }
            Op::BreakUnless(cond) => f(&cond.uses, true),
            Op::Loop(body) | Op::Block(body) | Op::Warps(body, _) => count(body, f),
            Op::Operation(_) | Op::Shared { .. } | Op::Return | Op::Break | Op::Continue => {}
        }
    }
}

/// Whether a lane leaves where others go on to further pieces.
fn needs_marks(ops: &[Op], last: bool, leaves: &dyn Fn(&Facts) -> bool) -> bool {
    ops.iter().enumerate().any(|(i, op)| {
        let last = last && i + 1 == ops.len();
        match op {
            Op::Piece(lanes) => !last && lanes.iter().any(|l| leaves(&l.facts)),
            Op::If { then, els, .. } => {
                needs_marks(then, last, leaves) || els.as_ref().is_some_and(|els| needs_marks(els, last, leaves))
            }
            Op::While { body, .. } | Op::For { body, .. } | Op::Loop(body) => needs_marks(body, false, leaves),
            Op::Block(body) => needs_marks(body, last, leaves),
            Op::Warps(body, rest) => needs_marks(body, last && *rest, leaves),
            _ => false,
        }
    })
}

/// Whether a warp returns as a whole where others go on after it.
fn warps_return(ops: &[Op]) -> bool {
    ops.iter().any(|op| match op {
        Op::Warps(body, rest) => !rest && has_return(body),
        Op::If { then, els, .. } => warps_return(then) || els.as_ref().is_some_and(|els| warps_return(els)),
        Op::While { body, .. } | Op::For { body, .. } | Op::Loop(body) | Op::Block(body) => warps_return(body),
        _ => false,
    })
}

fn has_return(ops: &[Op]) -> bool {
    ops.iter().any(|op| match op {
        Op::Return => true,
        Op::If { then, els, .. } => has_return(then) || els.as_ref().is_some_and(|els| has_return(els)),
        Op::While { body, .. } | Op::For { body, .. } | Op::Loop(body) | Op::Block(body) => has_return(body),
        _ => false,
    })
}

impl Pieces<'_, '_> {
    fn ops(&self, ops: &[Op], scope: Level) -> TokenStream {
        let mut out = TokenStream::new();
        for (i, op) in ops.iter().enumerate() {
            let here = self.with(self.last && i + 1 == ops.len(), self.in_loop);
            out.extend(here.op(op, scope));
        }
        out
    }

    fn inner(&self, ops: &[Op], scope: Level, last: bool, in_loop: bool) -> TokenStream {
        self.with(last, in_loop).ops(ops, scope)
    }

    /// The body of a loop.
    fn round(&self, body: &[Op], scope: Level) -> TokenStream {
        let mut inner = self.with(false, true);
        if !needs_marks(body, true, &|facts| facts.continues) {
            return inner.ops(body, scope);
        }
        let (mark, thread) = (own(&format!("__round{}", self.rounds.len())), own("__t"));
        let (lanes, threads) = (self.emit.at("kernel::Lanes"), self.emit.kernel.threads());
        let start = self.each_lane(scope, &quote!(#mark.set(#thread, true);), false);
        inner.rounds.push(mark.clone());
        let body = inner.ops(body, scope);
        quote! {
            let mut #mark = #lanes::<_, { #threads }>::new();
            #start
            #body
        }
    }

    fn with(&self, last: bool, in_loop: bool) -> Self {
        let (kept, again) = (self.kept.clone(), self.again.clone());
        Pieces { emit: self.emit, kept, again, marked: self.marked, last, in_loop, rounds: self.rounds.clone() }
    }

    fn op(&self, op: &Op, scope: Level) -> TokenStream {
        match op {
            Op::Piece(lanes) => self.piece(lanes, scope),
            Op::Once(lane) => {
                let mut source = lane.source.clone();
                Rewrite::new(self.emit.kernel).stmt(&mut source);
                source.to_token_stream()
            }
            Op::Operation(tokens) => tokens.clone(),
            Op::Shared { name, source } => self.shared(name, source),
            Op::If { cond, then, els } => {
                let cond = self.cond(cond);
                let then = self.inner(then, scope, self.last, self.in_loop);
                let els = els.as_ref().map(|els| {
                    let els = self.inner(els, scope, self.last, self.in_loop);
                    quote!(else { #els })
                });
                quote!(if #cond { #then } #els)
            }
            Op::While { cond, body } => {
                let (cond, body) = (self.cond(cond), self.round(body, scope));
                quote!(while #cond { #body })
            }
            Op::Loop(body) => {
                let body = self.round(body, scope);
                quote!(loop { #body })
            }
            Op::For { pat, range, body, .. } => {
                let (range, body) = (self.cond(range), self.round(body, scope));
                quote!(for #pat in #range { #body })
            }
            Op::Block(body) => {
                let body = self.inner(body, scope, self.last, self.in_loop);
                quote!({ #body })
            }
            Op::Strided(strided, lane) => self.strided(strided, lane, scope),
            Op::Warps(body, rest) => self.warps(body, *rest),
            Op::BreakUnless(cond) => {
                let cond = self.cond(cond);
                quote!(if !(#cond) { break; })
            }
            Op::Break => quote!(break;),
            Op::Continue => quote!(continue;),
            Op::Return => self.leave(scope),
        }
    }

    /// `return` of all lanes of the scope.
    fn leave(&self, scope: Level) -> TokenStream {
        if scope == Level::Block {
            let label = label("'__block");
            return quote!(continue #label;);
        }
        let (label, live, thread) = (label("'__warp"), own("__live"), own("__t"));
        let mark = self.marked.then(|| self.each_lane(scope, &quote!(#live.set(#thread, false);), false));
        quote!({ #mark continue #label; })
    }

    fn warps(&self, body: &[Op], rest: bool) -> TokenStream {
        let (label, warp, block, thread) = (label("'__warp"), own("__w"), own("__b"), own("__t"));
        let body = self.inner(body, Level::Warp, rest && self.last, false);
        quote! {
            #label: for #warp in #block.warps() {
                let #thread = #warp.first();
                #body
            }
        }
    }

    /// An expression for the first lane of the scope.
    fn cond(&self, cond: &Cond) -> TokenStream {
        let mut expr = cond.expr.clone();
        Rewrite::new(self.emit.kernel).expr(&mut expr);
        let loads = self.loads(&cond.uses);
        if loads.is_empty() { expr.to_token_stream() } else { quote!({ #loads #expr }) }
    }

    fn variable(&self, name: &str) -> Option<&Ident> {
        self.emit.kernel.variables.get(name).map(|v| &v.name)
    }

    fn loads(&self, names: &Names) -> TokenStream {
        let thread = own("__t");
        let load = |name: &String| {
            let (variable, slot) = (self.variable(name)?, slot_name(name));
            Some(quote!(let mut #variable = #slot.get(#thread);))
        };
        let mut out = TokenStream::new();
        let mut done = Names::new();
        names.iter().for_each(|name| self.compute_again(name, &mut done, &mut out));
        out.extend(names.iter().filter(|n| self.kept.contains(*n)).filter_map(load));
        out
    }

    /// The declaration of a variable once more, after those that it needs.
    fn compute_again(&self, name: &str, done: &mut Names, out: &mut TokenStream) {
        let Some(lane) = self.again.get(name).filter(|_| !done.contains(name)) else { return };
        done.insert(name.to_string());
        lane.facts.uses.iter().for_each(|other| self.compute_again(other, done, out));
        let mut source = lane.source.clone();
        Rewrite::new(self.emit.kernel).stmt(&mut source);
        source.to_tokens(out);
    }

    fn piece(&self, lanes: &[Lane], scope: Level) -> TokenStream {
        let (mut uses, mut declared, mut out) = (Names::new(), Names::new(), TokenStream::new());
        // Changed in the piece, and not yet put back.
        let mut open = Names::new();
        for lane in lanes {
            uses.extend(lane.facts.uses.difference(&declared).filter(|n| !lane.facts.declares.contains(*n)).cloned());
            let shadowed: Names = open.iter().filter(|n| self.is_shadowed(n, &lane.facts.declares)).cloned().collect();
            out.extend(self.stores(&shadowed));
            open.retain(|n| !shadowed.contains(n));
            declared.extend(lane.facts.declares.iter().cloned());
            let mut source = lane.source.clone();
            Rewrite::new(self.emit.kernel).exits(self.exits(&open, lane)).stmt(&mut source);
            source.to_tokens(&mut out);
            open.extend(lane.facts.sets.iter().cloned());
            if !lane.facts.empty {
                open.extend(lane.facts.declares.iter().cloned());
            }
        }
        let (loads, stores, views) = (self.loads(&uses), self.stores(&open), self.views(Some(&uses)));
        self.each_lane(scope, &quote!(#views #loads #out #stores), true)
    }

    /// Rounds, and in each the lanes that have a number left.
    fn strided(&self, strided: &Strided, lane: &Lane, scope: Level) -> TokenStream {
        let Strided { pat, start, end, method, step, body } = strided;
        let [mut start, mut end, mut step, mut body] =
            [start.clone(), end.clone(), step.clone(), syn::Expr::Block(syn::parse_quote!(#body))];
        for part in [&mut start, &mut end, &mut step, &mut body] {
            Rewrite::new(self.emit.kernel).expr(part);
        }
        let facts = &lane.facts;
        let (loads, stores, views) = (self.loads(&facts.uses), self.stores(&facts.sets), self.views(Some(&facts.uses)));
        let again = self.loads(&facts.uses.iter().filter(|n| self.again.contains_key(*n)).cloned().collect());
        let [first, last, round, number, thread] = ["__first", "__last", "__round", "__n", "__t"].map(own);
        let (label, scoped, threads) = (label("'__lane"), scope_name(scope), self.emit.kernel.threads());
        let marks = [own("__live")];
        let marks = marks.iter().filter(|_| self.marked).chain(self.rounds.iter());
        let skip: TokenStream = marks.map(|mark| quote!(if !#mark.get(#thread) { continue #label; })).collect();
        let (lanes, which) = if scope == Level::Block {
            (threads, quote!(#scoped.thread(#number, 0, 0)))
        } else {
            (quote!(#scoped.len()), quote!(#scoped.thread(#number)))
        };
        let own_pat = own("__j");
        // All lanes, and a comparison: so the compiler knows that the number is below the end, and masks the last round.
        quote! {
            {
                let #first: usize = { #again #start };
                let #last: usize = #end;
                for #round in (#first..#last).#method(#step) {
                    #label: for #number in 0..#lanes {
                        let #own_pat = #round + #number;
                        if #own_pat < #last {
                            let #thread = #which;
                            #skip #views #loads
                            let #pat = #own_pat;
                            #body
                            #stores
                        }
                    }
                }
            }
        }
    }

    fn is_shadowed(&self, name: &str, by: &Names) -> bool {
        by.iter().any(|other| {
            other != name && self.variable(other).map(Ident::to_string) == self.variable(name).map(Ident::to_string)
        })
    }

    /// `return` and `continue` of one lane.
    fn exits(&self, open: &Names, lane: &Lane) -> Exits {
        let (label, live, thread) = (label("'__lane"), own("__live"), own("__t"));
        let mut put_back = open.clone();
        put_back.extend(lane.facts.sets.iter().cloned());
        let mark = self.marked.then(|| quote!(#live.set(#thread, false);));
        let stores = self.stores(&put_back);
        let continues = if self.in_loop && lane.facts.continues {
            let round = self.rounds.last().map(|round| quote!(#round.set(#thread, false);));
            quote!({ #stores #round continue #label; })
        } else {
            quote!(continue #label)
        };
        Exits { returns: Some(quote!({ #mark continue #label; })), continues: Some(continues) }
    }

    fn stores(&self, names: &Names) -> TokenStream {
        let thread = own("__t");
        let store = |name: &String| {
            let (variable, slot) = (self.variable(name)?, slot_name(name));
            Some(quote!(#slot.set(#thread, #variable);))
        };
        names.iter().filter(|n| self.kept.contains(*n)).filter_map(store).collect()
    }

    /// The views as the thread sees them.
    fn views(&self, used: Option<&Names>) -> TokenStream {
        let thread = own("__t");
        let views = self.emit.kernel.params.iter().filter_map(|p| Some((p, p.view()?)));
        views
            .filter(|(p, _)| used.is_none_or(|used| used.contains(&p.name.to_string())))
            .map(|(p, view): (_, &View)| {
                let (name, ty, handle) = (&p.name, &p.ty, handle(&p.name.to_string()));
                let borrow = if view.is_output() { quote!(&mut) } else { quote!(&) };
                quote!(let #name: #ty = #borrow #handle.at(#thread);)
            })
            .chain(self.shared_views(used))
            .collect()
    }

    fn shared_views<'x>(&'x self, used: Option<&'x Names>) -> impl Iterator<Item = TokenStream> + 'x {
        let thread = own("__t");
        let names = used.into_iter().flatten().filter(|n| self.is_shared_array(n));
        names.filter_map(move |name| {
            let (variable, handle) = (self.variable(name)?, handle(name));
            Some(quote!(let #variable = &mut #handle.at(#thread);))
        })
    }

    /// Whether it is shared memory with the shape of a view.
    fn is_shared_array(&self, name: &str) -> bool {
        self.emit.kernel.variables.get(name).is_some_and(|v| v.shared) && shared_views_of(self.emit).contains(name)
    }

    fn shared(&self, name: &str, source: &syn::Stmt) -> TokenStream {
        let (block, thread) = (own("__b"), own("__t"));
        let syn::Stmt::Local(local) = source else { return TokenStream::new() };
        let Some((variable, init)) = self.variable(name).zip(local.init.as_ref()) else { return TokenStream::new() };
        let Some(ty) = shared_type(&init.expr) else { return TokenStream::new() };
        let span = crate::path::first_span(&init.expr.to_token_stream());
        let Some((element, shape)) = shared_array(&ty) else {
            let pat = &local.pat;
            let method = Ident::new("shared", span);
            return quote_spanned!(span=> let #pat = #block.#method::<#ty>(););
        };
        let dims = crate::kernel::signature::parse_dims(&shape, &self.emit.kernel.generics).unwrap_or_default();
        let (dims, handle) = (dims.iter().map(crate::kernel::ast::dim_value), handle(name));
        let method = Ident::new("shared_array", span);
        quote_spanned! {span=>
            let #handle = #block.#method::<#element, #shape>([#(#dims),*]);
            let #variable: &mut #ty = &mut #handle.at(#thread);
        }
    }

    /// Once for each lane of the scope; those that left are left out if `live`.
    fn each_lane(&self, scope: Level, body: &TokenStream, live: bool) -> TokenStream {
        let (label, thread, scoped) = (label("'__lane"), own("__t"), scope_name(scope));
        let marks = [own("__live")];
        let marks = marks.iter().filter(|_| self.marked && live).chain(self.rounds.iter().filter(|_| live));
        let skip: TokenStream = marks.map(|mark| quote!(if !#mark.get(#thread) { continue #label; })).collect();
        if scope != Level::Block {
            return quote!(#label: for #thread in #scoped.threads() { #skip #body });
        }
        self.emit.each_thread(&quote!(#skip #body))
    }
}

/// The names of shared memory that has the shape of a view.
fn shared_views_of(emit: &Emit) -> HashSet<String> {
    fn walk(steps: &[crate::kernel::ast::Step], out: &mut HashSet<String>) {
        use crate::kernel::ast::Parts;
        for step in steps {
            if let [formwork_ir::kernel::Stmt { node: formwork_ir::kernel::StmtNode::Shared { name, .. }, .. }] =
                &step.meaning[..]
                && let syn::Stmt::Local(local) = &step.source
                && let Some(init) = &local.init
                && shared_type(&init.expr).is_some_and(|ty| shared_array(&ty).is_some())
            {
                out.insert(name.clone());
            }
            match &step.parts {
                Parts::Plain => {}
                Parts::If { then, els } => {
                    walk(then, out);
                    els.iter().for_each(|els| walk(els, out));
                }
                Parts::While(body) | Parts::Loop(body) | Parts::For(body) | Parts::Block(body) => walk(body, out),
            }
        }
    }
    let mut out = HashSet::new();
    walk(&emit.kernel.steps, &mut out);
    out
}

pub fn label(name: &str) -> syn::Lifetime {
    syn::Lifetime::new(name, Span::mixed_site())
}

/// What a parameter is called where threads are not told apart yet.
pub fn handle(name: &str) -> Ident {
    own(&format!("{name}_of_block"))
}
