//! Types are inferred, and effects stand in the order of Rust's evaluation.

use std::sync::Arc;

use formwork_ir::kernel::Template;
use formwork_ir::kernel::ir::{ScalarType, print_functions};
use formwork_ir::kernel::link::{Bound, Constant, Source};

/// A template of a body: `params`, then statements.
pub fn template(kind: &str, name: &str, generics: &str, params: &str, results: &str, body: &str) -> Template {
    let sizes = if kind == "grid" { "(block 32) (grid 1)" } else { "(block) (grid)" };
    let text = format!(
        "({kind} {name} a.rs (generics {generics}) (params {params}) (results {results}) {sizes} (callees) (constants) @1 {body})"
    );
    Template::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn kernel(generics: &str, bounds: &[Bound], params: &str, body: &str) -> String {
    let source = Source::new(template("grid", "k", generics, params, "", body));
    let kernel = source.kernel(bounds).unwrap_or_else(|e| panic!("{e}")).to_string();
    kernel.lines().skip(2).map(|l| format!("{}\n", l.strip_prefix("    ").unwrap_or(l))).collect()
}

#[test]
fn what_a_later_operand_changes_is_kept() {
    let text =
        kernel("", &[], "(y out i32 4)", "(let (i) _ 1) (set= (at y 0) (+ i (block ((set+= i 1)) (* i (at y 2)))))");
    assert_eq!(text, "let i: i32 = 1\nlet t2: i32 = i\ni = add(i, 1)\nlet t1 = y[2]\ny[0] = add(t2, mul(i, t1))\n}\n");
}

#[test]
fn a_condition_with_a_load_stays_lazy() {
    let text = kernel(
        "(dim N)",
        &[Bound::Argument],
        "(x in f32 N)",
        "(let (i) _ (call global_idx)) (while (&& (< i N) (> (at x i) (float 0.0))) (set+= i 2))",
    );
    let expected = "let i: usize = global
while true {
    let t2: bool = lt(i, N)
    if t2 {
        let t1 = x[i]
        t2 = gt(t1, 0.0)
    }
    if not(t2) {
        break
    }
    i = add(i, 2)
}
}
";
    assert_eq!(text, expected);
}

#[test]
fn literals_take_the_type_of_what_they_meet() {
    let text = kernel(
        "(element E)",
        &[Bound::Element(ScalarType::F16)],
        "(x in E 8) (y out E 8) (k scalar u32)",
        "(let (a b) _ (tuple (float 0.1) 7)) (let (v) (array E 4) (call (vector 4) (ref (at x 0)) 4))
         (set= (at y (as b usize)) (if (< k 3) () (+ a (at v 1)) () (as (<< 1 k) E)))
         (let (h) _ (as 4294967295 u64)) (let (q) _ (/ k k))",
    );
    let expected = "let a: f16 = 0.0999755859375
let b: i32 = 7
let v = vector x[0]
let t2: f16
if lt(k, 3) {
    let t1 = v[1]
    t2 = add(a, t1)
}
else {
    t2 = f16(shl(1, i32(k)))
}
y[usize(b)] = t2
let h: u64 = 4294967295
check ne(k, 0)
let q: u32 = div(k, k)
}
";
    assert_eq!(text, expected);
}

#[test]
fn a_generic_function_takes_its_element_from_its_arguments() {
    let inner = template("device", "leaky", "(element F)", "(x scalar F) (s scalar F)", "F", "(return (* x s))");
    let mut outer = template("point", "p", "", "(x scalar f32)", "f32 f64", "");
    outer.callees.push("leaky".into());
    outer.constants.push("SLOPE".into());
    outer.body = template("device", "b", "", "", "", "(return (fn 0 x (float 0.1)) (fn 0 (const 0) (float 0.1)))").body;
    let constants = vec![Constant::Float(ScalarType::F64, 0.25)];
    let source = Source { template: outer, callees: vec![Arc::new(Source::new(inner))], constants };
    let text = print_functions(&source.functions(&[]).unwrap_or_else(|e| panic!("{e}")));
    let expected = "fn leaky(x: f32, s: f32) -> (f32) {
    return mul(x, s)
}
fn leaky_2(x: f64, s: f64) -> (f64) {
    return mul(x, s)
}
fn p(x: f32) -> (f32, f64) {
    let (t1) = leaky(x, 0.10000000149011612)
    let (t2) = leaky_2(0.25, 0.1)
    return t1, t2
}
";
    assert_eq!(text, expected);
}

#[test]
fn what_does_not_fit_is_an_error_with_a_line() {
    let fail = |params: &str, body: &str| {
        let source = Source::new(template("grid", "k", "(dim N)", params, "", body));
        source.kernel(&[Bound::Argument]).expect_err("it does not fit").to_string()
    };
    assert_eq!(fail("(x in f32 N)", "@7 (let (a) _ (+ (at x 0) 1))"), "a.rs:7: expected `f32`, found an integer");
    assert_eq!(fail("", "@8 (let (a) _ b)"), "a.rs:8: `b` is not declared");
    assert_eq!(
        fail("", "@9 (let (a) _ (repeat 0 N))"),
        "a.rs:9: the size of a local array depends on a dim that is known at run time only; use a literal"
    );
}
