//! Pipelines whose state outlives them, on a disk in memory and by a clock that the test sets.

mod graph;
mod outage;

use std::path::PathBuf;

use prometheus_client::registry::Registry;
use spangraph_config::DurabilitySettings;
use spangraph_storage::disk::memory::{MemoryDisk, Tear};

use super::remote::Mood;
use super::stopping::in_time;
use super::*;
use crate::aggregator::BusyForTest;
use crate::durability::{NoCut, PipelineCut, StateFolder};
use crate::time::{PipelineTime, TimeShift};

/// How often tenants are collected.
const INTERVAL: Duration = Duration::from_secs(15);

const HOUR: i64 = 3_600_000;

/// What outlives the pipelines of one test.
struct World {
    disk: MemoryDisk,
    remote: Remote,
    now: PipelineTime,
}

/// One of its pipelines.
struct Life {
    pipeline: Pipeline,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self {
            disk: MemoryDisk::default(),
            remote: Remote::start(),
            now: Clock::live().now().time + TimeShift::from_milliseconds(-2 * HOUR),
        }
    }

    fn folder(&self) -> StateFolder {
        let settings = DurabilitySettings {
            path: PathBuf::from("state"),
            interval: INTERVAL,
            max_queue_bytes: 1 << 30,
            log: None,
            max_backfill: Duration::ZERO,
        };
        StateFolder::on(Arc::new(self.disk.clone()), &settings)
    }

    fn settings(&self) -> TenantSettings {
        let mut settings = TenantSettings {
            remote_write: vec![self.remote.endpoint.clone()],
            ingestion_time_range_slack: Duration::from_secs(3 * 3_600),
            ..TenantSettings::default()
        };
        settings.registry.collection_interval = INTERVAL;
        settings
    }

    /// Goes on with what is on the disk.
    fn live(&self) -> Life {
        let clock = Clock::replaying(self.now);
        let settings = self.settings();
        let parts = PipelineParts {
            clock: clock.clone(),
            durable: Some(DurableParts {
                found: self.folder().read().unwrap(),
                interval: INTERVAL,
                log: None,
                max_backfill: Duration::ZERO,
            }),
            ..parts(Arc::new(move |_| settings.clone()))
        };
        let pipeline = Pipeline::start(parts).unwrap();
        Life { pipeline, clock }
    }

    /// Sets the clock forward by an interval, and makes the epoch that is due then.
    async fn pass(&mut self, life: &Life) {
        self.now = self.now + INTERVAL;
        life.clock.advance(self.now);
        let epochs = life.pipeline.epochs.as_ref().unwrap();
        let before = life.epochs_made();
        while life.epochs_made() == before {
            epochs.lock().await.make_when_due().await;
        }
    }

    /// Ends a pipeline as a power failure does.
    fn crash(&self, life: Life) {
        for NamedArbiter { arbiter, .. } in life.pipeline.into_arbiters() {
            arbiter.stop();
            arbiter.join().unwrap();
        }
        // Last: what has no power before must not have it while it still runs.
        self.disk.restart(Tear::Lost);
    }

    /// Waits until the remote has a sample of `value` of the counter of calls.
    async fn until_taken(&self, value: f64) -> Vec<(i64, f64)> {
        for _ in 0..2_000 {
            let samples = self.calls();
            if samples.iter().any(|sample| sample.1 == value) {
                return samples;
            }
            actix_rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no sample of {value} came: {:?}", self.calls());
    }

    fn calls(&self) -> Vec<(i64, f64)> {
        self.remote.samples("traces_service_graph_request_total")
    }
}

impl Life {
    fn epochs_made(&self) -> u64 {
        self.pipeline.view().epochs().map_or(0, |epochs| epochs.number)
    }

    /// The zeros that were refused, and those that were sent again.
    fn seeds(&self) -> (f64, f64) {
        let mut registry = Registry::default();
        self.pipeline.writers.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let scrape = Scrape::parse(&text).unwrap();
        let sum = |name| scrape.sum(&format!("spangraph_remote_write_{name}"), &[]);
        (sum("seeds_refused_total"), sum("seeds_repeated_total"))
    }

    async fn stop(self) {
        let report = self.pipeline.drain(in_time()).await;
        assert_eq!(report.steps_failed, Vec::<String>::new());
    }
}

#[actix_rt::test]
async fn a_tenant_of_which_only_samples_are_left_starts_to_send_them() {
    let mut world = World::new();
    world.remote.be(Mood::Away);
    let life = world.live();
    export(&life.pipeline.intake(), call(1)).await.unwrap();
    world.pass(&life).await;
    world.crash(life);
    let mut found = world.folder().read().unwrap();
    let without_tenants = PipelineCut {
        unix_milliseconds: world.now.unix_milliseconds() + 1,
        tenants: Vec::new(),
        positions: std::collections::BTreeMap::new(),
        missed: Vec::new(),
        is_whole: false,
    };
    found.keeper.keep(without_tenants).unwrap();
    drop(found);
    world.remote.be(Mood::Willing);
    let life = world.live();
    let samples = world.until_taken(1.0).await;
    assert_eq!(samples.last(), Some(&(world.now.unix_milliseconds(), 1.0)));
    life.stop().await;
}

#[actix_rt::test]
async fn zeros_that_come_again_after_a_crash_are_told_from_those_that_are_refused() {
    let mut world = World::new();
    world.remote.be(Mood::Away);
    let life = world.live();
    export(&life.pipeline.intake(), call(1)).await.unwrap();
    world.pass(&life).await;
    while world.remote.requests() == 0 {
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    // What the endpoint takes from here on cannot be noted on the disk.
    world.disk.set_power(0);
    world.remote.be(Mood::Willing);
    world.until_taken(1.0).await;
    world.crash(life);
    world.remote.be(Mood::WithoutSeeds);
    let life = world.live();
    let before = life.seeds();
    let calls = || world.calls().iter().filter(|sample| sample.1 == 1.0).count();
    for _ in (0..1_000).take_while(|_| calls() < 2) {
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(calls(), 2);
    let (refused, repeated) = life.seeds();
    assert_eq!((before, refused), ((0.0, 0.0), 0.0));
    assert!(repeated > 0.0);
    life.stop().await;
}

#[actix_rt::test]
async fn what_an_aggregator_collects_too_late_for_its_cut_goes_with_the_next() {
    let mut world = World::new();
    let life = world.live();
    export(&life.pipeline.intake(), call(1)).await.unwrap();
    life.pipeline.gate.drained().await;
    let tenant = life.pipeline.tenants.get(&TenantId::single()).unwrap();
    let aggregator = tenant.handles.aggregator.control();
    aggregator
        .try_send(BusyForTest(Duration::from_millis(1_500)))
        .unwrap();
    world.now = world.now + INTERVAL;
    life.clock.advance(world.now);
    let missed = life
        .pipeline
        .epochs
        .as_ref()
        .unwrap()
        .lock()
        .await
        .make_now()
        .await;
    assert_eq!(missed, Err(NoCut::NoAnswer));
    let at = world.now.unix_milliseconds();
    world.pass(&life).await;
    export(&life.pipeline.intake(), call(2)).await.unwrap();
    world.pass(&life).await;
    let samples = world.until_taken(2.0).await;
    assert_eq!(samples[0].1, 0.0, "{samples:?}");
    assert_eq!(samples[1], (at, 1.0), "{samples:?}");
    life.stop().await;
}
