//! The cores of a pipeline without their actors, one after the other: from a request's bytes to an epoch on the disk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use spangraph_config::{DurabilitySettings, SpanLogSettings, TenantId, TenantSettings};
use spangraph_storage::disk::memory::MemoryDisk;
use spangraph_storage::epochs::{EndpointKey, TenantKey};
use spangraph_storage::span_log::{LoggedRequest, Request as LogRequest, SpanLog};
use spangraph_test_support::exposition::Scrape;

use super::model::{BOUND, Half, PEER, Request, WAIT, service};
use super::spans;
use crate::aggregator::{Exposition, ExpositionFormat, Registry};
use crate::batches::Collected;
use crate::durability::{
    FoundLog, FoundState, Keeper, MissedCut, NotKept, PipelineCut, StateFolder, StateImage, TenantCut,
    decode_samples, source_part,
};
use crate::graph_history::GraphHistoryImage;
use crate::ingest::Extractor;
use crate::matcher::{LoadedPairing, Pairing, PairingBudgets};
use crate::pipeline::restoring::{Loaded, load};
use crate::time::PipelineTime;

/// The endpoint of all tenants.
const ENDPOINT: &str = "store";

/// One process.
pub struct Machine {
    settings: TenantSettings,
    extractor: Extractor,
    shards: usize,
    tenants: BTreeMap<TenantId, Tenant>,
    keeper: Keeper,
    /// None when requests are not logged.
    log: Option<SpanLog>,
    /// The time of the epoch that it began with.
    pub began_with: Option<i64>,
    /// How many requests of the log are applied.
    pub position: u64,
    is_whole: bool,
    missed: Vec<MissedCut>,
}

struct Tenant {
    registry: Registry,
    pairings: Vec<Pairing>,
}

/// What all tenants have at a cut.
#[derive(Default)]
pub struct Frozen {
    cuts: Vec<TenantCut>,
    /// What a scrape of each tenant shows.
    pub pages: BTreeMap<TenantId, Scrape>,
    /// How many edges wait, by tenant.
    pub pending: BTreeMap<TenantId, usize>,
}

/// The id of the tenant with this number.
pub fn tenant_id(number: u8) -> TenantId {
    TenantId::parse(&format!("tenant-{number}")).unwrap()
}

fn time(unix_milliseconds: i64) -> PipelineTime {
    PipelineTime::from_unix_milliseconds(unix_milliseconds)
}

fn tenant_settings() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.service_graphs.wait = WAIT;
    settings.service_graphs.histogram_buckets = vec![BOUND];
    settings.span_metrics.histogram_buckets = vec![BOUND];
    settings.processors.span_metrics_count = true;
    settings.processors.span_metrics_latency = true;
    settings
}

/// A log of so few bytes that it has several segments.
fn durability(logs: bool) -> DurabilitySettings {
    let log = SpanLogSettings {
        sync_interval: None,
        max_bytes: 32 << 10,
        continues_when_full: false,
    };
    DurabilitySettings {
        path: PathBuf::from("state"),
        interval: Duration::from_secs(15),
        max_queue_bytes: 1 << 30,
        log: logs.then_some(log),
        max_backfill: Duration::from_secs(3_600),
    }
}

impl Machine {
    /// Goes on with what is on the `disk`; nothing of the log is applied yet.
    pub fn start(disk: &MemoryDisk, shards: usize, logs: bool) -> Self {
        let durability = durability(logs);
        let found = StateFolder::on(Arc::new(disk.clone()), &durability)
            .read()
            .unwrap();
        let log = FoundLog::open(Arc::new(disk.clone()), &durability, found.epoch.as_ref()).unwrap();
        let FoundState {
            keeper,
            epoch,
            tenants,
        } = found;
        let settings = tenant_settings();
        let restored = tenants.into_iter().map(|left| {
            let id = left.id.clone();
            let Loaded { series, pending, .. } = load(left, &settings, shards).unwrap();
            assert!(series.ended.chunks.is_empty(), "no setting changed");
            (id, Tenant::restored(series.registry, pending, &settings))
        });
        Self {
            tenants: restored.collect(),
            extractor: Extractor::new(&settings, shards),
            settings,
            shards,
            keeper,
            position: log.as_ref().map_or(0, |log| log.position),
            log: log.map(|log| log.log),
            began_with: epoch.map(|epoch| epoch.cut_unix_milliseconds),
            is_whole: false,
            missed: Vec::new(),
        }
    }

    /// Takes a request; whether it is answered with success. One that cannot be logged leaves nothing behind.
    pub fn take(&mut self, request: &Request, now: i64) -> bool {
        let (tenant, body) = (tenant_id(request.tenant), encoded(request, now));
        if self
            .log
            .as_mut()
            .is_some_and(|log| !append(log, &tenant, now, &body))
        {
            return false;
        }
        self.apply(&tenant, &body, now);
        true
    }

    /// The requests of the log that are to be applied.
    pub fn logged(&self) -> Vec<LoggedRequest> {
        let log = self.log.as_ref();
        let replay = log.into_iter().flat_map(|log| log.replay(self.position));
        replay.map(Result::unwrap).collect()
    }

    /// Applies a request of the log.
    pub fn replay(&mut self, logged: &LoggedRequest) {
        assert_eq!(logged.position, self.position);
        let tenant = TenantId::parse(&logged.tenant).unwrap();
        self.apply(&tenant, &logged.body, logged.stamp_unix_milliseconds);
    }

    fn apply(&mut self, tenant: &TenantId, body: &[u8], now: i64) {
        let extracted = self
            .extractor
            .extract(body, time(now).unix_nanoseconds())
            .unwrap();
        let (settings, shards) = (&self.settings, self.shards);
        let tenant = self
            .tenants
            .entry(tenant.clone())
            .or_insert_with_key(|id| Tenant::new(id, settings, shards));
        for (pairing, halves) in tenant.pairings.iter_mut().zip(&extracted.shards) {
            pairing.apply(halves, time(now));
        }
        tenant.count_edges(now);
        tenant.registry.apply_spans(&extracted.span_updates, now);
        self.position += u64::from(self.log.is_some());
    }

    /// Gives up what has waited for too long.
    pub fn expire(&mut self, now: i64) {
        self.tenants.values_mut().for_each(|tenant| tenant.expire(now));
    }

    /// A cut at `now`, at which all tenants are collected when they are due.
    pub fn freeze(&mut self, now: i64, is_due: bool) -> Frozen {
        self.expire(now);
        let mut frozen = Frozen::default();
        for (id, tenant) in &mut self.tenants {
            let image = tenant.registry.freeze(now, is_due);
            let mut page = Exposition::new(ExpositionFormat::PrometheusText);
            image.expose(&mut page).unwrap();
            let page = Scrape::parse(&page.into_page()).unwrap();
            frozen.pages.insert(id.clone(), page);
            let (pending, edges) = tenant.freeze_pairings(&self.settings);
            frozen.pending.insert(id.clone(), edges);
            frozen.cuts.push(TenantCut {
                id: id.clone(),
                endpoints: vec![ENDPOINT.to_owned()],
                collected: Vec::new(),
                series: Box::new(image),
                pending,
                graph: GraphHistoryImage::default(),
            });
        }
        frozen
    }

    /// Makes what was `frozen` at `now` an epoch.
    pub fn keep(&mut self, frozen: Frozen, now: i64) -> Result<(), NotKept> {
        let positions = self.log.iter().map(|_| (source_part(), self.position));
        let cut = PipelineCut {
            unix_milliseconds: now,
            positions: positions.collect(),
            tenants: frozen.cuts,
            missed: std::mem::take(&mut self.missed),
            is_whole: self.is_whole,
        };
        let kept = self.keeper.keep(cut).map(|_| ());
        self.is_whole = kept.is_err();
        if let (Ok(()), Some(log)) = (&kept, &mut self.log) {
            // What cannot be removed goes with the next epoch.
            while let Ok(Some(oldest)) = log.unneeded(self.position)
                && oldest.remove().is_ok()
            {
                log.forget_oldest();
            }
        }
        kept
    }

    /// What was `frozen` at `now` came too late: only what was collected goes with the next epoch.
    pub fn miss(&mut self, frozen: Frozen, now: i64) {
        self.is_whole = true;
        self.missed.push(MissedCut {
            unix_milliseconds: now,
            tenants: frozen.cuts,
        });
    }

    /// What a scrape of each tenant would show if it looked at what is not durable.
    pub fn pages(&self) -> BTreeMap<TenantId, Scrape> {
        let tenants = self.tenants.iter();
        let page = |tenant: &Tenant| tenant.registry.expose(ExpositionFormat::PrometheusText).unwrap();
        tenants
            .map(|(id, tenant)| (id.clone(), Scrape::parse(&page(tenant)).unwrap()))
            .collect()
    }

    /// The oldest samples of `tenant` that wait on the disk, which the store has from now on.
    pub fn send(&mut self, tenant: u8) -> Option<Collected> {
        let endpoint = EndpointKey {
            tenant: TenantKey::of(tenant_id(tenant).as_str()),
            name: ENDPOINT.to_owned(),
        };
        let batch = self.keeper.store().take(&endpoint, None).unwrap()?;
        self.keeper.store().acknowledge(&endpoint, batch.number);
        Some(decode_samples(batch.bytes).unwrap())
    }
}

impl Tenant {
    fn new(id: &TenantId, settings: &TenantSettings, shards: usize) -> Self {
        let loaded: Vec<_> = std::iter::repeat_with(LoadedPairing::default)
            .take(shards)
            .collect();
        Self::restored(Registry::new(settings, id), loaded, settings)
    }

    fn restored(registry: Registry, loaded: Vec<LoadedPairing>, settings: &TenantSettings) -> Self {
        let settings = &settings.service_graphs;
        let budgets = PairingBudgets::new(settings);
        let pairings = loaded
            .into_iter()
            .map(|loaded| Pairing::restored(settings, budgets.clone(), loaded));
        Self {
            registry,
            pairings: pairings.collect(),
        }
    }

    fn expire(&mut self, now: i64) {
        self.pairings
            .iter_mut()
            .for_each(|pairing| pairing.expire(time(now)));
        self.count_edges(now);
    }

    fn count_edges(&mut self, now: i64) {
        for pairing in &mut self.pairings {
            self.registry.apply(&pairing.take_edges(), now);
        }
    }

    /// The images of all shards, and how many edges wait in them.
    fn freeze_pairings(&mut self, settings: &TenantSettings) -> (Vec<Box<dyn StateImage>>, usize) {
        let (mut images, mut edges) = (Vec::new(), 0);
        for (shard, pairing) in (0..).zip(&mut self.pairings) {
            let image = pairing.freeze(shard, &settings.service_graphs).unwrap();
            edges += image.pending_edges();
            images.push(Box::new(image) as Box<dyn StateImage>);
        }
        (images, edges)
    }
}

/// Makes a request durable; whether it is. What is refused is void before that is told, as by the thread of a log.
fn append(log: &mut SpanLog, tenant: &TenantId, now: i64, body: &[u8]) -> bool {
    let request = LogRequest {
        tenant: tenant.as_str(),
        stamp_unix_milliseconds: now,
        encoding: 0,
        body,
    };
    let is_logged = log.append(&request).and_then(|_| log.sync()).is_ok();
    if !is_logged {
        log.begin().unwrap();
    }
    is_logged
}

/// The request as OTLP.
fn encoded(request: &Request, now: i64) -> Vec<u8> {
    let spans = request.halves.iter().map(|half| span_of(half, now));
    spans::request(spans.collect()).encode_to_vec()
}

fn span_of(half: &Half, now: i64) -> spans::ResourceSpans {
    let end = time(now).unix_nanoseconds();
    spans::resource_spans(
        &service(half.service),
        spans::Span {
            trace_id: vec![half.trace + 1; 16],
            span_id: vec![if half.is_client { 1 } else { 2 }; 8],
            parent_span_id: if half.is_client { Vec::new() } else { vec![1; 8] },
            kind: if half.is_client { 3 } else { 2 },
            start_time_unix_nano: end - if half.is_slow { 250_000_000 } else { 125_000_000 },
            end_time_unix_nano: end,
            attributes: if half.is_client && half.names_peer {
                vec![spans::attribute("peer.service", PEER)]
            } else {
                Vec::new()
            },
            status: half.has_failed.then(spans::error),
            ..spans::Span::default()
        },
    )
}
