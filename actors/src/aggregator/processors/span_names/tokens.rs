//! Cuts span names into tokens, and tells which tokens look like ids.

/// Stands in a pattern for tokens that differ; also a token of its own, so that a pattern is a name that matches itself.
pub const ANY: &str = "<_>";

/// Names with fewer tokens, the end mark included, are left alone.
pub const LEAST_TOKENS: usize = 3;

/// Names with more tokens, the end mark included, are left alone.
pub const MOST_TOKENS: usize = 80;

/// Longer names are left alone, so that no name can cost much memory.
pub const MOST_NAME_BYTES: usize = 2_048;

/// A text and where its tokens end; the last token is the end mark, which is empty.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// The text, all of which is tokens.
    pub text: &'a str,
    /// The ends of the tokens in bytes, ascending.
    pub ends: &'a [u16],
}

impl<'a> Tokens<'a> {
    /// Cuts `name`, with `ends` to write to; `None` when the name is to be left alone.
    #[must_use]
    pub fn cut(name: &'a str, ends: &'a mut Vec<u16>) -> Option<Self> {
        ends.clear();
        if name.len() > MOST_NAME_BYTES {
            return None;
        }
        let mut rest = name;
        while !rest.is_empty() && ends.len() < MOST_TOKENS {
            rest = rest.get(first_token(rest)..).unwrap_or_default();
            ends.push(u16::try_from(name.len() - rest.len()).ok()?);
        }
        ends.push(u16::try_from(name.len()).ok()?);
        let ends = ends.as_slice();
        (LEAST_TOKENS..=MOST_TOKENS)
            .contains(&ends.len())
            .then_some(Self { text: name, ends })
    }

    /// How many tokens there are, the end mark included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (text, mut start) = (self.text, 0);
        self.ends.iter().map(move |end| {
            let end = usize::from(*end);
            let token = text.get(start..end).unwrap_or_default();
            start = end;
            token
        })
    }
}

/// Whether a token looks like an id: hexadecimal with a digit in it, or more than a quarter digits.
#[must_use]
pub fn looks_like_an_id(token: &str) -> bool {
    let digits = token.chars().filter(|character| character.is_numeric()).count();
    let hexadecimal = || token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    digits > 0 && (digits * 4 > token.chars().count() || hexadecimal())
}

/// How many bytes the first token of `text` has, which is not empty.
fn first_token(text: &str) -> usize {
    match text.chars().next() {
        Some('<') if text.starts_with(ANY) => ANY.len(),
        Some('%') if is_percent_encoded(text) => 3,
        Some(first) if first.is_alphanumeric() => {
            uuid(text).unwrap_or_else(|| run(text, char::is_alphanumeric))
        }
        Some(first) if first.is_whitespace() => run(text, char::is_whitespace),
        Some(first) => first.len_utf8(),
        None => 0,
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character)).unwrap_or(text.len())
}

fn is_percent_encoded(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// The length of the UUID that `text` begins with (RFC 9562 §4: 8-4-4-4-12), when nothing is written on to its end.
fn uuid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    let (uuid, rest) = text.split_at_checked(LENGTH)?;
    let fits = |(position, byte): (usize, u8)| match position {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let ends = !rest.starts_with(char::is_alphanumeric);
    (ends && uuid.bytes().enumerate().all(fits)).then_some(LENGTH)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn cut(name: &str) -> Option<Vec<String>> {
        let mut ends = Vec::new();
        let tokens = Tokens::cut(name, &mut ends)?;
        Some(tokens.iter().map(str::to_owned).collect())
    }

    fn cut_whole(name: &str) -> Vec<String> {
        cut(name).expect("a name of an ordinary length")
    }

    #[test]
    fn words_spaces_and_single_characters_are_tokens_before_an_end_mark() {
        assert_eq!(
            cut_whole("GET  /users/12ab_é"),
            ["GET", "  ", "/", "users", "/", "12ab", "_", "é", ""]
        );
    }

    #[test]
    fn a_uuid_is_one_token_unless_it_goes_on() {
        let uuid = "550e8400-e29b-41D4-a716-446655440000";
        assert_eq!(cut_whole(&format!("/{uuid}/")), ["/", uuid, "/", ""]);
        assert_eq!(cut_whole(&format!("a {uuid}")), ["a", " ", uuid, ""]);
        assert_eq!(cut_whole(&format!("{uuid}f")).len(), 10);
        assert_eq!(cut_whole(&uuid[..35]).len(), 10);
    }

    #[test]
    fn percent_encoded_bytes_and_wildcards_are_tokens() {
        assert_eq!(
            cut_whole("a%2Fb%zz<_><"),
            ["a", "%2F", "b", "%", "zz", "<_>", "<", ""]
        );
    }

    #[test]
    fn too_short_and_too_long_names_are_left_alone() {
        assert_eq!(cut(""), None);
        assert_eq!(cut("checkout"), None);
        assert!(cut("/checkout").is_some());
        assert!(cut(&"/".repeat(79)).is_some());
        assert_eq!(cut(&"/".repeat(80)), None);
        assert!(cut(&format!("/{}", "a".repeat(MOST_NAME_BYTES - 1))).is_some());
        assert_eq!(cut(&format!("/{}", "a".repeat(MOST_NAME_BYTES))), None);
    }

    #[test]
    fn ids_are_hexadecimal_with_a_digit_or_more_than_a_quarter_digits() {
        for id in ["1", "9abc", "v1", "user1234", "%20", "deadbee0", "550e8400-e29b"] {
            assert!(looks_like_an_id(id), "{id}");
        }
        for word in ["", "/", "users", "deadbeef", "oauth2", "log4j", "ipv4", "-"] {
            assert!(!looks_like_an_id(word), "{word}");
        }
    }

    /// The same rules, as expressions that are tried in turn.
    static RULES: LazyLock<[Regex; 2]> = LazyLock::new(|| {
        let uuid = "^([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:[^\\p{Alphabetic}\\p{N}]|$)";
        let others = "^(<_>|%[0-9a-fA-F]{2}|[\\p{Alphabetic}\\p{N}]+|\\p{White_Space}+|(?s:.))";
        [uuid, others].map(|expression| Regex::new(expression).unwrap())
    });

    fn naive(name: &str) -> Vec<String> {
        let (mut tokens, mut rest) = (Vec::new(), name);
        while !rest.is_empty() {
            let found = RULES.iter().find_map(|expression| expression.captures(rest));
            let token = found.unwrap().get(1).unwrap().as_str();
            tokens.push(token.to_owned());
            rest = &rest[token.len()..];
        }
        tokens.push(String::new());
        tokens
    }

    fn names() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "\\PC{0,4}",
            "[a-z0-9]{1,5}",
            "[ /%<_>-]{1,3}",
            "%[0-9A-G]{2}",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            any::<char>().prop_map(String::from),
        ];
        let names = prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat());
        names.prop_map(|name| {
            name.chars()
                .filter(|character| is_agreed_on(*character))
                .collect()
        })
    }

    /// Whether the standard library and the expressions, made for different versions of Unicode, see it alike.
    fn is_agreed_on(character: char) -> bool {
        static ALPHANUMERIC: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("[\\p{Alphabetic}\\p{N}]").unwrap());
        ALPHANUMERIC.is_match(character.encode_utf8(&mut [0; 4])) == character.is_alphanumeric()
    }

    proptest! {
        #[test]
        fn cuts_as_the_expressions_do(name in names()) {
            let expected = naive(&name);
            let taken = (LEAST_TOKENS..=MOST_TOKENS).contains(&expected.len());
            prop_assert_eq!(cut(&name), taken.then_some(expected));
        }

        #[test]
        fn the_tokens_joined_are_the_name(name in any::<String>()) {
            if let Some(tokens) = cut(&name) {
                prop_assert_eq!(tokens.concat(), name);
            }
        }
    }
}
