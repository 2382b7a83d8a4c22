//! Stopping step by step, and the rule for panics.

use std::time::Instant;

use super::*;
use crate::aggregator::BusyForTest;
use crate::pipeline::DrainDeadlines;

/// More time than any of these needs.
pub(super) fn in_time() -> DrainDeadlines {
    DrainDeadlines {
        collected: Instant::now() + Duration::from_secs(50),
        written: Instant::now() + Duration::from_secs(100),
    }
}

#[actix_rt::test]
async fn a_stopping_pipeline_refuses_and_counts_what_it_had() {
    let Running { pipeline, mut deaths } = start(TenantSettings::default());
    let intake = pipeline.intake();
    export(&intake, call(1)).await.unwrap();
    let waiting = ExportTraceServiceRequest {
        resource_spans: vec![export_of("shop", span(3, 9, 1, None))],
    };
    export(&intake, request(waiting.encode_to_vec())).await.unwrap();
    let report = pipeline.drain(in_time()).await;
    assert_eq!(
        report,
        DrainReport {
            edges_lost: 1,
            samples_lost: 0,
            steps_failed: Vec::new()
        }
    );
    assert_eq!(export(&intake, call(2)).await, Err(Refusal::ShuttingDown));
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    assert_eq!(
        (
            tenant.handles.metrics.halves.paired.get(),
            tenant.handles.metrics.collections.get()
        ),
        (2, 1)
    );
    assert!(
        deaths.try_recv().is_err(),
        "an actor that was asked to end is no death"
    );
}

#[actix_rt::test]
async fn a_request_at_a_closed_latch_is_not_worked_on_and_a_stop_answers_it() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let intake = pipeline.intake();
    let latch = pipeline.gate.close_latch();
    let waiting = actix_rt::spawn(async move { export(&intake, call(1)).await });
    while pipeline.gate.level().requests == 0 {
        actix_rt::time::sleep(Duration::from_millis(1)).await;
    }
    latch.settled().await;
    let report = pipeline.drain(in_time()).await;
    assert_eq!(report, DrainReport::default());
    assert_eq!(waiting.await.unwrap(), Err(Refusal::ShuttingDown));
    assert!(pipeline.tenants.all().is_empty(), "nothing of it came in");
}

#[actix_rt::test]
async fn a_stopping_pipeline_writes_what_it_counted() {
    let remote = Remote::start();
    let settings = TenantSettings {
        remote_write: vec![remote.endpoint.clone()],
        ..TenantSettings::default()
    };
    let Running { pipeline, .. } = start(settings);
    export(&pipeline.intake(), call(1)).await.unwrap();
    let report = pipeline.drain(in_time()).await;
    assert_eq!(
        (report.samples_lost, report.steps_failed),
        (0, Vec::<String>::new())
    );
    assert!(remote.has_received("traces_service_graph_request_total"));
}

#[actix_rt::test]
async fn an_actor_that_panics_is_noticed_and_the_others_still_flush() {
    let remote = Remote::start();
    let settings = TenantSettings {
        remote_write: vec![remote.endpoint.clone()],
        ..TenantSettings::default()
    };
    let Running { pipeline, mut deaths } = start(settings);
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    pipeline.matchers[0].control().try_send(FailForTest).unwrap();
    let death = tokio::time::timeout(Duration::from_secs(5), deaths.recv())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(death.actor, "matcher 0");
    let report = pipeline.drain(in_time()).await;
    assert_eq!(report.steps_failed, ["matcher 0"]);
    assert!(remote.has_received("traces_service_graph_request_total"));
}

#[actix_rt::test]
async fn an_aggregator_that_hangs_keeps_no_other_from_its_last_collection() {
    let remote = Remote::start();
    let mut settings = TenantSettings {
        remote_write: vec![remote.endpoint.clone()],
        ..TenantSettings::default()
    };
    // None is due meanwhile: whatever is collected was so by the stop.
    settings.registry.collection_interval = Duration::from_secs(24 * 60 * 60);
    let Running { pipeline, .. } = start(settings);
    let tenants = ["a", "b", "c"].map(|id| TenantId::parse(id).unwrap());
    for tenant in &tenants {
        let call = ExportRequest {
            tenant: tenant.clone(),
            ..call(1)
        };
        export(&pipeline.intake(), call).await.unwrap();
    }
    pipeline.gate.drained().await;
    // The first and the third are on one arbiter, the second on another.
    let hanging = pipeline.tenants.get(&tenants[0]).unwrap();
    hanging
        .handles
        .aggregator
        .control()
        .try_send(BusyForTest(Duration::from_secs(60)))
        .unwrap();
    let begun = Instant::now();
    let deadlines = DrainDeadlines {
        collected: begun + Duration::from_secs(4),
        written: begun + Duration::from_secs(60),
    };
    let report = pipeline.drain(deadlines).await;
    assert_eq!(report.steps_failed, ["aggregator a", "aggregator c"]);
    assert!(begun.elapsed() < Duration::from_secs(50), "it was not waited for");
    let collected = |id| {
        pipeline
            .tenants
            .get(id)
            .unwrap()
            .handles
            .metrics
            .collections
            .get()
    };
    assert_eq!(tenants.each_ref().map(collected), [0, 1, 0]);
    assert!(remote.has_received("traces_service_graph_request_total"));
}
