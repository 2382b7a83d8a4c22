//! What each actor does: built from the actors' meters and the gate.

use std::time::Duration;

use serde::Serialize;
use spangraph_actors::activity::{Durations, STUCK_AFTER};
use spangraph_actors::gate::GateLevel;
use spangraph_config::AdmissionSettings;
use utoipa::ToSchema;

use super::advice;
use crate::sampling::ActorView;

/// The gate, and every actor in the order of a span's way; rates and times are of the last minute or so.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActorsReport {
    /// How much is let in and not yet applied.
    pub gate: GateReport,
    /// The actors.
    pub actors: Vec<ActorReport>,
}

/// How much is let in and not yet applied, and how much may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GateReport {
    /// Requests under way.
    pub requests: usize,
    /// Their spans.
    pub spans: usize,
    /// How many spans there may be.
    pub max_spans: usize,
    /// Their bytes, decompressed.
    pub bytes: usize,
    /// How many bytes there may be.
    pub max_bytes: usize,
}

/// One actor.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ActorReport {
    /// `ingest`, `matcher`, `aggregator`, `writer` or `timer`.
    pub role: String,
    /// Which one: a number, a tenant, or a tenant and endpoint.
    pub index: String,
    /// Role and index as one name.
    pub name: String,
    /// Messages that wait; the timer has no mailbox.
    pub mailbox_length: Option<usize>,
    /// How many may wait.
    pub mailbox_capacity: Option<usize>,
    /// Messages handled since the start; of the timer its ticks.
    pub messages: u64,
    /// Messages handled a second.
    pub messages_per_second: f64,
    /// How long half of the messages waited at most; of the timer how late its ticks came.
    pub wait_p50_seconds: Option<f64>,
    /// How long 99 % of the messages waited at most.
    pub wait_p99_seconds: Option<f64>,
    /// How long half of the messages took at most.
    pub handle_p50_seconds: Option<f64>,
    /// How long 99 % of the messages took at most.
    pub handle_p99_seconds: Option<f64>,
    /// The share of the time that it was busy, 0 to 1.
    pub busy_share: f64,
    /// How long it has been at the message or chore that it handles now; none when it handles none.
    pub current_message_seconds: Option<f64>,
    /// What stands out about it.
    pub conspicuous: Option<String>,
    /// Which setting to turn, when something stands out.
    pub remedy: Option<String>,
}

impl ActorsReport {
    /// The report on `actors` and a gate.
    #[must_use]
    pub fn new(actors: &[ActorView], level: GateLevel, bounds: AdmissionSettings) -> Self {
        Self {
            gate: GateReport::new(level, bounds),
            actors: actors.iter().map(ActorReport::new).collect(),
        }
    }
}

impl GateReport {
    /// The report on a gate.
    #[must_use]
    pub fn new(level: GateLevel, bounds: AdmissionSettings) -> Self {
        Self {
            requests: level.requests,
            spans: level.spans,
            max_spans: bounds.max_spans,
            bytes: level.bytes,
            max_bytes: bounds.max_bytes,
        }
    }

    /// The share of its bounds that is taken, of the one that is nearer.
    #[must_use]
    pub fn fill(&self) -> f64 {
        self.span_share().max(self.byte_share())
    }

    /// The share of the spans that there may be.
    #[must_use]
    pub fn span_share(&self) -> f64 {
        share(self.spans, self.max_spans)
    }

    /// The share of the bytes that there may be.
    #[must_use]
    pub fn byte_share(&self) -> f64 {
        share(self.bytes, self.max_bytes)
    }
}

impl ActorReport {
    /// The report on one actor.
    #[must_use]
    pub fn new(view: &ActorView) -> Self {
        let (now, activity) = (&view.now, &view.activity);
        let has_mailbox = now.mailbox.capacity > 0;
        let mut report = Self {
            role: now.name.role.as_str().to_owned(),
            index: now.name.index.to_string(),
            name: now.name.to_string(),
            mailbox_length: has_mailbox.then_some(now.mailbox.waiting),
            mailbox_capacity: has_mailbox.then_some(now.mailbox.capacity),
            messages: now.messages(),
            messages_per_second: activity.messages_per_second,
            wait_p50_seconds: percentile(&activity.waits, 50),
            wait_p99_seconds: percentile(&activity.waits, 99),
            handle_p50_seconds: percentile(&activity.handling, 50),
            handle_p99_seconds: percentile(&activity.handling, 99),
            busy_share: activity.busy_share,
            current_message_seconds: now.under_way.as_ref().map(Duration::as_secs_f64),
            conspicuous: None,
            remedy: None,
        };
        if let Some(what) = advice::conspicuous(&report) {
            report.conspicuous = Some(what);
            report.remedy = Some(advice::remedy(&report, now.name.role).to_owned());
        }
        report
    }

    /// How full its mailbox is, 0 to 1.
    #[must_use]
    pub fn fill(&self) -> f64 {
        share(
            self.mailbox_length.unwrap_or(0),
            self.mailbox_capacity.unwrap_or(0),
        )
    }

    /// Whether it does not come to the end of a message.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let seconds = self.current_message_seconds.unwrap_or_default();
        seconds > STUCK_AFTER.as_secs_f64()
    }
}

fn percentile(durations: &Durations, percent: u64) -> Option<f64> {
    durations.percentile(percent).as_ref().map(Duration::as_secs_f64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share need not be exact to the last digit"
)]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use spangraph_actors::activity::{ActorMeter, ActorName, Role};

    use super::*;

    fn view(meter: &ActorMeter) -> ActorView {
        let now = meter.snapshot();
        let activity = now.since(None, Duration::from_secs(10));
        ActorView { now, activity }
    }

    /// An idle actor of `role`.
    pub fn actor(role: Role) -> ActorReport {
        ActorReport::new(&view(&ActorMeter::new(ActorName::new(role, 0), 10)))
    }

    #[test]
    fn an_idle_actor_has_no_times() {
        let report = actor(Role::Ingest);
        assert_eq!(
            (report.name.as_str(), report.mailbox_capacity),
            ("ingest 0", Some(10))
        );
        assert_eq!((report.wait_p50_seconds, report.handle_p99_seconds), (None, None));
        assert_eq!(
            (report.busy_share, report.fill(), report.remedy),
            (0.0, 0.0, None)
        );
    }

    #[test]
    fn an_actor_whose_mailbox_is_full_has_a_remedy() {
        let meter = ActorMeter::new(ActorName::new(Role::Matcher, 1), 2);
        assert!(meter.take_place() && meter.take_place());
        meter.waited(Duration::from_millis(3));
        drop(meter.message());
        let report = ActorReport::new(&view(&meter));
        assert_eq!((report.messages, report.messages_per_second), (1, 0.1));
        assert!(
            report
                .wait_p99_seconds
                .is_some_and(|wait| (0.002..0.005).contains(&wait))
        );
        assert!(
            report
                .remedy
                .is_some_and(|remedy| remedy.contains("spangraph.matcher.shards"))
        );
    }

    #[test]
    fn the_timer_has_no_mailbox() {
        let report = ActorReport::new(&view(&ActorMeter::new(ActorName::new(Role::Timer, 0), 0)));
        assert_eq!(
            (report.name.as_str(), report.mailbox_length, report.fill()),
            ("timer", None, 0.0)
        );
    }

    #[test]
    fn the_gate_is_as_full_as_the_nearer_of_its_bounds() {
        let gate = GateReport {
            requests: 1,
            spans: 10,
            max_spans: 100,
            bytes: 50,
            max_bytes: 100,
        };
        assert_eq!(gate.fill(), 0.5);
    }
}
