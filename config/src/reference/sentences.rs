//! Takes a doc comment apart: what the key does, its default, and when to change it.

/// What a doc comment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentences {
    /// What the key does.
    pub effect: String,
    /// What holds when nothing is written; `needed` when something must be.
    pub default: String,
    /// When to change it; may be empty.
    pub advice: String,
}

impl Sentences {
    /// Those of `comment`: `Effect. Default D; advice.`
    pub fn of(comment: &str) -> Self {
        let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(effect) = comment.strip_suffix("; needed.") {
            return Self {
                effect: format!("{effect}."),
                default: "needed".to_owned(),
                advice: String::new(),
            };
        }
        let split = comment.strip_prefix("Default ").map(|rest| ("", rest));
        let split = split.or_else(|| comment.split_once(". Default "));
        let Some((effect, rest)) = split else {
            return Self {
                effect: comment,
                ..Self::default()
            };
        };
        let end = end_of_default(rest);
        let (default, advice) = rest.split_at(end);
        Self {
            effect: if effect.is_empty() {
                String::new()
            } else {
                format!("{effect}.")
            },
            default: default.to_owned(),
            advice: sentence(advice.trim_start_matches([';', '.', ' '])),
        }
    }
}

/// The default ends at a semicolon, or at the end of its sentence, outside of backticks.
fn end_of_default(text: &str) -> usize {
    let mut is_code = false;
    for (index, character) in text.char_indices() {
        let rest = text.get(index + character.len_utf8()..).unwrap_or_default();
        match character {
            '`' => is_code = !is_code,
            ';' if !is_code => return index,
            '.' if !is_code && (rest.is_empty() || rest.starts_with(' ')) => return index,
            _ => {}
        }
    }
    text.len()
}

/// The text with a capital letter first.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
