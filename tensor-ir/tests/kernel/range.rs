//! Which accesses are proven in bounds. In the text of a kernel `x![i]` is one that is not checked.

use formwork_ir::kernel::Template;
use formwork_ir::kernel::ir::Kernel;
use formwork_ir::kernel::link::{Bound, Source};
use formwork_ir::kernel::range::prove;

fn proven(n: Bound, params: &str, body: &str) -> Kernel {
    let text = format!(
        "(grid k a.rs (generics (dim N)) (params {params}) (results) (block 256) (grid (call div_ceil N 256)) (callees) (constants) @1 {body})"
    );
    let template = Template::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let mut kernel = Source::new(template).kernel(&[n]).unwrap_or_else(|e| panic!("{e}"));
    prove(&mut kernel);
    kernel
}

/// For each access in order whether it is unchecked.
fn accesses(n: Bound, params: &str, body: &str) -> Vec<bool> {
    let text = proven(n, params, body).to_string();
    let body = text.lines().skip(2).filter(|l| !l.contains("shared"));
    let marks: Vec<bool> = body
        .flat_map(|l| {
            let l = l.replace(" = [", "").replace("f32[", "");
            let places: Vec<bool> = l.match_indices('[').map(|(i, _)| l[..i].ends_with('!')).collect();
            places
        })
        .collect();
    marks
}

const XY: &str = "(x in f32 N) (y out f32 N)";

#[test]
fn guards_prove_accesses() {
    for n in [Bound::Argument, Bound::Literal(1000)] {
        let all = |body: &str, expected: &[bool]| assert_eq!(accesses(n, XY, body), expected, "{n:?} {body}");
        let i = "(let (i) _ (call global_idx))";
        all(&format!("{i} (set= (at y i) (at x i))"), &[false, false]);
        all(&format!("{i} (if (< i N) ((set= (at y i) (at x i))) ())"), &[true, true]);
        all(&format!("{i} (if (>= i N) ((return)) ()) (set= (at y i) (at x i))"), &[true, true]);
        all(&format!("{i} (if (not (< i N)) ((return)) ()) (set= (at y i) (at x i))"), &[true, true]);
        all(&format!("{i} (let (in_range) _ (> N i)) (if in_range ((set= (at y i) (float 1.0))) ())"), &[true]);
        all(&format!("{i} (if (< i (size y 0)) ((set+= i 1) (set= (at y i) (float 1.0))) ())"), &[false]);
        all(
            &format!("{i} (let (n) _ (size x 0)) (while (< i n) (set= (at y i) (at x i)) (set+= i 256))"),
            &[true, true],
        );
        all(
            &format!("{i} (while (&& (< i N) (> (at x i) (float 0.0))) (set= (at y i) (at x i)) (set+= i 1))"),
            &[true; 3],
        );
        all("(for i (call thread_idx) N ((step 256)) (set= (at y i) (at x i)))", &[true, true]);
        all("(for i 0 N (inclusive) (set= (at y i) (at x i)))", &[false, false]);
        all("(for i 0 N (rev) (if (> i 0) ((set= (at y (- i 1)) (at x i))) ()))", &[true, true]);
        all(&format!("{i} (if (< (+ i 1) N) ((set= (at y (+ i 1)) (at x i))) ())"), &[true, true]);
        all(&format!("{i} (set= (at y (call min i (- N 1))) (float 1.0))"), &[n != Bound::Argument]);
    }
}

#[test]
fn literal_sizes_prove_arithmetic() {
    let literal = |params: &str, body: &str| accesses(Bound::Literal(64), params, body);
    let flat = "(x in f32 (* N 32)) (y out f32 N 32)";
    assert_eq!(literal(flat, "(for i 0 N () (for j 0 32 () (set= (at y i j) (at x (+ (* i 32) j)))))"), [true, true]);
    let t = "(let (t) _ (call thread_idx)) (shared s f32 8 32)";
    assert_eq!(literal(XY, &format!("{t} (set= (at s (call warp_idx) (call lane_idx)) (float 0.0))")), [true]);
    assert_eq!(literal(XY, &format!("{t} (set= (at s (/ t 32) (% t 32)) (float 0.0))")), [true]);
    assert_eq!(literal(XY, &format!("{t} (set= (at s (>> t 5) (& t 31)) (float 0.0))")), [true]);
    assert_eq!(literal(XY, &format!("{t} (set= (at s (/ t 31) (% t 32)) (float 0.0))")), [false]);
}

#[test]
fn vectors_are_proven_with_their_alignment() {
    let vector = |index: &str| {
        let body = format!(
            "(let (i) _ (call global_idx)) (if (< (* i 4) N) ((let (v) (array f32 4) (call vector (ref (at x {index})) 4))
               (do (call set_vector (ref (at y (* 4 i))) v))) ())"
        );
        accesses(Bound::Literal(1024), XY, &body)
    };
    assert_eq!(vector("(* i 4)"), [true, true]);
    assert_eq!(vector("(* i 2)"), [false, true]);
}

#[test]
fn small_numbers_fit_32_bits() {
    let k = proven(
        Bound::Literal(1 << 20),
        XY,
        "(let (i) _ (call global_idx)) (let (big) _ (* i 1000000)) (while (< i N) (set= (at y i) (at x i)) (set+= i 4096))",
    );
    let narrow: Vec<(&str, bool)> = k.body.variables.iter().map(|v| (v.name.as_str(), v.narrow)).collect();
    assert_eq!(narrow, [("i", true), ("big", false), ("t1", false)]);
}
