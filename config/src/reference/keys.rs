//! The rows of a table: each key of a block, and of the blocks in it, with type, default, effect and when to change it.

use serde_json::Value;

use super::sentences::Sentences;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its way from the table's block down.
    pub key: String,
    /// What may be written, with its unit.
    pub kind: String,
    /// What its doc comment says.
    pub sentences: Sentences,
}

/// The keys of the block, without those that `without` names; `None` when there is no such block.
pub fn of_block(schema: &Value, block: &str, without: &[&str]) -> Option<Vec<Row>> {
    let steps = block.split('.').filter(|step| !step.is_empty() && *step != "top");
    let block = steps.into_iter().try_fold(schema, |schema, step| {
        let key = step.trim_end_matches("[]");
        let below = not_null(schema.pointer(&format!("/properties/{key}"))?);
        if step.ends_with("[]") {
            below.get("items")
        } else {
            Some(below)
        }
    })?;
    let mut rows = Vec::new();
    add_rows(block, "", without, &mut rows);
    Some(rows)
}

/// The table as Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| Key | Type | Default | Effect | When to change it |\n| --- | --- | --- | --- | --- |\n",
    );
    for Row { key, kind, sentences } in rows {
        let Sentences {
            effect,
            default,
            advice,
        } = sentences;
        let cells = [&format!("`{key}`"), kind, default, effect, advice].map(|cell| cell.replace('|', "\\|"));
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    table
}

fn add_rows(block: &Value, above: &str, without: &[&str], rows: &mut Vec<Row>) {
    let properties = block.get("properties").and_then(Value::as_object);
    for (name, written) in properties.into_iter().flatten() {
        let key = format!("{above}{name}");
        if without.contains(&key.as_str()) {
            continue;
        }
        let schema = not_null(written);
        if !is_block(schema) {
            rows.push(Row {
                key: key.clone(),
                kind: kind(written),
                sentences: Sentences::of(description(written)),
            });
        }
        let (below, inner) = [
            ("", Some(schema)),
            ("[]", schema.get("items")),
            (".*", schema.get("additionalProperties")),
        ]
        .into_iter()
        .find(|(_, inner)| inner.is_some_and(is_block))
        .unwrap_or_default();
        let is_wanted = !without.contains(&format!("{key}{below}").as_str());
        if let Some(inner) = inner.filter(|_| is_wanted) {
            add_rows(inner, &format!("{key}{below}."), without, rows);
        }
    }
}

fn is_block(schema: &Value) -> bool {
    schema.get("properties").is_some()
}

/// The schema of what is written when something is.
fn not_null(schema: &Value) -> &Value {
    let branches = schema.get("anyOf").and_then(Value::as_array);
    let mut branches = branches.into_iter().flatten();
    branches
        .find(|branch| branch.get("type").is_none_or(|kind| kind != "null"))
        .unwrap_or(schema)
}

fn description(schema: &Value) -> &str {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// What may be written, and the unit of a number.
fn kind(written: &Value) -> String {
    let kind = kind_of(not_null(written), written);
    match written.get("unit").and_then(Value::as_str) {
        Some(unit) => format!("{kind}, {unit}"),
        None => kind,
    }
}

fn kind_of(schema: &Value, written: &Value) -> String {
    let named = [written, schema]
        .into_iter()
        .find_map(|schema| schema.get("format"));
    let texts = texts_of(schema);
    let kinds = schema.get("type").into_iter();
    let mut kinds = kinds.flat_map(|kind| kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice));
    let kind = kinds.find_map(|kind| kind.as_str().filter(|kind| *kind != "null"));
    if !texts.is_empty() {
        return format!("one of {}", texts.join(", "));
    }
    match kind {
        Some("array") => {
            let nothing = Value::Null;
            let items = schema.get("items").unwrap_or(&nothing);
            if is_block(items) {
                "list of blocks".to_owned()
            } else {
                format!("list: {}", kind_of(items, items))
            }
        }
        Some("object") => {
            let values = schema.get("additionalProperties").unwrap_or(&Value::Null);
            if is_block(values) {
                "block by name".to_owned()
            } else {
                format!("{} by name", kind_of(values, values))
            }
        }
        Some("integer") => "whole number".to_owned(),
        Some("string") => named.and_then(Value::as_str).unwrap_or("text").to_owned(),
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}

/// The texts that may be written, when there are only some.
fn texts_of(schema: &Value) -> Vec<String> {
    let plain = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let described = schema
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let described = described.flat_map(|one| {
        let listed = one.get("enum").and_then(Value::as_array).into_iter().flatten();
        one.get("const").into_iter().chain(listed)
    });
    let texts = plain.chain(described).filter_map(Value::as_str);
    texts.map(|text| format!("`{text}`")).collect()
}
