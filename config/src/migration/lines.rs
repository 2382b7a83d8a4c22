//! Finds the lines of a YAML file that belong to an entry of a block.

use std::ops::Range;

use crate::document::Position;

/// The lines of a file, each with its line break.
pub struct Lines<'a>(Vec<&'a str>);

/// The lines of an entry, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The comments above the key, in its column, with blank lines between them.
    pub comments: Range<usize>,
    /// The line of the key, and those of its value.
    pub entry: Range<usize>,
    /// The comments directly below, in the key's column, that belong to no key below, and the blank line behind them.
    pub comments_below: Range<usize>,
    /// The key's column, counted from 0.
    pub column: usize,
}

impl Extent {
    /// All lines.
    pub fn all(&self) -> Range<usize> {
        self.comments.start..self.comments_below.end
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
        let end = self.end_of_value(key, column);
        Some(Extent {
            comments: self.start_of_comments(key, column)..key,
            entry: key..end,
            comments_below: end..end + self.comments_below(end, column),
            column,
        })
    }

    /// The line with this number; an empty one when there is none.
    pub fn line(&self, number: usize) -> &'a str {
        self.0.get(number).copied().unwrap_or_default()
    }

    /// The line of the entry above which the comment on a line stands: in the same column, and not directly below another
    /// entry with a blank line behind it.
    pub fn entry_below(&self, comment: usize) -> Option<usize> {
        let column = indentation(self.line(comment))?;
        let rest = self.0.iter().enumerate().skip(comment);
        let mut below = rest.skip_while(|(_, line)| is_comment_or_blank(line));
        let (entry, line) = below.next()?;
        let is_entry = indentation(line) == Some(column) && !is_of_value(line);
        (is_entry && self.start_of_comments(entry, column) <= comment).then_some(entry)
    }

    /// Where the comments above the key in `column` begin. Those directly below another entry, with a blank line behind
    /// them, are of that one.
    fn start_of_comments(&self, key: usize, column: usize) -> usize {
        let above = self.0.get(..key).unwrap_or_default().iter().rev();
        let is_above = |line: &&&str| indentation(line).is_none_or(|at| at == column && is_comment(line));
        let gap = key - above.take_while(is_above).count();
        let follows_entry = gap
            .checked_sub(1)
            .map(|before| self.line(before))
            .and_then(indentation);
        let blank = (gap..key).find(|line| indentation(self.line(*line)).is_none());
        let start = match blank {
            Some(blank) if follows_entry.is_some_and(|at| at >= column) => blank,
            _ => gap,
        };
        let first = (start..key).find(|line| is_comment(self.line(*line)));
        first.unwrap_or(key)
    }

    /// How many lines directly behind an entry in `column` are comments of its column that belong to no key below, with the
    /// blank line that parts them from what comes.
    fn comments_below(&self, end: usize, column: usize) -> usize {
        let behind = self.0.iter().enumerate().skip(end);
        let own = behind.take_while(|(number, line)| {
            is_comment(line) && indentation(line) == Some(column) && self.entry_below(*number).is_none()
        });
        let count = own.count();
        let is_blank = self
            .0
            .get(end + count)
            .is_some_and(|line| indentation(line).is_none());
        count + usize::from(count > 0 && is_blank)
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
pub fn indentation(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches(' ');
    (!rest.trim_end().is_empty()).then(|| line.len() - rest.len())
}

/// Whether there is a comment on a line and nothing else.
pub fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn is_comment_or_blank(line: &str) -> bool {
    is_comment(line) || line.trim().is_empty()
}

/// Whether a line in the column of a key can only belong to its value.
fn is_of_value(line: &str) -> bool {
    let rest = line.trim_start();
    rest.trim_end() == "-" || rest.starts_with("- ") || rest.starts_with([']', '}'])
}
