//! The cores of the pipeline on the same generated traffic, each fed with what the one before it gave.

use std::hint::black_box;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use spangraph_actors::aggregator::Registry;
use spangraph_actors::batches::{Edges, HalfEdges, SpanUpdates};
use spangraph_actors::ingest::{Extracted, Extractor};
use spangraph_actors::matcher::{Pairing, PairingBudgets};
use spangraph_actors::time::PipelineTime;
use spangraph_config::{TenantId, TenantSettings};
use spangraph_load::floor::walk;
use spangraph_load::traffic::{Round, Shape, Stamp};

const NOW_NANOSECONDS: u64 = 1_700_000_000_000_000_000;
const NOW_MILLISECONDS: i64 = 1_700_000_000_000;
/// As a machine with few cores has.
const SHARDS: usize = 2;

/// Requests, and what each core is fed with.
pub struct Workload {
    requests: Vec<Vec<u8>>,
    spans: u64,
    now: PipelineTime,
    extractor: Extractor,
    halves: Vec<HalfEdges>,
    updates: Vec<SpanUpdates>,
    edges: Vec<Edges>,
    pairing: Pairing,
    registry: Registry,
    collections: i64,
}

/// The cores, and decoding with prost to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// Visits every field and attribute.
    Walk,
    /// Decodes into owned messages: no core of ours.
    Decode,
    /// Walks, and makes half-edges and span metrics.
    Ingest,
    /// Pairs half-edges.
    Pair,
    /// Applies edges and span metrics to series.
    Aggregate,
    /// All of them: what a span costs between receiver and series.
    All,
    /// Encodes all series and compresses them.
    Collect,
}

impl Core {
    /// Every core.
    pub const EACH: [Self; 7] = [
        Self::Walk,
        Self::Decode,
        Self::Ingest,
        Self::Pair,
        Self::Aggregate,
        Self::All,
        Self::Collect,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Walk => "walk",
            Self::Decode => "decode with prost",
            Self::Ingest => "ingest",
            Self::Pair => "pair",
            Self::Aggregate => "aggregate",
            Self::All => "ingest, pair, aggregate",
            Self::Collect => "collect, encode, compress",
        }
    }
}

impl Workload {
    /// The traffic of `shape` and what the cores make of it; every label set is born already.
    pub fn new(shape: &Shape) -> Self {
        let mut settings = TenantSettings::default();
        settings.processors.span_metrics_count = true;
        settings.processors.span_metrics_latency = true;
        settings.processors.span_metrics_size = true;
        settings.service_graphs.max_items = 1_000_000;
        let round = Round::new(shape).expect("traffic is made");
        let stamp = Stamp::of_round(shape.seed, 0, NOW_NANOSECONDS);
        let tenant = TenantId::single();
        let mut workload = Self {
            requests: round
                .templates()
                .map(|template| template.stamped(&stamp))
                .collect(),
            spans: round.spans(),
            now: PipelineTime::from_unix_milliseconds(NOW_MILLISECONDS),
            extractor: Extractor::new(&settings, SHARDS),
            halves: Vec::new(),
            updates: Vec::new(),
            edges: Vec::new(),
            pairing: Pairing::new(
                &settings.service_graphs,
                PairingBudgets::new(&settings.service_graphs),
            ),
            registry: Registry::new(&settings, &tenant),
            collections: 0,
        };
        workload.feed();
        workload
    }

    /// So many spans are in one pass of a core.
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// So many samples are in one collection.
    pub fn samples(&mut self) -> u64 {
        let now = self.next_collection();
        let collected = self.registry.collect(now);
        collected.chunks.iter().map(|chunk| chunk.samples() as u64).sum()
    }

    /// One pass.
    pub fn run(&mut self, core: Core) {
        match core {
            Core::Walk => self.walk(),
            Core::Decode => self.decode(),
            Core::Ingest => self.ingest(),
            Core::Pair => self.pair(),
            Core::Aggregate => self.aggregate(),
            Core::All => self.all(),
            Core::Collect => self.collect(),
        }
    }

    fn feed(&mut self) {
        let extracted: Vec<_> = self
            .requests
            .iter()
            .map(|request| self.extract(request))
            .collect();
        for request in extracted {
            self.halves.extend(request.shards);
            self.updates.push(request.span_updates);
        }
        let halves = std::mem::take(&mut self.halves);
        for batch in &halves {
            self.pairing.apply(batch, self.now);
            self.edges.push(self.pairing.take_edges());
        }
        self.halves = halves;
        self.aggregate();
    }

    fn extract(&self, request: &[u8]) -> Extracted {
        self.extractor
            .extract(request, NOW_NANOSECONDS)
            .expect("traffic is well-formed")
    }

    fn walk(&self) {
        for request in &self.requests {
            black_box(walk(black_box(request)).expect("traffic is well-formed"));
        }
    }

    fn decode(&self) {
        for request in &self.requests {
            let request = ExportTraceServiceRequest::decode(black_box(request.as_slice()));
            black_box(request.expect("traffic is well-formed"));
        }
    }

    fn ingest(&self) {
        for request in &self.requests {
            black_box(self.extract(black_box(request)));
        }
    }

    /// Every half is there once a pass; all but the roots meet, so the table is as small after it as before.
    fn pair(&mut self) {
        for batch in &self.halves {
            self.pairing.apply(black_box(batch), self.now);
            black_box((self.pairing.take_edges(), self.pairing.take_outcomes()));
        }
    }

    fn aggregate(&mut self) {
        for edges in self.edges.iter().filter(|edges| !edges.edges.is_empty()) {
            self.registry.apply(black_box(edges), NOW_MILLISECONDS);
        }
        for updates in &self.updates {
            self.registry.apply_spans(black_box(updates), NOW_MILLISECONDS);
        }
    }

    fn all(&mut self) {
        for request in &self.requests {
            let extracted = self.extract(black_box(request));
            for batch in &extracted.shards {
                self.pairing.apply(batch, self.now);
                black_box(self.pairing.take_outcomes());
                if self.pairing.has_edges() {
                    self.registry.apply(&self.pairing.take_edges(), NOW_MILLISECONDS);
                }
            }
            self.registry
                .apply_spans(&extracted.span_updates, NOW_MILLISECONDS);
        }
    }

    fn collect(&mut self) {
        let now = self.next_collection();
        black_box(self.registry.collect(now));
    }

    /// Only a little later each time, so that no series gets stale.
    fn next_collection(&mut self) -> i64 {
        self.collections += 1;
        NOW_MILLISECONDS + self.collections
    }
}
