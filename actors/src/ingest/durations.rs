//! Tells durations that cannot be: one of them would spoil the sum, and so every mean, of its series for good.

use spangraph_config::TenantSettings;
use spangraph_proto::otlp::Span;

use crate::batches::Latency;

/// What takes no longer than this may be: jobs do run for hours.
const DAY_NANOSECONDS: u64 = 24 * 3_600 * 1_000_000_000;

/// Which durations are observed.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurationRule {
    /// The longest that can be.
    longest_nanoseconds: u64,
    /// Those that cannot be are observed all the same, as Tempo does.
    observes_impossible: bool,
}

/// Why a duration cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Impossible {
    /// The span has no start, or one of 0: its duration would be that since 1970.
    NoStart,
    /// It is longer than a day, and longer than the slack.
    TooLong,
}

impl DurationRule {
    /// The rule of a tenant whose spans may lie `slack_nanoseconds` away from now.
    pub(super) fn new(settings: &TenantSettings, slack_nanoseconds: u64) -> Self {
        Self {
            longest_nanoseconds: slack_nanoseconds.max(DAY_NANOSECONDS),
            observes_impossible: settings.observe_impossible_durations,
        }
    }

    /// Why the duration of `span` cannot be, if it cannot.
    #[inline]
    pub(super) fn judge(self, span: &Span<'_>) -> Option<Impossible> {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        if start == 0 {
            Some(Impossible::NoStart)
        } else if end.saturating_sub(start) > self.longest_nanoseconds {
            Some(Impossible::TooLong)
        } else {
            None
        }
    }

    /// What is observed of a span that was judged so.
    #[inline]
    pub(super) fn latency(self, span: &Span<'_>, impossible: Option<Impossible>) -> Latency {
        if impossible.is_some() && !self.observes_impossible {
            return Latency::IMPOSSIBLE;
        }
        Latency::between(span.start_time_unix_nano, span.end_time_unix_nano)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn span(start: u64, end: u64) -> Span<'static> {
        Span {
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            ..Span::default()
        }
    }

    #[test]
    fn only_a_missing_start_and_more_than_a_day_and_the_slack_cannot_be() {
        let end = 100 * DAY_NANOSECONDS;
        let of = |slack, start| DurationRule::new(&TenantSettings::default(), slack).judge(&span(start, end));
        assert_eq!(of(30 * SECOND, 0), Some(Impossible::NoStart));
        assert_eq!(of(u64::MAX, 0), Some(Impossible::NoStart));
        assert_eq!(of(30 * SECOND, end - DAY_NANOSECONDS), None, "a whole day");
        assert_eq!(
            of(30 * SECOND, end - DAY_NANOSECONDS - 1),
            Some(Impossible::TooLong)
        );
        assert_eq!(of(2 * DAY_NANOSECONDS, end - 2 * DAY_NANOSECONDS), None);
        assert_eq!(
            of(30 * SECOND, end + 1),
            None,
            "before its start it is 0, as in Tempo"
        );
    }

    #[test]
    fn what_cannot_be_is_observed_only_when_the_settings_say_so() {
        let mut settings = TenantSettings {
            ingestion_time_range_slack: Duration::from_secs(30),
            ..TenantSettings::default()
        };
        let (odd, fine) = (span(0, SECOND), span(SECOND, 3 * SECOND));
        let observed = |settings: &TenantSettings, span: &Span<'_>| {
            let rule = DurationRule::new(settings, 30 * SECOND);
            rule.latency(span, rule.judge(span)).seconds()
        };
        assert_eq!(
            (observed(&settings, &odd), observed(&settings, &fine)),
            (None, Some(2.0))
        );
        settings.observe_impossible_durations = true;
        assert_eq!(
            (observed(&settings, &odd), observed(&settings, &fine)),
            (Some(1.0), Some(2.0))
        );
    }
}
