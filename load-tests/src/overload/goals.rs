//! What an overload must show, and whether it did.

use super::aftermath::Aftermath;
use super::bounded::BoundedMemory;
use super::phase::Phase;
use crate::drive::DriveReport;
use crate::goal::{Bound, Goal};

/// Memory at overload, over that at full load.
const RSS_LIMIT: f64 = 1.3;
/// Seconds until all is well again.
const RECOVERY_LIMIT: f64 = 2.0;
/// How busy a server at its limit is at least, of the cores that it may use.
const LIMIT_SHARE: f64 = 0.85;
/// Of twice what a server can take about half must be refused; more is taken than before as refusing costs less and gates fill up.
const REFUSED_SHARE: f64 = 0.3;
/// The share of what was to be sent that must have been, else nothing was measured.
const OFFERED_SHARE: f64 = 0.95;

/// `phases` are full load, half of it, overload with `factor` times full load, half again.
pub(super) fn goals(factor: f64, phases: &[Phase], aftermath: &Aftermath) -> Vec<Goal> {
    let [full, _, beyond, _] = phases else {
        return Vec::new();
    };
    let mut goals = vec![
        at_its_limit(full, aftermath.cores),
        offered(factor, full, beyond),
        refused(beyond),
        memory(&aftermath.bounded),
    ];
    goals.extend(answers(phases));
    goals.extend(afterwards(aftermath));
    goals
}

/// Else twice as much is not twice what it can take: its gate refuses some already, or it uses all that it may.
fn at_its_limit(full: &Phase, cores: f64) -> Goal {
    let is_gate_full = full.report.refused_requests() > 0;
    let used = full.server_cpu_share() / cores;
    Goal::new(
        "full load is the limit: 1 when the gate is full, else CPU over what the server may use",
        if is_gate_full { used.max(1.0) } else { used },
        Bound::AtLeast(LIMIT_SHARE),
    )
}

fn offered(factor: f64, full: &Phase, beyond: &Phase) -> Goal {
    Goal::new(
        "offered at overload, times full load",
        beyond.offered_spans_per_second / full.accepted_spans_per_second,
        Bound::AtLeast(factor * OFFERED_SHARE),
    )
}

fn refused(beyond: &Phase) -> Goal {
    Goal::new(
        "share of spans refused at overload",
        beyond.refused_share(),
        Bound::AtLeast(REFUSED_SHARE),
    )
}

fn memory(bounded: &BoundedMemory) -> Goal {
    Goal::new(
        "memory at overload, times full load, as many halves waiting as by default",
        bounded.ratio(),
        Bound::AtMost(RSS_LIMIT),
    )
}

/// What senders must be told, whatever the load.
fn answers(phases: &[Phase]) -> [Goal; 2] {
    let sum = |count: fn(&DriveReport) -> u64| phases.iter().map(|phase| count(&phase.report)).sum::<u64>();
    let without_advice = sum(|report| report.refused_without_advice) as f64;
    let unknown = sum(DriveReport::unknown_requests) as f64;
    [
        Goal::new(
            "refusals without advice when to retry",
            without_advice,
            Bound::AtMost(0.0),
        ),
        Goal::new("requests of unknown outcome", unknown, Bound::AtMost(0.0)),
    ]
}

fn afterwards(aftermath: &Aftermath) -> [Goal; 2] {
    let wrong = aftermath.findings.wrong.len();
    let recovery = aftermath.recovery.seconds.unwrap_or(f64::NAN);
    [
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
    use crate::overload::aftermath::Recovery;
    use crate::process::Usage;
    use crate::verify::Findings;

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
            user_seconds: 9.0,
            ..Usage::default()
        };
        Phase::new("phase", None, &report, &usage)
    }

    fn missed(overload: Phase, recovery: Recovery, wrong: usize) -> Vec<String> {
        let aftermath = aftermath_of(&overload, recovery, wrong);
        missed_of(overload, &aftermath)
    }

    fn aftermath_of(overload: &Phase, recovery: Recovery, wrong: usize) -> Aftermath {
        Aftermath {
            steps: Vec::new(),
            in_flight: 3,
            cores: 1.0,
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
        }
    }

    fn missed_of(overload: Phase, aftermath: &Aftermath) -> Vec<String> {
        let phases = [
            phase(1_000, 0, 100),
            phase(500, 0, 100),
            overload,
            phase(500, 0, 130),
        ];
        let missed = goals(2.0, &phases, aftermath)
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
            missed(phase(1_500, 500, 130), CALM, 0),
            ["share of spans refused at overload"]
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
        let mut idle = aftermath_of(&phase(900, 1_100, 130), CALM, 0);
        idle.cores = 2.0;
        let [what] = missed_of(phase(900, 1_100, 130), &idle).try_into().unwrap();
        assert!(what.starts_with("full load is the limit"), "{what}");
        let mut broken = phase(900, 1_100, 130);
        broken.report.unknown = [("broken".to_owned(), 1)].into();
        assert_eq!(missed(broken, CALM, 0), ["requests of unknown outcome"]);
    }
}
