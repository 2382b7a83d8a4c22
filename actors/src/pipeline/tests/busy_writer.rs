//! Collections for a writer that has no room wait for it, also at the stop.

use super::*;
use crate::supervision::Slot;
use crate::tenants::Tenant;
use crate::writer::{Describe, MAILBOX};

fn collected_often(remote: &Remote) -> TenantSettings {
    let mut settings = TenantSettings {
        remote_write: vec![remote.endpoint.clone()],
        ..TenantSettings::default()
    };
    settings.registry.collection_interval = Duration::from_millis(100);
    settings
}

/// Takes all places in the mailbox of the tenant's writer.
fn fill(tenant: &Tenant) -> Vec<Slot> {
    let writer = &tenant.writers[0];
    let slots: Vec<_> = std::iter::from_fn(|| writer.reserve()).collect();
    assert_eq!(slots.len(), MAILBOX);
    slots
}

async fn until_collected(tenant: &Tenant, times: u64) {
    while tenant.handles.metrics.collections.get() < times {
        actix_rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_rt::test]
async fn collections_wait_for_a_writer_without_room_and_arrive_whole() {
    let remote = Remote::start();
    let Running { pipeline, .. } = start(collected_often(&remote));
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let slots = fill(&tenant);
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    let before = tenant.handles.metrics.collections.get();
    until_collected(&tenant, before + 5).await;
    let busy = tenant.writers[0].control().send(Describe).await.unwrap();
    assert_eq!((busy.sent.samples, busy.requests), (0, 0));
    drop(slots);
    let after = tenant.handles.metrics.collections.get();
    until_collected(&tenant, after + 2).await;
    for _ in 0..500 {
        let writer = tenant.writers[0].control().send(Describe).await.unwrap();
        if writer.sent.samples >= 23 * 6 {
            assert_eq!((writer.sent.seeds, writer.sent.samples % 23), (23, 0));
            assert!(writer.dropped.is_empty() && writer.failed.is_empty());
            return;
        }
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what waited did not arrive");
}

#[actix_rt::test]
async fn what_waits_for_a_writer_without_room_is_sent_at_the_stop() {
    let remote = Remote::start();
    let Running { pipeline, .. } = start(collected_often(&remote));
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let _slots = fill(&tenant);
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    let report = pipeline.drain(stopping::in_time()).await;
    assert_eq!(
        (report.samples_lost, report.steps_failed),
        (0, Vec::<String>::new())
    );
    assert!(remote.has_received("traces_service_graph_request_total"));
}
