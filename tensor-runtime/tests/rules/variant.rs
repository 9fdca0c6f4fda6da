//! Variants that are subgraphs: kernels and other operations, planned in place of the region's definition.

use super::region::{case, close};
use super::*;
use formwork_runtime::kernel::{Array, check, kernel};
use formwork_runtime::variant::{Kernels, offer};
use formwork_runtime::*;
use formwork_shapes::{U0, U64};

runtime_dim!(Height);
runtime_dim!(Width);
runtime_dim!(Few);

/// The sum of each row and its first elements, as many as there is room for.
#[kernel(block = 32, no_grad)]
fn heads_rows<R: Dim, N: Dim, K: Dim>(
    scale: f32,
    x: &Array<f32, (R, N)>,
    sums: &mut Array<f32, (R,)>,
    y: &mut Array<f32, (R, K)>,
) {
    let row = block_idx();
    let mut sum = 0.0;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += x[(row, j)];
    }
    let sum = block_reduce_sum(sum);
    if thread_idx() == 0 {
        sums[row] = sum * scale;
    }
    for k in (thread_idx()..K).step_by(block_dim()) {
        y[(row, k)] = x[(row, k)] * scale;
    }
}

/// What the region `heads` gives.
type Heads<R, K> = (Tensor<(R,)>, Tensor<(R, K)>);

/// A kernel whose sizes are known when it runs; that of `Few` is known from the call alone.
static ANY: Kernels<Tensor<(Height, Width)>, Heads<Height, Few>> = Kernels {
    computes: "heads",
    name: "heads by a kernel",
    fits: |call| call.attribute("plain").is_none(),
    outputs: |call, x| heads_rows(call.attribute("scale").unwrap_or(1.0) as f32, x),
};

/// For 64 columns alone: a kernel and other operations, and a region that it would take itself.
static WIDE: Kernels<Tensor<(Height, U64)>, Heads<Height, U2>> = Kernels {
    computes: "heads",
    name: "heads of 64",
    fits: |call| call.attribute("wide").is_some(),
    outputs: |call, x| {
        let (sums, _) = heads(call.attributes[0].1 as f32, &[("wide", 1.0)], x);
        let (_, y) = heads_rows(1.0, &(x * 2.0));
        (sums, y * 0.5 * call.attributes[0].1 as f32)
    },
};

/// Gives results of other sizes than the region.
static WRONG: Kernels<Tensor<(Height, Width)>, Tensor<(Height, Width)>> = Kernels {
    computes: "wrong",
    name: "turned",
    fits: |_| true,
    outputs: |_, x| x.transpose::<0, 1>().as_shape::<(Height, Width)>(),
};

fn offered() -> MutexGuard<'static, ()> {
    let alone = alone();
    offer(CPU, &[&WIDE, &ANY, &WRONG]);
    alone
}

fn heads<R: Dim, N: Dim>(scale: f32, more: &[(&'static str, f64)], x: &Tensor<(R, N)>) -> Heads<R, U2>
where
    (R, N): Axis<1, Remove = (R,)> + Axis<-1> + SliceAxis<U0, U2, 1, Out = (R, U2)>,
{
    let attributes = [&[("scale", scale as f64)], more].concat();
    region("heads", &attributes, x.clone(), |x| (x.sum_axis::<1>() * scale, x.slice::<1, U0, U2>() * scale))
}

fn x<R: Dim>(rows: usize, seed: u64) -> Tensor<(R, U64)> {
    let x: Vec<f32> = Rng::seed(seed).normal_vec(rows * 64, 0.0, 1.0).into_iter().map(|x| x as f32).collect();
    Tensor::from_sizes(x, &[rows, 64], &CPU).unwrap()
}

#[test]
fn a_subgraph_computes_what_its_region_means() {
    let _alone = offered();
    let x = x::<Batch>(5, 1);
    let wide = [("wide", 1.0)];
    for more in [&[][..], &wide] {
        case(|| heads(2.0, more, &x).0);
        case(|| heads(2.0, more, &(&x * 3.0)).1 + 1.0);
        case(|| heads(2.0, more, &x.flip::<0>()).0);
        case(|| heads(1.0, more, &x).0 + heads(1.0, more, &x).1.sum_axis::<1>());
        case(|| grad(&heads(2.0, more, &x).1.square().sum(), &x));
        case(|| grad(&grad(&heads(2.0, more, &x).1.square().sum(), &x).square().sum(), &x));
        case(|| checkpoint(|| heads(2.0, more, &x.exp()).0));
        case(|| grad(&checkpoint(|| heads(2.0, more, &x.exp()).0.square()).sum(), &x));
        case(|| region("outer", &[], x.clone(), |x| heads(2.0, more, &x.exp()).0));
    }
    let small = Tensor::<(U2, U4)>::new([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]], &CPU).unwrap();
    case(|| heads(1.0, &[], &small).0);
    case(|| heads(1.0, &wide, &small).1);
}

#[test]
fn explain_shows_the_kernels() {
    let _alone = offered();
    let x = x::<Batch>(5, 1);
    let text = |more| heads(2.0, more, &x).0.explain().unwrap();
    assert!(text(&[]).contains("heads_rows") && text(&[]).contains("1 kernels"), "{}", text(&[]));
    assert!(!text(&[("plain", 1.0)]).contains("heads_rows"), "{}", text(&[("plain", 1.0)]));
    let inlined = variants(false, || text(&[]));
    assert!(!inlined.contains("heads_rows"), "{inlined}");
    // A variant that makes the region itself gets its definition, and what stands around the kernel is fused as ever.
    let wide = heads(2.0, &[("wide", 1.0)], &x);
    let text = (wide.0.unsqueeze::<1>() + wide.1).explain().unwrap();
    assert!(text.contains("heads_rows") && text.contains("3 kernels"), "{text}");
}

#[test]
fn the_key_has_the_subgraph() {
    let _alone = offered();
    let x = x::<Batch>(5, 1);
    let plans = |f: &dyn Fn()| {
        let before = plans_made();
        f();
        plans_made() - before
    };
    let look = |scale: f32| drop((heads(scale, &[], &x).0 * 0.125).to_vec().unwrap());
    assert_eq!(plans(&|| look(2.0)), 1);
    assert_eq!(plans(&|| variants(false, || look(2.0))), 1);
    // The number is an argument of both.
    assert_eq!(plans(&|| look(3.0)), 0);
    assert_eq!(plans(&|| variants(false, || look(3.0))), 0);
    // One graph is evaluated both ways: the choice is made at the look.
    let y = heads(2.0, &[], &x).0;
    let inlined = variants(false, || (&y + 1.0).to_vec().unwrap());
    close(&(&y + 1.0).to_vec().unwrap(), &inlined);
}

#[test]
fn kernels_of_variants_run_in_checked_mode() {
    let _alone = offered();
    let x = x::<Batch>(5, 1);
    let found = check::run(|| heads(2.0, &[], &x).0.to_vec()).unwrap();
    close(&found, &variants(false, || heads(2.0, &[], &x).0.to_vec()).unwrap());
}

#[test]
fn results_of_other_sizes_are_an_error() {
    let _alone = offered();
    let y = region("wrong", &[], x::<Batch>(5, 1), |x| x.exp());
    let error = y.to_vec().unwrap_err().to_string();
    let told = "turned: expected what region `wrong` gives, f32[5, 64], found f32[64, 5]";
    assert!(error.contains(told) && error.contains("variant.rs"), "{error}");
}

#[test]
fn parameters_learn_through_kernels() {
    let _alone = offered();
    let steps = |taken: bool| {
        variants(taken, || {
            let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
            for seed in 0..5 {
                let (sums, y) = heads(0.5, &[], &model.forward(&batch(16, seed).0));
                opt.step(&mut model, (sums.square().mean() + y.exp().mean()).backward()).unwrap();
            }
            model.values().concat()
        })
    };
    close(&steps(true), &steps(false));
}
