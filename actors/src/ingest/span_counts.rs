//! What became of the spans of a request.

use super::durations::Impossible;
use super::span_ids::InvalidSpan;
use crate::batches::TextError;

/// How many spans took which way.
///
/// For service graphs every span is counted in `spans` and in exactly one more field, `filtered` aside, which is
/// a part of `half_edges`. Span metrics count for themselves: every span that is neither invalid nor too old or
/// too new is in exactly one of the fields `metrics_…` too, when they are on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanCounts {
    /// All spans.
    pub spans: u64,
    /// Spans with an invalid id.
    pub invalid: u64,
    /// What is wrong with the first invalid one; to be shown to the sender.
    pub invalid_reason: Option<InvalidSpan>,
    /// Spans that ended too long ago (SPEC §1).
    pub too_old: u64,
    /// Spans that end too far in the future (SPEC §1).
    pub too_new: u64,
    /// Spans of the kinds internal, unspecified or unknown.
    pub not_an_edge_half: u64,
    /// Spans whose resource has no `service.name`.
    pub no_service_name: u64,
    /// Spans that would be halves, had the tenant service graphs on.
    pub no_processor: u64,
    /// Server spans without parent that a filter policy dropped: they leave no marker (SPEC §2).
    pub filtered_root: u64,
    /// Spans of which a text that would be a label is no UTF-8 (SPEC §1).
    pub invalid_utf8: u64,
    /// Spans whose texts found no room: a request may make only a few times its bytes of text.
    pub too_much_text: u64,
    /// Spans that became half-edges.
    pub half_edges: u64,
    /// Half-edges that are only markers, because a filter policy dropped the span.
    pub filtered: u64,
    /// Spans that updated span metrics.
    pub metrics_spans: u64,
    /// Spans that a filter policy of span metrics dropped.
    pub metrics_filtered: u64,
    /// Spans that updated no span metrics because a label is no UTF-8 (SPEC §1).
    pub metrics_invalid_utf8: u64,
    /// Spans that updated no span metrics because their texts found no room.
    pub metrics_too_much_text: u64,
    /// Spans inside the slack that have no start; they are in another field too.
    pub no_start: u64,
    /// Spans inside the slack that would have taken longer than can be; they are in another field too.
    pub too_long: u64,
    /// Targets and hosts that were left out because a text of them is no UTF-8 or found no room, or for too many labels.
    pub resource_info_dropped: u64,
}

/// What became of one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Invalid(InvalidSpan),
    TooOld,
    TooNew,
    NotAnEdgeHalf,
    NoServiceName,
    NoProcessor,
    FilteredRoot,
    InvalidUtf8,
    TooMuchText,
    Half,
    FilteredHalf,
}

/// What span metrics made of one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetricsOutcome {
    Updated,
    Filtered,
    InvalidUtf8,
    TooMuchText,
}

impl From<TextError> for Outcome {
    fn from(error: TextError) -> Self {
        match error {
            TextError::InvalidUtf8 => Self::InvalidUtf8,
            TextError::Full => Self::TooMuchText,
        }
    }
}

impl From<TextError> for MetricsOutcome {
    fn from(error: TextError) -> Self {
        match error {
            TextError::InvalidUtf8 => Self::InvalidUtf8,
            TextError::Full => Self::TooMuchText,
        }
    }
}

impl SpanCounts {
    /// Counts one span.
    pub(super) fn record(&mut self, outcome: Outcome) {
        self.spans += 1;
        *self.count_of(outcome) += 1;
        match outcome {
            Outcome::Invalid(reason) => _ = self.invalid_reason.get_or_insert(reason),
            Outcome::FilteredHalf => self.filtered += 1,
            _ => {}
        }
    }

    /// Counts a span whose duration cannot be, which is counted by [`Self::record`] too.
    #[inline]
    pub(super) fn record_duration(&mut self, impossible: Option<Impossible>) {
        match impossible {
            None => {}
            Some(Impossible::NoStart) => self.no_start += 1,
            Some(Impossible::TooLong) => self.too_long += 1,
        }
    }

    /// Counts what span metrics made of one span, which is counted by [`Self::record`] too.
    pub(super) fn record_metrics(&mut self, outcome: MetricsOutcome) {
        *match outcome {
            MetricsOutcome::Updated => &mut self.metrics_spans,
            MetricsOutcome::Filtered => &mut self.metrics_filtered,
            MetricsOutcome::InvalidUtf8 => &mut self.metrics_invalid_utf8,
            MetricsOutcome::TooMuchText => &mut self.metrics_too_much_text,
        } += 1;
    }

    fn count_of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Invalid(_) => &mut self.invalid,
            Outcome::TooOld => &mut self.too_old,
            Outcome::TooNew => &mut self.too_new,
            Outcome::NotAnEdgeHalf => &mut self.not_an_edge_half,
            Outcome::NoServiceName => &mut self.no_service_name,
            Outcome::NoProcessor => &mut self.no_processor,
            Outcome::FilteredRoot => &mut self.filtered_root,
            Outcome::InvalidUtf8 => &mut self.invalid_utf8,
            Outcome::TooMuchText => &mut self.too_much_text,
            Outcome::Half | Outcome::FilteredHalf => &mut self.half_edges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_kept_and_markers_are_halves_too() {
        let mut counts = SpanCounts::default();
        counts.record(Outcome::Invalid(InvalidSpan::SpanId(3)));
        counts.record(Outcome::Invalid(InvalidSpan::TraceId(0)));
        counts.record(Outcome::FilteredHalf);
        let expected = SpanCounts {
            spans: 3,
            invalid: 2,
            invalid_reason: Some(InvalidSpan::SpanId(3)),
            half_edges: 1,
            filtered: 1,
            ..SpanCounts::default()
        };
        assert_eq!(counts, expected);
    }
}
