//! Dim arithmetic: literal results are themselves dims, compounds keep how they were written.
use formwork_shapes::*;

runtime_dim!(Batch);
runtime_dim!(Seq);

fn same<A, B: SameShape<A>>() {}

#[test]
fn literal_sums_products_differences_and_quotients() {
    same::<Sum<U0, U0>, U0>();
    same::<Sum<U784, U1>, U785>();
    same::<Sum<N<U60, _000>, U257>, N<U60, _257>>();
    same::<Prod<U0, U784>, U0>();
    same::<Prod<U1, U784>, U784>();
    same::<Prod<U4, U128>, U512>();
    same::<Prod<U64, U3136>, N<U200, _704>>();
    same::<Prod<U1000000, U1000000>, N<N<U1000000, _000>, _000>>();
    same::<Diff<U10, U10>, U0>();
    same::<Diff<U10, U0>, U10>();
    same::<Diff<N<U200, _704>, U1>, N<U200, _703>>();
    same::<Quot<U768, U12>, U64>();
    same::<Quot<U0, U7>, U0>();
    same::<Quot<U7, U1>, U7>();
    same::<Quot<N<U200, _704>, U64>, U3136>();
    same::<Quot<U1000000, U1000000>, U1>();
}

#[test]
fn every_small_number_comes_back_from_typenum() {
    macro_rules! check { ($($a:ident $b:ident $sum:ident $product:ident;)*) => { $(
        same::<Sum<$a, $b>, $sum>(); same::<Prod<$a, $b>, $product>();
        same::<Diff<$sum, $b>, $a>(); same::<Quot<$product, $b>, $a>();
    )* } }
    check! {
        U0 U1 U1 U0; U1 U1 U2 U1; U1 U2 U3 U2; U2 U3 U5 U6; U3 U5 U8 U15; U5 U8 U13 U40; U8 U13 U21 U104;
        U13 U21 U34 U273; U21 U34 U55 U714; U31 U33 U64 U1023; U32 U32 U64 U1024; U15 U17 U32 U255; U16 U16 U32 U256;
    }
}

#[test]
fn compounds_of_run_time_dims() {
    same::<Sum<Batch, U1>, Plus<Batch, U1>>();
    same::<Sum<U1, Batch>, Plus<U1, Batch>>();
    same::<Prod<Batch, Seq>, Times<Batch, Seq>>();
    same::<Prod<Batch, U12>, Times<Batch, U12>>();
    same::<Prod<Sum<Batch, U1>, U12>, Times<Plus<Batch, U1>, U12>>();
    assert_eq!(<Times<Batch, U12>>::SIZE, None);
}

#[test]
fn array_lengths_are_dims() {
    same::<<Len<0> as ArrayLen>::Dim, U0>();
    same::<<Len<3> as ArrayLen>::Dim, U3>();
    same::<<Len<64> as ArrayLen>::Dim, U64>();
}

#[test]
fn dims_are_displayed_as_written() {
    let name = |e: &DimExpr| e.to_string();
    assert_eq!(name(U784::EXPR), "784");
    assert_eq!(name(<N<U802, _816>>::EXPR), "802816");
    assert_eq!(name(Batch::EXPR), "Batch");
    assert_eq!(name(<Plus<Batch, U1>>::EXPR), "Batch + 1");
    assert_eq!(name(<Times<Batch, U12>>::EXPR), "Batch * 12");
    assert_eq!(name(<Times<Plus<Batch, U1>, Times<U12, Seq>>>::EXPR), "(Batch + 1) * 12 * Seq");
}

#[test]
fn symbols_are_told_apart_by_name_and_module() {
    mod other {
        formwork_shapes::runtime_dim!(Batch);
    }
    let symbol = |e: &DimExpr| if let DimExpr::Symbol(s) = e { Some(*s) } else { None };
    assert_eq!(symbol(Batch::EXPR), Some(Symbol { name: "Batch", module: "arithmetic" }));
    assert_ne!(symbol(Batch::EXPR), symbol(Seq::EXPR));
    assert_ne!(symbol(Batch::EXPR), symbol(other::Batch::EXPR));
    assert_eq!(symbol(U784::EXPR), None);
}

#[test]
fn expressions_take_the_values_of_their_symbols() {
    let value = |s: &Symbol| match s.name {
        "Batch" => Some(5),
        "Seq" => Some(usize::MAX),
        _ => None,
    };
    assert_eq!(<Times<Plus<Batch, U1>, U12>>::EXPR.size(&value), Some(72));
    assert_eq!(<Times<Batch, Seq>>::EXPR.size(&value), None, "passes usize");
    assert_eq!(<Plus<Batch, Seq>>::EXPR.size(&value), None, "passes usize");
    assert_eq!(Batch::EXPR.size(&|_| None), None);
}
