//! The CUDA text of typed kernels, as `cuda/*.cu` has it; `BLESS=1` writes them anew. That it compiles is tested where
//! NVRTC is.

use std::sync::Arc;

use formwork_ir::kernel::cuda;
use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::link::{Bound, Source};

use crate::link::template;

/// Rows of `E`, with a device function `poly`.
fn emitted(element: ScalarType, params: &str, body: &str) -> String {
    let results = "(return (* x s) (call max x s))";
    let poly = template("device", "poly", "(element F)", "(x scalar F) (s scalar F)", "F F", results);
    let mut kernel = template("grid", "rows", "(dim R) (dim N) (element E)", params, "", body);
    kernel.callees.push("poly".into());
    let source = Source { template: kernel, callees: vec![Arc::new(Source::new(poly))], constants: vec![] };
    let kernel = source.kernel(&[Bound::Literal(64), Bound::Argument, Bound::Element(element)]);
    cuda::emit(&kernel.unwrap_or_else(|e| panic!("{e}")), "rows")
}

fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/kernel/cuda/{name}.cu", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(&path).parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("the file is written");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    let line = text.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    assert!(text == wanted, "{path} differs at line {line:?}:\n{text}");
}

#[test]
fn loops_and_loads() {
    let body = "@3 (let (row) _ (call block_idx)) (let (sum) E (as 0 E))
        @4 (for j (call thread_idx) N ((step (call block_dim))) @5 (set+= sum (at x row j)))
        @6 (for q 0 3 (inclusive rev) (set= sum (call max sum (at! x row q))))
        @7 (while (> sum k) (set= sum (call exp (neg sum))) (if (< sum k) ((break)) ((continue))))
        @8 (set= (at y row) sum)";
    golden("loops_and_loads", &emitted(ScalarType::F32, "(x in E R N) (y out E R) (k scalar E)", body));
}

#[test]
fn sixteen_bits_are_floats_in_registers() {
    let body = "@3 (let (v) _ (call fma (at x 0 1) k k)) @4 (let (p q) _ (fn 0 v k)) @5 (set= (at y 0) (- p q))";
    golden("sixteen_bits", &emitted(ScalarType::BF16, "(x in E R N) (y out E R) (k scalar E)", body));
}

#[test]
fn shared_memory_and_warps() {
    let body = "@3 (shared s E 8 4) (let (v) _ (at x (call block_idx) (call lane_idx)))
        @4 (set= v (call block_reduce_sum v)) (set= v (call warp_scan_sum v)) (set= v (call shuffle_xor v 1))
        @5 (let (bits) _ (call ballot (< v k)))
        @6 (if (== (call lane_idx) 0) ((set= (at s (call warp_idx) 1) v)) ())
        @7 (do (call sync_threads)) (do (call sync_warp))
        @8 (let (old) _ (call atomic_max_block (ref (at s 0 0)) v)) (do (call atomic_add (ref (at y 0)) old))";
    golden("shared_memory", &emitted(ScalarType::I32, "(x in E R N) (y zeroed E R) (k scalar E)", body));
}

#[test]
fn shared_memory_that_the_launch_sizes() {
    let body = "@3 (shared count i64 R) (shared tile E N 5) (shared row E N) (let (t) _ (call thread_idx))
        @4 (set= (at count t) 1) (set= (at tile t 4) k) (set= (at row t) (at tile t 4)) (set= (at y t) (at row t))";
    golden("shared_sizes", &emitted(ScalarType::BF16, "(y out E R) (k scalar E)", body));
}

#[test]
fn vectors_move_sixteen_bytes() {
    let body = "@3 (let (i) _ (* 4 (call global_idx))) (let (v) _ (call (vector 4) (ref (at x 0 i)) 4))
        @4 (do (call set_vector (ref (at y i)) v))";
    golden("vectors", &emitted(ScalarType::F32, "(x in E R N) (y out E N)", body));
}

#[test]
fn names_are_those_of_cpp_no_more() {
    let body = "(let (template) _ (at x 0 0)) (let (fw_error) _ k) (set= (at y 0) (+ template fw_error))";
    let text = emitted(ScalarType::F64, "(x in E R N) (y out E R) (k scalar E)", body);
    assert!(text.contains("double template_ = ") && text.contains("double fw_error_ = k;"), "{text}");
}
