use formwork::data::{Dataset, digits};

fn classes(labels: &[i64]) -> [usize; 10] {
    let mut counts = [0; 10];
    labels.iter().for_each(|&y| counts[y as usize] += 1);
    counts
}

#[test]
fn the_split_is_stratified_and_fixed() {
    let (train, test) = (digits::train().unwrap(), digits::test().unwrap());
    assert_eq!((train.len(), test.len()), (1437, 360));
    // Counted from the file with Python, by the rule that data/README.md states.
    assert_eq!(classes(&train.columns().1), [142, 146, 141, 147, 144, 146, 145, 143, 139, 144]);
    assert_eq!(classes(&test.columns().1), [36, 36, 36, 36, 37, 36, 36, 36, 35, 36]);
    // Lines 0, 2, 4, 17 of the file are the first to test with; lines 1, 3, 5, 6 to train with.
    assert_eq!(test.columns().1[..4], [0, 2, 4, 7]);
    assert_eq!(train.columns().1[..4], [1, 3, 5, 6]);
}

#[test]
fn pixels_are_scaled_and_none_is_in_both_parts() {
    let (train, test) = (digits::train().unwrap(), digits::test().unwrap());
    // The first line of the file.
    let first: Vec<f32> = [0, 0, 5, 13, 9, 1, 0, 0].iter().map(|&p| p as f32 / 16.0).collect();
    assert_eq!(test.columns().0[..8], first);
    let (mut low, mut high) = (f32::MAX, f32::MIN);
    for &p in train.columns().0.iter().chain(&test.columns().0) {
        (low, high) = (low.min(p), high.max(p));
    }
    assert_eq!((low, high), (0.0, 1.0));
    assert!(test.columns().0.chunks(64).all(|t| train.columns().0.chunks(64).all(|x| x != t)));
}
