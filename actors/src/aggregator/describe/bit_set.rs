//! A set of small numbers.

/// Numbers, one bit each up to the largest.
#[derive(Clone, Debug, Default)]
pub struct BitSet {
    words: Vec<u64>,
    len: usize,
}

impl BitSet {
    /// Adds `number`; whether it is new.
    #[expect(
        clippy::indexing_slicing,
        reason = "there are words up to that of `number` by then"
    )]
    pub fn insert(&mut self, number: usize) -> bool {
        let (place, bit) = split(number);
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        let is_new = self.words[place] & bit == 0;
        self.words[place] |= bit;
        self.len += usize::from(is_new);
        is_new
    }

    /// Whether `number` is in it.
    pub fn contains(&self, number: usize) -> bool {
        let (place, bit) = split(number);
        self.words.get(place).is_some_and(|word| word & bit != 0)
    }

    /// How many numbers are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Its numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.words.len() * BITS).filter(|number| self.contains(*number))
    }
}

const BITS: usize = u64::BITS as usize;

fn split(number: usize) -> (usize, u64) {
    (number / BITS, 1 << (number % BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_set_holds(numbers in proptest::collection::vec(0usize..300, 0..60)) {
            let (mut set, mut model) = (BitSet::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(set.insert(number), model.insert(number));
                prop_assert!(set.contains(number));
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert!(set.iter().eq(model));
        }
    }
}
