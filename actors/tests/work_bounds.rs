//! The time and memory of a request are bounded by its bytes, whatever a sender puts into them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "work_bounds/bombs.rs"]
mod bombs;
#[path = "work_bounds/wire.rs"]
mod wire;

use std::time::{Duration, Instant};

use regex::Regex;
use rustix::time::{ClockId, clock_gettime};
use spangraph_actors::aggregator::Registry;
use spangraph_actors::ingest::Extractor;
use spangraph_actors::matcher::{Pairing, PairingBudgets};
use spangraph_config::{
    AttributeScope, DimensionMapping, FilterKey, FilterPolicy, Limiter, MatchAttribute, MatchValue,
    PolicyMatch, TenantId, TenantSettings,
};

use self::bombs::{BOMBS, ordinary};

const NOW: u64 = 1_700_000_000_000_000_000;
const MIB: usize = 1 << 20;

/// When the spans ended.
fn now() -> u64 {
    NOW
}

/// What a request took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    processor: Duration,
    peak_bytes: u64,
}

/// As much as a tenant can switch on.
fn settings() -> TenantSettings {
    let mut settings = TenantSettings::default();
    let processors = &mut settings.processors;
    processors.span_metrics_count = true;
    processors.span_metrics_latency = true;
    processors.span_metrics_size = true;
    processors.host_info = true;
    settings.service_graphs.dimensions = vec!["zone".to_owned()];
    settings.service_graphs.filter_policies = vec![policy()];
    settings.service_graphs.enable_tracestate_span_multiplier = true;
    let metrics = &mut settings.span_metrics;
    metrics.dimensions = vec!["zone".to_owned(), "peer.service".to_owned()];
    metrics.dimension_mappings = vec![DimensionMapping {
        name: "where".to_owned(),
        source_labels: vec!["zone".to_owned(), "db.name".to_owned(), "peer.service".to_owned()],
        join: "/".to_owned(),
    }];
    metrics.filter_policies = vec![policy()];
    metrics.intrinsic_dimensions.status_message = true;
    metrics.enable_target_info = true;
    metrics.enable_tracestate_span_multiplier = true;
    // As every tenant whose senders are not trusted should have them.
    settings.registry.limiter = Limiter::Series(20_000);
    settings.registry.max_cardinality_per_label = 1_000;
    settings
}

fn policy() -> FilterPolicy {
    let condition = MatchAttribute {
        key: FilterKey::Attribute(AttributeScope::Resource, "team".to_owned()),
        value: MatchValue::Regex(Regex::new("[a-w]+[0-9]$").unwrap()),
    };
    FilterPolicy {
        exclude: Some(PolicyMatch {
            attributes: vec![condition],
        }),
        ..FilterPolicy::default()
    }
}

/// Takes a request the whole way through the cores of ingest, matcher and aggregator.
fn take(settings: &TenantSettings, request: &[u8]) {
    let Ok(extracted) = Extractor::new(settings, 1).extract(request, NOW) else {
        return;
    };
    let budgets = PairingBudgets::new(&settings.service_graphs);
    let mut registry = Registry::new(settings, &TenantId::single());
    let now = i64::try_from(NOW / 1_000_000).unwrap();
    for halves in &extracted.shards {
        let mut pairing = Pairing::new(&settings.service_graphs, budgets.clone());
        let began = Instant::now();
        pairing.apply(halves, began);
        registry.apply(&pairing.take_edges(), now);
        pairing.expire(began + settings.service_graphs.wait);
        registry.apply(&pairing.take_edges(), now);
    }
    registry.apply_spans(&extracted.span_updates, now);
}

/// The least of several runs, which is what the others would take on an idle machine.
fn cost(request: &[u8]) -> Cost {
    let settings = settings();
    let clock = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let run = || {
        let before = clock();
        let memory = allocation_counter::measure(|| take(&settings, request));
        Cost {
            processor: clock() - before,
            peak_bytes: memory.bytes_max,
        }
    };
    let (first, second) = (run(), run());
    Cost {
        processor: first.processor.min(second.processor),
        peak_bytes: first.peak_bytes.min(second.peak_bytes),
    }
}

/// How many times an ordinary request of as many bytes a bomb may cost. Small fields cost more than the bytes of long ones,
/// and without the optimizer far more.
const TIMES: u32 = if cfg!(debug_assertions) { 16 } else { 8 };

/// The most that four times the bytes may cost, in place of four times as much: 16 times would be quadratic.
const GROWTH: u32 = 9;

#[test]
fn no_request_costs_more_than_a_few_ordinary_ones_of_as_many_bytes() {
    let usual = cost(&ordinary(MIB));
    let mut dear = Vec::new();
    for (name, bomb) in BOMBS {
        let (request, part) = (bomb(MIB), bomb(MIB / 4));
        assert!(
            request.len() <= MIB + MIB / 4,
            "{name} has {} bytes",
            request.len()
        );
        let (whole, part) = (cost(&request), cost(&part));
        let is_dear = whole.processor > usual.processor * TIMES
            || whole.peak_bytes > (MIB as u64).max(usual.peak_bytes) * u64::from(TIMES);
        let grows = whole.processor > part.processor.max(usual.processor / 4) * GROWTH;
        if is_dear || grows {
            dear.push(format!("{name}: {whole:?}, of a fourth of the bytes {part:?}"));
        }
    }
    assert!(
        dear.is_empty(),
        "an ordinary request: {usual:?}\n{}",
        dear.join("\n")
    );
}
