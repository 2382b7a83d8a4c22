//! The whole pipeline in one process: from bytes to series, and what is refused on the way.

mod busy_writer;
mod durable;
mod full;
mod going_away;
mod idle;
mod interleavings;
mod logged;
mod missed_ticks;
mod newcomers;
mod pairing;
mod reconfigure;
mod remote;
mod retirement;
mod scrapes;
mod shifted;
mod stopping;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use spangraph_config::{IngestionSettings, RegistrySettings, TenantId, TenantSettings};
use spangraph_test_support::exposition::Scrape;
use tokio::sync::mpsc::UnboundedReceiver;

use self::remote::{Remote, endpoint};
use super::*;
use crate::activity::{ActorDescription, Role};
use crate::aggregator::{Exposition, ExpositionFormat};
use crate::matcher::{Expire, FailForTest};
use crate::supervision::Death;
use crate::time::{Clock, Stamp};

struct Running {
    pipeline: Pipeline,
    deaths: UnboundedReceiver<Death>,
}

const ACTORS: ActorSettings = ActorSettings {
    ingest_actors: 2,
    ingest_mailbox: 16,
    matcher_shards: 2,
    matcher_mailbox: 16,
    aggregator_mailbox: 16,
    writer_threads: 2,
};

const ADMISSION: AdmissionSettings = AdmissionSettings {
    max_spans: 1_000,
    max_bytes: 1 << 20,
    max_tenants: 100,
};

fn start(settings: TenantSettings) -> Running {
    start_with(settings, ACTORS)
}

fn start_with(settings: TenantSettings, actors: ActorSettings) -> Running {
    start_from(Arc::new(move |_| settings.clone()), actors)
}

fn start_from(settings: SettingsSource, actors: ActorSettings) -> Running {
    start_admitting(ADMISSION, settings, actors)
}

fn start_admitting(admission: AdmissionSettings, settings: SettingsSource, actors: ActorSettings) -> Running {
    let (lifelines, deaths) = Lifelines::new();
    let parts = PipelineParts {
        actors,
        admission,
        lifelines,
        ..parts(settings)
    };
    let pipeline = Pipeline::start(parts).unwrap();
    Running { pipeline, deaths }
}

/// A small pipeline of which nothing is durable, and of whose deaths nobody hears.
fn parts(settings: SettingsSource) -> PipelineParts {
    PipelineParts {
        actors: ACTORS,
        admission: ADMISSION,
        settings,
        named: Arc::new(|_| false),
        clock: Clock::live(),
        metrics: PipelineMetrics::default(),
        writer_metrics: WriterMetrics::default(),
        tls_clients: TlsClients::default(),
        lifelines: Lifelines::new().0,
        durable: None,
    }
}

/// A stamp so much later than now.
fn later(pipeline: &Pipeline, by: Duration) -> Stamp {
    (pipeline.clock.now().time + by).into()
}

fn span(kind: i32, trace: u8, id: u8, parent: Option<u8>) -> Span {
    let now = Clock::live().now().time.unix_nanoseconds();
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: parent.map_or(Vec::new(), |parent| vec![parent; 8]),
        kind,
        start_time_unix_nano: now - 250_000_000,
        end_time_unix_nano: now,
        ..Span::default()
    }
}

fn export_of(service: &str, span: Span) -> ResourceSpans {
    let value = AnyValue {
        value: Some(any_value::Value::StringValue(service.to_owned())),
    };
    let name = KeyValue {
        key: "service.name".to_owned(),
        value: Some(value),
        ..KeyValue::default()
    };
    ResourceSpans {
        resource: Some(Resource {
            attributes: vec![name],
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            spans: vec![span],
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

/// One call from shop to cart.
fn call(trace: u8) -> ExportRequest {
    let resource_spans = vec![
        export_of("shop", span(3, trace, 1, None)),
        export_of("cart", span(2, trace, 2, Some(1))),
    ];
    request(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

fn request(spans: Vec<u8>) -> ExportRequest {
    ExportRequest {
        tenant: TenantId::single(),
        spans: Bytes::from(spans),
        without_metrics: false,
        as_received: None,
    }
}

async fn export(intake: &Intake, request: ExportRequest) -> Result<Accepted, Refusal> {
    let mut room = intake.admit()?;
    room.add_bytes(request.spans.len())?;
    let charge = intake.charge(&request.tenant, request.spans.len())?;
    intake.export(request, room, charge).await
}

/// Calls from shop to cart, by the labels that tell them from others.
const CALLS: &[(&str, &str)] = &[("client", "shop"), ("server", "cart")];

/// The same calls with the dimension `service.name`.
const BY_SERVICE: &[(&str, &str)] = &[("client", "shop"), ("server", "cart"), ("service_name", "cart")];

/// The calls, as they are now, whose series has these labels and no others.
async fn exposed_calls(pipeline: &Pipeline, labels: &[(&str, &str)]) -> Option<f64> {
    let tenant = pipeline.tenants.get(&TenantId::single())?;
    let page = Exposition::new(ExpositionFormat::PrometheusText);
    let page = exposing::expose_live(&tenant, page).await.ok()?;
    let page = Scrape::parse(&page.into_page()).unwrap();
    page.value("traces_service_graph_request_total", labels)
}

async fn until_exposed(pipeline: &Pipeline, labels: &[(&str, &str)], calls: f64) {
    for _ in 0..200 {
        if exposed_calls(pipeline, labels).await == Some(calls) {
            return;
        }
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    let found = exposed_calls(pipeline, labels).await;
    panic!("calls of {labels:?} are {found:?}, not {calls}");
}

#[actix_rt::test]
async fn spans_become_series() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    for trace in 1..=20 {
        let accepted = export(&pipeline.intake(), call(trace)).await.unwrap();
        assert_eq!((accepted.spans, accepted.rejected_spans), (2, 0));
    }
    until_exposed(&pipeline, CALLS, 20.0).await;
    assert_eq!(pipeline.gate.level().requests, 0);
}

#[actix_rt::test]
async fn a_tenant_sends_no_more_bytes_than_it_may_and_what_is_refused_costs_nothing() {
    let size = call(1).spans.len();
    let settings = TenantSettings {
        ingestion: IngestionSettings {
            rate_limit_bytes: 1,
            burst_size_bytes: 2 * size,
        },
        ..TenantSettings::default()
    };
    let Running { pipeline, .. } = start(settings);
    let intake = pipeline.intake();
    let malformed = export(&intake, request(vec![0xff; 2 * size])).await;
    assert!(matches!(malformed, Err(Refusal::Malformed(_))), "{malformed:?}");
    let large = || export(&intake, request(vec![0; 2 * size + 1]));
    assert!(matches!(large().await, Err(Refusal::LargerThanBurst { .. })));
    for trace in 1..=2 {
        export(&intake, call(trace)).await.unwrap();
    }
    assert!(matches!(large().await, Err(Refusal::LargerThanBurst { .. })));
    let Err(Refusal::RateLimited { retry_after, .. }) = export(&intake, call(3)).await else {
        panic!("a third request does not fit")
    };
    let wait = Duration::from_secs(size as u64);
    assert!(retry_after <= wait && retry_after > wait / 2, "{retry_after:?}");
    until_exposed(&pipeline, CALLS, 2.0).await;
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    assert_eq!(tenant.handles.metrics.bytes_received.get(), 2 * size as u64);
    assert_eq!(tenant.handles.metrics.requests_limited.rate_limited.get(), 1);
    assert_eq!(tenant.handles.metrics.requests_limited.larger_than_burst.get(), 1);
    assert_eq!(pipeline.gate.level().requests, 0);
}

/// The same request with a field that nobody reads, which makes it too large for the thread that receives it.
fn large(request: ExportRequest) -> ExportRequest {
    let mut spans = request.spans.to_vec();
    // Field 15, 65,536 bytes.
    spans.extend([0x7a, 0x80, 0x80, 0x04]);
    spans.resize(spans.len() + 65_536, 0);
    ExportRequest {
        spans: spans.into(),
        ..request
    }
}

#[actix_rt::test]
async fn small_requests_of_running_tenants_are_walked_by_who_receives_them() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let ingested = || {
        let actors = pipeline.view().actors();
        let ingest = actors.iter().filter(|each| each.name.role == Role::Ingest);
        ingest.map(ActorDescription::messages).sum::<u64>()
    };
    export(&pipeline.intake(), call(1)).await.unwrap();
    assert_eq!(ingested(), 1, "the first one starts its tenant");
    export(&pipeline.intake(), call(2)).await.unwrap();
    assert_eq!((ingested(), pipeline.walked_on_arrival.get()), (1, 1));
    export(&pipeline.intake(), large(call(3))).await.unwrap();
    assert_eq!((ingested(), pipeline.walked_on_arrival.get()), (2, 1));
    until_exposed(&pipeline, CALLS, 3.0).await;
}

#[actix_rt::test]
async fn every_actor_is_measured() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    for trace in 1..=20 {
        export(&pipeline.intake(), large(call(trace))).await.unwrap();
    }
    until_exposed(&pipeline, CALLS, 20.0).await;
    let view = pipeline.view();
    let ticked = |actors: &[ActorDescription]| {
        actors
            .iter()
            .any(|each| each.name.role == Role::Timer && each.messages() > 1)
    };
    while !ticked(&view.actors()) {
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    let actors = view.actors();
    let names: Vec<_> = actors.iter().map(|each| each.name.to_string()).collect();
    let expected = [
        "ingest 0",
        "ingest 1",
        "matcher 0",
        "matcher 1",
        "aggregator single-tenant",
        "timer",
    ];
    assert_eq!(names, expected);
    let messages = |role| {
        actors
            .iter()
            .filter(|each| each.name.role == role)
            .map(ActorDescription::messages)
            .sum::<u64>()
    };
    assert_eq!((messages(Role::Ingest), messages(Role::Matcher)), (20, 20));
    assert!(messages(Role::Aggregator) > 20, "its pages are counted too");
    assert!(actors.iter().all(|each| !each.busy.is_zero()), "{actors:?}");
    let waited = |each: &ActorDescription| each.waits.count() > 0 || each.name.role == Role::Timer;
    assert!(
        actors.iter().filter(|each| each.messages() > 0).all(waited),
        "{actors:?}"
    );
    let totals = view.totals();
    assert_eq!(
        (totals.spans_received, totals.halves_paired, totals.edges),
        (40, 40, 20)
    );
}

#[actix_rt::test]
async fn bytes_that_are_no_request_are_refused_and_leave_nothing() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let mut truncated = call(1);
    truncated.spans.truncate(truncated.spans.len() - 3);
    let refused = export(&pipeline.intake(), truncated).await;
    assert!(matches!(refused, Err(Refusal::Malformed(_))), "{refused:?}");
    assert_eq!(pipeline.gate.level().requests, 0);
    assert!(pipeline.tenants.get(&TenantId::single()).is_none());
}

#[actix_rt::test]
async fn a_sender_that_asks_for_no_metrics_gets_none() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let unseen = ExportRequest {
        without_metrics: true,
        ..call(1)
    };
    assert_eq!(export(&pipeline.intake(), unseen).await.unwrap().spans, 2);
    export(&pipeline.intake(), call(2)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    assert_eq!(tenant.handles.metrics.discarded.no_generate_metrics.get(), 2);
}

#[actix_rt::test]
async fn tenants_do_not_meet() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let (shop, cart) = (
        export_of("shop", span(3, 1, 1, None)),
        export_of("cart", span(2, 1, 2, Some(1))),
    );
    for (tenant, half) in [("one", shop), ("two", cart)] {
        let spans = ExportTraceServiceRequest {
            resource_spans: vec![half],
        }
        .encode_to_vec();
        let request = ExportRequest {
            tenant: TenantId::parse(tenant).unwrap(),
            ..request(spans)
        };
        export(&pipeline.intake(), request).await.unwrap();
    }
    pipeline.gate.drained().await;
    for tenant in pipeline.tenants.all() {
        assert_eq!(tenant.handles.budgets.pending.taken(), 1, "{}", tenant.profile.id);
    }
}
