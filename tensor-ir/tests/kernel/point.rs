//! Point kernels as fragments, and gradients through their branches.

use std::sync::Arc;

use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::link::Source;
use formwork_ir::kernel::point;
use formwork_ir::{Fragment, Scalar};

use crate::link::template;

fn source(params: &str, results: &str, body: &str) -> Source {
    Source::new(template("point", "f", "", params, results, body))
}

fn lift(source: &Source) -> Fragment {
    let functions = source.functions(&[]).unwrap_or_else(|e| panic!("{e}"));
    point::fragment(&functions).unwrap_or_else(|e| panic!("{e}"))
}

fn of_x(body: &str) -> Fragment {
    lift(&source("(x scalar f64)", "f64", body))
}

fn eval(f: &Fragment, x: &[f64]) -> f64 {
    let x: Vec<Scalar> = x.iter().map(|x| Scalar::Float(*x)).collect();
    f.eval(&x)[0].to_f64()
}

/// The first derivative at `x`.
fn slope(f: &Fragment, x: f64) -> f64 {
    eval(&f.grad(0).expect("it has a derivative"), &[x, 1.0])
}

/// The second one.
fn curve(f: &Fragment, x: f64) -> f64 {
    let grad = f.grad(0).expect("it has a derivative");
    eval(&grad.grad(0).expect("it has a second derivative"), &[x, 1.0, 1.0])
}

const ROOT: &str = "(return (if (> x (float 0.0)) () (call sqrt x) () (float 0.0)))";
const SINC: &str = "(if (== x (float 0.0)) ((return (float 1.0))) ()) (return (/ (call sin x) x))";

#[test]
fn a_branch_that_is_not_taken_does_not_poison_the_gradient() {
    let root = of_x(ROOT);
    assert_eq!([4.0, 0.0, -1.0].map(|x| eval(&root, &[x])), [2.0, 0.0, 0.0]);
    assert_eq!([4.0, 0.0, -1.0].map(|x| slope(&root, x)), [0.25, 0.0, 0.0]);
    assert_eq!([4.0, 0.0, -1.0].map(|x| curve(&root, x)), [-0.03125, 0.0, 0.0]);
    let sinc = of_x(SINC);
    assert_eq!(eval(&sinc, &[0.0]), 1.0);
    assert_eq!(slope(&sinc, 0.0), 0.0);
    assert_eq!(curve(&sinc, 0.0), 0.0);
    let x: f64 = 0.5;
    assert!((slope(&sinc, x) - (x * x.cos() - x.sin()) / (x * x)).abs() < 1e-15);
}

#[test]
fn branches_of_different_conditions_do_not_poison_what_they_share() {
    // s = sqrt(x) counts where x > 0 and once more where x > 1.
    let f = of_x(
        "(let (s) _ (call sqrt x)) (let (y) _ (float 0.0))
         (if (> x (float 0.0)) ((set+= y s)) ()) (if (> x (float 1.0)) ((set+= y s)) ()) (return y)",
    );
    assert_eq!([4.0, 0.25, 0.0, -1.0].map(|x| slope(&f, x)), [0.5, 1.0, 0.0, 0.0]);
    assert_eq!(curve(&f, -1.0), 0.0);
}

#[test]
fn nested_branches_each_count_in_their_own() {
    let f = of_x(
        "(if (> x (float 0.0)) ((if (> x (float 1.0)) ((return (call log x))) ((return (* x x)))))
           ((if (< x (float -1.0)) ((return (call recip (+ x (float 1.0))))) ((return (call exp x))))))",
    );
    assert_eq!(slope(&f, 2.0), 0.5);
    assert_eq!(slope(&f, 0.5), 1.0);
    assert_eq!(slope(&f, 0.0), 1.0);
    assert_eq!(slope(&f, -1.0), (-1f64).exp());
    assert_eq!(slope(&f, -2.0), -1.0);
    assert_eq!(curve(&f, -1.0), (-1f64).exp());
}

#[test]
fn silu_is_flat_far_below_zero() {
    let silu = of_x("(return (* x (call sigmoid x)))");
    assert_eq!(slope(&silu, -1000.0), 0.0);
    assert!(slope(&silu, -100.0).abs() < 1e-40);
    let by_hand = of_x(
        "(let (y) _ (if (> x (float 0.0)) () (/ x (+ (float 1.0) (call exp (- (float 0.0) x))))
           () (block ((let (e) _ (call exp x))) (/ (* x e) (+ (float 1.0) e))))) (return y)",
    );
    assert_eq!([-1000.0, 1000.0].map(|x| slope(&by_hand, x)), [0.0, 1.0]);
}

#[test]
fn calls_are_inlined_and_results_are_outputs() {
    let mut outer = template("point", "f", "", "(x scalar f32) (b scalar bool)", "f32 i32", "");
    outer.callees.push("g".into());
    outer.body = template("point", "b", "", "", "", "(let (p q) _ (fn 0 x)) (return (if b () p () q) (as x i32))").body;
    let inner = template("device", "g", "(element F)", "(x scalar F)", "F F", "(return (* x x) (+ x x))");
    let f = lift(&Source { template: outer, callees: vec![Arc::new(Source::new(inner))], constants: Vec::new() });
    assert_eq!(f.eval(&[Scalar::Float(3.5), Scalar::Int(1)]), [Scalar::Float(12.25), Scalar::Int(3)]);
    assert_eq!(f.eval(&[Scalar::Float(3.5), Scalar::Int(0)]), [Scalar::Float(7.0), Scalar::Int(3)]);
}

#[test]
fn what_is_no_map_is_an_error() {
    let fail = |params: &str, body: &str| {
        let functions = source(params, "f32", body).functions(&[ScalarType::F32; 0]).unwrap_or_else(|e| panic!("{e}"));
        point::fragment(&functions).expect_err("it is no map").to_string()
    };
    assert_eq!(
        fail("(x scalar f32)", "@4 (while (< x (float 3.0)) (set+= x (float 1.0))) (return x)"),
        "a.rs:4: a loop of a kernel that is lifted to tensors has trips that are known; write a grid kernel"
    );
    assert_eq!(
        fail("(x scalar f32) (k scalar u32)", "@5 (return (as k f32))"),
        "a.rs:0: `u32` is no element type of tensors; use `i64` in a kernel that is lifted"
    );
}

#[test]
fn loops_of_known_trips_are_unrolled() {
    let f = of_x(
        "(let (c) _ (array (float 2.0) (float 3.0) (float 5.0))) (let (y) _ (float 0.0)) (let (n) usize 0)
         (for i 0 3 (rev) (set= y (+ (* y x) (at c i))) (set+= n (* 2 i)))
         (while (> n 4) (set-= n 1) (set+= y (float 100.0)))
         (for i (int 1 i32) 2 (inclusive) (if (== i 2) ((set+= y (as i f64))) ((if (> x (float 0.0)) ((set= (at c 0) x)) ()))))
         (return (+ y (at c 0)))",
    );
    // 2 + 3x + 5x^2 + 200 + 2, then x or 2
    assert_eq!([1.0, -1.0].map(|x| eval(&f, &[x])), [213.0, 208.0]);
    assert_eq!([1.0, -1.0].map(|x| slope(&f, x)), [14.0, -7.0]);
}

#[test]
fn literals_reach_device_functions_and_loops_are_left() {
    let mut outer = template(
        "point",
        "f",
        "",
        "(x scalar f64)",
        "f64",
        "(let (y) _ (fn 0 x 3)) (let (t) _ (repeat (repeat (float 1.0) 2) 2)) (let (u) _ t)
         (for i 0 9 () (if (== i 1) ((continue)) ()) (if (> i 2) ((break)) ()) (set+= (at u (/ i 2) 1) x))
         (return (+ y (+ (at u 0 1) (* (at u 1 1) (at t 1 1)))))",
    );
    outer.callees = vec!["g".into()];
    let inner = template(
        "device",
        "g",
        "",
        "(x scalar f64) (n scalar i32)",
        "f64",
        "(let (s) _ (float 0.0)) (let (i) _ 0) (while (< i n) (set= s (+ (* s x) (float 1.0))) (set+= i 1)) (return s)",
    );
    let f = lift(&Source { template: outer, callees: vec![Arc::new(Source::new(inner))], constants: Vec::new() });
    // (1 + x + x^2) + (1 + x) + (1 + x)
    assert_eq!(eval(&f, &[2.0]), 7.0 + 3.0 + 3.0);
}
