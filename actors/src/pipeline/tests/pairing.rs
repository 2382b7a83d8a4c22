//! What the matchers together tell of pairing.

use super::*;

#[actix_rt::test]
async fn all_matchers_together_tell_of_a_tenants_pairing() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    for trace in 1..=20 {
        export(&pipeline.intake(), call(trace)).await.unwrap();
    }
    let alone = ExportTraceServiceRequest {
        resource_spans: vec![export_of("shop", span(3, 100, 1, None))],
    };
    export(&pipeline.intake(), request(alone.encode_to_vec()))
        .await
        .unwrap();
    pipeline.gate.drained().await;
    let told = pipeline.view().pairing(&TenantId::single()).await.unwrap();
    let total = told.since_start.total();
    assert_eq!((total.client.completed, total.server.completed), (20, 20));
    assert_eq!(told.since_start.gaps.count(), 20);
    assert_eq!((told.pending.edges, told.pending.client_halves), (1, 1));
    assert_eq!((told.limit, told.spans.received, told.window), (10_000, 41, None));
    let names: Vec<_> = told
        .recent
        .services
        .iter()
        .map(|each| each.service.as_deref())
        .collect();
    assert_eq!(names, [Some("cart"), Some("shop")]);
}

#[actix_rt::test]
async fn what_is_recent_ends_with_the_mark_before_the_last() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let start = pipeline.clock.now().time;
    for minutes in [0, 5, 10] {
        export(&pipeline.intake(), call(1)).await.unwrap();
        pipeline.gate.drained().await;
        let now = (start + Duration::from_secs(60 * minutes)).into();
        for matcher in pipeline.matchers.iter() {
            matcher.control().send(Expire { now }).await.unwrap();
        }
    }
    let told = pipeline.view().pairing(&TenantId::single()).await.unwrap();
    assert_eq!((told.since_start.gaps.count(), told.recent.gaps.count()), (3, 1));
    assert_eq!((told.spans.received, told.recent_spans.received), (6, 2));
    assert!(told.window.is_some());
}

#[actix_rt::test]
async fn nothing_is_given_up_while_a_cut_is_made() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let alone = ExportTraceServiceRequest {
        resource_spans: vec![export_of("shop", span(3, 100, 1, None))],
    };
    export(&pipeline.intake(), request(alone.encode_to_vec()))
        .await
        .unwrap();
    pipeline.gate.drained().await;
    let later = pipeline.clock.now().time + Duration::from_secs(60);
    let waiting_after_tick = async || {
        for matcher in pipeline.matchers.iter() {
            let now = later.into();
            matcher.control().send(Expire { now }).await.unwrap();
        }
        let told = pipeline.view().pairing(&TenantId::single()).await.unwrap();
        told.pending.edges
    };
    let latch = pipeline.gate.close_latch();
    assert_eq!(waiting_after_tick().await, 1);
    drop(latch);
    assert_eq!(waiting_after_tick().await, 0);
}

#[actix_rt::test]
async fn of_a_tenant_that_is_not_known_there_is_nothing_to_tell() {
    let Running { pipeline, .. } = start(TenantSettings::default());
    let told = pipeline
        .view()
        .pairing(&TenantId::parse("nobody").unwrap())
        .await
        .unwrap();
    assert!(told.since_start.services.is_empty());
    assert_eq!((told.pending.edges, told.spans.received), (0, 0));
}
