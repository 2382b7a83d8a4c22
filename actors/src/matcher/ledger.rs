//! The ledger of one tenant's pairing in one shard: what became of halves, by service and side, for diagnosis.

use std::time::Duration;

use super::duration_histogram::DurationHistogram;
use super::given_up::GivenUp;
use super::marks::Marks;
use super::pairing_counts::{HalfFate, PairingCounts, ServiceCounts, ServicePairing};
use super::pending_edge::{KnownHalf, PendingEdge};
use super::service_rows::ServiceRows;
use super::symbols::Symbols;
use crate::batches::Side;
use crate::time::{PipelineTime, TimeShift};

/// Counts since the start, and what is needed to tell the last minutes.
///
/// Nothing here changes what becomes of a half. A half costs one increment in a row that its service's symbol gives.
#[derive(Debug)]
pub struct Ledger {
    rows: ServiceRows,
    counts: RowCounts,
    given_up: GivenUp,
    marks: Marks<RowCounts>,
    /// The time of the batch at hand.
    clock: PipelineTime,
}

/// What the ledger tells.
#[derive(Clone, Debug)]
pub struct LedgerPages {
    /// Since the start.
    pub since_start: PairingCounts,
    /// Within `window`.
    pub recent: PairingCounts,
    /// How far back `recent` goes; `None` when that is to the start.
    pub window: Option<Duration>,
}

#[derive(Clone, Debug, Default)]
struct RowCounts {
    services: Vec<ServiceCounts>,
    gaps: DurationHistogram,
    lateness: DurationHistogram,
}

impl Ledger {
    /// An empty ledger of a tenant whose halves wait for `wait`.
    #[must_use]
    pub fn new(wait: Duration) -> Self {
        Self {
            rows: ServiceRows::new(),
            counts: RowCounts::default(),
            given_up: GivenUp::new(wait),
            marks: Marks::new(),
            clock: PipelineTime::MIN,
        }
    }

    /// From now on halves wait for `wait`.
    pub fn set_wait(&mut self, wait: Duration) {
        self.given_up.set_wait(wait);
    }

    /// Sets the clock by which gaps are told, once a batch: to take the time of each edge from each other costs more.
    pub fn set_clock(&mut self, now: PipelineTime) {
        self.clock = now;
    }

    /// Moves all times that it remembers.
    pub fn shift(&mut self, by: TimeShift) {
        self.given_up.shift(by);
        self.marks.shift(by);
        self.clock += by;
    }

    /// Whether edges were given up lately, so that halves can be late.
    #[must_use]
    pub fn expects_late_halves(&self) -> bool {
        !self.given_up.is_empty()
    }

    /// Notes that a half begins a new edge at `now`, which may be one that was given up before.
    pub fn note_first(&mut self, half: KnownHalf, symbols: &Symbols, now: PipelineTime) {
        if let Some(lateness) = self.given_up.lateness(half.key, half.side, now) {
            self.counts.lateness.observe(lateness);
            self.note(half, HalfFate::Late, symbols);
        }
    }

    /// Notes that `half` met `fate` on its own.
    pub fn note(&mut self, half: KnownHalf, fate: HalfFate, symbols: &Symbols) {
        let row = self.rows.row(half.service, symbols);
        self.counts.service(row).side_mut(half.side).count(fate, 1);
    }

    /// Notes that `edge` was completed now.
    #[inline]
    pub fn note_completed(&mut self, edge: &PendingEdge, symbols: &Symbols) {
        self.note_edge(edge, HalfFate::Completed, symbols);
        if edge.client_halves > 0 && edge.server_halves > 0 {
            // None when batches of different ingest actors come in another order than that of their stamps.
            let gap = self.clock.milliseconds_since(edge.began);
            self.counts.gaps.observe_milliseconds(gap);
        }
    }

    /// Notes that `edge`, whose `wait` is over, was given up, which is one of the `fate`s virtual node and expired.
    pub fn note_given_up(&mut self, edge: &PendingEdge, wait: Duration, fate: HalfFate, symbols: &Symbols) {
        self.note_edge(edge, fate, symbols);
        let since = edge.began + wait;
        match (edge.client_halves, edge.server_halves) {
            (0, _) => self.given_up.remember(edge.key, Side::Client, since),
            (_, 0) => self.given_up.remember(edge.key, Side::Server, since),
            _ => {}
        }
    }

    /// Notes that all halves of `edge` met `fate`.
    #[inline]
    pub fn note_edge(&mut self, edge: &PendingEdge, fate: HalfFate, symbols: &Symbols) {
        if edge.client_halves > 0 {
            let row = self.rows.row(edge.client, symbols);
            let client = &mut self.counts.service(row).client;
            client.count(fate, u64::from(edge.client_halves));
        }
        if edge.server_halves > 0 {
            let row = self.rows.row(edge.server, symbols);
            let server = &mut self.counts.service(row).server;
            server.count(fate, u64::from(edge.server_halves));
        }
    }

    /// Forgets the edges that were given up too long ago to matter.
    pub fn expire(&mut self, now: PipelineTime) {
        self.given_up.expire(now);
    }

    /// Must be called when symbols change their texts.
    pub fn forget_symbols(&mut self) {
        self.rows.forget_symbols();
    }

    /// Keeps the counts as they are, for what is recent to be told from.
    pub fn mark(&mut self, now: PipelineTime) {
        self.marks.set(now, self.counts.clone());
    }

    /// What was counted until `now`.
    #[must_use]
    pub fn pages(&self, now: PipelineTime) -> LedgerPages {
        let since_start = self.named(&self.counts);
        match self.marks.earlier() {
            Some((at, earlier)) => LedgerPages {
                recent: self.named(&self.counts.since(earlier)),
                window: Some(now.since(*at)),
                since_start,
            },
            None => LedgerPages {
                recent: since_start.clone(),
                window: None,
                since_start,
            },
        }
    }

    fn named(&self, counts: &RowCounts) -> PairingCounts {
        let services = self.rows.names().iter().zip(&counts.services);
        let services = services.filter(|(_, counts)| **counts != ServiceCounts::default());
        PairingCounts {
            services: services
                .map(|(service, counts)| ServicePairing {
                    service: service.clone(),
                    counts: *counts,
                })
                .collect(),
            gaps: counts.gaps.clone(),
            lateness: counts.lateness.clone(),
        }
    }
}

impl RowCounts {
    /// The counts in `row`, which is made when it is not there yet; there are as many as services.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "there are rows up to `row` by then")]
    fn service(&mut self, row: usize) -> &mut ServiceCounts {
        if row >= self.services.len() {
            self.grow(row + 1);
        }
        &mut self.services[row]
    }

    #[cold]
    fn grow(&mut self, rows: usize) {
        self.services.resize(rows, ServiceCounts::default());
    }

    fn since(&self, earlier: &Self) -> Self {
        let mut services = self.services.clone();
        for (counts, before) in services.iter_mut().zip(&earlier.services) {
            *counts = counts.since(before);
        }
        Self {
            services,
            gaps: self.gaps.since(&earlier.gaps),
            lateness: self.lateness.since(&earlier.lateness),
        }
    }
}
