//! Chance that can be repeated: the same seed gives the same bytes on every machine and for ever.

use std::sync::Mutex;

use verbatim_engine::ports::Entropy;

use super::lock;

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and no two of its outputs are equal within a
/// period, so that ids drawn from it are unique. Not for real keys.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins a stream.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end` (below 1 there is only 0).
    pub fn below(&mut self, end: usize) -> usize {
        // The bias is far below what a simulation could notice.
        (self.draw() % end.max(1) as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// The entropy port on a seed.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<Chance>);

impl SeededEntropy {
    /// Begins a stream.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Chance::new(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut chance = lock(&self.0);
        for chunk in buffer.chunks_mut(8) {
            let bytes = chance.draw().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seeds in bug reports must mean the same for ever. Values: the reference implementation's.
    #[test]
    fn the_stream_of_a_seed_is_stable() {
        let mut chance = Chance::new(1_234_567);
        assert_eq!(chance.draw(), 6_457_827_717_110_365_317);
        assert_eq!(chance.draw(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn ids_differ_and_repeat_with_the_seed() {
        let (a, b) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let first = a.id();
        assert_eq!(first, b.id());
        assert_ne!(first, a.id());
    }
}
