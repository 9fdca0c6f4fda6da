//! Kernels whose text and meaning are compared: one a feature of the language, as templates.

use std::sync::Arc;

use formwork_ir::kernel::Template;
use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::link::{Bound, Source};

use crate::compare::Case;

/// Kernels over `x: (R, N)` of `E` with a scalar `k`, of 40 threads a block and one block a row.
const ROWS: &[(&str, &str, &str)] = &[
    ("map", "y out E R N", "(for j (call thread_idx) N ((step (call block_dim))) (set= (at y r j) (call fma (at x r j) k k)))"),
    (
        "column_sums",
        "z zeroed E N",
        "(for j (call thread_idx) N ((step (call block_dim))) (do (call atomic_add (ref (at z j)) (call round (at x r j)))))",
    ),
    (
        "softmax",
        "y out E R N",
        "(let (m) _ (neg (assoc E INFINITY))) (for j (call thread_idx) N ((step (call block_dim))) (set= m (call max m (at x r j))))
         (set= m (call block_reduce_max m)) (let (s) _ (as 0 E))
         (for j (call thread_idx) N ((step (call block_dim))) (set+= s (call exp (- (at x r j) m))))
         (set= s (call block_reduce_sum s))
         (for j (call thread_idx) N ((step (call block_dim))) (set= (at y r j) (/ (call exp (- (at x r j) m)) s)))",
    ),
    (
        "reverse_in_shared_memory",
        "y out E R N",
        "(shared s E 64) (for j (call thread_idx) N ((step (call block_dim))) (set= (at s j) (at x r j)))
         (do (call sync_threads))
         (for j (call thread_idx) N ((step (call block_dim))) (set= (at y r j) (at s (- (- N 1) j))))",
    ),
    (
        "warp_scan_and_shuffles",
        "y out E R N",
        "(let (t) _ (call thread_idx)) (let (v) E (as 0 E)) (if (< t N) ((set= v (at x r t))) ())
         (let (a) _ (call warp_scan_sum v)) (let (b) _ (call shuffle_up v 3)) (let (c) _ (call shuffle_down v 2))
         (let (d) _ (call shuffle_xor v 5)) (let (e) _ (call shuffle v 7)) (let (f) _ (call warp_reduce_min v))
         (let (g) _ (call block_scan_sum v))
         (let (bits) _ (call ballot (> v k))) (let (any) _ (call warp_any (> v k))) (let (all) _ (call warp_all (> v k)))
         (if (< t N) ((set= (at y r t) (+ (+ (+ a b) (+ c d)) (+ (+ e f) (+ g (if (|| any all) () (as (& bits 7) E) () (as 0 E)))))))  ())",
    ),
    (
        "loops",
        "y out E R",
        "(if (> (call thread_idx) 0) ((return)) ()) (let (acc) _ (repeat (as 0 E) 4)) (let (n) i32 0)
         (for j 0 N (rev (step 3)) (set+= (at acc (% j 4)) (at x r j)) (set+= n 1))
         (for q 1 3 (inclusive) (set+= (at acc 0) (* (at acc q) k)))
         (while true (set-= n 2) (if (< n 0) ((break)) ()) (if (== n 4) ((continue)) ()) (set+= (at acc 0) (as n E)))
         (set= (at y r) (at acc 0))",
    ),
    (
        "vectors",
        "y out E R N",
        "(let (t) _ (* 4 (call thread_idx))) (if (< t N) ((let (v) _ (call (vector 4) (ref (at x r t)) 4)) (let (a) _ (at v 0)) (set= (at v 0) (at v 3)) (set= (at v 3) a) (do (call set_vector (ref (at y r t)) v))) ())",
    ),
    (
        "device_function",
        "y out E R N",
        "(for j (call thread_idx) N ((step (call block_dim))) (let (p q) _ (fn 0 (at x r j) k)) (set= (at y r j) (- p q)))",
    ),
    (
        "out_of_bounds",
        "y out E R N",
        "(let (t) _ (call thread_idx)) (if (< t N) ((set= (at y r t) (at x r (+ t 1)))) ())",
    ),
    (
        "intrinsics",
        "y out E R N",
        "(for j (call thread_idx) N ((step (call block_dim))) (let (v) _ (at x r j)) (let (p) _ (call max (call abs v) k))
         (set= (at y r j) (+ (+ (call tanh v) (+ (call sqrt p) (call log p))) (+ (call min v k) (call select (> v k) (call erf v) (call sigmoid v))))))",
    ),
];

/// Kernels over integers `x: (R, N)` of `E`, likewise.
const INTEGERS: &[(&str, &str, &str)] = &[
    (
        "histogram",
        "z zeroed E 16",
        "(for j (call thread_idx) N ((step (call block_dim))) (do (call atomic_add (ref (at z (as (& (at x r j) 15) usize))) k)))",
    ),
    (
        "bits",
        "y out E R N",
        "(for j (call thread_idx) N ((step (call block_dim))) (let (v) _ (at x r j))
         (set= (at y r j) (^ (+ (<< v 3) (>> v 1)) (| (* v 1000003) (not (% v (- (& v 7) 2)))))))",
    ),
    (
        "extremes",
        "z zeroed E 2",
        "(for j (call thread_idx) N ((step (call block_dim))) (do (call atomic_max (ref (at z 0)) (at x r j)))
         (do (call atomic_min (ref (at z 1)) (neg (at x r j)))))",
    ),
];

fn case(name: &str, ty: ScalarType, output: &str, body: &str) -> Case {
    let device = "(device poly a.rs (generics (element F)) (params (x scalar F) (s scalar F)) (results F F) (block) (grid) (callees) (constants) (return (* x s) (call max x s)))";
    let text = format!(
        "(grid {name} corpus.rs (generics (dim R) (dim N) (element E)) (params (x in E R N) ({output}) (k scalar E)) (results) (block 40) (grid R) (callees poly) (constants) @1 (let (r) _ (call block_idx)) {body})"
    );
    let parse = |text: &str| Template::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let callees = vec![Arc::new(Source::new(parse(device)))];
    let source = Source { template: parse(&text), callees, constants: vec![] };
    // Vectors want rows of a multiple of their width.
    let columns = 36;
    let kernel = source.kernel(&[Bound::Argument, Bound::Literal(columns), Bound::Element(ty)]);
    let kernel = kernel.unwrap_or_else(|e| panic!("{name}: {e}"));
    let value = |_: usize, i: usize| match ty.is_float() {
        true => ((i * 37 % 101) as f64 - 50.0) / 16.0,
        false => (i * 37 % 101) as f64,
    };
    let mut case = Case::new(&format!("{name}/{ty}"), kernel, &[5], &[if ty.is_float() { 0.75 } else { 3.0 }], &value);
    case.faulty = matches!(name, "out_of_bounds" | "bits");
    case
}

/// Every kernel at every type that it takes.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, output, body) in ROWS {
        for ty in [ScalarType::F32, ScalarType::F64, ScalarType::F16, ScalarType::BF16] {
            let atomic = output.contains("zeroed");
            if !atomic || ty == ScalarType::F32 {
                cases.push(case(name, ty, output, body));
            }
        }
    }
    for (name, output, body) in INTEGERS {
        for ty in [ScalarType::I32, ScalarType::I64] {
            cases.push(case(name, ty, output, body));
        }
    }
    cases
}
