//! The figures as a table for people.

use std::fmt;

use super::figures::{CaseReport, ReceiverFigures};
use super::report::RequestsReport;
use crate::goal::GoalLines;

impl fmt::Display for RequestsReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cases.iter().try_for_each(|case| write_case(out, case))?;
        if let Some(memory) = self.memory {
            let kibibytes = memory.bytes_per_connection as f64 / 1024.0;
            writeln!(
                out,
                "memory a connection, {} open: {kibibytes:.0} KiB",
                memory.connections
            )?;
        }
        if let Some(latency) = self.latency {
            writeln!(
                out,
                "p99 of the answer at {:.0} requests a second: {:.2} ms, the floor's {:.2} ms",
                latency.requests_per_second, latency.server.p99, latency.floor.p99
            )?;
        }
        if let Some(share) = self.idle_share {
            writeln!(out, "CPU while nothing comes: {:.2} % of a core", share * 100.0)?;
        }
        write!(out, "\n{}", GoalLines(&self.goals))
    }
}

fn write_case(out: &mut fmt::Formatter<'_>, case: &CaseReport) -> fmt::Result {
    writeln!(
        out,
        "{:?}: {} spans a request of {:.0} bytes, {:?}, {:?}, {} connections",
        case.part, case.wanted_spans, case.span_bytes, case.transport, case.compression, case.connections
    )?;
    writeln!(
        out,
        "  {:<26}{:>10}{:>9}{:>10}{:>12}{:>12}{:>15}{:>11}{:>9}",
        "receiver",
        "CPU µs",
        "× floor",
        "switches",
        "requests/s",
        "spans/s",
        "speed × floor",
        "sender µs",
        "refused"
    )?;
    let mut receivers = case.receivers.iter();
    receivers.try_for_each(|receiver| write_receiver(out, receiver))?;
    if let Some(over) = case.over_uncompressed {
        writeln!(out, "  compressed over uncompressed: {over:.2} × CPU a request")?;
    }
    writeln!(out)
}

fn write_receiver(out: &mut fmt::Formatter<'_>, receiver: &ReceiverFigures) -> fmt::Result {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    writeln!(
        out,
        "  {:<26}{:>10.1}{:>9}{:>10.2}{:>12.0}{:>12.0}{:>15}{:>11.1}{:>9}",
        receiver.name,
        receiver.cpu_microseconds,
        ratio(receiver.over_floor),
        receiver.switches,
        receiver.requests_per_second,
        receiver.spans_per_second,
        ratio(receiver.speed_over_floor),
        receiver.sender_microseconds,
        receiver.refused,
    )
}
