/// Examples in a batch.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct Batch;
impl ::formwork::shapes::Dim for Batch {
    const EXPR: &'static ::formwork::shapes::DimExpr = &::formwork::shapes::DimExpr::Symbol(::formwork::shapes::Symbol {
        name: "Batch",
        module: ::core::module_path!(),
    });
    type Uint = ::formwork::shapes::OneUint;
    type Syms = (Self, ());
    type One = ::formwork::shapes::No;
}
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub(crate) struct Seq;
impl ::formwork::shapes::Dim for Seq {
    const EXPR: &'static ::formwork::shapes::DimExpr = &::formwork::shapes::DimExpr::Symbol(::formwork::shapes::Symbol {
        name: "Seq",
        module: ::core::module_path!(),
    });
    type Uint = ::formwork::shapes::OneUint;
    type Syms = (Self, ());
    type One = ::formwork::shapes::No;
}
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
pub type D = ::formwork::shapes::U768;
#[allow(dead_code, non_upper_case_globals, unused_parens)]
pub const D: usize = 768;
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
pub type HEADS = ::formwork::shapes::U12;
#[allow(dead_code, non_upper_case_globals, unused_parens)]
pub const HEADS: usize = 12;
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
pub type HEAD = ::formwork::shapes::Quot<D, HEADS>;
#[allow(dead_code, non_upper_case_globals, unused_parens)]
pub const HEAD: usize = (D / HEADS);
type Image = (
    Batch,
    ::formwork::shapes::U3,
    ::formwork::shapes::U224,
    ::formwork::shapes::U224,
);
type Scalar = ();
type Pixels = ::formwork::shapes::N<::formwork::shapes::U50, ::formwork::shapes::_176>;
type Large = ::formwork::shapes::N<::formwork::shapes::U802, ::formwork::shapes::_817>;
type Rest = ::formwork::shapes::Quot<
    ::formwork::shapes::Prod<
        ::formwork::shapes::U2,
        ::formwork::shapes::Diff<D, ::formwork::shapes::U1>,
    >,
    HEADS,
>;
