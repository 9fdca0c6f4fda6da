//! Which values stay with whom, and that they do not depend on when or how they are computed.

use super::*;

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

#[test]
fn another_thread_walks_over_a_chain_while_it_is_cut() {
    let _alone = alone();
    let mut w = Param::<(U16,)>::new(vec![1.0; 16], &CPU).unwrap();
    let mut opt = Sgd::new(0.01);
    std::thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::sync_channel::<Tensor<()>>(4);
        scope.spawn(move || {
            for pending in receive {
                let _gradients = pending.backward();
                match pending.item() {
                    Ok(sum) => assert!(sum.is_finite(), "{sum}"),
                    Err(error) => assert!(matches!(error, Error::Cut { .. }), "{error}"),
                }
            }
        });
        for _ in 0..100 {
            send.send((0..200).fold(w.clone(), |x, _| x * 0.5 + &*w).sum()).unwrap();
            let gradients = w.square().sum().backward();
            opt.step(&mut w, gradients).unwrap();
        }
    });
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
    assert_eq!(opt.state().unwrap().iter().filter(|s| s.name.starts_with("w1")).count(), 0);
    let gradients = model_loss(&model, &x, &y);
    opt.step(&mut model, gradients).unwrap();
    let steps = |name: &str| opt.state().unwrap().iter().find(|s| s.name == name).unwrap().bytes[0];
    assert_eq!((steps("w1.step"), steps("w2.step"), steps("step")), (1, 4, 4));
    // Adam's first step moves every element by the rate, whatever its gradient.
    let moved = model.b1.to_vec().unwrap().iter().zip(&after[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!((moved - 0.01).abs() < 2e-4, "{moved}");
}

#[test]
fn a_reduction_over_one_element_beside_a_longer_one() {
    let _alone = alone();
    // loss = sum((s * w)^2) with s the column sums, so dloss/dw = 2 s^2 w: a sum over an axis of one
    // element in the kernel that sums the columns.
    let x = Tensor::<(U4, U2)>::new([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], &CPU).unwrap();
    let w = Param::<(U2,)>::new([1.0, 2.0], &CPU).unwrap();
    let gradients = (x.sum_keep::<0>() * &*w).square().sum().backward();
    assert_eq!(gradients.get(&w).unwrap().to_vec().unwrap(), [2.0 * 16.0 * 16.0, 2.0 * 20.0 * 20.0 * 2.0]);
}
