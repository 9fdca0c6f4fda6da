//! What layers compute, under their options and in both modes.

use super::*;

dims! { Batch, Seq }

model! {
    struct Affine {
        first: Linear(4 -> 3),
        second: Linear(3 -> 2, bias = false),
    }
    fn forward(&self, x: [Batch, Seq, 4]) -> [Batch, Seq, 2] {
        self.second(self.first(x))
    }
}

#[test]
fn linear_maps_the_last_axis() -> Result<()> {
    let model = Affine::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = drawn::<(Batch, Seq, U4)>(2, &[2, 5, 4]);
    let y = model.eval().forward(&x);
    let bias = model.first.bias.as_ref().expect("a bias").tensor();
    let wanted =
        (x.matmul(&model.first.weight.transpose::<0, 1>()) + bias).matmul(&model.second.weight.transpose::<0, 1>());
    assert_eq!(y.to_vec()?, wanted.to_vec()?);
    let none = model.eval().forward(Tensor::from_sizes([], &[0, 5, 4], &Device::cpu())?);
    assert_eq!(none.to_vec()?, []);
    Ok(())
}

model! {
    struct Double { fc: Linear(4 -> 3, f64), norm: LayerNorm(3, f64), act: Tanh }
    fn forward(&self, x: [Batch, 4; f64]) -> [Batch, 3; f64] {
        self.act(self.norm(self.fc(x)))
    }
}

#[test]
fn layers_hold_other_elements() -> Result<()> {
    let model = Double::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = Tensor::<(Batch, U4), f64>::from_sizes([0.5; 8], &[2, 4], &Device::cpu())?;
    let y = model.eval().forward(x).to_vec()?;
    assert!(y[..3] == y[3..] && y.iter().all(|y| y.abs() < 1.0));
    assert_eq!(names(&model)[0], "fc.weight [3, 4] f64");
    Ok(())
}

model! {
    struct Images {
        plain: Conv2d(4 -> 6, 3),
        wide: Conv2d(4 -> 6, 3, padding = 1, stride = 2),
        holes: Conv2d(4 -> 6, 3, dilation = 2, bias = false),
        grouped: Conv2d(4 -> 6, 3, groups = 2, padding = 1),
        depthwise: Conv2d(4 -> 4, 3, groups = 4, padding = 1),
    }
    fn forward(&self, x: [Batch, 4, 9, 8]) -> ([Batch, 6, 7, 6], [Batch, 6, 5, 4], [Batch, 6, 5, 4], [Batch, 6, 9, 8], [Batch, 4, 9, 8]) {
        (self.plain(x), self.wide(x), self.holes(x), self.grouped(x), self.depthwise(x))
    }
}

#[test]
fn conv2d_under_its_options() -> Result<()> {
    let model = Images::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = drawn::<(Batch, U4, U9, U8)>(2, &[2, 4, 9, 8]);
    let (plain, wide, holes, grouped, depthwise) = model.eval().forward(&x);
    let column = |bias: &Option<Param<(U6,)>>| bias.as_ref().expect("a bias").reshape::<(U6, U1, U1)>();
    let to_f64 = |y: Vec<f32>| y.into_iter().map(f64::from).collect::<Vec<_>>();
    let wanted = x.conv2d(&*model.plain.weight) + column(&model.plain.bias);
    near(&plain.to_vec()?, &to_f64(wanted.to_vec()?), 0.0);
    let wanted = x.conv2d_with::<U2, U1, U1, _>(&*model.wide.weight) + column(&model.wide.bias);
    near(&wide.to_vec()?, &to_f64(wanted.to_vec()?), 0.0);
    near(&holes.to_vec()?, &to_f64(x.conv2d_with::<U1, U0, U2, _>(&*model.holes.weight).to_vec()?), 0.0);

    // Groups are convolutions of their own, side by side.
    let [left, right] = x.chunk::<1, 2>();
    let [w, v] = model.grouped.weight.chunk::<0, 2>();
    let parts = left.conv2d_with::<U1, U1, U1, _>(&w).concat::<1, _>(&right.conv2d_with::<U1, U1, U1, _>(&v));
    near(&grouped.to_vec()?, &to_f64((parts + column(&model.grouped.bias)).to_vec()?), 1e-5);
    let channels = x.chunk::<1, 4>();
    let filters = model.depthwise.weight.chunk::<0, 4>();
    let each: Vec<_> = channels.iter().zip(&filters).map(|(x, w)| x.conv2d_with::<U1, U1, U1, _>(w)).collect();
    let bias = model.depthwise.bias.as_ref().expect("a bias").reshape::<(U4, U1, U1)>();
    let wanted = Tensor::concat_all::<1, U4>(&each) + bias;
    near(&depthwise.to_vec()?, &to_f64(wanted.to_vec()?), 1e-5);
    Ok(())
}

model! {
    struct Pools {
        max: MaxPool2d(2),
        over: MaxPool2d(3, stride = 2, padding = 1),
        holes: MaxPool2d(2, stride = 1, dilation = 2),
        avg: AvgPool2d(2),
        zeros: AvgPool2d(3, stride = 2, padding = 1),
        inside: AvgPool2d(3, stride = 2, padding = 1, count_include_pad = false),
        whole: AdaptiveAvgPool2d(1),
        parts: AdaptiveAvgPool2d(2, 3),
        flatten: Flatten,
    }
    fn forward(&self, x: [Batch, 2, 6, 6]) -> [Batch, 2 * 9] {
        self.flatten(self.max(x))
    }
    fn averages(&self, x: [Batch, 2, 6, 6]) -> ([Batch, 2, 3, 3], [Batch, 2, 3, 3], [Batch, 2, 3, 3], [Batch, 2, 1, 1], [Batch, 2, 2, 3]) {
        (self.avg(x), self.zeros(x), self.inside(x), self.whole(x), self.parts(x))
    }
    fn maxima(&self, x: [Batch, 2, 6, 6]) -> ([Batch, 2, 3, 3], [Batch, 2, 4, 4]) {
        (self.over(x), self.holes(x))
    }
}

#[test]
fn pools_under_their_options() -> Result<()> {
    let model = Pools::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = Tensor::<(Batch, U2, U6, U6)>::from_sizes(
        (0..72).map(|i| i as f32).collect::<Vec<_>>(),
        &[1, 2, 6, 6],
        &Device::cpu(),
    )?;
    let flat = model.eval().forward(&x).to_vec()?;
    assert_eq!(flat[..9], [7.0, 9.0, 11.0, 19.0, 21.0, 23.0, 31.0, 33.0, 35.0]);
    let (over, holes) = model.eval().maxima(&x);
    assert_eq!(over.to_vec()?[..3], [7.0, 9.0, 11.0]);
    assert_eq!(holes.to_vec()?[..4], [14.0, 15.0, 16.0, 17.0]);
    let (avg, zeros, inside, whole, parts) = model.eval().averages(&x);
    assert_eq!(avg.to_vec()?[..3], [3.5, 5.5, 7.5]);
    near(&zeros.to_vec()?[..2], &[14.0 / 9.0, (1.0 + 2.0 + 3.0 + 7.0 + 8.0 + 9.0) / 9.0], 1e-6);
    near(&inside.to_vec()?[..2], &[3.5, 5.0], 1e-6);
    assert_eq!(whole.to_vec()?, [17.5, 53.5]);
    assert_eq!(parts.to_vec()?[..3], [6.5, 8.5, 10.5]);
    Ok(())
}

model! {
    struct Activations {
        leaky: LeakyRelu, steep: LeakyRelu(0.2), elu: Elu, celu: Celu(2.0), relu: Relu, silu: Silu, soft: Softmax,
    }
    fn forward(&self, x: [Batch, 4]) -> ([Batch, 4], [Batch, 4], [Batch, 4], [Batch, 4], [Batch, 4], [Batch, 4], [Batch, 4]) {
        (self.leaky(x), self.steep(x), self.elu(x), self.celu(x), self.relu(x), self.silu(x), self.soft(x))
    }
}

#[test]
fn activations_are_the_methods_of_tensors() -> Result<()> {
    let model = Activations::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = drawn::<(Batch, U4)>(2, &[3, 4]);
    let (leaky, steep, elu, celu, relu, silu, soft) = model.eval().forward(&x);
    for (found, wanted) in [
        (leaky, x.leaky_relu(0.01)),
        (steep, x.leaky_relu(0.2)),
        (elu, x.elu(1.0)),
        (celu, x.celu(2.0)),
        (relu, x.relu()),
        (silu, x.silu()),
        (soft, x.softmax::<-1>()),
    ] {
        assert_eq!(found.to_vec()?, wanted.to_vec()?);
    }
    Ok(())
}

model! {
    struct Dropped { drop: Dropout(0.5), never: Dropout(0.0) }
    fn forward(&self, x: [Batch, 1000]) -> [Batch, 1000] {
        self.never(self.drop(x))
    }
}

#[test]
fn dropout_drops_while_the_model_learns_only() -> Result<()> {
    let (model, mut rng) = (Dropped::new(&Device::cpu(), &mut Rng::seed(1))?, Rng::seed(5));
    let x = Tensor::<(Batch, U1000)>::from_sizes(vec![1.0; 1000], &[1, 1000], &Device::cpu())?;
    assert_eq!(model.eval().forward(&x).to_vec()?, [1.0; 1000]);
    let y = model.train(&mut rng).forward(&x).to_vec()?;
    let kept = y.iter().filter(|&&y| y == 2.0).count();
    // Five standard deviations of 1000 fair draws.
    assert!((421..=579).contains(&kept) && y.iter().all(|&y| y == 0.0 || y == 2.0), "{kept}");
    assert_ne!(model.train(&mut rng).forward(&x).to_vec()?, y);
    assert_eq!(model.train(&mut Rng::seed(5)).forward(&x).to_vec()?, y);
    Ok(())
}

model! {
    struct Tokens { rows: Embedding(5 -> 2), place: Param([3, 2], std = 0.1) }
    fn forward(&self, x: [Batch, 3; i64]) -> [Batch, 3, 2] {
        self.rows(x) + self.place
    }
}

#[test]
fn embedding_adds_up_the_gradients_of_a_row() -> Result<()> {
    let model = Tokens::new(&Device::cpu(), &mut Rng::seed(1))?;
    let ids = Tensor::<(Batch, U3), i64>::from_sizes([4, 0, 4, 4, 2, 2], &[2, 3], &Device::cpu())?;
    let gradients = model.eval().forward(&ids).sum().backward();
    let table = gradients.get(model.rows.weight.tensor()).expect("a gradient");
    assert_eq!(table.to_vec()?, [1.0, 1.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 3.0, 3.0]);
    assert_eq!(gradients.get(model.place.tensor()).expect("a gradient").to_vec()?, [2.0; 6]);
    let outside = Tensor::<(Batch, U3), i64>::from_sizes([0, 1, 5], &[1, 3], &Device::cpu())?;
    let error = model.eval().forward(&outside).to_vec().err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("index 5 is out of range for an axis of 5 elements") && error.contains("rows"), "{error}");
    Ok(())
}
