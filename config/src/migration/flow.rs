//! Writes blocks in flow style (`{key: value}`) on lines of their own where flat keys leave or enter them.

use std::collections::BTreeMap;

use super::comments::{Comment, comments};
use super::edits::{Edit, apply, end_of_key};
use super::lines::Lines;
use crate::document::emission::INDENTATION;
use crate::document::{Document, Path};
use crate::legacy_overrides::Move;

/// The text with each block that `moves` touch on lines of its own; as it was when none is in flow style, or one cannot be
/// written so. Comments behind such a block stay behind its key, those within it come below the key.
pub fn by_blocks(text: &str, original: &Document, moves: &[Move]) -> String {
    let lines = Lines::of(text);
    let comments = comments(text, original);
    let mut edits = Vec::new();
    for path in outermost(original, moves) {
        let Some(edit) = in_lines(&lines, &comments, original, &path) else {
            return text.to_owned();
        };
        edits.push(edit);
    }
    apply(&lines, edits)
}

/// The blocks in flow style that flat keys leave or enter, without those that lie in another.
fn outermost(original: &Document, moves: &[Move]) -> Vec<Path> {
    let mut found = BTreeMap::new();
    for moved in moves {
        for way in [&moved.from, &moved.to] {
            let depths = 1..way.steps().len();
            let mut above = depths.map(|depth| way.steps().iter().take(depth).cloned().collect::<Path>());
            if let Some(path) = above.find(|path| original.is_in_flow_style(path)) {
                found.insert(path.to_string(), path);
            }
        }
    }
    found.into_values().collect()
}

/// Writes the block at `path` on lines of its own.
fn in_lines(lines: &Lines<'_>, comments: &[Comment<'_>], original: &Document, path: &Path) -> Option<Edit> {
    let extent = lines.extent(original.key_position(path)?)?;
    let (before, _) = lines
        .line(extent.entry.start)
        .split_at_checked(end_of_key(lines.line(extent.entry.start), extent.column)?)?;
    let value = match original.keys_of(path).is_empty() {
        true => "\n".to_owned(),
        false => original.emit_value(path, extent.column)?,
    };
    let (mut behind, mut below) = (String::new(), String::new());
    for comment in comments
        .iter()
        .filter(|comment| extent.entry.contains(&comment.line))
    {
        if comment.line == extent.entry.start {
            behind = format!(" {}", comment.text);
        } else {
            let column = " ".repeat(extent.column + INDENTATION);
            below.extend([&column, comment.text, "\n"]);
        }
    }
    let entries = value.strip_prefix('\n')?;
    Some(Edit {
        lines: extent.entry,
        text: format!("{before}:{behind}\n{below}{entries}"),
    })
}
