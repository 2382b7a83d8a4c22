//! Doubles the `$` of values that would be taken for variables when a print is read as a file.

use serde_json::Value;

use crate::environment::Environment;

/// Doubles them everywhere but below `write_relabel_configs`, where `$` has a meaning of its own.
pub fn double(tree: &mut Value, environment: &Environment) {
    match tree {
        Value::String(text) if environment.expand(text).as_deref() != Ok(text.as_str()) => {
            *text = text.replace('$', "$$");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| double(item, environment)),
        Value::Object(entries) => {
            let entries = entries.iter_mut();
            entries
                .filter(|(key, _)| *key != Environment::NOT_BELOW)
                .for_each(|(_, value)| double(value, environment));
        }
        _ => {}
    }
}
