//! Gathers span names that differ only in ids under one pattern, with the Drain algorithm (SPEC §7).

mod cluster;
mod durable;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;

use slab::Slab;

use cluster::Cluster;
pub use durable::{FrozenSpanNames, SpanNamesFlaw};
pub use tokens::MOST_NAME_BYTES;
use tokens::Tokens;
use tree::Tree;

use crate::time::TimeShift;

/// The most clusters of a tenant; past it the quarter that was not used for longest is forgotten.
pub const MOST_CLUSTERS: usize = 10_000;

/// The most clusters that a name is compared with; past it the one of them that was not used for longest is forgotten.
const MOST_CLUSTERS_OF_LEAF: usize = 64;

/// The span names of one tenant, clustered: GET `/users/1` and `/users/2` become `/users/<_>`.
///
/// Names are cut into tokens, a tree leads to the clusters that are like a name, and the best of them takes it.
/// The first name of a cluster is its pattern until a second one differs, so it is given back as it is once.
/// Which names meet depends on their order, as Drain has it: a word goes the way of ids when no name with that word
/// came before.
///
/// Memory is bounded: [`MOST_CLUSTERS`] clusters of names of at most 2048 bytes, and a tree of at most 27 nodes each.
#[derive(Debug)]
pub struct SpanNames {
    tree: Tree,
    clusters: Slab<Cluster>,
    most_clusters: usize,
    uses: u64,
    scratch: Vec<u16>,
}

impl Default for SpanNames {
    fn default() -> Self {
        Self::new()
    }
}

impl SpanNames {
    /// No names yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_most_clusters(MOST_CLUSTERS)
    }

    /// The pattern that `name`, used at this time, belongs to; `name` itself when it has fewer than 3 or more than
    /// 80 tokens (one is the end mark), or more than 2048 bytes.
    pub fn pattern<'a>(&'a mut self, name: &'a str, now_unix_milliseconds: i64) -> &'a str {
        let mut scratch = std::mem::take(&mut self.scratch);
        let found = Tokens::cut(name, &mut scratch).and_then(|tokens| self.cluster_of(tokens));
        self.scratch = scratch;
        let Some(cluster) = found.and_then(|id| self.clusters.get_mut(id)) else {
            return name;
        };
        self.uses += 1;
        cluster.last_use = self.uses;
        cluster.last_used_unix_milliseconds = now_unix_milliseconds;
        cluster.pattern()
    }

    /// How many clusters there are, which is how many patterns; at most [`MOST_CLUSTERS`].
    #[must_use]
    pub fn clusters(&self) -> usize {
        self.clusters.len()
    }

    /// Forgets the clusters that were last used before this time; their names begin anew.
    pub fn forget(&mut self, oldest_unix_milliseconds: i64) {
        self.remove_where(|cluster| cluster.last_used_unix_milliseconds < oldest_unix_milliseconds);
    }

    /// Moves the times at which clusters were last used.
    pub fn shift(&mut self, by: TimeShift) {
        for (_, cluster) in &mut self.clusters {
            by.apply(&mut cluster.last_used_unix_milliseconds);
        }
    }

    /// The bytes that are allocated.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let clusters: usize = self
            .clusters
            .iter()
            .map(|(_, cluster)| cluster.memory_bytes())
            .sum();
        clusters + self.clusters.capacity() * size_of::<Cluster>() + self.tree.memory_bytes()
    }

    fn with_most_clusters(most_clusters: usize) -> Self {
        Self {
            tree: Tree::default(),
            clusters: Slab::new(),
            most_clusters,
            uses: 0,
            scratch: Vec::new(),
        }
    }

    /// The cluster that takes `name`, new when none is like it.
    fn cluster_of(&mut self, name: Tokens<'_>) -> Option<usize> {
        if let Some(id) = self.likest(name) {
            self.clusters.get_mut(id)?.admit(name);
            return Some(id);
        }
        self.make_room();
        let leaf = self.tree.grow(name)?;
        self.make_room_on(leaf);
        let id = self.clusters.insert(Cluster::new(name, leaf));
        self.tree.hang(leaf, id);
        Some(id)
    }

    /// The cluster that is like `name` most, the older of two, when it is like it enough.
    fn likest(&self, name: Tokens<'_>) -> Option<usize> {
        let clusters = self.tree.clusters(self.tree.find(name)?).iter().rev();
        let likenesses = clusters.filter_map(|id| Some((self.clusters.get(*id)?.likeness(name), *id)));
        let (likeness, id) = likenesses.max_by_key(|(likeness, _)| *likeness)?;
        likeness.suffices(name.len()).then_some(id)
    }

    fn make_room(&mut self) {
        if self.clusters.len() < self.most_clusters {
            return;
        }
        let mut uses: Vec<u64> = self
            .clusters
            .iter()
            .map(|(_, cluster)| cluster.last_use)
            .collect();
        let going = (uses.len() / 4).max(1);
        let newest_going = *uses.select_nth_unstable(going - 1).1;
        self.remove_where(|cluster| cluster.last_use <= newest_going);
    }

    fn make_room_on(&mut self, leaf: usize) {
        let clusters = self.tree.clusters(leaf);
        if clusters.len() < MOST_CLUSTERS_OF_LEAF {
            return;
        }
        let last_use = |id: &&usize| self.clusters.get(**id).map(|cluster| cluster.last_use);
        if let Some(id) = clusters.iter().min_by_key(last_use).copied() {
            self.clusters.try_remove(id);
            self.tree.take_off(leaf, id);
        }
    }

    fn remove_where(&mut self, goes: impl Fn(&Cluster) -> bool) {
        let tree = &mut self.tree;
        let before = self.clusters.len();
        self.clusters.retain(|id, cluster| {
            let goes = goes(cluster);
            if goes {
                tree.take_off(cluster.leaf, id);
            }
            !goes
        });
        if self.clusters.len() < before {
            self.clusters.shrink_to_fit();
            self.tree.shrink();
        }
    }
}
