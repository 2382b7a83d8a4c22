//! What a matcher tells of one tenant's pairing, and what all shards together tell.

use std::time::Duration;

use spangraph_config::TenantSettings;

use super::pairing_counts::PairingCounts;
use super::pending_edge::PendingEdge;
use crate::metrics::TenantMetrics;
use crate::time::PipelineTime;

/// The bounds of [`Pending::ages`] as shares of `wait`.
pub const AGE_SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 1.0];

/// Edges that wait, by side and age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Edges that wait.
    pub edges: u64,
    /// Their halves of kinds client and producer.
    pub client_halves: u64,
    /// Their halves of kinds server and consumer.
    pub server_halves: u64,
    /// Edges by age: up to each of [`AGE_SHARES`], and older, which the next tick gives up.
    pub ages: [u64; AGE_SHARES.len() + 1],
}

/// Spans that came in and spans that the slack discards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlackCounts {
    /// Spans accepted.
    pub received: u64,
    /// Spans that ended longer ago than the slack.
    pub too_old: u64,
    /// Spans that end later than the slack allows.
    pub too_new: u64,
}

/// What one shard tells of a tenant.
#[derive(Clone, Debug, Default)]
pub struct ShardPairingDescription {
    /// What waits.
    pub pending: Pending,
    /// The bytes that the texts of what waits in all shards take.
    pub text_bytes: u64,
    /// Since the start.
    pub since_start: PairingCounts,
    /// Within `window`.
    pub recent: PairingCounts,
    /// How far back `recent` goes; `None` when that is to the start.
    pub window: Option<Duration>,
    /// The tenant's spans when `window` began; none when that is the start.
    pub spans_before: SlackCounts,
}

/// What all shards tell of a tenant.
#[derive(Clone, Debug)]
pub struct PairingDescription {
    /// How long a half waits for the other.
    pub wait: Duration,
    /// How far from now a span may end.
    pub slack: Duration,
    /// The most edges that may wait: `max_items`.
    pub limit: usize,
    /// What waits; above [`SAMPLED`] edges a shard its parts are estimates.
    pub pending: Pending,
    /// The bytes that the texts of what waits take.
    pub text_bytes: u64,
    /// The most bytes that they may take: `spangraph.matcher.max_text_bytes`.
    pub text_limit: usize,
    /// Since the start.
    pub since_start: PairingCounts,
    /// Within `window`.
    pub recent: PairingCounts,
    /// Spans since the start.
    pub spans: SlackCounts,
    /// Spans within `window`.
    pub recent_spans: SlackCounts,
    /// How far back what is recent goes: between 5 and 10 minutes; `None` when that is to the start.
    pub window: Option<Duration>,
}

/// How many edges of a shard are looked at to tell their ages; where there are more, the others are taken to be alike.
pub const SAMPLED: usize = 8_192;

impl Pending {
    /// What is to be told of `edges` waiting edges of which `sample` is all or a fair part.
    #[must_use]
    pub fn of<'e>(
        edges: usize,
        sample: impl Iterator<Item = &'e PendingEdge>,
        wait: Duration,
        now: PipelineTime,
    ) -> Self {
        let bounds = AGE_SHARES.map(|share| wait.mul_f64(share));
        let mut pending = Self::default();
        for edge in sample {
            let age = now.since(edge.began);
            let overdue = edge.began + wait < now;
            let bucket = bounds.iter().position(|bound| age <= *bound && !overdue);
            if let Some(count) = pending.ages.get_mut(bucket.unwrap_or(AGE_SHARES.len())) {
                *count += 1;
            }
            pending.edges += 1;
            pending.client_halves += u64::from(edge.client_halves);
            pending.server_halves += u64::from(edge.server_halves);
        }
        pending.scaled(edges as u64)
    }

    /// Halves on both sides.
    #[must_use]
    pub fn halves(&self) -> u64 {
        self.client_halves + self.server_halves
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.edges += other.edges;
        self.client_halves += other.client_halves;
        self.server_halves += other.server_halves;
        for (count, more) in self.ages.iter_mut().zip(other.ages) {
            *count += more;
        }
    }

    /// The same picture of `edges`.
    fn scaled(self, edges: u64) -> Self {
        let (seen, edges_wide) = (u128::from(self.edges.max(1)), u128::from(edges));
        let scale = |count: u64| u64::try_from(u128::from(count) * edges_wide / seen).unwrap_or(u64::MAX);
        Self {
            edges,
            client_halves: scale(self.client_halves),
            server_halves: scale(self.server_halves),
            ages: self.ages.map(scale),
        }
    }
}

impl SlackCounts {
    /// What `metrics` have counted.
    #[must_use]
    pub fn of(metrics: &TenantMetrics) -> Self {
        Self {
            received: metrics.spans_received.get(),
            too_old: metrics.discarded.too_old.get(),
            too_new: metrics.discarded.too_new.get(),
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            received: self.received.saturating_sub(earlier.received),
            too_old: self.too_old.saturating_sub(earlier.too_old),
            too_new: self.too_new.saturating_sub(earlier.too_new),
        }
    }

    fn larger(self, other: Self) -> Self {
        Self {
            received: self.received.max(other.received),
            too_old: self.too_old.max(other.too_old),
            too_new: self.too_new.max(other.too_new),
        }
    }
}

impl PairingDescription {
    /// What `shards` of a tenant with `settings` tell together; `spans` are its own since the start.
    #[must_use]
    pub fn merged(
        settings: &TenantSettings,
        spans: SlackCounts,
        shards: Vec<ShardPairingDescription>,
    ) -> Self {
        let mut pending = Pending::default();
        shards.iter().for_each(|shard| pending.add(&shard.pending));
        let text_bytes = shards.iter().map(|shard| shard.text_bytes).max();
        let window = shards.iter().filter_map(|shard| shard.window).max();
        let before = shards.iter().map(|shard| shard.spans_before);
        let before = before.fold(SlackCounts::default(), SlackCounts::larger);
        let (since_start, recent) = shards
            .into_iter()
            .map(|shard| (shard.since_start, shard.recent))
            .unzip::<_, _, Vec<_>, Vec<_>>();
        Self {
            wait: settings.service_graphs.wait,
            slack: settings.ingestion_time_range_slack,
            limit: settings.service_graphs.max_items,
            pending,
            text_bytes: text_bytes.unwrap_or_default(),
            text_limit: settings.service_graphs.max_text_bytes,
            since_start: PairingCounts::merged(since_start),
            recent: PairingCounts::merged(recent),
            spans,
            recent_spans: spans.since(before),
            window,
        }
    }

    /// What is told of a tenant of which nothing is known.
    #[must_use]
    pub fn empty(settings: &TenantSettings) -> Self {
        Self::merged(settings, SlackCounts::default(), Vec::new())
    }
}
