//! OpenTelemetry's sampling threshold in a W3C trace state (SPEC §5).

/// Thresholds and random values have 14 hexadecimal digits.
const DIGITS: usize = 14;

/// How many spans one span stands for, by the sub-key `th` of the entry `ot`; none when there is no valid one.
///
/// With a random value (`rv`) a fraction is rounded up for as large a share of traces as the fraction is.
pub(super) fn sampling_multiplier(trace_state: &[u8]) -> Option<f64> {
    let entry = sub_value(trace_state, b',', b"ot=")?;
    let threshold = threshold(sub_value(entry, b';', b"th:")?)?;
    let random = sub_value(entry, b';', b"rv:").and_then(random_value);
    let multiplier = as_double(1 << 56) / as_double((1 << 56) - threshold);
    Some(random.map_or(multiplier, |random| rounded(multiplier, random)))
}

/// The text behind `prefix` in the first of the parts that has it.
fn sub_value<'t>(text: &'t [u8], separator: u8, prefix: &[u8]) -> Option<&'t [u8]> {
    let mut parts = text.split(|byte| *byte == separator).map(<[u8]>::trim_ascii);
    parts.find_map(|part| part.strip_prefix(prefix))
}

/// A rejection threshold, whose trailing zeros may be left out.
fn threshold(text: &[u8]) -> Option<u64> {
    let missing = DIGITS.checked_sub(text.len()).filter(|_| !text.is_empty())?;
    Some(hexadecimal(text)? << (4 * missing))
}

fn random_value(text: &[u8]) -> Option<u64> {
    hexadecimal(text).filter(|_| text.len() == DIGITS)
}

/// The number that at most 16 hexadecimal digits give.
fn hexadecimal(text: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(u64::from);
    text.iter()
        .try_fold(0, |number, byte| Some(number << 4 | digit(byte)?))
}

fn rounded(multiplier: f64, random: u64) -> f64 {
    let share = as_double(random >> 3) / as_double(1 << 53);
    let up = if share < multiplier.fract() { 1.0 } else { 0.0 };
    multiplier.floor() + up
}

#[expect(
    clippy::cast_precision_loss,
    reason = "thresholds are rates; 53 bits of them are enough"
)]
fn as_double(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thresholds_give_multipliers() {
        for (trace_state, expected) in [
            ("ot=th:8", Some(2.0)),
            ("congo=t61,ot=th:c;k:v", Some(4.0)),
            ("congo=t61 , ot=k:v;th:c", Some(4.0)),
            ("ot=th:0", Some(1.0)),
            ("ot=th:C", Some(4.0)),
            ("ot=th:ffffffffffffff", Some(72_057_594_037_927_936.0)),
            ("ot=th:a", Some(8.0 / 3.0)),
            ("ot=th:a;rv:00000000000000", Some(3.0)),
            ("ot=rv:ffffffffffffff;th:a", Some(2.0)),
            ("ot=th:a;rv:0", Some(8.0 / 3.0)),
            ("ot=th:8;rv:00000000000000", Some(2.0)),
            ("ot=th:zz", None),
            ("ot=th:", None),
            ("ot=th:+8", None),
            ("ot=th:000000000000000", None),
            ("ot=rv:00000000000000", None),
            ("not=th:8", None),
            ("congo=t61", None),
            ("", None),
        ] {
            assert_eq!(
                sampling_multiplier(trace_state.as_bytes()),
                expected,
                "{trace_state}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_multiplier_is_at_least_one_and_finite(trace_state in "ot=(th:[0-9a-f]{0,15}|rv:[0-9a-f]{14}|;){1,5}") {
            if let Some(multiplier) = sampling_multiplier(trace_state.as_bytes()) {
                prop_assert!(multiplier >= 1.0 && multiplier.is_finite());
            }
        }

        #[test]
        fn rounding_keeps_the_mean(digit in 1_u64..16, steps in 100_u64..200) {
            let exact = 16.0 / as_double(16 - digit);
            let round = |step| rounded(exact, ((1 << 56) / steps) * step);
            let mean = (0..steps).map(round).sum::<f64>() / as_double(steps);
            prop_assert!((mean - exact).abs() < 0.02, "{} {}", mean, exact);
        }
    }
}
