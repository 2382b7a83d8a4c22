//! Durations as Go writes them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// A duration as Go writes it, such as `15s`, `1m30s`, `1.5h` or `250ms`, of at least so many milliseconds.
///
/// `d` (24 hours) and `w` (7 days) are taken too, as Prometheus does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct GoDuration<const LEAST_MILLISECONDS: u64>(Duration);

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// The text is not numbers with units.
    #[error("{0:?} is not a duration, write a number with its unit, such as 15s, 1m30s or 250ms")]
    Malformed(String),
    /// It does not fit into 64 bits of nanoseconds, about 584 years.
    #[error("{0:?} is too long a duration")]
    TooLong(String),
    /// It is shorter than this key allows.
    #[error("must be at least {}", humantime::format_duration(*.0))]
    TooShort(Duration),
}

impl<const LEAST: u64> From<GoDuration<LEAST>> for Duration {
    fn from(duration: GoDuration<LEAST>) -> Self {
        duration.0
    }
}

impl<const LEAST: u64> fmt::Display for GoDuration<LEAST> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return formatter.write_str("0s");
        }
        for unit in ["h", "m", "s", "ms", "us", "ns"] {
            let nanoseconds = nanoseconds_of(unit).unwrap_or(1);
            let (count, left) = (rest / nanoseconds, rest % nanoseconds);
            if count > 0 {
                write!(formatter, "{count}{unit}")?;
            }
            rest = left;
        }
        Ok(())
    }
}

impl<const LEAST: u64> Serialize for GoDuration<LEAST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const LEAST: u64> TryFrom<String> for GoDuration<LEAST> {
    type Error = InvalidDuration;

    fn try_from(text: String) -> Result<Self, InvalidDuration> {
        let (duration, least) = (parse(&text)?, Duration::from_millis(LEAST));
        if duration < least {
            Err(InvalidDuration::TooShort(least))
        } else {
            Ok(Self(duration))
        }
    }
}

/// Reads a duration as Go writes it; `0` needs no unit.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let malformed = || InvalidDuration::Malformed(text.to_owned());
    let too_long = || InvalidDuration::TooLong(text.to_owned());
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (mut rest, mut total) = (text, 0_u128);
    while !rest.is_empty() {
        let (whole, after_whole) = split_while(rest, |c| c.is_ascii_digit());
        let (fraction, after_number) = match after_whole.strip_prefix('.') {
            Some(after_dot) => split_while(after_dot, |c| c.is_ascii_digit()),
            None => ("", after_whole),
        };
        let (unit, after_unit) = split_while(after_number, |c| c != '.' && !c.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() {
            return Err(malformed());
        }
        let unit = nanoseconds_of(unit).ok_or_else(malformed)?;
        total = total
            .checked_add(scale(whole, fraction, unit).ok_or_else(too_long)?)
            .ok_or_else(too_long)?;
        rest = after_unit;
    }
    if text.is_empty() {
        return Err(malformed());
    }
    u64::try_from(total)
        .map(Duration::from_nanos)
        .map_err(|_| too_long())
}

fn nanoseconds_of(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" => 604_800_000_000_000,
        _ => return None,
    })
}

/// `whole.fraction * unit` in nanoseconds, cut to whole ones; `None` when it cannot be counted.
fn scale(whole: &str, fraction: &str, unit: u128) -> Option<u128> {
    let digits = |text: &str| {
        if text.is_empty() {
            Some(0)
        } else {
            text.parse::<u128>().ok()
        }
    };
    // 18 digits are finer than a nanosecond of the longest unit.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let places = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let of_fraction = digits(fraction)?.checked_mul(unit)? / places;
    digits(whole)?.checked_mul(unit)?.checked_add(of_fraction)
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_read_as_go_reads_them() {
        let cases = [
            ("0", Duration::ZERO),
            ("0s", Duration::ZERO),
            ("15s", Duration::from_secs(15)),
            ("1m30s", Duration::from_secs(90)),
            ("250ms", Duration::from_millis(250)),
            ("1h", Duration::from_secs(3600)),
            ("1.5h", Duration::from_secs(5400)),
            (".5s", Duration::from_millis(500)),
            ("1.s", Duration::from_secs(1)),
            ("7µs", Duration::from_micros(7)),
            ("1d", Duration::from_secs(86_400)),
            ("0.0000000019s", Duration::from_nanos(1)),
        ];
        for (text, duration) in cases {
            assert_eq!(parse(text), Ok(duration), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_durations_are_refused() {
        for text in ["", "15", "s", ".s", "-1s", "1 s", "1x", "15s5", "1.5", "1..5s"] {
            assert_eq!(
                parse(text),
                Err(InvalidDuration::Malformed(text.to_owned())),
                "{text}"
            );
        }
        for text in [
            "600y",
            "99999999999h",
            "99999999999999999999999999999999999999999999s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_below_the_least_is_refused() {
        let refused = GoDuration::<100>::try_from("99ms".to_owned()).unwrap_err();
        assert_eq!(refused.to_string(), "must be at least 100ms");
        assert_eq!(
            GoDuration::<100>::try_from("100ms".to_owned()).map(Duration::from),
            Ok(Duration::from_millis(100))
        );
    }

    proptest! {
        #[test]
        fn whole_milliseconds_survive_being_written_with_units(hours in 0_u64..1000, seconds in 0_u64..10_000, millis in 0_u64..10_000) {
            let text = format!("{hours}h{seconds}s{millis}ms");
            prop_assert_eq!(parse(&text), Ok(Duration::from_millis(hours * 3_600_000 + seconds * 1000 + millis)));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
