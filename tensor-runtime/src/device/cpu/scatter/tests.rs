//! Scatters against a plain loop.

use super::*;
use formwork_ir::DType;

fn access(strides: &[isize]) -> Access {
    Access { offset: 0, strides: strides.to_vec(), bounds: vec![] }
}

fn kernel(space: &[usize], strides: [&[isize]; 3], stride: isize, len: i64, out_len: usize) -> Scatter {
    let [src, idx, dst] = strides.map(access);
    Scatter { dtype: DType::F32, space: space.to_vec(), src, idx, dst, stride, len, out_len, check: Check { id: 5 } }
}

fn launch<T>(case: &Scatter, y: &mut [T], x: &[T], index: &[i64], threads: usize) -> Option<Failure> {
    let errors = ErrorWord::default();
    let buffers = [y.as_mut_ptr() as usize, x.as_ptr() as usize, index.as_ptr() as usize];
    // SAFETY: the slices hold what the case reaches.
    let run = || unsafe { compile(case).unwrap().launch(&buffers.map(|b| b as *mut u8), &[], &errors) };
    pool::with_threads(threads, run);
    errors.take().map(|found| found.0)
}

fn expected(case: &Scatter, x: &[f32], index: &[i64]) -> (Vec<f32>, Option<Failure>) {
    let (mut y, mut failure) = (vec![0.0; case.out_len], None);
    for at in 0..case.space.iter().product::<usize>() {
        let mut rest = at;
        let mut point = vec![0; case.space.len()];
        for d in (0..point.len()).rev() {
            (point[d], rest) = (rest % case.space[d], rest / case.space[d]);
        }
        let place = |a: &Access| a.offset + a.strides.iter().zip(&point).map(|(s, &i)| s * i as isize).sum::<isize>();
        let inside = case.src.bounds.iter().zip(&point).all(|(b, &i)| (b.0..b.1).contains(&(i as isize)));
        if !inside {
            continue;
        }
        let value = index[place(&case.idx) as usize];
        if (0..case.len).contains(&value) {
            y[(place(&case.dst) + value as isize * case.stride) as usize] += x[place(&case.src) as usize];
        } else {
            failure = failure.or(Some(Failure { check: 5, at, value }));
        }
    }
    (y, failure)
}

fn cases() -> Vec<(&'static str, Scatter)> {
    let padded = Access { bounds: vec![(1, 3), (2, 5)], offset: -7, ..access(&[5, 1]) };
    vec![
        ("embedding", kernel(&[300, 128], [&[128, 1], &[1, 0], &[0, 1]], 128, 20, 20 * 128)),
        ("few lanes", kernel(&[9, 3], [&[3, 1], &[1, 0], &[0, 1]], 3, 4, 12)),
        ("one class a row", kernel(&[5000, 4], [&[4, 1], &[4, 1], &[10, 0]], 1, 10, 50_000)),
        ("histogram", kernel(&[20_000], [&[1], &[1], &[0]], 1, 10, 10)),
        ("along the middle", kernel(&[16, 40, 50], [&[2000, 50, 1], &[2000, 50, 1], &[350, 0, 1]], 50, 7, 5600)),
        ("reversed", kernel(&[4, 6], [&[6, 1], &[1, 0], &[0, -1]], 6, 3, 18)),
        ("overlapping", kernel(&[200, 100], [&[100, 1], &[1, 0], &[0, 1]], 1, 5, 104)),
        ("no points", kernel(&[0, 4], [&[4, 1], &[1, 0], &[0, 1]], 4, 3, 12)),
        ("a point", kernel(&[], [&[], &[], &[]], 1, 3, 3)),
        ("padded", Scatter { src: padded, ..kernel(&[4, 6], [&[], &[1, 0], &[0, 1]], 6, 3, 18) }),
    ]
}

#[test]
fn points_are_added_in_order() {
    for (name, mut case) in cases() {
        if name == "reversed" {
            case.dst.offset = 5;
        }
        let points = case.space.iter().product::<usize>().max(1);
        let x: Vec<f32> = (0..points).map(|i| ((i * 7919) % 1000) as f32 * 0.37 - 100.0).collect();
        let index: Vec<i64> = (0..points as i64).map(|i| i * 31 % 17 % case.len).collect();
        for index in [index.clone(), index.iter().map(|i| i * 2 - 1).collect()] {
            let (want, failure) = expected(&case, &x, &index);
            for threads in [1, 2, 3] {
                let mut y = vec![f32::NAN; case.out_len];
                let found = launch(&case, &mut y, &x, &index, threads);
                assert_eq!(y, want, "{name}, {threads} threads");
                assert_eq!(found, failure, "{name}, {threads} threads");
            }
        }
    }
}

#[test]
fn every_dtype_is_summed() {
    let case = |dtype| Scatter { dtype, ..kernel(&[4], [&[1], &[1], &[0]], 1, 2, 2) };
    let index = [1, 0, 1, 1];
    let mut y = [half::bf16::NAN; 2];
    // In bf16, 256 + 1 is 256.
    launch(&case(DType::BF16), &mut y, &[256.0, 1.0, 1.0, 1.0].map(half::bf16::from_f32), &index, 1);
    assert_eq!(y.map(|y| y.to_f32()), [1.0, 258.0]);
    let mut y = [9u8; 2];
    launch(&case(DType::U8), &mut y, &[200, 7, 50, 10], &index, 1);
    assert_eq!(y, [7, 4]);
    let mut y = [9i64; 2];
    launch(&case(DType::I64), &mut y, &[1, 2, 3, -10], &index, 1);
    assert_eq!(y, [2, -6]);
    let mut y = [true; 2];
    launch(&case(DType::Bool), &mut y, &[true, false, false, true], &index, 1);
    assert_eq!(y, [false, true]);
}

#[test]
fn only_dims_that_never_meet_are_cut() {
    for (name, case) in cases() {
        let cut = Scattering::<f32>::new(&case).cut;
        match name {
            "embedding" => assert_eq!(cut.0, 1),
            "one class a row" | "along the middle" => assert!(cut.1 > 1, "{name}"),
            "histogram" | "overlapping" => assert_eq!(cut.1, 1, "{name}"),
            _ => {}
        }
    }
}
