//! The Rust that a model becomes.

use super::ast::{Field, Generics, Method, Model, Where};
use super::body::{cx_of, in_mode};
use crate::path::{Library, first_span, unseen};
use crate::shape::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::HashSet;

/// Generics in the pieces that an impl is made of.
struct Impl {
    /// `H: Dim, const N: usize`: declarations.
    params: TokenStream,
    /// `H, N`: arguments.
    args: TokenStream,
    /// The predicates of the `where` clause.
    wheres: Vec<TokenStream>,
}

impl Impl {
    fn of(generics: &Generics, library: &Library) -> Impl {
        let (mut params, mut args) = (TokenStream::new(), TokenStream::new());
        for param in &generics.params.params {
            match param {
                syn::GenericParam::Type(ty) => {
                    let (attrs, name, bounds) = (&ty.attrs, &ty.ident, &ty.bounds);
                    let bounds =
                        if bounds.is_empty() { library.at(name.span(), "Dim") } else { bounds.to_token_stream() };
                    params.extend(quote!(#(#attrs)* #name: #bounds,));
                    args.extend(quote!(#name,));
                }
                syn::GenericParam::Const(c) => {
                    let (name, ty) = (&c.ident, &c.ty);
                    params.extend(quote!(const #name: #ty,));
                    args.extend(quote!(#name,));
                }
                syn::GenericParam::Lifetime(l) => {
                    let name = &l.lifetime;
                    params.extend(quote!(#l,));
                    args.extend(quote!(#name,));
                }
            }
        }
        let mut wheres: Vec<TokenStream> =
            generics.params.where_clause.iter().flat_map(|w| &w.predicates).map(ToTokens::to_token_stream).collect();
        let parameters = generics.parameters();
        for predicate in &generics.wheres {
            match predicate {
                Where::Rust(rust) => wheres.push(rust.to_token_stream()),
                Where::Dim(dim, bounds) => {
                    let ty = dim.to_type(library);
                    wheres.push(quote!(#ty: #bounds));
                }
                Where::Exists(dim) => dim.bounds(library, &parameters, &mut wheres),
            }
        }
        Impl { params, args, wheres }
    }

    /// This and then `inner`.
    fn and(&self, inner: &Impl) -> Impl {
        let (a, b) = (&self.params, &inner.params);
        let (x, y) = (&self.args, &inner.args);
        Impl {
            params: quote!(#a #b),
            args: quote!(#x #y),
            wheres: self.wheres.iter().chain(&inner.wheres).cloned().collect(),
        }
    }

    fn declared(&self) -> TokenStream {
        angles(&self.params)
    }

    fn applied(&self) -> TokenStream {
        angles(&self.args)
    }

    /// `where ..`, each predicate once.
    fn clause(&self) -> TokenStream {
        let mut seen = HashSet::new();
        let wheres: Vec<_> = self.wheres.iter().filter(|w| seen.insert(w.to_string())).collect();
        if wheres.is_empty() { TokenStream::new() } else { quote!(where #(#wheres),*) }
    }
}

fn angles(inside: &TokenStream) -> TokenStream {
    if inside.is_empty() { TokenStream::new() } else { quote!(<#inside>) }
}

/// What all parts of the output need.
struct Emit<'a> {
    model: &'a Model,
    library: &'a Library,
    of: Impl,
}

/// The whole output.
pub fn emit_model(model: &Model) -> TokenStream {
    let library = &model.library;
    let mut of = Impl::of(&model.generics, library);
    let parameters = model.parameters();
    for field in &model.fields {
        field.layer.each_dim(&mut |dim| dim.bounds(library, &parameters, &mut of.wheres));
    }
    let emit = Emit { model, library, of };
    let parts = [
        emit.write_struct(),
        emit.write_constructors(),
        emit.write_init(),
        emit.write_module(),
        emit.write_debug(),
        emit.write_methods(),
        emit.write_without_mode(),
        emit.write_pass(),
    ];
    let mut out: TokenStream = parts.into_iter().collect();
    model.each_dim(&mut |dim| dim.checks(library, &mut out));
    out
}

impl Emit<'_> {
    /// A path of the library at the model's name.
    fn at(&self, path: &str) -> TokenStream {
        self.library.at(self.model.name.span(), path)
    }

    /// `impl<H: Dim> Trait for Name<H> where .. { body }`, at the model's name.
    fn write_impl(&self, of: &Impl, of_trait: &TokenStream, body: &TokenStream) -> TokenStream {
        let (name, declared, applied, clause) = (&self.model.name, of.declared(), self.of.applied(), of.clause());
        let of_trait = if of_trait.is_empty() { TokenStream::new() } else { quote!(#of_trait for) };
        quote_spanned!(name.span()=> impl #declared #of_trait #name #applied #clause { #body })
    }

    fn write_struct(&self) -> TokenStream {
        let Model { attrs, vis, struct_token, name, fields, .. } = self.model;
        let fields = fields.iter().map(|field| {
            let Field { attrs, vis, name, layer } = field;
            let ty = layer.to_type(self.library);
            quote!(#(#attrs)* #vis #name: #ty,)
        });
        // A field that was left out may have been the one that uses a parameter.
        let parameters = self.model.parameters();
        let left_out = self.model.stub.then(|| quote!(left_out: ::core::marker::PhantomData<(#(#parameters,)*)>,));
        let (declared, clause) = (self.of.declared(), self.of.clause());
        quote!(#(#attrs)* #vis #struct_token #name #declared #clause { #(#fields)* #left_out })
    }

    /// `new`, `train`, `eval`, `summary`.
    fn write_constructors(&self) -> TokenStream {
        let (vis, name, pass) = (&self.model.vis, &self.model.name, self.pass_name());
        let args = &self.of.args;
        let [result, device, rng, cx, nn, summary] =
            ["Result", "Device", "Rng", "nn::Cx", "nn::protocol", "nn::Summary"].map(|p| self.at(p));
        let dry = self.write_dry();
        let label = name.to_string();
        let body = quote_spanned! {name.span()=>
            /// Makes the model with freshly drawn parameters.
            #vis fn new(device: &#device, rng: &mut #rng) -> #result<Self> {
                #nn::new(device, rng)
            }
            /// The model while it learns: dropout drops, statistics are gathered.
            #vis fn train<'m>(&'m self, rng: &'m mut #rng) -> #pass<'m, #args> {
                #pass { model: self, cx: #cx::train(rng) }
            }
            /// The model in use: nothing is random, nothing is gathered.
            #vis fn eval(&self) -> #pass<'_, #args> {
                #pass { model: self, cx: #cx::eval() }
            }
            /// Its layers with their types, output shapes and numbers of parameters.
            #vis fn summary(&self) -> #summary {
                #summary::of(self, #label, #dry)
            }
        };
        let methods = self.write_impl(&self.of, &TokenStream::new(), &body);
        // A program need not use all of them.
        quote_spanned!(name.span()=> #[allow(dead_code)] #methods)
    }

    /// A forward pass that is only built, if the types say what goes in.
    fn write_dry(&self) -> TokenStream {
        let span = self.model.name.span();
        match self.model.forward() {
            Some(forward)
                if !self.model.stub
                    && forward.generics.params.params.is_empty()
                    && forward.generics.wheres.is_empty() =>
            {
                let (layer, nn, input) = (self.at("nn::Layer"), self.at("nn::protocol"), self.input_type(forward));
                quote_spanned!(span=> |cx| #nn::ignore(#layer::<#input>::forward(self, &#nn::dry(), cx)))
            }
            _ => quote_spanned!(span=> |_| ()),
        }
    }

    /// `nn::Part::method` at a layer. All of a layer's obligations are this one, at one place, so that rustc tells a
    /// field that is no layer once.
    fn part(&self, field: &Field, method: &str) -> TokenStream {
        let (span, method) = (field.layer.span(), Ident::new(method, Span::mixed_site()));
        let part = unseen(self.library.at(span, "nn::protocol::Part"));
        quote_spanned!(span=> <_ as #part>::#method::<>)
    }

    /// `{ &self.field }`: braces at the layer, so that rustc reports it there.
    fn place_of(&self, field: &Field, mutable: bool) -> TokenStream {
        let name = &field.name;
        let mutable = mutable.then(|| quote!(mut));
        let inside = quote_spanned!(self.model.name.span()=> & #mutable self.#name);
        let mut braces = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, inside);
        braces.set_span(field.layer.span());
        braces.to_token_stream()
    }

    fn write_init(&self) -> TokenStream {
        let [at, config] = ["at", "config"].map(|name| Ident::new(name, Span::mixed_site()));
        let fields = self.model.fields.iter().map(|field| {
            let (name, label, span) = (&field.name, field.name.to_string(), field.layer.span());
            let (value, named) = field.layer.values();
            if value.is_none() && named.is_empty() {
                let make = self.part(field, "make");
                return quote!(#name: #make(#at, #label)?,);
            }
            let (make, ty) = (unseen(self.library.at(span, "nn::protocol::Part")), field.layer.to_type(self.library));
            let value = value.map(|v| {
                let span = first_span(&v.to_token_stream());
                let from = unseen(quote_spanned!(span=> ::core::convert::From::from::<>));
                quote_spanned!(span=> *#config = #from(#v);)
            });
            let named = named.iter().map(|(name, v)| quote_spanned!(name.span()=> (#config).#name = #v;));
            let function = Ident::new("make_with", Span::mixed_site());
            let make = quote_spanned!(span=> <#ty as #make>::#function::<>);
            quote!(#name: #make(#at, #label, |#config| { #value #(#named)* })?,)
        });
        let made = if self.model.stub {
            quote!(::core::unimplemented!())
        } else {
            quote_spanned!(self.model.name.span()=> ::core::result::Result::Ok(Self { #(#fields)* }))
        };
        let options = self.write_option_checks();
        let [init, vars, result] = ["nn::Init", "nn::Vars", "Result"].map(|p| self.at(p));
        let body = quote_spanned! {self.model.name.span()=>
            type Config = ();
            fn init(_: (), #at: &mut #vars<'_>) -> #result<Self> {
                let _ = &#at;
                #options
                #made
            }
        };
        self.write_impl(&self.of, &init, &body)
    }

    /// That each layer has the options it is given: said once, at the option.
    fn write_option_checks(&self) -> TokenStream {
        let mut checks = TokenStream::new();
        for field in self.visited() {
            field.layer.to_type_by(self.library, &mut |layer, name, value| {
                let has = unseen(self.library.at(name.span(), "nn::protocol::has_option"));
                checks.extend(quote_spanned!(name.span()=> #has::<#layer, #name, #value>();));
            });
        }
        checks
    }

    /// The fields that are visited: none in a stub, where one may be no layer.
    fn visited(&self) -> impl Iterator<Item = &Field> {
        self.model.fields.iter().filter(|_| !self.model.stub)
    }

    /// Parameters by name, and layers as written.
    fn write_module(&self) -> TokenStream {
        let visit = |method: &str, mutable: bool| -> TokenStream {
            let lines = self.visited().map(|field| {
                let (label, part, place) =
                    (field.name.to_string(), self.part(field, method), self.place_of(field, mutable));
                quote_spanned!(self.model.name.span()=> #part(#place, #label, path, f);)
            });
            lines.collect()
        };
        let (visited, module) =
            write_visits(self.library, self.model.name.span(), &visit("visit", false), &visit("visit_mut", true));
        let visits = self.write_impl(&self.of, &module, &visited);
        let [kind, custom, layers] = ["nn::Kind", "nn::Custom", "nn::protocol::Layers"].map(|p| self.at(p));
        let rows = self.visited().map(|field| {
            let (label, text, part) = (field.name.to_string(), field.layer.to_string(), self.part(field, "list"));
            let place = self.place_of(field, false);
            quote_spanned!(self.model.name.span()=> #part(#place, #label, #text, layers);)
        });
        let body = quote_spanned! {self.model.name.span()=>
            type Kind = #custom;
            fn layers(&self, layers: &mut #layers) {
                let _ = &layers;
                #(#rows)*
            }
        };
        let kind = self.write_impl(&self.of, &kind, &body);
        let ([option, value], params) = (free_names(), &self.of.params);
        let (declared, applied, clause) = (quote!(<#params #option, #value>), self.of.applied(), self.of.clause());
        let without_options = write_without_options(self.library, &self.model.name, &declared, &applied, &clause);
        // Kept out of lists of impls in errors.
        let attrs = quote!(#[diagnostic::do_not_recommend] #[allow(unused_braces)]);
        quote!(#attrs #visits #attrs #kind #without_options)
    }

    fn write_debug(&self) -> TokenStream {
        let derived = self
            .model
            .attrs
            .iter()
            .any(|a| a.path().is_ident("derive") && a.to_token_stream().to_string().contains("Debug"));
        if derived {
            return TokenStream::new();
        }
        let (span, nn, label) = (self.model.name.span(), self.at("nn::protocol"), self.model.name.to_string());
        let body = quote_spanned! {span=>
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #nn::fmt_layers(self, #label, f)
            }
        };
        self.write_impl(&self.of, &quote_spanned!(span=> ::core::fmt::Debug), &body)
    }

    /// Bounds of a function: its own, and that the dims it mentions exist.
    fn bounds_of(&self, method: &Method) -> Impl {
        let mut own = Impl::of(&method.generics, self.library);
        let parameters: Vec<Ident> = self.model.parameters().into_iter().chain(method.generics.parameters()).collect();
        let mut bound = |dim: &crate::dim::DimExpr| dim.bounds(self.library, &parameters, &mut own.wheres);
        method.inputs.iter().for_each(|i| i.ty.each_dim(&mut bound));
        method.output.each_dim(&mut bound);
        method.body_dims.iter().for_each(&mut bound);
        for predicate in &method.generics.wheres {
            if let Where::Exists(dim) = predicate {
                bound(dim);
            }
        }
        own
    }

    /// What goes into `forward`: a tensor, or a tuple of them.
    fn input_type(&self, method: &Method) -> TokenStream {
        let types: Vec<TokenStream> = method.inputs.iter().map(|i| i.ty.to_type(self.library)).collect();
        if let [one] = &types[..] { one.clone() } else { quote!((#(#types,)*)) }
    }

    /// The user's functions: `forward` is the model's `Layer` impl, the others are its own, with the mode as a parameter.
    fn write_methods(&self) -> TokenStream {
        let known = |m: &&Method| !m.output.is_unknown() && m.inputs.iter().all(|i| !i.ty.is_unknown());
        self.model
            .methods
            .iter()
            .filter(known)
            .map(|m| if m.name == "forward" { self.write_forward(m) } else { self.write_function(m) })
            .collect()
    }

    fn write_forward(&self, method: &Method) -> TokenStream {
        let own = self.of.and(&self.bounds_of(method));
        let (input, output) = (self.input_type(method), method.output.to_type(self.library));
        let layer = self.at("nn::Layer");
        let names = method.inputs.iter().map(|i| {
            let (mutable, name) = (&i.mutable, &i.name);
            quote!(#mutable #name)
        });
        let pattern = if method.inputs.len() == 1 { quote!(#(#names)*) } else { quote!((#(#names,)*)) };
        let value = Ident::new("input", Span::mixed_site());
        let at = method.inputs.first().map_or(method.name.span(), |i| i.ty.span());
        let bind = quote_spanned!(at=> let #pattern = ::core::clone::Clone::clone(#value););
        let function = self.write_signature(method, &TokenStream::new(), &quote!(#value: &#input), &bind, true);
        let body = quote!(type Out = #output; #function);
        self.write_impl(&own, &quote!(#layer<#input>), &body)
    }

    fn write_function(&self, method: &Method) -> TokenStream {
        let own = self.bounds_of(method);
        let (mut params, mut binds) = (TokenStream::new(), TokenStream::new());
        for input in &method.inputs {
            let (mutable, name, ty) = (&input.mutable, &input.name, input.ty.to_type(self.library));
            if input.ty.is_tensors() {
                params.extend(quote!(#name: &#ty,));
                binds.extend(quote_spanned!(name.span()=> let #mutable #name = ::core::clone::Clone::clone(#name);));
            } else {
                params.extend(quote!(#mutable #name: #ty,));
            }
        }
        let function = self.write_signature(method, &own.declared(), &params, &binds, false);
        let clause = own.clause();
        let whole = insert_clause(function, &clause);
        self.write_impl(&self.of, &TokenStream::new(), &whole)
    }

    /// One function with its hidden parameter; in `Layer` it comes last.
    fn write_signature(
        &self,
        method: &Method,
        declared: &TokenStream,
        params: &TokenStream,
        binds: &TokenStream,
        last: bool,
    ) -> TokenStream {
        let Method { attrs, vis, fn_token, name, self_token, output, body, .. } = method;
        let own_name = if last { name.clone() } else { in_mode(name) };
        let (cx, cx_type, output) =
            (cx_of(method), self.library.at(name.span(), "nn::Cx"), output.to_type(self.library));
        let vis = (!last).then_some(vis);
        let cx_param = quote!(#cx: &#cx_type<'_>);
        let params = if last { quote!(#params, #cx_param) } else { quote!(#cx_param, #params) };
        let (stmts, computing) = (&body.stmts, self.write_computing());
        let allowed = if self.model.stub { quote!(unused_variables,) } else { TokenStream::new() };
        let docs = attrs.iter().filter(|a| !last || !a.path().is_ident("doc"));
        quote! {
            #(#docs)*
            #[allow(#allowed clippy::needless_borrow, clippy::op_ref)]
            #vis #fn_token #own_name #declared (&#self_token, #params) -> #output {
                let _ = #cx;
                #computing
                #binds
                #(#stmts)*
            }
        }
    }

    /// What makes products of a function be computed in the model's element type, until it returns.
    fn write_computing(&self) -> Option<TokenStream> {
        let element = self.model.compute.as_ref().filter(|_| !self.model.stub)?;
        let (span, guard) = (first_span(&element.to_token_stream()), Ident::new("computing", Span::mixed_site()));
        let computing = unseen(self.library.at(span, "computing"));
        Some(quote_spanned!(span=> let #guard = #computing::<#element>();))
    }

    fn pass_name(&self) -> Ident {
        format_ident!("{}Pass", self.model.name)
    }

    /// The model in one of its two modes, with the user's functions as they are called.
    fn write_pass(&self) -> TokenStream {
        let Model { vis, name, .. } = self.model;
        let (pass, cx, applied) = (self.pass_name(), self.at("nn::Cx"), self.of.applied());
        let (params, args, clause, declared) = (&self.of.params, &self.of.args, self.of.clause(), self.of.declared());
        let functions = self.model.methods.iter().map(|m| self.write_pass_function(m));
        let doc = format!(" [`{name}`] in a mode: what its `train` and `eval` return.");
        quote_spanned! {name.span()=>
            #[doc = #doc]
            #[allow(dead_code)]
            #vis struct #pass<'m, #params> #clause {
                model: &'m #name #applied,
                cx: #cx<'m>,
            }
            #[allow(dead_code)]
            impl #declared #pass<'_, #args> #clause {
                #(#functions)*
            }
        }
    }

    /// The functions on the model itself, which cannot be called: the error says that a mode comes first.
    fn write_without_mode(&self) -> TokenStream {
        if self.model.stub {
            return TokenStream::new();
        }
        let in_mode = self.at("nn::protocol::InMode");
        let functions = self.model.methods.iter().map(|method| {
            let Method { fn_token, name, output, .. } = method;
            let mut own = self.bounds_of(method);
            own.wheres.push(quote_spanned!(name.span()=> for<'m> &'m Self: #in_mode));
            let (declared, clause, output) = (own.declared(), own.clause(), output.to_type(self.library));
            let (vis, params) = (self.pass_vis(method), self.pass_params(method));
            let inputs = method.inputs.iter().map(|i| &i.name);
            quote_spanned! {name.span()=>
                #[doc(hidden)]
                #vis #fn_token #name #declared (&self, #params) -> #output #clause { self.eval().#name(#(#inputs),*) }
            }
        });
        let methods = self.write_impl(&self.of, &TokenStream::new(), &functions.collect());
        quote_spanned!(self.model.name.span()=> #[allow(dead_code)] #methods)
    }

    fn pass_vis<'a>(&'a self, method: &'a Method) -> &'a syn::Visibility {
        if method.name == "forward" { &self.model.vis } else { &method.vis }
    }

    /// The inputs of a function as callers give them.
    fn pass_params(&self, method: &Method) -> TokenStream {
        let feed = self.library.at(method.name.span(), "nn::protocol::Feed");
        let param = |i: &super::ast::Input| {
            let (name, ty) = (&i.name, i.ty.to_type(self.library));
            if matches!(i.ty, Type::Tensor(_)) {
                quote_spanned!(name.span()=> #name: impl #feed<#ty>,)
            } else {
                quote!(#name: #ty,)
            }
        };
        method.inputs.iter().map(param).collect()
    }

    fn write_pass_function(&self, method: &Method) -> TokenStream {
        let Method { attrs, fn_token, name, output, .. } = method;
        let own = self.bounds_of(method);
        let (declared, clause, output) = (own.declared(), own.clause(), output.to_type(self.library));
        let forward = name == "forward";
        let vis = self.pass_vis(method);
        if self.model.stub {
            let inputs = method.inputs.iter().map(|i| &i.name);
            return quote_spanned! {name.span()=>
                #[allow(unused_variables, dead_code)]
                #vis #fn_token #name #declared (&self, #(#inputs: impl ::core::marker::Sized,)*) -> #output #clause {
                    ::core::unimplemented!()
                }
            };
        }
        let (feed, layer) =
            (self.library.at(name.span(), "nn::protocol::Feed"), self.library.at(name.span(), "nn::Layer"));
        let params = self.pass_params(method);
        let args: Vec<TokenStream> = method
            .inputs
            .iter()
            .map(|i| {
                let name = &i.name;
                if matches!(i.ty, Type::Tensor(_)) { quote!(#feed::feed(#name)) } else { name.to_token_stream() }
            })
            .collect();
        let call = if forward {
            let input = if let [one] = &args[..] { one.clone() } else { quote!((#(#args,)*)) };
            let ty = self.input_type(method);
            quote!(#layer::<#ty>::forward(self.model, &#input, &self.cx))
        } else {
            let args = args
                .iter()
                .zip(&method.inputs)
                .map(|(arg, i)| if i.ty.is_tensors() { quote!(&#arg) } else { arg.clone() });
            let name = in_mode(name);
            quote!(self.model.#name(&self.cx, #(#args),*))
        };
        quote_spanned!(name.span()=> #(#attrs)* #vis #fn_token #name #declared (&self, #params) -> #output #clause { #call })
    }
}

/// Puts a `where` clause before the body, the last token of a function.
fn insert_clause(function: TokenStream, clause: &TokenStream) -> TokenStream {
    let mut trees: Vec<_> = function.into_iter().collect();
    let body = trees.pop();
    let mut out: TokenStream = trees.into_iter().collect();
    out.extend(clause.clone());
    out.extend(body);
    out
}

/// The names of an option and its value, which no user gives a parameter.
pub fn free_names() -> [Ident; 2] {
    ["OptionName", "OptionValue"].map(|n| Ident::new(n, Span::mixed_site()))
}

/// The impl of `With` of a layer that has no options; [`free_names`] stand last in `declared`.
pub fn write_without_options(
    library: &Library,
    name: &Ident,
    declared: &TokenStream,
    applied: &TokenStream,
    clause: &TokenStream,
) -> TokenStream {
    let ([with, no], [option, value]) = (["nn::With", "No"].map(|p| library.at(name.span(), p)), free_names());
    quote_spanned! {name.span()=>
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #declared #with<#option, #value> for #name #applied #clause {
            type Out = Self;
            type Has = #no;
        }
    }
}

/// The bodies of `visit` and `visit_mut` in their functions, and the trait they belong to.
pub fn write_visits(
    library: &Library,
    span: Span,
    shared: &TokenStream,
    exclusive: &TokenStream,
) -> (TokenStream, TokenStream) {
    let [module, path, item, item_mut] =
        ["params::Module", "params::Path", "params::Item", "params::ItemMut"].map(|p| library.at(span, p));
    let body = quote_spanned! {span=>
        fn visit<'a>(&'a self, path: &mut #path, f: &mut dyn ::core::ops::FnMut(&#path, #item<'a>)) {
            let _ = (&path, &f);
            #shared
        }
        fn visit_mut<'a>(&'a mut self, path: &mut #path, f: &mut dyn ::core::ops::FnMut(&#path, #item_mut<'a>)) {
            let _ = (&path, &f);
            #exclusive
        }
    };
    (body, module)
}
