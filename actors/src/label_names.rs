//! What becomes of label names and values before they are labels: sanitised, cut.

/// `name` with every character outside `[a-zA-Z0-9_]` as `_`; a leading digit stays (SPEC §2).
pub fn sanitise(name: &str) -> String {
    sanitised_bytes(name).map(char::from).collect()
}

/// As [`sanitise`], byte by byte; all of them are ASCII.
pub fn sanitised_bytes(name: &str) -> impl Iterator<Item = u8> {
    let allowed = |character: char| u8::try_from(character).ok().filter(u8::is_ascii_alphanumeric);
    name.chars()
        .map(move |character| allowed(character).unwrap_or(b'_'))
}

/// The start of `text` that has at most `max_bytes` bytes and ends between characters; 0 means no limit (SPEC §7).
pub fn cut(text: &str, max_bytes: usize) -> &str {
    if max_bytes == 0 {
        return text;
    }
    &text[..text.floor_char_boundary(max_bytes)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_that_label_names_cannot_have_become_underscores() {
        assert_eq!(sanitise("k8s.cluster-name"), "k8s_cluster_name");
        assert_eq!(sanitise("9lives_A"), "9lives_A");
        assert_eq!(sanitise("größe:m"), "gr__e_m");
        assert_eq!(sanitise(""), "");
    }

    #[test]
    fn a_text_is_cut_at_its_limit_and_never_inside_a_character() {
        assert_eq!(cut("connection_type", 12), "connection_t");
        assert_eq!(cut("12345678", 8), "12345678");
        assert_eq!(cut("größe", 3), "gr");
        assert_eq!(cut("größe", 4), "grö");
        assert_eq!(cut("ö", 1), "");
        assert_eq!(cut("no limit", 0), "no limit");
    }

    proptest! {
        #[test]
        fn a_cut_text_is_the_longest_start_that_fits(text in "\\PC{0,20}", max_bytes in 1usize..30) {
            let longest = text
                .char_indices()
                .map(|(start, character)| start + character.len_utf8())
                .take_while(|end| *end <= max_bytes)
                .last()
                .unwrap_or(0);
            prop_assert_eq!(cut(&text, max_bytes), &text[..longest]);
        }
    }
}
