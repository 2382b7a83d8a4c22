//! What receivers used in their turns, and what that is for a request.

use serde::Serialize;

use super::burst::Sent;
use super::options::Part;
use super::receivers::{FLOOR, SERVER};
use crate::drive::{Compression, Transport};
use crate::process::Usage;

/// What one receiver did in one turn, for each request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Turn {
    pub(super) cpu_microseconds: f64,
    pub(super) switches: f64,
    pub(super) requests_per_second: f64,
    pub(super) spans_per_second: f64,
    pub(super) sender_microseconds: f64,
}

/// One receiver in all its turns.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    pub(super) name: String,
    pub(super) turns: Vec<Turn>,
    pub(super) refused: u64,
}

/// Requests of one size, sent in one way, to all receivers in turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseReport {
    /// The part that it belongs to.
    pub part: Part,
    /// The transport of OTLP.
    pub transport: Transport,
    /// How bodies were compressed.
    pub compression: Compression,
    /// Mean bytes of a span before compression.
    pub span_bytes: f64,
    /// Spans of a request, as asked for.
    pub wanted_spans: u32,
    /// Mean spans of a request.
    pub spans_per_request: f64,
    /// Connections, each with one request at a time.
    pub connections: u32,
    /// The server first, then the floor, then others.
    pub receivers: Vec<ReceiverFigures>,
    /// The server's CPU time a request over its own without compression; none where nothing was compressed.
    pub over_uncompressed: Option<f64>,
}

/// What one receiver used for a request: medians of its turns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReceiverFigures {
    /// Which.
    pub name: String,
    /// CPU time in microseconds.
    pub cpu_microseconds: f64,
    /// How often a thread of its was taken off a core.
    pub switches: f64,
    /// Accepted requests a second, while sender and receiver shared the machine.
    pub requests_per_second: f64,
    /// Spans in them.
    pub spans_per_second: f64,
    /// CPU time of the sender for it, in microseconds.
    pub sender_microseconds: f64,
    /// Requests that were refused, in all turns.
    pub refused: u64,
    /// Its CPU time over the floor's: the median of the turns' ratios. None without a floor.
    pub over_floor: Option<f64>,
    /// Its spans a second over the floor's, likewise.
    pub speed_over_floor: Option<f64>,
}

/// What the server is called where it gets the same without compression.
pub(super) const UNCOMPRESSED: &str = "spangraph, uncompressed";

impl Turn {
    /// A turn in which a receiver used `usage` for what was `sent`, and the sender `sender`.
    pub(super) fn new(usage: &Usage, sender: &Usage, sent: &Sent) -> Self {
        let requests = sent.requests.max(1) as f64;
        let seconds = sent.elapsed.as_secs_f64().max(1e-9);
        Self {
            cpu_microseconds: usage.cpu_seconds() * 1e6 / requests,
            switches: usage.switches as f64 / requests,
            requests_per_second: sent.requests as f64 / seconds,
            spans_per_second: sent.spans as f64 / seconds,
            sender_microseconds: sender.cpu_seconds() * 1e6 / requests,
        }
    }
}

/// The figures of all receivers.
pub(super) fn figures(all: &[Turns]) -> Vec<ReceiverFigures> {
    let floor = all.iter().find(|turns| turns.name == FLOOR);
    let figures = |own: &Turns| ReceiverFigures {
        name: own.name.clone(),
        cpu_microseconds: own.median(|turn| turn.cpu_microseconds),
        switches: own.median(|turn| turn.switches),
        requests_per_second: own.median(|turn| turn.requests_per_second),
        spans_per_second: own.median(|turn| turn.spans_per_second),
        sender_microseconds: own.median(|turn| turn.sender_microseconds),
        refused: own.refused,
        over_floor: floor.map(|floor| own.over(floor, |turn| turn.cpu_microseconds)),
        speed_over_floor: floor.map(|floor| own.over(floor, |turn| turn.spans_per_second)),
    };
    all.iter().map(figures).collect()
}

/// The server's CPU time a request over its own without compression.
pub(super) fn over_uncompressed(all: &[Turns]) -> Option<f64> {
    let of = |name: &str| all.iter().find(|turns| turns.name == name);
    Some(of(SERVER)?.over(of(UNCOMPRESSED)?, |turn| turn.cpu_microseconds))
}

impl Turns {
    fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(of).collect())
    }

    /// The median of what each turn has of `of`, over what the other receiver has in its turn beside it.
    fn over(&self, other: &Self, of: impl Fn(&Turn) -> f64) -> f64 {
        let pairs = self.turns.iter().zip(&other.turns);
        median(pairs.map(|(own, other)| of(own) / of(other)).collect())
    }
}

/// Not a number when there are none.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let at = |index: usize| numbers.get(index).copied().unwrap_or(f64::NAN);
    if numbers.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn turns(name: &str, cpu: &[f64]) -> Turns {
        let turn = |cpu: &f64| Turn {
            cpu_microseconds: *cpu,
            switches: 2.0 * cpu,
            spans_per_second: 1.0 / cpu,
            ..Turn::default()
        };
        Turns {
            name: name.to_owned(),
            turns: cpu.iter().map(turn).collect(),
            refused: 3,
        }
    }

    #[test]
    fn a_turn_is_what_was_used_for_each_accepted_request() {
        let usage = Usage {
            user_seconds: 0.3,
            system_seconds: 0.1,
            switches: 300,
            ..Usage::default()
        };
        let sent = Sent {
            requests: 200,
            spans: 2_000,
            elapsed: Duration::from_secs(2),
            ..Sent::default()
        };
        let sender = Usage {
            user_seconds: 0.1,
            ..Usage::default()
        };
        let turn = Turn::new(&usage, &sender, &sent);
        assert!((turn.sender_microseconds - 500.0).abs() < 1e-6, "{turn:?}");
        assert!((turn.cpu_microseconds - 2_000.0).abs() < 1e-6, "{turn:?}");
        assert_eq!((turn.switches, turn.requests_per_second), (1.5, 100.0));
        assert_eq!(turn.spans_per_second, 1_000.0);
    }

    #[test]
    fn ratios_are_of_turns_beside_each_other_so_noise_that_hits_both_is_none() {
        // In the second turn the machine was busy.
        let figures = figures(&[
            turns(SERVER, &[20.0, 90.0, 22.0]),
            turns(FLOOR, &[10.0, 45.0, 11.0]),
        ]);
        let server = &figures[0];
        assert_eq!((server.over_floor, figures[1].over_floor), (Some(2.0), Some(1.0)));
        assert_eq!((server.cpu_microseconds, server.switches), (22.0, 44.0));
        assert_eq!((server.speed_over_floor, server.refused), (Some(0.5), 3));
    }

    #[test]
    fn what_was_compressed_is_held_against_the_same_uncompressed() {
        let all = [turns(SERVER, &[30.0, 20.0]), turns(UNCOMPRESSED, &[20.0, 10.0])];
        assert_eq!(over_uncompressed(&all), Some(1.75));
        assert_eq!(over_uncompressed(&all[..1]), None);
        assert_eq!(figures(&all)[0].over_floor, None);
    }
}
