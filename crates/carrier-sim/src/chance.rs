//! Chance: a seedable generator for faults, and unguessable identifiers.

/// SplitMix64: small, and the same sequence on every machine and version for one seed.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// True with the given probability. 0 and less never, 1 and more always.
    pub(crate) fn hits(&mut self, probability: f64) -> bool {
        if probability >= 1.0 {
            return true;
        }
        // The top 53 bits fill the mantissa of a double: uniform in [0, 1).
        #[allow(clippy::cast_precision_loss)]
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        uniform < probability
    }
}

/// A provider identifier: a two-letter prefix and 32 hexadecimal digits. Taken from the operating
/// system, not from the seed: identifiers must stay unique over restarts with the same seed.
pub(crate) fn sid(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{prefix}{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_with_the_asked_frequency() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..10_000).map(|_| chance.hits(0.25)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let hits = draw(7).iter().filter(|hit| **hit).count();
        assert!((2300..2700).contains(&hits), "{hits}");
        assert!(!Chance::new(1).hits(0.0));
        assert!(Chance::new(1).hits(1.0));
    }

    #[test]
    fn splitmix64_matches_its_published_sequence() {
        let mut chance = Chance::new(1_234_567);
        assert_eq!(chance.next(), 6_457_827_717_110_365_317);
        assert_eq!(chance.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn sids_have_the_providers_form_and_differ() {
        let (a, b) = (sid("SM").unwrap(), sid("SM").unwrap());
        assert_ne!(a, b);
        assert!(a.len() == 34 && a.starts_with("SM"));
    }
}
