//! Trains GPT-2 on text and writes some: `cargo run --release --example gpt`

// The model and its training are in one text each, which stands in both sizes.
#![allow(clippy::duplicate_mod)]

mod gpt2_124m;
mod small;

use formwork::data::sonnets;
use formwork::prelude::*;
use std::path::PathBuf;

const HELP: &str = "\
Trains a language model of GPT-2's kind on text, and lets it write some.

Usage: gpt [OPTIONS]

  --text FILE     the text, of which each byte is a token; a file *.bin holds tokens as
                  16-bit integers, as nanoGPT writes them [default: Shakespeare's sonnets]
  --preset NAME   small (4 layers, 128 features, 64 tokens) or gpt2-124m (12 layers, 768
                  features, 1024 tokens of 50257; products in bf16), which wants a GPU: on
                  a CPU a step on one sequence takes some 10 s and 4 GB [default: small]
  --steps N       training steps; 0 only samples [default: 1600, gpt2-124m: 10]
  --batch N       sequences in a batch [default: 16, gpt2-124m: 1]
  --lr X          highest learning rate of AdamW [default: 0.003, gpt2-124m: 0.0006]
  --load FILE     starts from these weights
  --out FILE      where the weights are written [default: gpt.safetensors]
  --sample N      tokens to write at the end [default: 400]
  --prompt TEXT   what they go on from [default: a new line]
  --temperature X how bold the choice of a token is; 0 takes the likeliest [default: 0.8]
  --top-k N       choose among the N likeliest only [default: 40]
  --seed N        seed of weights, windows and samples [default: 1]
  --device NAME   best, cpu, cuda or cuda:N [default: best]
  --help          prints this";

/// What is to be done.
pub struct Args {
    text: Option<PathBuf>,
    preset: Preset,
    steps: Option<usize>,
    batch: Option<usize>,
    lr: Option<f64>,
    load: Option<PathBuf>,
    out: PathBuf,
    sample: usize,
    prompt: String,
    temperature: f32,
    top_k: usize,
    seed: u64,
    device: Device,
}

enum Preset {
    Small,
    Gpt2,
}

fn args() -> std::result::Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let mut args = Args {
        text: None,
        preset: Preset::Small,
        steps: None,
        batch: None,
        lr: None,
        load: None,
        out: "gpt.safetensors".into(),
        sample: 400,
        prompt: "\n".to_string(),
        temperature: 0.8,
        top_k: 40,
        seed: 1,
        device: Device::best(),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("text") => args.text = Some(parser.value()?.into()),
            Long("preset") => args.preset = preset(&parser.value()?.string()?)?,
            Long("steps") => args.steps = Some(parser.value()?.parse()?),
            Long("batch") => args.batch = Some(parser.value()?.parse()?),
            Long("lr") => args.lr = Some(parser.value()?.parse()?),
            Long("load") => args.load = Some(parser.value()?.into()),
            Long("out") => args.out = parser.value()?.into(),
            Long("sample") => args.sample = parser.value()?.parse()?,
            Long("prompt") => args.prompt = parser.value()?.string()?,
            Long("temperature") => args.temperature = parser.value()?.parse()?,
            Long("top-k") => args.top_k = parser.value()?.parse()?,
            Long("seed") => args.seed = parser.value()?.parse()?,
            Long("device") => args.device = parser.value()?.parse()?,
            Long("help") | Short('h') => {
                println!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(args)
}

fn preset(name: &str) -> std::result::Result<Preset, lexopt::Error> {
    match name {
        "small" => Ok(Preset::Small),
        "gpt2-124m" => Ok(Preset::Gpt2),
        _ => Err(format!("there is no preset `{name}`; choose small or gpt2-124m").into()),
    }
}

fn main() {
    let args = args().unwrap_or_else(|e| {
        eprintln!("gpt: {e}; `--help` lists the options");
        std::process::exit(2);
    });
    let text = text(&args).unwrap_or_else(|e| {
        eprintln!("gpt: {e}");
        std::process::exit(2);
    });
    let outcome = match args.preset {
        Preset::Small => small::run::run(&args, text),
        Preset::Gpt2 => gpt2_124m::run::run(&args, text),
    };
    if let Err(e) = outcome {
        eprintln!("gpt: {e}");
        std::process::exit(1);
    }
}

/// A text as tokens.
pub struct Text {
    tokens: Vec<u16>,
    /// Whether a token is a byte.
    bytes: bool,
}

fn text(args: &Args) -> Result<Text> {
    let bytes = |text: &[u8]| Text { tokens: text.iter().map(|&b| b.into()).collect(), bytes: true };
    let Some(path) = &args.text else { return Ok(bytes(sonnets::text()?.as_bytes())) };
    let read = std::fs::read(path);
    let read = read.map_err(|e| Error::Io { path: path.clone(), action: "read the text", reason: e.to_string() })?;
    match path.extension().is_some_and(|e| e == "bin") {
        true => {
            Ok(Text { tokens: read.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(), bytes: false })
        }
        false => Ok(bytes(&read)),
    }
}

impl Text {
    /// Tokens as text; those that are no bytes as their numbers.
    fn written(&self, tokens: &[i64]) -> String {
        match self.bytes {
            true => String::from_utf8_lossy(&tokens.iter().map(|&t| t as u8).collect::<Vec<_>>()).into_owned(),
            false => tokens.iter().map(|t| format!("{t} ")).collect(),
        }
    }
}
