//! What an overload showed, held against the goals.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::bounded::BoundedMemory;
use super::options::{Load, OverloadOptions};
use super::phase::Phase;
use crate::drive::{DriveReport, Driven, Target};
use crate::goal::{Bound, Goal};
use crate::traffic::Shape;
use crate::verify::Findings;

/// Memory at overload, over that at full load.
const RSS_LIMIT: f64 = 1.3;
/// Seconds until all is well again.
const RECOVERY_LIMIT: f64 = 2.0;
/// The share of what was to be sent that must have been, else nothing was measured.
const OFFERED_SHARE: f64 = 0.95;
/// Latencies below this are usual on any machine.
const UNREMARKABLE: Duration = Duration::from_millis(20);

/// Everything that one call measured.
#[derive(Clone, Debug, Serialize)]
pub struct OverloadReport {
    /// What was sent.
    pub shape: Shape,
    /// How.
    pub target: Target,
    /// How much of it.
    pub load: Load,
    /// Full load, half of it, overload, half again.
    pub phases: Vec<Phase>,
    /// Half-edges that waited when the load dropped: of many the other half had been refused.
    pub pending_half_edges: f64,
    /// Memory with the default bound on half-edges that wait.
    pub bounded: BoundedMemory,
    /// How calm returned.
    pub recovery: Recovery,
    /// Edges of the model.
    pub edges: usize,
    /// Label sets of span metrics of the model.
    pub span_sets: usize,
    /// What is not as the model says of everything that was accepted.
    pub wrong: Vec<String>,
    /// What was to be reached.
    pub goals: Vec<Goal>,
}

/// What was seen once the load had dropped.
pub(super) struct Aftermath {
    pub(super) bounded: BoundedMemory,
    pub(super) pending_half_edges: f64,
    pub(super) recovery: Recovery,
    pub(super) findings: Findings,
}

/// How calm returned after the overload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The latency up to which it is calm again, in milliseconds.
    pub usual_latency: f64,
    /// Seconds from the drop of the load until calm for a second; none when that never came.
    pub seconds: Option<f64>,
}

impl Recovery {
    /// Looks at what was driven after the load dropped, at `dropped`; what is usual is as before the overload, at the
    /// same load.
    pub(super) fn of(dropped: Instant, before: &Driven, after: &Driven) -> Self {
        let p99 = Duration::try_from_secs_f64(before.report.latency.p99 / 1e3).unwrap_or_default();
        let usual = p99.max(UNREMARKABLE);
        let already_sent = dropped.saturating_duration_since(after.began);
        let calm = after.timeline.calm_since(already_sent, usual);
        let calm = calm.map(|since| (after.began + since).saturating_duration_since(dropped));
        Self {
            usual_latency: usual.as_secs_f64() * 1e3,
            seconds: calm.map(|calm| calm.as_secs_f64()),
        }
    }
}

impl OverloadReport {
    /// `phases` are full load, half of it, overload, half again.
    pub(super) fn new(options: &OverloadOptions, phases: Vec<Phase>, aftermath: Aftermath) -> Self {
        let goals = goals(options.load.factor, &phases, &aftermath);
        let Aftermath {
            bounded,
            pending_half_edges,
            recovery,
            findings,
        } = aftermath;
        Self {
            shape: options.shape.clone(),
            target: options.target.clone(),
            load: options.load.clone(),
            phases,
            pending_half_edges,
            bounded,
            recovery,
            edges: findings.edges,
            span_sets: findings.span_sets,
            wrong: findings.wrong,
            goals,
        }
    }
}

fn goals(factor: f64, phases: &[Phase], aftermath: &Aftermath) -> Vec<Goal> {
    let [full, _, beyond, _] = phases else {
        return Vec::new();
    };
    let sum = |count: fn(&DriveReport) -> u64| phases.iter().map(|phase| count(&phase.report)).sum::<u64>();
    let offered = beyond.offered_spans_per_second / full.accepted_spans_per_second;
    let refused = beyond.report.refused_requests();
    let without_advice = sum(|report| report.refused_without_advice) as f64;
    let unknown = sum(DriveReport::unknown_requests) as f64;
    let wrong = aftermath.findings.wrong.len();
    let recovery = aftermath.recovery.seconds.unwrap_or(f64::NAN);
    vec![
        Goal::new(
            "offered at overload, times full load",
            offered,
            Bound::AtLeast(factor * OFFERED_SHARE),
        ),
        Goal::new(
            "requests refused at overload",
            refused as f64,
            Bound::AtLeast(1.0),
        ),
        Goal::new(
            "memory at overload, times full load, as many halves waiting as by default",
            aftermath.bounded.ratio(),
            Bound::AtMost(RSS_LIMIT),
        ),
        Goal::new(
            "refusals without advice when to retry",
            without_advice,
            Bound::AtMost(0.0),
        ),
        Goal::new("requests of unknown outcome", unknown, Bound::AtMost(0.0)),
        Goal::new(
            "counts that are not the model's",
            wrong as f64,
            Bound::AtMost(0.0),
        ),
        Goal::new(
            "seconds until calm after the overload",
            recovery,
            Bound::AtMost(RECOVERY_LIMIT),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Usage;

    const CALM: Recovery = Recovery {
        usual_latency: 20.0,
        seconds: Some(1.5),
    };

    /// A phase of 10 s with these accepted and refused spans, 100 spans a request.
    fn phase(accepted_spans: u64, refused_spans: u64, rss_mib: u64) -> Phase {
        let report = DriveReport {
            seconds: 10.0,
            accepted_spans,
            refused_spans,
            refused: [("429".to_owned(), refused_spans / 100)].into(),
            ..DriveReport::default()
        };
        let usage = Usage {
            peak_rss_bytes: rss_mib << 20,
            ..Usage::default()
        };
        Phase::new("phase", None, &report, &usage)
    }

    fn missed(overload: Phase, recovery: Recovery, wrong: usize) -> Vec<String> {
        let aftermath = Aftermath {
            bounded: BoundedMemory {
                full_load_rss_mib: 100.0,
                overload_rss_mib: overload.peak_rss_mib,
                ..BoundedMemory::default()
            },
            pending_half_edges: 0.0,
            recovery,
            findings: Findings {
                edges: 1,
                span_sets: 1,
                wrong: vec!["a count".to_owned(); wrong],
            },
        };
        let phases = [
            phase(1_000, 0, 100),
            phase(500, 0, 100),
            overload,
            phase(500, 0, 130),
        ];
        let missed = goals(2.0, &phases, &aftermath)
            .into_iter()
            .filter(|goal| !goal.reached);
        missed.map(|goal| goal.what).collect()
    }

    #[test]
    fn a_server_that_refuses_what_is_too_much_and_stays_small_reaches_all_goals() {
        assert_eq!(missed(phase(900, 1_100, 130), CALM, 0), [""; 0]);
    }

    #[test]
    fn each_goal_is_missed_for_its_own_reason() {
        let never = Recovery {
            seconds: None,
            ..CALM
        };
        assert_eq!(
            missed(phase(900, 800, 130), CALM, 0),
            ["offered at overload, times full load"]
        );
        assert_eq!(
            missed(phase(2_000, 0, 130), CALM, 0),
            ["requests refused at overload"]
        );
        assert_eq!(
            missed(phase(900, 1_100, 131), CALM, 0),
            ["memory at overload, times full load, as many halves waiting as by default"]
        );
        assert_eq!(
            missed(phase(900, 1_100, 130), CALM, 1),
            ["counts that are not the model's"]
        );
        assert_eq!(
            missed(phase(900, 1_100, 130), never, 0),
            ["seconds until calm after the overload"]
        );
        let mut rude = phase(900, 1_100, 130);
        rude.report.refused_without_advice = 1;
        assert_eq!(missed(rude, CALM, 0), ["refusals without advice when to retry"]);
        let mut broken = phase(900, 1_100, 130);
        broken.report.unknown = [("broken".to_owned(), 1)].into();
        assert_eq!(missed(broken, CALM, 0), ["requests of unknown outcome"]);
    }
}
