//! Adds up what must come of the rounds that were sent.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::call::{Arrival, NewEdge, Outcome};
use super::sums::{EdgeKey, EdgeSums, SpanSet, SpanSums};
use crate::traffic::round::{Acceptance, Round, RoundAnswers};

/// What must come of all that was accepted, once nothing waits any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// Spans.
    pub spans: u64,
    /// Spans by kind, as `SPAN_KIND_CLIENT`.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Edges.
    pub edges: BTreeMap<EdgeKey, EdgeSums>,
    /// Label sets of span metrics.
    pub span_sets: HashMap<Arc<SpanSet>, SpanSums>,
    /// Halves of edges with two sides, or of database calls.
    pub paired_halves: u64,
    /// Halves whose other side was made up.
    pub virtual_halves: u64,
    /// Halves that were given up, by their kind in lower case.
    pub expired_halves: BTreeMap<&'static str, u64>,
}

impl Expected {
    /// What must come of `answers`, one entry a round.
    #[must_use]
    pub fn of<'a>(round: &Round, answers: impl IntoIterator<Item = &'a RoundAnswers>) -> Self {
        let mut expected = Self::default();
        let mut complete = 0;
        for answers in answers {
            if answers.is_complete() {
                complete += 1;
            } else {
                expected.add_round(round, answers, 1);
            }
        }
        if complete > 0 {
            expected.add_round(round, &RoundAnswers::all(round), complete);
        }
        expected
    }

    /// All halves that were given up.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.expired_halves.values().sum()
    }

    fn add_round(&mut self, round: &Round, answers: &RoundAnswers, times: u64) {
        let acceptances = round.acceptances(answers);
        let is_late: Vec<_> = round.requests().map(|request| request.is_late).collect();
        let arrival = |request: usize| Arrival {
            acceptance: acceptances.get(request).copied().unwrap_or_default(),
            is_late: is_late.get(request).copied().unwrap_or_default(),
        };
        for call in &round.calls {
            for outcome in call.outcomes(arrival) {
                self.add_outcome(outcome, times);
            }
        }
        for (request, acceptance) in round.requests().zip(&acceptances) {
            self.add_spans(&request.span_sets, times * sendings(*acceptance));
        }
    }

    fn add_outcome(&mut self, outcome: Outcome, times: u64) {
        match outcome {
            Outcome::Edge(edge) => self.add_edge(*edge, times),
            Outcome::Expired(kind) => *self.expired_halves.entry(lower_case(kind)).or_default() += times,
        }
    }

    fn add_edge(&mut self, NewEdge { key, sums, halves }: NewEdge, times: u64) {
        if key.connection_type == "virtual_node" {
            self.virtual_halves += times * halves;
        } else {
            self.paired_halves += times * halves;
        }
        self.edges.entry(key).or_default().add(&sums, times);
    }

    fn add_spans(&mut self, span_sets: &[(Arc<SpanSet>, SpanSums)], times: u64) {
        if times == 0 {
            return;
        }
        for (set, sums) in span_sets {
            self.spans += times * sums.calls;
            *self.by_kind.entry(set.span_kind).or_default() += times * sums.calls;
            self.span_sets
                .entry(Arc::clone(set))
                .or_default()
                .add(*sums, times);
        }
    }
}

fn sendings(acceptance: Acceptance) -> u64 {
    u64::from(acceptance.first) + u64::from(acceptance.again)
}

fn lower_case(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal | SpanKind::Unspecified => "internal",
    }
}

#[cfg(test)]
mod tests;
