//! The rules of evaluation, through the public API: what is planned once, what stays in memory, what
//! an error leaves as it was, which values stay with whom.

use formwork_runtime::device::Buffer;
use formwork_runtime::optim::*;
use formwork_runtime::params::{Item, ItemMut, Module, Param, Path, State};
use formwork_runtime::{Device, Error, Rng, Tensor, eager, grad, plans_made};
use formwork_shapes::{U1, U2, U4, U8, U16, runtime_dim};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, MutexGuard};

runtime_dim!(Batch);

const CPU: Device = Device::Cpu;

/// Counts the bytes that are allocated and not freed.
struct Counting;

static HEAP: AtomicIsize = AtomicIsize::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HEAP.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HEAP.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn heap() -> isize {
    HEAP.load(Ordering::Relaxed)
}

/// Threads of other tests start and end meanwhile, which takes a few hundred bytes.
const NOISE: isize = 2048;

/// Tests here count plans and memory of the whole process, so they run one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// `relu(x w1 + b1) w2 + b2`: [B, 8] -> [B, 4].
struct Mlp {
    w1: Param<(U8, U16)>,
    b1: Param<(U16,)>,
    w2: Param<(U16, U4)>,
    b2: Param<(U4,)>,
}

impl Mlp {
    fn new(seed: u64) -> Mlp {
        let mut rng = Rng::seed(seed);
        let mut draw =
            |n: usize, k: f64| -> Vec<f32> { rng.uniform_vec(n, -k, k).into_iter().map(|x| x as f32).collect() };
        Mlp {
            w1: Param::new(draw(128, 0.35), &CPU).unwrap(),
            b1: Param::new(draw(16, 0.35), &CPU).unwrap(),
            w2: Param::new(draw(64, 0.25), &CPU).unwrap(),
            b2: Param::new(draw(4, 0.25), &CPU).unwrap(),
        }
    }

    fn forward(&self, x: &Tensor<(Batch, U8)>) -> Tensor<(Batch, U4)> {
        (x.matmul(&self.w1) + &*self.b1).relu().matmul(&self.w2) + &*self.b2
    }

    fn values(&self) -> [Vec<f32>; 4] {
        [
            &*self.w1.to_vec().unwrap(),
            &self.b1.to_vec().unwrap(),
            &self.w2.to_vec().unwrap(),
            &self.b2.to_vec().unwrap(),
        ]
        .map(<[f32]>::to_vec)
    }
}

impl Module for Mlp {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        let fields: [(&str, &dyn Module); 4] = [("w1", &self.w1), ("b1", &self.b1), ("w2", &self.w2), ("b2", &self.b2)];
        for (name, field) in fields {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        let fields: [(&str, &mut dyn Module); 4] =
            [("w1", &mut self.w1), ("b1", &mut self.b1), ("w2", &mut self.w2), ("b2", &mut self.b2)];
        for (name, field) in fields {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

/// `n` samples, other ones for each seed, with labels that follow from them.
fn batch(n: usize, seed: u64) -> (Tensor<(Batch, U8)>, Tensor<(Batch,), i64>) {
    let x = Rng::seed(seed).normal_vec(8 * n, 0.0, 1.0);
    let label = |row: &[f64]| (row[0] > 0.0) as i64 + 2 * (row[1] > 0.0) as i64;
    let y: Vec<i64> = x.chunks(8).map(label).collect();
    let x: Vec<f32> = x.into_iter().map(|x| x as f32).collect();
    (Tensor::new(x, &CPU).unwrap(), Tensor::new(y, &CPU).unwrap())
}

fn loss(model: &Mlp, seed: u64) -> Tensor {
    let (x, y) = batch(16, seed);
    model.forward(&x).cross_entropy(&y)
}

fn bits(values: &[Vec<f32>]) -> Vec<u32> {
    values.iter().flatten().map(|x| x.to_bits()).collect()
}

#[test]
fn a_model_learns() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
    let before = loss(&model, 1000).item().unwrap();
    for step in 0..300 {
        let loss = loss(&model, step);
        opt.step(&mut model, loss.backward()).unwrap();
    }
    let after = loss(&model, 1000).item().unwrap();
    assert!(after < 0.5 * before && after.is_finite(), "{before} {after}");
}

#[test]
fn node_by_node_gives_the_same_bits() {
    let _alone = alone();
    let run = || {
        let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01).clip_norm(0.5));
        for step in 0..5 {
            let loss = loss(&model, step);
            opt.step(&mut model, loss.backward()).unwrap();
        }
        bits(&model.values())
    };
    assert_eq!(run(), eager(true, run));
}

#[test]
fn a_thousand_steps_make_no_plan_and_allocate_nothing() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(Cosine::new(0.01, 1000)).clip_norm(1.0));
    let (x, y) = batch(32, 7);
    let mut step = || {
        let loss = model.forward(&x).cross_entropy(&y);
        opt.step(&mut model, loss.backward()).unwrap();
        loss.item().unwrap()
    };
    (0..3).for_each(|_| assert!(step().is_finite()));
    let (plans, buffers) = (plans_made(), Buffer::allocations());
    let heaps: Vec<isize> = (0..1000)
        .map(|_| {
            assert!(step().is_finite());
            heap()
        })
        .collect();
    assert_eq!((plans_made() - plans, Buffer::allocations() - buffers), (0, 0));
    assert!(heaps[999] - heaps[100] < NOISE, "{heaps:?}");
}

#[test]
fn updates_are_in_place() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), Sgd::new(0.1));
    let (x, y) = batch(32, 7);
    let mut step = |model: &mut Mlp| {
        let before = Buffer::allocations();
        let gradients = model.forward(&x).cross_entropy(&y).backward();
        opt.step(model, gradients).unwrap();
        Buffer::allocations() - before
    };
    // The arena is all that a first step needs; nobody holds the loss.
    assert_eq!(step(&mut model), 1);
    assert_eq!(step(&mut model), 0);
    // A parameter whose old value is held gets a new buffer.
    let held = model.w1.clone();
    assert_eq!(step(&mut model), 1);
    drop(held);
    assert_eq!(step(&mut model), 0);
}

#[test]
fn a_clone_of_a_parameter_keeps_the_old_values() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
    let before = model.values();
    let kept = model.w1.clone();
    for seed in 0..3 {
        let gradients = loss(&model, seed).backward();
        opt.step(&mut model, gradients).unwrap();
    }
    assert_eq!(kept.to_vec().unwrap(), before[0]);
    assert_ne!(model.w1.to_vec().unwrap(), before[0]);
}

#[test]
fn a_kept_loss_survives() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
    let mut kept = vec![];
    for seed in 0..10 {
        let loss = loss(&model, seed);
        let looked = loss.item().unwrap();
        opt.step(&mut model, loss.backward()).unwrap();
        kept.push((loss, looked));
    }
    for (loss, looked) in &kept {
        assert_eq!(loss.item().unwrap().to_bits(), looked.to_bits());
    }
    // The same without a look before the step.
    let mut model = Mlp::new(1);
    let mut opt = AdamW::new(0.01);
    let losses: Vec<Tensor> = (0..10)
        .map(|seed| {
            let loss = loss(&model, seed);
            opt.step(&mut model, loss.backward()).unwrap();
            loss
        })
        .collect();
    for ((_, looked), loss) in kept.iter().zip(losses) {
        assert_eq!(loss.item().unwrap().to_bits(), looked.to_bits());
    }
}

#[test]
fn item_before_backward_changes_no_bit() {
    let _alone = alone();
    let run = |look: bool| {
        let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
        let mut losses = vec![];
        for seed in 0..5 {
            let (x, y) = batch(16, seed);
            let logits = model.forward(&x);
            let loss = logits.cross_entropy(&y);
            if look {
                logits.to_vec().unwrap();
                loss.item().unwrap();
            }
            opt.step(&mut model, loss.backward()).unwrap();
            losses.push(loss.item().unwrap());
        }
        (losses, model.values())
    };
    let (looked, plain) = (run(true), run(false));
    assert_eq!(bits(&[looked.0]), bits(&[plain.0]));
    assert_eq!(bits(&looked.1), bits(&plain.1));
}

#[test]
fn a_label_out_of_range_leaves_all_as_it_was() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(Cosine::new(0.01, 10)));
    let fail = |model: &mut Mlp, opt: &mut AdamW| {
        let (before, state) = (model.values(), opt.state());
        let x = batch(3, 5).0;
        let y = Tensor::<(Batch,), i64>::new(vec![0, 4, 1], &CPU).unwrap();
        let error = opt.step(model, model_loss(model, &x, &y)).unwrap_err();
        assert!(matches!(error, Error::Value { .. }), "{error}");
        assert!(error.to_string().contains("the label of sample 1 is outside 0..4"), "{error}");
        assert_eq!(bits(&model.values()), bits(&before));
        assert_eq!(opt.state(), state);
    };
    fail(&mut model, &mut opt);
    assert_eq!(opt.steps(), 0);
    for seed in 0..3 {
        let gradients = loss(&model, seed).backward();
        opt.step(&mut model, gradients).unwrap();
        fail(&mut model, &mut opt);
    }
    // Steps between which others failed are the same as steps alone.
    let (mut other, mut other_opt) = (Mlp::new(1), AdamW::new(Cosine::new(0.01, 10)));
    for seed in 0..3 {
        let gradients = loss(&other, seed).backward();
        other_opt.step(&mut other, gradients).unwrap();
    }
    assert_eq!(bits(&model.values()), bits(&other.values()));
}

#[test]
fn a_check_in_the_kernel_of_the_update_comes_in_time() {
    let _alone = alone();
    // Nothing lies between the logits and their update, so all of it could be one kernel.
    let before = [0.5f32, -0.5, 1.0, 0.0, 2.0, 1.0, 0.0, -1.0];
    let mut logits = Param::<(U2, U4)>::new(before, &CPU).unwrap();
    let mut opt = AdamW::new(0.1);
    let good = Tensor::<(U2,), i64>::new([3, 0], &CPU).unwrap();
    let bad = Tensor::<(U2,), i64>::new([3, 9], &CPU).unwrap();
    for _ in 0..3 {
        let (values, state) = (logits.to_vec().unwrap(), opt.state());
        let gradients = logits.cross_entropy(&bad).backward();
        assert!(matches!(opt.step(&mut logits, gradients), Err(Error::Value { .. })));
        assert_eq!((logits.to_vec().unwrap(), opt.state()), (values, state));
        let gradients = logits.cross_entropy(&good).backward();
        opt.step(&mut logits, gradients).unwrap();
    }
    // A failing check among what else is evaluated by the step.
    let (values, state) = (logits.to_vec().unwrap(), opt.state());
    let other = (&*logits * 2.0).cross_entropy(&bad);
    let gradients = logits.cross_entropy(&good).backward();
    assert!(opt.step(&mut logits, gradients).is_err());
    assert_eq!((logits.to_vec().unwrap(), opt.state()), (values, state));
    drop(other);
    let gradients = logits.cross_entropy(&good).backward();
    opt.step(&mut logits, gradients).unwrap();
}

#[test]
fn held_tensors_of_a_step_see_the_old_values() {
    let _alone = alone();
    let w0: Vec<f32> = (0..64).map(|i| (i * 7 % 11) as f32 / 4.0 - 1.0).collect();
    for in_pass in [false, true] {
        let mut w = Param::<(U8, U8)>::new(&w0, &CPU).unwrap();
        let x = Tensor::<(U8, U8)>::new(w0.iter().rev().copied().collect::<Vec<_>>(), &CPU).unwrap();
        let mut opt = AdamW::new(0.1);
        for _ in 0..3 {
            let make = |w: &Tensor<(U8, U8)>| {
                let t = w.transpose::<0, 1>();
                [w * 2.0, &t + 1.0, w.matmul(&t), w.flip::<0>(), w * w.sum_keep::<1>(), (w - w.mean()).exp()]
            };
            let expected = make(&Tensor::new(w.to_vec().unwrap(), &CPU).unwrap()).map(|t| t.to_vec().unwrap());
            let held = make(&w);
            // The loss goes through what is held, or not.
            let loss = if in_pass { held[2].square().sum() + held[4].sum() } else { x.matmul(&w).square().sum() };
            opt.step(&mut w, loss.backward()).unwrap();
            for (held, expected) in held.iter().zip(&expected) {
                assert_eq!(&held.to_vec().unwrap(), expected);
            }
        }
        assert_ne!(w.to_vec().unwrap(), w0);
    }
}

#[test]
fn another_thread_never_sees_a_value_half_written() {
    let _alone = alone();
    // All elements are equal before and after every step.
    let mut w = Param::<(U16, U16)>::new(vec![1.0; 256], &CPU).unwrap();
    let mut opt = Sgd::new(0.01);
    std::thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::sync_channel::<Tensor<(U16, U16)>>(4);
        scope.spawn(move || {
            for pending in receive {
                match pending.to_vec() {
                    Ok(values) => assert!(values.iter().all(|v| *v == values[0]), "{values:?}"),
                    Err(error) => assert!(matches!(error, Error::Cut { .. }), "{error}"),
                }
            }
        });
        for _ in 0..300 {
            send.send(&*w * 3.0).unwrap();
            let gradients = w.square().sum().backward();
            opt.step(&mut w, gradients).unwrap();
        }
    });
}

fn model_loss(model: &Mlp, x: &Tensor<(Batch, U8)>, y: &Tensor<(Batch,), i64>) -> formwork_runtime::Gradients {
    model.forward(x).cross_entropy(y).backward()
}

#[test]
fn run_time_sizes_that_differ_are_an_error_of_the_step() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), Sgd::new(0.1));
    let before = model.values();
    let gradients = model_loss(&model, &batch(3, 1).0, &batch(4, 1).1);
    assert!(matches!(opt.step(&mut model, gradients), Err(Error::Dims { .. })));
    assert_eq!((model.values(), opt.steps()), (before, 0));
}

#[test]
fn what_is_made_of_updated_parameters_is_cut() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), Sgd::new(0.1));
    let (held, again, held_w) = (loss(&model, 1), loss(&model, 2), model.w1.clone());
    let gradients = held.backward();
    opt.step(&mut model, gradients.clone()).unwrap();
    assert!(held.item().is_ok());
    // The loss has its value, but not what it was made of.
    assert!(matches!(opt.step(&mut model, held.backward()), Err(Error::Cut { .. })));
    assert!(matches!(opt.step(&mut model, again.backward()), Err(Error::Cut { .. })));
    // Gradients serve one step.
    assert!(matches!(opt.step(&mut model, gradients.clone()), Err(Error::Cut { .. })));
    assert_eq!(opt.steps(), 1);
    // What can be computed no more fails when it is looked at, and nothing else does.
    let late = gradients.get(&held_w).unwrap() * 2.0;
    let fresh = loss(&model, 3).backward();
    opt.step(&mut model, fresh).unwrap();
    assert!(matches!(late.to_vec(), Err(Error::Cut { .. })));
}

#[test]
fn a_look_before_the_step_does_not_outlive_it() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), Sgd::new(0.1));
    let looked = loss(&model, 1);
    looked.item().unwrap();
    let gradients = loss(&model, 2).backward();
    opt.step(&mut model, gradients).unwrap();
    assert!(looked.item().is_ok());
    assert!(matches!(opt.step(&mut model, looked.backward()), Err(Error::Cut { .. })));
}

#[test]
fn two_models_of_one_structure_do_not_disturb_each_other() {
    let _alone = alone();
    let run = |seed: u64| {
        let (mut model, mut opt) = (Mlp::new(seed), AdamW::new(0.01));
        for step in 0..5 {
            let gradients = loss(&model, seed + step).backward();
            opt.step(&mut model, gradients).unwrap();
        }
        bits(&model.values())
    };
    let alone = [run(10), run(20)];
    let (mut models, mut opts) = ([Mlp::new(10), Mlp::new(20)], [AdamW::new(0.01), AdamW::new(0.01)]);
    for step in 0..5 {
        for (i, seed) in [10, 20].into_iter().enumerate() {
            let gradients = loss(&models[i], seed + step).backward();
            opts[i].step(&mut models[i], gradients).unwrap();
        }
    }
    assert_eq!([bits(&models[0].values()), bits(&models[1].values())], alone);
}

#[test]
fn one_tensor_twice_is_not_two_tensors() {
    let _alone = alone();
    let x = Tensor::<(U4,)>::new([1.0, 2.0, 3.0, 4.0], &CPU).unwrap();
    let y = Tensor::<(U4,)>::new([10.0, 20.0, 30.0, 40.0], &CPU).unwrap();
    let before = plans_made();
    assert_eq!((&x + &x).to_vec().unwrap(), [2.0, 4.0, 6.0, 8.0]);
    assert_eq!(plans_made() - before, 1);
    assert_eq!((&x + &y).to_vec().unwrap(), [11.0, 22.0, 33.0, 44.0]);
    assert_eq!(plans_made() - before, 2);
    assert_eq!((&y + &y).to_vec().unwrap(), [20.0, 40.0, 60.0, 80.0]);
    assert_eq!((&y + &x).to_vec().unwrap(), [11.0, 22.0, 33.0, 44.0]);
    assert_eq!(plans_made() - before, 2);
}

#[test]
fn an_average_of_losses_stays_in_flat_memory() {
    let _alone = alone();
    let mut w = Param::<(U1,)>::new([1.0], &CPU).unwrap();
    let mut opt = Sgd::new(0.01);
    let mut average = Tensor::<()>::zeros();
    let mut heaps = Vec::with_capacity(100);
    for step in 0..100_000 {
        let target = if step % 2 == 0 { 0.5 } else { -0.5 };
        let d = &*w - target;
        let loss = (&d * &d).sum();
        average = &average * 0.99 + &loss * 0.01;
        opt.step(&mut w, loss.backward()).unwrap();
        if step % 1000 == 999 {
            heaps.push(heap());
        }
    }
    assert!((average.item().unwrap() - 0.25).abs() < 0.01, "{average}");
    assert!(heaps[99] - heaps[10] < NOISE, "{heaps:?}");
}

#[test]
fn an_average_of_data_alone_stays_in_flat_memory_if_detached() {
    let _alone = alone();
    let mut w = Param::<(U1,)>::new([1.0], &CPU).unwrap();
    let mut opt = Sgd::new(0.01);
    let mean = State::<(U4,)>::new([0.0; 4], &CPU).unwrap();
    let mut heaps = Vec::with_capacity(2000);
    for step in 0..2000 {
        let x = Tensor::<(U4,)>::new([step as f32 % 3.0; 4], &CPU).unwrap();
        mean.set(&(&mean.get() * 0.99 + &x * 0.01));
        let d = &x - &mean.get();
        let gradients = (&d * &*w).square().sum().backward();
        opt.step(&mut w, gradients).unwrap();
        heaps.push(heap());
    }
    assert!(heaps[1999] - heaps[100] < NOISE, "{heaps:?}");
    let mean = mean.get().to_vec().unwrap();
    assert!((mean[0] - 1.0).abs() < 0.05, "{mean:?}");
}

#[test]
fn an_average_of_one_model_stays_in_flat_memory_while_another_steps() {
    let _alone = alone();
    let (mut a, mut b) = (Param::<(U1,)>::new([1.0], &CPU).unwrap(), Param::<(U1,)>::new([1.0], &CPU).unwrap());
    let (mut opt_a, mut opt_b) = (Sgd::new(0.01), Sgd::new(0.01));
    let mut average = Tensor::<()>::zeros();
    let mut heaps = Vec::with_capacity(2000);
    for _ in 0..2000 {
        // Made of `a`, evaluated by the step of `b`.
        average = &average * 0.9 + (&*a * &*a).sum() * 0.1;
        let gradients = (&*b * &*b).sum().backward();
        opt_b.step(&mut b, gradients).unwrap();
        let gradients = (&*a * &*a).sum().backward();
        opt_a.step(&mut a, gradients).unwrap();
        heaps.push(heap());
    }
    assert!(heaps[1999] - heaps[100] < NOISE, "{heaps:?}");
}

#[test]
fn looks_alone_stay_in_flat_memory() {
    let _alone = alone();
    let model = Mlp::new(1);
    let (x, _) = batch(4, 1);
    let mut heaps = Vec::with_capacity(5000);
    for _ in 0..5000 {
        assert_eq!(model.forward(&x).to_vec().unwrap().len(), 16);
        heaps.push(heap());
    }
    let most = |part: &[isize]| part.iter().copied().max().unwrap_or(0);
    assert!(most(&heaps[2500..]) - most(&heaps[..2500]) < NOISE, "{heaps:?}");
}

#[test]
fn a_state_made_of_parameters_serves_the_next_step() {
    let _alone = alone();
    let mut w = Param::<(U4,)>::new([1.0, -1.0, 2.0, 0.5], &CPU).unwrap();
    let mut opt = Sgd::new(0.1);
    let kept = State::<(U4,)>::new([0.0; 4], &CPU).unwrap();
    let (mut by_hand, mut expected) = ([1.0f32, -1.0, 2.0, 0.5], [0.0f32; 4]);
    for _ in 0..20 {
        // loss = sum((w - kept)^2), kept = the last w.
        let d = &*w - &kept.get();
        let loss = (&d * &d).sum();
        kept.set(&w);
        opt.step(&mut w, loss.backward()).unwrap();
        for (w, kept) in by_hand.iter_mut().zip(&mut expected) {
            let g = 2.0 * (*w - *kept);
            (*kept, *w) = (*w, *w - 0.1 * g);
        }
    }
    for (found, expected) in w.to_vec().unwrap().iter().zip(by_hand) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
    for (found, expected) in kept.get().to_vec().unwrap().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}

#[test]
fn batch_sizes_make_plans_and_numbers_do_not() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(Warmup::new(100).then(Cosine::new(0.003, 9900))));
    let batches: Vec<_> = (1..=64).map(|n| batch(n, n as u64)).collect();
    let before = plans_made();
    for step in 0..10_000 {
        let (x, y) = &batches[(step * 37) % 64];
        let loss = (model.forward(x) * (1.0 + step as f32 / 10_000.0)).cross_entropy(y);
        opt.step(&mut model, loss.backward()).unwrap();
    }
    assert!(plans_made() - before <= 64, "{} plans", plans_made() - before);
    assert!(model.forward(&batches[63].0).cross_entropy(&batches[63].1).item().unwrap() < 0.2);
}

#[test]
fn a_resumed_run_has_the_same_bits() {
    let _alone = alone();
    let opt = || AdamW::new(Cosine::new(0.01, 20)).amsgrad(true);
    let noisy = |model: &Mlp, rng: &mut Rng, seed: u64| {
        let (x, y) = batch(16, seed);
        let noise: Tensor<(Batch, U8)> = rng.normal(&[16, 8]);
        model.forward(&(x + noise * 0.1)).cross_entropy(&y).backward()
    };
    let (mut model, mut first, mut rng) = (Mlp::new(1), opt(), Rng::seed(5));
    for seed in 0..10 {
        let gradients = noisy(&model, &mut rng, seed);
        first.step(&mut model, gradients).unwrap();
    }
    let (mut other, mut second) = (Mlp::new(99), opt());
    let mut bytes = vec![];
    model.visit(&mut Path::new(), &mut |_, item| bytes.push(item.to_bytes().unwrap()));
    let mut bytes = bytes.into_iter();
    other.visit_mut(&mut Path::new(), &mut |_, mut item| item.set_bytes(&bytes.next().unwrap()).unwrap());
    second.load_state(&other, first.state()).unwrap();
    let mut other_rng = Rng::from_state(rng.state());
    assert_eq!((second.steps(), second.lr()), (10, first.lr()));
    for seed in 10..20 {
        let gradients = noisy(&model, &mut rng, seed);
        first.step(&mut model, gradients).unwrap();
        let gradients = noisy(&other, &mut other_rng, seed);
        second.step(&mut other, gradients).unwrap();
    }
    assert_eq!(bits(&model.values()), bits(&other.values()));
    assert_eq!(first.state(), second.state());
}

#[test]
fn states_that_do_not_fit_are_errors_and_change_nothing() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
    let gradients = loss(&model, 1).backward();
    opt.step(&mut model, gradients).unwrap();
    let state = opt.state();
    let change = |edit: &dyn Fn(&mut Vec<Saved>)| {
        let mut changed = state.clone();
        edit(&mut changed);
        changed
    };
    let at = |name: &str| state.iter().position(|s| s.name == name).unwrap();
    let (sums, steps) = (at("w1.exp_avg_sq"), at("b2.step"));
    let wrong = [
        (change(&|s| drop(s.remove(sums))), "expected `w1.exp_avg_sq`, f32 [8, 16], found none"),
        (change(&|s| drop(s.remove(steps))), "expected `b2.step`, i64 [], found none"),
        (change(&|s| s[sums].dims = vec![16, 8]), "found f32 [16, 8] of 512 bytes"),
        (change(&|s| s[sums].name = "w3.exp_avg".to_string()), "expected `w1.exp_avg_sq`"),
        (change(&|s| s.push(Saved { name: "w3.exp_avg".to_string(), ..s[sums].clone() })), "found `w3.exp_avg`"),
        (vec![], "expected `step`, i64 [], found none"),
    ];
    for (changed, message) in wrong {
        let error = opt.load_state(&model, changed).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(opt.state(), state);
    }
    opt.load_state(&model, state.clone()).unwrap();
    assert_eq!(opt.state(), state);
}

#[test]
fn a_parameter_without_gradient_is_left_alone() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
    let before = model.values();
    let (x, y) = batch(16, 1);
    // The second layer alone learns; the first joins later, with a first step of its own.
    let partial = |model: &Mlp| {
        let h = (x.matmul(&model.w1) + &*model.b1).relu().detach();
        (h.matmul(&model.w2) + &*model.b2).cross_entropy(&y).backward()
    };
    for _ in 0..3 {
        let gradients = partial(&model);
        opt.step(&mut model, gradients).unwrap();
    }
    let after = model.values();
    assert_eq!((&after[0], &after[1]), (&before[0], &before[1]));
    assert!(after[2] != before[2] && after[3] != before[3]);
    assert_eq!(opt.state().iter().filter(|s| s.name.starts_with("w1")).count(), 0);
    let gradients = model_loss(&model, &x, &y);
    opt.step(&mut model, gradients).unwrap();
    let steps = |name: &str| opt.state().iter().find(|s| s.name == name).unwrap().bytes[0];
    assert_eq!((steps("w1.step"), steps("w2.step"), steps("step")), (1, 4, 4));
    // Adam's first step moves every element by the rate, whatever its gradient.
    let moved = model.b1.to_vec().unwrap().iter().zip(&after[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!((moved - 0.01).abs() < 2e-4, "{moved}");
}

#[test]
fn two_optimizers_share_a_loss() {
    let _alone = alone();
    // A generator and a critic: each step updates one and is built on the other's values.
    let (mut g, mut d) = (Mlp::new(1), Mlp::new(2));
    let (mut opt_g, mut opt_d) = (Adam::new(0.01), Adam::new(0.01));
    let real = batch(16, 3).0;
    let score = |d: &Mlp, x: &Tensor<(Batch, U4)>| {
        let h = (x.matmul(&d.w2.transpose::<0, 1>())).relu().matmul(&d.w2);
        h.mean()
    };
    for step in 0..20 {
        let fake = g.forward(&batch(16, 100 + step).0);
        let shown = d.forward(&real);
        let loss_d = score(&d, &fake.detach()) - score(&d, &shown);
        opt_d.step(&mut d, loss_d.backward()).unwrap();
        let loss_g = -score(&d, &fake);
        opt_g.step(&mut g, loss_g.backward()).unwrap();
        assert!(loss_d.item().unwrap().is_finite() && loss_g.item().unwrap().is_finite());
    }
}

#[test]
fn gradients_accumulate() {
    let _alone = alone();
    let (mut whole, mut parts) = (Mlp::new(1), Mlp::new(1));
    let (x, y) = batch(16, 1);
    let halves = [x.narrow::<0, Batch>(0, 8), x.narrow::<0, Batch>(8, 8)];
    let labels = [y.narrow::<0, Batch>(0, 8), y.narrow::<0, Batch>(8, 8)];
    let half = |i: usize, model: &Mlp| (model.forward(&halves[i]).cross_entropy(&labels[i]) * 0.5).backward();
    let gradients = half(0, &parts).accumulate(half(1, &parts)).unwrap();
    Sgd::new(0.1).step(&mut parts, gradients).unwrap();
    let gradients = model_loss(&whole, &x, &y);
    Sgd::new(0.1).step(&mut whole, gradients).unwrap();
    for (a, b) in whole.values().iter().flatten().zip(parts.values().iter().flatten()) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn a_gradient_of_a_gradient_steps_too() {
    let _alone = alone();
    // loss = |d/dx sum(w x^2)|^2 = sum(4 w^2 x^2), so dloss/dw = 8 w x^2.
    let mut w = Param::<(U4,)>::new([1.0, 2.0, -1.0, 0.5], &CPU).unwrap();
    let x = Tensor::<(U4,)>::new([0.5, 1.0, 2.0, -1.0], &CPU).unwrap();
    let dx = grad(&(&*w * &(&x * &x)).sum(), &x);
    let loss = (&dx * &dx).sum();
    Sgd::new(0.01).step(&mut w, loss.backward()).unwrap();
    let expected = [1.0 - 0.02, 2.0 - 0.16, -1.0 + 0.32, 0.5 - 0.04];
    for (found, expected) in w.to_vec().unwrap().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn another_model_of_the_same_names_is_refused() {
    let _alone = alone();
    let mut opt = AdamW::new(0.01);
    let mut small = Param::<(U4,)>::new([1.0; 4], &CPU).unwrap();
    let mut large = Param::<(U8,)>::new([1.0; 8], &CPU).unwrap();
    let gradients = small.sum().backward();
    opt.step(&mut small, gradients).unwrap();
    let gradients = large.sum().backward();
    let error = opt.step(&mut large, gradients).unwrap_err().to_string();
    assert!(error.contains("is f32[4]") && error.contains("is f32[8]"), "{error}");
    // Gradients of a model that is not the one to be stepped.
    let gradients = large.sum().backward();
    assert!(matches!(opt.step(&mut small, gradients), Err(Error::Cut { .. })));
    assert_eq!(opt.steps(), 1);
}
