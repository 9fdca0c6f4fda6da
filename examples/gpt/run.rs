//! Training and sampling, of the model in the sizes of the module above.

use super::model::Gpt;
use super::{Batch, DEFAULTS, T, VOCAB};
use crate::{Args, Text};
use formwork::data::TokenWindows;
use formwork::metrics::Mean;
use formwork::prelude::*;
use formwork::train::Progress;

type Tokens = Tensor<(Batch, T), i64>;

/// How often the loss of the text kept for validation is measured, and on how many windows at most.
const ROUNDS: usize = 5;
const VALIDATION: usize = 128;

/// Trains as told, saves the weights, and writes a sample.
pub fn run(args: &Args, text: Text) -> Result<()> {
    let mut rng = Rng::seed(args.seed);
    let mut model = Gpt::new(&args.device, &mut rng)?;
    if let Some(path) = &args.load {
        model.load(path)?;
    }
    if args.steps != Some(0) {
        train(args, &text, &mut model, &mut rng)?;
        model.save(&args.out)?;
        println!("wrote {}\n", args.out.display());
    }
    let prompt: Vec<i64> = args.prompt.bytes().map(i64::from).collect();
    println!("{}", text.written(&sample(args, &model, prompt, &mut rng)?));
    Ok(())
}

fn train(args: &Args, text: &Text, model: &mut Gpt, rng: &mut Rng) -> Result<()> {
    let (steps, batch, lr) = DEFAULTS;
    let (steps, batch, lr) = (args.steps.unwrap_or(steps), args.batch.unwrap_or(batch), args.lr.unwrap_or(lr));
    println!("gpt: seed {}, {steps} steps on {batch} sequences of {T} tokens, on {}", args.seed, args.device);
    println!("the loss is that of a token, in nats: {:.2} to begin with", (VOCAB as f64).ln());

    // The last tenth is for validation: what is learned by heart does not help there.
    let (learned, kept) = text.tokens.split_at(text.tokens.len() / 10 * 9);
    let windows = TokenWindows::<T, u16>::new(learned.to_vec())?.random(steps * batch, args.seed);
    let loader = DataLoader::new(windows).batch::<Batch>(batch).to(&args.device);
    let kept = TokenWindows::<T, u16>::new(kept.to_vec())?.stride(T).take(VALIDATION);
    let kept = DataLoader::new(kept).batch::<Batch>(batch).to(&args.device);

    let warmup = (steps / 20).max(1) as u64;
    let rate =
        Warmup::new(warmup).from(0.1).then(Cosine::new(lr, (steps as u64).saturating_sub(warmup)).min(lr / 10.0));
    let mut opt = AdamW::new(rate).betas(0.9, 0.95).weight_decay(0.1).no_decay(is_vector).clip_norm(1.0);

    let round = steps.div_ceil(ROUNDS);
    let mut progress = Progress::new(steps.div_ceil(round), round);
    for (step, sequences) in loader.into_iter().enumerate() {
        let sequences = sequences?;
        let loss = model.train(rng).forward(&sequences.x).cross_entropy(&sequences.y);
        opt.step(model, loss.backward())?;
        progress.step(batch, &[("loss", loss.item()?.into())]);
        if (step + 1) % round == 0 || step + 1 == steps {
            progress.epoch(&[("validation", validate(model, &kept)?)]);
        }
    }
    println!("\n{}", model.summary());
    println!("{:.2} s, {:.1} steps per second", progress.elapsed().as_secs_f64(), progress.steps_per_second());
    Ok(())
}

/// Whether a parameter of this name is a vector: weight decay is for matrices.
fn is_vector(name: &str) -> bool {
    name.ends_with(".bias") || name.contains("ln_")
}

/// The loss of a token of the text kept for validation.
fn validate<D: Dataset<Sample = <TokenWindows<T, u16> as Dataset>::Sample>>(
    model: &Gpt,
    kept: &DataLoader<D, Batch>,
) -> Result<f64> {
    let mut mean = Mean::default();
    for sequences in kept {
        let sequences = sequences?;
        let loss = model.eval().forward(&sequences.x).cross_entropy(&sequences.y);
        mean.add(loss.item()?.into(), sequences.y.len() as f64);
    }
    Ok(mean.value())
}

/// The prompt and what the model says after it, a token at a time.
fn sample(args: &Args, model: &Gpt, prompt: Vec<i64>, rng: &mut Rng) -> Result<Vec<i64>> {
    let mut tokens = prompt;
    for _ in 0..args.sample {
        // What comes after the last token is seen by nobody before it.
        let mut seen = tokens[tokens.len().saturating_sub(T)..].to_vec();
        let last = vec![seen.len().saturating_sub(1) as i64];
        seen.resize(T, 0);
        let seen = Tokens::from_sizes(seen, &[1, T], &args.device)?;
        let last = Tensor::from_sizes(last, &[1], &args.device)?;
        let logits: Tensor<(Batch, VOCAB)> = model.eval().next(seen, last);
        let next = match args.temperature > 0.0 {
            true => (logits / args.temperature).keep_topk::<-1>(args.top_k).softmax::<-1>().multinomial(rng),
            false => logits.argmax::<-1>(),
        };
        tokens.extend(next.to_vec()?);
    }
    Ok(tokens)
}
