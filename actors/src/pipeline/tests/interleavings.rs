//! Requests, ticks, epochs, failing disks, kills and replays in any order, against the naive model.

mod machine;
mod model;
mod spans;
mod steps;
mod store;

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::TenantId;
use spangraph_storage::disk::memory::{MemoryDisk, Tear};
use spangraph_storage::epochs::StoreError;
use spangraph_test_support::exposition::Scrape;

use self::machine::{Frozen, Machine, tenant_id};
use self::model::{Answered, Counted, Request, counted, shown};
use self::steps::{Epoch, Fault, Kill, Step, TENANTS, any_step};
use self::store::Store;
use crate::durability::KeepError;

const START: i64 = 1_700_000_000_000;

/// Between two steps.
const STEP: i64 = 10;

/// State that may be on the disk: of which cut, and how many requests are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Durable {
    cut: Option<i64>,
    requests: usize,
}

/// A process, and what is expected of it.
struct World {
    logs: bool,
    disk: MemoryDisk,
    machine: Machine,
    now: i64,
    /// All that was answered and is not forgotten.
    answered: Vec<Answered>,
    /// How many of them are applied.
    applied: usize,
    /// One, and more while it is not known whether an epoch was committed.
    durable: Vec<Durable>,
    /// What each tenant had at each cut.
    counted: BTreeMap<i64, Vec<Counted>>,
    store: Store,
}

impl World {
    fn new(logs: bool) -> Self {
        let disk = MemoryDisk::default();
        Self {
            logs,
            machine: Machine::start(&disk, 2, logs),
            disk,
            now: START,
            answered: Vec::new(),
            applied: 0,
            durable: vec![Durable {
                cut: None,
                requests: 0,
            }],
            counted: BTreeMap::new(),
            store: Store::default(),
        }
    }

    fn take(&mut self, step: &Step) {
        self.now += STEP;
        match step {
            Step::Request(request, fails) => self.request(request, *fails),
            Step::Wait(milliseconds) => self.now += i64::from(*milliseconds),
            Step::Tick => self.machine.expire(self.now),
            Step::Epoch(epoch) => _ = self.cut(self.now, *epoch),
            Step::Miss(is_due) => self.miss(*is_due),
            Step::Send(batches) => self.send(usize::from(*batches)),
            Step::Kill(kill) => self.kill(*kill),
        }
    }

    fn request(&mut self, request: &Request, fails: bool) {
        if fails {
            self.disk.fail_sync_after(0);
        }
        if self.machine.take(request, self.now) {
            self.answered.push(Answered {
                time: self.now,
                request: request.clone(),
            });
            self.applied += 1;
        }
        self.calm();
    }

    /// Nothing fails any more.
    fn calm(&self) {
        self.disk.fail_sync_after(u64::MAX);
        self.disk.set_capacity(None);
    }

    /// Makes an epoch; whether it is on the disk for certain.
    fn cut(&mut self, now: i64, Epoch { is_due, fault }: Epoch) -> bool {
        let frozen = self.freeze(now, is_due);
        match fault {
            Some(Fault::Sync(successes)) => self.disk.fail_sync_after(successes.into()),
            Some(Fault::Full(room)) => {
                let capacity = self.disk.used_bytes() + u64::from(room);
                self.disk.set_capacity(Some(capacity));
            }
            None => {}
        }
        let kept = self.machine.keep(frozen, now);
        self.calm();
        let durable = Durable {
            cut: Some(now),
            requests: self.applied,
        };
        match kept.map_err(|error| error.source) {
            Ok(()) => self.durable = vec![durable],
            Err(KeepError::Store(StoreError::InDoubt(_))) => self.durable.push(durable),
            Err(_) => {}
        }
        self.durable == [durable]
    }

    /// A cut, at which all is as the model says.
    fn freeze(&mut self, now: i64, is_due: bool) -> Frozen {
        let expected = self.count(self.applied, now);
        let frozen = self.machine.freeze(now, is_due);
        assert_shown(&frozen.pages, &expected);
        for (tenant, counted) in (0..).zip(&expected) {
            let waiting = frozen.pending.get(&tenant_id(tenant)).copied();
            assert_eq!(waiting.unwrap_or(0), counted.pending);
        }
        self.counted.insert(now, expected);
        frozen
    }

    fn miss(&mut self, is_due: bool) {
        let frozen = self.freeze(self.now, is_due);
        self.machine.miss(frozen, self.now);
    }

    /// What each tenant has at `now`, when so many of the requests are applied.
    fn count(&self, applied: usize, now: i64) -> Vec<Counted> {
        let applied = &self.answered[..applied];
        (0..TENANTS).map(|tenant| counted(applied, tenant, now)).collect()
    }

    fn send(&mut self, batches: usize) {
        for tenant in 0..TENANTS {
            for _ in 0..batches {
                let Some(collected) = self.machine.send(tenant) else {
                    break;
                };
                self.store.take(tenant, &collected, &self.counted);
            }
        }
        self.store.assert_nothing_falls();
    }

    fn kill(&mut self, kill: Kill) {
        self.restart(kill.tear, kill.shards);
        if let Some(requests) = kill.again_after {
            let last = self.replay(requests.into());
            if let Some(last) = last.filter(|_| kill.has_epoch) {
                let epoch = Epoch {
                    is_due: true,
                    fault: None,
                };
                self.cut(last + 1, epoch);
            }
            self.restart(kill.tear, kill.shards);
        }
        self.replay(usize::MAX);
        assert_eq!(self.applied, self.answered.len());
    }

    /// What the new process begins with is what an epoch had that may be on the disk.
    fn restart(&mut self, tear: Tear, shards: usize) {
        self.disk.restart(tear);
        self.machine = Machine::start(&self.disk, shards, self.logs);
        let cut = self.machine.began_with;
        let mut durable = self.durable.iter();
        let found = durable.find(|durable| durable.cut == cut);
        let found = *found.unwrap_or_else(|| panic!("{cut:?} is none of {:?}", self.durable));
        self.durable = vec![found];
        self.applied = found.requests;
        if self.logs {
            assert_eq!(self.machine.position, found.requests as u64);
        } else {
            self.answered.truncate(found.requests);
        }
        let expected = self.count(found.requests, cut.unwrap_or(START));
        assert_shown(&self.machine.pages(), &expected);
    }

    /// Applies up to so many requests of the log again; when the last of them was stamped.
    fn replay(&mut self, most: usize) -> Option<i64> {
        let logged = self.machine.logged();
        assert_eq!(self.applied + logged.len(), self.answered.len());
        let mut last = None;
        for request in logged.iter().take(most) {
            self.machine.replay(request);
            self.applied += 1;
            last = Some(request.stamp_unix_milliseconds);
        }
        last
    }

    /// At the end all that was not forgotten is counted, and the store has it.
    fn end(&mut self) {
        self.now += STEP;
        let epoch = Epoch {
            is_due: true,
            fault: None,
        };
        assert!(self.cut(self.now, epoch), "a calm disk keeps it");
        self.send(usize::MAX);
        for (tenant, counted) in (0..).zip(self.count(self.applied, self.now)) {
            self.store.assert_last(tenant, self.now, &counted);
        }
    }
}

fn assert_shown(pages: &BTreeMap<TenantId, Scrape>, expected: &[Counted]) {
    for (tenant, counted) in (0..).zip(expected) {
        let series = pages.get(&tenant_id(tenant)).map(shown).unwrap_or_default();
        assert_eq!(series, counted.series, "of tenant {tenant}");
    }
}

/// A case is long, and a quarter of them is many.
fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.div_ceil(4),
        ..usual
    }
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_interleaving_gives_the_series_of_the_model_up_to_the_last_epoch(steps in vec(any_step(), 1..50)) {
        let mut world = World::new(false);
        steps.iter().for_each(|step| world.take(step));
        world.end();
    }

    #[test]
    fn with_a_log_any_interleaving_gives_the_series_of_all_that_was_answered(steps in vec(any_step(), 1..50)) {
        let mut world = World::new(true);
        steps.iter().for_each(|step| world.take(step));
        world.end();
    }
}
