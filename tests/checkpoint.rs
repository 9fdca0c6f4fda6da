//! Models and training runs in files: what is written, what does not fit, what goes on.

use formwork::io::safetensors::{self, Entry};
use formwork::io::{load_training, save_training};
use formwork::prelude::*;
use std::path::PathBuf;

dims! { Batch }

model! {
    struct Small {
        fc1: Linear(4 -> 8),
        drop: Dropout(0.2),
        norm: BatchNorm1d(8),
        fc2: Linear(8 -> 3),
    }
    fn forward(&self, x: [Batch, 4]) -> [Batch, 3] {
        let h = self.norm(self.fc1(x));
        self.fc2(self.drop(h.relu()))
    }
}

model! {
    struct Other {
        fc1: Linear(4 -> 16),
        fc3: Linear(16 -> 3),
    }
    fn forward(&self, x: [Batch, 4]) -> [Batch, 3] {
        let h = self.fc1(x).relu();
        self.fc3(h)
    }
}

/// A path in the temporary folder; the file is removed in the end.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str) -> TempFile {
        TempFile(std::env::temp_dir().join(format!("formwork-{name}-{}.safetensors", std::process::id())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // A test that failed early has written none.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn small(seed: u64) -> Small {
    Small::new(&Device::cpu(), &mut Rng::seed(seed)).unwrap()
}

fn step(model: &mut Small, opt: &mut AdamW, rng: &mut Rng) {
    let x: Tensor<(Batch, U4)> = rng.normal(&[6, 4]);
    let y = Tensor::<(Batch,), i64>::new(vec![0, 1, 2, 0, 1, 2], &Device::cpu()).unwrap();
    let loss = model.train(rng).forward(x).cross_entropy(y);
    opt.step(model, loss.backward()).unwrap();
}

/// Names and bytes of all parameters and states.
fn contents<M: formwork::params::Module>(model: &M) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![];
    model.visit(&mut formwork::params::Path::new(), &mut |path, item| {
        all.push((path.to_string(), item.to_bytes().unwrap()));
    });
    all
}

#[test]
fn a_model_is_read_back_under_pytorchs_names() {
    let file = TempFile::new("read-back");
    let (mut model, mut opt, mut rng) = (small(1), AdamW::new(0.01), Rng::seed(2));
    step(&mut model, &mut opt, &mut rng);
    model.save(&file.0).unwrap();
    let written = safetensors::load(&file.0).unwrap();
    let mut names: Vec<&str> = written.entries.iter().map(|e| e.name.as_str()).collect();
    names.sort_unstable();
    let expected = [
        "fc1.bias",
        "fc1.weight",
        "fc2.bias",
        "fc2.weight",
        "norm.bias",
        "norm.num_batches_tracked",
        "norm.running_mean",
        "norm.running_var",
        "norm.weight",
    ];
    assert_eq!(names, expected);
    let mut fresh = small(7);
    assert_ne!(contents(&fresh), contents(&model));
    fresh.load(&file.0).unwrap();
    assert_eq!(contents(&fresh), contents(&model));
}

#[test]
fn every_difference_is_named_and_the_model_stays() {
    let file = TempFile::new("differences");
    small(1).save(&file.0).unwrap();
    let mut other = Other::new(&Device::cpu(), &mut Rng::seed(1)).unwrap();
    let before = contents(&other);
    let error = other.load(&file.0).unwrap_err();
    let Error::Checkpoint { differences, .. } = &error else { panic!("{error}") };
    let expected = [
        "shape: `fc1.weight` is [16, 4] in the model, [8, 4] in the file",
        "shape: `fc1.bias` is [16] in the model, [8] in the file",
        "missing: `fc3.weight`, f32 [3, 16]; did you mean its `fc2.weight`?",
        "missing: `fc3.bias`, f32 [3]; did you mean its `fc2.bias`?",
    ];
    assert_eq!(differences[..4], expected, "{error}");
    assert_eq!(differences.iter().filter(|d| d.starts_with("extra: ")).count(), 7, "{error}");
    assert_eq!(contents(&other), before);
}

#[test]
fn a_training_run_goes_on_to_the_same_bits() {
    let file = TempFile::new("training");
    let opt = || AdamW::new(Cosine::new(0.02, 20)).clip_norm(1.0);
    let (mut model, mut first, mut rng) = (small(1), opt(), Rng::seed(2));
    for _ in 0..10 {
        step(&mut model, &mut first, &mut rng);
    }
    save_training(&model, &first, &rng, &file.0).unwrap();
    let (mut other, mut second, mut other_rng) = (small(50), opt(), Rng::seed(60));
    load_training(&mut other, &mut second, &mut other_rng, &file.0).unwrap();
    assert_eq!((second.steps(), second.lr(), &other_rng), (10, first.lr(), &rng));
    for _ in 0..10 {
        step(&mut model, &mut first, &mut rng);
        step(&mut other, &mut second, &mut other_rng);
    }
    assert_eq!(contents(&other), contents(&model));
    // The model's part alone serves too.
    let mut third = small(70);
    third.load(&file.0).unwrap();
    assert_ne!(contents(&third), contents(&model));
    load_training(&mut model, &mut first, &mut rng, &file.0).unwrap();
    assert_eq!(contents(&third), contents(&model));
}

#[test]
fn a_training_file_that_does_not_fit_changes_nothing() {
    let file = TempFile::new("misfit");
    let (mut model, mut opt, mut rng) = (small(1), AdamW::new(0.01), Rng::seed(2));
    step(&mut model, &mut opt, &mut rng);
    save_training(&model, &opt, &rng, &file.0).unwrap();
    let mut changed = safetensors::load(&file.0).unwrap();
    changed.entries.retain(|e| e.name != "fc1.bias" && e.name != "optimizer/fc2.weight.exp_avg_sq");
    for entry in &mut changed.entries {
        if entry.name == "rng/state" {
            *entry = Entry::new("rng/state", &[3], vec![1i64, 2, 3]);
        }
    }
    changed.entries.push(Entry::new("optimizer/fc9.weight.exp_avg", &[1], vec![0f32]));
    safetensors::save(&file.0, &changed.entries, &changed.metadata).unwrap();
    let (before, state, drawn) = (contents(&model), opt.state().unwrap(), rng.clone());
    let error = load_training(&mut model, &mut opt, &mut rng, &file.0).unwrap_err();
    let Error::Checkpoint { differences, .. } = &error else { panic!("{error}") };
    assert_eq!(differences.len(), 4, "{error}");
    for (difference, expected) in differences.iter().zip([
        "missing: `fc1.bias`, f32 [8]",
        "missing: `optimizer/fc2.weight.exp_avg_sq`, f32 [3, 8]",
        "shape: `rng/state` is [2] in the model, [3] in the file",
        "extra: `optimizer/fc9.weight.exp_avg`, f32 [1]",
    ]) {
        assert!(difference.starts_with(expected), "{error}");
    }
    assert_eq!((contents(&model), opt.state().unwrap(), rng), (before, state, drawn));
    // A file of another rule.
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    save_training(&model, &opt, &Rng::seed(1), &file.0).unwrap();
    let error = load_training(&mut model, &mut sgd, &mut Rng::seed(1), &file.0).unwrap_err();
    assert!(error.to_string().contains("`optimizer/fc1.weight.momentum_buffer`"), "{error}");
}
