//! Trains a classifier on the UCI digits that ship with formwork:
//! `cargo run --release --example digits`

use formwork::metrics::{ConfusionMatrix, Mean, predicted};
use formwork::prelude::*;
use formwork::train::Progress;
use formwork::vision::{Tile, grid};
use std::path::{Path, PathBuf};

dims! { Batch }

model! {
    /// A classifier for 8x8 digits.
    pub struct Classifier {
        fc1: Linear(64 -> 128),
        drop: Dropout(0.1),
        fc2: Linear(128 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h = self.drop(self.fc1(x).relu());
        self.fc2(h)
    }
}

const HELP: &str = "\
Trains a classifier on 1,437 handwritten digits of 8x8 pixels and tests it on 360 others.

Usage: digits [OPTIONS]

  --epochs N      passes over the training digits [default: 40]
  --batch N       digits in a batch [default: 64]
  --lr X          learning rate of AdamW [default: 0.003]
  --seed N        seed of weights, dropout and shuffling [default: 1]
  --device NAME   best, cpu, cuda or cuda:N [default: best]
  --out DIR       where digits.safetensors and digits.png are written [default: .]
  --help          prints this";

struct Args {
    epochs: usize,
    batch: usize,
    lr: f64,
    seed: u64,
    device: Device,
    out: PathBuf,
}

fn args() -> std::result::Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let mut args = Args { epochs: 40, batch: 64, lr: 0.003, seed: 1, device: Device::best(), out: ".".into() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("epochs") => args.epochs = parser.value()?.parse()?,
            Long("batch") => args.batch = parser.value()?.parse()?,
            Long("lr") => args.lr = parser.value()?.parse()?,
            Long("seed") => args.seed = parser.value()?.parse()?,
            Long("device") => args.device = parser.value()?.parse()?,
            Long("out") => args.out = parser.value()?.into(),
            Long("help") | Short('h') => {
                println!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(args)
}

fn main() {
    let args = args().unwrap_or_else(|e| {
        eprintln!("digits: {e}; `--help` lists the options");
        std::process::exit(2);
    });
    if let Err(e) = run(&args) {
        eprintln!("digits: {e}");
        std::process::exit(1);
    }
}

fn run(args: &Args) -> Result<()> {
    let device = args.device;
    let mut rng = Rng::seed(args.seed);
    let mut model = Classifier::new(&device, &mut rng)?;
    let mut opt = AdamW::new(args.lr).weight_decay(0.01);
    println!("digits: seed {}, {} epochs, batches of {}, on {device}", args.seed, args.epochs, args.batch);

    let loader = DataLoader::new(digits::train()?).batch::<Batch>(args.batch).shuffle(args.seed).to(&device);
    let mut progress = Progress::new(args.epochs, loader.len());
    for _ in 0..args.epochs {
        let (mut losses, mut hits) = (Mean::default(), Mean::default());
        for batch in &loader {
            let batch = batch?;
            let size = batch.y.len();
            let logits = model.train(&mut rng).forward(&batch.x);
            let loss = logits.cross_entropy(&batch.y);
            let correct = logits.argmax::<1>().eq(&batch.y).cast::<f32>().mean();
            opt.step(&mut model, loss.backward())?;
            losses.add(loss.item()?.into(), size as f64);
            hits.add(correct.item()?.into(), size as f64);
            progress.step(size, &[("loss", losses.value()), ("accuracy", hits.value())]);
        }
        progress.epoch(&[]);
    }

    let (confusion, picture) = test(&model, &device)?;
    println!("\n{}", model.summary());
    println!("{:.2} s, {:.0} steps per second", progress.elapsed().as_secs_f64(), progress.steps_per_second());
    println!("test accuracy: {:.3}\n\n{confusion}", confusion.accuracy());

    let folder =
        |e: std::io::Error| Error::Io { path: args.out.clone(), action: "make the folder", reason: e.to_string() };
    std::fs::create_dir_all(&args.out).map_err(folder)?;
    picture.save(args.out.join("digits.png"))?;
    let path = args.out.join("digits.safetensors");
    model.save(&path)?;
    println!("wrote {} and {}", path.display(), args.out.join("digits.png").display());
    check_saved(&path, &device, confusion.accuracy())
}

/// The confusion matrix of all test digits, and a picture of the first of them.
fn test(model: &Classifier, device: &Device) -> Result<(ConfusionMatrix, formwork::vision::Image)> {
    let mut confusion = ConfusionMatrix::new(10);
    let mut shown: Vec<(Vec<f32>, i64, i64)> = vec![];
    for batch in DataLoader::new(digits::test()?).batch::<Batch>(120).to(device) {
        let batch = batch?;
        let (predicted, labels) = (predicted(&model.eval().forward(&batch.x))?, batch.y.to_vec()?);
        confusion.add(&predicted, &labels)?;
        let pixels = batch.x.to_vec()?;
        let row = |i: usize| (pixels[i * 64..][..64].to_vec(), labels[i], predicted[i]);
        shown.extend((0..labels.len()).map(row));
    }
    // Mistakes first: they are what one wants to see.
    shown.sort_by_key(|(_, label, predicted)| label == predicted);
    let first = shown.iter().take(32);
    let tiles: Vec<Tile> =
        first.map(|(pixels, label, predicted)| Tile { pixels, label: *label, predicted: *predicted }).collect();
    Ok((confusion, grid(&tiles, 8, 8, 8)?))
}

/// Loads what was saved into a fresh model, which must do as well.
fn check_saved(path: &Path, device: &Device, accuracy: f64) -> Result<()> {
    let mut fresh = Classifier::new(device, &mut Rng::seed(0))?;
    fresh.load(path)?;
    let (confusion, _) = test(&fresh, device)?;
    println!(
        "loaded into a fresh model: test accuracy {:.3}, {}",
        confusion.accuracy(),
        match confusion.accuracy() == accuracy {
            true => "the same",
            false => "which differs",
        }
    );
    Ok(())
}
