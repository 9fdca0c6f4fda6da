//! States of layers and optimizers, from one step to the next and from one run to the next.

use super::*;

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
    second.load_state(&other, first.state().unwrap()).unwrap();
    let mut other_rng = Rng::from_state(rng.state());
    assert_eq!((second.steps(), second.lr()), (10, first.lr()));
    for seed in 10..20 {
        let gradients = noisy(&model, &mut rng, seed);
        first.step(&mut model, gradients).unwrap();
        let gradients = noisy(&other, &mut other_rng, seed);
        second.step(&mut other, gradients).unwrap();
    }
    assert_eq!(bits(&model.values()), bits(&other.values()));
    assert_eq!(first.state().unwrap(), second.state().unwrap());
}

#[test]
fn states_that_do_not_fit_are_errors_and_change_nothing() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(0.01));
    let gradients = loss(&model, 1).backward();
    opt.step(&mut model, gradients).unwrap();
    let state = opt.state().unwrap();
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
        assert_eq!(opt.state().unwrap(), state);
    }
    opt.load_state(&model, state.clone()).unwrap();
    assert_eq!(opt.state().unwrap(), state);
}
