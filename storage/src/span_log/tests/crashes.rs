//! Any interleaving of groups, failed syncs, full disks, frees and crashes: what was answered is there, once.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Append { bytes: usize },
    Sync,
    Free { of: u64 },
    FailSync { after: u64 },
    Full { free: u64 },
    Room,
    Crash(Tear),
    PowerFailure { units: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let tear = prop_oneof![
        Just(Tear::Lost),
        Just(Tear::Kept),
        any::<u64>().prop_map(Tear::Torn)
    ];
    prop_oneof![
        10 => (0..200_usize).prop_map(|bytes| Step::Append { bytes }),
        6 => Just(Step::Sync),
        1 => (0..8_u64).prop_map(|of| Step::Free { of }),
        2 => (0..4_u64).prop_map(|after| Step::FailSync { after }),
        1 => (0..400_u64).prop_map(|free| Step::Full { free }),
        2 => Just(Step::Room),
        2 => tear.prop_map(Step::Crash),
        1 => (0..400_u64).prop_map(|units| Step::PowerFailure { units }),
    ]
}

/// A log, and what a naive model says of it.
struct Driver {
    disk: MemoryDisk,
    log: Option<SpanLog>,
    /// What was answered, from position 0 on.
    answered: Vec<Vec<u8>>,
    /// What was appended since the last sync, and was not refused.
    waiting: Vec<Vec<u8>>,
    freed: u64,
    bodies: u8,
}

impl Driver {
    fn step(&mut self, step: &Step) {
        match (step, self.log.as_mut()) {
            (Step::Crash(tear), _) => self.crash(*tear),
            (Step::FailSync { after }, _) => self.disk.fail_sync_after(*after),
            (Step::Full { free }, _) => self.disk.set_capacity(Some(self.disk.used_bytes() + free)),
            (Step::Room, _) => self.disk.set_capacity(None),
            (Step::PowerFailure { units }, _) => self.disk.set_power(*units),
            (Step::Append { bytes }, Some(_)) => self.append(*bytes),
            (Step::Sync, Some(_)) => self.sync(),
            (Step::Free { of }, Some(log)) => {
                self.freed = self.freed.max(log.durable() * of / 8);
                let _ = free(log, self.freed);
            }
            (_, None) => {}
        }
    }

    fn append(&mut self, bytes: usize) {
        self.bodies = self.bodies.wrapping_add(1);
        let body = vec![self.bodies; bytes];
        let Some(log) = self.log.as_mut() else { return };
        let request = Request {
            tenant: "one",
            stamp_unix_milliseconds: 1,
            encoding: 0,
            body: &body,
        };
        let appended = log.append(&request);
        if let Ok(position) = appended {
            assert_eq!(position, (self.answered.len() + self.waiting.len()) as u64);
            self.waiting.push(body);
        }
        // A segment that is full is synced before the next is begun.
        let durable = usize::try_from(log.durable()).unwrap();
        self.answered
            .extend(self.waiting.drain(..durable - self.answered.len()));
        if matches!(appended, Err(SpanLogError::Segment(_))) {
            self.waiting.clear();
        }
    }

    fn sync(&mut self) {
        let Some(log) = self.log.as_mut() else { return };
        match log.sync() {
            Ok(durable) => {
                self.answered.append(&mut self.waiting);
                assert_eq!(durable, self.answered.len() as u64);
            }
            Err(_) => self.waiting.clear(),
        }
        if self.disk.has_power() {
            let kept = self.answered.get(usize::try_from(self.freed).unwrap()..).unwrap();
            assert_eq!(read(log, self.freed), kept);
        }
    }

    /// Of what waited or was refused, any may stand; whatever does counts from then on.
    fn crash(&mut self, tear: Tear) {
        self.log = None;
        self.disk.restart(tear);
        self.disk.set_capacity(None);
        let log = open(&self.disk).or_else(|_| open(&self.disk)).unwrap();
        let found = read(&log, self.freed);
        let answered = self.answered.split_off(usize::try_from(self.freed).unwrap());
        assert!(
            found.starts_with(&answered),
            "{found:?} lacks some of {answered:?}"
        );
        self.answered.extend(found);
        self.waiting.clear();
        self.log = Some(log);
    }
}

fn read(log: &SpanLog, from: u64) -> Vec<Vec<u8>> {
    log.replay(from).map(|request| request.unwrap().body).collect()
}

proptest! {
    #[test]
    fn what_was_answered_is_replayed_whatever_happens(
        steps in proptest::collection::vec(step(), 0..80),
        short: bool,
    ) {
        let disk = MemoryDisk::default();
        disk.set_short_reads(short);
        let log = open(&disk).unwrap();
        let mut driver = Driver {
            disk,
            log: Some(log),
            answered: Vec::new(),
            waiting: Vec::new(),
            freed: 0,
            bodies: 0,
        };
        steps.iter().for_each(|step| driver.step(step));
        driver.step(&Step::Crash(Tear::Lost));
    }
}
