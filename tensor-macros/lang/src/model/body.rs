//! Calls of layers in the bodies: `self.fc1(x)`, `self.blocks[i](x)`, `block(x)` for a local variable.
//!
//! Each becomes `nn::call(&self.fc1, cx, "fc1", &x)` at the user's tokens. Operands of arithmetic that hold results of
//! layers are borrowed (`&x + self.attn(x)`), so that a body reads like the formula and nothing is moved by it.
//! All else is the user's Rust, untouched.

use super::ast::{Layer, Method, Model};
use super::check::MOST_INPUTS;
use super::scopes::{Known, Scopes};
use crate::errors::Errors;
use crate::path::{Library, first_span, unseen};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::{HashMap, HashSet};
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Block, Expr, Local, Member, Pat, Stmt, UnOp};

/// Rewrites the bodies of all functions.
pub fn rewrite_bodies(model: &mut Model, errors: &mut Errors) {
    let signatures: HashMap<String, Vec<bool>> = model
        .methods
        .iter()
        .map(|m| (m.name.to_string(), m.inputs.iter().map(|i| i.ty.is_tensors()).collect()))
        .collect();
    let arrays =
        model.fields.iter().filter(|f| matches!(f.layer, Layer::Array { .. })).map(|f| f.name.clone()).collect();
    for method in &mut model.methods {
        let mut scopes = Scopes::default();
        for input in &method.inputs {
            scopes.insert(&input.name, Known { tensor: input.ty.is_tensors(), ..Known::default() });
        }
        let cx = cx_of(method);
        let (library, signatures, arrays, this) = (&model.library, &signatures, &arrays, method.self_token);
        let mut rewrite = Rewrite { library, signatures, arrays, this, cx, scopes, errors };
        rewrite.visit_block_mut(&mut method.body);
    }
}

/// The name that the mode has in a body: the user's, or one that the user cannot see.
pub fn cx_of(method: &Method) -> Ident {
    method.cx.clone().unwrap_or_else(|| Ident::new("cx", Span::mixed_site()))
}

/// The name of the function that takes the mode, behind a function of the user's.
pub fn in_mode(name: &Ident) -> Ident {
    quote::format_ident!("{name}_in_mode", span = name.span())
}

struct Rewrite<'a> {
    library: &'a Library,
    signatures: &'a HashMap<String, Vec<bool>>,
    arrays: &'a HashSet<Ident>,
    this: syn::Token![self],
    cx: Ident,
    scopes: Scopes,
    errors: &'a mut Errors,
}

impl Rewrite<'_> {
    fn scoped(&mut self, f: impl FnOnce(&mut Self)) {
        self.scopes.push();
        f(self);
        self.scopes.pop();
    }

    /// Whether a value is made by a layer or from such a value.
    fn is_tensor(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.get_ident().and_then(|i| self.scopes.local(i)).is_some_and(|l| l.tensor),
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
                path.path.get_ident().and_then(|i| self.scopes.local(i)).is_some_and(|l| !l.closure)
            }
            Expr::Paren(paren) => self.is_layer(&paren.expr),
            Expr::Index(_) | Expr::Field(_) | Expr::MethodCall(_) => true,
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && self.is_layer(&unary.expr),
            _ => false,
        }
    }

    /// `nn::call(&layer, cx, "name", &x)`, at the layer's name.
    fn call(
        &mut self,
        layer: TokenStream,
        name: &Ident,
        array: Option<Ident>,
        args: impl Iterator<Item = Expr>,
    ) -> Expr {
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
        let (function, cx) = (self.library.behind(name.span(), &function), &self.cx);
        let label = self.label(&layer, name, array);
        Expr::Verbatim(quote_spanned!(name.span()=> #function(&#layer, #cx, #label, #(#args),*)))
    }

    /// The name of a call in errors and plans: `"fc1"`, or for one layer of an array `blocks.3`.
    fn label(&self, layer: &TokenStream, name: &Ident, array: Option<Ident>) -> TokenStream {
        let literal = |name: &Ident| {
            let mut literal = proc_macro2::Literal::string(&name.to_string());
            literal.set_span(name.span());
            literal
        };
        let Some(array) = array else { return literal(name).to_token_stream() };
        let (item, text, this) = (self.library.behind(name.span(), "nn::protocol::item"), literal(&array), self.this);
        quote_spanned!(name.span()=> &#item(#text, &#this.#array, &#layer))
    }

    /// The array of this model that a loop goes over: `&self.blocks`, `self.blocks.iter().enumerate()`.
    fn array_of(&self, iterated: &Expr) -> Option<Ident> {
        match iterated {
            Expr::Reference(reference) => self.array_of(&reference.expr),
            Expr::MethodCall(call) => self.array_of(&call.receiver),
            Expr::Field(field) if is_self(&field.base) => match &field.member {
                Member::Named(name) => self.arrays.get(name).cloned(),
                Member::Unnamed(_) => None,
            },
            _ => None,
        }
    }

    /// The array that a called layer is one of: `block` of a loop over it, or `self.blocks[i]`.
    fn array_called(&self, func: &Expr) -> Option<Ident> {
        match func {
            Expr::Path(path) => {
                path.path.get_ident().and_then(|name| self.scopes.local(name)).and_then(|known| known.array)
            }
            // The index stands in the output twice, so it must be one that does nothing.
            Expr::Index(index) if is_plain(&index.index) => self.array_of(&index.expr),
            Expr::Paren(paren) => self.array_called(&paren.expr),
            _ => None,
        }
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
        let (receiver, name, cx) = (&call.receiver, &call.method, &self.cx);
        if name == "forward" {
            let layer = unseen(self.library.at(name.span(), "nn::Layer"));
            let path = quote_spanned!(name.span()=> #layer::#name);
            let args: Vec<_> = args.collect();
            let input =
                if let [one] = &args[..] { one.clone() } else { quote!(&(#(::core::clone::Clone::clone(#args),)*)) };
            return Some(Expr::Verbatim(quote_spanned!(name.span()=> #path(#receiver, #input, #cx))));
        }
        let own = in_mode(name);
        Some(Expr::Verbatim(quote_spanned!(name.span()=> #receiver.#own(#cx, #(#args),*))))
    }

    /// Borrows operands that are tensors by name.
    fn borrow_operand(&self, operand: &mut Expr) {
        let is_field = matches!(operand, Expr::Field(field) if is_self(&field.base));
        if is_field || matches!(operand, Expr::Path(_)) && self.is_tensor(operand) {
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

/// An index that has no effect: `i`, `3`, `i - 1`.
fn is_plain(index: &Expr) -> bool {
    match index {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Binary(binary) => is_plain(&binary.left) && is_plain(&binary.right),
        Expr::Paren(paren) => is_plain(&paren.expr),
        _ => false,
    }
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

impl Rewrite<'_> {
    /// Operands of arithmetic that hold tensors are borrowed, so that none is moved.
    fn borrow_operands(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Binary(binary) if is_arithmetic(&binary.op) => {
                self.borrow_operand(&mut binary.left);
                self.borrow_operand(&mut binary.right);
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => self.borrow_operand(&mut unary.expr),
            _ => {}
        }
    }
}

impl VisitMut for Rewrite<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Closure(closure) => {
                return self.scoped(|this| {
                    closure.inputs.iter().for_each(|pat| this.scopes.bind(pat, Known::default()));
                    this.visit_expr_mut(&mut closure.body);
                });
            }
            Expr::ForLoop(each) => {
                let array = self.array_of(&each.expr);
                self.visit_expr_mut(&mut each.expr);
                return self.scoped(|this| {
                    this.scopes.bind(&each.pat, Known { array, ..Known::default() });
                    this.visit_block_mut(&mut each.body);
                });
            }
            // `if let` and `while let` bind for what follows in the same expression.
            Expr::If(_) | Expr::While(_) => return self.scoped(|this| visit_mut::visit_expr_mut(this, expr)),
            Expr::Let(binding) => {
                self.visit_expr_mut(&mut binding.expr);
                return self.scopes.bind(&binding.pat, Known::default());
            }
            _ => {}
        }
        self.borrow_operands(expr);
        let (layer, array) = match expr {
            Expr::Call(call) => (self.is_layer(&call.func) && !call.args.is_empty(), self.array_called(&call.func)),
            _ => (false, None),
        };
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Call(call) if layer => {
                let Some(name) = name_of(&call.func) else { return };
                let mut func = &*call.func;
                while let Expr::Paren(paren) = func {
                    func = &paren.expr;
                }
                *expr = self.call(func.to_token_stream(), &name, array, call.args.clone().into_iter());
            }
            Expr::MethodCall(call) if is_self(&call.receiver) && call.turbofish.is_none() => {
                if let Some(tensors) = self.signatures.get(&call.method.to_string()) {
                    if let Some(new) = self.call_own(call, tensors) {
                        *expr = new;
                    }
                } else if !call.args.is_empty() {
                    let (receiver, name) = (&call.receiver, call.method.clone());
                    *expr = self.call(quote!(#receiver.#name), &name, None, call.args.clone().into_iter());
                }
            }
            _ => {}
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|this| {
            this.scopes.bind(&arm.pat, Known::default());
            visit_mut::visit_arm_mut(this, arm);
        });
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|this| visit_mut::visit_block_mut(this, block));
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let mut known = Known::default();
        if let Some(init) = &mut local.init {
            known = Known {
                closure: matches!(*init.expr, Expr::Closure(_)),
                tensor: self.is_tensor(&init.expr),
                array: None,
            };
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        known.tensor |= matches!(&local.pat, Pat::Type(typed) if is_tensor_type(&typed.ty));
        self.scopes.bind(&local.pat, known);
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
