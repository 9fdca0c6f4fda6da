//! The committed number table, and how numbers are spelled.
#[path = "../examples/generate_table.rs"]
mod generate_table;

use formwork_shapes::named::{named, spell};
use formwork_shapes::{_816, Dim, N, U0, U1, U784, U802, U1001, U1024, U50257, U1073741824, Yes};

#[test]
fn committed_table_is_what_the_generator_prints() {
    assert!(generate_table::table() == include_str!("../src/table.rs"), "run the command at the head of src/table.rs");
}

#[test]
fn named_numbers_are_closed_under_division_by_four() {
    for n in (0..200_000).chain((18..=30).map(|p| 1 << p)).chain([1_000_000]).filter(|&n| named(n)) {
        assert!(named(n / 4), "{n} has a struct of its own, {} has none", n / 4);
    }
    assert!(!named(1025) && !named(802_816) && !named(1 << 31));
}

#[test]
fn numbers_are_spelled_as_dims() {
    let cases = [
        (0, "U0"),
        (784, "U784"),
        (1025, "N<U1, _025>"),
        (802_816, "N<U802, _816>"),
        (1_000_000_007, "N<U1000000, _007>"),
        (1_001_816_007, "N<N<U1001, _816>, _007>"),
    ];
    for (n, want) in cases {
        assert_eq!(spell(n, ""), want);
    }
    assert_eq!(spell(1025, "::formwork::"), "::formwork::N<::formwork::U1, ::formwork::_025>");
    assert_eq!(spell(u64::MAX, "").matches("N<").count(), 6);
}

#[test]
fn dims_know_their_size() {
    fn one<D: Dim<One = Yes>>() -> Option<usize> {
        D::SIZE
    }
    assert_eq!(one::<U1>(), Some(1));
    assert_eq!(
        [U0::SIZE, U784::SIZE, U1024::SIZE, U50257::SIZE, U1073741824::SIZE],
        [Some(0), Some(784), Some(1024), Some(50_257), Some(1 << 30)]
    );
    assert_eq!([<N<U802, _816>>::SIZE, <N<U1001, _816>>::SIZE], [Some(802_816), Some(1_001_816)]);
}
