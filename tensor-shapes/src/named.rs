//! Which numbers have a dim of their own (`U784`), and how any number is spelled as a dim.
//!
//! This file uses nothing but `std`, so that the macros take it as it is, without compiling typenum:
//! `#[path = "../../../tensor-shapes/src/named.rs"] mod named;`. So it has no examples that name a crate.

/// The largest power of two with a dim of its own.
pub const LARGEST_POWER: u64 = 1 << 30;

/// Numbers that models use and no rule below covers: class counts, vocabularies (BERT, Llama, GPT-2, Whisper, Qwen),
/// the flattened image of VGG, and round ones.
pub const CHOSEN: [u64; 16] = [
    1500, 2000, 2500, 3000, 5000, 10_000, 25_088, 30_522, 32_000, 50_257, 50_304, 51_865, 100_000, 128_256, 151_936,
    1_000_000,
];

/// Whether `n` has a dim of its own. The set is closed under `n -> n / 4`, which the way back from typenum needs.
/// So `named(784)` and `named(50_257)`, but not `named(802_816)`.
pub fn named(n: u64) -> bool {
    n <= 1024
        || n <= 4096 && n.is_multiple_of(16)
        || n <= 16_384 && n.is_multiple_of(64)
        || n <= LARGEST_POWER && n.is_power_of_two()
        || CHOSEN.iter().any(|&c| (0..32).any(|k| c >> (2 * k) == n))
}

/// The dim of `n` as Rust source, each name after `path`: its own struct, or groups of three digits.
/// `spell(784, "::formwork::")` is `::formwork::U784`, `spell(802_816, "")` is `N<U802, _816>`.
pub fn spell(n: u64, path: &str) -> String {
    if named(n) { format!("{path}U{n}") } else { format!("{path}N<{}, {path}_{:03}>", spell(n / 1000, path), n % 1000) }
}
