/// Examples in a batch.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct Batch;
impl ::formwork::Dim for Batch {
    const EXPR: &'static ::formwork::DimExpr = &::formwork::DimExpr::Symbol(::formwork::Symbol {
        name: "Batch",
        module: ::core::module_path!(),
    });
    type Uint = ::formwork::OneUint;
    type Syms = (Self, ());
    type One = ::formwork::No;
}
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub(crate) struct Seq;
impl ::formwork::Dim for Seq {
    const EXPR: &'static ::formwork::DimExpr = &::formwork::DimExpr::Symbol(::formwork::Symbol {
        name: "Seq",
        module: ::core::module_path!(),
    });
    type Uint = ::formwork::OneUint;
    type Syms = (Self, ());
    type One = ::formwork::No;
}
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
pub type D = ::formwork::U768;
#[allow(dead_code, non_upper_case_globals, unused_parens)]
pub const D: usize = 768;
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
pub type HEADS = ::formwork::U12;
#[allow(dead_code, non_upper_case_globals, unused_parens)]
pub const HEADS: usize = 12;
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
pub type HEAD = ::formwork::Quot<D, HEADS>;
#[allow(dead_code, non_upper_case_globals, unused_parens)]
pub const HEAD: usize = (D / HEADS);
type Image = (Batch, ::formwork::U3, ::formwork::U224, ::formwork::U224);
type Scalar = ();
type Pixels = ::formwork::N<::formwork::U50, ::formwork::_176>;
type Large = ::formwork::N<::formwork::U802, ::formwork::_817>;
type Rest = ::formwork::Quot<
    ::formwork::Prod<::formwork::U2, ::formwork::Diff<D, ::formwork::U1>>,
    HEADS,
>;
