//! What is planned once, what is written in place, and what stays in flat memory.

use super::*;

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
