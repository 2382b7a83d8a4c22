//! Applies rules to the labels of one series, as Prometheus does.

use md5::{Digest, Md5};
use regex::Regex;
use spangraph_config::{RelabelAction, RelabelRule, Template};

use super::labels::Labels;

/// The labels after all `rules`.
///
/// # Errors
/// The number of the rule that drops the series.
pub fn apply(mut labels: Labels, rules: &[RelabelRule]) -> Result<Labels, usize> {
    for (number, rule) in rules.iter().enumerate() {
        if !apply_one(&mut labels, rule) {
            return Err(number);
        }
    }
    Ok(labels)
}

/// Whether the series is kept.
fn apply_one(labels: &mut Labels, rule: &RelabelRule) -> bool {
    let values: Vec<&str> = rule.source_labels.iter().map(|name| labels.get(name)).collect();
    let value = values.join(&rule.separator);
    match &rule.action {
        RelabelAction::Keep => return rule.regex.is_match(&value),
        RelabelAction::Drop => return !rule.regex.is_match(&value),
        RelabelAction::KeepEqual { target } => return labels.get(target) == value,
        RelabelAction::DropEqual { target } => return labels.get(target) != value,
        RelabelAction::Replace { target, replacement } => {
            if let Some(captures) = rule.regex.captures(&value) {
                labels.set(&target.expand(&captures), replacement.expand(&captures));
            }
        }
        RelabelAction::HashMod { target, modulus } => {
            labels.set(target, (hash(&value) % modulus.get()).to_string());
        }
        RelabelAction::LabelMap { replacement } => copy_labels(labels, &rule.regex, replacement),
        RelabelAction::LabelDrop => labels.keep_names(|name| !rule.regex.is_match(name)),
        RelabelAction::LabelKeep => labels.keep_names(|name| rule.regex.is_match(name)),
        RelabelAction::Lowercase { target } => labels.set(target, value.to_lowercase()),
        RelabelAction::Uppercase { target } => labels.set(target, value.to_uppercase()),
    }
    true
}

fn copy_labels(labels: &mut Labels, regex: &Regex, replacement: &Template) {
    let copies = labels.iter().filter_map(|(name, value)| {
        let captures = regex.captures(name)?;
        Some((replacement.expand(&captures), value.clone()))
    });
    let copies: Vec<_> = copies.collect();
    for (name, value) in copies {
        labels.set(&name, value);
    }
}

/// The last eight bytes of the MD5 sum, so that all that relabel like Prometheus agree.
fn hash(value: &str) -> u64 {
    let sum: [u8; 16] = Md5::digest(value).into();
    let [.., a, b, c, d, e, f, g, h] = sum;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
