//! Requests that are in the span log before they are answered: what a crash leaves of them, and what a full disk does.

use std::path::PathBuf;

use spangraph_config::{DurabilitySettings, SpanLogSettings};
use spangraph_storage::disk::memory::{MemoryDisk, Tear};

use super::*;
use crate::admission::AsReceived;
use crate::durability::StateFolder;
use crate::time::PipelineTime;

const LOG: SpanLogSettings = SpanLogSettings {
    sync_interval: None,
    max_bytes: 1 << 30,
    continues_when_full: false,
};

/// Epochs are made at the end only, so that what is left by a crash is in the log.
fn settings(log: Option<SpanLogSettings>) -> DurabilitySettings {
    DurabilitySettings {
        path: PathBuf::from("state"),
        interval: Duration::from_secs(3_600),
        max_queue_bytes: 1 << 30,
        log,
        max_backfill: Duration::from_secs(3_600),
    }
}

fn unpack() -> Unpack {
    Arc::new(|logged| {
        Ok(ExportRequest {
            tenant: TenantId::parse(&logged.tenant).unwrap(),
            ..request(logged.body)
        })
    })
}

/// A pipeline on `disk`, with what an earlier one left there applied.
async fn start_on(disk: &MemoryDisk, log: Option<SpanLogSettings>) -> Pipeline {
    let mut pipeline = pipeline_on(disk, log);
    pipeline.replay(unpack()).await;
    pipeline
}

/// A pipeline on `disk`, in which nothing is applied yet of what an earlier one logged.
fn pipeline_on(disk: &MemoryDisk, log: Option<SpanLogSettings>) -> Pipeline {
    pipeline_with(disk, settings(log))
}

fn pipeline_with(disk: &MemoryDisk, settings: DurabilitySettings) -> Pipeline {
    let found = StateFolder::on(Arc::new(disk.clone()), &settings).read().unwrap();
    let log = FoundLog::open(Arc::new(disk.clone()), &settings, found.epoch.as_ref()).unwrap();
    let first = log.as_ref().and_then(FoundLog::first_stamp);
    let clock = first.map(PipelineTime::from_unix_milliseconds);
    let tenant = TenantSettings {
        registry: RegistrySettings {
            collection_interval: Duration::from_secs(3_600),
            ..RegistrySettings::default()
        },
        ..TenantSettings::default()
    };
    let mut parts = parts(Arc::new(move |_| tenant.clone()));
    parts.clock = clock.map_or_else(Clock::live, Clock::replaying);
    parts.durable = Some(DurableParts {
        found,
        interval: settings.interval,
        log,
        max_backfill: settings.max_backfill,
    });
    Pipeline::start(parts).unwrap()
}

/// The machine stops, and nothing is on the disk that was not synced.
fn crash(disk: &MemoryDisk, pipeline: Pipeline) {
    disk.restart(Tear::Lost);
    for NamedArbiter { arbiter, .. } in pipeline.into_arbiters() {
        arbiter.stop();
    }
}

fn logged(trace: u8) -> ExportRequest {
    let call = call(trace);
    let as_received = AsReceived {
        body: call.spans.clone(),
        packing: 0,
    };
    ExportRequest {
        as_received: Some(as_received),
        ..call
    }
}

async fn send(pipeline: &Pipeline, request: ExportRequest) -> Result<Accepted, Refusal> {
    export(&pipeline.intake(), request).await
}

fn metrics(pipeline: &Pipeline) -> &crate::durability::SpanLogMetrics {
    pipeline.log.as_ref().unwrap().metrics()
}

#[actix_rt::test]
async fn what_was_answered_is_applied_again_after_a_crash_and_counts_once() {
    let disk = MemoryDisk::default();
    let mut pipeline = start_on(&disk, Some(LOG)).await;
    for trace in 1..=10 {
        assert_eq!(send(&pipeline, logged(trace)).await.unwrap().spans, 2);
    }
    for crashes in 1..=3 {
        crash(&disk, pipeline);
        pipeline = start_on(&disk, Some(LOG)).await;
        assert_eq!(metrics(&pipeline).replayed.get(), 9 + crashes);
        until_exposed(&pipeline, CALLS, 9.0 + f64::from(u8::try_from(crashes).unwrap())).await;
        send(&pipeline, logged(10 + u8::try_from(crashes).unwrap()))
            .await
            .unwrap();
    }
    let received = pipeline.view().totals().spans_received;
    assert_eq!(received, 2, "an earlier process received the others");
}

#[actix_rt::test]
async fn edges_that_an_aggregator_had_no_room_for_hold_up_no_cut_of_a_replay() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    let interval = Duration::from_millis(50);
    for trace in 1..=2 {
        send(&pipeline, logged(trace)).await.unwrap();
        actix_rt::time::sleep(interval * 3).await;
    }
    crash(&disk, pipeline);
    let mut pipeline = pipeline_with(
        &disk,
        DurabilitySettings {
            interval,
            ..settings(Some(LOG))
        },
    );
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let full: Vec<_> = std::iter::from_fn(|| tenant.handles.aggregator.reserve()).collect();
    let room = async {
        actix_rt::time::sleep(interval * 3).await;
        drop(full);
    };
    let replayed = async { futures_util::join!(pipeline.replay(unpack()), room).0 };
    let report = actix_rt::time::timeout(Duration::from_secs(30), replayed)
        .await
        .unwrap();
    assert_eq!((report.requests, report.losses), (2, 0));
    until_exposed(&pipeline, CALLS, 2.0).await;
}

#[actix_rt::test]
async fn what_an_ingest_actor_died_in_is_left_to_the_next_process_with_all_that_follows() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    for trace in 1..=20 {
        send(&pipeline, logged(trace)).await.unwrap();
    }
    crash(&disk, pipeline);
    let mut pipeline = pipeline_on(&disk, Some(LOG));
    let mut arbiters = pipeline.arbiters.iter();
    let ingest = arbiters.find(|arbiter| arbiter.name == "ingest 0").unwrap();
    let (ingest, unpack) = (ingest.arbiter.handle(), unpack());
    let dying: Unpack = Arc::new(move |logged| {
        if logged.position == 10 {
            ingest.stop();
        }
        unpack(logged)
    });
    let replayed = actix_rt::time::timeout(Duration::from_secs(1), pipeline.replay(dying)).await;
    assert!(replayed.is_err(), "it goes on over what was not applied");
    let applied = metrics(&pipeline).replayed.get();
    assert!((1..20).contains(&applied), "{applied}");
    let epochs = Arc::clone(pipeline.epochs.as_ref().unwrap());
    epochs.lock().await.make_now().await.unwrap();
    crash(&disk, pipeline);
    let pipeline = start_on(&disk, Some(LOG)).await;
    assert_eq!(metrics(&pipeline).replayed.get(), 20 - applied);
    until_exposed(&pipeline, CALLS, 20.0).await;
}

#[actix_rt::test]
async fn an_epoch_frees_what_it_has_and_the_rest_is_applied() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    for trace in 1..=10 {
        send(&pipeline, logged(trace)).await.unwrap();
    }
    pipeline
        .epochs
        .as_ref()
        .unwrap()
        .lock()
        .await
        .make_now()
        .await
        .unwrap();
    for trace in 11..=13 {
        send(&pipeline, logged(trace)).await.unwrap();
    }
    crash(&disk, pipeline);
    let pipeline = start_on(&disk, Some(LOG)).await;
    assert_eq!(metrics(&pipeline).replayed.get(), 3);
    until_exposed(&pipeline, CALLS, 13.0).await;
}

#[actix_rt::test]
async fn what_was_logged_is_applied_also_when_nothing_is_logged_any_more() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    send(&pipeline, logged(1)).await.unwrap();
    crash(&disk, pipeline);
    let pipeline = start_on(&disk, None).await;
    until_exposed(&pipeline, CALLS, 1.0).await;
    assert!(!pipeline.intake().logs());
}

#[actix_rt::test]
async fn a_request_that_comes_again_because_a_crash_ate_its_answer_counts_once() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    let unanswered = logged(1);
    send(&pipeline, unanswered.clone()).await.unwrap();
    crash(&disk, pipeline);
    let pipeline = start_on(&disk, Some(LOG)).await;
    send(&pipeline, unanswered).await.unwrap();
    send(&pipeline, logged(2)).await.unwrap();
    until_exposed(&pipeline, CALLS, 2.0).await;
    assert_eq!(metrics(&pipeline).repeated.get(), 1);
}

#[actix_rt::test]
async fn a_request_that_cannot_be_logged_is_refused_whole_and_never_applied() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    send(&pipeline, logged(1)).await.unwrap();
    disk.fail_sync_after(0);
    let refused = send(&pipeline, logged(2)).await.unwrap_err();
    assert!(matches!(refused, Refusal::NotLogged { .. }), "{refused}");
    send(&pipeline, logged(3)).await.unwrap();
    disk.set_capacity(Some(disk.used_bytes()));
    let refused = send(&pipeline, logged(4)).await.unwrap_err().to_string();
    assert!(
        refused.contains("no room for the request, try again in 1 s"),
        "{refused}"
    );
    until_exposed(&pipeline, CALLS, 2.0).await;
    pipeline.gate.drained().await;
    let trouble = pipeline.view().span_log().unwrap().trouble.unwrap();
    assert!(trouble.contains("no room for the request"), "{trouble}");
    disk.set_capacity(None);
    crash(&disk, pipeline);
    let pipeline = start_on(&disk, Some(LOG)).await;
    until_exposed(&pipeline, CALLS, 2.0).await;
}

#[actix_rt::test]
async fn a_full_log_costs_no_request_when_that_is_asked_for() {
    let disk = MemoryDisk::default();
    let log = SpanLogSettings {
        continues_when_full: true,
        ..LOG
    };
    let pipeline = start_on(&disk, Some(log)).await;
    send(&pipeline, logged(1)).await.unwrap();
    disk.set_capacity(Some(disk.used_bytes()));
    send(&pipeline, logged(2)).await.unwrap();
    until_exposed(&pipeline, CALLS, 2.0).await;
    assert_eq!(metrics(&pipeline).not_logged.get(), 1);
}

#[actix_rt::test]
async fn a_stop_keeps_all_in_an_epoch_and_leaves_nothing_to_replay() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, Some(LOG)).await;
    send(&pipeline, logged(1)).await.unwrap();
    let soon = std::time::Instant::now() + Duration::from_secs(20);
    let report = pipeline
        .drain(DrainDeadlines {
            collected: soon,
            written: soon,
        })
        .await;
    assert_eq!(report, DrainReport::default());
    crash(&disk, pipeline);
    let pipeline = start_on(&disk, Some(LOG)).await;
    assert_eq!(metrics(&pipeline).replayed.get(), 0);
    until_exposed(&pipeline, CALLS, 1.0).await;
}
