//! Mends texts that JavaScript cut in the middle of a character.

/// `\u`, four hex digits.
const ESCAPE_BYTES: usize = 6;

/// What stands for a character that is not whole.
const REPLACEMENT: &[u8; ESCAPE_BYTES] = b"\\ufffd";

/// `json` with the replacement character for each escaped half of a character that has no other half; `None` when there
/// is none. JavaScript writes such halves, and no text of Rust or protobuf can hold them.
pub(super) fn mend(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = None;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        if byte != b'\\' {
            at += 1;
            continue;
        }
        match escaped(json, at) {
            Some(0xd800..=0xdbff) if matches!(escaped(json, at + ESCAPE_BYTES), Some(0xdc00..=0xdfff)) => {
                at += 2 * ESCAPE_BYTES;
            }
            Some(0xd800..=0xdfff) => {
                let copy = mended.get_or_insert_with(|| json.to_vec());
                if let Some(escape) = copy.get_mut(at..at + ESCAPE_BYTES) {
                    escape.copy_from_slice(REPLACEMENT);
                }
                at += ESCAPE_BYTES;
            }
            // Of every other escape the second byte is no backslash of its own.
            _ => at += 2,
        }
    }
    mended
}

/// The unit of UTF-16 that is escaped at `at`.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE_BYTES)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(json: &str) -> Option<String> {
        mend(json.as_bytes()).map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn halves_of_characters_are_replaced_and_nothing_else() {
        for (json, expected) in [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\uDE00\ud83d\n""#, Some(r#""\ufffd\ufffd\n""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ud83d\ude00\u00e9""#, None),
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\u00""#, None),
            ("\\", None),
        ] {
            assert_eq!(mended(json).as_deref(), expected, "{json}");
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
    }
}
