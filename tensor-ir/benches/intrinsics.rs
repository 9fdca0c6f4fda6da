//! Nanoseconds per element and the largest error of every f32 loop, for each instruction set.
//!
//! `cargo bench -p formwork-ir [NAME ..]`; names limit it to those intrinsics.

use std::time::Instant;

use formwork_ir::block::{self, BlockFn, Isa};
use formwork_ir::{Builder, DType, Intrinsic, Rule, Scalar};

const LANES: usize = 2048;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    println!("{:<16}{}   largest error in ulp", "ns per element", header());
    for &op in Intrinsic::ALL {
        if names.is_empty() || names.iter().any(|n| n == op.name()) {
            row(op);
        }
    }
    if names.is_empty() {
        for (from, to) in [(DType::F16, DType::F32), (DType::F32, DType::F16), (DType::BF16, DType::F32)]
            .into_iter()
            .chain([(DType::F32, DType::BF16), (DType::I64, DType::F32), (DType::F32, DType::I64)])
            .chain([(DType::Bool, DType::F32), (DType::U8, DType::F32), (DType::F32, DType::Bool)])
        {
            let times: String = Isa::available()
                .into_iter()
                .map(|isa| format!("{:>10.3}", time(block::convert(from, to, isa), &[vec![0x31; LANES * 8]])))
                .collect();
            println!("{:<16}{times}", format!("{from} -> {to}"));
        }
    }
}

fn header() -> String {
    Isa::available().iter().map(|isa| format!("{:>10}", isa.name())).collect()
}

fn row(op: Intrinsic) {
    let dtypes: Vec<DType> = match op.rule() {
        Rule::Select => vec![DType::Bool, DType::F32, DType::F32],
        Rule::Philox => vec![DType::I64; 2],
        Rule::Bits | Rule::Shift => vec![DType::I32; op.arity()],
        _ => vec![DType::F32; op.arity()],
    };
    let args: Vec<Vec<u8>> = dtypes.iter().enumerate().map(|(i, d)| sample(op, i, *d)).collect();
    let mut line = format!("{:<16}", op.name());
    let mut errors = String::new();
    for isa in Isa::available() {
        let Some(f) = block::apply(op, &dtypes, isa) else { continue };
        line += &format!("{:>10.3}", time(f, &args));
        if op.rule() == Rule::Float {
            errors += &format!("{:>7.2}", error(op, f, &args));
        }
    }
    println!("{line}   {errors}");
}

fn sample(op: Intrinsic, i: usize, dtype: DType) -> Vec<u8> {
    let (low, high) = op.sample(i);
    let at = |k: usize| low + (high - low) * ((k * 7919 + i * 631) % LANES) as f64 / LANES as f64;
    (0..LANES)
        .flat_map(|k| match dtype {
            DType::F32 => (at(k) as f32).to_ne_bytes().to_vec(),
            DType::I64 => (if i == 0 { 7 } else { k as i64 }).to_ne_bytes().to_vec(), // seed, counter
            DType::I32 => (at(k) as i32).to_ne_bytes().to_vec(),
            _ => vec![(k % 3 == 0) as u8],
        })
        .collect()
}

/// The best of some runs.
fn time(f: BlockFn, args: &[Vec<u8>]) -> f64 {
    let pointers: Vec<*const u8> = args.iter().map(|a| a.as_ptr()).collect();
    let mut out = vec![0_u8; LANES * 8];
    let mut best = f64::MAX;
    for _ in 0..15 {
        let start = Instant::now();
        for _ in 0..20 {
            // SAFETY: the arguments and the result have LANES lanes of at most 8 bytes, and the loop
            // is for an instruction set of this processor.
            unsafe { f(LANES, std::hint::black_box(&pointers), out.as_mut_ptr()) };
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / (20 * LANES) as f64);
    }
    best
}

/// The largest distance to the f64 value, in units of the last place of the nearest f32.
fn error(op: Intrinsic, f: BlockFn, args: &[Vec<u8>]) -> f64 {
    let mut b = Builder::new();
    let params: Vec<_> = args.iter().map(|_| b.param(DType::F64)).collect();
    let y = b.apply(op, &params);
    let exact = b.finish(&[y]);
    let pointers: Vec<*const u8> = args.iter().map(|a| a.as_ptr()).collect();
    let mut out = vec![0.0_f32; LANES];
    // SAFETY: as in `time`.
    unsafe { f(LANES, &pointers, out.as_mut_ptr().cast()) };
    let float = |a: &[u8], k: usize| f32::from_ne_bytes([a[4 * k], a[4 * k + 1], a[4 * k + 2], a[4 * k + 3]]);
    (0..LANES).fold(0.0, |worst: f64, k| {
        let x: Vec<Scalar> = args.iter().map(|a| Scalar::Float(float(a, k) as f64)).collect();
        let y = exact.eval(&x)[0].to_f64();
        let nearest = (y as f32).abs().max(f32::MIN_POSITIVE);
        let ulp = nearest.next_up() as f64 - nearest as f64;
        worst.max((out[k] as f64 - y).abs() / ulp)
    })
}
