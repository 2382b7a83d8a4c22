//! How many calls a span stands for (SPEC §5).

use spangraph_proto::otlp::{AnyValue, Span};

use super::attribute_keys::{AskedKeys, ScopedSlots};
use super::attribute_slots::Attributes;
use super::trace_state::sampling_multiplier;

/// Where a span's weight is looked for.
#[derive(Debug)]
pub(super) struct SpanMultiplier {
    from_trace_state: bool,
    ratio: Option<ScopedSlots>,
}

impl SpanMultiplier {
    /// Asks for the attribute `key` when there is one (`span_multiplier_key`); the trace state goes over it when
    /// `from_trace_state` (`enable_tracestate_span_multiplier`).
    pub(super) fn compile(key: Option<&str>, from_trace_state: bool, keys: &mut AskedKeys) -> Self {
        let key = key.filter(|key| !key.is_empty());
        Self {
            from_trace_state,
            ratio: key.map(|key| keys.both(key)),
        }
    }

    /// The trace state's sampling threshold, else the inverse of the attribute, else 1.
    #[inline]
    pub(super) fn of(&self, span: &Span<'_>, attributes: Attributes<'_, '_>) -> f64 {
        let from_trace_state = self
            .from_trace_state
            .then(|| sampling_multiplier(span.trace_state))
            .flatten();
        let from_ratio = || self.ratio.and_then(|slots| inverse_ratio(slots, attributes));
        from_trace_state.or_else(from_ratio).unwrap_or(1.0)
    }
}

fn inverse_ratio(slots: ScopedSlots, attributes: Attributes<'_, '_>) -> Option<f64> {
    let (span, resource) = (
        attributes.span.get(slots.span),
        attributes.resource.get(slots.resource),
    );
    [span, resource].into_iter().flatten().find_map(inverse)
}

/// An inverse too large for a double would turn a counter infinite for good, so it is none.
fn inverse(ratio: AnyValue<'_>) -> Option<f64> {
    match ratio {
        AnyValue::Double(ratio) if ratio > 0.0 => Some(1.0 / ratio).filter(|inverse| inverse.is_finite()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_doubles_with_a_finite_inverse_are_ratios() {
        for (ratio, expected) in [
            (AnyValue::Double(0.25), Some(4.0)),
            (AnyValue::Double(2.0), Some(0.5)),
            (AnyValue::Double(0.0), None),
            (AnyValue::Double(-1.0), None),
            (AnyValue::Double(f64::NAN), None),
            (AnyValue::Double(f64::MIN_POSITIVE / 8.0), None),
            (AnyValue::Int(2), None),
            (AnyValue::String(b"0.5"), None),
        ] {
            assert_eq!(inverse(ratio), expected, "{ratio:?}");
        }
    }
}
