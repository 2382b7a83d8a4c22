//! A hash with a key, whose sketches can be read again after a restart: so it is our own, and never changes.

/// Hashes values by a random key, so that nobody chooses names that make an estimate small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedHash {
    key: [u64; 2],
}

/// Odd, with as many ones as zeros: what the last step multiplies by (from the fraction of the golden ratio).
const LAST: u64 = 0x9e37_79b9_7f4a_7c15;

impl KeyedHash {
    /// One with a key of its own, but in tests always the same one, so that no run of theirs estimates otherwise than the
    /// last.
    pub fn new() -> Self {
        if cfg!(test) {
            return Self::with_key([7, 8]);
        }
        Self::with_key([fastrand::u64(..), fastrand::u64(..)])
    }

    /// The one with this key.
    pub fn with_key(key: [u64; 2]) -> Self {
        Self { key }
    }

    /// The key.
    pub fn key(&self) -> [u64; 2] {
        self.key
    }

    /// The hash of `bytes`, all of whose bits look random.
    pub fn hash(&self, bytes: &[u8]) -> u64 {
        let [first, second] = self.key;
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
        let mixed = words.fold(first ^ bytes.len() as u64, |state, word| {
            folded(state ^ word, second | 1).rotate_left(29) ^ first
        });
        folded(folded(mixed ^ second, LAST) ^ first, LAST)
    }
}

/// Both halves of a product, one over the other.
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    let high = u64::try_from(product >> 64).unwrap_or(0);
    left.wrapping_mul(right) ^ high
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hashes_are_those_that_were_written_to_disk() {
        let hash = KeyedHash::with_key([1, 2]);
        let texts: [&[u8]; 4] = [b"", b"cart", b"checkout", b"a longer name"];
        let hashes = texts.map(|text| hash.hash(text));
        assert_eq!(hashes, WRITTEN);
    }

    const WRITTEN: [u64; 4] = [
        10_568_979_858_544_187_497,
        535_794_265_984_829_757,
        14_417_543_822_305_782_164,
        6_877_207_328_587_115_787,
    ];

    #[test]
    fn each_bit_of_a_hash_is_set_as_often_as_not() {
        let hash = KeyedHash::new();
        let hashes: Vec<_> = (0u32..20_000)
            .map(|number| hash.hash(&number.to_le_bytes()))
            .collect();
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count();
            assert!((9_600..10_400).contains(&set), "bit {bit} is set {set} times");
        }
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
    }

    #[test]
    fn other_keys_and_lengths_give_other_hashes() {
        let hash = KeyedHash::with_key([1, 2]);
        assert_ne!(hash.hash(b"a"), KeyedHash::with_key([1, 4]).hash(b"a"));
        assert_ne!(hash.hash(b"a"), KeyedHash::with_key([3, 2]).hash(b"a"));
        assert_ne!(hash.hash(b"a"), hash.hash(b"a\0"));
        assert_eq!(hash.hash(b"a"), KeyedHash::with_key(hash.key()).hash(b"a"));
    }
}
