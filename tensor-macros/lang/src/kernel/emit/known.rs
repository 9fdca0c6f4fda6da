//! Conditions that a run of neighbouring threads agrees on.
//!
//! A guard such as `j < M`, and an edge such as `j > 0`, compares the thread's number along x, plus something that is the
//! same along the row, with something that is the same too. So it holds for a run of threads, whose ends are computed
//! before the loop over them. The loop over the run is told that all such conditions hold, and has neither masks nor
//! checks of what follows from them; the threads before and after it run as ever.

use super::{Emit, own};
use crate::kernel::ast::dim_value;
use crate::kernel::language;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashMap;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Expr, Pat, Stmt, UnOp};

/// What is taken to hold. In each `a` counts the threads along x, and `b` is the same for all of them.
pub enum Known {
    /// `a < b`.
    Below(TokenStream, TokenStream),
    /// `a >= b`.
    From(TokenStream, TokenStream),
    /// `a > b`.
    Above(TokenStream, TokenStream),
    /// `a != b`.
    Apart(TokenStream, TokenStream),
    /// The same for all.
    Even(TokenStream),
}

impl Known {
    /// It, as a condition of a thread.
    pub fn condition(&self) -> TokenStream {
        match self {
            Known::Below(a, b) => quote!(#a < #b),
            Known::From(a, b) => quote!(#a >= #b),
            Known::Above(a, b) => quote!(#a > #b),
            Known::Apart(a, b) => quote!(#a != #b),
            Known::Even(condition) => condition.clone(),
        }
    }

    /// The method of a `Span` that narrows it to the threads for which it holds.
    pub fn narrowing(&self) -> TokenStream {
        match self {
            Known::Below(a, b) => quote!(.below(#a, #b)),
            Known::From(a, b) => quote!(.from(#a, #b)),
            Known::Above(a, b) => quote!(.above(#a, #b)),
            Known::Apart(a, b) => quote!(.apart(#a, #b)),
            Known::Even(condition) => quote!(.even(#condition)),
        }
    }

    fn is_even(&self) -> bool {
        matches!(self, Known::Even(_))
    }
}

impl Emit<'_> {
    /// The conditions of the body's branches that are known for runs of threads; none if no such run is shorter than the row.
    pub(super) fn known(&self) -> Vec<Known> {
        let mut finder = Finder { emit: self, numbers: HashMap::new(), found: vec![] };
        finder.visit_block_mut(&mut (*self.kernel.item.block).clone());
        let mut seen = std::collections::HashSet::new();
        let mut found = finder.found;
        found.retain(|known| seen.insert(known.condition().to_string()));
        if found.iter().all(Known::is_even) { vec![] } else { found }
    }

    /// `let n: usize = n_of_block;` for the scalars that conditions may name.
    pub(super) fn write_counts(&self) -> TokenStream {
        let counts = self.kernel.params.iter().filter(|p| p.view().is_none() && is_usize(&p.ty));
        counts
            .map(|p| {
                let (name, handle) = (&p.name, super::pieces::handle(&p.name.to_string()));
                quote!(let #name: usize = #handle;)
            })
            .collect()
    }
}

fn is_usize(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.is_ident("usize"))
}

/// A `usize` that is made of indices, dims, parameters and literals by operations that wrap.
#[derive(Clone)]
struct Number {
    tokens: TokenStream,
    /// Whether it is one more for the next thread along x.
    counts: bool,
    /// Whether it has a part whose type is `usize` whatever is beside it.
    typed: bool,
    literal: bool,
}

impl Number {
    fn even(tokens: TokenStream) -> Number {
        Number { tokens, counts: false, typed: true, literal: false }
    }
}

struct Finder<'a, 'b> {
    emit: &'b Emit<'a>,
    /// Variables that are such numbers.
    numbers: HashMap<String, Number>,
    found: Vec<Known>,
}

impl Finder<'_, '_> {
    /// Whether the name means one thing in the whole body: a parameter or variable if `declared`, else a dim.
    fn means_one(&self, name: &Ident, declared: bool) -> bool {
        self.emit.kernel.variables.values().filter(|v| v.name == *name).count() == usize::from(declared)
    }

    fn number(&self, expr: &Expr) -> Option<Number> {
        match expr {
            Expr::Paren(e) => self.number(&e.expr),
            Expr::Group(e) => self.number(&e.expr),
            Expr::Lit(e) => self.literal(&e.lit),
            Expr::Path(e) => self.named(e.path.get_ident()?),
            Expr::Call(e) => self.index(e),
            Expr::MethodCall(e) => self.size(e),
            Expr::Binary(e) => {
                let (a, b) = (self.number(&e.left)?, self.number(&e.right)?);
                let (method, counts) = match e.op {
                    BinOp::Add(_) if !(a.counts && b.counts) => (own("wrapping_add"), a.counts || b.counts),
                    BinOp::Sub(_) if !b.counts => (own("wrapping_sub"), a.counts),
                    BinOp::Mul(_) if !a.counts && !b.counts => (own("wrapping_mul"), false),
                    _ => return None,
                };
                let (left, right) = (&a.tokens, &b.tokens);
                Some(Number {
                    tokens: quote!(::core::primitive::usize::#method(#left, #right)),
                    counts,
                    typed: a.typed || b.typed,
                    literal: a.literal && b.literal,
                })
            }
            _ => None,
        }
    }

    fn literal(&self, lit: &syn::Lit) -> Option<Number> {
        let syn::Lit::Int(n) = lit else { return None };
        let literal = Literal::usize_suffixed(n.base10_parse().ok()?);
        let typed = n.suffix() == "usize";
        (typed || n.suffix().is_empty()).then(|| Number {
            tokens: literal.to_token_stream(),
            counts: false,
            typed,
            literal: true,
        })
    }

    fn named(&self, name: &Ident) -> Option<Number> {
        if let Some(number) = self.numbers.get(&name.to_string()) {
            return Some(number.clone());
        }
        let kernel = self.emit.kernel;
        let dim = self.emit.dims().contains(&name) && self.means_one(name, false);
        let count = kernel.params.iter().any(|p| p.name == *name && p.mutable.is_none() && is_usize(&p.ty));
        (dim || count && self.means_one(name, true)).then(|| Number::even(quote!(#name)))
    }

    fn index(&self, call: &syn::ExprCall) -> Option<Number> {
        let Expr::Path(path) = &*call.func else { return None };
        let (name, thread) = (path.path.get_ident()?, own("__t"));
        let plain = name.to_string();
        let known = language::is_index(&plain) && call.args.is_empty() && !matches!(&*plain, "lane_idx" | "warp_idx");
        let counts = matches!(&*plain, "thread_idx" | "global_idx");
        let method = own(&plain);
        known.then(|| Number { counts, ..Number::even(quote!(#thread.#method())) })
    }

    /// `x.size(0)`.
    fn size(&self, call: &syn::ExprMethodCall) -> Option<Number> {
        let (Expr::Path(of), Some(Expr::Lit(axis))) = (&*call.receiver, call.args.first()) else { return None };
        let (name, syn::Lit::Int(axis)) = (of.path.get_ident()?, &axis.lit) else { return None };
        let view = self.emit.kernel.params.iter().find(|p| p.name == *name)?.view()?;
        let dim = view.dims.get(axis.base10_parse::<usize>().ok()?)?;
        (call.method == "size" && self.means_one(name, true)).then(|| Number::even(dim_value(dim)))
    }

    fn declare(&mut self, pat: &Pat, value: &Expr) {
        match (pat, value) {
            (Pat::Type(typed), _) => self.declare(&typed.pat, value),
            (Pat::Tuple(names), Expr::Tuple(values)) => {
                names.elems.iter().zip(&values.elems).for_each(|(pat, value)| self.declare(pat, value));
            }
            (Pat::Ident(p), _) if p.mutability.is_none() && self.means_one(&p.ident, true) => {
                if let Some(number) = self.number(value).filter(|n| n.typed) {
                    self.numbers.insert(p.ident.to_string(), number);
                }
            }
            _ => {}
        }
    }

    /// Takes the parts of a condition to be what they most often are: what is below a bound is inside.
    fn condition(&mut self, cond: &Expr, holds: bool) {
        match cond {
            Expr::Paren(e) => self.condition(&e.expr, holds),
            Expr::Unary(e) if matches!(e.op, UnOp::Not(_)) => self.condition(&e.expr, !holds),
            Expr::Binary(e) if matches!(e.op, BinOp::And(_) | BinOp::Or(_)) => {
                self.condition(&e.left, holds);
                self.condition(&e.right, holds);
            }
            Expr::Binary(e) => {
                let known = self.number(&e.left).zip(self.number(&e.right));
                self.found.extend(known.and_then(|(a, b)| compared(a, e.op, b, holds)));
            }
            _ => {}
        }
    }
}

/// What is known of a comparison that is taken to hold, or not to.
fn compared(a: Number, op: BinOp, b: Number, holds: bool) -> Option<Known> {
    if a.counts && b.counts || !(a.typed || b.typed) {
        return None;
    }
    if b.counts {
        let turned = match op {
            BinOp::Lt(t) => BinOp::Gt(syn::Token![>](t.spans[0])),
            BinOp::Le(t) => BinOp::Ge(syn::Token![>=](t.spans)),
            BinOp::Gt(t) => BinOp::Lt(syn::Token![<](t.spans[0])),
            BinOp::Ge(t) => BinOp::Le(syn::Token![<=](t.spans)),
            other => other,
        };
        return compared(b, turned, a, holds);
    }
    // Few are below a literal, or are equal to something.
    let below = holds && !b.literal;
    let above = holds || b.literal;
    let (even, a, b) = (!a.counts, a.tokens, b.tokens);
    let known = match op {
        BinOp::Lt(_) if below => Known::Below(a, b),
        BinOp::Lt(_) => Known::From(a, b),
        BinOp::Le(_) if below => Known::Below(a, quote!(::core::primitive::usize::saturating_add(#b, 1))),
        BinOp::Le(_) => Known::Above(a, b),
        BinOp::Gt(_) if above => Known::Above(a, b),
        BinOp::Gt(_) => Known::Below(a, quote!(::core::primitive::usize::saturating_add(#b, 1))),
        BinOp::Ge(_) if above => Known::From(a, b),
        BinOp::Ge(_) => Known::Below(a, b),
        BinOp::Eq(_) | BinOp::Ne(_) => Known::Apart(a, b),
        _ => return None,
    };
    Some(if even { Known::Even(known.condition()) } else { known })
}

impl VisitMut for Finder<'_, '_> {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        visit_mut::visit_stmt_mut(self, stmt);
        if let Stmt::Local(local) = stmt
            && let Some(init) = &local.init
        {
            self.declare(&local.pat, &init.expr);
        }
    }

    fn visit_expr_if_mut(&mut self, branch: &mut syn::ExprIf) {
        let last = branch.then_branch.stmts.last();
        let leaves = matches!(last, Some(Stmt::Expr(Expr::Return(_), _)));
        self.condition(&branch.cond, !leaves);
        visit_mut::visit_expr_if_mut(self, branch);
    }
}
