//! Trees of keys and values: what was written, laid over defaults, and compared with them.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The keys that are written; those left out are not in the tree.
pub fn written(block: &impl Serialize) -> Value {
    let tree = serde_json::to_value(block);
    // Nothing in the schema fails to be a tree; were it so, the print should say it and not be short of keys.
    let tree = tree.unwrap_or_else(|error| Value::String(format!("cannot be printed: {error}")));
    without_nulls(tree).unwrap_or_else(|| json!({}))
}

/// A block of which nothing is written is left out with its keys; `{}` that is written stays, and so do lists.
fn without_nulls(tree: Value) -> Option<Value> {
    match tree {
        Value::Null => None,
        Value::Object(entries) if !entries.is_empty() => {
            let written = entries.into_iter();
            let written: Map<_, _> = written
                .filter_map(|(key, value)| without_nulls(value).map(|value| (key, value)))
                .collect();
            (!written.is_empty()).then_some(Value::Object(written))
        }
        other => Some(other),
    }
}

/// Puts `over` over `base`, key by key; lists are replaced whole.
pub fn lay_over(base: &mut Value, over: Value) {
    match (base, over) {
        (_, Value::Null) => {}
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// The keys whose values differ from those in `base`; a list that differs is there whole.
pub fn differing(tree: &Value, base: &Value) -> Option<Value> {
    match (tree, base) {
        (tree, base) if tree == base => None,
        (Value::Object(tree), Value::Object(base)) => {
            let differing = tree.iter().filter_map(|(key, value)| {
                let base = base.get(key).unwrap_or(&Value::Null);
                differing(value, base).map(|value| (key.clone(), value))
            });
            let differing: Map<_, _> = differing.collect();
            (!differing.is_empty()).then_some(Value::Object(differing))
        }
        (tree, _) => Some(tree.clone()),
    }
}

/// Sets the key that `pointer` leads to, such as `/server/log_level`, when the tree has it.
pub fn set(tree: &mut Value, pointer: &str, value: impl Into<Value>) {
    if let Some(place) = tree.pointer_mut(pointer) {
        *place = value.into();
    }
}

/// What `pointer` leads to; null when the tree does not have it.
pub fn at(tree: &Value, pointer: &str) -> Value {
    tree.pointer(pointer).cloned().unwrap_or_default()
}

/// Takes out `key` of the block that `pointer` leads to.
pub fn remove(tree: &mut Value, pointer: &str, key: &str) {
    if let Some(block) = tree.pointer_mut(pointer).and_then(Value::as_object_mut) {
        block.shift_remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_left_out_are_not_in_the_tree_and_empty_ones_that_are_written_are() {
        let block = json!({"a": null, "b": {"c": null}, "d": {}, "e": [], "f": [{"g": null}]});
        assert_eq!(written(&block), json!({"d": {}, "e": [], "f": [{"g": null}]}));
        assert_eq!(written(&json!({"a": null})), json!({}));
    }

    #[test]
    fn blocks_are_laid_over_key_by_key_and_lists_whole() {
        let mut base = json!({"a": {"b": 1, "c": [1, 2]}, "d": null, "e": 2});
        lay_over(&mut base, json!({"a": {"c": [3]}, "d": {"x": 1}, "e": null}));
        assert_eq!(base, json!({"a": {"b": 1, "c": [3]}, "d": {"x": 1}, "e": 2}));
    }

    #[test]
    fn only_keys_that_differ_are_left() {
        let base = json!({"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}});
        let tree = json!({"a": {"b": 1, "c": [2, 1]}, "d": {"e": 1}, "f": {"g": 1}});
        assert_eq!(
            differing(&tree, &base),
            Some(json!({"a": {"c": [2, 1]}, "f": {"g": 1}}))
        );
        assert_eq!(differing(&base, &base), None);
    }
}
