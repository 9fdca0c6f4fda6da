//! Errors leave model and optimizer as they were.

use super::*;
use formwork_shapes::U0;

#[test]
fn a_label_out_of_range_leaves_all_as_it_was() {
    let _alone = alone();
    let (mut model, mut opt) = (Mlp::new(1), AdamW::new(Cosine::new(0.01, 10)));
    let fail = |model: &mut Mlp, opt: &mut AdamW| {
        let (before, state) = (model.values(), opt.state().unwrap());
        let x = batch(3, 5).0;
        let y = Tensor::<(Batch,), i64>::new(vec![0, 4, 1], &CPU).unwrap();
        let error = opt.step(model, model_loss(model, &x, &y)).unwrap_err();
        assert!(matches!(error, Error::Value { .. }), "{error}");
        assert!(error.to_string().contains("the label of sample 1 is outside 0..4"), "{error}");
        assert_eq!(bits(&model.values()), bits(&before));
        assert_eq!(opt.state().unwrap(), state);
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
        let (values, state) = (logits.to_vec().unwrap(), opt.state().unwrap());
        let gradients = logits.cross_entropy(&bad).backward();
        assert!(matches!(opt.step(&mut logits, gradients), Err(Error::Value { .. })));
        assert_eq!((logits.to_vec().unwrap(), opt.state().unwrap()), (values, state));
        let gradients = logits.cross_entropy(&good).backward();
        opt.step(&mut logits, gradients).unwrap();
    }
    // A failing check among what else is evaluated by the step.
    let (values, state) = (logits.to_vec().unwrap(), opt.state().unwrap());
    let other = (&*logits * 2.0).cross_entropy(&bad);
    let gradients = logits.cross_entropy(&good).backward();
    assert!(opt.step(&mut logits, gradients).is_err());
    assert_eq!((logits.to_vec().unwrap(), opt.state().unwrap()), (values, state));
    drop(other);
    let gradients = logits.cross_entropy(&good).backward();
    opt.step(&mut logits, gradients).unwrap();
}

/// A table and what its rows are multiplied with.
struct Pair(Param<(U4, U8)>, Param<(U16,)>);

impl Module for Pair {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        for (name, field) in [("table", &self.0 as &dyn Module), ("head", &self.1)] {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        for (name, field) in [("table", &mut self.0 as &mut dyn Module), ("head", &mut self.1)] {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

/// The forward pass reads the first index alone; the second, which is wrong, comes to light in the gradient of the
/// table, after that of the head.
#[test]
fn an_index_that_only_the_gradient_reads_comes_in_time() {
    let _alone = alone();
    let table = Param::<(U4, U8)>::new([0.5; 32], &CPU).unwrap();
    let head = Param::<(U16,)>::new([0.25; 16], &CPU).unwrap();
    let index = |second: i64| Tensor::<(U2,), i64>::new([1, second], &CPU).unwrap();
    let mut model = Pair(table, head);
    let mut step = |second: i64| {
        let (table, head) = (&model.0, &model.1);
        // Nothing is held, or the step would evaluate it.
        let row = || index(second).embedding(table).slice::<0, U0, U1>().square().sum();
        let gradients = (row() * head.square().sum()).backward();
        let result = Sgd::new(0.1).step(&mut model, gradients);
        (result, model.1.to_vec().unwrap())
    };
    let (failed, head) = step(9);
    assert!(matches!(failed, Err(Error::Value { .. })), "{failed:?}");
    assert_eq!(head, [0.25; 16]);
    let (stepped, head) = step(3);
    assert!(stepped.is_ok() && head != [0.25; 16], "{stepped:?}");
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
