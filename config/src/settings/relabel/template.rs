//! Texts in which `$1`, `${1}` and `${name}` stand for groups of a regular expression.

use regex::{Captures, Regex};

/// A text with groups of one regular expression in it, written as Go's `Regexp.Expand` reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(usize),
    /// The expression has no such group, so nothing stands there.
    Unknown(String),
}

impl Template {
    /// Reads `text`. `$name` takes as many letters, digits and `_` as there are, so `$1_a` is the group `1_a`;
    /// `$$` is one `$`, and a `$` before anything else stays.
    #[must_use]
    pub fn new(text: &str, regex: &Regex) -> Self {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            plain.push_str(before);
            rest = after;
            if let Some((name, after)) = group_name(rest) {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(group(name, regex));
                rest = after;
            } else {
                plain.push('$');
                rest = rest.strip_prefix('$').unwrap_or(rest);
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Self(pieces)
    }

    /// The text with what `captures` found in the place of the groups; nothing for one that took no part.
    #[must_use]
    pub fn expand(&self, captures: &Captures<'_>) -> String {
        let mut expanded = String::new();
        for piece in &self.0 {
            expanded.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(index) => captures.get(*index).map_or("", |group| group.as_str()),
                Piece::Unknown(_) => "",
            });
        }
        expanded
    }

    /// The groups named in letters that the expression does not have.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Unknown(name) if !name.starts_with(|c: char| c.is_ascii_digit()) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// The name behind a `$`, and what follows it.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let in_braces = text.strip_prefix('{');
    let inner = in_braces.unwrap_or(text);
    let end = inner.find(|c: char| c != '_' && !c.is_alphanumeric());
    let (name, after) = inner.split_at(end.unwrap_or(inner.len()));
    let after = match in_braces {
        Some(_) => after.strip_prefix('}')?,
        None => after,
    };
    (!name.is_empty()).then_some((name, after))
}

fn group(name: &str, regex: &Regex) -> Piece {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    let index = if is_number {
        name.parse().ok().filter(|index| *index < regex.captures_len())
    } else {
        regex.capture_names().position(|group| group == Some(name))
    };
    index.map_or_else(|| Piece::Unknown(name.to_owned()), Piece::Group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        let regex = Regex::new("^(?P<first>a+)(b)?(c)$").unwrap();
        Template::new(text, &regex).expand(&regex.captures("aac").unwrap())
    }

    #[test]
    fn groups_are_put_in_as_go_does() {
        for (text, expected) in [
            ("$1", "aa"),
            ("${1}x", "aax"),
            ("$1x", ""),
            ("$1-x", "aa-x"),
            ("$1_x", ""),
            ("$3$1", "caa"),
            ("$0", "aac"),
            ("$2", ""),
            ("$9", ""),
            ("$01", ""),
            ("$first", "aa"),
            ("${first}$3", "aac"),
            ("${third}.", "."),
            ("$$1", "$1"),
            ("$$$1", "$aa"),
            ("a$", "a$"),
            ("$-", "$-"),
            ("${", "${"),
            ("${1", "${1"),
            ("${a-b}", "${a-b}"),
            ("${}", "${}"),
            ("", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(expanded(text), expected, "{text}");
        }
    }

    #[test]
    fn names_without_a_group_are_told_and_numbers_are_not() {
        let regex = Regex::new("(?P<there>.)").unwrap();
        let template = Template::new("${HOME} $there $1 $7 $1_a $x", &regex);
        assert_eq!(template.unknown_names().collect::<Vec<_>>(), ["HOME", "x"]);
    }
}
