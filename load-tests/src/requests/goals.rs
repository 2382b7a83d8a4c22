//! What a request is to cost at most.

use super::figures::{CaseReport, ReceiverFigures};
use super::options::Part;
use super::receivers::SERVER;
use super::report::RequestsReport;
use crate::drive::Transport;
use crate::goal::{Bound, Goal};

/// CPU time over the floor's, by the spans of a request, of spans of 338 bytes over gRPC.
const OVER_FLOOR: [(u32, f64); 4] = [(2, 1.4), (10, 1.4), (50, 1.6), (200, 2.2)];
/// The size of span that these are for.
const SPAN_BYTES: u32 = 338;
/// The same of spans of 600 bytes, 200 a request.
const LARGE_OVER_FLOOR: f64 = 2.3;
/// CPU time with gzip over that without.
const OVER_UNCOMPRESSED: f64 = 1.5;
/// Switches of threads for a request, by its spans.
const SWITCHES: (u32, f64) = (10, 1.8);
/// Memory of a connection in KiB.
const CONNECTION_KIB: f64 = 64.0;
/// Of a core, in per cent.
const IDLE_PER_CENT: f64 = 0.2;

/// The goals of what was measured; of spans of another size than usual fewer.
pub(super) fn goals(report: &RequestsReport, span_bytes: u32) -> Vec<Goal> {
    let mut goals = Vec::new();
    for case in &report.cases {
        let server = case.receivers.iter().find(|receiver| receiver.name == SERVER);
        goals.extend(
            server
                .into_iter()
                .flat_map(|server| of_case(case, server, span_bytes)),
        );
    }
    if let Some(memory) = report.memory {
        let kibibytes = memory.bytes_per_connection as f64 / 1024.0;
        goals.push(Goal::new(
            format!("KiB of memory a connection, {} of them", memory.connections),
            kibibytes,
            Bound::AtMost(CONNECTION_KIB),
        ));
    }
    if let Some(share) = report.idle_share {
        let what = "per cent of a core while nothing comes";
        goals.push(Goal::new(what, share * 100.0, Bound::AtMost(IDLE_PER_CENT)));
    }
    goals
}

fn of_case(case: &CaseReport, server: &ReceiverFigures, span_bytes: u32) -> Vec<Goal> {
    let over_floor = |limit: f64| {
        let what = format!(
            "CPU a request of {} spans of {:.0} bytes, times the floor's",
            case.wanted_spans, case.span_bytes
        );
        let measured = server.over_floor.unwrap_or(f64::NAN);
        Goal::new(what, measured, Bound::AtMost(limit))
    };
    match case.part {
        Part::Sizes if case.transport == Transport::Grpc && span_bytes == SPAN_BYTES => {
            let mut limits = OVER_FLOOR.iter();
            let limit = limits.find(|(spans, _)| *spans == case.wanted_spans);
            let ratio = limit.map(|(_, limit)| over_floor(*limit));
            ratio.into_iter().chain(switches(case, server)).collect()
        }
        Part::Large => vec![over_floor(LARGE_OVER_FLOOR)],
        Part::Compressed => {
            let measured = case.over_uncompressed.unwrap_or(f64::NAN);
            let what = "CPU a request with gzip, times its own without";
            vec![Goal::new(what, measured, Bound::AtMost(OVER_UNCOMPRESSED))]
        }
        _ => Vec::new(),
    }
}

fn switches(case: &CaseReport, server: &ReceiverFigures) -> Option<Goal> {
    let (spans, limit) = SWITCHES;
    (case.wanted_spans == spans).then(|| {
        let what = format!("switches of threads a request of {spans} spans");
        Goal::new(what, server.switches, Bound::AtMost(limit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::Compression;
    use crate::requests::report::MemoryReport;

    fn case(part: Part, transport: Transport, wanted_spans: u32, over_floor: f64) -> CaseReport {
        CaseReport {
            part,
            transport,
            compression: Compression::None,
            span_bytes: 338.0,
            wanted_spans,
            spans_per_request: f64::from(wanted_spans),
            connections: 4,
            receivers: vec![ReceiverFigures {
                name: SERVER.to_owned(),
                cpu_microseconds: 30.0,
                switches: 2.0,
                requests_per_second: 1.0,
                spans_per_second: 1.0,
                sender_microseconds: 1.0,
                refused: 0,
                over_floor: Some(over_floor),
                speed_over_floor: Some(1.0),
            }],
            over_uncompressed: None,
        }
    }

    fn missed(report: &RequestsReport, span_bytes: u32) -> Vec<String> {
        let goals = goals(report, span_bytes).into_iter();
        goals.filter(|goal| !goal.reached).map(|goal| goal.what).collect()
    }

    #[test]
    fn each_size_has_its_goal_over_grpc_and_only_for_the_usual_spans() {
        let report = |transport| RequestsReport {
            cases: [2, 10, 50, 200, 1_000]
                .map(|spans| case(Part::Sizes, transport, spans, 1.5))
                .into(),
            ..RequestsReport::default()
        };
        let expected = [
            "CPU a request of 2 spans of 338 bytes, times the floor's",
            "CPU a request of 10 spans of 338 bytes, times the floor's",
            "switches of threads a request of 10 spans",
        ];
        assert_eq!(missed(&report(Transport::Grpc), 338), expected);
        assert_eq!(goals(&report(Transport::Grpc), 338).len(), 5);
        assert!(goals(&report(Transport::Grpc), 500).is_empty());
        assert!(goals(&report(Transport::Http), 338).is_empty());
    }

    #[test]
    fn compression_memory_and_rest_have_goals_of_their_own() {
        let compressed = CaseReport {
            over_uncompressed: Some(1.6),
            ..case(Part::Compressed, Transport::Grpc, 200, 9.0)
        };
        let report = RequestsReport {
            cases: vec![compressed, case(Part::Large, Transport::Grpc, 200, 2.3)],
            memory: Some(MemoryReport {
                connections: 500,
                bytes_per_connection: 70 * 1024,
            }),
            idle_share: Some(0.003),
            ..RequestsReport::default()
        };
        let expected = [
            "CPU a request with gzip, times its own without",
            "KiB of memory a connection, 500 of them",
            "per cent of a core while nothing comes",
        ];
        assert_eq!(missed(&report, 338), expected);
    }
}
