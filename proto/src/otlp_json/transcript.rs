//! The encoded request so far, and what was left out of it.

use super::schema::Cost;

/// What is encoded so far, and what is not and why.
pub(super) struct Transcript {
    /// The encoded request.
    pub(super) bytes: Vec<u8>,
    /// Spans that are in it.
    pub(super) spans: u64,
    /// Spans that were left out for a mistake in them.
    pub(super) refused_spans: u64,
    /// Values that were left out, and cost nothing but themselves.
    pub(super) values_passed_over: u64,
    /// How many objects and arrays are open.
    pub(super) levels: u32,
    /// Whether the first span with a mistake ends the reading, which tells the mistake.
    stops_at_refusal: bool,
    /// Whether the span that is being read has a mistake; `None` outside of spans.
    span_is_mistaken: Option<bool>,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is `null`.
    Absent,
    /// It is encoded.
    Written,
    /// It does not have the form that its type asks for; what was written of it is to be taken back.
    Mistaken,
}

impl Transcript {
    /// Nothing yet, with room for `bytes`.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            spans: 0,
            refused_spans: 0,
            values_passed_over: 0,
            levels: 0,
            stops_at_refusal: false,
            span_is_mistaken: None,
        }
    }

    /// For finding out which mistake costs the first span.
    pub(super) fn to_first_refusal() -> Self {
        Self {
            stops_at_refusal: true,
            ..Self::with_capacity(0)
        }
    }

    /// Keeps account of a mistaken value.
    ///
    /// # Errors
    /// `error`, when the mistake costs the request, or is the one that is looked for.
    pub(super) fn mistake<E>(&mut self, cost: Cost, error: impl FnOnce() -> E) -> Result<Outcome, E> {
        match (cost, &mut self.span_is_mistaken) {
            (Cost::Value, _) => self.values_passed_over += 1,
            (Cost::Span, Some(is_mistaken)) if !self.stops_at_refusal => *is_mistaken = true,
            (Cost::Span | Cost::Request, _) => return Err(error()),
        }
        Ok(Outcome::Mistaken)
    }

    /// A span begins.
    pub(super) fn begin_span(&mut self) {
        self.span_is_mistaken = Some(false);
    }

    /// A span ends; whether it is to be kept.
    pub(super) fn end_span(&mut self) -> bool {
        let is_mistaken = self.span_is_mistaken.take() == Some(true);
        let counter = if is_mistaken {
            &mut self.refused_spans
        } else {
            &mut self.spans
        };
        *counter += 1;
        !is_mistaken
    }

    /// Takes back the spans that came after there were `kept`.
    ///
    /// # Errors
    /// `error`, when it is what is looked for.
    pub(super) fn refuse_since<E>(&mut self, kept: u64, error: impl FnOnce() -> E) -> Result<Outcome, E> {
        let refused = self.spans - kept;
        self.spans = kept;
        self.refused_spans += refused;
        if self.stops_at_refusal && refused > 0 {
            return Err(error());
        }
        Ok(Outcome::Mistaken)
    }
}
