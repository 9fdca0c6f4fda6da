use super::*;
use formwork_ir::Access;

fn kernel(op: ScanOp, dims: &[usize], axis: usize, reverse: bool) -> Scan {
    let strides = (0..dims.len()).map(|a| dims[a + 1..].iter().product::<usize>() as isize).collect();
    let x = Access { offset: 0, strides, bounds: vec![] };
    Scan { op, dtype: DType::F64, dims: dims.to_vec(), axis, reverse, x }
}

/// The same elements by their definition. Small whole numbers: sums are exact in any order.
fn expected(k: &Scan, x: &[f64]) -> Vec<f64> {
    let (n, inner) = (k.dims[k.axis], k.dims[k.axis + 1..].iter().product::<usize>());
    let at = |i: usize, place: usize| x[i - i / inner % n * inner + place * inner];
    let mut y = vec![];
    for i in 0..x.len() {
        let place = i / inner % n;
        let run: Vec<usize> = if k.reverse { (place..n).rev().collect() } else { (0..=place).collect() };
        let best = |better: fn(f64, f64) -> bool| {
            run.iter().copied().reduce(|a, b| if better(at(i, a), at(i, b)) { a } else { b }).expect("a place")
        };
        y.push(match k.op {
            ScanOp::Sum => run.iter().map(|&p| at(i, p)).sum(),
            ScanOp::Max => at(i, best(|a, b| a > b)),
            ScanOp::ArgMax => best(|a, b| a > b) as f64,
            _ => best(|a, b| a < b) as f64,
        });
    }
    y
}

fn launch(k: &Scan, y: *mut u8, x: *mut u8, threads: usize) {
    let (y, x) = (Shared::new(y), Shared::new(x));
    // SAFETY: the buffers hold what the kernel says.
    let run = || unsafe { compile(k).expect("a dtype").launch(&[y.get(), x.get()], &[], &ErrorWord::default()) };
    pool::with_threads(threads, run);
}

#[test]
fn scans_are_what_they_say() {
    let shapes: [(&[usize], usize); 9] = [
        (&[700], 0),
        (&[19, 300], 1),
        (&[37, 300], 0),
        (&[3, 11, 5], 1),
        (&[2, 9, 40, 7], 1),
        (&[2, 0, 3], 1),
        (&[0, 3], 1),
        (&[200, 1, 3], 1),
        (&[5, 4, 3], 0),
    ];
    for (dims, axis) in shapes {
        let x: Vec<f64> = (0..dims.iter().product()).map(|i: usize| ((i * 7919) % 31) as f64 - 15.0).collect();
        for op in [ScanOp::Sum, ScanOp::Max, ScanOp::ArgMax, ScanOp::ArgMin] {
            for (reverse, threads) in [(false, 1), (true, 1), (false, 3), (true, 2)] {
                let k = kernel(op, dims, axis, reverse);
                let mut y = vec![f64::NAN; x.len()];
                launch(&k, y.as_mut_ptr().cast(), x.as_ptr().cast_mut().cast(), threads);
                if op.dtype(k.dtype) == DType::I64 {
                    y.iter_mut().for_each(|y| *y = y.to_bits() as i64 as f64);
                }
                assert_eq!(y, expected(&k, &x), "{k:?}, {threads} threads");
            }
        }
    }
}

#[test]
fn long_lines_are_cut_with_the_same_bits_on_any_threads() {
    for (dims, axis) in [(&[3 * BLOCK + 5][..], 0), (&[3, 2 * BLOCK + 1], 1), (&[2 * BLOCK + 3, 20], 0)] {
        let x: Vec<f64> = (0..dims.iter().product()).map(|i: usize| (i as f64 * 0.37).sin()).collect();
        let k = kernel(ScanOp::Sum, dims, axis, false);
        let bits = |threads| {
            let mut y = vec![f64::NAN; x.len()];
            launch(&k, y.as_mut_ptr().cast(), x.as_ptr().cast_mut().cast(), threads);
            y.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let found = bits(1);
        assert!(found == bits(2) && found == bits(5), "{dims:?}");
        let inner: usize = dims[axis + 1..].iter().product();
        let wanted: f64 = (0..dims[axis]).map(|k| x[k * inner]).sum();
        let last = f64::from_bits(found[(dims[axis] - 1) * inner]);
        assert!((last - wanted).abs() < 1e-9, "{last} {wanted}");
    }
}

#[test]
fn operands_of_any_strides() {
    // A transposed matrix of 3 x 4, its columns backwards.
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let access = Access { offset: 9, strides: vec![1, -3], bounds: vec![] };
    let k = Scan { x: access, ..kernel(ScanOp::Sum, &[3, 4], 1, false) };
    let mut y = vec![f64::NAN; 12];
    launch(&k, y.as_mut_ptr().cast(), x.as_ptr().cast_mut().cast(), 1);
    assert_eq!(y, [9.0, 15.0, 18.0, 18.0, 10.0, 17.0, 21.0, 22.0, 11.0, 19.0, 24.0, 26.0]);
}
