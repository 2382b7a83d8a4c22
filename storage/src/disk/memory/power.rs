//! What a power failure leaves of what was not synced.

/// What becomes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// All of it is lost.
    Lost,
    /// All of it is still there, and still not synced: only the process was killed.
    Kept,
    /// Pieces of any length stand, others are lost, and so are names of files; which, follows from this seed.
    Torn(u64),
}

/// One power failure.
#[derive(Debug)]
pub struct Tearing {
    /// None when all is lost.
    chance: Option<fastrand::Rng>,
}

impl Tearing {
    /// None when the machine went on.
    pub fn new(tear: Tear) -> Option<Self> {
        let chance = match tear {
            Tear::Kept => return None,
            Tear::Lost => None,
            Tear::Torn(seed) => Some(fastrand::Rng::with_seed(seed)),
        };
        Some(Self { chance })
    }

    /// Whether a change of a folder stands.
    pub fn keeps_name(&mut self) -> bool {
        self.chance.as_mut().is_some_and(fastrand::Rng::bool)
    }

    /// The pieces of a write that stand, each with where it begins.
    pub fn pieces<'a>(&mut self, bytes: &'a [u8]) -> Vec<(usize, &'a [u8])> {
        let Some(chance) = &mut self.chance else {
            return Vec::new();
        };
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let length = chance.usize(1..=bytes.len() - from);
            if chance.bool() {
                pieces.extend(bytes.get(from..from + length).map(|piece| (from, piece)));
            }
            from += length;
        }
        pieces
    }
}
