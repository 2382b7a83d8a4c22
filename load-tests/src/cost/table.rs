//! The figures as a table for people.

use std::fmt;

use super::report::{CostReport, Ratios, SubjectCost};
use crate::goal::GoalLines;

impl fmt::Display for CostReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:.0} bytes a span, {:.0} spans a request, {:?}, {:?}\n",
            self.bytes_per_span, self.spans_per_request, self.target.transport, self.target.compression
        )?;
        writeln!(
            out,
            "{:<24}{:>10}{:>10}{:>10}{:>12}{:>10}{:>9}{:>9}{:>9}",
            "receiver", "CPU µs", "user", "system", "spans/s", "RSS MiB", "p50 ms", "p99 ms", "refused"
        )?;
        self.subjects
            .iter()
            .try_for_each(|subject| write_subject(out, subject))?;
        write_ratios(out, &self.ratios)?;
        write!(out, "{}", GoalLines(&self.goals))
    }
}

fn write_subject(out: &mut fmt::Formatter<'_>, subject: &SubjectCost) -> fmt::Result {
    writeln!(
        out,
        "{:<24}{:>10.2}{:>10.2}{:>10.2}{:>12.0}{:>10.1}{:>9.2}{:>9.2}{:>9}",
        subject.name,
        subject.cpu_seconds_per_million(),
        subject.user_seconds_per_million,
        subject.system_seconds_per_million,
        subject.spans_per_second,
        subject.peak_rss_mib,
        subject.latency.p50,
        subject.latency.p99,
        subject.refused_requests + subject.unknown_requests,
    )
}

fn write_ratios(out: &mut fmt::Formatter<'_>, ratios: &Ratios) -> fmt::Result {
    let all = [
        ("(a) tonic, bytes dropped", ratios.over_drop),
        ("(b) tonic, bytes walked", ratios.over_walk),
        ("(c) tonic, decoded with prost", ratios.over_decode),
        ("hyper alone, bytes dropped", ratios.over_hyper_drop),
        ("itself without compression", ratios.over_uncompressed),
    ];
    for (name, ratio) in all {
        if let Some(ratio) = ratio {
            writeln!(out, "CPU a span: {ratio:.2} × {name}")?;
        }
    }
    Ok(())
}
