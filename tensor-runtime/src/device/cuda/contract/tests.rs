//! Layouts, run by plain loops as the library reads them, against the products that they stand for; which epilogues the
//! library computes.

use super::finish::form;
use super::layout::{Layout, Matrix, Packing};
use super::lt::{Curve, Finish};
use super::*;
use formwork_ir::{Access, Const, DType, Input, Intrinsic, Level, Output, Program, Step, StepOp, Value};

fn product(batch: &[usize], [m, n, k]: [usize; 3], a: Access, b: Access) -> Contract {
    Contract { dtype: DType::F32, batch: batch.to_vec(), m, n, k, a, b, kept: true, epilogue: None }
}

fn access(offset: isize, strides: &[isize]) -> Access {
    Access { offset, strides: strides.to_vec(), bounds: vec![] }
}

/// Every index of a space, in order.
fn points(sizes: &[usize]) -> Vec<Vec<isize>> {
    sizes.iter().fold(vec![vec![]], |points, &size| {
        points.iter().flat_map(|p| (0..size as isize).map(|i| [&p[..], &[i]].concat())).collect()
    })
}

fn at(access: &Access, point: &[isize]) -> usize {
    (access.offset + access.strides.iter().zip(point).map(|(s, i)| s * i).sum::<isize>()) as usize
}

/// What a buffer of some operand holds: whole numbers, so that sums are exact.
fn element(operand: usize, at: usize) -> i64 {
    ((at * 7 + operand * 3) % 11) as i64 - 5
}

/// The product by its definition.
fn plain(kernel: &Contract) -> Vec<i64> {
    let sizes = [&kernel.batch[..], &[kernel.m, kernel.n]].concat();
    let of = |point: &Vec<isize>| {
        let (batch, matrix) = point.split_at(kernel.batch.len());
        (0..kernel.k as isize)
            .map(|p| {
                let a = at(&kernel.a, &[batch, &[matrix[0], p]].concat());
                let b = at(&kernel.b, &[batch, &[p, matrix[1]]].concat());
                element(0, a) * element(1, b)
            })
            .sum()
    };
    points(&sizes).iter().map(of).collect()
}

fn copied(operand: usize, packing: &Packing) -> Vec<i64> {
    let from = access(packing.offset, &packing.strides);
    points(&packing.sizes).iter().map(|p| element(operand, at(&from, p))).collect()
}

/// The element of a matrix, or of its transpose.
fn read(matrix: &Matrix, start: isize, batch: usize, row: usize, col: usize) -> usize {
    let (row, col) = if matrix.transposed { (col, row) } else { (row, col) };
    assert!(row < matrix.rows && col < matrix.cols && matrix.ld >= matrix.rows);
    (start + batch as isize * matrix.step) as usize + row + col * matrix.ld
}

/// The product by the library's calls.
fn called(kernel: &Contract, layout: &Layout) -> Vec<i64> {
    let packs: [Option<Vec<i64>>; 2] = std::array::from_fn(|i| layout.packed[i].as_ref().map(|p| copied(i, p)));
    let value = |i: usize, at: usize| packs[i].as_ref().map_or_else(|| element(i, at), |p| p[at]);
    let len = kernel.batch.iter().product::<usize>() * kernel.m * kernel.n;
    let mut c = vec![None; len];
    for part in &layout.calls {
        for (start, i) in part.starts.iter().flat_map(|s| (0..part.batch).map(move |i| (s, i))) {
            for (row, col) in (0..layout.c.rows).flat_map(|r| (0..layout.c.cols).map(move |c| (r, c))) {
                let sum = (0..kernel.k)
                    .map(|p| {
                        let a = value(0, read(&layout.a, start[0], i, p, col));
                        a * value(1, read(&layout.b, start[1], i, row, p))
                    })
                    .sum();
                let to = &mut c[read(&layout.c, start[2], i, row, col)];
                assert_eq!(to.replace(sum), None, "written twice");
            }
        }
    }
    c.into_iter().map(|x| x.expect("every element is written")).collect()
}

/// That the calls compute the product; the layout.
fn check(kernel: &Contract) -> Layout {
    let layout = Layout::of(kernel);
    assert_eq!(called(kernel, &layout), plain(kernel), "{kernel:?} as {layout:?}");
    layout
}

fn calls(layout: &Layout) -> Vec<(usize, usize)> {
    layout.calls.iter().map(|c| (c.batch, c.starts.len())).collect()
}

#[test]
fn transposed_operands_are_read_where_they_lie() {
    for (a, b) in [([3, 1], [5, 1]), ([1, 4], [5, 1]), ([3, 1], [1, 3]), ([1, 4], [1, 3]), ([9, 1], [1, 20])] {
        let layout = check(&product(&[], [4, 5, 3], access(2, &a), access(0, &b)));
        assert_eq!((calls(&layout), &layout.packed), (vec![(1, 1)], &[None, None]));
        assert_eq!((layout.a.transposed, layout.b.transposed), (a[0] == 1, b[0] == 1));
    }
}

#[test]
fn operands_of_other_strides_are_packed() {
    for (a, b) in [([-3, 1], [5, 1]), ([6, 2], [0, 1]), ([0, 1], [1, 0]), ([2, 1], [5, 1])] {
        let layout = check(&product(&[], [4, 5, 3], access(9, &a), access(0, &b)));
        let packed = layout.packed.each_ref().map(|p| p.is_some());
        assert_eq!(packed, [true, ![[5, 1]].contains(&b)], "{a:?} {b:?}");
    }
}

#[test]
fn sizes_of_one_take_any_stride() {
    for sizes in points(&[2, 2, 2]) {
        let [m, n, k] = [sizes[0], sizes[1], sizes[2]].map(|s| [1, 3][s as usize]);
        for (a, b) in [([k as isize, 1], [n as isize, 1]), ([1, m as isize], [1, k as isize])] {
            let (a, b) = (access(0, &a), access(0, &b));
            assert_eq!(check(&product(&[], [m, n, k], a, b)).packed, [None, None], "{m} {n} {k}");
        }
    }
}

#[test]
fn batches_collapse() {
    // Both contiguous: one dim. One `b` for all: more rows.
    let layout = check(&product(&[2, 3], [4, 5, 6], access(0, &[72, 24, 6, 1]), access(0, &[90, 30, 5, 1])));
    assert_eq!(calls(&layout), [(6, 1)]);
    let layout = check(&product(&[2, 3], [4, 5, 6], access(0, &[72, 24, 6, 1]), access(0, &[0, 0, 5, 1])));
    assert_eq!((calls(&layout), layout.c.cols), (vec![(1, 1)], 24));
    let layout = check(&product(&[2, 3], [4, 5, 6], access(0, &[0, 0, 6, 1]), access(0, &[90, 30, 5, 1])));
    assert_eq!(calls(&layout), [(6, 1)]);
    // Rows of one matrix that overlap in the next are no rows of one matrix.
    check(&product(&[3], [1, 5, 4], access(0, &[1, 9, 1]), access(0, &[0, 5, 1])));
}

#[test]
fn dims_that_do_not_collapse_are_calls() {
    // [B, T, H, D] with heads before times.
    let heads = access(0, &[4 * 3 * 2, 2, 3 * 2, 1]);
    let keys = access(0, &[4 * 3 * 2, 2, 1, 3 * 2]);
    let layout = check(&product(&[5, 3], [4, 4, 2], heads, keys));
    assert_eq!((calls(&layout), layout.packed), (vec![(5, 3)], [None, None]));
    // Too many calls: packed.
    let heads = access(0, &[4 * 40 * 2, 2, 40 * 2, 1]);
    let keys = access(0, &[4 * 40 * 2, 2, 1, 40 * 2]);
    let layout = check(&product(&[50, 40], [4, 4, 2], heads, keys));
    assert_eq!(calls(&layout), [(2000, 1)]);
    assert!(layout.packed.iter().all(Option::is_some));
}

#[test]
fn long_batches_are_cut() {
    let layout = check(&product(&[140_000], [1, 1, 1], access(0, &[1, 1, 1]), access(0, &[2, 1, 1])));
    assert_eq!(calls(&layout), [(65_535, 2), (8_930, 1)]);
}

#[test]
fn strange_products_are_right() {
    for batch in [&[][..], &[1], &[3], &[2, 1, 3]] {
        let rank = batch.len();
        for seed in 0..200usize {
            let pick = |i: usize, of: &[isize]| of[(seed * 31 + i * 17 + seed / 7 * i) % of.len()];
            let sizes = [0, 1, 2].map(|i| pick(i, &[1, 2, 5]) as usize);
            let strides =
                |i: usize| -> Vec<isize> { (0..rank + 2).map(|d| pick(i * 5 + d, &[1, 0, 2, 5, 40, -3])).collect() };
            check(&product(batch, sizes, access(200, &strides(1)), access(200, &strides(2))));
        }
    }
}

#[test]
fn alignments_are_those_of_all_starts() {
    assert_eq!(alignment([0, 0].into_iter(), 4), 64);
    assert_eq!(alignment([0, 16, 6].into_iter(), 2), 4);
    assert_eq!(alignment([3].into_iter(), 8), 8);
    assert_eq!(alignment([-48].into_iter(), 4), 64);
}

/// A program over a result of 4 x 6 that is `steps` of what it loads: the product, a row, a matrix.
fn with(steps: Vec<StepOp>) -> Contract {
    let mut kernel = product(&[], [4, 6, 3], access(0, &[3, 1]), access(0, &[6, 1]));
    let input = |buffer, strides: &[isize]| Input { buffer, dtype: DType::F32, access: access(0, strides) };
    let inputs = vec![input(0, &[6, 1]), input(3, &[0, 1]), input(4, &[6, 1])];
    let value = Value(steps.len() as u32 - 1);
    let step = |op| Step { op, dtype: DType::F32, level: Level::Full };
    let outputs = vec![Output { buffer: 5, value, access: access(0, &[6, 1]) }];
    let steps = steps.into_iter().map(step).collect();
    kernel.epilogue = Some(Program { outer: vec![4], row: vec![6], inputs, steps, outputs });
    kernel.kept = false;
    kernel
}

fn apply(intrinsic: Intrinsic, of: &[u32]) -> StepOp {
    StepOp::Apply(intrinsic, of.iter().map(|&v| Value(v)).collect())
}

fn number(x: f64) -> StepOp {
    StepOp::Const(Const::new(DType::F32, x))
}

#[test]
fn sums_are_the_librarys() {
    use Intrinsic::{Add, Mul};
    let loads = || vec![StepOp::Load(0), StepOp::Load(1), StepOp::Load(2)];
    let of = |more: Vec<StepOp>| form(&with([loads(), more].concat()));
    let finish = |bias, addend| Finish { bias, addend, curve: Curve::Identity };
    let biased = of(vec![apply(Add, &[1, 0])]).unwrap();
    assert_eq!((biased.finish, biased.to, biased.bias), (finish(true, false), 5, 3));
    let all = of(vec![apply(Add, &[0, 1]), apply(Add, &[2, 3])]).unwrap();
    assert_eq!((all.finish, all.bias, all.addend), (finish(true, true), 3, 4));
    assert_eq!(of(vec![apply(Add, &[0, 0])]), None);
    assert_eq!(of(vec![apply(Add, &[1, 2])]), None);
    assert_eq!(of(vec![apply(Mul, &[0, 1])]), None);
    let mut kept = with([loads(), vec![apply(Add, &[0, 1])]].concat());
    kept.kept = true;
    assert_eq!(form(&kept), None);
    let mut column = with([loads(), vec![apply(Add, &[0, 1])]].concat());
    column.epilogue.as_mut().unwrap().inputs[1].access = access(0, &[1, 0]);
    assert_eq!(form(&column), None);
}

#[test]
fn curves_are_the_librarys() {
    use Intrinsic::{Add, Le, Max, Mul, Select, Tanh};
    let start = || vec![StepOp::Load(0), StepOp::Load(1), apply(Add, &[0, 1]), number(0.0)];
    let of = |more: Vec<StepOp>| form(&with([start(), more].concat())).map(|f| f.finish.curve);
    assert_eq!(of(vec![apply(Max, &[2, 3])]), Some(Curve::Relu));
    assert_eq!(of(vec![apply(Le, &[2, 3]), apply(Select, &[4, 3, 2])]), Some(Curve::Relu));
    assert_eq!(of(vec![apply(Le, &[2, 3]), apply(Select, &[4, 2, 3])]), None);
    let bell = |slope: f64| {
        let numbers = vec![number(0.044715), number(1.0), number(slope), number(0.5)];
        let power = vec![apply(Mul, &[2, 2]), apply(Mul, &[8, 4]), apply(Add, &[9, 5]), apply(Mul, &[2, 10])];
        let curve = vec![apply(Mul, &[11, 6]), apply(Tanh, &[12]), apply(Add, &[13, 5])];
        of([numbers, power, curve, vec![apply(Mul, &[2, 7]), apply(Mul, &[15, 14])]].concat())
    };
    assert_eq!(bell((2.0 / std::f64::consts::PI).sqrt()), Some(Curve::Gelu));
    assert_eq!(bell(0.8), None);
}

#[test]
fn copies_compile() {
    use crate::device::cuda::{library::Library, nvrtc};
    if let Err(e) = Library::Nvrtc.need() {
        return println!("skipped: {e}");
    }
    let packing = Packing { sizes: vec![3, 4, 5], strides: vec![-40, 0, 7], offset: 80 };
    for size in [2, 4, 8] {
        nvrtc::compile(&pack::text(&packing, size), "sm_90").unwrap();
    }
}
