//! Finds the comments of a YAML file, and the key that each belongs to.

use crate::document::{Document, Path, Position};

use super::lines::{Lines, indentation, is_comment};

/// A comment of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// The line that it stands on, counted from 0.
    pub line: usize,
    /// It, from its `#` on.
    pub text: &'a str,
    /// The key beside which it stands; the top of the file when there is none.
    pub belongs_to: Path,
}

/// All comments of the file with this `text`.
pub fn comments<'a>(text: &'a str, document: &Document) -> Vec<Comment<'a>> {
    let lines = Lines::of(text);
    let keys = Keys::of(document);
    let scalars = document.scalar_bytes();
    let mut scalars = scalars.iter().peekable();
    let (mut comments, mut start) = (Vec::new(), 0);
    for (number, line) in lines.get(0..lines.count()).iter().enumerate() {
        let is_comment = |(at, _): &(usize, &str)| {
            let place = start + at;
            while scalars.next_if(|scalar| scalar.end <= place).is_some() {}
            let within = scalars.peek().is_some_and(|scalar| scalar.start <= place);
            !within
                && line
                    .get(..*at)
                    .is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
        };
        if let Some((at, _)) = line.match_indices('#').find(is_comment) {
            comments.push(Comment {
                line: number,
                text: line.get(at..).unwrap_or_default().trim_end(),
                belongs_to: keys.owner(&lines, number),
            });
        }
        start += line.len();
    }
    comments
}

/// The first key of each line that has one.
struct Keys(Vec<(Position, Path)>);

impl Keys {
    fn of(document: &Document) -> Self {
        let mut keys = document.key_places();
        keys.sort_by_key(|(position, _)| (position.line, position.column));
        keys.dedup_by_key(|(position, _)| position.line);
        Self(keys)
    }

    /// The key to which the comment on this line belongs: the one of its line; that below it, when nothing but comments
    /// stands between and it begins in the same column; or the last one before that is no deeper.
    fn owner(&self, lines: &Lines<'_>, line: usize) -> Path {
        let own = lines.line(line);
        if !is_comment(own) {
            return self.last(line, usize::MAX);
        }
        match lines.entry_below(line) {
            Some(below) => self.last(below, usize::MAX),
            None => self.last(line, indentation(own).unwrap_or(0)),
        }
    }

    /// The last key up to this line whose column is at most `column`, both counted from 0.
    fn last(&self, line: usize, column: usize) -> Path {
        let end = self.0.partition_point(|(position, _)| position.line <= line + 1);
        let mut before = self.0.iter().take(end).rev();
        let found = before.find(|(position, _)| position.column <= column.saturating_add(1));
        found.map(|(_, path)| path.clone()).unwrap_or_default()
    }
}
