//! The regions of attention: inlined they are the composite written out, and variants get what their gradient needs.

use super::*;
use formwork_runtime::variant::{Call, Host, Operands, Variant, Way, offer};
use formwork_runtime::{grad, variants};
use formwork_shapes::{U3, U4, U5, U6, U8};
use std::sync::atomic::AtomicUsize;

type Q = Tensor<(U3, U4, U8)>;
type K = Tensor<(U3, U5, U8)>;
type V = Tensor<(U3, U5, U6)>;
type Y = Tensor<(U3, U4, U6)>;

/// Heads, queries, keys, widths of keys and of values.
const SIZES: [usize; 5] = [3, 4, 5, 8, 6];

/// Attention by hand, forward and backward; it counts its launches.
struct ByHand {
    computes: &'static str,
    launches: AtomicUsize,
}

static FORWARD: ByHand = ByHand { computes: "attention", launches: AtomicUsize::new(0) };
static BACKWARD: ByHand = ByHand { computes: "attention_backward", launches: AtomicUsize::new(0) };

impl Variant for ByHand {
    fn computes(&self) -> &'static str {
        self.computes
    }
    fn name(&self) -> &'static str {
        "attention by hand"
    }
    fn fits(&self, call: &Call) -> bool {
        call.inputs[0].dims == [3, 4, 8] && call.inputs[2].dims == [3, 5, 6]
    }
    fn way(&self) -> Way<'_> {
        Way::Host(self)
    }
}

impl Host for ByHand {
    fn run(&self, call: &Call, mut operands: Operands<'_>) {
        self.launches.fetch_add(1, Ordering::Relaxed);
        let [scale, causal] = ["scale", "causal"].map(|name| call.attribute(name).unwrap() as f32);
        let inputs: Vec<&[f32]> = operands.inputs.iter().map(|x| x.as_slice::<f32>()).collect();
        let mut outputs = operands.outputs.iter_mut().map(|y| y.as_mut_slice::<f32>());
        if let [q, k, v] = inputs[..] {
            let (y, sums) = (outputs.next().unwrap(), outputs.next().unwrap());
            each(q, k, |h, t, scores| {
                let seen = scores.iter().map(|s| s * scale).take(if causal == 1.0 { t + 1 } else { SIZES[2] });
                let sum: f32 = seen.clone().map(f32::exp).sum();
                sums[h * SIZES[1] + t] = sum.ln();
                let row = &mut y[(h * SIZES[1] + t) * SIZES[4]..][..SIZES[4]];
                row.fill(0.0);
                for (c, s) in seen.enumerate() {
                    let value = &v[(h * SIZES[2] + c) * SIZES[4]..][..SIZES[4]];
                    row.iter_mut().zip(value).for_each(|(y, v)| *y += s.exp() / sum * v);
                }
            });
        } else if let [q, k, v, y, sums, g] = inputs[..] {
            let (dq, dk, dv) = (outputs.next().unwrap(), outputs.next().unwrap(), outputs.next().unwrap());
            [&mut *dq, &mut *dk, &mut *dv].into_iter().for_each(|d| d.fill(0.0));
            each(q, k, |h, t, scores| {
                let at = h * SIZES[1] + t;
                let [g, y] = [g, y].map(|x| &x[at * SIZES[4]..][..SIZES[4]]);
                let shared: f32 = g.iter().zip(y).map(|(g, y)| g * y).sum();
                for (c, s) in scores.iter().enumerate().take(if causal == 1.0 { t + 1 } else { SIZES[2] }) {
                    let (p, key) = ((s * scale - sums[at]).exp(), h * SIZES[2] + c);
                    let value = &v[key * SIZES[4]..][..SIZES[4]];
                    dv[key * SIZES[4]..].iter_mut().zip(g).for_each(|(d, g)| *d += p * g);
                    let dp: f32 = g.iter().zip(value).map(|(g, v)| g * v).sum();
                    let ds = p * (dp - shared) * scale;
                    for i in 0..SIZES[3] {
                        dq[at * SIZES[3] + i] += ds * k[key * SIZES[3] + i];
                        dk[key * SIZES[3] + i] += ds * q[at * SIZES[3] + i];
                    }
                }
            });
        }
    }
}

/// Calls `f` with head, query and its products with all keys.
fn each(q: &[f32], k: &[f32], mut f: impl FnMut(usize, usize, &[f32])) {
    let [heads, queries, keys, width, _] = SIZES;
    for (h, t) in (0..heads).flat_map(|h| (0..queries).map(move |t| (h, t))) {
        let query = &q[(h * queries + t) * width..][..width];
        let product = |c: usize| query.iter().zip(&k[(h * keys + c) * width..]).map(|(q, k)| q * k).sum();
        f(h, t, &(0..keys).map(product).collect::<Vec<f32>>());
    }
}

fn drawn<S: formwork_shapes::Shape>(seed: u64) -> Tensor<S> {
    let len = S::SIZES.iter().map(|n| n.unwrap()).product();
    let values: Vec<f32> = Rng::seed(seed).normal_vec(len, 0.0, 1.0).into_iter().map(|x| x as f32).collect();
    Tensor::new(values, &CPU).unwrap()
}

/// What it is, in other operations.
fn written_out(q: &Q, k: &K, v: &V, causal: bool) -> Y {
    let scores = (q * (8f32.powf(-0.5))).matmul(&k.transpose::<-2, -1>());
    let ahead = scores.ones_like().triu(1).gt(&scores.zeros_like());
    let seen = if causal { scores.masked_fill(&ahead, f32::NEG_INFINITY) } else { scores };
    seen.softmax::<-1>().matmul(v)
}

/// The output and its three gradients.
fn all(f: impl Fn(&Q, &K, &V) -> Y) -> Vec<Vec<f32>> {
    let (q, k, v, g) = (drawn(1), drawn(2), drawn(3), drawn::<(U3, U4, U6)>(4));
    let y: Y = f(&q, &k, &v);
    let loss = (&y * &g).sum();
    [y.to_vec(), grad(&loss, &q).to_vec(), grad(&loss, &k).to_vec(), grad(&loss, &v).to_vec()]
        .map(Result::unwrap)
        .into()
}

#[test]
fn attention_inlined_is_the_composite_written_out() {
    let _alone = alone();
    for causal in [false, true] {
        let region = variants(false, || all(|q, k, v| q.scaled_dot_product_attention(k, v, causal)));
        assert_eq!(bits(&region), bits(&all(|q, k, v| written_out(q, k, v, causal))));
    }
}

#[test]
fn variants_compute_attention_and_its_gradient() {
    let _alone = alone();
    offer(CPU, &[&FORWARD, &BACKWARD]);
    for causal in [false, true] {
        let attention = || all(|q, k, v| q.scaled_dot_product_attention(k, v, causal));
        let before = [&FORWARD, &BACKWARD].map(|v| v.launches.load(Ordering::Relaxed));
        let taken = attention();
        let after = [&FORWARD, &BACKWARD].map(|v| v.launches.load(Ordering::Relaxed));
        assert!(after[0] > before[0] && after[1] == before[1] + 3, "{before:?} {after:?}");
        for (taken, inlined) in taken.iter().zip(variants(false, attention)) {
            let close = taken.iter().zip(&inlined).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()));
            assert!(close, "causal {causal}: {taken:?} {inlined:?}");
        }
    }
}

#[test]
fn a_plan_holds_the_forward_pass_once() {
    let _alone = alone();
    let (q, k, v) = (drawn::<(U3, U4, U8)>(1), drawn::<(U3, U5, U8)>(2), drawn::<(U3, U5, U6)>(3));
    let contractions = |y: Y| {
        let plan = variants(false, || grad(&y.square().sum(), &q).explain()).unwrap();
        plan.lines().filter(|line| line.contains("contract")).count()
    };
    let region = contractions(q.scaled_dot_product_attention(&k, &v, true));
    assert!(region > 0);
    assert_eq!(region, contractions(written_out(&q, &k, &v, true)));
}
