//! Grid kernels that are maps, and those that are none.

use formwork_ir::Scalar;
use formwork_ir::kernel::Template;
use formwork_ir::kernel::ir::Size;
use formwork_ir::kernel::link::{Bound, Source, Unlinked};
use formwork_ir::kernel::pointwise::{Operand, Pointwise, pointwise};

fn form(params: &str, body: &str) -> Result<Pointwise, Unlinked> {
    let text = format!(
        "(grid k a.rs (generics (dim M) (dim N)) (params {params}) (results) (block 16 16) (grid (call div_ceil N 16) (call div_ceil M 16)) (callees) (constants) @1 {body})"
    );
    let template = Template::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let kernel = Source::new(template).kernel(&[Bound::Argument, Bound::Literal(8)]).unwrap_or_else(|e| panic!("{e}"));
    pointwise(&kernel)
}

fn operand(param: u32, axes: &[u32]) -> Operand {
    Operand { param, axes: axes.to_vec() }
}

#[test]
fn a_guarded_map_over_two_axes() {
    let map = form(
        "(x in f32 M N) (b in f32 N) (a scalar f32) (y out f32 M N) (z out f32 N M)",
        "(let (j) _ (call global_idx)) (let (i) _ (+ (* (call block_idx_y) 16) (call thread_idx_y)))
         (if (|| (>= i M) (>= j N)) ((return)) ())
         (let (v) _ (+ (at x i j) (/ (at b j) (as N f32))))
         (if (> v (float 0.0)) ((set= (at y i j) (* a v))) ((set= (at y i j) (at x i j))))
         (set= (at z j i) v)",
    );
    let map = map.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(map.axes, [Size::Argument(0), Size::Literal(8)]);
    assert_eq!(map.inputs, [operand(2, &[]), operand(0, &[0, 1]), operand(1, &[1])]);
    assert_eq!(map.outputs, [operand(3, &[0, 1]), operand(4, &[1, 0])]);
    let of = |x: f64| map.fragment.eval(&[Scalar::Float(10.0), Scalar::Float(x), Scalar::Float(8.0)]);
    assert_eq!(of(2.0), [Scalar::Float(30.0), Scalar::Float(3.0)]);
    assert_eq!(of(-2.0), [Scalar::Float(-2.0), Scalar::Float(-1.0)]);
}

#[test]
fn a_flat_index_that_is_taken_apart() {
    let map = form(
        "(x in f32 M N) (s in f32 M) (y out f32 M N)",
        "(let (k) _ (call global_idx)) (let (i) _ (/ k N)) (if (< i M) ((set= (at y i (% k N)) (* (at x i (% k N)) (at s i)))) ())",
    );
    assert_eq!(map.unwrap_or_else(|e| panic!("{e}")).inputs, [operand(0, &[0, 1]), operand(1, &[0])]);
}

#[test]
fn what_reads_elsewhere_is_no_map() {
    let fail = |params: &str, body: &str| {
        let index = "(let (i) _ (call global_idx))";
        form(params, &format!("{index} @2 {body}")).expect_err("it is no map").to_string()
    };
    let io = "(x in f32 N) (y out f32 N)";
    let elsewhere = "a.rs:2: an element at another place than the output's";
    assert_eq!(fail(io, "(set= (at y i) (at x (+ i 1)))"), elsewhere);
    assert_eq!(fail("(x in f32 M) (y out f32 N)", "(set= (at y i) (at x i))"), elsewhere);
    assert_eq!(fail(io, "(set= (at y i) (at x i)) (set= (at y i) (float 0.0))"), "a.rs:2: an output is written twice");
    assert_eq!(
        fail(io, "(if (> (at x i) (float 0.0)) ((set= (at y i) (float 1.0))) ())"),
        "a.rs:2: an output is written on one path only"
    );
    assert_eq!(
        fail(io, "(for j 0 N () (set= (at y i) (at x i)))"),
        "a.rs:2: a loop of a kernel that is lifted to tensors has trips that are known; write a grid kernel"
    );
    assert_eq!(
        fail(io, "(let (n) i32 0) (for j 0 3 () (set= n 5)) (set= (at y i) (as n f32))"),
        "a.rs:2: a loop changes what does not depend on data"
    );
    assert_eq!(
        fail("(x in f32 N) (y zeroed f32 N)", "(set= (at y i) (at x i))"),
        "a.rs:2: an output that starts with values, or that has fewer axes than another"
    );
    assert_eq!(
        fail(io, "(let (v) _ (at x i)) (if (< i 4) ((set*= v (float 2.0))) ()) (set= (at y i) v)"),
        "a.rs:2: what is computed depends on the index"
    );
    assert_eq!(
        fail(io, "(if (< i 4) ((set= (at y i) (at x i))) ((set= (at y i) (float 0.0))))"),
        "a.rs:2: what is computed depends on the index"
    );
    assert_eq!(
        fail(io, "(set= (at y i) (as i f32))"),
        "a.rs:2: `usize` is no element type of tensors; use `i64` in a kernel that is lifted"
    );
}
