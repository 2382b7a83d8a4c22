//! What the page tells of the gate and of each actor.

use serde::Serialize;
use spangraph_actors::activity::STUCK_AFTER;
use spangraph_actors::admission::GateLevel;
use spangraph_config::AdmissionSettings;
use utoipa::ToSchema;

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
    use spangraph_actors::activity::Role;

    use super::*;

    /// An idle actor of `role`.
    pub fn actor(role: Role) -> ActorReport {
        ActorReport {
            role: role.as_str().to_owned(),
            index: "0".to_owned(),
            name: format!("{} 0", role.as_str()),
            mailbox_length: Some(0),
            mailbox_capacity: Some(10),
            messages: 0,
            messages_per_second: 0.0,
            wait_p50_seconds: None,
            wait_p99_seconds: None,
            handle_p50_seconds: None,
            handle_p99_seconds: None,
            busy_share: 0.0,
            current_message_seconds: None,
            conspicuous: None,
            remedy: None,
        }
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
