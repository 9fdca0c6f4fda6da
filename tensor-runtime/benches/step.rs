//! A training step of a small MLP, part by part: what the host does, since the kernels do little.
//! `cargo bench -p formwork-runtime --bench step`

use formwork_runtime::optim::{AdamW, Optimizer, Rule, Sgd};
use formwork_runtime::params::{Item, ItemMut, Module, Param, Path};
use formwork_runtime::{Device, Rng, Tensor};
use formwork_shapes::{U8, U16};
use std::time::Instant;

const LAYERS: usize = 3;
const STEPS: usize = 2000;

type X = Tensor<(U8, U16)>;
type Y = Tensor<(U8,), i64>;

/// Layers `x w + b` with ReLU between them.
struct Mlp {
    w: [Param<(U16, U16)>; LAYERS],
    b: [Param<(U16,)>; LAYERS],
}

impl Mlp {
    fn new() -> Mlp {
        let (mut rng, cpu) = (Rng::seed(1), Device::cpu());
        let mut draw = |n| rng.uniform_vec(n, -0.25, 0.25).into_iter().map(|x| x as f32).collect::<Vec<_>>();
        let w = std::array::from_fn(|_| Param::new(draw(256), &cpu).expect("memory"));
        Mlp { w, b: std::array::from_fn(|_| Param::new(vec![0.0; 16], &cpu).expect("memory")) }
    }

    fn loss(&self, x: &X, y: &Y) -> Tensor {
        let mut h = x.matmul(&self.w[0]) + &*self.b[0];
        for (w, b) in self.w.iter().zip(&self.b).skip(1) {
            h = h.relu().matmul(w) + &**b;
        }
        h.cross_entropy(y)
    }
}

impl Module for Mlp {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        for (name, field) in [("w", &self.w as &dyn Module), ("b", &self.b)] {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        for (name, field) in [("w", &mut self.w as &mut dyn Module), ("b", &mut self.b)] {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    1e6 * times[times.len() / 2]
}

fn measure<R: Rule>(name: &str, mut opt: Optimizer<R>) {
    let mut rng = Rng::seed(2);
    let x: Vec<f32> = rng.normal_vec(128, 0.0, 1.0).into_iter().map(|x| x as f32).collect();
    let x = X::new(x, &Device::cpu()).expect("memory");
    let y = Y::new(vec![0, 1, 2, 3, 4, 5, 6, 7], &Device::cpu()).expect("memory");
    let mut model = Mlp::new();
    let mut parts = [vec![], vec![], vec![], vec![]];
    for step in 0..STEPS {
        let start = Instant::now();
        let loss = model.loss(&x, &y);
        let built = start.elapsed();
        let gradients = loss.backward();
        let derived = start.elapsed();
        opt.step(&mut model, gradients).expect("a step");
        let stepped = start.elapsed();
        if step > 10 {
            let times = [built, derived - built, stepped - derived, stepped];
            parts.iter_mut().zip(times).for_each(|(part, t)| part.push(t.as_secs_f64()));
        }
    }
    let [forward, backward, step, all] = parts.map(median);
    println!("{name}: forward {forward:.1} us, backward {backward:.1} us, step {step:.1} us, together {all:.1} us");
}

fn main() {
    measure("sgd", Sgd::new(0.01));
    measure("adamw", AdamW::new(1e-3));
    measure("adamw, norm clipped", AdamW::new(1e-3).clip_norm(1.0));
}
