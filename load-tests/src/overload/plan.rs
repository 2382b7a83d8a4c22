//! What is sent in each phase of the measurement.

use super::options::Load;

/// What is sent in one phase.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// What it is called.
    pub(super) name: &'static str,
    /// Spans a second; without it flat out.
    pub(super) rate: Option<f64>,
    /// How long it lasts.
    pub(super) seconds: f64,
    /// Requests under way at a time; without it, one on each connection.
    pub(super) in_flight: Option<usize>,
    /// Differs from that of every other phase, so that no ids are shared.
    pub(super) seed: u64,
}

/// Looks what the server takes with `in_flight` requests under way; `number` is that of the step.
pub(super) fn step(load: &Load, in_flight: usize, number: u64) -> Plan {
    Plan {
        name: "step",
        rate: None,
        seconds: load.step_seconds,
        in_flight: Some(in_flight),
        seed: 4 + number,
    }
}

/// As much as the server takes.
pub(super) fn full_load(load: &Load, in_flight: usize) -> Plan {
    Plan {
        name: "full load",
        rate: None,
        seconds: load.full_seconds,
        in_flight: Some(in_flight),
        seed: 0,
    }
}

/// Half of the `capacity` in spans a second, and no more at a time than its gate has room for.
pub(super) fn half_load(load: &Load, capacity: f64) -> Plan {
    Plan {
        name: "half of it",
        rate: Some(capacity / 2.0),
        seconds: load.half_seconds,
        in_flight: Some(load.room),
        seed: 1,
    }
}

/// Half of it once more, after the overload.
pub(super) fn half_again(load: &Load, capacity: f64) -> Plan {
    Plan {
        name: "half again",
        seed: 3,
        ..half_load(load, capacity)
    }
}

/// More than the `capacity` in spans a second: each request is sent when it is due, on any connection that is free.
pub(super) fn beyond_load(load: &Load, capacity: f64) -> Plan {
    Plan {
        name: "overload",
        rate: Some(capacity * load.factor),
        seconds: load.overload_seconds,
        in_flight: None,
        seed: 2,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn load() -> Load {
        Load {
            connections: 8,
            room: 2,
            server_share: 0.5,
            step_seconds: 1.0,
            full_seconds: 1.0,
            overload_seconds: 1.0,
            half_seconds: 1.0,
            factor: 2.0,
        }
    }

    #[test]
    fn phases_share_no_ids_and_only_the_overload_sends_more_than_the_server_takes() {
        let load = load();
        let phases = [
            full_load(&load, 3),
            half_load(&load, 100.0),
            beyond_load(&load, 100.0),
            half_again(&load, 100.0),
            step(&load, 2, 0),
            step(&load, 4, 1),
        ];
        let seeds = BTreeSet::from(phases.map(|phase| phase.seed));
        assert_eq!(seeds.len(), phases.len());
        assert_eq!(
            phases.map(|phase| phase.rate),
            [None, Some(50.0), Some(200.0), Some(50.0), None, None]
        );
        assert_eq!(
            phases.map(|phase| phase.in_flight),
            [Some(3), Some(2), None, Some(2), Some(2), Some(4)]
        );
    }
}
