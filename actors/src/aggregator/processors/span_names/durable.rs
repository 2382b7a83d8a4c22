//! The clusters of span names as blocks of an epoch.

use std::sync::Arc;

use prost::Message;
use thiserror::Error;

use super::SpanNames;
use super::cluster::Cluster;

/// Clusters as of a cut.
#[derive(Debug)]
pub struct FrozenSpanNames {
    leaves: Vec<FrozenLeaf>,
}

/// The clusters of one leaf, in the order in which it has them: of two that are alike, the order decides.
#[derive(Debug)]
struct FrozenLeaf {
    tokens: usize,
    way: Vec<Arc<str>>,
    clusters: Vec<Cluster>,
}

/// Leaves with their clusters; a field that is not known is passed over.
#[derive(Clone, PartialEq, Message)]
struct LeavesRecord {
    #[prost(message, repeated, tag = "1")]
    leaves: Vec<LeafRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct LeafRecord {
    /// How many tokens names have here.
    #[prost(uint32, tag = "1")]
    tokens: u32,
    /// The branches that lead here.
    #[prost(string, repeated, tag = "2")]
    way: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    clusters: Vec<ClusterRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct ClusterRecord {
    #[prost(string, tag = "1")]
    text: String,
    /// Where each token ends in the text.
    #[prost(uint32, repeated, tag = "2")]
    ends: Vec<u32>,
    #[prost(uint64, tag = "3")]
    last_use: u64,
    #[prost(sint64, tag = "4")]
    last_used_unix_milliseconds: i64,
}

/// A block is none of span names.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SpanNamesFlaw {
    /// It is no protobuf.
    #[error(transparent)]
    Malformed(#[from] prost::DecodeError),
    /// There is a pattern whose tokens do not fit its text or its leaf.
    #[error("a pattern of span names does not fit its tokens")]
    Unfit,
}

/// A block that has this many bytes takes no further leaf.
const BLOCK_BYTES: usize = 256 << 10;

impl SpanNames {
    /// The clusters as they are now.
    #[must_use]
    pub fn freeze(&self) -> FrozenSpanNames {
        let leaves = self.tree.leaves().map(|(leaf, tokens, way)| FrozenLeaf {
            tokens,
            way,
            clusters: self
                .tree
                .clusters(leaf)
                .iter()
                .filter_map(|id| self.clusters.get(*id).cloned())
                .collect(),
        });
        FrozenSpanNames {
            leaves: leaves.collect(),
        }
    }

    /// Takes in the clusters of a block.
    ///
    /// # Errors
    /// When they cannot be; some may have been taken in by then.
    pub fn restore(&mut self, block: &[u8]) -> Result<(), SpanNamesFlaw> {
        for leaf in LeavesRecord::decode(block)?.leaves {
            let tokens = leaf.tokens as usize;
            let way = leaf.way.iter().map(String::as_str);
            let place = self.tree.grow_way(tokens, way).ok_or(SpanNamesFlaw::Unfit)?;
            for record in leaf.clusters {
                self.restore_cluster(record, tokens, place)?;
            }
        }
        Ok(())
    }

    fn restore_cluster(
        &mut self,
        record: ClusterRecord,
        tokens: usize,
        leaf: usize,
    ) -> Result<(), SpanNamesFlaw> {
        let ends = record.ends.iter().map(|end| u16::try_from(*end));
        let ends: Box<[u16]> = ends.collect::<Result<_, _>>().map_err(|_| SpanNamesFlaw::Unfit)?;
        let restored = Cluster::restored(record.text.into(), ends, leaf);
        let mut cluster = restored.ok_or(SpanNamesFlaw::Unfit)?;
        if cluster.token_count() != tokens {
            return Err(SpanNamesFlaw::Unfit);
        }
        self.uses = self.uses.max(record.last_use);
        cluster.last_use = record.last_use;
        cluster.last_used_unix_milliseconds = record.last_used_unix_milliseconds;
        let id = self.clusters.insert(cluster);
        self.tree.hang(leaf, id);
        Ok(())
    }
}

impl FrozenSpanNames {
    /// The blocks, at least one when there are clusters.
    pub fn blocks(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut leaves = self.leaves.iter().map(FrozenLeaf::record).peekable();
        std::iter::from_fn(move || {
            leaves.peek()?;
            let (mut record, mut bytes) = (LeavesRecord::default(), 0);
            while bytes < BLOCK_BYTES
                && let Some(leaf) = leaves.next()
            {
                bytes += leaf.encoded_len();
                record.leaves.push(leaf);
            }
            Some(record.encode_to_vec())
        })
    }
}

impl FrozenLeaf {
    fn record(&self) -> LeafRecord {
        LeafRecord {
            tokens: u32::try_from(self.tokens).unwrap_or(u32::MAX),
            way: self.way.iter().map(|branch| branch.to_string()).collect(),
            clusters: self.clusters.iter().map(ClusterRecord::of).collect(),
        }
    }
}

impl ClusterRecord {
    fn of(cluster: &Cluster) -> Self {
        Self {
            text: cluster.pattern().to_owned(),
            ends: cluster.ends().iter().map(|end| u32::from(*end)).collect(),
            last_use: cluster.last_use,
            last_used_unix_milliseconds: cluster.last_used_unix_milliseconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn restored(names: &SpanNames) -> SpanNames {
        let mut restored = SpanNames::with_most_clusters(names.most_clusters);
        for block in names.freeze().blocks() {
            restored.restore(&block).unwrap();
        }
        restored
    }

    fn name() -> impl Strategy<Value = String> {
        let token = prop_oneof!["[ab]", "[0-9]{1,2}", Just("<_>".to_owned())];
        proptest::collection::vec(token, 1..5).prop_map(|tokens| format!("/{}", tokens.join("/")))
    }

    proptest! {
        #[test]
        fn names_that_come_later_meet_the_patterns_as_if_nothing_had_happened(
            before in proptest::collection::vec(name(), 0..60),
            after in proptest::collection::vec(name(), 0..60),
        ) {
            // Few, so that clusters are forgotten by their last use.
            let mut names = SpanNames::with_most_clusters(12);
            for (time, name) in (0..).zip(&before) {
                names.pattern(name, time);
            }
            let mut restored = restored(&names);
            prop_assert_eq!(restored.clusters(), names.clusters());
            for (time, name) in (100..).zip(&after) {
                prop_assert_eq!(restored.pattern(name, time), names.pattern(name, time));
                names.forget(time - 110);
                restored.forget(time - 110);
                prop_assert_eq!(restored.clusters(), names.clusters());
            }
        }

        #[test]
        fn bytes_that_are_no_names_are_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut names = SpanNames::new();
            let _ = names.restore(&bytes);
            names.pattern("/a/b", 0);
        }
    }

    #[test]
    fn many_clusters_take_several_blocks() {
        let mut names = SpanNames::new();
        for number in 0..9_000_i64 {
            // Letters alone, as what has digits goes the way of ids; and no node with all the branches.
            let letters = |number: i64| -> String {
                let digits = number.to_string();
                digits.bytes().map(|digit| char::from(digit + 50)).collect()
            };
            let name = format!(
                "{}/{}/{}",
                letters(number / 900),
                letters(number % 900),
                "x".repeat(60)
            );
            names.pattern(&name, number);
        }
        let frozen = names.freeze();
        assert!(frozen.blocks().count() > 1);
        assert!(frozen.blocks().all(|block| block.len() < 2 * BLOCK_BYTES));
        assert_eq!(restored(&names).clusters(), names.clusters());
        assert_eq!(SpanNames::new().freeze().blocks().count(), 0);
    }

    #[test]
    fn a_pattern_that_does_not_fit_is_told() {
        let unfit = |text: &str, ends: &[u32], tokens| {
            let cluster = ClusterRecord {
                text: text.to_owned(),
                ends: ends.to_vec(),
                ..ClusterRecord::default()
            };
            let leaf = LeafRecord {
                tokens,
                way: Vec::new(),
                clusters: vec![cluster],
            };
            let record = LeavesRecord { leaves: vec![leaf] };
            SpanNames::new().restore(&record.encode_to_vec())
        };
        for (text, ends, tokens) in [
            ("ab", &[1, 2][..], 3),
            ("ab", &[2, 1, 2], 3),
            ("ab", &[1, 9, 9], 3),
            ("aé", &[1, 2, 3], 3),
            ("ab", &[1, 70_000, 2], 3),
            ("ab", &[1, 2, 2], 4_000),
        ] {
            assert_eq!(
                unfit(text, ends, tokens),
                Err(SpanNamesFlaw::Unfit),
                "{text} {ends:?}"
            );
        }
        assert_eq!(unfit("ab", &[1, 2, 2], 3), Ok(()));
    }
}
