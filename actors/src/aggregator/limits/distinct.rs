//! How many distinct things there lately were, estimated in little memory (HyperLogLog).

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

/// 2¹² registers: a standard error of 1.6 %.
const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
/// The highest value of a register but one.
const MOST_ZEROS: u32 = 64 - PRECISION;

/// How many registers have each value, from 0 on.
type Counts = [u32; MOST_ZEROS as usize + 2];

/// A sketch of a set of hashes; takes no memory until the first, then 4 KiB.
#[derive(Clone, Debug, Default)]
struct Sketch {
    /// For each register one more than the most leading zeros seen; empty or [`REGISTERS`] long.
    registers: Vec<u8>,
}

/// A sketch of what was seen in one period at least and two at most.
#[derive(Debug, Default)]
pub struct RecentlyDistinct {
    current: Sketch,
    previous: Sketch,
}

/// What hashes things that are counted once and not kept: by a random seed, but in tests by always the same one, so that
/// no run of theirs estimates otherwise than the last.
pub fn local_hasher() -> SeedableRandomState {
    if cfg!(test) {
        SeedableRandomState::with_seed(7, SharedSeed::global_fixed())
    } else {
        SeedableRandomState::random()
    }
}

impl RecentlyDistinct {
    /// Notes something by its hash, all of whose bits are random.
    pub fn see(&mut self, hash: u64) {
        self.current.see(hash);
    }

    /// The registers of this period's sketch and of that before; none where nothing was seen.
    pub fn registers(&self) -> [&[u8]; 2] {
        [&self.current.registers, &self.previous.registers]
    }

    /// What [`Self::registers`] told of; none when those cannot be registers.
    pub fn from_registers([current, previous]: [Vec<u8>; 2]) -> Option<Self> {
        Some(Self {
            current: Sketch::of(current)?,
            previous: Sketch::of(previous)?,
        })
    }

    /// Begins a new period: what was seen in the one before the last is forgotten.
    pub fn begin_period(&mut self) {
        self.previous = std::mem::take(&mut self.current);
    }

    /// How many distinct hashes were seen, with a standard error of 1.6 %.
    pub fn estimate(&self) -> usize {
        if self.memory_bytes() == 0 {
            return 0;
        }
        rounded(estimate(&self.counts()))
    }

    /// How many registers have each value.
    #[expect(
        clippy::indexing_slicing,
        reason = "a register is at most one more than `MOST_ZEROS`"
    )]
    fn counts(&self) -> Counts {
        let mut counts = [0; _];
        for register in 0..REGISTERS {
            let value = self.current.value(register).max(self.previous.value(register));
            counts[usize::from(value)] += 1;
        }
        counts
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.current.registers.capacity() + self.previous.registers.capacity()
    }
}

impl Sketch {
    fn of(registers: Vec<u8>) -> Option<Self> {
        let is_whole = registers.is_empty() || registers.len() == REGISTERS;
        let fits = registers.iter().all(|value| u32::from(*value) <= MOST_ZEROS + 1);
        (is_whole && fits).then_some(Self { registers })
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a hash begins with the number of a register"
    )]
    fn see(&mut self, hash: u64) {
        if self.registers.is_empty() {
            self.registers = vec![0; REGISTERS];
        }
        let register = usize::try_from(hash >> MOST_ZEROS).unwrap_or(0);
        let zeros = (hash << PRECISION).leading_zeros().min(MOST_ZEROS);
        let value = &mut self.registers[register];
        *value = (*value).max(u8::try_from(zeros + 1).unwrap_or(u8::MAX));
    }

    fn value(&self, register: usize) -> u8 {
        self.registers.get(register).copied().unwrap_or(0)
    }
}

/// Ertl's estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6), which
/// needs no correction for small or large sets.
fn estimate([unused, used @ .., full]: &Counts) -> f64 {
    let registers = f64::from(1u32 << PRECISION);
    let share = |count: u32| f64::from(count) / registers;
    let mut sum = registers * tau(1.0 - share(*full));
    for count in used.iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += registers * sigma(share(*unused));
    registers * registers / (2.0 * std::f64::consts::LN_2 * sum)
}

fn sigma(mut share: f64) -> f64 {
    let (mut weight, mut sum) = (1.0, share);
    loop {
        share *= share;
        let before = sum;
        sum += share * weight;
        weight += weight;
        if sum == before || sum.is_infinite() {
            return sum;
        }
    }
}

fn tau(mut share: f64) -> f64 {
    let (mut weight, mut sum) = (1.0, 1.0 - share);
    loop {
        share = share.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - share).powi(2) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate is no negative number, and one too large is all there can be"
)]
fn rounded(estimate: f64) -> usize {
    estimate.round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregator::limits::KeyedHash;

    fn seen(range: std::ops::Range<u32>) -> RecentlyDistinct {
        let mut distinct = RecentlyDistinct::default();
        for number in range {
            distinct.see(KeyedHash::new().hash(&number.to_le_bytes()));
        }
        distinct
    }

    #[test]
    fn nothing_seen_is_zero_and_takes_no_memory() {
        assert_eq!(seen(0..0).estimate(), 0);
        assert_eq!(seen(0..0).memory_bytes(), 0);
        assert_eq!(seen(0..1).memory_bytes(), REGISTERS);
    }

    #[test]
    fn estimates_are_within_five_percent_at_any_size() {
        for count in [1, 2, 10, 100, 1_000, 5_000, 20_000, 100_000] {
            let (estimate, count) = (seen(0..count).estimate(), count as usize);
            let error = estimate.abs_diff(count);
            assert!(error <= count / 20, "{estimate} for {count}");
        }
    }

    #[test]
    fn what_is_seen_again_does_not_count_again() {
        let mut distinct = seen(0..1_000);
        let before = distinct.estimate();
        distinct.begin_period();
        for number in 0u32..1_000 {
            distinct.see(KeyedHash::new().hash(&number.to_le_bytes()));
        }
        assert_eq!(distinct.estimate(), before);
    }

    #[test]
    fn registers_make_the_sketch_that_they_were_of_and_no_others_do() {
        let mut distinct = seen(0..1_000);
        distinct.begin_period();
        distinct.see(u64::MAX);
        let registers = distinct.registers().map(<[u8]>::to_vec);
        let restored = RecentlyDistinct::from_registers(registers).unwrap();
        assert_eq!(restored.registers(), distinct.registers());
        assert_eq!(restored.estimate(), distinct.estimate());
        for unfit in [vec![0; 7], vec![54; REGISTERS]] {
            assert!(RecentlyDistinct::from_registers([unfit, Vec::new()]).is_none());
        }
    }

    #[test]
    fn what_was_seen_is_forgotten_after_two_periods() {
        let mut distinct = seen(0..100);
        distinct.begin_period();
        assert!(distinct.estimate().abs_diff(100) <= 2);
        distinct.begin_period();
        assert_eq!(distinct.estimate(), 0);
        assert_eq!(distinct.memory_bytes(), 0);
    }
}
