//! Calls of layers in the bodies: `self.fc1(x)`, `self.blocks[i](x)`, `block(x)` for a local variable.
//!
//! Each becomes `nn::call(&self.fc1, cx, "fc1", &x)` at the user's tokens. Operands of arithmetic that hold results of
//! layers are borrowed (`&x + self.attn(x)`), so that a body reads like the formula and nothing is moved by it.
//! All else is the user's Rust, untouched.

use super::ast::{Method, Model};
use super::check::MOST_INPUTS;
use crate::errors::Errors;
use crate::path::{Library, first_span};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashMap;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Block, Expr, Local, Member, Pat, Stmt, UnOp};

/// Rewrites the bodies of all functions.
pub fn rewrite_bodies(model: &mut Model, errors: &mut Errors) {
    let signatures: HashMap<String, Vec<bool>> = model
        .methods
        .iter()
        .map(|m| (m.name.to_string(), m.inputs.iter().map(|i| i.ty.is_tensors()).collect()))
        .collect();
    for method in &mut model.methods {
        let mut scope = HashMap::new();
        for input in &method.inputs {
            scope.insert(input.name.to_string(), Known { closure: false, tensor: input.ty.is_tensors() });
        }
        let cx = cx_of(method);
        let mut rewrite = Rewrite { library: &model.library, signatures: &signatures, cx, scopes: vec![scope], errors };
        rewrite.visit_block_mut(&mut method.body);
    }
}

/// The name that the mode has in a body: the user's, or one that the user cannot see.
pub fn cx_of(method: &Method) -> Ident {
    method.cx.clone().unwrap_or_else(|| Ident::new("cx", Span::mixed_site()))
}

/// What is known of a local variable.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Bound to a closure: calls of it stay calls.
    closure: bool,
    /// Made by a layer: borrowed in arithmetic.
    tensor: bool,
}

struct Rewrite<'a> {
    library: &'a Library,
    signatures: &'a HashMap<String, Vec<bool>>,
    cx: Ident,
    scopes: Vec<HashMap<String, Known>>,
    errors: &'a mut Errors,
}

impl Rewrite<'_> {
    fn local(&self, name: &Ident) -> Option<Known> {
        let name = name.to_string();
        self.scopes.iter().rev().find_map(|scope| scope.get(&name)).copied()
    }

    fn scoped(&mut self, f: impl FnOnce(&mut Self)) {
        self.scopes.push(HashMap::new());
        f(self);
        self.scopes.pop();
    }

    /// Names that a pattern binds.
    fn bind(&mut self, pat: &Pat, known: Known) {
        struct Names<'a>(&'a mut HashMap<String, Known>, Known);
        impl VisitMut for Names<'_> {
            fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
                self.0.insert(pat.ident.to_string(), self.1);
                visit_mut::visit_pat_ident_mut(self, pat);
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            Names(scope, known).visit_pat_mut(&mut pat.clone());
        }
    }

    /// Whether a value is made by a layer or from such a value.
    fn is_tensor(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.get_ident().and_then(|i| self.local(i)).is_some_and(|l| l.tensor),
            Expr::MethodCall(call) => is_self(&call.receiver) || self.is_tensor(&call.receiver),
            Expr::Call(call) => self.is_layer(&call.func),
            Expr::Binary(binary) => self.is_tensor(&binary.left) || self.is_tensor(&binary.right),
            Expr::Unary(unary) => self.is_tensor(&unary.expr),
            Expr::Paren(paren) => self.is_tensor(&paren.expr),
            Expr::Block(block) => self.ends_in_tensor(&block.block),
            Expr::If(branch) => self.ends_in_tensor(&branch.then_branch),
            _ => false,
        }
    }

    fn ends_in_tensor(&self, block: &Block) -> bool {
        matches!(block.stmts.last(), Some(Stmt::Expr(expr, None)) if self.is_tensor(expr))
    }

    /// Whether `f(x)` calls a layer: `f` is a place or a local variable, not a function, type or closure.
    fn is_layer(&self, func: &Expr) -> bool {
        match func {
            Expr::Path(path) if path.qself.is_none() => {
                path.path.get_ident().and_then(|i| self.local(i)).is_some_and(|l| !l.closure)
            }
            Expr::Paren(paren) => self.is_layer(&paren.expr),
            Expr::Index(_) | Expr::Field(_) | Expr::MethodCall(_) => true,
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && self.is_layer(&unary.expr),
            _ => false,
        }
    }

    /// `nn::call(&layer, cx, "name", &x)`, at the layer's name.
    fn call(&mut self, layer: TokenStream, name: &Ident, args: impl Iterator<Item = Expr>) -> Expr {
        let args: Vec<TokenStream> = args.map(|arg| borrowed(&arg)).collect();
        let function = match args.len() {
            1 => "nn::protocol::call".to_string(),
            n => format!("nn::protocol::call{n}"),
        };
        if args.len() > MOST_INPUTS {
            self.errors.push(
                name.span(),
                format!("a layer takes at most {MOST_INPUTS} inputs, `{name}` is given {}", args.len()),
            );
        }
        let (function, cx) = (self.library.at(name.span(), &function), self.cx_at(name.span()));
        let mut label = proc_macro2::Literal::string(&name.to_string());
        label.set_span(name.span());
        Expr::Verbatim(quote_spanned!(name.span()=> #function(&#layer, #cx, #label, #(#args),*)))
    }

    fn cx_at(&self, span: Span) -> Ident {
        let mut cx = self.cx.clone();
        cx.set_span(cx.span().located_at(span));
        cx
    }

    /// `self.encode(x)`, a function of this model: the mode goes along.
    fn call_own(&mut self, call: &syn::ExprMethodCall, tensors: &[bool]) -> Option<Expr> {
        if call.args.len() != tensors.len() {
            let (name, given) = (&call.method, call.args.len());
            let inputs = |n: usize| format!("{n} input{}", if n == 1 { "" } else { "s" });
            self.errors.push(
                name.span(),
                format!(
                    "`{name}` takes {}, {} given",
                    inputs(tensors.len()),
                    if given == 1 { "1 is".into() } else { format!("{given} are") }
                ),
            );
            return None;
        }
        let args = call
            .args
            .iter()
            .zip(tensors)
            .map(|(arg, &tensor)| if tensor { borrowed(arg) } else { arg.to_token_stream() });
        let (receiver, name, cx) = (&call.receiver, &call.method, self.cx_at(call.method.span()));
        if name == "forward" {
            let path = self.library.at(name.span(), "nn::Layer::forward");
            let args: Vec<_> = args.collect();
            let input =
                if let [one] = &args[..] { one.clone() } else { quote!(&(#(::core::clone::Clone::clone(#args),)*)) };
            return Some(Expr::Verbatim(quote_spanned!(name.span()=> #path(#receiver, #input, #cx))));
        }
        Some(Expr::Verbatim(quote_spanned!(name.span()=> #receiver.#name(#cx, #(#args),*))))
    }

    /// Borrows operands that are tensors by name.
    fn borrow_operand(&self, operand: &mut Expr) {
        if matches!(operand, Expr::Path(_)) && self.is_tensor(operand) {
            let tokens = borrowed(operand);
            *operand = Expr::Verbatim(tokens);
        }
    }
}

/// `&x`; what is a reference already stays.
fn borrowed(arg: &Expr) -> TokenStream {
    let tokens = arg.to_token_stream();
    let span = first_span(&tokens);
    match arg {
        Expr::Reference(_) => tokens,
        Expr::Path(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Paren(_)
        | Expr::Verbatim(_)
        | Expr::Macro(_)
        | Expr::Lit(_) => {
            quote_spanned!(span=> &#tokens)
        }
        _ => quote_spanned!(span=> &(#tokens)),
    }
}

fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("self"))
}

fn is_arithmetic(op: &BinOp) -> bool {
    matches!(op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_))
}

/// The name under which a called place is known: the last field or variable in it.
fn name_of(func: &Expr) -> Option<Ident> {
    match func {
        Expr::Path(path) => path.path.get_ident().cloned(),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some(name.clone()),
            Member::Unnamed(_) => name_of(&field.base),
        },
        Expr::Index(index) => name_of(&index.expr),
        Expr::MethodCall(call) => name_of(&call.receiver).or_else(|| Some(call.method.clone())),
        Expr::Paren(paren) => name_of(&paren.expr),
        Expr::Unary(unary) => name_of(&unary.expr),
        _ => None,
    }
}

impl VisitMut for Rewrite<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Closure(closure) => {
                return self.scoped(|this| {
                    closure.inputs.iter().for_each(|pat| this.bind(pat, Known::default()));
                    this.visit_expr_mut(&mut closure.body);
                });
            }
            Expr::ForLoop(each) => {
                self.visit_expr_mut(&mut each.expr);
                return self.scoped(|this| {
                    this.bind(&each.pat, Known::default());
                    this.visit_block_mut(&mut each.body);
                });
            }
            // `if let` and `while let` bind for what follows in the same expression.
            Expr::If(_) | Expr::While(_) => return self.scoped(|this| visit_mut::visit_expr_mut(this, expr)),
            Expr::Let(binding) => {
                self.visit_expr_mut(&mut binding.expr);
                return self.bind(&binding.pat, Known::default());
            }
            _ => {}
        }
        if let Expr::Binary(binary) = expr
            && is_arithmetic(&binary.op)
        {
            self.borrow_operand(&mut binary.left);
            self.borrow_operand(&mut binary.right);
        }
        if let Expr::Unary(unary) = expr
            && matches!(unary.op, UnOp::Neg(_))
        {
            self.borrow_operand(&mut unary.expr);
        }
        let layer = match expr {
            Expr::Call(call) => self.is_layer(&call.func) && !call.args.is_empty(),
            _ => false,
        };
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Call(call) if layer => {
                let Some(name) = name_of(&call.func) else { return };
                let mut func = &*call.func;
                while let Expr::Paren(paren) = func {
                    func = &paren.expr;
                }
                *expr = self.call(func.to_token_stream(), &name, call.args.clone().into_iter());
            }
            Expr::MethodCall(call) if is_self(&call.receiver) && call.turbofish.is_none() => {
                if let Some(tensors) = self.signatures.get(&call.method.to_string()) {
                    if let Some(new) = self.call_own(call, tensors) {
                        *expr = new;
                    }
                } else if !call.args.is_empty() {
                    let (receiver, name) = (&call.receiver, call.method.clone());
                    *expr = self.call(quote!(#receiver.#name), &name, call.args.clone().into_iter());
                }
            }
            _ => {}
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|this| {
            this.bind(&arm.pat, Known::default());
            visit_mut::visit_arm_mut(this, arm);
        });
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|this| visit_mut::visit_block_mut(this, block));
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let mut known = Known::default();
        if let Some(init) = &mut local.init {
            known = Known { closure: matches!(*init.expr, Expr::Closure(_)), tensor: self.is_tensor(&init.expr) };
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        known.tensor |= matches!(&local.pat, Pat::Type(typed) if is_tensor_type(&typed.ty));
        self.bind(&local.pat, known);
    }

    /// Functions inside the body have their own names and no mode.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    /// `vec![self.a(x), self.b(x)]`: arguments of macros that read as expressions.
    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        if let Ok(mut args) = mac.parse_body_with(parser) {
            args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
            mac.tokens = args.to_token_stream();
        }
    }
}

fn is_tensor_type(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|s| s.ident == "Tensor"),
        syn::Type::Tuple(tuple) => tuple.elems.iter().all(is_tensor_type) && !tuple.elems.is_empty(),
        _ => false,
    }
}
