//! The interpreter: what kernels compute, and what a checked run finds.

use formwork_ir::Scalar;
use formwork_ir::kernel::Template;
use formwork_ir::kernel::interp::{Check, Finding, FindingKind, Launch, run};
use formwork_ir::kernel::ir::Kernel;
use formwork_ir::kernel::link::{Bound, Source};

/// A kernel of one run-time dim `N`.
fn kernel(block: &str, grid: &str, params: &str, body: &str) -> Kernel {
    let text = format!(
        "(grid k a.rs (generics (dim N)) (params @1 {params}) (results) (block {block}) (grid {grid}) (callees) (constants) {body})"
    );
    let template = Template::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    Source::new(template).kernel(&[Bound::Argument]).unwrap_or_else(|e| panic!("{e}"))
}

fn bytes<T: Copy, const B: usize>(x: &[T], f: impl Fn(T) -> [u8; B]) -> Vec<u8> {
    x.iter().flat_map(|x| f(*x)).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn ints(bytes: &[u8]) -> Vec<i32> {
    bytes.chunks(4).map(|b| i32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Runs `x: f32[N] -> y`, of `y` bytes, checked.
fn checked(k: &Kernel, n: u64, x: &[f32], y: usize) -> (Vec<u8>, Result<(), Vec<Finding>>) {
    let (mut x, mut y) = (bytes(x, f32::to_ne_bytes), vec![0; y]);
    let launch = Launch { arrays: vec![&mut x, &mut y], scalars: Vec::new(), dims: vec![n] };
    let found = run(k, launch, Check::On);
    (y, found)
}

fn kinds(found: Result<(), Vec<Finding>>) -> Vec<(FindingKind, u32)> {
    found.err().unwrap_or_default().iter().map(|f| (f.kind, f.line)).collect()
}

#[test]
fn a_guarded_map_of_a_grid() {
    let k = kernel(
        "32",
        "(call div_ceil N 32)",
        "(x in f32 N) (y out f32 N) (a scalar f32)",
        "(let (i) _ (call global_idx)) (if (< i N) ((set= (at y i) (* a (at x i)))) ())",
    );
    let (mut x, mut y) = (bytes(&[1.0f32; 70], f32::to_ne_bytes), vec![0; 280]);
    let launch = Launch { arrays: vec![&mut x, &mut y], scalars: vec![Scalar::Float(2.5)], dims: vec![70] };
    assert_eq!(run(&k, launch, Check::On), Ok(()));
    assert_eq!(floats(&y), [2.5; 70]);
}

#[test]
fn a_tree_in_shared_memory() {
    let k = kernel(
        "64",
        "1",
        "(x in f32 64) (y out f32 1)",
        "(shared s f32 64) (let (t) _ (call thread_idx)) (set= (at s t) (at x t)) (do (call sync_threads))
         (let (d) usize 32)
         (while (> d 0) (if (< t d) ((set+= (at s t) (at s (+ t d)))) ()) (do (call sync_threads)) (set>>= d 1))
         (if (== t 0) ((set= (at y 0) (at s 0))) ())",
    );
    let x: Vec<f32> = (0..64u8).map(f32::from).collect();
    let (y, found) = checked(&k, 1, &x, 4);
    assert_eq!((floats(&y), found), (vec![2016.0], Ok(())));
}

#[test]
fn collectives_of_a_block_that_is_not_whole_warps() {
    let k = kernel(
        "40",
        "1",
        "(x in f32 40) (y out f32 40 6)",
        "(let (t) _ (call thread_idx)) (let (v) _ (at x t))
         (set= (at y t 0) (call warp_reduce_sum v)) (set= (at y t 1) (call block_reduce_max v))
         (set= (at y t 2) (call block_scan_sum v)) (set= (at y t 3) (call shuffle_down v 1))
         (set= (at y t 4) (as (call ballot (> v (float 37.0))) f32)) (set= (at y t 5) (call shuffle_xor v 1))",
    );
    let x: Vec<f32> = (0..40u8).map(f32::from).collect();
    let (y, found) = checked(&k, 1, &x, 40 * 24);
    assert_eq!(found, Ok(()));
    let y = floats(&y);
    let row = |t: usize| y[6 * t..6 * t + 6].to_vec();
    assert_eq!(row(0), [496.0, 39.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(row(31), [496.0, 39.0, 496.0, 31.0, 0.0, 30.0]);
    assert_eq!(row(39), [284.0, 39.0, 780.0, 39.0, 192.0, 38.0]);
}

#[test]
fn atomics_and_integers() {
    let k = kernel(
        "32",
        "2",
        "(x in f32 N) (y zeroed i32 4)",
        "(let (i) _ (call global_idx)) (do (call atomic_add (ref (at y (% i 3))) 1))
         (do (call atomic_max (ref (at y 3)) (as (at x (% i N)) i32)))",
    );
    let (y, found) = checked(&k, 2, &[-7.5, 99.5], 16);
    assert_eq!((ints(&y), kinds(found)), (vec![22, 21, 21, 99], vec![(FindingKind::DivisionByZero, 0); 0]));
}

#[test]
fn loops_count_as_in_rust() {
    let k = kernel(
        "1",
        "1",
        "(x in f32 N) (y zeroed i32 6)",
        "(for i 0 10 ((step 3)) (set= (at y 0) (+ (* (at y 0) 10) i)))
         (for i 0 10 (rev (step 3)) (set= (at y 1) (+ (* (at y 1) 10) i)))
         (for i (int 250 u8) 255 (inclusive) (if (== i 252) ((continue)) ()) (set+= (at y 2) (as i i32)))
         (for i 5 2 () (set= (at y 3) 1))
         (let (a) _ (repeat 2 3)) (set= (at a 1) 7) (let (b) _ a) (set+= (at b 0) 1)
         (for i 0 3 () (set= (at y 4) (+ (* (at y 4) 10) (at a i))) (set= (at y 5) (+ (* (at y 5) 10) (at b i)))
           (if (&& (== (at b i) 7) (> i 0)) ((break)) ()))",
    );
    let (y, found) = checked(&k, 1, &[0.0], 24);
    assert_eq!((ints(&y), found), (vec![369, 9630, 1263, 0, 27, 37], Ok(())));
}

fn find(block: &str, grid: &str, params: &str, body: &str, n: u64, y: usize) -> Vec<(FindingKind, u32)> {
    kinds(checked(&kernel(block, grid, params, body), n, &vec![0.0; n as usize], y).1)
}

#[test]
fn what_a_checked_run_finds() {
    use FindingKind::*;
    let io = "(x in f32 N) @2 (y out f32 64)";
    let one = |body: &str| find("64", "1", io, body, 64, 256);
    let t = "(let (t) _ (call thread_idx)) (shared s f32 64)";
    assert_eq!(one("@5 (set= (at y (call thread_idx)) (at x (+ 1 (call thread_idx))))"), [(OutOfBounds, 5)]);
    assert_eq!(one("@5 (if (< (call thread_idx) 9) ((set= (at y (call thread_idx)) (at x 0))) ())"), [(Unwritten, 2)]);
    let text = format!("{t} @5 (set= (at s t) (at x t)) @6 (set= (at y t) (at s (^ t 1)))");
    assert_eq!(one(&text), [(Race, 5)]);
    let text = format!("{t} @5 (set= (at s t) (at x t)) (do (call sync_warp)) @6 (set= (at y t) (at s (^ t 1)))");
    assert_eq!(one(&text), []);
    let text = format!("{t} @5 (set= (at s t) (at x t)) (do (call sync_warp)) @6 (set= (at y t) (at s (^ t 32)))");
    assert_eq!(one(&text), [(Race, 6)]);
    assert_eq!(one(&format!("{t} @6 (set= (at y t) (at s t))")), [(Uninitialised, 6)]);
    let text = format!("{t} @5 (set= (at y t) (at x t)) @6 (if (< t 40) ((do (call sync_threads))) ())");
    assert_eq!(one(&text), [(Barrier, 6)]);
    let text = format!("{t} @5 (if (< (% t 32) 7) ((return)) ()) @6 (set= (at y t) (call warp_reduce_sum (at x t)))");
    assert_eq!(one(&text), [(Unwritten, 2)]);
    let text = format!(
        "{t} @5 (set= (at y t) (at x t)) @6 (if (< (% t 32) 7) ((let (v) _ (call warp_reduce_sum (at x t)))) ((do (call sync_warp))))"
    );
    assert_eq!(one(&text), [(Warp, 6)]);
    let two = |body: &str| find("32", "2", "(x in f32 N) @2 (y out f32 32)", body, 64, 128);
    assert_eq!(two("@5 (set= (at y (call thread_idx)) (float 1.0))"), [(BlockRace, 5)]);
    assert_eq!(one("@5 (set= (at y (/ (call thread_idx) (- N N))) (float 1.0))")[0], (DivisionByZero, 5));
    assert_eq!(find("1", "1", io, "@5 (while true (let (a) _ 1))", 64, 256), [(Endless, 5)]);
}

#[test]
fn a_finding_names_everything() {
    let k = kernel("64", "2", "(x in f32 N) (y zeroed f32 64)", "@7 (set= (at y (+ (call global_idx) 1)) (at x 0))");
    let found = checked(&k, 64, &[0.0; 64], 256).1.expect_err("out of bounds");
    let expected = "a.rs:7: index [64] of `y`, whose sizes are [64] in kernel `k`, thread (63, 0, 0) of block (0, 0, 0) (and 64 more like it)";
    assert_eq!(found[0].to_string(), expected);
}
