//! The timer actor: the only clock of the pipeline, on an arbiter of its own so that no work delays it.

mod beat;
mod schedule;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use self::beat::Beat;
use self::schedule::Schedule;
use crate::activity::ActorMeter;
use crate::aggregator::CollectSeries;
use crate::lifeline::Lifeline;
use crate::mailbox::Mailbox;
use crate::matcher::{Expire, Matcher};
use crate::moment::Moment;
use crate::tenants::Tenants;

/// How exactly edges expire and series are collected.
const TICK: Duration = Duration::from_millis(100);

/// Tells matchers to expire and aggregators to collect.
pub struct Timer {
    matchers: Arc<[Mailbox<Matcher>]>,
    tenants: Arc<Tenants>,
    schedule: Schedule,
    beat: Option<Beat>,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// What a timer is given.
pub struct TimerParts {
    /// All matchers.
    pub matchers: Arc<[Mailbox<Matcher>]>,
    /// Whose aggregators are to collect.
    pub tenants: Arc<Tenants>,
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
            schedule: Schedule::default(),
            beat: None,
            meter: parts.meter,
            lifeline: parts.lifeline,
        }
    }

    /// A tick that finds no room is left out: the actor has not yet handled the ones before it.
    fn tick(&mut self, now: Moment) {
        let _handling = self.meter.message();
        if let Some(beat) = &mut self.beat {
            self.meter.waited(beat.tick(now.steady));
        }
        for matcher in self.matchers.iter() {
            let _ = matcher.control().try_send(Expire { now });
        }
        for tenant in self.tenants.all() {
            let interval = tenant.settings.registry.collection_interval;
            if self.schedule.is_due(&tenant.id, interval, now.steady) {
                let _ = tenant.aggregator.control().try_send(CollectSeries { now });
            }
        }
    }
}

impl Actor for Timer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.beat = Some(Beat::new(TICK, Instant::now()));
        context.run_interval(TICK, |timer, _| timer.tick(Moment::now()));
    }
}

impl Handler<StopTimer> for Timer {
    type Result = ();

    fn handle(&mut self, _: StopTimer, context: &mut Self::Context) {
        self.lifeline.finish();
        context.stop();
    }
}
