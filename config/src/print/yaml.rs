//! Writes a tree as YAML in the style of the ready-made files.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_saphyr::FlowSeq;

/// Writes `tree`; lists of plain values take one line.
pub fn write(tree: &Value, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        prefer_block_scalars: false,
    };
    serde_saphyr::to_fmt_writer_with_options(formatter, &Styled(tree), options).map_err(|_| fmt::Error)
}

struct Styled<'a>(&'a Value);

impl Serialize for Styled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
                FlowSeq(items).serialize(serializer)
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Styled(item))?;
                }
                list.end()
            }
            Value::Object(entries) => {
                let mut mapping = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    mapping.serialize_entry(key, &Styled(value))?;
                }
                mapping.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}
