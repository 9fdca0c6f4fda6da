//! Optimizers, clipping and schedules against what PyTorch computes (`tests/golden`).

#[path = "../../tests/golden/stream.rs"]
mod stream;

use formwork_runtime::dtype::{Element, Float};
use formwork_runtime::optim::*;
use formwork_runtime::params::{Item, ItemMut, Module, Param, Path};
use formwork_runtime::{Device, Error, Gradients, Tensor};
use formwork_shapes::{U3, U4, U8, U10, U128, U512, U784};
use std::sync::LazyLock;

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

/// The tensor `name` of a golden file, as f64.
fn golden(file: &str, name: &str) -> Vec<f64> {
    let path = format!("{}/../tests/golden/{file}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let (header, data) = (std::str::from_utf8(&bytes[8..8 + size]).unwrap(), &bytes[8 + size..]);
    let entry = header.split(&format!("\"{name}\":{{")).nth(1).unwrap_or_else(|| panic!("no {name} in {file}"));
    let entry = &entry[..entry.find('}').unwrap()];
    let offsets = entry.split("\"data_offsets\":[").nth(1).unwrap().trim_end_matches(']');
    let offsets: Vec<usize> = offsets.split(',').map(|n| n.parse().unwrap()).collect();
    let data = &data[offsets[0]..offsets[1]];
    match entry.contains("\"F64\"") {
        true => data.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
        false => data.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b) as f64).collect(),
    }
}

fn stream<E: Element>(seed: u64, n: usize) -> Vec<E> {
    stream::uniform(seed, n, 1.0).into_iter().map(|x| E::from_f64(x as f64)).collect()
}

/// The model and data of `optim.py`.
struct Problem<E: Element> {
    w: Param<(U4, U3), E>,
    b: Param<(U3,), E>,
}

impl<E: Element> Module for Problem<E> {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        for (name, field) in [("w", &self.w as &dyn Module), ("b", &self.b)] {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        for (name, field) in [("w", &mut self.w as &mut dyn Module), ("b", &mut self.b)] {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

impl<E: Float> Problem<E> {
    fn new() -> Self {
        let w = Param::new(stream(2, 12), &DEVICE).unwrap();
        Problem { w, b: Param::new(stream(3, 3), &DEVICE).unwrap() }
    }

    fn loss(&self) -> Tensor<(), E> {
        let x = Tensor::<(U8, U4), E>::new(stream(1, 32), &DEVICE).unwrap();
        let t = Tensor::<(U8, U3), E>::new(stream(4, 24), &DEVICE).unwrap();
        let d = x.matmul(&self.w).add(&self.b).sub(&t);
        d.mul(&d).mean()
    }
}

fn f64s<E: Element>(values: Vec<E>) -> Vec<f64> {
    values.into_iter().map(Element::to_f64).collect()
}

fn farthest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f64::max)
}

/// Ten steps; losses and parameters must be PyTorch's up to rounding.
fn follows<R: Rule, E: Float>(name: &str, mut opt: Optimizer<R>, tolerance: f64) {
    let dtype = E::DTYPE.name();
    let [losses, ws, bs] = ["loss", "w", "b"].map(|part| golden("optim", &format!("{name}.{part}.{dtype}")));
    let mut model = Problem::<E>::new();
    for step in 0..10 {
        let loss = model.loss();
        opt.step(&mut model, loss.backward()).unwrap();
        let found = [f64s(loss.to_vec().unwrap()), f64s(model.w.to_vec().unwrap()), f64s(model.b.to_vec().unwrap())];
        let expected = [&losses[step..step + 1], &ws[12 * step..][..12], &bs[3 * step..][..3]];
        for (found, expected) in found.iter().zip(expected) {
            let off = farthest(found, expected);
            assert!(off <= tolerance, "{name} {dtype}: {off} at step {step}: {found:?}, {expected:?}");
        }
    }
    assert_eq!(opt.steps(), 10);
}

macro_rules! trajectories {
    ($($test:ident $name:literal $make:expr;)*) => { $(
        #[test]
        fn $test() {
            follows::<_, f32>($name, $make, 1e-6);
            follows::<_, f64>($name, $make, 1e-14);
        }
    )* };
}

trajectories! {
    sgd "sgd" Sgd::new(0.1);
    sgd_momentum "sgd/momentum" Sgd::new(0.1).momentum(0.9);
    sgd_nesterov "sgd/nesterov" Sgd::new(0.1).momentum(0.9).nesterov(true);
    sgd_dampening "sgd/dampening" Sgd::new(0.1).momentum(0.9).dampening(0.5);
    sgd_weight_decay "sgd/weight_decay" Sgd::new(0.1).momentum(0.9).weight_decay(0.1);
    adam "adam" Adam::new(0.01);
    adam_weight_decay "adam/weight_decay" Adam::new(0.01).weight_decay(0.1);
    adam_betas "adam/betas" Adam::new(0.01).betas(0.8, 0.99).eps(1e-6);
    adam_amsgrad "adam/amsgrad" Adam::new(0.01).amsgrad(true);
    adamw "adamw" AdamW::new(0.01);
    adamw_weight_decay "adamw/weight_decay" AdamW::new(0.01).weight_decay(0.1);
    rmsprop "rmsprop" RmsProp::new(0.01);
    rmsprop_momentum "rmsprop/momentum" RmsProp::new(0.01).momentum(0.9);
    rmsprop_centered "rmsprop/centered" RmsProp::new(0.01).centered(true);
    rmsprop_weight_decay "rmsprop/weight_decay" RmsProp::new(0.01).weight_decay(0.1);
    adagrad "adagrad" Adagrad::new(0.1);
    adagrad_decay "adagrad/decay" Adagrad::new(0.1).lr_decay(0.1).weight_decay(0.1);
}

#[test]
fn schedules() {
    let cases: [(&str, Box<dyn Schedule>); 8] = [
        ("step", Box::new(StepDecay::new(0.1, 10))),
        ("step/gamma", Box::new(StepDecay::new(0.1, 7).gamma(0.5))),
        ("cosine", Box::new(Cosine::new(0.1, 30))),
        ("cosine/eta_min", Box::new(Cosine::new(0.1, 20).min(0.01))),
        ("warmup", Box::new(Warmup::new(5).then(0.1))),
        ("warmup/from_tenth", Box::new(Warmup::new(10).from(0.1).then(0.1))),
        ("one_cycle", Box::new(OneCycle::new(0.1, 31))),
        ("one_cycle/linear", Box::new(OneCycle::new(0.1, 31).pct_start(0.4).linear())),
    ];
    for (name, schedule) in cases {
        let expected = golden("optim", &format!("schedule/{name}.lr"));
        let found: Vec<f64> = (0..31).map(|step| schedule.rate(step)).collect();
        assert!(farthest(&found, &expected) < 1e-15, "{name}: {found:?} {expected:?}");
    }
    let rate = Warmup::new(10).then(Cosine::new(0.2, 20));
    assert_eq!((rate.rate(10), rate.rate(20), rate.rate(30)), (0.2, 0.1, 0.0));
    assert_eq!(OneCycle::new(0.1, 31).rate(1000), OneCycle::new(0.1, 31).rate(30));
}

fn clipped<E: Float>(name: &str, clip: impl Fn(Gradients) -> Gradients, tolerance: f64) {
    let dtype = E::DTYPE.name();
    let [w, b] = ["w", "b"].map(|part| golden("optim", &format!("{name}.{part}.{dtype}")));
    let model = Problem::<E>::new();
    let gradients = model.loss().backward();
    if name != "clip/value" {
        let norm = golden("optim", &format!("{name}.norm.{dtype}"))[0];
        assert!((gradients.norm().item().unwrap() as f64 - norm).abs() < 1e-6 * norm);
    }
    let gradients = clip(gradients);
    assert!(farthest(&f64s(gradients.get(&model.w).unwrap().to_vec().unwrap()), &w) < tolerance);
    assert!(farthest(&f64s(gradients.get(&model.b).unwrap().to_vec().unwrap()), &b) < tolerance);
}

#[test]
fn clipping() {
    for (name, max) in [("clip/norm", 0.25), ("clip/norm_large", 100.0)] {
        clipped::<f32>(name, |g| g.clip_norm(max), 1e-6);
        clipped::<f64>(name, |g| g.clip_norm(max), 1e-14);
    }
    clipped::<f32>("clip/value", |g| g.clip_value(0.1), 1e-6);
    clipped::<f64>("clip/value", |g| g.clip_value(0.1), 1e-14);
}

#[test]
fn an_optimizer_clips_as_gradients_do() {
    let after = |opt: &mut Sgd, clip: &dyn Fn(Gradients) -> Gradients| {
        let mut model = Problem::<f32>::new();
        let gradients = clip(model.loss().backward());
        opt.step(&mut model, gradients).unwrap();
        [model.w.to_vec().unwrap(), model.b.to_vec().unwrap()]
    };
    let none = after(&mut Sgd::new(0.1), &|g| g);
    let norm = after(&mut Sgd::new(0.1).clip_norm(0.25), &|g| g);
    let value = after(&mut Sgd::new(0.1).clip_value(0.1), &|g| g);
    let both = after(&mut Sgd::new(0.1).clip_norm(0.05).clip_value(0.1), &|g| g);
    assert_eq!(norm, after(&mut Sgd::new(0.1), &|g| g.clip_norm(0.25)));
    assert_eq!(value, after(&mut Sgd::new(0.1), &|g| g.clip_value(0.1)));
    assert_eq!(both, after(&mut Sgd::new(0.1), &|g| g.clip_value(0.1).clip_norm(0.05)));
    assert!(none != norm && none != value && norm != value && value != both);
}

#[test]
fn settings_out_of_range_are_errors_of_the_step() {
    fn fails<R: Rule>(mut opt: Optimizer<R>, name: &str) {
        let mut model = Problem::<f32>::new();
        let before = model.w.to_vec().unwrap();
        let gradients = model.loss().backward();
        match opt.step(&mut model, gradients) {
            Err(Error::Setting { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!((model.w.to_vec().unwrap(), opt.steps()), (before, 0));
    }
    fails(Sgd::new(-0.1), "lr");
    fails(Sgd::new(f64::NAN), "lr");
    fails(Sgd::new(0.1).momentum(-0.5), "momentum");
    fails(Sgd::new(0.1).nesterov(true), "momentum");
    fails(Sgd::new(0.1).momentum(0.9).dampening(0.1).nesterov(true), "dampening");
    fails(Sgd::new(0.1).weight_decay(f64::INFINITY), "weight_decay");
    fails(Adam::new(0.1).betas(1.0, 0.9), "beta1");
    fails(Adam::new(0.1).betas(0.9, -0.1), "beta2");
    fails(AdamW::new(0.1).eps(f64::NAN), "eps");
    fails(RmsProp::new(0.1).alpha(1.5), "alpha");
    fails(Adagrad::new(0.1).lr_decay(-1.0), "lr_decay");
    fails(Adagrad::new(0.1).initial_accumulator_value(-1.0), "initial_accumulator_value");
    fails(Sgd::new(0.1).clip_norm(0.0), "clip_norm");
    fails(Sgd::new(0.1).clip_value(f64::NAN), "clip_value");
    let mut model = Problem::<f32>::new();
    let gradients = model.loss().backward().clip_norm(-1.0);
    let error = Sgd::new(0.1).step(&mut model, gradients).unwrap_err();
    assert_eq!(error.to_string(), "`clip_norm` is -1; it must be above 0");
}

#[test]
fn initial_accumulator_value() {
    // One step of Adagrad by hand: p - lr * g / (sqrt(initial + g^2) + eps).
    let mut model = Problem::<f64>::new();
    let (gradients, before) = (model.loss().backward(), model.w.to_vec().unwrap());
    let g = gradients.get(&model.w).unwrap().to_vec().unwrap();
    Adagrad::new(0.1).initial_accumulator_value(2.0).step(&mut model, gradients).unwrap();
    let expected: Vec<f64> = before.iter().zip(&g).map(|(p, g)| p - 0.1 * g / ((2.0 + g * g).sqrt() + 1e-10)).collect();
    assert!(farthest(&model.w.to_vec().unwrap(), &expected) < 1e-15);
}

#[test]
fn no_decay_leaves_parameters_out() {
    let run = |opt: AdamW| {
        let (mut model, mut opt) = (Problem::<f32>::new(), opt);
        for _ in 0..3 {
            let gradients = model.loss().backward();
            opt.step(&mut model, gradients).unwrap();
        }
        (model.w.to_vec().unwrap(), model.b.to_vec().unwrap())
    };
    let (all, none) = (run(AdamW::new(0.01).weight_decay(0.5)), run(AdamW::new(0.01).weight_decay(0.0)));
    let only_w = run(AdamW::new(0.01).weight_decay(0.5).no_decay(|name| name == "b"));
    assert_ne!(all.1, none.1);
    // After one step the gradients of `b` differ, since `w` does; the first step shows it exactly.
    let first = |opt: AdamW| {
        let (mut model, mut opt) = (Problem::<f32>::new(), opt);
        let gradients = model.loss().backward();
        opt.step(&mut model, gradients).unwrap();
        (model.w.to_vec().unwrap(), model.b.to_vec().unwrap())
    };
    let one = first(AdamW::new(0.01).weight_decay(0.5).no_decay(|name| name == "b"));
    assert_eq!(one.0, first(AdamW::new(0.01).weight_decay(0.5)).0);
    assert_eq!(one.1, first(AdamW::new(0.01).weight_decay(0.0)).1);
    assert_ne!(only_w.0, none.0);
}

#[test]
fn a_schedule_is_the_rate_of_each_step() {
    let mut opt = Sgd::new(StepDecay::new(0.5, 2));
    let mut model = Problem::<f64>::new();
    for step in 0..5 {
        let rate = 0.5 * 0.1f64.powi(step / 2);
        assert!((opt.lr() - rate).abs() < 1e-15);
        let (gradients, before) = (model.loss().backward(), model.b.to_vec().unwrap());
        let g = gradients.get(&model.b).unwrap().to_vec().unwrap();
        opt.step(&mut model, gradients).unwrap();
        let expected: Vec<f64> = before.iter().zip(g).map(|(p, g)| p - rate * g).collect();
        assert!(farthest(&model.b.to_vec().unwrap(), &expected) < 1e-15);
    }
}

/// The MLP of `models.py`, weights as PyTorch lies them: [out, in].
struct Mlp {
    w: (Param<(U512, U784)>, Param<(U512, U512)>, Param<(U10, U512)>),
    b: (Param<(U512,)>, Param<(U512,)>, Param<(U10,)>),
}

impl Mlp {
    fn new() -> Mlp {
        let weights = |k: u64, n: usize, fan_in: usize| stream::uniform(k, n * fan_in, (fan_in as f64).powf(-0.5));
        let w = (
            Param::new(weights(1, 512, 784), &DEVICE).unwrap(),
            Param::new(weights(2, 512, 512), &DEVICE).unwrap(),
            Param::new(weights(3, 10, 512), &DEVICE).unwrap(),
        );
        let zeros = |n: usize| vec![0.0; n];
        let b = (
            Param::new(zeros(512), &DEVICE).unwrap(),
            Param::new(zeros(512), &DEVICE).unwrap(),
            Param::new(zeros(10), &DEVICE).unwrap(),
        );
        Mlp { w, b }
    }

    fn loss(&self, x: &Tensor<(U128, U784)>, y: &Tensor<(U128,), i64>) -> Tensor {
        let h = (x.matmul(&self.w.0.transpose::<0, 1>()) + &*self.b.0).relu();
        let h = (h.matmul(&self.w.1.transpose::<0, 1>()) + &*self.b.1).relu();
        (h.matmul(&self.w.2.transpose::<0, 1>()) + &*self.b.2).cross_entropy(y)
    }
}

impl Module for Mlp {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        let (w, b) = (&self.w, &self.b);
        let fields: [&dyn Module; 6] = [&w.0, &b.0, &w.1, &b.1, &w.2, &b.2];
        for (i, field) in fields.into_iter().enumerate() {
            path.push(&i.to_string());
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        let (w, b) = (&mut self.w, &mut self.b);
        let fields: [&mut dyn Module; 6] = [&mut w.0, &mut b.0, &mut w.1, &mut b.1, &mut w.2, &mut b.2];
        for (i, field) in fields.into_iter().enumerate() {
            path.push(&i.to_string());
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

fn mlp_follows<R: Rule>(name: &str, mut opt: Optimizer<R>) {
    let expected = golden("curves", &format!("{name}.f64"));
    let x = Tensor::new(stream::uniform(100, 128 * 784, 1.0), &DEVICE).unwrap();
    let y = Tensor::new(stream::integers(101, 128, 10), &DEVICE).unwrap();
    let mut model = Mlp::new();
    for (step, &expected) in expected.iter().enumerate() {
        let loss = model.loss(&x, &y);
        opt.step(&mut model, loss.backward()).unwrap();
        let loss = loss.item().unwrap() as f64;
        assert!((loss - expected).abs() < 1e-4, "{name}, step {step}: {loss}, {expected} in PyTorch");
    }
    assert_eq!(opt.steps(), 20);
}

#[test]
fn mlp_with_adam_follows_pytorch() {
    mlp_follows("mlp/adam", Adam::new(1e-3));
}

#[test]
fn mlp_with_sgd_follows_pytorch() {
    mlp_follows("mlp/sgd", Sgd::new(0.05));
}

/// Two steps of AdamW on 16-bit parameters: arithmetic is in f32, what is kept is rounded.
fn widened<E: Float>(ulp: f64) {
    let mut w = Param::<(U4,), E>::new([0.5, -1.0, 2.0, 0.25].map(E::from_f64), &DEVICE).unwrap();
    let mut reference = Param::<(U4,), f64>::new([0.5, -1.0, 2.0, 0.25], &DEVICE).unwrap();
    let (mut opt, mut reference_opt) = (AdamW::new(0.01), AdamW::new(0.01));
    for _ in 0..2 {
        let gradients = (&*w * &*w).sum().backward();
        opt.step(&mut w, gradients).unwrap();
        let gradients = (&*reference * &*reference).sum().backward();
        reference_opt.step(&mut reference, gradients).unwrap();
    }
    let found = f64s(w.to_vec().unwrap());
    for (found, expected) in found.iter().zip(reference.to_vec().unwrap()) {
        assert!((found - expected).abs() <= 2.0 * ulp * expected.abs(), "{found} {expected}");
    }
    let kept = opt.state().unwrap().iter().find(|s| s.name.ends_with("exp_avg_sq")).unwrap().clone();
    assert_eq!((kept.dtype, kept.bytes.len()), (E::DTYPE, 8));
}

#[test]
fn parameters_of_16_bits() {
    widened::<formwork_runtime::dtype::bf16>(1.0 / 256.0);
    widened::<formwork_runtime::dtype::f16>(1.0 / 2048.0);
}
