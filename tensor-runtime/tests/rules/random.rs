//! Random models under random optimizers: steps give the same bits planned, node by node, and with every
//! old value held, so that nothing is written in place.

use super::*;
use formwork_shapes::*;

/// Numbers from a seed, for choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

fn label(i: usize, classes: usize) -> i64 {
    (i % classes) as i64
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Planned,
    NodeByNode,
    Held,
}

/// Models of parameters `(N, N)` and `(N,)`; `NN` is the square of `N`.
macro_rules! models_of {
    ($name:ident $N:ident $NN:ident) => {
        mod $name {
            use super::*;

            const N: usize = match <$N as Dim>::SIZE {
                Some(n) => n,
                None => 0,
            };

            type X = Tensor<($N, $N)>;

            struct Params {
                squares: [Param<($N, $N)>; 3],
                row: Param<($N,)>,
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

            fn labels<S: Shape>(sizes: &[usize], step: usize) -> Tensor<S, i64> {
                let labels: Vec<i64> = (0..sizes.iter().product()).map(|i| label(i * step, N)).collect();
                Tensor::from_sizes(labels, sizes, &CPU).unwrap()
            }

            impl Params {
                fn new(seed: u64) -> Params {
                    let (mut rng, bound) = (Rng::seed(seed), 2.0 / (N as f64).sqrt());
                    let mut draw =
                        |n| rng.uniform_vec(n, -bound, bound).into_iter().map(|x| x as f32).collect::<Vec<_>>();
                    let squares = std::array::from_fn(|_| Param::new(draw(N * N), &CPU).unwrap());
                    Params { squares, row: Param::new(draw(N), &CPU).unwrap() }
                }

                /// A new value of one or two of `pool`.
                fn grow(&self, choices: &mut Choices, pool: &[X]) -> X {
                    let a = &pool[choices.below(pool.len())];
                    let b = &pool[choices.below(pool.len())];
                    match choices.below(17) {
                        0 => a.matmul(b),
                        1 => a.matmul(&b.transpose::<0, 1>()).tanh(),
                        2 => (a.transpose::<0, 1>().matmul(b) + &*self.row).relu(),
                        3 => a.softmax::<-1>() * b,
                        4 => a + &(b.sum_keep::<0>() * &*self.row),
                        5 => a.flip::<0>() - b.transpose::<0, 1>(),
                        6 => (a - a.mean_keep::<1>()).tanh() + b * 0.5,
                        7 => a.maximum(b) * &*self.row,
                        8 => a.slice::<0, U0, U1>().expand::<($N, $N)>() + b.sigmoid(),
                        9 => (a * a + 0.5).sqrt() - b.detach(),
                        10 => a.reshape::<($NN,)>().flip::<0>().reshape::<($N, $N)>() * b.cos(),
                        11 => a.matmul(&b.softmax::<0>()).sigmoid() * a,
                        12 => labels::<($N,)>(&[N], 7).embedding(a) + b.max_keep::<1>(),
                        13 => a.gather::<1, _>(&labels::<($N, $N)>(&[N, N], 5)) * b,
                        14 => a.concat::<0, _>(b).slice::<0, $N, $N>() * a.log_softmax::<1>(),
                        15 => a.layer_norm_from::<1>(1e-5) * &*self.row + b,
                        _ => a * a.mean() - b.square().mean_keep::<0>().sqrt(),
                    }
                }

                /// A loss, and tensors that may be held over the step.
                fn forward(&self, choices: &mut Choices) -> (Tensor, Vec<X>) {
                    let mut pool: Vec<X> = self.squares.iter().map(|p| p.tensor().clone()).collect();
                    for _ in 0..4 + choices.below(8) {
                        let new = self.grow(choices, &pool);
                        pool.push(new);
                    }
                    let last = &pool[pool.len() - 1];
                    let loss = match choices.below(3) {
                        0 => last.cross_entropy(&labels::<($N,)>(&[N], 3)),
                        1 => last.square().mean() + pool[choices.below(pool.len())].sin().sum(),
                        _ => (last.sum_axis::<0>() * &*self.row).sum(),
                    };
                    (loss, pool)
                }
            }

            /// Bits of losses and parameters of three steps.
            fn run<R: Rule>(seed: u64, mut opt: Optimizer<R>, how: How) -> Vec<u32> {
                let mut model = Params::new(seed);
                let mut seen: Vec<Vec<f32>> = vec![];
                let mut kept: Vec<X> = vec![];
                for _ in 0..3 {
                    let mut choices = Choices(seed);
                    let (loss, pool) = model.forward(&mut choices);
                    let gradients = loss.backward();
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
                    held.iter().for_each(|h| assert_eq!(h.to_vec().unwrap().len(), N * N));
                }
                // One NaN is as good as another.
                seen.iter_mut().flatten().filter(|x| x.is_nan()).for_each(|x| *x = f32::NAN);
                bits(&seen)
            }

            pub fn steps(seeds: std::ops::Range<u64>) {
                for seed in seeds {
                    let all = |how| match seed % 4 {
                        0 => run(seed, Sgd::new(0.05), how),
                        1 => run(seed, Sgd::new(0.05).momentum(0.9).nesterov(true).clip_norm(0.7), how),
                        2 => run(seed, AdamW::new(0.05).clip_value(0.1), how),
                        _ => run(seed, RmsProp::new(0.05).centered(true).momentum(0.5), how),
                    };
                    let planned = all(How::Planned);
                    let differs = |other: Vec<u32>| planned.iter().zip(&other).position(|(a, b)| a != b);
                    let node_by_node = eager(true, || all(How::NodeByNode));
                    assert_eq!(differs(node_by_node), None, "model {seed} of {N}, node by node");
                    assert_eq!(differs(all(How::Held)), None, "model {seed} of {N}, with old values held");
                }
            }
        }
    };
}

models_of! { ones U1 U1 }
models_of! { small U4 U16 }
models_of! { large U32 U1024 }

#[test]
fn steps_of_random_models() {
    let _alone = alone();
    small::steps(0..100);
    ones::steps(0..40);
    large::steps(0..40);
}

#[test]
fn many_initial_weights_have_the_bits_of_few() {
    let _alone = alone();
    let many = Rng::seed(5).normal_vec(100_001, 1.0, 0.5);
    let evenly = Rng::seed(5).uniform_vec(100_001, -1.0, 3.0);
    for first in (0..100_000).step_by(8_000) {
        let at = || Rng::from_state((5, first));
        let range = first as usize..first as usize + 4_000;
        assert!(many[range.clone()] == at().normal_vec(4_000, 1.0, 0.5), "from {first}");
        assert!(evenly[range] == at().uniform_vec(4_000, -1.0, 3.0), "from {first}");
    }
    let (mut one, mut other) = (Rng::seed(5), Rng::seed(5));
    one.normal_vec(100_001, 0.0, 1.0);
    (0..2).for_each(|_| drop(other.normal_vec(50_000, 0.0, 1.0)));
    assert_eq!(one.state(), (5, 100_004));
    assert_eq!(other.state(), (5, 100_000));
}
