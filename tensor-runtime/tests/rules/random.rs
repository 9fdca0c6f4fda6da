//! Random models under random optimizers: steps give the same bits planned, node by node, and with every
//! old value held, so that nothing is written in place.

use super::*;
use formwork_runtime::Gradients;

type X = Tensor<(U4, U4)>;

/// Numbers from a seed, for choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

struct Params {
    squares: [Param<(U4, U4)>; 3],
    row: Param<(U4,)>,
}

impl Module for Params {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        for (name, field) in [("squares", &self.squares as &dyn Module), ("row", &self.row)] {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        for (name, field) in [("squares", &mut self.squares as &mut dyn Module), ("row", &mut self.row)] {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

impl Params {
    fn new(seed: u64) -> Params {
        let mut rng = Rng::seed(seed);
        let mut draw = |n| rng.uniform_vec(n, -1.0, 1.0).into_iter().map(|x| x as f32).collect::<Vec<_>>();
        Params {
            squares: std::array::from_fn(|_| Param::new(draw(16), &CPU).unwrap()),
            row: Param::new(draw(4), &CPU).unwrap(),
        }
    }

    /// A new value of one or two of `pool`.
    fn grow(&self, choices: &mut Choices, pool: &[X]) -> X {
        let a = &pool[choices.below(pool.len())];
        let b = &pool[choices.below(pool.len())];
        match choices.below(12) {
            0 => a.matmul(b),
            1 => a.matmul(&b.transpose::<0, 1>()).tanh(),
            2 => (a.transpose::<0, 1>().matmul(b) + &*self.row).relu(),
            3 => a.softmax::<-1>() * b,
            4 => a + &(b.sum_keep::<0>() * &*self.row),
            5 => a.flip::<0>() - b.transpose::<0, 1>(),
            6 => (a - a.mean_keep::<1>()).tanh() + b * 0.5,
            7 => a.maximum(b) * &*self.row,
            8 => a.slice::<0, U1, U1>().expand::<(U4, U4)>() + b.sigmoid(),
            9 => (a * a + 0.5).sqrt() - b.detach(),
            10 => a.reshape::<(U2, U8)>().transpose::<0, 1>().reshape::<(U4, U4)>() * b.cos(),
            _ => a.matmul(&b.softmax::<0>()).sigmoid() * a,
        }
    }

    /// A loss, and tensors that may be held over the step.
    fn forward(&self, choices: &mut Choices) -> (Tensor, Vec<X>) {
        let mut pool: Vec<X> = self.squares.iter().map(|p| p.tensor().clone()).collect();
        for _ in 0..4 + choices.below(8) {
            let new = self.grow(choices, &pool);
            pool.push(new);
        }
        let labels = Tensor::<(U4,), i64>::new([3, 0, 2, 1], &CPU).unwrap();
        let last = &pool[pool.len() - 1];
        let loss = match choices.below(3) {
            0 => last.cross_entropy(&labels),
            1 => last.square().mean() + pool[choices.below(pool.len())].sin().sum(),
            _ => (last.sum_axis::<0>() * &*self.row).sum(),
        };
        (loss, pool)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Planned,
    NodeByNode,
    Held,
}

/// Bits of losses, held tensors and parameters of three steps.
fn run<R: Rule>(seed: u64, mut opt: Optimizer<R>, clip: bool, how: How) -> Vec<u32> {
    let mut model = Params::new(seed);
    let mut seen: Vec<Vec<f32>> = vec![];
    let mut kept: Vec<X> = vec![];
    for _ in 0..3 {
        let mut choices = Choices(seed);
        let (loss, pool) = model.forward(&mut choices);
        let mut gradients: Gradients = loss.backward();
        if clip {
            gradients = gradients.clip_norm(0.7);
        }
        // The pool's first three are the parameters themselves.
        let mut held: Vec<X> = pool[3..].iter().filter(|_| choices.below(3) == 0).cloned().collect();
        if how == How::Held {
            held = pool[3..].to_vec();
            kept.extend_from_slice(&pool[..3]);
        }
        drop(pool);
        opt.step(&mut model, gradients).unwrap();
        seen.push(loss.to_vec().unwrap());
        seen.extend(model.squares.iter().map(|p| p.to_vec().unwrap()));
        seen.push(model.row.to_vec().unwrap());
        held.iter().for_each(|h| assert_eq!(h.to_vec().unwrap().len(), 16));
    }
    bits(&seen)
}

#[test]
fn steps_of_random_models() {
    let _alone = alone();
    for seed in 0..150 {
        let all = |how| match seed % 4 {
            0 => run(seed, Sgd::new(0.05), false, how),
            1 => run(seed, Sgd::new(0.05).momentum(0.9).nesterov(true).weight_decay(0.01), true, how),
            2 => run(seed, AdamW::new(0.05), true, how),
            _ => run(seed, RmsProp::new(0.05).centered(true).momentum(0.5), false, how),
        };
        let planned = all(How::Planned);
        assert_eq!(planned, eager(true, || all(How::NodeByNode)), "model {seed}, node by node");
        assert_eq!(planned, all(How::Held), "model {seed}, with old values held");
    }
}
