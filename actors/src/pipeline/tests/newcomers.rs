//! A tenant starts with its first request that is taken; a request that is refused leaves nothing of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::*;
use crate::tenants::retire;

const ACTORS: ActorSettings = ActorSettings {
    ingest_actors: 1,
    ingest_mailbox: 16,
    matcher_shards: 1,
    matcher_mailbox: 1,
    aggregator_mailbox: 16,
    writer_threads: 1,
};

const ADMISSION: AdmissionSettings = AdmissionSettings {
    max_spans: 10,
    max_bytes: 1 << 20,
    max_tenants: 2,
};

fn start_small(settings: TenantSettings) -> (Pipeline, PipelineMetrics) {
    let metrics = PipelineMetrics::default();
    let (lifelines, _) = Lifelines::new();
    let pipeline = Pipeline::start(PipelineParts {
        actors: ACTORS,
        admission: ADMISSION,
        settings: Arc::new(move |_| settings.clone()),
        named: Arc::new(|tenant| tenant.as_str() == "named"),
        clock: Clock::live(),
        metrics: metrics.clone(),
        writer_metrics: WriterMetrics::default(),
        tls_clients: TlsClients::default(),
        lifelines,
        durable: None,
    })
    .unwrap();
    (pipeline, metrics)
}

fn of_tenant(tenant: &str, request: ExportRequest) -> ExportRequest {
    ExportRequest {
        tenant: TenantId::parse(tenant).unwrap(),
        ..request
    }
}

/// Nothing names `tenant`: no actor, no metric, no tenant.
fn assert_unknown(tenant: &str, pipeline: &Pipeline, metrics: &PipelineMetrics) {
    assert!(pipeline.tenants.get(&TenantId::parse(tenant).unwrap()).is_none());
    assert!(
        pipeline
            .view()
            .actors()
            .iter()
            .all(|actor| !actor.name.index.contains(tenant))
    );
    let (mut registry, mut text) = (Registry::default(), String::new());
    metrics.register(&mut registry);
    encode(&mut text, &registry).unwrap();
    assert!(!text.contains(tenant), "{text}");
}

#[actix_rt::test]
async fn requests_without_spans_are_taken_and_start_no_tenant() {
    let (pipeline, metrics) = start_small(TenantSettings::default());
    let intake = pipeline.intake();
    let resource_alone = vec![0x0a, 0x02, 0x0a, 0x00];
    for tenant in ["empty-1", "empty-2", "empty-3"] {
        for body in [Vec::new(), resource_alone.clone()] {
            let answer = export(&intake, of_tenant(tenant, request(body))).await;
            assert_eq!(answer, Ok(Accepted::default()), "{tenant}");
        }
        assert_unknown(tenant, &pipeline, &metrics);
    }
    export(&intake, of_tenant("empty-1", call(1))).await.unwrap();
    let answer = export(&intake, of_tenant("empty-1", request(Vec::new()))).await;
    assert_eq!(answer, Ok(Accepted::default()));
    assert_eq!(pipeline.tenants.all().len(), 1);
}

#[actix_rt::test]
async fn requests_that_are_refused_start_no_tenant() {
    let mut settings = TenantSettings::default();
    settings.ingestion.rate_limit_bytes = 10_000;
    let (pipeline, metrics) = start_small(settings);
    let intake = pipeline.intake();
    let malformed = export(&intake, of_tenant("malformed", request(vec![0xff; 100]))).await;
    assert!(matches!(malformed, Err(Refusal::Malformed(_))), "{malformed:?}");
    let large = export(&intake, of_tenant("oversized", request(vec![0; 10_001]))).await;
    assert!(matches!(large, Err(Refusal::LargerThanBurst { .. })), "{large:?}");
    let full = |what: &'static str, answer: Result<Accepted, Refusal>| {
        assert!(
            matches!(answer, Err(Refusal::Overloaded { what: told, .. }) if told == what),
            "{answer:?}"
        );
    };
    let other = pipeline.gate.admit(0).unwrap();
    let mut other = other.submit().await.unwrap();
    other.hold_spans(9).unwrap();
    full(
        "spangraph.admission.max_spans",
        export(&intake, of_tenant("full", call(1))).await,
    );
    drop(other);
    let blocked = pipeline.matchers[0].reserve().unwrap();
    full(
        "spangraph.matcher.mailbox",
        export(&intake, of_tenant("full", call(1))).await,
    );
    drop(blocked);
    for tenant in ["malformed", "oversized", "full"] {
        assert_unknown(tenant, &pipeline, &metrics);
    }
    export(&intake, of_tenant("full", call(1))).await.unwrap();
    assert_eq!(pipeline.tenants.all().len(), 1);
}

#[actix_rt::test]
async fn requests_that_a_limit_refuses_are_counted_before_their_tenant_runs() {
    let mut settings = TenantSettings::default();
    settings.ingestion.rate_limit_bytes = 1_000;
    let (pipeline, metrics) = start_small(settings);
    let intake = pipeline.intake();
    for tenant in ["named", "made-up-1", "made-up-2"] {
        let tenant = TenantId::parse(tenant).unwrap();
        let announced = intake.charge(&tenant, 1_001).unwrap_err();
        assert!(
            matches!(announced, Refusal::LargerThanBurst { .. }),
            "{announced:?}"
        );
        let charge = intake.charge(&tenant, 1).unwrap();
        let unpacked = intake.exceeded(charge);
        assert!(
            matches!(unpacked, Refusal::LargerThanBurst { .. }),
            "{unpacked:?}"
        );
    }
    let (mut registry, mut text) = (Registry::default(), String::new());
    metrics.register(&mut registry);
    encode(&mut text, &registry).unwrap();
    let limited = |tenant| {
        let labels = [("tenant", tenant), ("reason", "larger_than_burst")];
        Scrape::parse(&text)
            .unwrap()
            .value("requests_limited_total", &labels)
    };
    assert_eq!((limited("named"), limited("<others>")), (Some(2.0), Some(4.0)));
    assert!(!text.contains("made-up"), "{text}");
    assert_eq!(pipeline.view().totals().strangers_limited, 6);
    assert!(pipeline.tenants.all().is_empty());
}

#[actix_rt::test]
async fn a_tenant_past_the_bound_is_refused_until_another_has_left() {
    let settings = TenantSettings {
        registry: spangraph_config::RegistrySettings {
            stale_duration: Duration::ZERO,
            ..TenantSettings::default().registry
        },
        ..TenantSettings::default()
    };
    let (pipeline, metrics) = start_small(settings);
    let intake = pipeline.intake();
    let unseen = |tenant| {
        let request = ExportRequest {
            without_metrics: true,
            ..call(1)
        };
        export(&intake, of_tenant(tenant, request))
    };
    // Held, so that the timer does not remove them as idle.
    let mut held = Vec::new();
    for tenant in ["first", "second"] {
        unseen(tenant).await.unwrap();
        held.push(
            pipeline
                .tenants
                .get_or_start(&TenantId::parse(tenant).unwrap())
                .unwrap(),
        );
    }
    for _ in 0..3 {
        let refused = unseen("third").await.unwrap_err();
        assert!(
            matches!(refused, Refusal::TooManyTenants { most: 2, .. }),
            "{refused:?}"
        );
    }
    let large = intake.charge(&TenantId::parse("third").unwrap(), 5_000);
    assert!(
        matches!(large, Err(Refusal::TooManyTenants { .. })),
        "before it is read"
    );
    let resource_alone = vec![0x0a, 0x02, 0x0a, 0x00];
    for body in [Vec::new(), resource_alone] {
        let answer = export(&intake, of_tenant("third", request(body))).await;
        assert_eq!(answer, Ok(Accepted::default()));
    }
    assert_unknown("third", &pipeline, &metrics);
    unseen("second").await.unwrap();
    drop(held);
    let gone = pipeline
        .tenants
        .remove_idle(later(&pipeline, Duration::from_secs(1)));
    retire(Arc::clone(&pipeline.tenants), gone).await;
    unseen("third").await.unwrap();
}

#[actix_rt::test]
async fn a_tenant_that_gets_other_settings_while_its_first_request_is_walked_starts_with_those() {
    let asked = AtomicUsize::new(0);
    let source = move |_: &TenantId| {
        let mut settings = TenantSettings::default();
        if asked.fetch_add(1, Ordering::Relaxed) > 0 {
            settings.service_graphs.dimensions.push("service.name".to_owned());
        }
        settings
    };
    let Running { pipeline, .. } = start_admitting(ADMISSION, Arc::new(source), ACTORS);
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, BY_SERVICE, 1.0).await;
    pipeline.gate.drained().await;
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    assert_eq!(tenant.handles.metrics.spans_received.get(), 2);
}
