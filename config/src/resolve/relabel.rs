//! Relabel rules: which keys an action needs, and which it must not have; as Prometheus does.

use std::num::NonZeroU64;

use regex::Regex;

use super::findings::Findings;
use crate::document::Path;
use crate::schema::relabel::{Action, RelabelConfig};
use crate::schema::values::Pattern;
use crate::{RelabelAction, RelabelRule, Template};

const SEPARATOR: &str = ";";
const REGEX: &str = "(.*)";
const REPLACEMENT: &str = "$1";

/// The rules of the list at `path`; those that are wrong are left out.
pub fn resolve(written: &[RelabelConfig], path: &Path, findings: &mut Findings<'_>) -> Vec<RelabelRule> {
    let numbered = written.iter().enumerate();
    numbered
        .filter_map(|(index, rule)| resolve_one(rule, &path.item(index), findings))
        .collect()
}

fn resolve_one(written: &RelabelConfig, path: &Path, findings: &mut Findings<'_>) -> Option<RelabelRule> {
    if findings.is_wrong(&path.key("action")) {
        return None;
    }
    check_needed(written, path, findings);
    check_excess(written, path, findings);
    let regex = written.regex.as_ref().map(|pattern| pattern.anchored().clone());
    let regex = regex.or_else(default_regex)?;
    Some(RelabelRule {
        source_labels: written.source_labels.clone().unwrap_or_default(),
        separator: written.separator.clone().unwrap_or_else(|| SEPARATOR.to_owned()),
        action: action(written, &regex)?,
        regex,
    })
}

fn default_regex() -> Option<Regex> {
    Pattern::try_from(REGEX.to_owned())
        .ok()
        .map(|pattern| pattern.anchored().clone())
}

fn check_needed(written: &RelabelConfig, path: &Path, findings: &mut Findings<'_>) {
    use Action as A;
    let action = written.action.unwrap_or_default();
    let with_target = [
        A::Replace,
        A::KeepEqual,
        A::DropEqual,
        A::HashMod,
        A::Lowercase,
        A::Uppercase,
    ];
    let is_blank = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    if with_target.contains(&action) && is_blank(&written.target_label) {
        let message = format!("the action {} needs a target_label", action.as_str());
        findings.add(&path.key("target_label"), message);
    }
    if action == A::HashMod && written.modulus.unwrap_or_default() == 0 {
        findings.add(
            &path.key("modulus"),
            "the action hashmod needs a modulus of 1 or more",
        );
    }
    if action == A::LabelMap && written.replacement.as_deref() == Some("") {
        findings.add(
            &path.key("replacement"),
            "the action labelmap needs a name to copy to",
        );
    }
}

/// A key that differs from its default and that the action would not look at is a mistake.
fn check_excess(written: &RelabelConfig, path: &Path, findings: &mut Findings<'_>) {
    use Action as A;
    let action = written.action.unwrap_or_default();
    let differs = |text: Option<&str>, default: &str| text.is_some_and(|text| text != default);
    let regex = written.regex.as_ref().map(Pattern::as_str);
    let set = [
        ("source_labels", written.source_labels.is_some()),
        ("separator", differs(written.separator.as_deref(), SEPARATOR)),
        ("target_label", differs(written.target_label.as_deref(), "")),
        ("regex", differs(regex, REGEX)),
        ("modulus", written.modulus.unwrap_or_default() != 0),
        (
            "replacement",
            differs(written.replacement.as_deref(), REPLACEMENT),
        ),
    ];
    let excess: &[&str] = match action {
        A::KeepEqual | A::DropEqual => &["separator", "regex", "modulus", "replacement"],
        A::LabelDrop | A::LabelKeep => &[
            "source_labels",
            "separator",
            "target_label",
            "modulus",
            "replacement",
        ],
        A::Lowercase | A::Uppercase => &["replacement"],
        _ => &[],
    };
    for (key, _) in set.iter().filter(|(key, is_set)| *is_set && excess.contains(key)) {
        findings.add(
            &path.key(key),
            format!("the action {} takes no {key}", action.as_str()),
        );
    }
}

fn action(written: &RelabelConfig, regex: &Regex) -> Option<RelabelAction> {
    let target = written.target_label.clone().unwrap_or_default();
    let replacement = || Template::new(written.replacement.as_deref().unwrap_or(REPLACEMENT), regex);
    Some(match written.action.unwrap_or_default() {
        Action::Replace => RelabelAction::Replace {
            target: Template::new(&target, regex),
            replacement: replacement(),
        },
        Action::Keep => RelabelAction::Keep,
        Action::Drop => RelabelAction::Drop,
        Action::KeepEqual => RelabelAction::KeepEqual { target },
        Action::DropEqual => RelabelAction::DropEqual { target },
        Action::HashMod => {
            let modulus = NonZeroU64::new(written.modulus.unwrap_or_default())?;
            RelabelAction::HashMod { target, modulus }
        }
        Action::LabelMap => RelabelAction::LabelMap {
            replacement: replacement(),
        },
        Action::LabelDrop => RelabelAction::LabelDrop,
        Action::LabelKeep => RelabelAction::LabelKeep,
        Action::Lowercase => RelabelAction::Lowercase { target },
        Action::Uppercase => RelabelAction::Uppercase { target },
    })
}
