//! The timer actor: the only clock of the pipeline, on an arbiter of its own so that no work delays it.

mod beat;
mod schedule;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use self::beat::Beat;
use self::schedule::Schedule;
use crate::activity::{ActorMeter, Role};
use crate::aggregator::CollectSeries;
use crate::matcher::{Expire, Matcher};
use crate::metrics::{ClockSteps, MissedTicks};
use crate::supervision::{Lifeline, Mailbox};
use crate::tenants::{Tenants, retire};
use crate::time::{Clock, Stamp, Timeline};

/// How exactly edges expire and series are collected.
const TICK: Duration = Duration::from_millis(100);

/// How often idle tenants are looked for.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// Tells matchers to expire and aggregators to collect.
pub struct Timer {
    matchers: Arc<[Mailbox<Matcher>]>,
    tenants: Arc<Tenants>,
    clock: Clock,
    steps: ClockSteps,
    looked_for_idle: Stamp,
    timeline: Timeline,
    schedule: Schedule,
    beat: Option<Beat>,
    missed: MissedTicks,
    collects: bool,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// What a timer is given.
pub struct TimerParts {
    /// All matchers.
    pub matchers: Arc<[Mailbox<Matcher>]>,
    /// Whose aggregators are to collect.
    pub tenants: Arc<Tenants>,
    /// What it tells all others the time by.
    pub clock: Clock,
    /// Counts how often that was set.
    pub steps: ClockSteps,
    /// Counts the ticks that found no room.
    pub missed: MissedTicks,
    /// Whether it has series collected; with durable state epochs do.
    pub collects: bool,
    /// Counts its ticks, and as waits how late they come.
    pub meter: Arc<ActorMeter>,
    /// Tells of its death.
    pub lifeline: Lifeline,
}

/// Asks the timer to end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct StopTimer;

impl Timer {
    /// A timer that begins when it is started.
    #[must_use]
    pub fn new(parts: TimerParts) -> Self {
        Self {
            matchers: parts.matchers,
            tenants: parts.tenants,
            looked_for_idle: parts.clock.now(),
            clock: parts.clock,
            steps: parts.steps,
            timeline: Timeline::default(),
            schedule: Schedule::default(),
            beat: None,
            missed: parts.missed,
            collects: parts.collects,
            meter: parts.meter,
            lifeline: parts.lifeline,
        }
    }

    /// Sets the clock by the wall clock, and tells all others what time it is.
    fn beat(&mut self) {
        let _handling = self.meter.message();
        if let Some(beat) = &mut self.beat {
            self.meter.waited(beat.tick(Instant::now()));
        }
        if self.clock.is_replaying() {
            // Who replays tells the time.
            return;
        }
        if let Some(step) = self.clock.set_by_wall() {
            self.steps.note(step);
        }
        self.tick(self.clock.now());
    }

    /// A tick that finds no room is counted and made up for: an `Expire` by the next one, which covers it, and a
    /// `CollectSeries` at the next tick, so that its tenant is collected late and not left out.
    fn tick(&mut self, now: Stamp) {
        for matcher in self.matchers.iter() {
            self.missed
                .note(Role::Matcher, matcher.control().try_send(Expire { now }));
        }
        if now.since(self.looked_for_idle) >= IDLE_INTERVAL {
            self.looked_for_idle = now;
            self.remove_idle(now);
        }
        if self.collects {
            self.collect_due(now);
        }
    }

    fn collect_due(&mut self, now: Stamp) {
        let followed = self.timeline.follow(now);
        if let Some(shift) = followed.shift {
            self.schedule.shift(shift);
        }
        for tenant in self.tenants.all() {
            let interval = tenant.profile.settings.registry.collection_interval;
            if self.schedule.is_due(&tenant.profile.id, interval, followed.now) {
                let told = tenant
                    .handles
                    .aggregator
                    .control()
                    .try_send(CollectSeries { now });
                if !self.missed.note(Role::Aggregator, told) {
                    self.schedule.owe(&tenant.profile.id);
                }
            }
        }
    }

    /// Removes idle tenants and ends their actors.
    fn remove_idle(&mut self, now: Stamp) {
        let removed = self.tenants.remove_idle(now);
        if removed.is_empty() {
            return;
        }
        for tenant in &removed {
            self.schedule.forget(&tenant.profile.id);
        }
        actix_rt::spawn(retire(Arc::clone(&self.tenants), removed));
    }
}

impl Actor for Timer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.beat = Some(Beat::new(TICK, Instant::now()));
        context.run_interval(TICK, |timer, _| timer.beat());
    }
}

impl Handler<StopTimer> for Timer {
    type Result = ();

    fn handle(&mut self, _: StopTimer, context: &mut Self::Context) {
        let _handling = self.meter.chore();
        self.lifeline.finish();
        context.stop();
    }
}
