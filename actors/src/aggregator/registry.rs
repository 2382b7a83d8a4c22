//! The registry of one tenant: edges and spans go in, collected samples and exposition come out.

mod forgetting;
mod freezing;
mod takeover;

use std::fmt;

use spangraph_config::{TenantId, TenantSettings};

use self::forgetting::Forgetting;
use super::collecting::Collection;
use super::exposition::{self, Basis, Exposition, ExpositionFormat};
use super::limits::{LabelDemand, LabelLimits};
use super::lookup::Keys;
use super::processors::{ServiceGraphs, SpanMetrics, SpanNamePatterns, Targets};
use super::series::{FamilyTable, SeriesCounts, SeriesStore};
use crate::batches::{Collected, Connection, Edges, SpanUpdates};
use crate::time::TimeShift;

/// All series of one tenant.
///
/// Takes the time instead of asking for it; times are milliseconds since the Unix epoch.
#[derive(Debug)]
pub struct Registry {
    pub(super) store: SeriesStore,
    pub(super) service_graphs: ServiceGraphs,
    pub(super) span_metrics: SpanMetrics,
    pub(super) span_name_patterns: SpanNamePatterns,
    targets: Targets,
    /// What is still to be done after the last collection.
    forgetting: Option<Forgetting>,
}

/// What became of a batch of edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The edges by what connects their sides.
    pub edges: ConnectionCounts,
    /// Updates of a counter, gauge or histogram that a limit turned away to the overflow.
    pub limited_updates: u64,
}

/// Edges by what connects their sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// Plain calls.
    pub unset: u64,
    /// Messages.
    pub messaging_system: u64,
    /// Calls of databases.
    pub database: u64,
    /// Edges with one side that never reported.
    pub virtual_node: u64,
}

/// How much a registry holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistryStats {
    /// Series now and ever, and updates that limits turned away.
    pub series: SeriesCounts,
    /// Label sets (entities) that have series.
    pub label_sets: usize,
    /// Series that there would be without a limit, those turned away in the last one or two stale durations
    /// estimated (1.6 % standard error).
    pub demanded_series: usize,
    /// Label sets (entities) that there would be without a limit, likewise.
    pub demanded_label_sets: usize,
    /// Patterns of span names, which `dry_run` counts too; 0 when names are left as they are.
    pub span_name_patterns: usize,
    /// Combinations of label values as they came in, by which label sets are found.
    pub keys: usize,
    /// Distinct texts in those combinations.
    pub symbols: usize,
    /// The bytes that are allocated for all of it.
    pub memory_bytes: usize,
}

impl Registry {
    /// A registry without series.
    #[must_use]
    pub fn new(settings: &TenantSettings, tenant: &TenantId) -> Self {
        let mut families = FamilyTable::default();
        let mut label_limits = LabelLimits::new(&settings.registry);
        let service_graphs = ServiceGraphs::new(settings, &mut families, &mut label_limits);
        let span_metrics = SpanMetrics::new(settings, &mut families, &mut label_limits);
        let targets = Targets::new(settings, &mut families);
        let mut store = SeriesStore::new(&settings.registry, tenant, families, label_limits);
        store.sends_exemplars = settings.sends_exemplars();
        Self {
            store,
            service_graphs,
            span_metrics,
            span_name_patterns: SpanNamePatterns::new(settings.registry.span_name_sanitization),
            targets,
            forgetting: None,
        }
    }

    /// The same, but no series of it is seeded before `unix_milliseconds`: when the process began, or after the last sample
    /// that an earlier registry of the tenant can have sent (SPEC §7).
    #[must_use]
    pub fn with_seeds_from(mut self, unix_milliseconds: i64) -> Self {
        self.store.tombstones.set_seeds_from(unix_milliseconds);
        self
    }

    /// Updates the series of every edge. For label sets that exist, a look-up by numbers without allocation.
    pub fn apply(&mut self, edges: &Edges, now_unix_milliseconds: i64) -> Applied {
        let limited_before = self.store.counts().limited_updates;
        self.service_graphs
            .apply(edges, &mut self.store, now_unix_milliseconds);
        let limited_updates = self.store.counts().limited_updates - limited_before;
        Applied {
            edges: ConnectionCounts::of(edges),
            limited_updates,
        }
    }

    /// Updates the series of every label set, target and host of a request. For label sets of spans that exist,
    /// a look-up by numbers without allocation; targets and hosts are looked up by their texts.
    pub fn apply_spans(&mut self, updates: &SpanUpdates, now_unix_milliseconds: i64) {
        let named = self.span_name_patterns.apply(updates, now_unix_milliseconds);
        self.span_metrics
            .apply(&named, &mut self.store, now_unix_milliseconds);
        self.targets
            .apply(updates, &mut self.store, now_unix_milliseconds);
    }

    /// Encodes every series once; ends and removes those that were not updated for `stale_duration` (SPEC §7).
    pub fn collect(&mut self, now_unix_milliseconds: i64) -> Collected {
        let mut collection = self.begin_collection(now_unix_milliseconds);
        self.collect_slice(&mut collection, usize::MAX);
        self.forget_slice(usize::MAX);
        collection.finish()
    }

    /// A collection that is done in slices, all of whose samples are of this time. It is to be brought to its end before
    /// the next begins.
    #[must_use]
    pub fn begin_collection(&mut self, now_unix_milliseconds: i64) -> Collection {
        self.forget_slice(usize::MAX);
        self.store.begin_collection(now_unix_milliseconds)
    }

    /// Goes on with `collection` until about so many samples are written; tells whether it is over. Then there may be something
    /// to do for [`Self::forget_slice`], which has the rest of this slice.
    ///
    /// Edges and spans may be applied between slices. Anything else that removes series has to wait until it is over.
    pub fn collect_slice(&mut self, collection: &mut Collection, samples: usize) -> bool {
        let left = self.store.collect(collection, samples);
        let is_over = collection.is_over();
        if is_over {
            self.begin_forgetting(collection.unix_milliseconds(), collection.take_ended());
            self.forget_slice(left);
        }
        is_over
    }

    /// Removes the stale series of a tenant whose collection is disabled, at once. Series that were sent are left to
    /// [`Self::collect`], which ends them with a staleness marker, as long as it is called.
    pub fn evict(&mut self, now_unix_milliseconds: i64) {
        let mut eviction = self.begin_eviction(now_unix_milliseconds);
        self.collect_slice(&mut eviction, usize::MAX);
        self.forget_slice(usize::MAX);
    }

    /// The same in slices, as a collection of which nothing is written.
    #[must_use]
    pub fn begin_eviction(&mut self, now_unix_milliseconds: i64) -> Collection {
        self.forget_slice(usize::MAX);
        self.store.begin_eviction(now_unix_milliseconds)
    }

    /// Moves all times that decide when something ends, as the clock was shifted: what is in use stays, and what is stale
    /// in a minute still is in a minute. A collection that runs has the time from before, and must be over by then.
    pub fn shift(&mut self, by: TimeShift) {
        self.forget_slice(usize::MAX);
        self.service_graphs.labels.shift(by);
        self.span_metrics.labels.shift(by);
        self.span_name_patterns.shift(by);
        self.store.shift(by);
    }

    /// Goes on with a page to scrape, under settings of this `generation`, until it is over or about so many samples are
    /// written.
    ///
    /// # Errors
    /// Never: text can always be written.
    pub fn expose_slice(&self, exposition: &mut Exposition, generation: u64, samples: usize) -> fmt::Result {
        let basis = Basis {
            generation,
            removed: self.store.counts().removed,
        };
        exposition::write_slice(self.store.exposed(), exposition, basis, samples)
    }

    /// All series as one complete page to scrape, `# EOF` included where the format has it.
    ///
    /// # Errors
    /// Never: text can always be written.
    pub fn expose(&self, format: ExpositionFormat) -> Result<String, fmt::Error> {
        let mut exposition = Exposition::new(format);
        self.expose_slice(&mut exposition, 0, usize::MAX)?;
        Ok(exposition.into_page())
    }

    /// How much there is and was.
    #[must_use]
    pub fn stats(&self) -> RegistryStats {
        let keys = [self.service_graphs.keys(), self.span_metrics.keys()];
        let sum = |count: fn(&Keys) -> usize| keys.into_iter().map(count).sum();
        let key_bytes: usize = sum(Keys::memory_bytes);
        RegistryStats {
            series: self.store.counts(),
            label_sets: self.store.label_sets(),
            demanded_series: self.store.demanded_series(),
            demanded_label_sets: self.store.demanded_label_sets(),
            span_name_patterns: self.span_name_patterns.patterns(),
            keys: sum(Keys::len),
            symbols: sum(|keys| keys.symbols().len()),
            memory_bytes: self.store.memory_bytes() + key_bytes,
        }
    }

    /// The estimated values of each label and the updates that their limit changed; none when there is no limit.
    pub fn label_demand(&self) -> impl Iterator<Item = LabelDemand> {
        self.store.label_limits.demand()
    }

    /// When series were last collected, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn last_collected(&self) -> Option<i64> {
        self.store.last_collected
    }
}

impl ConnectionCounts {
    fn of(edges: &Edges) -> Self {
        let mut counts = Self::default();
        for edge in &edges.edges {
            match edge.connection {
                Connection::Unset => counts.unset += 1,
                Connection::MessagingSystem => counts.messaging_system += 1,
                Connection::Database => counts.database += 1,
                Connection::VirtualNode => counts.virtual_node += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests;
