//! Ticks that find no room are made up for.

use super::*;
use crate::aggregator::BusyForTest;
use crate::metrics::MissedTicks;

fn missed(ticks: &MissedTicks, actor: &str) -> f64 {
    let (mut registry, mut text) = (prometheus_client::registry::Registry::default(), String::new());
    ticks.register(&mut registry);
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let page = Scrape::parse(&text).unwrap();
    page.value("timer_ticks_missed_total", &[("actor", actor)])
        .unwrap()
}

#[actix_rt::test]
async fn a_collection_that_could_not_be_asked_for_is_taken_as_soon_as_there_is_room() {
    let (lifelines, _deaths) = Lifelines::new();
    let metrics = PipelineMetrics::default();
    let mut settings = TenantSettings::default();
    settings.registry.collection_interval = Duration::from_secs(1);
    let pipeline = Pipeline::start(PipelineParts {
        actors: ActorSettings {
            ingest_actors: 1,
            ingest_mailbox: 1,
            matcher_shards: 1,
            matcher_mailbox: 1,
            aggregator_mailbox: 1,
            writer_threads: 1,
        },
        admission: AdmissionSettings {
            max_spans: 1_000,
            max_bytes: 1 << 20,
            max_tenants: 100,
        },
        settings: Arc::new(move |_| settings.clone()),
        named: Arc::new(|_| false),
        clock: Clock::live(),
        metrics: metrics.clone(),
        writer_metrics: WriterMetrics::default(),
        tls_clients: TlsClients::default(),
        lifelines,
        durable: None,
    })
    .unwrap();
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    // More than actix lets in, so that the mailbox is full until the actor has come through what blocks it.
    let blocked = tenant.handles.aggregator.control().clone();
    blocked.try_send(BusyForTest(Duration::from_secs(4))).unwrap();
    actix_rt::time::sleep(Duration::from_millis(100)).await;
    while blocked.try_send(BusyForTest(Duration::ZERO)).is_ok() {}
    let missed = || missed(&metrics.missed_ticks, "aggregator");
    // More than the three that were due: the first was tried again with every tick.
    wait_until("it was tried again", || missed() > 4.0).await;
    wait_until("it was taken", || tenant.handles.metrics.collections.get() > 0).await;
}

async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if condition() {
            return;
        }
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: it was not");
}
