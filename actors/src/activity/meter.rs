//! What one actor's mailbox and handlers record, in atomics that they share with those who look.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::durations::DurationMeter;
use super::snapshot::{ActorName, ActorSnapshot};
use crate::mailbox::MailboxLevel;

/// Measures one actor.
///
/// Messages are counted with the time they take. Chores, such as the timer's frequent `Expire`, which would hide
/// the messages, only make the actor busy.
#[derive(Debug)]
pub struct ActorMeter {
    name: ActorName,
    capacity: usize,
    waiting: AtomicUsize,
    waits: DurationMeter,
    handling: DurationMeter,
    chores_nanoseconds: AtomicU64,
}

/// A message or chore that is being handled; it has taken until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Handling {
    meter: Arc<ActorMeter>,
    begun: Instant,
    work: Work,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Message,
    Chore,
}

impl ActorMeter {
    /// A meter of the actor `name`, whose mailbox holds `capacity` messages; 0 when it has no mailbox.
    #[must_use]
    pub fn new(name: ActorName, capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            name,
            capacity,
            waiting: AtomicUsize::new(0),
            waits: DurationMeter::default(),
            handling: DurationMeter::default(),
            chores_nanoseconds: AtomicU64::new(0),
        })
    }

    /// Whose meter it is.
    #[must_use]
    pub fn name(&self) -> &ActorName {
        &self.name
    }

    /// How many messages may wait.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How full the mailbox is.
    #[must_use]
    pub fn level(&self) -> MailboxLevel {
        MailboxLevel {
            waiting: self.waiting.load(Ordering::Acquire),
            capacity: self.capacity,
        }
    }

    /// Takes a place in the mailbox; false when none is free.
    #[must_use]
    pub fn take_place(&self) -> bool {
        let more = |waiting: usize| (waiting < self.capacity).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .is_ok()
    }

    /// Gives a place back.
    pub fn free_place(&self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }

    /// Counts how long a message has waited, or how late a tick came.
    pub fn waited(&self, wait: Duration) {
        self.waits.record(wait);
    }

    /// Begins a message, which is counted.
    pub fn message(self: &Arc<Self>) -> Handling {
        self.begin(Work::Message)
    }

    /// Begins a chore, which is not counted as a message.
    pub fn chore(self: &Arc<Self>) -> Handling {
        self.begin(Work::Chore)
    }

    /// All that was recorded since the start.
    #[must_use]
    pub fn snapshot(&self) -> ActorSnapshot {
        let handling = self.handling.read();
        let chores = Duration::from_nanos(self.chores_nanoseconds.load(Ordering::Relaxed));
        ActorSnapshot {
            name: self.name.clone(),
            mailbox: self.level(),
            waits: self.waits.read(),
            busy: handling.total() + chores,
            handling,
        }
    }

    fn begin(self: &Arc<Self>, work: Work) -> Handling {
        Handling {
            meter: Arc::clone(self),
            begun: Instant::now(),
            work,
        }
    }

    fn end(&self, work: Work, took: Duration) {
        match work {
            Work::Message => self.handling.record(took),
            Work::Chore => {
                let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
                self.chores_nanoseconds.fetch_add(took, Ordering::Relaxed);
            }
        }
    }
}

impl Handling {
    /// When it began.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.begun
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.meter.end(self.work, self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Role;

    #[test]
    fn messages_are_counted_and_chores_only_make_busy() {
        let meter = ActorMeter::new(ActorName::new(Role::Matcher, 0), 1);
        drop(meter.message());
        let before = meter.snapshot();
        assert_eq!(before.messages(), 1);
        let chore = meter.chore();
        let begun = chore.begun();
        while begun.elapsed() < Duration::from_micros(10) {}
        drop(chore);
        let after = meter.snapshot();
        assert_eq!(after.messages(), 1);
        assert!(after.busy >= before.busy + Duration::from_micros(10));
    }
}
