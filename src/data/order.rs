//! The order in which samples are drawn: the same on every machine, for ever.

/// SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64(u64);

impl SplitMix64 {
    fn at(seed: u64, epoch: u64) -> SplitMix64 {
        SplitMix64(SplitMix64(seed).next().wrapping_add(epoch.wrapping_mul(0xD1B5_4A32_D192_ED03)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, all equally likely: D. Lemire, "Fast random integer generation in an
    /// interval", 2019.
    fn below(&mut self, n: u64) -> u64 {
        loop {
            let product = u128::from(self.next()) * u128::from(n);
            // The low half decides whether this product is one of the 2^64 mod n that would favour small numbers.
            if product as u64 >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }
}

/// The numbers 0 to `n - 1` in the random order of epoch `epoch` under `seed`.
///
/// The algorithm is part of what formwork promises: a SplitMix64 whose state starts at the first
/// output of the SplitMix64 with state `seed`, plus `epoch` times 0xD1B54A32D192ED03; from it
/// Lemire's bounded numbers; with them the Fisher-Yates shuffle from the last place down, place `i`
/// changing with a place from 0 to `i`.
///
/// ```
/// use formwork::data::permutation;
/// assert_eq!(permutation(8, 1, 0), permutation(8, 1, 0));
/// assert_ne!(permutation(8, 1, 0), permutation(8, 1, 1));
/// ```
pub fn permutation(n: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut random = SplitMix64::at(seed, epoch);
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, random.below(i as u64 + 1) as usize);
    }
    order
}

/// Number `i` below `n` under `seed`, which is part of the promise too: the first of Lemire's bounded numbers from a SplitMix64
/// whose state starts as that of epoch `i` in [`permutation`].
pub(super) fn drawn(i: usize, seed: u64, n: usize) -> usize {
    SplitMix64::at(seed, i as u64).below(n as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::SplitMix64;

    #[test]
    fn splitmix64_gives_the_published_numbers() {
        // Sebastiano Vigna's splitmix64.c, state 1234567.
        let mut random = SplitMix64(1234567);
        let drawn: Vec<u64> = (0..5).map(|_| random.next()).collect();
        assert_eq!(
            drawn,
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
        );
    }

    #[test]
    fn bounded_numbers_are_evenly_spread() {
        let mut random = SplitMix64(7);
        let mut counts = [0u32; 10];
        (0..100_000).for_each(|_| counts[random.below(10) as usize] += 1);
        // 10,000 wanted of each; the standard deviation is 95.
        assert!(counts.iter().all(|c| (9_620..=10_380).contains(c)), "{counts:?}");
    }
}
