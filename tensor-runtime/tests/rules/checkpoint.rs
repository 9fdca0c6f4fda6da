//! Checkpoints: the same bits in less memory.

use super::*;
use formwork_runtime::checkpoint;
use formwork_shapes::U64;

const LAYERS: usize = 12;
const ROWS: usize = 512;

/// Twelve residual blocks of two layers.
struct Deep {
    up: [Param<(U64, U64)>; LAYERS],
    down: [Param<(U64, U64)>; LAYERS],
}

impl Module for Deep {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, Item<'a>)) {
        for (name, field) in [("up", &self.up as &dyn Module), ("down", &self.down)] {
            path.push(name);
            field.visit(path, f);
            path.pop();
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, ItemMut<'a>)) {
        for (name, field) in [("up", &mut self.up as &mut dyn Module), ("down", &mut self.down)] {
            path.push(name);
            field.visit_mut(path, f);
            path.pop();
        }
    }
}

type H = Tensor<(Batch, U64)>;

impl Deep {
    fn new() -> Deep {
        let mut rng = Rng::seed(1);
        let mut draw = || rng.uniform_vec(64 * 64, -0.2, 0.2).into_iter().map(|x| x as f32).collect::<Vec<_>>();
        let mut params = || std::array::from_fn(|_| Param::new(draw(), &CPU).unwrap());
        Deep { up: params(), down: params() }
    }

    fn block(&self, i: usize, x: &H, rng: &mut Rng) -> H {
        let h = x.matmul(&self.up[i]).tanh().dropout(0.25, rng);
        x + &h.matmul(&self.down[i]).sin()
    }

    /// A loss, each block a checkpoint if `kept` is false.
    fn loss(&self, kept: bool) -> Tensor {
        let mut rng = Rng::seed(3);
        let block = |h: H, i| match kept {
            true => self.block(i, &h, &mut rng),
            false => checkpoint(|| self.block(i, &h, &mut rng)),
        };
        (0..LAYERS).fold(input(), block).square().mean()
    }
}

fn input() -> H {
    let x: Vec<f32> = Rng::seed(2).normal_vec(ROWS * 64, 0.0, 1.0).into_iter().map(|x| x as f32).collect();
    Tensor::new(x, &CPU).unwrap()
}

/// Bits of losses and parameters of three steps, and the bytes that steps keep on a thread of their own: the arena, in
/// the main.
fn steps(kept: bool) -> (Vec<u32>, isize) {
    let run = || {
        let (mut model, mut opt) = (Deep::new(), AdamW::new(0.01));
        let mut seen = vec![];
        let before = heap();
        for _ in 0..3 {
            let loss = model.loss(kept);
            opt.step(&mut model, loss.backward()).unwrap();
            seen.push(loss.to_vec().unwrap());
        }
        let bytes = heap() - before;
        seen.extend(model.up.iter().chain(&model.down).map(|p| p.to_vec().unwrap()));
        (bits(&seen), bytes)
    };
    std::thread::scope(|s| s.spawn(run).join().unwrap())
}

#[test]
fn a_checkpoint_gives_the_same_bits_in_less_memory() {
    let _alone = alone();
    let ((kept, much), (again, little)) = (steps(true), steps(false));
    assert!(kept == again, "losses or parameters differ");
    assert!(2 * little < much, "{little} bytes with checkpoints, {much} without");
}

#[test]
fn node_by_node_a_checkpoint_gives_the_same_bits() {
    let _alone = alone();
    assert!(eager(true, || steps(false).0) == steps(true).0);
}

/// `f` of the input, its gradient, and the gradient of that.
fn orders(f: impl Fn(&H) -> H) -> [Vec<f32>; 3] {
    let x = input();
    let y = f(&x);
    let first = grad(&y.square().sum(), &x);
    let second = grad(&first.square().mean(), &x);
    [y, first, second].map(|t| t.to_vec().unwrap())
}

#[test]
fn the_gradient_of_the_gradient_is_the_same() {
    let _alone = alone();
    let model = Deep::new();
    let block = |i: usize, x: &H| x.matmul(&model.up[i]).tanh();
    let kept = orders(|x| block(1, &block(0, x)));
    let same = |of: [Vec<f32>; 3]| {
        assert!(bits(&of[..2]) == bits(&kept[..2]));
        // Cotangents of what stands twice in the graph are added in another order.
        let scale = kept[2].iter().fold(0f32, |m, x| m.max(x.abs()));
        let off = of[2].iter().zip(&kept[2]).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(off < 1e-5 * scale, "{off} of {scale}");
    };
    same(orders(|x| block(1, &checkpoint(|| block(0, x)))));
    same(orders(|x| checkpoint(|| block(1, &checkpoint(|| block(0, x))))));
    same(eager(true, || orders(|x| checkpoint(|| block(1, &block(0, x))))));
}

#[test]
fn what_is_computed_again_is_not_what_was_computed_before() {
    let _alone = alone();
    let (model, x) = (Deep::new(), input());
    let products = |y: H| {
        let plan = grad(&y.sin().sum(), &x).explain().unwrap();
        plan.lines().filter(|l| l.contains(" contract ")).count()
    };
    let block = || x.matmul(&model.up[0]).tanh().matmul(&model.down[0]);
    // The second product is a result of the forward pass alone; the first is wanted again behind it.
    assert_eq!((products(block()), products(checkpoint(block))), (4, 5));
    // A checkpoint that no gradient passes costs nothing.
    let plans = [block(), checkpoint(block)].map(|y| y.sin().sum().explain().unwrap());
    assert_eq!(plans[0].lines().count(), plans[1].lines().count(), "{plans:?}");
}

#[test]
fn several_tensors_leave_a_checkpoint_and_some_are_never_used() {
    let _alone = alone();
    let x = input();
    let f = || (x.sin(), x.cos(), x.exp());
    let loss = |(a, b, _): (H, H, H)| (&a * &b + &a).sum();
    let bits_of = |loss: Tensor| (loss.item().unwrap().to_bits(), bits(&[grad(&loss, &x).to_vec().unwrap()]));
    assert!(bits_of(loss(f())) == bits_of(loss(checkpoint(f))));
    // What goes in comes out.
    let through = checkpoint(|| x.clone());
    assert_eq!(grad(&through.sum(), &x).to_vec().unwrap(), vec![1.0; ROWS * 64]);
    assert_eq!(bits(&[through.to_vec().unwrap()]), bits(&[x.to_vec().unwrap()]));
}

/// An index is checked again where the table's rows are read again; updates wait for neither.
#[test]
fn checks_in_a_checkpoint_are_made_once() {
    let _alone = alone();
    let steps = |kept: bool, wrong: bool| {
        let (mut model, mut opt) = (Deep::new(), Sgd::new(0.1));
        let rows: Vec<i64> = (0..ROWS).map(|i| if wrong { i } else { i * 7 % 64 } as i64).collect();
        let rows: Tensor<(Batch,), i64> = Tensor::new(rows, &CPU).unwrap();
        let embed = || rows.embedding(&model.up[0]).sin().matmul(&model.up[1]);
        let h: H = if kept { embed() } else { checkpoint(embed) };
        let gradients = h.tanh().square().mean().backward();
        let stepped = opt.step(&mut model, gradients);
        (stepped.is_ok(), bits(&[model.up[0].to_vec().unwrap(), model.up[1].to_vec().unwrap()]))
    };
    assert!(steps(true, false) == steps(false, false));
    let before = Deep::new();
    let before = bits(&[before.up[0].to_vec().unwrap(), before.up[1].to_vec().unwrap()]);
    assert!(steps(false, true) == (false, before));
}

#[test]
fn what_was_looked_at_inside_a_checkpoint_is_computed_again() {
    let _alone = alone();
    let (model, x) = (Deep::new(), input());
    let mut looked = vec![];
    let y = checkpoint(|| {
        let h = x.matmul(&model.up[0]).tanh();
        looked = h.to_vec().unwrap();
        h.matmul(&model.down[0])
    });
    let again = x.matmul(&model.up[0]).tanh().matmul(&model.down[0]);
    let gradients = [y, again].map(|y| bits(&[grad(&y.square().sum(), &x).to_vec().unwrap()]));
    assert!(gradients[0] == gradients[1]);
    assert_eq!(looked.len(), ROWS * 64);
}

#[test]
fn a_checkpoint_of_updated_parameters_is_cut() {
    let _alone = alone();
    let (mut model, mut opt) = (Deep::new(), Sgd::new(0.1));
    let x = input();
    let y = checkpoint(|| x.matmul(&model.up[0]).tanh());
    let gradients = y.square().mean().backward();
    opt.step(&mut model, gradients).unwrap();
    assert!(y.to_vec().is_ok());
    let error = opt.step(&mut model, y.square().mean().backward()).unwrap_err();
    assert!(matches!(error, Error::Cut { .. }), "{error}");
}
