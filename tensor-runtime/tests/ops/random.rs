//! Random programs of operations that keep their shape: planned evaluation gives the bits of eager
//! evaluation, and gradients are those of central differences.

use super::*;
use formwork_runtime::checkpoint;
use formwork_shapes::*;

/// Numbers from a seed, for choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// How many programs to try: `FORMWORK_PROGRAMS`, or `default`.
fn programs(default: u64) -> u64 {
    std::env::var("FORMWORK_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Programs over the shape `(A, B, C)`; `AB` and so on are products, `A1` and so on one less.
macro_rules! programs_over {
    ($name:ident $A:ident $B:ident $C:ident $AB:ty, $BC:ty, $ABC:ty, $A1:ident $B1:ident $C1:ident) => {
        mod $name {
            use super::*;

            type S = ($A, $B, $C);
            type X = Tensor<S, f64>;

            /// An operation of `a` and perhaps `b`, chosen among all kinds that a plan treats each in its own way.
            fn step(choices: &mut Choices, a: &X, b: &X) -> X {
                let each: [fn(&X, &X) -> X; 8] =
                    [pointwise, views, turns, rows, reductions, joins, contractions, windows];
                let kind = each[choices.below(8)];
                match choices.below(4) {
                    0 => kind(a, b),
                    1 => kind(b, a) + a,
                    2 => checkpoint(|| kind(&b.tanh(), a)) - a,
                    _ => kind(&a.tanh(), b),
                }
            }

            fn pointwise(a: &X, b: &X) -> X {
                a.maximum(&(b * 0.5)) * b.sigmoid() - a.gather::<1, _>(&labels())
            }

            fn labels() -> Tensor<S, i64> {
                let len = <$ABC>::SIZE.unwrap_or(0) as i64;
                of((0..len).map(|i| (i * 5 + 2) % 3).collect::<Vec<_>>())
            }

            fn views(a: &X, b: &X) -> X {
                let flat = a.reshape::<($AB, $C)>().transpose::<0, 1>().reshape::<($C, $A, $B)>();
                flat.permute::<Perm3<1, 2, 0>>() + b.reshape::<($ABC,)>().flip::<0>().reshape::<S>()
            }

            fn turns(a: &X, b: &X) -> X {
                let turned = a.transpose::<0, 2>().tanh().transpose::<0, 2>();
                let cut = b.slice::<1, U1, $B1>().pad::<1, U1, U0>().flip::<2>();
                turned.permute::<Perm3<2, 0, 1>>().permute::<Perm3<1, 2, 0>>()
                    - cut.slice::<2, U0, $C1>().pad::<2, U0, U1>()
            }

            fn rows(a: &X, b: &X) -> X {
                let first = a.reshape::<($C, $AB)>().softmax::<0>().reshape::<S>();
                let both = b.reshape::<($A, $BC)>().layer_norm(None, None, 1e-2).reshape::<S>();
                first.log_softmax::<-1>() * 0.1 + both.softmax::<1>()
            }

            fn reductions(a: &X, b: &X) -> X {
                let centred = a - a.mean_keep::<1>();
                centred * b.sum_keep::<2>().tanh() + b.max_axis::<1>().unsqueeze::<1>() + a.sum().tanh()
            }

            fn joins(a: &X, b: &X) -> X {
                let (left, right) = a.split::<1, U1, $B1>();
                let ends = a.slice::<0, U0, U1>().concat::<0, _>(&b.slice::<0, U1, $A1>());
                right.concat::<1, _>(&left).tril(0) + ends.triu(1) + a.scatter_add::<1, _>(&labels(), &b.tanh())
            }

            fn contractions(a: &X, b: &X) -> X {
                let square = b.tanh().matmul(&a.transpose::<1, 2>()) * 0.1;
                square.tanh().matmul(a) + b.batch_norm_train(None, None, 1e-2).y
            }

            fn windows(a: &X, b: &X) -> X {
                let filter = b.slice::<1, U0, U3>().slice::<2, U0, U3>().unsqueeze::<1>().expand::<($A, $A, U3, U3)>();
                let image = a.unsqueeze::<0>();
                let filtered = image.conv2d_with::<U1, U1, U1, _>(&filter.tanh()).relu();
                let pooled = image.max_pool2d_with::<U3, U1, U1, U1>() - image.avg_pool2d_with::<U3, U1, U1>();
                (filtered * 0.1 + pooled).squeeze::<0>()
            }

            /// The program of `seed`, of `x` and of what came before in it.
            fn program(seed: u64, x: &X) -> X {
                let mut choices = Choices(seed);
                let mut values = vec![x.clone(), x.tanh()];
                for _ in 0..1 + choices.below(5) {
                    let any = |choices: &mut Choices| values[choices.below(values.len())].clone();
                    let (a, b) = (any(&mut choices), any(&mut choices));
                    let newest = choices.below(3) > 0;
                    let a = if newest { values[values.len() - 1].clone() } else { a };
                    values.push(step(&mut choices, &a, &b));
                }
                values[values.len() - 1].clone()
            }

            pub fn compare_planned_and_eager(count: u64) {
                for seed in 0..count {
                    let x = drawn::<S>(seed);
                    let both = || {
                        let y = program(seed, &x);
                        (bits(&y), bits(&grad(&weighed(&y), &x)))
                    };
                    let (planned, stepped) = (eager(false, both), eager(true, both));
                    assert!(same(&planned.0, &stepped.0), "program {seed}: values differ");
                    assert!(same(&planned.1, &stepped.1), "program {seed}: gradients differ");
                }
            }

            pub fn compare_with_differences(count: u64) {
                let mut compared = 0;
                for seed in 0..count {
                    let x = drawn::<S>(1000 + seed);
                    let loss = |at: &X| weighed(&program(seed, at));
                    let found = grad(&loss(&x), &x).to_vec().expect("a gradient");
                    let at = x.to_vec().expect("a value");
                    for i in [0, at.len() / 3, at.len() - 1] {
                        let moved = |by: f64| {
                            let mut data = at.clone();
                            data[i] += by;
                            loss(&of(data)).item().expect("a value")
                        };
                        let [wide, narrow] = [1e-4, 1e-5].map(|h| (moved(h) - moved(-h)) / (2.0 * h));
                        // Maxima have corners, at which differences say nothing.
                        if (wide - narrow).abs() > 1e-4 * (1.0 + narrow.abs()) {
                            continue;
                        }
                        compared += 1;
                        let off = (found[i] - narrow).abs() / (1.0 + narrow.abs());
                        assert!(off < 1e-4, "program {seed}, element {i}: {}, by differences {narrow}", found[i]);
                    }
                }
                assert!(compared > 2 * count, "most elements are compared: {compared}");
            }
        }
    };
}

programs_over!(small U2 U3 U4 U6, U12, U24, U1 U2 U3);
programs_over!(large U3 U33 U68 U99, N<U2, _244>, N<U6, _732>, U2 U32 U67);

#[test]
fn small_programs_give_the_same_bits_planned_and_eager() {
    small::compare_planned_and_eager(programs(300));
}

#[test]
fn large_programs_give_the_same_bits_planned_and_eager() {
    large::compare_planned_and_eager(programs(40));
}

#[test]
fn programs_have_the_gradients_of_differences() {
    small::compare_with_differences(programs(60));
    large::compare_with_differences(programs(60) / 10);
}
