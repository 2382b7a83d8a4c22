//! The machine stops at every byte of a small log, and every sync fails once.

use super::*;

/// What was told of a log.
#[derive(Default)]
struct Told {
    answered: Vec<String>,
    /// Appended, and neither answered nor void. The last one may have failed in its write.
    in_doubt: Vec<String>,
    freed: u64,
}

impl Told {
    /// Appends requests "0" to "17", syncs after each third, and frees in the middle, as the thread of a log does.
    fn run(disk: &MemoryDisk) -> Self {
        let mut told = Self::default();
        let Ok(mut log) = open(disk).or_else(|_| open(disk)) else {
            return told;
        };
        for number in 0..18 {
            let body = format!("{number} {}", "x".repeat(number * 5 % 60));
            let appended = append(&mut log, &body).map(|_| ());
            told.in_doubt.push(body);
            told.settle(&mut log, appended.is_ok());
            if number % 3 == 2 {
                let synced = log.sync();
                told.settle(&mut log, synced.is_ok());
            }
            if number == 9 {
                told.freed = log.durable() - 2;
                while free(&mut log, told.freed).unwrap_or(false) {}
            }
            if !disk.has_power() {
                break;
            }
        }
        told
    }

    /// Answers what is durable. What failed is void once the next segment is begun.
    fn settle(&mut self, log: &mut SpanLog, succeeded: bool) {
        let durable = usize::try_from(log.durable()).unwrap();
        let more = durable - self.answered.len();
        self.answered.extend(self.in_doubt.drain(..more));
        if !succeeded && log.begin().is_ok() {
            self.in_doubt.clear();
        }
    }

    fn check(&self, disk: &MemoryDisk, what: &str) {
        let log = open(disk).unwrap();
        let found = bodies(&log, self.freed);
        let answered = &self.answered[usize::try_from(self.freed).unwrap()..];
        assert!(found.starts_with(answered), "{what}: {found:?} {answered:?}");
        let doubtful = &found[answered.len()..];
        assert!(self.in_doubt.starts_with(doubtful), "{what}: {doubtful:?}");
    }
}

#[test]
fn a_stop_at_every_byte_loses_nothing_that_was_answered_and_replays_nothing_that_is_void() {
    let all = MemoryDisk::default();
    assert_eq!(Told::run(&all).answered.len(), 18);
    let tears = (0..8).map(Tear::Torn).chain([Tear::Lost, Tear::Kept]);
    for power in 0..all.used_power() {
        for tear in tears.clone() {
            let disk = MemoryDisk::default();
            disk.set_power(power);
            let told = Told::run(&disk);
            disk.restart(tear);
            disk.set_short_reads(true);
            told.check(&disk, &format!("{power} {tear:?}"));
        }
    }
}

#[test]
fn every_sync_fails_once_and_what_it_refused_is_never_replayed() {
    for (failing, tear) in (0..20).flat_map(|failing| [(failing, Tear::Kept), (failing, Tear::Lost)]) {
        let disk = MemoryDisk::default();
        disk.fail_sync_after(failing);
        let told = Told::run(&disk);
        assert!(told.in_doubt.is_empty() && told.answered.len() >= 13, "{failing}");
        disk.fail_sync_after(u64::MAX);
        disk.restart(tear);
        told.check(&disk, &format!("{failing} {tear:?}"));
    }
}
