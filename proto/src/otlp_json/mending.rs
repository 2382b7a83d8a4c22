//! Mends what makes a whole body unreadable for the sake of one value: texts that are none, and numbers beyond all doubles.

/// `\u`, four hex digits.
const ESCAPE_BYTES: usize = 6;

/// What stands for a character that is not whole.
const REPLACEMENT: &[u8; ESCAPE_BYTES] = b"\\ufffd";

/// What is a mistake in the place of any value.
const MISTAKE: &[u8] = b"[[]]";

/// The fewest digits of a number beyond all doubles that has no exponent.
const DIGITS_BEYOND: usize = 309;

/// `json` with what no reader takes replaced by as many bytes; `None` when there is nothing to mend.
///
/// - Half a character, which JavaScript writes as an escape: the replacement character.
/// - Bytes that are no UTF-8, and backslashes that begin no escape: question marks.
/// - Control characters within texts: spaces.
/// - Numbers beyond all doubles: a mistake, that costs what a mistake costs in its place.
pub(super) fn mend(json: &[u8]) -> Option<Vec<u8>> {
    let mut mending = Mending {
        json,
        at: 0,
        mended: None,
    };
    mending.mend_encoding();
    while let Some(byte) = mending.next() {
        match byte {
            b'"' => mending.pass_text(),
            b'-' | b'0'..=b'9' => mending.pass_number(),
            _ => mending.at += 1,
        }
    }
    mending.mended
}

struct Mending<'j> {
    json: &'j [u8],
    at: usize,
    mended: Option<Vec<u8>>,
}

impl Mending<'_> {
    fn next(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    /// Replaces what stands at `at`, as many bytes as `by` has.
    fn replace(&mut self, at: usize, by: &[u8]) {
        let copy = self.mended.get_or_insert_with(|| self.json.to_vec());
        if let Some(bytes) = copy.get_mut(at..at + by.len()) {
            bytes.copy_from_slice(by);
        }
    }

    fn mend_encoding(&mut self) {
        let mut at = 0;
        for chunk in self.json.utf8_chunks() {
            at += chunk.valid().len();
            for _ in chunk.invalid() {
                self.replace(at, b"?");
                at += 1;
            }
        }
    }

    fn pass_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.next() {
            match byte {
                b'\\' => self.pass_escape(),
                b'"' => {
                    self.at += 1;
                    return;
                }
                0..b' ' => {
                    self.replace(self.at, b" ");
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    fn pass_escape(&mut self) {
        let at = self.at;
        let is_simple = matches!(
            self.json.get(at + 1),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
        );
        self.at += match self.escaped(at) {
            Some(0xd800..=0xdbff) if matches!(self.escaped(at + ESCAPE_BYTES), Some(0xdc00..=0xdfff)) => {
                2 * ESCAPE_BYTES
            }
            Some(0xd800..=0xdfff) => {
                self.replace(at, REPLACEMENT);
                ESCAPE_BYTES
            }
            Some(_) => ESCAPE_BYTES,
            // Of a simple escape the second byte is neither a backslash nor an end of its own.
            None if is_simple => 2,
            None => {
                self.replace(at, b"?");
                1
            }
        };
    }

    /// The unit of UTF-16 that is escaped at `at`.
    fn escaped(&self, at: usize) -> Option<u16> {
        let digits = self.json.get(at..at + ESCAPE_BYTES)?.strip_prefix(b"\\u")?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    fn pass_number(&mut self) {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.iter().take_while(|byte| is_of_number(byte)).count();
        let number = rest.get(..length).unwrap_or_default();
        if is_beyond_doubles(number) {
            let mut mistake = MISTAKE.to_vec();
            mistake.resize(length, b' ');
            self.replace(self.at, &mistake);
        }
        self.at += length;
    }
}

fn is_beyond_doubles(number: &[u8]) -> bool {
    let may_be = number.len() >= DIGITS_BEYOND || number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    let value = || std::str::from_utf8(number).ok()?.parse::<f64>().ok();
    may_be && number.len() >= MISTAKE.len() && value().is_some_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(json: &str) -> Option<String> {
        mend(json.as_bytes()).map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn halves_of_characters_and_what_is_no_escape_are_replaced_and_nothing_else() {
        for (json, expected) in [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\uDE00\ud83d\n""#, Some(r#""\ufffd\ufffd\n""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ud83d\ude00\u00e9""#, None),
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\u00""#, Some(r#""?u00""#)),
            (r#""C:\dir\new\x""#, Some(r#""C:?dir\new?x""#)),
            ("\"a\tb\\\n\"\n", Some("\"a b? \"\n")),
            (r#"["\"\ud83d",1]"#, Some(r#"["\"\ufffd",1]"#)),
            ("\\", None),
            ("\"\\", Some("\"?")),
        ] {
            assert_eq!(mended(json).as_deref(), expected, "{json}");
        }
        assert_eq!(mend(b"\"a\xffb\xe2\x82\"").as_deref(), Some(&b"\"a?b??\""[..]));
    }

    #[test]
    fn numbers_beyond_all_doubles_are_mistakes() {
        let digits = "9".repeat(400);
        for (json, expected) in [
            ("1e400", Some("[[]] ".to_owned())),
            ("[-1.5E+0400,1]", Some("[[[]]      ,1]".to_owned())),
            ("2e308", Some("[[]] ".to_owned())),
            ("1e308", None),
            ("1e-400", None),
            ("0e9999", None),
            (r#""1e400""#, None),
            (digits.as_str(), Some(format!("[[]]{}", " ".repeat(396)))),
        ] {
            assert_eq!(mended(json), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn every_string_of_javascript_can_be_read(units in proptest::collection::vec(any::<u16>(), 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{escapes}\"");
            let json = mended(&json).unwrap_or(json);
            let read: String = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }

        #[test]
        fn all_bytes_between_quotes_are_a_text_then(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let text: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b'"').collect();
            // The last one would escape the quote.
            let text = text.strip_suffix(b"\\").unwrap_or(&text);
            let json = [b"\"", text, b".\""].concat();
            let mended = mend(&json).unwrap_or_else(|| json.clone());
            prop_assert_eq!(mended.len(), json.len());
            prop_assert!(serde_json::from_slice::<String>(&mended).is_ok(), "{:?}", String::from_utf8_lossy(&mended));
        }
    }
}
