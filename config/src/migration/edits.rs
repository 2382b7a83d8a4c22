//! Moves the lines of flat keys into their blocks; entries that do not stand on lines of their own are written anew.

use std::collections::BTreeMap;
use std::ops::Range;

use super::lines::{Extent, Lines};
use crate::document::emission::INDENTATION;
use crate::document::{Document, Path, Step};
use crate::legacy_overrides::Move;

/// Lines that are replaced by a text.
pub struct Edit {
    /// Which lines, counted from 0.
    pub lines: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

/// A flat key with its lines and its place.
struct Flat<'a> {
    moved: &'a Move,
    extent: Extent,
}

/// The text with each entry's flat keys in their blocks; entries that cannot be so are written anew. `None` when one can be
/// written in neither way.
pub fn by_lines(text: &str, original: &Document, nested: &Document, moves: &[Move]) -> Option<String> {
    let lines = Lines::of(text);
    let mut by_block: BTreeMap<String, Vec<&Move>> = BTreeMap::new();
    for moved in moves {
        let (block, _) = moved.from.split_last()?;
        by_block.entry(block.to_string()).or_default().push(moved);
    }
    let mut edits = Vec::new();
    for moves in by_block.into_values() {
        if let Some(moved) = moving(&lines, original, &moves) {
            edits.extend(moved);
        } else {
            let (block, _) = moves.first()?.from.split_last()?;
            edits.push(rewriting(&lines, original, nested, &block)?);
        }
    }
    Some(apply(&lines, edits))
}

/// The text with the entry at `path` as it is in `nested`.
pub fn emit_entry(text: &str, original: &Document, nested: &Document, path: &Path) -> Option<String> {
    let lines = Lines::of(text);
    let edit = rewriting(&lines, original, nested, path)?;
    Some(apply(&lines, vec![edit]))
}

/// Writes the entry at `path` anew.
fn rewriting(lines: &Lines<'_>, original: &Document, nested: &Document, path: &Path) -> Option<Edit> {
    let extent = lines.extent(original.key_position(path)?)?;
    let line = lines.get(extent.entry.clone()).first()?;
    let (before, _) = line.split_at_checked(end_of_key(line, extent.column)?)?;
    let value = nested.emit_value(path, extent.column)?;
    Some(Edit {
        lines: extent.entry,
        text: format!("{before}:{value}"),
    })
}

/// Moves the lines of the flat keys of one block.
fn moving(lines: &Lines<'_>, original: &Document, moves: &[&Move]) -> Option<Vec<Edit>> {
    let mut flat = Vec::new();
    for moved in moves {
        let extent = lines.extent(original.key_position(&moved.from)?)?;
        flat.push(Flat { moved, extent });
    }
    flat.sort_by_key(|flat| flat.extent.entry.start);
    let first = flat.first()?.extent.all().start;

    let mut by_ancestor: BTreeMap<String, Vec<&Flat<'_>>> = BTreeMap::new();
    for flat in &flat {
        let path = ancestor(original, flat.moved).to_string();
        by_ancestor.entry(path).or_default().push(flat);
    }
    let removed = flat.iter().map(|flat| Edit {
        lines: flat.extent.all(),
        text: String::new(),
    });
    let mut edits: Vec<Edit> = removed.collect();
    for group in by_ancestor.into_values() {
        edits.push(insertion(lines, original, &group, first)?);
    }
    Some(edits)
}

/// Puts the flat keys of `group` below the block that all of them have in the file already.
fn insertion(lines: &Lines<'_>, original: &Document, group: &[&Flat<'_>], first: usize) -> Option<Edit> {
    let path = ancestor(original, group.first()?.moved);
    let (own_block, _) = group.first()?.moved.from.split_last()?;
    let (place, column) = if path == own_block {
        (first, group.first()?.extent.column)
    } else {
        let key = lines.extent(original.key_position(&path)?)?;
        let column = match original.keys_of(&path).first() {
            Some(child) => lines.extent(original.key_position(&path.key(child))?)?.column,
            None => key.column + INDENTATION,
        };
        (key.entry.start + 1, column)
    };
    let mut places = Vec::new();
    for flat in group {
        let below = flat.moved.to.steps().iter().skip(path.steps().len());
        let keys: Vec<&str> = below
            .filter_map(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                Step::Item(_) => None,
            })
            .collect();
        places.push((keys, *flat));
    }
    let mut text = String::new();
    write(lines, &places, column, &mut text)?;
    Some(Edit {
        lines: place..place,
        text,
    })
}

/// Writes entries below the keys that lead to them, in the order in which their blocks first come.
fn write(
    lines: &Lines<'_>,
    places: &[(Vec<&str>, &Flat<'_>)],
    column: usize,
    text: &mut String,
) -> Option<()> {
    let mut written: Vec<&str> = Vec::new();
    for (keys, flat) in places {
        let (key, rest) = keys.split_first()?;
        if rest.is_empty() {
            write_entry(lines, key, &flat.extent, column, text)?;
        } else if !written.contains(key) {
            written.push(key);
            text.push_str(&format!("{}{key}:\n", " ".repeat(column)));
            let below: Vec<_> = places
                .iter()
                .filter(|(keys, _)| keys.len() > 1 && keys.first() == Some(key))
                .map(|(keys, flat)| (keys.iter().skip(1).copied().collect(), *flat))
                .collect();
            write(lines, &below, column + INDENTATION, text)?;
        }
    }
    Some(())
}

/// Writes the lines of one entry under another key, further to the right.
fn write_entry(
    lines: &Lines<'_>,
    key: &str,
    extent: &Extent,
    column: usize,
    text: &mut String,
) -> Option<()> {
    let further = " ".repeat(column.checked_sub(extent.column)?);
    for comment in lines.get(extent.comments.clone()) {
        let is_blank = comment.trim().is_empty();
        text.extend([if is_blank { "" } else { &further }, *comment]);
    }
    let (line, others) = lines.get(extent.entry.clone()).split_first()?;
    let (_, value) = line.split_at_checked(end_of_key(line, extent.column)?)?;
    text.push_str(&format!("{}{key}{value}", " ".repeat(column)));
    for line in others.iter().chain(lines.get(extent.comments_below.clone())) {
        let is_blank = line.trim().is_empty();
        text.extend([if is_blank { "" } else { &further }, *line]);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Some(())
}

/// Where the key that begins in `column` ends: at its colon.
pub fn end_of_key(line: &str, column: usize) -> Option<usize> {
    let key = line.get(column..)?;
    let quote = key.chars().next().filter(|first| "'\"".contains(*first));
    let length = match quote {
        Some(quote) => key.get(1..)?.find(quote)? + 2,
        None => key.find(':')?,
    };
    key.get(length..)?.starts_with(':').then_some(column + length)
}

/// The deepest block on the way to the new place that the file has; at least the one of the flat key.
fn ancestor(original: &Document, moved: &Move) -> Path {
    let above = |depth: usize| -> Path { moved.to.steps().iter().take(depth).cloned().collect() };
    let depths = 1..moved.to.steps().len();
    let there = depths.take_while(|depth| original.key_position(&above(*depth)).is_some());
    above(there.last().unwrap_or(1))
}

/// Applies edits that do not overlap; an insertion comes before what is replaced there.
pub fn apply(lines: &Lines<'_>, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.lines.start, edit.lines.end));
    let (mut text, mut next) = (String::new(), 0);
    for edit in edits {
        text.extend(lines.get(next..edit.lines.start.max(next)).iter().copied());
        if !text.is_empty() && !text.ends_with('\n') && !edit.text.is_empty() {
            text.push('\n');
        }
        text.push_str(&edit.text);
        next = next.max(edit.lines.end);
    }
    text.extend(lines.get(next..lines.count()).iter().copied());
    text
}
