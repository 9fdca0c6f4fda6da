//! Whole trainings of models written in `model!`.

use formwork::prelude::*;

dims! { Batch }

model! {
    struct Generator {
        fc1: Linear(4 -> 16),
        norm: BatchNorm1d(16),
        fc2: Linear(16 -> 2),
    }
    fn forward(&self, z: [Batch, 4]) -> [Batch, 2] {
        self.fc2(self.norm(self.fc1(z)).relu())
    }
}

model! {
    struct Critic {
        fc1: Linear(2 -> 32),
        fc2: Linear(32 -> 1),
    }
    fn forward(&self, x: [Batch, 2]) -> [Batch, 1] {
        self.fc2(self.fc1(x).relu())
    }
}

const SIZE: usize = 64;

/// Points around (2, -1).
fn real(rng: &mut Rng) -> Tensor<(Batch, U2)> {
    let noise: Tensor<(Batch, U2)> = rng.normal(&[SIZE, 2]);
    let centre = Tensor::<(U2,)>::new([2.0, -1.0], &Device::cpu()).unwrap();
    noise * 0.3 + centre
}

/// Two models that learn against each other; the generator's batch norm gathers statistics in steps of both.
#[test]
fn a_gan_with_batch_norm_trains() {
    let (cpu, mut rng) = (Device::cpu(), Rng::seed(3));
    let mut generator = Generator::new(&cpu, &mut rng).unwrap();
    let mut critic = Critic::new(&cpu, &mut rng).unwrap();
    let mut opt_g = Adam::new(2e-3).betas(0.5, 0.999);
    let mut opt_c = Adam::new(2e-3).betas(0.5, 0.999);
    let mut draws = rng.clone();
    let mut plans = 0;
    for step in 0..600 {
        let z: Tensor<(Batch, U4)> = draws.normal(&[SIZE, 4]);
        let fake = generator.train(&mut rng).forward(z);
        let shown = real(&mut draws);
        let of_real = critic.train(&mut rng).forward(shown);
        let of_fake = critic.train(&mut rng).forward(fake.detach());
        let (ones, zeros) = (of_real.ones_like(), of_real.zeros_like());
        let loss_c = of_real.bce_with_logits(&ones) + of_fake.bce_with_logits(&zeros);
        opt_c.step(&mut critic, loss_c.backward()).unwrap();
        let loss_g = critic.train(&mut rng).forward(fake).bce_with_logits(&ones);
        opt_g.step(&mut generator, loss_g.backward()).unwrap();
        assert!(loss_c.item().unwrap().is_finite() && loss_g.item().unwrap().is_finite(), "step {step}");
        if step == 5 {
            plans = formwork::plans_made();
        }
    }
    assert_eq!(formwork::plans_made(), plans);
    let z: Tensor<(Batch, U4)> = draws.normal(&[SIZE, 4]);
    let made = generator.eval().forward(z).mean_axis::<0>().to_vec().unwrap();
    assert!((made[0] - 2.0).abs() < 0.4 && (made[1] + 1.0).abs() < 0.4, "{made:?}");
}
