//! Grid kernels, written out as the macro writes them.

use super::*;
use formwork_runtime::device::Buffer;
use formwork_runtime::device::cpu::with_threads;
use formwork_runtime::kernel::{Array, Copies, Cotangent, Grid, Lanes, Launch, Pull, Source, Task, Thread, View};
use formwork_runtime::{Error, Result, checkpoint, grad, plans_made};
use formwork_shapes::*;

/// One copy of the code for every instruction set.
pub fn copies(run: unsafe fn(&Task)) -> Copies {
    #[cfg(target_arch = "x86_64")]
    return Copies { portable: run, avx2: run, avx512: run };
    #[cfg(not(target_arch = "x86_64"))]
    Copies { portable: run }
}

macro_rules! source {
    ($name:literal $params:literal $generics:literal) => {
        &const {
            Source {
                name: $name,
                template: concat!(
                    "(grid ",
                    $name,
                    " here.rs (generics ",
                    $generics,
                    ") (params @1 ",
                    $params,
                    ") (results) (block 4) (grid 1) (callees) (constants))"
                ),
                callees: &[],
                constants: &[],
            }
        }
    };
}

/// `y = factor * x`, a thread an element.
#[track_caller]
fn scale<R: Dim, N: Dim>(x: impl View<f32, (R, N)>, factor: f32) -> Tensor<(R, N)> {
    static GRID: Grid = Grid::new(source!(
        "scale" "(x in f32 R N) (factor scalar f32) (y out f32 R N)" "(dim R) (dim N)"
    ));
    #[allow(non_snake_case)]
    fn thread<R: Dim, N: Dim>(
        t: Thread,
        R: usize,
        N: usize,
        x: &Array<f32, (R, N)>,
        factor: f32,
        y: &mut Array<f32, (R, N)>,
    ) {
        let i = t.global_idx();
        if i < R * N {
            y[(i / N, i % N)] = factor * x[(i / N, i % N)];
        }
    }
    fn run<R: Dim, N: Dim>(k: &Task) {
        let (r, n) = (k.dim::<R>(0), k.dim::<N>(1));
        let (x, factor, y) = (k.array::<f32, (R, N)>(0, [r, n]), k.scalar::<f32>(1), k.array::<f32, (R, N)>(2, [r, n]));
        for b in k.blocks::<4, 1, 1>() {
            for t in b.threads() {
                thread::<R, N>(t, r, n, &x.at(t), factor, &mut y.at(t));
            }
        }
    }
    fn gradient<R: Dim, N: Dim>(p: &Pull) -> Vec<Cotangent> {
        p.give(scale(p.cotangent::<f32, (R, N)>(0), p.scalar::<f32>(1)))
    }
    Launch::new(&GRID, copies(run::<R, N>), &[R::EXPR, N::EXPR])
        .array::<f32, (R, N), _>(x)
        .scalar(factor)
        .output::<f32, (R, N)>()
        .block([4, 1, 1])
        .grid(|d| [(d[0] * d[1]).div_ceil(4), 1, 1])
        .gradient(gradient::<R, N>)
        .tensors()
}

/// The softmax of each row by a block of 48 threads, and the sum that it is divided by.
#[track_caller]
pub fn row_softmax<R: Dim, N: Dim>(x: impl View<f32, (R, N)>) -> (Tensor<(R, N)>, Tensor<(R,)>) {
    static GRID: Grid = Grid::new(source!(
        "row_softmax" "(x in f32 R N) (y out f32 R N) (sums out f32 R)" "(dim R) (dim N)"
    ));
    fn run<R: Dim, N: Dim>(k: &Task) {
        use formwork_runtime::kernel::language::*;
        let (r, n) = (k.dim::<R>(0), k.dim::<N>(1));
        let (x, y) = (k.array::<f32, (R, N)>(0, [r, n]), k.array::<f32, (R, N)>(1, [r, n]));
        let sums = k.array::<f32, (R,)>(2, [r]);
        for b in k.blocks::<48, 1, 1>() {
            let row = b.first().block_idx();
            let kept = b.shared::<[f32; 48]>();
            let mut m = Lanes::<_, 48>::new();
            for t in b.threads() {
                let mut most = f32::NEG_INFINITY;
                for j in (t.thread_idx()..n).step_by(t.block_dim()) {
                    most = max(most, x.at(t)[(row, j)]);
                }
                m.set(t, most);
            }
            b.block_reduce_max(&mut m);
            let mut s = Lanes::<_, 48>::new();
            for t in b.threads() {
                kept[t.thread_idx()] = 0.0;
                for j in (t.thread_idx()..n).step_by(t.block_dim()) {
                    kept[t.thread_idx()] += exp(x.at(t)[(row, j)] - m.get(t));
                }
                s.set(t, kept[t.thread_idx()]);
            }
            b.block_reduce_sum(&mut s);
            for t in b.threads() {
                for j in (t.thread_idx()..n).step_by(t.block_dim()) {
                    y.at(t)[(row, j)] = exp(x.at(t)[(row, j)] - m.get(t)) / s.get(t);
                }
                sums.at(t)[row] = s.get(t);
            }
        }
    }
    Launch::new(&GRID, copies(run::<R, N>), &[R::EXPR, N::EXPR])
        .array::<f32, (R, N), _>(x)
        .output::<f32, (R, N)>()
        .output::<f32, (R,)>()
        .block([48, 1, 1])
        .grid(|d| [d[0], 1, 1])
        .no_gradient()
        .tensors()
}

/// `y[i] = x[0]`, which is no map.
#[track_caller]
pub fn gathered<N: Dim>(x: impl View<f32, (N,)>) -> Tensor<(N,)> {
    static SOURCE: Source = Source {
        name: "gathered",
        template: "(grid gathered gathered.rs (generics (dim N)) (params @1 (x in f32 N) (y out f32 N)) (results)
            (block @1 1) (grid @1 N) (callees) (constants)
            @2 (let (i) _ (call block_idx)) @3 (set= (at y i) (at x 0)))",
        callees: &[],
        constants: &[],
    };
    static GRID: Grid = Grid::new(&SOURCE);
    Launch::new(&GRID, copies(|_| ()), &[N::EXPR])
        .array::<f32, (N,), _>(x)
        .output::<f32, (N,)>()
        .grid(|d| [d[0], 1, 1])
        .tensors()
}

/// Adds 1 to `y[x[i]]`; `y` starts at zero.
#[track_caller]
fn count<N: Dim, M: Dim>(x: impl View<i64, (N,)>) -> Tensor<(M,), f32> {
    static GRID: Grid = Grid::new(source!(
        "count" "(x in i64 N) (y zeroed f32 M)" "(dim N) (dim M)"
    ));
    fn run<N: Dim, M: Dim>(k: &Task) {
        use formwork_runtime::kernel::language::*;
        let (x, y) = (k.array::<i64, (N,)>(0, [k.dim::<N>(0)]), k.array::<f32, (M,)>(1, [k.dim::<M>(1)]));
        for b in k.blocks::<4, 1, 1>() {
            for t in b.threads().filter(|t| t.global_idx() < x.size(0)) {
                let (x, y) = (&x.at(t), &mut y.at(t));
                atomic_add(&mut y[x[t.global_idx()] as usize], 1.0);
            }
        }
    }
    Launch::new(&GRID, copies(run::<N, M>), &[N::EXPR, M::EXPR])
        .array::<i64, (N,), _>(x)
        .output::<f32, (M,)>()
        .block([4, 1, 1])
        .grid(|d| [d[0].div_ceil(4), 1, 1])
        .tensors()
}

/// Adds `by` to `y` in place; with 255 it overflows an i32 in debug builds.
#[track_caller]
fn bump<N: Dim>(y: impl View<i32, (N,)>, by: i32) -> Tensor<(N,), i32> {
    static GRID: Grid = Grid::new(source!("bump" "(y inout i32 N) (by scalar i32)" "(dim N)"));
    fn run<N: Dim>(k: &Task) {
        let (y, by) = (k.array::<i32, (N,)>(0, [k.dim::<N>(0)]), k.scalar::<i32>(1));
        for b in k.blocks::<2, 1, 1>() {
            for t in b.threads().filter(|t| t.global_idx() < y.size(0)) {
                assert!(by != 255, "by is {by}");
                y.at(t)[t.global_idx()] += by;
            }
        }
    }
    Launch::new(&GRID, copies(run::<N>), &[N::EXPR])
        .array::<i32, (N,), _>(y)
        .scalar(by)
        .block([2, 1, 1])
        .grid(|d| [d[0].div_ceil(2), 1, 1])
        .tensors()
}

/// The numbers from `start`, without any argument that is a tensor.
fn range<N: Dim>(start: i64) -> Tensor<(N,), i64> {
    static GRID: Grid = Grid::new(source!("range" "(start scalar i64) (y out i64 N)" "(dim N)"));
    fn run<N: Dim>(k: &Task) {
        let (start, y) = (k.scalar::<i64>(0), k.array::<i64, (N,)>(1, [k.dim::<N>(0)]));
        for b in k.blocks::<1, 1, 1>() {
            let t = b.first();
            y.at(t)[t.block_idx()] = start + t.block_idx() as i64;
        }
    }
    Launch::on(&DEVICE, &GRID, copies(run::<N>), &[N::EXPR])
        .scalar(start)
        .output::<i64, (N,)>()
        .grid(|d| [d[0], 1, 1])
        .tensors()
}

runtime_dim!(Batch);

#[test]
fn a_launch_in_the_middle_of_a_graph() -> Result<()> {
    let _alone = alone();
    let x = of::<(U2, U3), f32>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let y = (scale(&x + 1.0, 2.0) * 10.0).sum_axis::<0>();
    let text = y.explain()?;
    assert!(text.contains("scale") && text.contains("[2, 1, 1] blocks of [4, 1, 1]"), "{text}");
    assert_eq!(y.to_vec()?, [140.0, 180.0, 220.0]);
    let turned = scale(x.transpose::<0, 1>(), 0.5);
    assert_eq!(turned.to_vec()?, [0.5, 2.0, 1.0, 2.5, 1.5, 3.0]);
    Ok(())
}

#[test]
fn the_gradient_that_was_attached() -> Result<()> {
    let _alone = alone();
    let x = of::<(U2, U3), f32>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let loss = scale(x.square(), 3.0).square().sum();
    // 9 x^4, so 36 x^3; and once more 108 x^2.
    let dx = grad(&loss, &x);
    let cubes = |c: f32, n: i32| x.to_vec().map(|x| x.into_iter().map(|x| c * x.powi(n)).collect::<Vec<_>>());
    assert_eq!(dx.to_vec()?, cubes(36.0, 3)?);
    assert_eq!(grad(&dx.sum(), &x).to_vec()?, cubes(108.0, 2)?);
    let message = error(&grad(&row_softmax(&x).0.sum(), &x));
    assert!(message.contains("`row_softmax` has no gradient, as its author says"), "{message}");
    // Integers have no gradient, and want none.
    let counted = count::<_, U7>(x.reshape::<(U6,)>().cast::<i64>());
    assert_eq!(grad(&counted.sum(), &x).to_vec()?, [0.0; 6]);
    Ok(())
}

#[test]
fn a_checkpoint_keeps_the_numbers_of_a_launch() -> Result<()> {
    let _alone = alone();
    let x = of::<(U2, U3), f32>([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let loss = |x: &Tensor<(U2, U3)>| scale(scale(x * 7.0, 3.0).square(), 0.5).sum();
    let slope = grad(&checkpoint(|| loss(&x)), &x).to_vec()?;
    assert_eq!(slope, grad(&loss(&x), &x).to_vec()?);
    Ok(())
}

#[test]
fn several_results_some_unread() -> Result<()> {
    let _alone = alone();
    let x = sized::<(Batch, U70), f32>((0..210).map(|i| (i % 17) as f32 / 5.0).collect::<Vec<_>>(), &[3, 70]);
    let (y, sums) = row_softmax(&x);
    let wanted = x.softmax::<-1>().to_vec()?;
    assert!(y.to_vec()?.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6));
    assert_eq!(sums.dims(), [3]);
    let total = x.sub(&x.max_axis::<-1>().unsqueeze::<1>()).exp().sum_axis::<-1>();
    assert!(sums.to_vec()?.iter().zip(total.to_vec()?).all(|(a, b)| (a - b).abs() < 1e-4));
    let both = (row_softmax(&x).0.sum() + row_softmax(&x).1.sum()).explain()?;
    assert!(both.contains("3 kernels"), "{both}");
    Ok(())
}

#[test]
fn zeroed_results_and_atomics() -> Result<()> {
    let _alone = alone();
    let x = of::<(U7,), i64>([0, 2, 2, 1, 2, 0, 2]);
    let run = || count::<_, U4>(&x).to_vec();
    assert_eq!(run()?, [2.0, 1.0, 4.0, 0.0]);
    assert_eq!(with_threads(2, run)?, with_threads(1, run)?);
    Ok(())
}

#[test]
fn donated_arguments() -> Result<()> {
    let _alone = alone();
    let y = of::<(U3,), i32>([1, 2, 3]);
    assert_eq!(bump(&y, 5).to_vec()?, [6, 7, 8]);
    assert_eq!(y.to_vec()?, [1, 2, 3]);
    assert_eq!(bump(bump(bump(&y, 1), 10), -1).to_vec()?, [11, 12, 13]);
    assert_eq!((bump(&y, 1) + &y).to_vec()?, [3, 5, 7]);
    Ok(())
}

#[test]
fn an_argument_that_nobody_holds_is_overwritten() -> Result<()> {
    let _alone = alone();
    // The leaf goes into the launch, whose result takes its buffer.
    let mut y = of::<(U3,), i32>([1, 2, 3]);
    y = bump(y, 1);
    y.eval()?;
    let buffers = Buffer::allocations();
    for _ in 0..300 {
        y = bump(y, 1);
        y.eval()?;
    }
    assert_eq!((y.to_vec()?, Buffer::allocations()), (vec![302, 303, 304], buffers));
    // One that is still held is not, nor is one that another node reads.
    let kept = y.clone();
    let (a, b) = (bump(y, 1), &kept + 1);
    assert_eq!((a.to_vec()?, b.to_vec()?, kept.to_vec()?[0]), (vec![303, 304, 305], vec![303, 304, 305], 302));
    let x = &kept * 1;
    x.eval()?;
    let later = &x + 1;
    assert_eq!((bump(x, 5).to_vec()?[0], later.to_vec()?[0]), (307, 303));
    // Nor can a result be half of it after an error.
    let broken = bump(kept.clone() * 1, 255);
    assert_eq!(error(&broken), error(&broken));
    Ok(())
}

#[test]
fn a_temporary_is_passed_on_without_a_copy() -> Result<()> {
    let _alone = alone();
    let y = of::<(U64,), i32>([1; 64]);
    let bumped = (bump(bump(&y + 1, 1), 1) + 1).explain()?;
    assert!(bumped.contains("results 256 B, arena 256 B"), "{bumped}");
    assert_eq!((bump(bump(&y + 1, 1), 1) + 1).to_vec()?, [5; 64]);
    Ok(())
}

#[test]
fn no_argument_is_a_tensor() -> Result<()> {
    let _alone = alone();
    assert_eq!(range::<U3>(i64::MAX - 2).to_vec()?, [i64::MAX - 2, i64::MAX - 1, i64::MAX]);
    Ok(())
}

#[test]
fn an_index_outside_is_an_error_with_its_place() {
    let _alone = alone();
    let message = error(&count::<_, U4>(of::<(U7,), i64>([0, 2, 2, 1, 3, 9, -1])));
    for part in ["count: index 9 is outside `y`, whose sizes are [4], at ", "launch.rs:", " in block 1, thread 1 ("] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_panic_is_an_error_with_its_place() -> Result<()> {
    let _alone = alone();
    let y = of::<(U3,), i32>([1, 2, 3]);
    let message = error(&bump(&y, 255));
    assert!(message.contains("bump: by is 255, at ") && message.contains("launch.rs:"), "{message}");
    assert!(message.contains("in block 0"), "{message}");
    assert_eq!(bump(&y, 1).to_vec()?, [2, 3, 4]);
    Ok(())
}

#[test]
fn run_time_sizes_that_differ_are_an_error() {
    let _alone = alone();
    #[track_caller]
    fn add<N: Dim>(a: impl View<f32, (N,)>, b: impl View<f32, (N,)>) -> Tensor<(N,)> {
        static GRID: Grid = Grid::new(source!("add" "(a in f32 N) (b in f32 N) (y out f32 N)" "(dim N)"));
        Launch::new(&GRID, copies(|_| ()), &[N::EXPR])
            .array::<f32, (N,), _>(a)
            .array::<f32, (N,), _>(b)
            .output::<f32, (N,)>()
            .tensors()
    }
    let (a, b) = (sized::<(Batch,), f32>([0.0; 3], &[3]), sized::<(Batch,), f32>([0.0; 4], &[4]));
    let message = error(&add(&a, &b));
    assert!(message.contains("add: run-time sizes differ: [3] on the left, [4] on the right"), "{message}");
    let unknown = error(&count::<_, Batch>(of::<(U1,), i64>([0])));
    assert!(unknown.contains("a size for the run-time dim `Batch` of a result"), "{unknown}");
}

#[test]
fn a_second_evaluation_plans_and_allocates_nothing() -> Result<()> {
    let _alone = alone();
    let x = of::<(U8, U8), f32>([1.5; 64]);
    let run = |factor: f32| scale(scale(&x, factor) + 1.0, 2.0).sum().item();
    run(1.0)?;
    let (plans, buffers) = (plans_made(), Buffer::allocations());
    assert_eq!(run(3.0)?, 64.0 * 11.0);
    assert_eq!((plans_made(), Buffer::allocations()), (plans, buffers));
    Ok(())
}

#[test]
fn a_failed_launch_is_an_error_of_values() {
    let _alone = alone();
    let failed = count::<_, U2>(of::<(U1,), i64>([7])).to_vec();
    assert!(matches!(failed, Err(Error::Value { .. })));
}
