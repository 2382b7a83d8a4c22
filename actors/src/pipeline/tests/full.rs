//! Full mailboxes refuse requests whole.

use super::*;

#[actix_rt::test]
async fn a_full_matcher_refuses_requests_whole() {
    let actors = ActorSettings {
        ingest_actors: 1,
        ingest_mailbox: 64,
        matcher_shards: 1,
        matcher_mailbox: 1,
        aggregator_mailbox: 1,
        writer_threads: 1,
    };
    let Running { pipeline, .. } = start_with(TenantSettings::default(), actors);
    let blocked = pipeline.matchers[0].reserve().unwrap();
    let refused = export(&pipeline.intake(), call(1)).await;
    assert!(
        matches!(
            refused,
            Err(Refusal::Overloaded {
                what: "spangraph.matcher.mailbox",
                ..
            })
        ),
        "{refused:?}"
    );
    drop(blocked);
    export(&pipeline.intake(), call(2)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
}

#[actix_rt::test]
async fn a_full_aggregator_refuses_requests_with_span_metrics_whole() {
    let actors = ActorSettings {
        ingest_actors: 1,
        ingest_mailbox: 64,
        matcher_shards: 1,
        matcher_mailbox: 1,
        aggregator_mailbox: 1,
        writer_threads: 1,
    };
    let mut settings = TenantSettings::default();
    settings.processors.span_metrics_count = true;
    let Running { pipeline, .. } = start_with(settings, actors);
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let blocked = tenant.handles.aggregator.reserve().unwrap();
    let refused = export(&pipeline.intake(), call(1)).await;
    assert!(
        matches!(
            refused,
            Err(Refusal::Overloaded {
                what: "spangraph.aggregator.mailbox",
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(tenant.handles.metrics.spans_received.get(), 0);
    assert_eq!(
        pipeline.matchers[0].level().waiting,
        0,
        "its place was given back"
    );
    drop(blocked);
    export(&pipeline.intake(), call(2)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    assert_eq!(tenant.handles.metrics.measured_spans.updated.get(), 2);
    assert_eq!(
        pipeline.view().gate().0.requests,
        0,
        "the aggregator let the request out"
    );
}
