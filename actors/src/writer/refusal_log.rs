//! Keeps logs readable when an endpoint refuses every request: one line a minute, in the endpoint's own words.

use std::time::{Duration, Instant};

/// How often one kind of line may be logged.
const INTERVAL: Duration = Duration::from_secs(60);

/// How much of an endpoint's answer is kept.
pub const WORDS_BYTES: usize = 256;

/// Lets one line through a minute and adds up what the lines that it held back would have told.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineLimit {
    last: Option<Instant>,
    held_back: u64,
}

impl LineLimit {
    /// Notes `amount`; gives what came since the last line, this one included, when a line may be logged.
    pub fn note(&mut self, amount: u64, now: Instant) -> Option<u64> {
        self.held_back = self.held_back.saturating_add(amount);
        if self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < INTERVAL)
        {
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

/// The first [`WORDS_BYTES`] bytes of `body` as one printable line; everything else becomes a space.
#[must_use]
pub fn printable(body: &[u8]) -> String {
    let start = body.get(..WORDS_BYTES).unwrap_or(body);
    let text = String::from_utf8_lossy(start);
    let text: String = text
        .chars()
        .map(|character| if is_printable(character) { character } else { ' ' })
        .collect();
    text.trim().to_owned()
}

/// Bidirectional overrides and line separators would let a remote rearrange the log.
fn is_printable(character: char) -> bool {
    let invisible =
        matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    !character.is_control()
        && !invisible
        && character != '\u{feff}'
        && character != char::REPLACEMENT_CHARACTER
}

/// What an operator can do about a refusal with `status`; empty when the endpoint's words must do.
#[must_use]
pub fn hint(status: u16) -> &'static str {
    match status {
        307 | 308 => {
            "not followed because follow_redirects is false or no location is named, set the url to where it leads"
        }
        300..=399 => {
            "not followed because only 307 and 308 send the samples along, set the url to where it leads"
        }
        401 | 403 => "check basic_auth, bearer_token and headers of the endpoint",
        404 => "check the url's path; prometheus needs --web.enable-remote-write-receiver",
        413 => "lower max_samples_per_send of the endpoint",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute_tells_all_that_was_held_back() {
        let (mut limit, start) = (LineLimit::default(), Instant::now());
        let mut after = |seconds| limit.note(10, start + Duration::from_secs(seconds));
        assert_eq!(
            [after(0), after(1), after(59), after(60), after(61)],
            [Some(10), None, None, Some(30), None]
        );
        assert_eq!(after(500), Some(20));
    }

    #[test]
    fn words_are_one_printable_line_of_bounded_length() {
        assert_eq!(printable(b"out of order sample\n"), "out of order sample");
        assert_eq!(printable(b"a\r\nb\x1b[31m\x00c\xff"), "a  b [31m c");
        assert_eq!(printable("über \u{202e}gnorts".as_bytes()), "über  gnorts");
        assert_eq!(printable(&[b'x'; 1000]).len(), WORDS_BYTES);
        assert_eq!(
            printable("ä".repeat(200).as_bytes()).chars().count(),
            WORDS_BYTES / 2
        );
        assert_eq!(printable(b""), "");
    }
}
