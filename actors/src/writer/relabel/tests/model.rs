//! Any rules over any series give what a naive model gives, also when outcomes are remembered.

use std::fmt::Write as _;

use proptest::prelude::*;
use regex::Regex;

use super::{Series, chunk, read, rules};
use crate::batches::{ChunkKind, Collected};
use crate::writer::relabel::Relabeler;

/// A rule in the model's own terms; templates are such that the regex crate reads them as Go does.
#[derive(Clone, Debug)]
struct Rule {
    action: &'static str,
    sources: Vec<&'static str>,
    separator: &'static str,
    regex: &'static str,
    target: &'static str,
    replacement: &'static str,
    modulus: u64,
}

impl Rule {
    fn written(&self) -> String {
        let mut text = format!("{{action: {}", self.action);
        let mut put = |key: &str, value: &str| write!(text, ", {key}: '{value}'").unwrap();
        match self.action {
            "labeldrop" | "labelkeep" => put("regex", self.regex),
            "labelmap" => {
                put("regex", "(.*)");
                put("replacement", "m_$1");
            }
            "keepequal" | "dropequal" => put("target_label", self.target),
            "lowercase" | "uppercase" | "hashmod" => {
                put("target_label", self.target);
                put("separator", self.separator);
            }
            _ => {
                put("regex", self.regex);
                put("separator", self.separator);
                put("target_label", self.target);
                put("replacement", self.replacement);
            }
        }
        if !self.action.starts_with("label") {
            write!(text, ", source_labels: [{}]", self.sources.join(", ")).unwrap();
        }
        if self.action == "hashmod" {
            write!(text, ", modulus: {}", self.modulus).unwrap();
        }
        text + "}"
    }

    /// The model: labels are a map, and every step is spelt out.
    fn apply(&self, mut labels: Series) -> Option<Series> {
        let regex = Regex::new(&format!("^(?:{})$", self.regex)).unwrap();
        let of = |labels: &Series, name: &str| labels.get(name).cloned().unwrap_or_default();
        let equal = matches!(self.action, "keepequal" | "dropequal");
        let separator = if equal { ";" } else { self.separator };
        let values: Vec<String> = self.sources.iter().map(|name| of(&labels, name)).collect();
        let value = values.join(separator);
        let keep = match self.action {
            "keep" => regex.is_match(&value),
            "drop" => !regex.is_match(&value),
            "keepequal" => of(&labels, self.target) == value,
            "dropequal" => of(&labels, self.target) != value,
            _ => true,
        };
        match self.action {
            "replace" if regex.is_match(&value) => {
                let replacement = regex.replace(&value, self.replacement).into_owned();
                labels.insert(self.target.to_owned(), replacement);
            }
            "hashmod" => {
                use md5::Digest;
                let hex = hex(&md5::Md5::digest(&value));
                let hash = u64::from_str_radix(&hex[16..], 16).unwrap() % self.modulus;
                labels.insert(self.target.to_owned(), hash.to_string());
            }
            "lowercase" => drop(labels.insert(self.target.to_owned(), value.to_lowercase())),
            "uppercase" => drop(labels.insert(self.target.to_owned(), value.to_uppercase())),
            "labelmap" => {
                for (name, value) in labels.clone() {
                    labels.insert(format!("m_{name}"), value);
                }
            }
            "labeldrop" => labels.retain(|name, _| !regex.is_match(name)),
            "labelkeep" => labels.retain(|name, _| regex.is_match(name)),
            _ => {}
        }
        labels.retain(|_, value| !value.is_empty());
        keep.then_some(labels)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn a_rule() -> impl Strategy<Value = Rule> {
    let actions = vec![
        "replace",
        "replace",
        "keep",
        "drop",
        "keepequal",
        "dropequal",
        "hashmod",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
    ];
    (
        prop::sample::select(actions),
        prop::sample::subsequence(vec!["a", "b", "none", "m_a"], 0..3),
        prop::sample::select(vec![";", "", "-"]),
        prop::sample::select(vec!["(.*)", "x?(.*)", "(a|x)+", "", "(.)(.*)", "[ab]", "m_.*|a"]),
        prop::sample::select(vec!["a", "b", "c", "m_a"]),
        prop::sample::select(vec!["$1", "${1}z", "$2$1", "", "fixed", "$9"]),
        1..20_u64,
    )
        .prop_map(
            |(action, sources, separator, regex, target, replacement, modulus)| Rule {
                action,
                sources,
                separator,
                regex,
                target,
                replacement,
                modulus,
            },
        )
}

fn a_series() -> impl Strategy<Value = Series> {
    let labels = prop::collection::btree_map("a|b|c|m_a|__name__", "x|X|xa|-|é|9", 1..4);
    (labels, any::<bool>()).prop_map(|(mut labels, is_named)| {
        if is_named {
            labels.insert("__name__".to_owned(), "n".to_owned());
        }
        labels
    })
}

proptest! {
    #[test]
    fn rules_do_what_the_model_does(
        written in prop::collection::vec(a_rule(), 1..5),
        collections in prop::collection::vec(prop::collection::vec(a_series(), 0..6), 1..4),
    ) {
        let texts: Vec<_> = written.iter().map(Rule::written).collect();
        let mut relabeler = Relabeler::new(&rules(&format!("[{}]", texts.join(", ")))).unwrap();
        let named = Regex::new("^[a-zA-Z_:][a-zA-Z0-9_:]*$").unwrap();
        for all in collections {
            let expected: Vec<Series> = all
                .iter()
                .filter_map(|one| written.iter().try_fold(one.clone(), |labels, rule| rule.apply(labels)))
                .filter(|labels| named.is_match(labels.get("__name__").map_or("", String::as_str)))
                .collect();
            let collected = Collected::from(vec![chunk(ChunkKind::Seeds, &all)]);
            let relabelled = relabeler.apply(&collected);
            let dropped: u64 = relabelled.dropped.values().map(|counts| counts.seeds).sum();
            prop_assert_eq!(dropped, (all.len() - expected.len()) as u64);
            prop_assert_eq!(read(&relabelled.collected.chunks[0]), expected);
        }
    }
}
