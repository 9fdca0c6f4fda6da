//! Regions mean their inlining, and a variant that a device was offered computes the same.

use super::*;
use formwork_runtime::variant::{Call, Host, Operands, Variant, Way, for_each, offer};
use formwork_runtime::{checkpoint, region, region_with_gradient, variants};
use formwork_shapes::U64;
use std::mem::MaybeUninit;
use std::sync::atomic::AtomicUsize;

type X = Tensor<(Batch, U64)>;

/// `e^x / sum(e^x)` over rows, by hand.
struct Rows {
    launches: AtomicUsize,
}

static ROWS: Rows = Rows { launches: AtomicUsize::new(0) };

impl Variant for Rows {
    fn computes(&self) -> &'static str {
        "rows"
    }
    fn name(&self) -> &'static str {
        "rows by hand"
    }
    fn fits(&self, call: &Call) -> bool {
        let f32s = call.inputs[0].dtype == formwork_ir::DType::F32;
        f32s && call.inputs[0].dims.len() == 2 && call.attribute("axis") == Some(1.0)
    }
    fn way(&self) -> Way<'_> {
        Way::Host(self)
    }
}

impl Host for Rows {
    fn run(&self, call: &Call, mut operands: Operands<'_>) {
        self.launches.fetch_add(1, Ordering::Relaxed);
        let n = call.inputs[0].dims[1];
        let x = operands.inputs[0].as_slice::<f32>();
        let y = operands.outputs[0].as_mut_slice::<f32>();
        for (x, y) in x.chunks(n).zip(y.chunks_mut(n)) {
            let max = x.iter().fold(f32::NEG_INFINITY, |m, &x| m.max(x));
            y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - max).exp());
            let sum: f32 = y.iter().sum();
            y.iter_mut().for_each(|y| *y /= sum);
        }
    }
}

/// Mean and mean square of each row, the sums in a workspace.
struct Moments {
    launches: AtomicUsize,
}

static MOMENTS: Moments = Moments { launches: AtomicUsize::new(0) };

impl Variant for Moments {
    fn computes(&self) -> &'static str {
        "moments"
    }
    fn name(&self) -> &'static str {
        "moments by hand"
    }
    fn fits(&self, call: &Call) -> bool {
        call.inputs.len() == 2
    }
    fn way(&self) -> Way<'_> {
        Way::Host(self)
    }
}

impl Host for Moments {
    fn workspace(&self, call: &Call) -> usize {
        2 * call.outputs[0].bytes()
    }
    fn run(&self, call: &Call, mut operands: Operands<'_>) {
        self.launches.fetch_add(1, Ordering::Relaxed);
        let (rows, n) = (call.inputs[0].dims[0], call.inputs[0].dims[1]);
        let (x, w) = (operands.inputs[0].as_slice::<f32>(), operands.inputs[1].as_slice::<f32>());
        assert_eq!((operands.workspace.len(), operands.workspace.as_ptr().addr() % 64), (8 * rows, 0));
        operands.workspace.fill(MaybeUninit::new(0xff));
        let sums: Vec<Mutex<[f32; 2]>> = (0..rows).map(|_| Mutex::default()).collect();
        for_each(rows, |r| {
            let row = x[r * n..][..n].iter().zip(w).map(|(x, w)| x * w);
            *sums[r].lock().unwrap() = [row.clone().sum(), row.map(|x| x * x).sum()];
        });
        for (i, output) in operands.outputs.iter_mut().enumerate() {
            let means = sums.iter().map(|s| s.lock().unwrap()[i] / n as f32);
            output.as_uninit::<f32>().iter_mut().zip(means).for_each(|(y, m)| {
                y.write(m);
            });
        }
    }
}

fn offered() -> MutexGuard<'static, ()> {
    let alone = alone();
    offer(CPU, &[&ROWS, &MOMENTS]);
    alone
}

fn launches(of: &AtomicUsize, f: impl FnOnce()) -> usize {
    let before = of.load(Ordering::Relaxed);
    f();
    of.load(Ordering::Relaxed) - before
}

fn x(seed: u64) -> X {
    let x: Vec<f32> = Rng::seed(seed).normal_vec(5 * 64, 0.0, 1.0).into_iter().map(|x| x as f32).collect();
    Tensor::new(x, &CPU).unwrap()
}

fn rows(x: &X) -> X {
    region("rows", &[("axis", 1.0)], x.clone(), |x| x.softmax::<1>())
}

fn moments(x: &X, w: &Tensor<(U64,)>) -> (Tensor<(Batch,)>, Tensor<(Batch,)>) {
    region("moments", &[], (x.clone(), w.clone()), |(x, w)| {
        let y = x * w;
        (y.mean_axis::<1>(), y.square().mean_axis::<1>())
    })
}

#[track_caller]
pub fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{a} {b}"));
}

/// What `f` gives with variants and without, node by node as well, which must agree.
#[track_caller]
pub fn case<S: formwork_shapes::Shape>(f: impl Fn() -> Tensor<S>) {
    let inlined = variants(false, || f().to_vec().unwrap());
    let taken = f().to_vec().unwrap();
    close(&taken, &inlined);
    let node_by_node = eager(true, || f().to_vec().unwrap());
    assert_eq!(bits(&[taken]), bits(&[node_by_node]));
    assert_eq!(bits(&[inlined]), bits(&[eager(true, || variants(false, || f().to_vec().unwrap()))]));
}

#[test]
fn a_variant_computes_what_its_region_means() {
    let _alone = offered();
    let x = x(1);
    let w = Tensor::<(U64,)>::new(vec![0.5; 64], &CPU).unwrap();
    case(|| rows(&x));
    case(|| rows(&(&x * 2.0)) * 3.0);
    case(|| rows(&x.transpose::<0, 1>().transpose::<0, 1>()).matmul(&x.transpose::<0, 1>()));
    case(|| rows(&x.flip::<0>()));
    case(|| rows(&x.reshape::<(Batch, U64)>()).sum_axis::<1>());
    case(|| grad(&rows(&x).square().sum(), &x));
    case(|| grad(&grad(&rows(&x).square().sum(), &x).square().sum(), &x));
    case(|| moments(&x, &w).0 + moments(&x, &w).1);
    case(|| moments(&rows(&x), &w).1);
    case(|| checkpoint(|| moments(&rows(&x), &w).1));
    case(|| grad(&checkpoint(|| moments(&rows(&x), &w).1).sum(), &w));
    assert_eq!(launches(&ROWS.launches, || drop(rows(&x).to_vec().unwrap())), 1);
    assert_eq!(launches(&ROWS.launches, || drop(variants(false, || rows(&x).to_vec().unwrap()))), 0);
}

#[test]
fn what_does_not_fit_is_inlined() {
    let _alone = offered();
    let x = x(1);
    let other = |axis: f64| region("rows", &[("axis", axis)], x.clone(), |x| x.softmax::<1>());
    assert_eq!(launches(&ROWS.launches, || drop(other(0.0).to_vec().unwrap())), 0);
    assert_eq!(launches(&ROWS.launches, || drop(other(1.0).to_vec().unwrap())), 1);
    let doubles = Tensor::<(U2, U2), f64>::new([[1.0, 2.0], [3.0, 4.0]], &CPU).unwrap();
    let y = region("rows", &[("axis", 1.0)], doubles, |x| x.softmax::<1>());
    assert_eq!(launches(&ROWS.launches, || drop(y.to_vec().unwrap())), 0);
}

#[test]
fn the_key_says_which_was_taken() {
    let _alone = offered();
    let x = x(1);
    let plans = |f: &dyn Fn()| {
        let before = plans_made();
        f();
        plans_made() - before
    };
    let look = || drop((rows(&x) * 0.125).to_vec().unwrap());
    assert_eq!(plans(&look), 1);
    assert_eq!(plans(&|| variants(false, look)), 1);
    assert_eq!(plans(&look), 0);
    assert_eq!(plans(&|| variants(false, look)), 0);
    // Of a variant, attributes and all sizes are in the key; its body is not.
    let scaled = |axis: f64| region("rows", &[("axis", 1.0), ("scale", axis)], x.clone(), |x| x.softmax::<1>());
    assert_eq!(plans(&|| drop(scaled(0.25).to_vec().unwrap())), 1);
    assert_eq!(plans(&|| drop(scaled(0.75).to_vec().unwrap())), 1);
}

#[test]
fn explain_says_which_was_taken() {
    let _alone = offered();
    let (x, w) = (x(1), Tensor::<(U64,)>::new(vec![0.5; 64], &CPU).unwrap());
    let text = rows(&x).explain().unwrap();
    assert!(text.contains("rows by hand") && text.contains("rows: [5, 64] -> [5, 64]"), "{text}");
    let text = variants(false, || rows(&x).explain().unwrap());
    assert!(text.contains("row program") && text.contains(" rows ") && text.contains("1 kernels"), "{text}");
    // The workspace and the output that nobody wants lie in the arena.
    let text = moments(&x, &w).1.explain().unwrap();
    assert!(text.contains("moments: [5, 64], [64] -> [5], [5]") && text.contains("arena 128 B"), "{text}");
}

#[test]
fn one_launch_gives_all_outputs() {
    let _alone = offered();
    let (x, w) = (x(1), Tensor::<(U64,)>::new(vec![0.5; 64], &CPU).unwrap());
    let both = || {
        let (mean, square) = moments(&x, &w);
        (&square - &mean.square()).to_vec().unwrap()
    };
    assert_eq!(launches(&MOMENTS.launches, || drop(both())), 1);
    // So does the same region written twice.
    let twice = || (moments(&x, &w).0 + moments(&x, &w).1).to_vec().unwrap();
    assert_eq!(launches(&MOMENTS.launches, || drop(twice())), 1);
    close(&both(), &variants(false, both));
    // A held output keeps its value.
    let (mean, _square) = moments(&x, &w);
    drop((&mean * 2.0).to_vec().unwrap());
    assert_eq!(launches(&MOMENTS.launches, || drop((&mean * 3.0).to_vec().unwrap())), 0);
}

#[test]
fn a_region_may_bring_its_gradient() {
    let _alone = offered();
    let x = x(2);
    let own = |factor: f32| {
        let rule = move |_: &X, y: &X, g: &X| (g - (g * y).sum_keep::<1>()) * y * factor;
        let y = region_with_gradient("rows", &[("axis", 1.0)], x.clone(), |x| x.softmax::<1>(), rule);
        grad(&y.square().sum(), &x)
    };
    let plain = grad(&x.softmax::<1>().square().sum(), &x).to_vec().unwrap();
    case(|| own(1.0));
    close(&own(1.0).to_vec().unwrap(), &plain);
    close(&own(2.0).to_vec().unwrap(), &plain.iter().map(|g| 2.0 * g).collect::<Vec<_>>());
    // The gradient of the gradient is that of the rule.
    let twice = |first: Tensor<(Batch, U64)>| grad(&first.square().sum(), &x).to_vec().unwrap();
    close(&twice(own(1.0)), &twice(grad(&x.softmax::<1>().square().sum(), &x)));
}

#[test]
fn cotangents_of_several_outputs_come_together() {
    let _alone = offered();
    let (x, labels) = (x(3), Tensor::<(Batch,), i64>::new(vec![1, 2, 0, 4, 3], &CPU).unwrap());
    static RULES: AtomicUsize = AtomicUsize::new(0);
    let loss = |used: bool| {
        let rule = |(x, labels): &(X, Tensor<(Batch,), i64>), _: &(X, X), (a, b): &(X, X)| {
            RULES.fetch_add(1, Ordering::Relaxed);
            (x.cos() * a - x.sin() * b, labels.clone())
        };
        let inputs = (x.clone(), labels.clone());
        let (sin, cos) = region_with_gradient("turn", &[], inputs, |(x, _)| (x.sin(), x.cos()), rule);
        if used { (sin * cos).sum() } else { sin.sum() }
    };
    let expected = [grad(&(x.sin() * x.cos()).sum(), &x), x.cos()].map(|g| g.to_vec().unwrap());
    assert_eq!(launches(&RULES, || close(&grad(&loss(true), &x).to_vec().unwrap(), &expected[0])), 1);
    assert_eq!(launches(&RULES, || close(&grad(&loss(false), &x).to_vec().unwrap(), &expected[1])), 1);
}

#[test]
fn a_body_uses_nothing_but_its_inputs() {
    let _alone = offered();
    let (x, y) = (x(1), x(2));
    let error = region("rows", &[("axis", 1.0)], x.clone(), |x| x * &y).to_vec().unwrap_err().to_string();
    let told = "region `rows`";
    assert!(error.contains(told) && error.contains("none of its inputs") && error.contains("region.rs"), "{error}");
    // What the input was made of is no stranger.
    let turned = x.reshape::<(U1, Batch, U64)>();
    let flat = region("flat", &[], turned, |x| x.reshape::<(Batch, U64)>());
    assert_eq!(flat.to_vec().unwrap(), x.to_vec().unwrap());
    // Nor is a region inside a region.
    let inner = region("outer", &[], x.clone(), |x| rows(x) * 2.0);
    assert_eq!(launches(&ROWS.launches, || drop(inner.to_vec().unwrap())), 1);
}

#[test]
fn a_rule_that_gives_other_sizes_is_an_error() {
    let _alone = offered();
    let x = x(1);
    let rule = |_: &X, _: &X, _: &X| Tensor::new(vec![0.0; 4 * 64], &CPU).unwrap();
    let y = region_with_gradient("cut", &[], x.clone(), |x| x.sin(), rule);
    let error = grad(&y.sum(), &x).to_vec().unwrap_err();
    assert!(matches!(error, Error::Dims { .. }), "{error}");
}

#[test]
fn parameters_learn_through_variants() {
    let _alone = offered();
    let steps = |taken: bool| {
        variants(taken, || {
            let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
            for seed in 0..5 {
                let (x, y) = batch(16, seed);
                let h = x.matmul(&model.w1) + &*model.b1;
                let h = region("rows", &[("axis", 1.0)], h, |h| h.softmax::<1>());
                let loss = (h.matmul(&model.w2) + &*model.b2).cross_entropy(&y);
                opt.step(&mut model, loss.backward()).unwrap();
            }
            model.values().concat()
        })
    };
    close(&steps(true), &steps(false));
    assert!(launches(&ROWS.launches, || drop(steps(true))) >= 5);
}
