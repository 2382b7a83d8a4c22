//! Splits half-edges over the matcher shards, so that all halves of a trace meet in one.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::quality::FixedState;

use crate::batches::{HalfEdge, HalfEdges, TextId, Texts};

/// The shard of a trace, below `shards`; the same in every ingest actor, hence without a random key.
#[must_use]
pub fn shard_of(trace_id: &[u8; 16], shards: usize) -> usize {
    let hash = FixedState::with_seed(0).hash_one(u128::from_be_bytes(*trace_id));
    // The high half of the product spreads the hash over the shards without a division.
    let shard = (u128::from(hash) * shards as u128) >> 64;
    usize::try_from(shard).unwrap_or(0)
}

/// The half-edges of one request by shard.
#[derive(Debug)]
pub(super) struct ShardedHalves {
    shards: Vec<ShardHalves>,
}

#[derive(Debug)]
struct ShardHalves {
    halves: Vec<HalfEdge>,
    dimensions: Vec<TextId>,
}

impl ShardedHalves {
    /// No half-edges in `shards` shards, at least one; there is room for about `expected` in all.
    pub(super) fn new(shards: usize, expected: usize) -> Self {
        let shards = shards.max(1);
        let empty = || ShardHalves {
            halves: Vec::with_capacity(expected / shards),
            dimensions: Vec::new(),
        };
        Self {
            shards: std::iter::repeat_with(empty).take(shards).collect(),
        }
    }

    /// Adds a half-edge with its dimensions to the shard of its trace.
    pub(super) fn push(&mut self, half: HalfEdge, dimensions: &[TextId]) {
        let shard = shard_of(&half.key.trace_id, self.shards.len());
        if let Some(shard) = self.shards.get_mut(shard) {
            shard.halves.push(half);
            shard.dimensions.extend_from_slice(dimensions);
        }
    }

    /// One batch a shard, empty ones included; all share `texts`.
    pub(super) fn into_batches(self, texts: &Arc<Texts>) -> Vec<HalfEdges> {
        let batch = |ShardHalves { halves, dimensions }| HalfEdges {
            texts: Arc::clone(texts),
            halves,
            dimensions,
        };
        self.shards.into_iter().map(batch).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_trace_has_one_shard_in_range(trace_id: [u8; 16], shards in 1_usize..100) {
            prop_assert!(shard_of(&trace_id, shards) < shards);
            prop_assert_eq!(shard_of(&trace_id, shards), shard_of(&trace_id, shards));
            prop_assert_eq!(shard_of(&trace_id, 1), 0);
        }
    }

    #[test]
    fn traces_that_differ_little_are_spread_evenly() {
        for position in [0, 7, 15] {
            let mut sizes = [0; 4];
            for byte in 0..=255 {
                let mut trace_id = [0; 16];
                trace_id[position] = byte;
                sizes[shard_of(&trace_id, sizes.len())] += 1;
            }
            assert!(sizes.iter().all(|size| (35..95).contains(size)), "{sizes:?}");
        }
    }
}
