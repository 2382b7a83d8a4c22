//! Makes the report of the actors' meters and the gate, with what stands out and what to do about it.

use std::time::Duration;

use spangraph_actors::activity::Durations;
use spangraph_actors::admission::GateLevel;
use spangraph_config::AdmissionSettings;

use super::advice;
use super::report::{ActorReport, ActorsReport, GateReport};
use crate::sampling::ActorView;

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
}

fn percentile(durations: &Durations, percent: u64) -> Option<f64> {
    durations.percentile(percent).as_ref().map(Duration::as_secs_f64)
}

#[cfg(test)]
mod tests {
    use spangraph_actors::activity::{ActorMeter, ActorName, Role};

    use super::*;
    use crate::actors::report::tests::actor;

    fn view(meter: &ActorMeter) -> ActorView {
        let now = meter.describe();
        let activity = now.since(None, Duration::from_secs(10));
        ActorView { now, activity }
    }

    #[test]
    fn an_idle_actor_has_no_times() {
        let report = ActorReport::new(&view(&ActorMeter::new(ActorName::new(Role::Ingest, 0), 10)));
        assert_eq!(report, actor(Role::Ingest));
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
}
