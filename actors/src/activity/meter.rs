//! What one actor's mailbox and handlers record, in atomics that they share with those who look.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use std::time::{Duration, Instant};

use super::actor_name::ActorName;
use super::description::ActorDescription;
use super::durations::DurationMeter;
use super::turn::{LongestMeter, Turn};
use crate::supervision::{MailboxLevel, fault};

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
    made: Instant,
    /// When the work began that goes on now, in nanoseconds since `made` plus 1; 0 when none does.
    since: AtomicU64,
    /// The longest busy time that was told, in nanoseconds: what is told never goes back.
    told_nanoseconds: AtomicU64,
    longest: LongestMeter,
}

/// A message or chore that is being handled; it has taken until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Handling {
    meter: Arc<ActorMeter>,
    begun: Instant,
    work: Work,
    turn: Turn,
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
            made: Instant::now(),
            since: AtomicU64::new(0),
            told_nanoseconds: AtomicU64::new(0),
            longest: LongestMeter::default(),
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

    /// Takes a place in the mailbox whether one is free or not.
    pub fn take_place_beyond(&self) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
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

    /// All that was recorded since the start, and what is under way.
    #[must_use]
    pub fn describe(&self) -> ActorDescription {
        let since = self.since.load(Ordering::Relaxed);
        let handling = self.handling.read();
        let chores = Duration::from_nanos(self.chores_nanoseconds.load(Ordering::Relaxed));
        // With the fence of `end`: work whose end was counted above is not taken for work under way.
        fence(Ordering::Acquire);
        let is_same = since == self.since.load(Ordering::Relaxed);
        let under_way = self.time_since(since, Instant::now()).filter(|_| is_same);
        let busy = handling.total() + chores + under_way.unwrap_or_default();
        ActorDescription {
            name: self.name.clone(),
            mailbox: self.level(),
            waits: self.waits.read(),
            busy: self.told(busy),
            under_way,
            longest: self.longest.read(),
            handling,
        }
    }

    /// How long the message or chore that is handled now has taken until `now`; `None` when none is.
    #[must_use]
    pub fn under_way(&self, now: Instant) -> Option<Duration> {
        self.time_since(self.since.load(Ordering::Relaxed), now)
    }

    fn time_since(&self, since: u64, now: Instant) -> Option<Duration> {
        let begun = Duration::from_nanos(since.checked_sub(1)?);
        Some(now.saturating_duration_since(self.made).saturating_sub(begun))
    }

    /// Between the end of some work and its count, readings would lack it: then the last one is told again.
    fn told(&self, busy: Duration) -> Duration {
        let busy = nanoseconds(busy);
        let before = self.told_nanoseconds.fetch_max(busy, Ordering::Relaxed);
        Duration::from_nanos(busy.max(before))
    }

    fn begin(self: &Arc<Self>, work: Work) -> Handling {
        let begun = Instant::now();
        let since = nanoseconds(begun.saturating_duration_since(self.made));
        self.since.store(since.saturating_add(1), Ordering::Relaxed);
        if matches!(work, Work::Message) {
            fault::point(&self.name);
        }
        Handling {
            meter: Arc::clone(self),
            begun,
            work,
            turn: Turn::Other,
        }
    }

    fn end(&self, work: Work, turn: Turn, took: Duration) {
        self.since.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        self.longest.note(turn, nanoseconds(took));
        match work {
            Work::Message => self.handling.record(took),
            Work::Chore => {
                self.chores_nanoseconds
                    .fetch_add(nanoseconds(took), Ordering::Relaxed);
            }
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Handling {
    /// When it began.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// It is a turn of this kind.
    pub fn of(self, turn: Turn) -> Self {
        let mut handling = self;
        handling.turn = turn;
        handling
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.meter.end(self.work, self.turn, self.begun.elapsed());
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
        let before = meter.describe();
        assert_eq!(before.messages(), 1);
        let chore = meter.chore();
        let begun = chore.begun();
        while begun.elapsed() < Duration::from_micros(10) {}
        drop(chore);
        let after = meter.describe();
        assert_eq!(after.messages(), 1);
        assert!(after.busy >= before.busy + Duration::from_micros(10));
    }

    #[test]
    fn what_is_under_way_makes_busy_before_it_ends() {
        let meter = ActorMeter::new(ActorName::new(Role::Matcher, 0), 1);
        assert_eq!(meter.describe().under_way, None);
        let message = meter.message();
        let begun = message.begun();
        while begun.elapsed() < Duration::from_millis(2) {}
        let (during, later) = (meter.describe(), Instant::now() + Duration::from_secs(60));
        assert!(during.under_way >= Some(Duration::from_millis(2)), "{during:?}");
        assert!(during.busy >= Duration::from_millis(2), "{during:?}");
        assert_eq!(during.messages(), 0);
        assert!(meter.under_way(later) >= Some(Duration::from_secs(60)));
        drop(message);
        let after = meter.describe();
        assert_eq!((after.under_way, after.messages()), (None, 1));
        assert!(after.busy >= during.busy && meter.under_way(later).is_none());
    }

    #[test]
    fn busy_time_never_goes_back_nor_beyond_the_time_that_went_by() {
        let meter = ActorMeter::new(ActorName::new(Role::Matcher, 0), 1);
        let begun = Instant::now();
        let worker = std::thread::spawn({
            let meter = Arc::clone(&meter);
            move || {
                while begun.elapsed() < Duration::from_millis(200) {
                    drop(meter.message());
                    drop(meter.chore());
                }
            }
        });
        let mut last = Duration::ZERO;
        while !worker.is_finished() {
            let busy = meter.describe().busy;
            assert!(busy >= last && busy <= begun.elapsed(), "{busy:?} after {last:?}");
            last = busy;
        }
        worker.join().unwrap();
    }
}
