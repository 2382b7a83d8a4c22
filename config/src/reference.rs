//! The tables of docs/configuration.md, made of the schema's own doc comments.
//!
//! A doc comment reads `What the key does. Default D; when to change it.` The page marks where tables stand:
//! `<!-- keys: server -->` is followed by the keys of that block, up to `<!-- end -->`; `without A B` leaves blocks out.

mod keys;
mod sentences;
#[cfg(test)]
mod tests;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::foreign_keys;
use crate::schema::File;

const KEYS: &str = "<!-- keys:";
const IGNORED: &str = "<!-- ignored keys -->";
const END: &str = "<!-- end -->";

/// Why a page has no tables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// A marker names a block that the schema does not have.
    #[error("line {line}: there is no block {block} in the schema")]
    UnknownBlock {
        /// The marker's line, counted from 1.
        line: usize,
        /// The block that it names.
        block: String,
    },
    /// A marker has no end.
    #[error("line {line}: {END} is missing after this marker")]
    NoEnd {
        /// The marker's line, counted from 1.
        line: usize,
    },
}

/// The page with every table as the schema is now; what stands between tables stays.
///
/// # Errors
/// When a marker names no block of the schema, or has no end.
pub fn with_reference(page: &str) -> Result<String, ReferenceError> {
    let schema = schema();
    let (mut written, mut lines) = (String::new(), page.lines().enumerate());
    while let Some((index, line)) = lines.next() {
        written.extend([line, "\n"]);
        let number = index + 1;
        let Some(table) = table_of(line, &schema, number)? else {
            continue;
        };
        written.extend(["\n", &table, "\n", END, "\n"]);
        if !lines.by_ref().any(|(_, line)| line == END) {
            return Err(ReferenceError::NoEnd { line: number });
        }
    }
    Ok(written)
}

/// The table that the marker `line` asks for; `None` for any other line.
fn table_of(line: &str, schema: &Value, number: usize) -> Result<Option<String>, ReferenceError> {
    if line == IGNORED {
        return Ok(Some(ignored_keys()));
    }
    let Some(asked) = line.strip_prefix(KEYS).and_then(|rest| rest.strip_suffix("-->")) else {
        return Ok(None);
    };
    let mut words = asked.split_whitespace();
    let block = words.next().unwrap_or_default();
    let without: Vec<&str> = words.skip(1).collect();
    let rows = keys::of_block(schema, block, &without);
    let rows = rows.filter(|rows| !rows.is_empty());
    let rows = rows.ok_or_else(|| ReferenceError::UnknownBlock {
        line: number,
        block: block.to_owned(),
    })?;
    Ok(Some(keys::table(&rows)))
}

/// The schema of the main file as a tree, every type where it is used.
fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value()
}

/// The foreign keys that have no effect, with why nothing is lost.
fn ignored_keys() -> String {
    let mut table = String::from("| Keys | Below | Why nothing is lost |\n| --- | --- | --- |\n");
    for (block, keys, why) in foreign_keys::ignored() {
        let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        let block = if block.is_empty() {
            "the top".to_owned()
        } else {
            format!("`{block}`")
        };
        table.push_str(&format!("| {} | {block} | {why} |\n", keys.join(", ")));
    }
    table
}
