//! Which labels a store can take: what rules make of a series may be none that it would.

use super::labels::Labels;

const METRIC_NAME: &str = "__name__";

/// Whether a store can take the series with `labels`: it has a name, and each label has one that a label can have, once.
///
/// Labels of `before` stay as they are: a dimension that begins with a digit is sent as Tempo sends it.
pub fn is_valid(labels: &[(String, String)], before: &Labels) -> bool {
    let has_name = labels.iter().any(|(name, _)| name == METRIC_NAME);
    let are_distinct = labels.is_sorted_by(|(one, _), (other, _)| one < other);
    let are_valid = labels.iter().all(|(name, value)| {
        if name == METRIC_NAME {
            is_metric_name(value)
        } else {
            is_label_name(name) || !before.get(name).is_empty()
        }
    });
    has_name && are_distinct && are_valid
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`
fn is_metric_name(text: &str) -> bool {
    is_name(text, |byte| byte == b'_' || byte == b':')
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`
fn is_label_name(text: &str) -> bool {
    is_name(text, |byte| byte == b'_')
}

fn is_name(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    let begins_right = text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    begins_right
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || is_allowed(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(pairs: &[(&str, &str)]) -> bool {
        let mut labels: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        labels.sort();
        is_valid(&labels, &Labels::of([("9lives", "x")].into_iter()))
    }

    #[test]
    fn a_series_needs_a_name_that_a_metric_can_have() {
        assert!(valid(&[("__name__", "a:b_9")]));
        assert!(!valid(&[("a", "b")]) && !valid(&[]));
        for name in ["9a", "a-b", "a.b", "a b", "é", ""] {
            assert!(!valid(&[("__name__", name)]), "{name}");
        }
    }

    #[test]
    fn labels_need_names_that_labels_can_have_once() {
        assert!(valid(&[("__name__", "a"), ("_9", "é"), ("a_B", "")]));
        for name in ["8lives", "a:b", "a-b", "é"] {
            assert!(!valid(&[("__name__", "a"), (name, "x")]), "{name}");
        }
        assert!(!valid(&[("__name__", "a"), ("b", "1"), ("b", "2")]));
    }

    #[test]
    fn a_label_that_was_there_before_stays_whatever_its_name() {
        assert!(valid(&[("9lives", "x"), ("__name__", "a")]));
    }
}
