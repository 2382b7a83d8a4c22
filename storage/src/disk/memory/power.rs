//! What a power failure leaves of what was not synced.

/// What becomes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// All of it is lost.
    Lost,
    /// All of it stands: only the process was killed.
    Kept,
    /// Pieces of any length stand, others are lost, and so are names of files; which, follows from this seed.
    Torn(u64),
}

/// One power failure.
#[derive(Debug)]
pub struct Tearing {
    tear: Tear,
    chance: fastrand::Rng,
}

impl Tearing {
    pub fn new(tear: Tear) -> Self {
        let seed = if let Tear::Torn(seed) = tear { seed } else { 0 };
        let chance = fastrand::Rng::with_seed(seed);
        Self { tear, chance }
    }

    /// The pieces of a write that stand, each with where it begins.
    pub fn pieces<'a>(&mut self, bytes: &'a [u8]) -> Vec<(usize, &'a [u8])> {
        match self.tear {
            Tear::Lost => Vec::new(),
            Tear::Kept => vec![(0, bytes)],
            Tear::Torn(_) => self.torn(bytes),
        }
    }

    /// Whether a change of a folder stands.
    pub fn keeps_name(&mut self) -> bool {
        match self.tear {
            Tear::Lost => false,
            Tear::Kept => true,
            Tear::Torn(_) => self.chance.bool(),
        }
    }

    fn torn<'a>(&mut self, bytes: &'a [u8]) -> Vec<(usize, &'a [u8])> {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let length = self.chance.usize(1..=bytes.len() - from);
            if self.chance.bool() {
                pieces.extend(bytes.get(from..from + length).map(|piece| (from, piece)));
            }
            from += length;
        }
        pieces
    }
}
