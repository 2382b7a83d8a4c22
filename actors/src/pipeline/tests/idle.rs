//! Idle tenants go and come back, and no request that meets their removal is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::*;
use crate::tenants::{Tenant, TenantProfile, retire};

fn quick(stale: Duration) -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.registry.stale_duration = stale;
    settings.registry.collection_interval = Duration::from_millis(100);
    settings.service_graphs.wait = Duration::from_millis(200);
    settings
}

async fn until_gone(pipeline: &Pipeline) {
    let begun = Instant::now();
    while pipeline.tenants.get(&TenantId::single()).is_some() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is still there");
        actix_rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_rt::test]
async fn an_idle_tenant_goes_with_its_actors_and_starts_anew_when_it_sends_again() {
    let remote = Remote::start();
    let settings = TenantSettings {
        remote_write: vec![remote.endpoint.clone()],
        ..quick(Duration::from_millis(500))
    };
    let Running { pipeline, mut deaths } = start(settings);
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    until_gone(&pipeline).await;
    let is_of_tenant = |actor: &ActorDescription| matches!(actor.name.role, Role::Aggregator | Role::Writer);
    while pipeline.view().actors().iter().any(is_of_tenant) {
        actix_rt::time::sleep(Duration::from_millis(20)).await;
    }
    let totals = pipeline.view().totals();
    assert_eq!(
        (totals.spans_received, totals.edges, totals.active_series),
        (2, 1, 0)
    );
    export(&pipeline.intake(), call(2)).await.unwrap();
    until_exposed(&pipeline, CALLS, 1.0).await;
    assert_eq!(pipeline.view().totals().spans_received, 4);
    assert!(
        deaths.try_recv().is_err(),
        "an actor that was asked to end is no death"
    );
}

#[actix_rt::test]
async fn a_tenant_with_a_half_that_waits_or_a_request_under_way_is_not_idle() {
    let mut settings = quick(Duration::ZERO);
    settings.service_graphs.wait = Duration::from_secs(300);
    let Running { pipeline, .. } = start(settings);
    let held = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let later = later(&pipeline, Duration::from_secs(3_600));
    assert!(
        pipeline.tenants.remove_idle(later).is_empty(),
        "a request holds it"
    );
    drop(held);
    let waiting = ExportTraceServiceRequest {
        resource_spans: vec![export_of("shop", span(3, 9, 1, None))],
    };
    export(&pipeline.intake(), request(waiting.encode_to_vec()))
        .await
        .unwrap();
    pipeline.gate.drained().await;
    assert!(pipeline.tenants.remove_idle(later).is_empty(), "a half waits");
}

#[actix_rt::test]
async fn a_tenant_whose_profile_or_handles_somebody_has_is_not_idle() {
    let Running { pipeline, .. } = start(quick(Duration::ZERO));
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let later = later(&pipeline, Duration::from_secs(3_600));
    let (profile, handles) = (Arc::clone(&tenant.profile), Arc::clone(&tenant.handles));
    drop(tenant);
    assert!(
        pipeline.tenants.remove_idle(later).is_empty(),
        "data of it is on its way"
    );
    drop(profile);
    assert!(
        pipeline.tenants.remove_idle(later).is_empty(),
        "an actor sends for it"
    );
    drop(handles);
    assert_eq!(pipeline.tenants.remove_idle(later).len(), 1);
}

#[actix_rt::test]
async fn data_whose_tenant_was_removed_starts_it_anew_even_when_no_further_one_may_run() {
    let settings = quick(Duration::ZERO);
    let one = AdmissionSettings {
        max_spans: 1_000,
        max_bytes: 1 << 20,
        max_tenants: 1,
    };
    let actors = ActorSettings {
        ingest_actors: 1,
        ingest_mailbox: 16,
        matcher_shards: 1,
        matcher_mailbox: 16,
        aggregator_mailbox: 16,
        writer_threads: 1,
    };
    let Running { pipeline, .. } = start_admitting(one, Arc::new(move |_| settings.clone()), actors);
    let tenants = &pipeline.tenants;
    let profile = TenantProfile {
        id: TenantId::single(),
        generation: 0,
        settings: Arc::default(),
    };
    let other = TenantId::parse("other").unwrap();
    tenants.get_or_start(&other).unwrap();
    let handles = tenants.handles_of(&profile);
    let started = tenants.get(&profile.id).unwrap();
    assert!(Arc::ptr_eq(&handles, &started.handles));
    assert!(
        Arc::ptr_eq(&handles, &tenants.handles_of(&profile)),
        "it starts once"
    );
    drop((handles, started));
    let later = later(&pipeline, Duration::from_secs(3_600));
    assert_eq!(tenants.remove_idle(later).len(), 2);
    assert!(
        tenants.get_or_start(&other).is_ok(),
        "the places of both are free again"
    );
}

#[actix_rt::test]
async fn a_tenant_whose_samples_were_not_sent_yet_is_not_idle() {
    let settings = TenantSettings {
        remote_write: vec![endpoint("http://127.0.0.1:1/write".to_owned())],
        ..quick(Duration::from_secs(1))
    };
    let Running { pipeline, .. } = start(settings);
    export(&pipeline.intake(), call(1)).await.unwrap();
    let held = pipeline.tenants.get(&TenantId::single()).unwrap();
    while held.handles.metrics.series_removed.get() == 0 {
        actix_rt::time::sleep(Duration::from_millis(20)).await;
    }
    drop(held);
    let later = later(&pipeline, Duration::from_secs(3_600));
    assert!(pipeline.tenants.remove_idle(later).is_empty());
}

#[actix_rt::test]
async fn requests_that_meet_the_removal_of_their_tenant_are_counted() {
    const REQUESTS: u64 = 400;
    /// A thread that is never given a turn removes nothing, however long this goes on.
    const MOST_REQUESTS: u64 = 400_000;
    let Running { pipeline, mut deaths } = start(quick(Duration::ZERO));
    let internal = ExportTraceServiceRequest {
        resource_spans: vec![export_of("shop", span(1, 1, 1, None))],
    };
    let body = internal.encode_to_vec();
    let ended = Arc::new(AtomicBool::new(false));
    let (sender, mut removed) = tokio::sync::mpsc::unbounded_channel::<Vec<Arc<Tenant>>>();
    let remover = {
        let (tenants, ended) = (Arc::clone(&pipeline.tenants), Arc::clone(&ended));
        let clock = pipeline.clock.clone();
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                sender.send(tenants.remove_idle(clock.now())).unwrap();
            }
        })
    };
    let (mut removals, mut requests) = (0, 0);
    while requests < REQUESTS || (removals == 0 && requests < MOST_REQUESTS) {
        requests += 1;
        export(&pipeline.intake(), request(body.clone())).await.unwrap();
        while let Ok(gone) = removed.try_recv() {
            removals += gone.len();
            retire(Arc::clone(&pipeline.tenants), gone).await;
        }
    }
    ended.store(true, Ordering::Relaxed);
    remover.join().unwrap();
    assert_eq!(pipeline.view().totals().spans_received, requests);
    assert!(removals > 0, "nothing was removed, so nothing was shown");
    // Those that the timer or the last round removed are dropped with their actors still running.
    while let Ok(gone) = removed.try_recv() {
        retire(Arc::clone(&pipeline.tenants), gone).await;
    }
    assert!(deaths.try_recv().is_err());
}
