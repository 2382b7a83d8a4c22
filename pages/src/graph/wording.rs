//! Numbers of nodes and edges in words, the same in drawings, tables and exports.

use super::rates::Measures;
use crate::numbers;

/// From this share of failures on something wants attention.
const WARNING: f64 = 0.01;
/// From this share of failures on something is bad.
const BAD: f64 = 0.05;

/// How well something does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// No calls, or not yet known.
    Idle,
    /// Few failures or none.
    Good,
    /// At least one call in a hundred fails.
    Warning,
    /// At least one call in twenty fails.
    Bad,
}

impl Health {
    /// That of something with these numbers.
    #[must_use]
    pub fn of(measures: &Measures) -> Self {
        match measures.error_share {
            None => Self::Idle,
            Some(share) if share >= BAD => Self::Bad,
            Some(share) if share >= WARNING => Self::Warning,
            Some(_) => Self::Good,
        }
    }

    /// Its class in drawings and tables.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// Calls a second; without a window the calls so far.
#[must_use]
pub fn rate(measures: &Measures) -> String {
    match measures.rate {
        Some(rate) => numbers::rate(rate),
        None if measures.calls > 0.0 => format!("{} calls", numbers::short(measures.calls)),
        None => "–".to_owned(),
    }
}

/// The share of failures.
#[must_use]
pub fn errors(measures: &Measures) -> String {
    measures.error_share.map_or("–".to_owned(), numbers::share)
}

/// A latency.
#[must_use]
pub fn latency(seconds: Option<f64>) -> String {
    seconds.map_or("–".to_owned(), numbers::seconds)
}

/// Median and 95th percentile, when there are any.
#[must_use]
pub fn latencies(measures: &Measures) -> Option<String> {
    let (p50, p95) = (measures.p50_seconds?, measures.p95_seconds?);
    Some(format!("{} / {}", numbers::seconds(p50), numbers::seconds(p95)))
}

/// All numbers in a sentence.
#[must_use]
pub fn sentence(measures: &Measures) -> String {
    let (p50, p95) = (latency(measures.p50_seconds), latency(measures.p95_seconds));
    let (rate, errors) = (rate(measures), errors(measures));
    format!("{rate}, {errors} errors, p50 {p50}, p95 {p95}")
}

/// `text` with what XML cannot hold replaced (XML 1.0 §2.2).
#[must_use]
pub fn printable(text: &str) -> String {
    let is_allowed = |character: char| match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_ascii_control() || other == '\u{7f}',
    };
    text.chars()
        .map(|character| {
            if is_allowed(character) {
                character
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}

/// At most `longest` characters of `text`.
#[must_use]
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars()
        .take(longest.saturating_sub(1))
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_are_in_the_sentence() {
        let measures = Measures {
            calls: 100.0,
            rate: Some(12.5),
            error_share: Some(0.02),
            p50_seconds: Some(0.005),
            p95_seconds: Some(1.5),
        };
        assert_eq!(sentence(&measures), "12.5/s, 2 % errors, p50 5 ms, p95 1.5 s");
        assert_eq!(Health::of(&measures), Health::Warning);
        assert_eq!(sentence(&Measures::default()), "–, – errors, p50 –, p95 –");
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(printable("a\u{0}\u{ffff}\tü"), "a\u{fffd}\u{fffd}\tü");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(
            (cut("abc", 3), cut("abcd", 3)),
            ("abc".to_owned(), "ab…".to_owned())
        );
    }
}
