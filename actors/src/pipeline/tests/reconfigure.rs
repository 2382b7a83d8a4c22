//! Running tenants follow changed settings, and nothing that was sent is lost.

use std::time::Instant;

use spangraph_config::RemoteWriteEndpoint;
use tokio::sync::oneshot;

use super::*;
use crate::aggregator::Reconfigure;
use crate::tenants::Sender;

/// Settings that a test changes while the pipeline runs.
#[derive(Clone, Default)]
struct Changeable(Arc<Mutex<TenantSettings>>);

impl Changeable {
    fn set(&self, settings: TenantSettings) {
        *self.0.lock().unwrap() = settings;
    }

    fn start(&self) -> Running {
        let source = self.clone();
        start_from(
            Arc::new(move |_| source.0.lock().unwrap().clone()),
            ActorSettings {
                ingest_actors: 2,
                ingest_mailbox: 16,
                matcher_shards: 2,
                matcher_mailbox: 16,
                aggregator_mailbox: 16,
                writer_threads: 2,
            },
        )
    }
}

fn with_dimension(name: &str) -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.service_graphs.dimensions = vec![name.to_owned()];
    settings
}

fn half(service: &str, span: Span) -> ExportRequest {
    let resource_spans = vec![export_of(service, span)];
    request(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

#[actix_rt::test]
async fn halves_from_before_and_after_a_change_make_an_edge() {
    let source = Changeable::default();
    let Running { pipeline, .. } = source.start();
    let intake = pipeline.intake();
    export(&intake, half("shop", span(3, 1, 1, None))).await.unwrap();
    source.set(with_dimension("service.name"));
    assert_eq!(pipeline.reconfigurer().apply().await, 1);
    assert_eq!(
        pipeline.reconfigurer().apply().await,
        0,
        "nothing has changed since"
    );
    export(&intake, half("cart", span(2, 1, 2, Some(1))))
        .await
        .unwrap();
    until_exposed(&pipeline, BY_SERVICE, 1.0).await;
}

#[actix_rt::test]
async fn a_request_that_came_with_old_settings_is_counted_by_the_new_ones() {
    let source = Changeable::default();
    source.set(with_dimension("service.name"));
    let Running { pipeline, .. } = source.start();
    let old = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let mut settings = with_dimension("zone");
    settings.service_graphs.dimensions.push("service.name".to_owned());
    source.set(settings);
    pipeline.reconfigurer().apply().await;
    // Late requests go to one ingest actor, those of now to another.
    for (trace, tenant) in [
        (1, old),
        (2, pipeline.tenants.get_or_start(&TenantId::single()).unwrap()),
    ] {
        let mut room = pipeline.intake().admit().unwrap();
        let request = call(trace);
        room.add_bytes(request.spans.len()).unwrap();
        let ingest = &pipeline.ingest[usize::from(trace) % 2];
        let charge = tenant.charge(request.spans.len(), pipeline.clock.now()).unwrap();
        let (answer, answered) = oneshot::channel();
        let submitted = Submitted {
            sender: Sender::Running(charge),
            request,
            submission: room.submit().await.unwrap(),
            received: pipeline.clock.now(),
            replayed: None,
        };
        let message = IngestSpans { submitted, answer };
        ingest.send(ingest.reserve().unwrap(), message);
        answered.await.unwrap().unwrap();
    }
    until_exposed(&pipeline, BY_SERVICE, 2.0).await;
}

#[actix_rt::test]
async fn actors_follow_with_the_next_spans_when_they_were_not_told() {
    let source = Changeable::default();
    let Running { pipeline, .. } = source.start();
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    source.set(with_dimension("service.name"));
    assert_eq!(pipeline.tenants.reconfigure().len(), 1);
    export(&pipeline.intake(), call(2)).await.unwrap();
    until_exposed(&pipeline, BY_SERVICE, 1.0).await;
}

#[actix_rt::test]
async fn endpoints_that_stay_go_on_and_those_that_go_get_everything_first() {
    let (stays, goes, comes) = (Remote::start(), Remote::start(), Remote::start());
    let settings_to = |remotes: [&Remote; 2]| TenantSettings {
        remote_write: remotes.map(|remote| remote.endpoint.clone()).to_vec(),
        ..TenantSettings::default()
    };
    let source = Changeable::default();
    source.set(settings_to([&goes, &stays]));
    let Running { pipeline, .. } = source.start();
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    let mut settings = settings_to([&stays, &comes]);
    settings.processors.service_graphs_request = false;
    let before = pipeline.tenants.get(&TenantId::single()).unwrap();
    source.set(settings);
    pipeline.reconfigurer().apply().await;
    let after = pipeline.tenants.get(&TenantId::single()).unwrap();
    let same = |left: &Mailbox<crate::writer::Writer>, right: &Mailbox<_>| left.control() == right.control();
    assert!(same(&before.writers[1], &after.writers[0]));
    while !pipeline.tenants.leaving().is_empty() {
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    let total = "traces_service_graph_request_total";
    assert!(goes.has_received(total) && stays.has_received(total));
    export(&pipeline.intake(), call(2)).await.unwrap();
    let report = pipeline.drain(stopping::in_time()).await;
    assert_eq!(
        (report.samples_lost, report.steps_failed),
        (0, Vec::<String>::new())
    );
    assert!(comes.has_received("traces_service_graph_request_server_seconds_count"));
    assert!(!comes.has_received(total));
}

fn settings_to(endpoints: &[RemoteWriteEndpoint]) -> TenantSettings {
    TenantSettings {
        remote_write: endpoints.to_vec(),
        ..TenantSettings::default()
    }
}

#[actix_rt::test]
async fn the_writer_of_an_endpoint_that_changes_or_is_renamed_goes_on() {
    let remote = Remote::start();
    let mut endpoint = remote.endpoint.clone();
    let source = Changeable::default();
    source.set(settings_to(std::slice::from_ref(&endpoint)));
    let Running { pipeline, .. } = source.start();
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    let writer = || {
        let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
        tenant.writers[0].clone()
    };
    let before = writer();
    endpoint.remote_timeout += Duration::from_secs(1);
    source.set(settings_to(std::slice::from_ref(&endpoint)));
    pipeline.reconfigurer().apply().await;
    assert!(before.control() == writer().control());
    endpoint.name = "renamed".to_owned();
    source.set(settings_to(&[endpoint]));
    pipeline.reconfigurer().apply().await;
    assert!(before.control() == writer().control());
    assert_eq!(writer().name().to_string(), "writer single-tenant/renamed");
    assert!(pipeline.tenants.leaving().is_empty());
    let described = writer().control().send(crate::writer::Describe).await.unwrap();
    assert_eq!(described.endpoint, "renamed");
    let report = pipeline.drain(stopping::in_time()).await;
    assert_eq!(
        (report.samples_lost, report.steps_failed),
        (0, Vec::<String>::new())
    );
    assert!(remote.has_received("traces_service_graph_request_total"));
}

#[actix_rt::test]
async fn an_aggregator_that_followed_its_spans_still_takes_the_writers_that_it_is_told_of_last() {
    let remote = Remote::start();
    let source = Changeable::default();
    let Running { pipeline, .. } = source.start();
    let before = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let mut settings = settings_to(std::slice::from_ref(&remote.endpoint));
    settings.service_graphs.dimensions = vec!["service.name".to_owned()];
    source.set(settings);
    let [changed] = pipeline.tenants.reconfigure().try_into().ok().unwrap();
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, BY_SERVICE, 1.0).await;
    let aggregator = before.handles.aggregator.control();
    for tenant in [changed.tenant, before.clone()] {
        let now = pipeline.clock.now();
        aggregator.send(Reconfigure { tenant, now }).await.unwrap();
    }
    let report = pipeline.drain(stopping::in_time()).await;
    assert_eq!((report.samples_lost, report.steps_failed), (0, Vec::new()));
    assert!(remote.has_received("traces_service_graph_request_total"));
}

#[actix_rt::test]
async fn an_endpoint_that_comes_back_waits_for_its_writer_that_leaves() {
    let remote = Remote::start();
    let endpoint = remote.endpoint.clone();
    let source = Changeable::default();
    source.set(settings_to(std::slice::from_ref(&endpoint)));
    let Running { pipeline, .. } = source.start();
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    source.set(settings_to(&[]));
    // Nobody tells the one that leaves to send what it has.
    assert_eq!(pipeline.tenants.reconfigure().len(), 1);
    source.set(settings_to(&[endpoint]));
    pipeline.reconfigurer().apply().await;
    let [leaving] = pipeline.tenants.leaving().try_into().unwrap();
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    let aggregator = tenant.handles.aggregator.control();
    let now = pipeline.clock.now();
    aggregator
        .send(crate::aggregator::CollectSeries { now })
        .await
        .unwrap();
    let writer = tenant.writers[0].control();
    let begun = Instant::now();
    let queued = loop {
        let described = writer.send(crate::writer::Describe).await.unwrap();
        if described.queued.samples > 0 || begun.elapsed() > Duration::from_secs(10) {
            break described;
        }
        actix_rt::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(queued.queued.samples > 0 && queued.requests == 0, "{queued:?}");
    assert!(!remote.has_received("traces_service_graph_request_total"));
    crate::tenants::drain_writer(Arc::clone(&pipeline.tenants), leaving).await;
    while !remote.has_received("traces_service_graph_request_total") {
        assert!(begun.elapsed() < Duration::from_secs(20));
        actix_rt::time::sleep(Duration::from_millis(5)).await;
    }
}
