//! Finds the lines of a YAML file that belong to an entry of a block.

use std::ops::Range;

use crate::document::Position;

/// The lines of a file, each with its line break.
pub struct Lines<'a>(Vec<&'a str>);

/// The lines of an entry, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The comments directly above the key, in its column.
    pub comments: Range<usize>,
    /// The line of the key, and those of its value.
    pub entry: Range<usize>,
    /// The key's column, counted from 0.
    pub column: usize,
}

impl Extent {
    /// All lines.
    pub fn all(&self) -> Range<usize> {
        self.comments.start..self.entry.end
    }
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    pub fn of(text: &'a str) -> Self {
        Self(text.split_inclusive('\n').collect())
    }

    /// The lines in `range`.
    pub fn get(&self, range: Range<usize>) -> &[&'a str] {
        self.0.get(range).unwrap_or_default()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The lines of the entry whose key stands at `position`; `None` when it is not the first thing on its line.
    pub fn extent(&self, position: Position) -> Option<Extent> {
        let (key, column) = (position.line.checked_sub(1)?, position.column.checked_sub(1)?);
        if indentation(self.0.get(key)?) != Some(column) {
            return None;
        }
        let above = self.0.get(..key)?.iter().rev();
        let comments = above.take_while(|line| is_comment(line) && indentation(line) == Some(column));
        Some(Extent {
            comments: key - comments.count()..key,
            entry: key..self.end_of_value(key, column),
            column,
        })
    }

    /// Where the value ends: behind the last line that stands deeper than the key, is an item of its list, or closes it.
    fn end_of_value(&self, key: usize, column: usize) -> usize {
        let mut end = key + 1;
        for (number, line) in self.0.iter().enumerate().skip(key + 1) {
            match indentation(line) {
                None => {}
                Some(deeper) if deeper > column => end = number + 1,
                Some(same) if same == column && is_of_value(line) => end = number + 1,
                Some(_) if is_comment(line) => {}
                Some(_) => break,
            }
        }
        end
    }
}

/// How many spaces a line begins with; `None` when there is nothing else.
fn indentation(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches(' ');
    (!rest.trim_end().is_empty()).then(|| line.len() - rest.len())
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Whether a line in the column of a key can only belong to its value.
fn is_of_value(line: &str) -> bool {
    let rest = line.trim_start();
    rest.trim_end() == "-" || rest.starts_with("- ") || rest.starts_with([']', '}'])
}
