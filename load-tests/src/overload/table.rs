//! An overload as a table for people.

use std::fmt;

use super::bounded::BoundedMemory;
use super::capacity::Step;
use super::phase::Phase;
use super::report::OverloadReport;
use crate::goal::GoalLines;

/// So many wrong counts are shown; one mistake can make thousands.
const SHOWN: usize = 5;

impl fmt::Display for OverloadReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:?}, {} connections, the server may run for {:.0} % of the time, {} requests under way at full load",
            self.target.transport,
            self.load.connections,
            100.0 * self.load.server_share,
            self.in_flight
        )?;
        self.steps.iter().try_for_each(|step| write_step(out, step))?;
        writeln!(out)?;
        writeln!(
            out,
            "{:<12}{:>12}{:>12}{:>10}{:>9}{:>10}{:>10}{:>10}{:>12}{:>12}",
            "phase",
            "offered/s",
            "accepted/s",
            "refused",
            "unknown",
            "p50 ms",
            "p99 ms",
            "RSS MiB",
            "server CPU",
            "sender CPU"
        )?;
        self.phases.iter().try_for_each(|phase| write_phase(out, phase))?;
        writeln!(
            out,
            "half-edges that waited when the load dropped: {:.0}",
            self.pending_half_edges
        )?;
        write_bounded(out, &self.bounded)?;
        for wrong in self.wrong.iter().take(SHOWN) {
            writeln!(out, "wrong: {wrong}")?;
        }
        write!(out, "{}", GoalLines(&self.goals))
    }
}

fn write_step(out: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
    writeln!(
        out,
        "{:>4} requests under way: {:>9.0} spans a second, {:.0} % of a core",
        step.in_flight,
        step.spans_per_second,
        100.0 * step.server_cpu
    )
}

fn write_bounded(out: &mut fmt::Formatter<'_>, bounded: &BoundedMemory) -> fmt::Result {
    writeln!(
        out,
        "another server, in which {} may wait: {:.1} MiB at full load, {:.1} at {:.2} times of it, {:.0} found no room",
        bounded.max_items,
        bounded.full_load_rss_mib,
        bounded.overload_rss_mib,
        bounded.offered,
        bounded.dropped_half_edges
    )
}

fn write_phase(out: &mut fmt::Formatter<'_>, phase: &Phase) -> fmt::Result {
    writeln!(
        out,
        "{:<12}{:>12.0}{:>12.0}{:>10}{:>9}{:>10.1}{:>10.1}{:>10.1}{:>11.0}%{:>11.0}%",
        phase.name,
        phase.offered_spans_per_second,
        phase.accepted_spans_per_second,
        phase.report.refused_requests(),
        phase.report.unknown_requests(),
        phase.report.latency.p50,
        phase.report.latency.p99,
        phase.peak_rss_mib,
        100.0 * phase.server_cpu_seconds / phase.report.seconds,
        100.0 * phase.report.sender_cpu_seconds / phase.report.seconds,
    )
}
