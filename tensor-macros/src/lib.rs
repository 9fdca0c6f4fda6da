//! The macros of formwork: a shell around `formwork-lang`, which does the work.

use proc_macro::TokenStream;

#[allow(missing_docs)] // told in `docs/model.md`, where examples run
#[proc_macro]
pub fn model(input: TokenStream) -> TokenStream {
    formwork_lang::model(input.into()).into()
}

#[allow(missing_docs)] // told in `docs/dims.md`
#[proc_macro]
pub fn dims(input: TokenStream) -> TokenStream {
    formwork_lang::dims(input.into()).into()
}

/// A dim as a type: `dim!(4 * D)`.
#[proc_macro]
pub fn dim(input: TokenStream) -> TokenStream {
    formwork_lang::dim(input.into()).into()
}

/// A shape as a type: `s![Batch, 784]`.
#[proc_macro]
pub fn s(input: TokenStream) -> TokenStream {
    formwork_lang::shape(input.into()).into()
}

#[allow(missing_docs)] // told in `docs/kernels.md`
#[proc_macro_attribute]
pub fn kernel(options: TokenStream, item: TokenStream) -> TokenStream {
    formwork_lang::kernel(options.into(), item.into()).into()
}

/// A function of scalars that kernels call: `#[device] fn square(x: f32) -> f32 { x * x }`.
#[proc_macro_attribute]
pub fn device(options: TokenStream, item: TokenStream) -> TokenStream {
    formwork_lang::device(options.into(), item.into()).into()
}

/// Lets a struct be a layer: its fields are visited by name. `#[module(skip)]` leaves a field out.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(input: TokenStream) -> TokenStream {
    formwork_lang::derive_module(input.into()).into()
}
