use formwork::data::{DataLoader, Dataset, TokenWindows, sonnets};
use formwork::prelude::*;

dims! { Batch }

/// `x` and `y` of every sample.
fn all<E: Copy + Into<i64> + Send + Sync + 'static>(windows: TokenWindows<U3, E>) -> Result<Vec<[Vec<i64>; 2]>> {
    let loader = DataLoader::new(windows).batch::<Batch>(1);
    loader.into_iter().map(|batch| batch.and_then(|b| Ok([b.x.to_vec()?, b.y.to_vec()?]))).collect()
}

#[test]
fn a_window_at_every_place_and_what_follows() -> Result<()> {
    let windows = TokenWindows::<U3, u16>::new(vec![5, 6, 7, 8, 9])?;
    assert_eq!(all(windows)?, [[vec![5, 6, 7], vec![6, 7, 8]], [vec![6, 7, 8], vec![7, 8, 9]]]);
    Ok(())
}

#[test]
fn windows_with_a_stride_do_not_overlap() -> Result<()> {
    let windows = |len| TokenWindows::<U3, i64>::new((0..len).collect()).map(|w| w.stride(3));
    let starts = |len| -> Result<Vec<i64>> { Ok(all(windows(len)?)?.iter().map(|[x, _]| x[0]).collect()) };
    assert_eq!(starts(4)?, [0]);
    assert_eq!(starts(6)?, [0]);
    assert_eq!(starts(7)?, [0, 3]);
    assert_eq!(starts(10)?, [0, 3, 6]);
    assert_eq!(windows(10)?.stride(0).len(), 7);
    Ok(())
}

#[test]
fn random_windows_are_those_of_their_seed() -> Result<()> {
    let tokens: Vec<i64> = (0..100).collect();
    let drawn = |count, seed| -> Result<Vec<i64>> {
        let windows = TokenWindows::<U3, i64>::new(tokens.clone())?.random(count, seed);
        assert_eq!(windows.len(), count);
        let samples = all(windows)?;
        assert!(samples.iter().all(|[x, y]| x[1] == x[0] + 1 && y[0] == x[1] && y[2] <= 99));
        Ok(samples.iter().map(|[x, _]| x[0]).collect())
    };
    assert_eq!(drawn(8, 1)?, drawn(64, 1)?[..8]);
    assert_ne!(drawn(8, 1)?, drawn(8, 2)?);
    // 97 places, each drawn 100 times: deviations of more than five times 10 are no chance.
    let mut counts = [0i64; 97];
    drawn(9700, 3)?.into_iter().for_each(|start| counts[start as usize] += 1);
    assert!(counts.iter().all(|c| (50..=150).contains(c)), "{counts:?}");
    Ok(())
}

#[test]
fn too_few_tokens_are_an_error() {
    let error = TokenWindows::<U3, u8>::new(vec![1, 2, 3]).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("at least 4 tokens") && error.contains("3 tokens"), "{error}");
    let error = TokenWindows::<Batch, u8>::new(vec![1; 8]).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("literal dim") && error.contains("Batch"), "{error}");
}

#[test]
fn a_window_that_is_not_there_is_an_error() -> Result<()> {
    let windows = TokenWindows::<U3, u8>::new(vec![0; 8])?;
    let (mut x, mut y) = ([0; 3], [0; 3]);
    let error = windows.get(5, (&mut x, &mut y)).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("no sample 5 among 5"), "{error}");
    Ok(())
}

#[test]
fn the_sonnets_are_all_there() -> Result<()> {
    let text = sonnets::text()?;
    assert_eq!((text.len(), text.is_ascii()), (95_609, true));
    let is_number = |line: &&str| !line.is_empty() && line.chars().all(|c| "IVXLC".contains(c));
    let numbers: Vec<&str> = text.lines().filter(is_number).collect();
    assert_eq!((numbers.len(), numbers[153]), (154, "CLIV"));
    Ok(())
}
