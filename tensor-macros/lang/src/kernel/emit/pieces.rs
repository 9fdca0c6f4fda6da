//! The Rust of a plan.
//!
//! A variable that lives in several pieces has a slot for each lane: it is taken out at the head of a piece and put back
//! at its end, so that the author's statements stand between as they are.

use super::plan::{Cond, Lane, Names, Op, Planner, is_local, scope_name};
use super::rewrite::{Exits, Rewrite};
use super::{Emit, own};
use crate::kernel::ast::View;
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
    /// Whether lanes that returned are marked.
    marked: bool,
    /// Whether nothing comes after what is written.
    last: bool,
    in_loop: bool,
}

impl Emit<'_> {
    /// The body of one block.
    pub(super) fn write_pieces(&self) -> TokenStream {
        let (ops, requests) = Planner::plan(self);
        let kept = kept(self, &ops);
        let marked = needs_marks(&ops, true);
        let lanes = self.at("kernel::Lanes");
        let threads = self.kernel.threads();
        let slot = |name: &Ident| quote!(let mut #name = #lanes::<_, { #threads }>::new(););
        let mut slots: TokenStream = kept.iter().map(|name| slot(&slot_name(name))).collect();
        slots.extend(requests.iter().map(slot));
        let pieces = Pieces { emit: self, kept, marked, last: true, in_loop: false };
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

/// Variables that more than one place of the plan knows, and that lanes change.
fn kept(emit: &Emit, ops: &[Op]) -> BTreeSet<String> {
    let (mut places, mut once) = (BTreeMap::<String, usize>::new(), HashSet::new());
    count(ops, &mut |names: &Names, by_lane: bool| {
        for name in names.iter().filter(|n| is_local(emit, n)) {
            *places.entry(name.clone()).or_default() += 1;
            if !by_lane {
                once.insert(name.clone());
            }
        }
    });
    places.into_iter().filter(|(name, n)| *n > 1 && !once.contains(name)).map(|(name, _)| name).collect()
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
            Op::If { cond, then, els } => {
                f(&cond.uses, true);
                count(then, f);
                els.iter().for_each(|els| count(els, f));
            }
            Op::While { cond, body } => {
                f(&cond.uses, true);
                count(body, f);
            }
            Op::For { range, body, .. } => {
                f(&range.uses, true);
                count(body, f);
            }
            Op::BreakUnless(cond) => f(&cond.uses, true),
            Op::Loop(body) | Op::Block(body) | Op::Warps(body, _) => count(body, f),
            Op::Operation(_) | Op::Shared { .. } | Op::Return | Op::Break | Op::Continue => {}
        }
    }
}

/// Whether a lane returns where others go on to further pieces.
fn needs_marks(ops: &[Op], last: bool) -> bool {
    ops.iter().enumerate().any(|(i, op)| {
        let last = last && i + 1 == ops.len();
        match op {
            Op::Piece(lanes) => !last && lanes.iter().any(|l| l.facts.returns),
            Op::If { then, els, .. } => {
                needs_marks(then, last) || els.as_ref().is_some_and(|els| needs_marks(els, last))
            }
            Op::While { body, .. } | Op::For { body, .. } | Op::Loop(body) => needs_marks(body, false),
            Op::Block(body) => needs_marks(body, last),
            Op::Warps(body, rest) => !rest && has_return(body) || needs_marks(body, *rest),
            _ => false,
        }
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
            let here = Pieces { kept: BTreeSet::new(), last: self.last && i + 1 == ops.len(), ..*self };
            let here = Pieces { kept: self.kept.clone(), ..here };
            out.extend(here.op(op, scope));
        }
        out
    }

    fn inner(&self, ops: &[Op], scope: Level, last: bool, in_loop: bool) -> TokenStream {
        Pieces { emit: self.emit, kept: self.kept.clone(), marked: self.marked, last, in_loop }.ops(ops, scope)
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
                let (cond, body) = (self.cond(cond), self.inner(body, scope, false, true));
                quote!(while #cond { #body })
            }
            Op::Loop(body) => {
                let body = self.inner(body, scope, false, true);
                quote!(loop { #body })
            }
            Op::For { pat, range, body } => {
                let (range, body) = (self.cond(range), self.inner(body, scope, false, true));
                quote!(for #pat in #range { #body })
            }
            Op::Block(body) => {
                let body = self.inner(body, scope, self.last, self.in_loop);
                quote!({ #body })
            }
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
        names.iter().filter(|n| self.kept.contains(*n)).filter_map(load).collect()
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
        self.each_lane(scope, &quote!(#views #loads #out #stores), self.marked)
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
            quote!({ #stores continue #label; })
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

    /// Once for each lane of the scope; those that returned left out if `live`.
    fn each_lane(&self, scope: Level, body: &TokenStream, live: bool) -> TokenStream {
        let (label, thread, scoped) = (label("'__lane"), own("__t"), scope_name(scope));
        let mark = own("__live");
        let skip = live.then(|| quote!(if !#mark.get(#thread) { continue #label; }));
        if scope != Level::Block {
            return quote!(#label: for #thread in #scoped.threads() { #skip #body });
        }
        self.emit.each_thread(&quote!(#skip #body))
    }
}

impl Emit<'_> {
    /// A loop over the threads of a block, x fastest.
    pub(super) fn each_thread(&self, body: &TokenStream) -> TokenStream {
        let (label, thread, block) = (label("'__lane"), own("__t"), own("__b"));
        let axes = self.kernel.options.block.as_ref().map_or(1, Vec::len);
        let [x, y, z] = self.kernel.block();
        let [i, j, k] = ["__i", "__j", "__k"].map(own);
        let (second, third) =
            (if axes > 1 { quote!(#j) } else { quote!(0) }, if axes > 2 { quote!(#k) } else { quote!(0) });
        let mut out = quote! {
            #label: for #i in 0..#x {
                let #thread = #block.thread(#i, #second, #third);
                #body
            }
        };
        if axes > 1 {
            out = quote!(for #j in 0..#y { #out });
        }
        if axes > 2 {
            out = quote!(for #k in 0..#z { #out });
        }
        out
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
