//! Numbers as people read them.

/// A count with thin groups of three digits: `1 234 567`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// How often a second, with three digits that count: `0.05/s`, `12.3/s`, `45.6k/s`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    format!("{}/s", short(per_second))
}

/// A number with three digits that count: `0.05`, `12.3`, `45.6k`, `1.2M`.
#[must_use]
pub fn short(number: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    let unit = UNITS.iter().find(|(size, _)| number.abs() >= *size * 0.9995);
    match unit {
        Some((size, name)) => format!("{}{name}", three_digits(number / size)),
        None => three_digits(number),
    }
}

/// A duration in seconds in its best unit: `850 µs`, `12.3 ms`, `1.5 s`, `2 m 5 s`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    match seconds {
        none if none.is_nan() => "–".to_owned(),
        long if long >= 120.0 => {
            let whole = std::time::Duration::from_secs_f64(long.min(1e15)).as_secs();
            humantime::format_duration(std::time::Duration::from_secs(whole)).to_string()
        }
        whole if whole >= 0.9995 => format!("{} s", three_digits(whole)),
        milli if milli >= 0.000_999_5 => format!("{} ms", three_digits(milli * 1e3)),
        micro => format!("{} µs", three_digits(micro * 1e6)),
    }
}

/// A share of 1 as a percentage: `0 %`, `< 0.1 %`, `1.3 %`, `100 %`.
#[must_use]
pub fn share(of_one: f64) -> String {
    match of_one {
        none if none.is_nan() => "–".to_owned(),
        tiny if tiny > 0.0 && tiny < 0.001 => "< 0.1 %".to_owned(),
        nearly if nearly > 0.999 && nearly < 1.0 => "> 99.9 %".to_owned(),
        other => format!("{} %", trimmed(format!("{:.1}", other * 100.0))),
    }
}

/// Bytes in the best binary unit: `512 B`, `1.5 KiB`, `230 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = UNITS.iter().find(|(power, _)| bytes >> power > 0);
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    match unit {
        Some((power, name)) => format!("{} {name}", three_digits(bytes as f64 / 2f64.powi(*power as i32))),
        None => format!("{bytes} B"),
    }
}

fn three_digits(number: f64) -> String {
    let decimals = match number.abs() {
        0.0 => 0,
        large if large >= 99.95 => 0,
        middle if middle >= 9.995 => 1,
        small if small >= 0.01 => 2,
        _ => 4,
    };
    trimmed(format!("{number:.decimals$}"))
}

/// Without zeros at the end of a fraction.
fn trimmed(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let texts = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(texts, ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn rates_have_three_digits() {
        let texts = [0.0, 0.0456, 0.5, 12.345, 999.6, 45_600.0, 1.2e6].map(rate);
        assert_eq!(
            texts,
            ["0/s", "0.05/s", "0.5/s", "12.3/s", "1k/s", "45.6k/s", "1.2M/s"]
        );
    }

    #[test]
    fn durations_have_their_best_unit() {
        let texts = [0.000_85, 0.012_34, 0.9996, 1.5, 125.4, f64::NAN].map(seconds);
        assert_eq!(texts, ["850 µs", "12.3 ms", "1 s", "1.5 s", "2m 5s", "–"]);
    }

    #[test]
    fn shares_that_are_not_quite_nothing_or_all_say_so() {
        let texts = [0.0, 0.0001, 0.013, 0.9999, 1.0].map(share);
        assert_eq!(texts, ["0 %", "< 0.1 %", "1.3 %", "> 99.9 %", "100 %"]);
    }

    #[test]
    fn bytes_are_in_binary_units() {
        assert_eq!(
            [0, 1023, 1536, 230 << 20].map(bytes),
            ["0 B", "1023 B", "1.5 KiB", "230 MiB"]
        );
    }
}
