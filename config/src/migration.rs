//! Rewrites a file with the older, flat overrides to the layout of now, with its comments where they can be kept.

mod comments;
mod edits;
mod flow;
mod kept;
mod lines;
#[cfg(test)]
mod tests;

use comments::comments;
use kept::Kept;

use crate::document::{Document, Path};
use crate::legacy_overrides::{self, Move, Scope};
use crate::mistake::{Mistake, Mistakes};

/// A file in the layout of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Its text.
    pub text: String,
    /// How many keys were moved; with 0 the text is as it was.
    pub moved: usize,
    /// Lines of the file as it was, counted from 1, whose comment is not beside its key any more.
    pub parted_comments: Vec<usize>,
    /// Lines of the file as it was, counted from 1, whose comment is gone: it stood within what was written anew.
    pub lost_comments: Vec<usize>,
}

/// Puts the flat overrides of a file, main or override file, in their places of now. It means the same.
///
/// # Errors
/// When `text` is not YAML, a setting stands in both ways, or the file is written in a way that cannot be followed.
pub fn migrate_overrides(text: &str) -> Result<Migrated, Mistakes> {
    let has_line_ends_of_dos = text.contains("\r\n");
    let mut migrated = migrate_lines(&text.replace("\r\n", "\n"))?;
    if has_line_ends_of_dos {
        migrated.text = migrated.text.replace('\n', "\r\n");
    }
    Ok(migrated)
}

/// As [`migrate_overrides`], of a text whose lines all end alike.
fn migrate_lines(text: &str) -> Result<Migrated, Mistakes> {
    let original = Document::parse(text)?;
    let scope = scope_of(&original);
    let mut nested = Document::parse(text)?;
    let mut mistakes = Vec::new();
    let moves = legacy_overrides::nest(&mut nested, scope, &mut mistakes);
    if let Some(mistakes) = Mistakes::from_found(mistakes) {
        return Err(mistakes);
    }
    if moves.is_empty() {
        return Ok(Migrated {
            text: text.to_owned(),
            moved: 0,
            parted_comments: Vec::new(),
            lost_comments: Vec::new(),
        });
    }
    let Some((text, written)) = rewrite(text, &original, &nested, &moves, scope) else {
        return Err(cannot_be_followed(&original, &moves));
    };
    let kept = Kept::of(
        comments(original.text(), &original),
        comments(&text, &written),
        &moves,
    );
    Ok(Migrated {
        text,
        moved: moves.len(),
        parted_comments: kept.parted,
        lost_comments: kept.lost,
    })
}

/// The first way of writing that gives what `nested` says, and what it gives.
fn rewrite(
    text: &str,
    original: &Document,
    nested: &Document,
    moves: &[Move],
    scope: Scope,
) -> Option<(String, Document)> {
    let in_lines = || {
        let text = flow::by_blocks(text, original, moves);
        let original = Document::parse(&text).ok()?;
        edits::by_lines(&text, &original, nested, moves)
    };
    let overrides = || edits::emit_entry(text, original, nested, &Path::of_keys("overrides"));
    let whole = || Some(nested.emit());
    let ways: [&dyn Fn() -> Option<String>; 3] = [&in_lines, &overrides, &whole];
    ways.iter().find_map(|way| {
        let text = way()?;
        let (written, mut read) = (Document::parse(&text).ok()?, Document::parse(&text).ok()?);
        // Flat keys with nothing in them stay where they are, with their comments: they count as left out.
        let rest = legacy_overrides::nest(&mut read, scope, &mut Vec::new());
        let says_the_same = rest.is_empty() && read.says_the_same_as(nested);
        says_the_same.then_some((text, written))
    })
}

fn cannot_be_followed(original: &Document, moves: &[Move]) -> Mistakes {
    let message = "is written in a way that cannot be followed, write it as an ordinary block and try again";
    let mistakes: Vec<Mistake> = moves
        .iter()
        .take(1)
        .map(|moved| original.mistake_at_key(&moved.from, message))
        .collect();
    Mistakes::from_found(mistakes).unwrap_or_else(|| original.mistake(&Path::default(), message).into())
}

/// Whether the file is an override file: `overrides` alone, with blocks in it and no key that stands there in the main
/// file.
pub fn is_override_file(text: &str) -> bool {
    Document::parse(text).is_ok_and(|document| scope_of(&document) == Scope::OverrideFile)
}

fn scope_of(document: &Document) -> Scope {
    let overrides = Path::of_keys("overrides");
    let is_alone = document.keys_of(&Path::default()) == ["overrides"];
    let entries = document.keys_of(&overrides);
    let is_entry = |key: &&str| document.is_block_or_nothing(&overrides.key(key));
    if is_alone && entries.iter().any(is_entry) && !entries.iter().any(|key| is_of_main_file(key)) {
        Scope::OverrideFile
    } else {
        Scope::MainFile
    }
}

/// Whether the block `overrides` of the main file may have the key.
fn is_of_main_file(key: &str) -> bool {
    const KEYS: [&str; 4] = [
        "defaults",
        "per_tenant_override_config",
        "per_tenant_override_period",
        "user_configurable_overrides",
    ];
    KEYS.contains(&key) || legacy_overrides::place_of(key).is_some()
}
