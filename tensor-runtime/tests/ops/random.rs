//! Random programs of operations that keep their shape: planned evaluation gives the bits of eager
//! evaluation, and gradients are those of central differences.

use super::*;
use formwork_shapes::*;

type S = (U2, U3, U4);
type X = Tensor<S, f64>;

/// Small numbers from a seed, for choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// An operation of one tensor, or of two, chosen among all kinds that a plan treats each in its own way.
fn step(choices: &mut Choices, a: &X, b: &X) -> X {
    let labels = || of::<S, i64>((0..24).map(|i| (i * 5 + 2) % 3).collect::<Vec<_>>());
    match choices.below(34) {
        0 => a + b,
        1 => a * b,
        2 => a - b,
        3 => a.tanh(),
        4 => a.sigmoid(),
        5 => a.maximum(b),
        6 => a.flip::<0>(),
        7 => a.flip::<2>(),
        8 => a.transpose::<0, 2>().tanh().transpose::<0, 2>(),
        9 => a.permute::<Perm3<2, 0, 1>>().permute::<Perm3<1, 2, 0>>(),
        10 => a.reshape::<(U6, U4)>().transpose::<0, 1>().reshape::<(U4, U2, U3)>().permute::<Perm3<1, 2, 0>>(),
        11 => a.reshape::<(U24,)>().flip::<0>().reshape(),
        12 => a.reshape::<(U4, U6)>().softmax::<0>().reshape(),
        13 => a.softmax::<-1>(),
        14 => a.softmax::<0>(),
        15 => a - a.mean_keep::<1>(),
        16 => a * b.sum_keep::<2>().tanh(),
        17 => a.layer_norm(None, None, 1e-2),
        18 => a.reshape::<(U2, U12)>().layer_norm(None, None, 1e-2).reshape(),
        19 => b.max_axis::<1>().unsqueeze::<1>() + a,
        20 => a + b.sum().tanh(),
        21 => a.slice::<1, U1, U2>().pad::<1, U1, U0>(),
        22 => a.slice::<2, U0, U3>().pad::<2, U0, U1>() + b,
        23 => {
            let (left, right) = a.split::<1, U1, U2>();
            right.concat::<1, _>(&left)
        }
        24 => a.slice::<0, U0, U1>().concat::<0, _>(&b.slice::<0, U1, U1>()),
        25 => a.gather::<1, _>(&labels()),
        26 => a.scatter_add::<1, _>(&labels(), &b.tanh()),
        27 => b.matmul(&a.transpose::<1, 2>()).tanh().matmul(a),
        28 => a
            .reshape::<(U6, U4)>()
            .linear(&b.reshape::<(U4, U6)>().transpose::<0, 1>().slice::<0, U0, U4>(), None)
            .tanh()
            .reshape(),
        29 => a
            .unsqueeze::<0>()
            .conv2d_with::<U1, U1, U1, _>(
                &b.reshape::<(U2, U2, U3, U2)>()
                    .concat::<3, _>(&b.tanh().reshape::<(U2, U2, U3, U2)>())
                    .slice::<3, U0, U3>(),
            )
            .tanh()
            .squeeze::<0>(),
        30 => a.unsqueeze::<0>().max_pool2d_with::<U3, U1, U1, U1>().squeeze::<0>(),
        31 => a.unsqueeze::<0>().avg_pool2d_with::<U3, U1, U1>().squeeze::<0>() + b,
        32 => a.tril(0) + b.triu(1),
        _ => a.batch_norm_train(None, None, 1e-2).y,
    }
}

/// The program of `seed`, of `x` and of what came before in it.
fn program(seed: u64, x: &X) -> X {
    let mut choices = Choices(seed);
    let mut values = vec![x.clone(), x.tanh()];
    for _ in 0..2 + choices.below(8) {
        let mut any = || values[choices.below(values.len() as u64) as usize].clone();
        let (a, b) = (any(), any());
        let last = values[values.len() - 1].clone();
        let y = if choices.below(3) == 0 { step(&mut choices, &a, &b) } else { step(&mut choices, &last, &b) };
        values.push(y);
    }
    values[values.len() - 1].clone()
}

#[test]
fn random_programs_give_the_same_bits_planned_and_eager() {
    let count = std::env::var("FORMWORK_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    for seed in 0..count {
        let x = drawn::<S>(seed);
        let both = || {
            let y = program(seed, &x);
            (bits(&y), bits(&grad(&weighed(&y), &x)))
        };
        let (planned, stepped) = (eager(false, both), eager(true, both));
        assert!(planned.0 == stepped.0, "program {seed}: values differ");
        assert!(planned.1 == stepped.1, "program {seed}: gradients differ");
    }
}

#[test]
fn random_programs_have_the_gradients_of_differences() {
    for seed in 0..60 {
        // Maxima have corners, at which differences say nothing: those programs are left to the test above.
        let x = drawn::<S>(1000 + seed);
        let slope = |at: &X| weighed(&program(seed, at));
        let found = grad(&slope(&x), &x).to_vec().expect("a gradient");
        let at = x.to_vec().expect("a value");
        for i in [0, 7, 13, 23] {
            let moved = |by: f64| {
                let mut data = at.clone();
                data[i] += by;
                slope(&of(data)).item().expect("a value")
            };
            let [wide, narrow] = [1e-4, 1e-5].map(|h| (moved(h) - moved(-h)) / (2.0 * h));
            let smooth = (wide - narrow).abs() <= 1e-4 * (1.0 + narrow.abs());
            let differs = (found[i] - narrow).abs() > 1e-4 * (1.0 + narrow.abs());
            assert!(!smooth || !differs, "program {seed}, element {i}: {}, by differences {narrow}", found[i]);
        }
    }
}
