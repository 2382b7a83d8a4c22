//! Decides what an answer of an endpoint means, and how long to wait before the next attempt.

use std::time::{Duration, SystemTime};

/// The longest pause that an endpoint can ask for with `Retry-After`; longer ones count as this.
///
/// A mistaken date a year ahead would otherwise stop a queue until it overflows.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

/// What an answer means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 2xx: the endpoint took it.
    Sent,
    /// 429 and 503 with `Retry-After`: the endpoint wants to be left alone for this long, whatever is sent.
    Pause(Duration),
    /// 5xx and 429: the same request may be taken later, not before this pause when the endpoint named one.
    Retry(Option<Duration>),
    /// The endpoint says that it will never take a sample that is in the request.
    Never,
    /// Everything else: the same request would be refused again.
    Refused,
}

/// What of an answer decides.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// Whether it says that a sample will never be taken.
    pub is_never: bool,
}

/// What an answer means at `now` (remote-write 1.0, RFC 9110 §10.2.3).
#[must_use]
pub fn judge(answered: Answered<'_>, now: SystemTime) -> Verdict {
    let asked_for = answered.retry_after.and_then(|text| pause_asked_for(text, now));
    match (answered.status, asked_for) {
        (200..=299, _) => Verdict::Sent,
        _ if answered.is_never => Verdict::Never,
        (429 | 503, Some(pause)) if !pause.is_zero() => Verdict::Pause(pause),
        (429 | 500..=599, asked_for) => Verdict::Retry(asked_for),
        _ => Verdict::Refused,
    }
}

/// Seconds or an HTTP date as a pause from `now`, at most [`LONGEST_RETRY_AFTER`].
fn pause_asked_for(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    Some(pause.min(LONGEST_RETRY_AFTER))
}

/// Jittered exponential back-off of one request.
#[derive(Clone, Copy, Debug)]
pub struct BackOff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl BackOff {
    /// Pauses that double from `shortest` up to `longest`.
    #[must_use]
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        let longest = longest.max(shortest);
        Self {
            shortest,
            longest,
            next: shortest,
        }
    }

    /// The same with a next pause of at most `longest`, from which it doubles again.
    #[must_use]
    pub fn at_most(mut self, longest: Duration) -> Self {
        self.next = self.next.min(longest).max(self.shortest);
        self
    }

    /// The next pause: between half of the doubled one and all of it as `random` in 0..1 says, never below
    /// the shortest, so that requests that failed together do not come again together.
    pub fn pause(&mut self, random: f64) -> Duration {
        let full = self.next;
        self.next = full.saturating_mul(2).min(self.longest);
        full.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
            .max(self.shortest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::from_secs(784_111_777);

    fn judged(status: u16, retry_after: Option<&str>) -> Verdict {
        judged_as(status, retry_after, false)
    }

    fn judged_as(status: u16, retry_after: Option<&str>, is_never: bool) -> Verdict {
        let answered = Answered {
            status,
            retry_after,
            is_never,
        };
        judge(answered, SystemTime::UNIX_EPOCH + NOW)
    }

    #[test]
    fn only_server_errors_and_too_many_requests_are_retried() {
        for status in [200, 202, 204, 299] {
            assert_eq!(judged(status, None), Verdict::Sent, "{status}");
        }
        for status in [429, 500, 502, 503, 504, 599] {
            assert_eq!(judged(status, None), Verdict::Retry(None), "{status}");
        }
        for status in [101, 300, 301, 308, 400, 401, 404, 408, 413, 415, 422, 499, 600] {
            assert_eq!(judged(status, Some("1")), Verdict::Refused, "{status}");
        }
    }

    #[test]
    fn words_that_mean_never_count_whatever_the_status() {
        for status in [400, 409, 422, 429, 500, 503] {
            assert_eq!(judged_as(status, Some("5"), true), Verdict::Never, "{status}");
        }
        assert_eq!(judged_as(204, None, true), Verdict::Sent);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_has_a_cap() {
        let seconds = |seconds| Verdict::Pause(Duration::from_secs(seconds));
        assert_eq!(judged(429, Some("7")), seconds(7));
        assert_eq!(judged(503, Some("86400")), seconds(300));
        assert_eq!(judged(503, Some("Sun, 06 Nov 1994 08:49:40 GMT")), seconds(3));
        assert_eq!(judged(503, Some("Mon, 06 Nov 2034 08:49:37 GMT")), seconds(300));
        for over in [" 0 ", "Sun, 06 Nov 1994 08:49:00 GMT"] {
            assert_eq!(
                judged(503, Some(over)),
                Verdict::Retry(Some(Duration::ZERO)),
                "{over}"
            );
        }
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(judged(503, Some(nonsense)), Verdict::Retry(None), "{nonsense}");
        }
    }

    #[test]
    fn other_errors_with_retry_after_hold_up_their_request_alone() {
        for status in [500, 502, 504] {
            let later = Verdict::Retry(Some(Duration::from_secs(7)));
            assert_eq!(judged(status, Some("7")), later, "{status}");
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut back_off = BackOff::new(Duration::from_millis(30), Duration::from_millis(200));
        let pauses: Vec<_> = (0..5).map(|_| back_off.pause(1.0).as_millis()).collect();
        assert_eq!(pauses, [30, 60, 120, 200, 200]);
        let mut back_off = BackOff::new(Duration::from_millis(30), Duration::from_millis(200));
        let pauses: Vec<_> = (0..5).map(|_| back_off.pause(0.0).as_millis()).collect();
        assert_eq!(pauses, [30, 30, 60, 100, 100]);
    }

    proptest! {
        #[test]
        fn no_pause_leaves_its_bounds(
            shortest in 0_u64..10_000, longest in 0_u64..10_000, randoms in proptest::collection::vec(0.0..1.0, 1..40),
        ) {
            let (shortest, longest) = (Duration::from_millis(shortest), Duration::from_millis(longest));
            let mut back_off = BackOff::new(shortest, longest);
            for random in randoms {
                let pause = back_off.pause(random);
                prop_assert!(pause >= shortest && pause <= longest.max(shortest));
            }
        }
    }
}
