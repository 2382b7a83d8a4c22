//! Writes nodes of a document as YAML, every scalar that is no text as it stands in the file.

use super::Document;
use super::node::{Content, Entry, Node};
use super::path::Path;
use super::yaml;

/// How much deeper a block stands than the block that it is in.
pub const INDENTATION: usize = 2;

impl Document {
    /// What `path` leads to, as the value of a key that stands in `column` (counted from 0); it ends with a line break.
    pub fn emit_value(&self, path: &Path, column: usize) -> Option<String> {
        let node = self.root.find(path)?;
        let mut emitted = String::new();
        self.value(node, column, &mut emitted);
        Some(emitted)
    }

    /// The whole document.
    pub fn emit(&self) -> String {
        let mut emitted = String::new();
        self.entries(&self.root, 0, "", &mut emitted);
        emitted
    }

    /// What stands behind the colon of a key in `column`.
    fn value(&self, node: &Node, column: usize, emitted: &mut String) {
        match &node.content {
            Content::Mapping(entries) if entries.values().any(|entry| entry.value.is_present()) => {
                emitted.push('\n');
                self.entries(node, column + INDENTATION, "", emitted);
            }
            Content::List(items) if items.iter().any(is_block) => {
                emitted.push('\n');
                for (_, item) in node.items() {
                    self.item(item, column + INDENTATION, emitted);
                }
            }
            Content::Null | Content::Removed => emitted.push('\n'),
            _ => emitted.extend([" ", &self.inline(node), "\n"]),
        }
    }

    /// The entries of a mapping, each in `column`; the first line begins with `dash` instead of so many spaces.
    fn entries(&self, node: &Node, column: usize, dash: &str, emitted: &mut String) {
        for (index, Entry { key, value, .. }) in node.entries().enumerate() {
            if index == 0 && !dash.is_empty() {
                emitted.push_str(dash);
            } else {
                emitted.push_str(&" ".repeat(column));
            }
            emitted.extend([&text(key), ":"]);
            self.value(value, column, emitted);
        }
    }

    fn item(&self, item: &Node, column: usize, emitted: &mut String) {
        let dash = format!("{}- ", " ".repeat(column));
        if matches!(item.content, Content::Mapping(_)) && is_block(item) {
            self.entries(item, column + INDENTATION, &dash, emitted);
        } else {
            emitted.extend([dash.as_str(), &self.inline(item), "\n"]);
        }
    }

    /// The node on one line.
    fn inline(&self, node: &Node) -> String {
        match &node.content {
            Content::Null | Content::Removed => "null".to_owned(),
            Content::Text(plain) => text(plain),
            Content::List(_) => {
                let items: Vec<_> = node.items().map(|(_, item)| self.inline(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Content::Mapping(_) => {
                let entries = node.entries();
                let entries: Vec<_> = entries
                    .map(|entry| format!("{}: {}", text(&entry.key), self.inline(&entry.value)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            _ => self.scalar_as_written(node).to_owned(),
        }
    }

    /// A number or a boolean as it stands in the file.
    pub fn scalar_as_written(&self, node: &Node) -> &str {
        self.text.get(node.bytes.clone()).unwrap_or_default()
    }
}

/// Whether a person would write it on lines of its own.
fn is_block(node: &Node) -> bool {
    matches!(&node.content, Content::Mapping(entries) if entries.values().any(|entry| entry.value.is_present()))
        || matches!(&node.content, Content::List(items) if items.iter().any(is_block))
}

/// A text with quotes where it needs them; what JSON writes in quotes is YAML, too.
fn text(plain: &str) -> String {
    /// What some readers take for a boolean or nothing.
    const OTHERWISE_READ: [&str; 7] = ["null", "y", "n", "yes", "no", "on", "off"];
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_./".contains(character);
    let dashes = |character: char| character == '-';
    let needs_none = !plain.is_empty()
        && plain
            .chars()
            .all(|character| is_plain(character) || dashes(character))
        && plain.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '/')
        && !OTHERWISE_READ.contains(&plain.to_ascii_lowercase().as_str())
        && matches!(yaml::scalar(plain), Content::Text(_));
    if needs_none {
        plain.to_owned()
    } else {
        serde_json::Value::from(plain).to_string()
    }
}
