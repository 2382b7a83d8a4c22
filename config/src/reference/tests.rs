//! Tests that the page is as the schema is, and that doc comments say the truth about defaults.

use std::collections::BTreeSet;

use super::keys::Row;
use super::sentences::Sentences;
use super::*;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    std::fs::read_to_string(path).unwrap()
}

fn all_keys() -> Vec<Row> {
    keys::of_block(&schema(), "top", &[]).unwrap()
}

#[test]
fn the_page_is_as_the_schema_is() {
    let page = page();
    assert!(
        with_reference(&page).as_deref() == Ok(&page),
        "docs/configuration.md is older than the schema: run cargo run -p spangraph-config --example reference"
    );
}

#[test]
fn the_page_has_a_table_for_every_key() {
    let page = page();
    let markers = page
        .lines()
        .filter_map(|line| line.strip_prefix(KEYS)?.strip_suffix("-->"));
    let mut listed = BTreeSet::new();
    for marker in markers {
        let mut words = marker.split_whitespace();
        let block = words.next().unwrap();
        let without: Vec<&str> = words.skip(1).collect();
        for row in keys::of_block(&schema(), block, &without).unwrap() {
            listed.insert(if block == "top" {
                row.key
            } else {
                format!("{block}.{}", row.key)
            });
        }
    }
    // The keys of a list that stands in several places are listed in one of them.
    let elsewhere = |key: &str| {
        key.starts_with("overrides.defaults.metrics_generator.processor.")
            || key.starts_with("overrides.defaults.metrics_generator.remote_write[].")
            || key.contains(".filter_policies[].")
    };
    let missing: Vec<_> = all_keys().into_iter().map(|row| row.key).collect();
    let missing: Vec<_> = missing
        .iter()
        .filter(|key| !listed.contains(*key) && !elsewhere(key))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(
        listed
            .iter()
            .any(|key| key.contains("filter_policies[].include.attributes[].key"))
    );
}

#[test]
fn every_key_says_what_it_does_and_what_its_default_is() {
    for Row { key, kind, sentences } in all_keys() {
        let Sentences { effect, default, .. } = &sentences;
        assert!(
            effect.ends_with('.') && !default.is_empty(),
            "{key}: {sentences:?}"
        );
        assert!(kind != "any" && !kind.contains("object"), "{key}: {kind}");
        let is_count = kind.starts_with("whole number") || kind == "number";
        let has_no_unit = [
            "http_listen_port",
            "modulus",
            "native_histogram_bucket_factor",
            "max_retries",
        ];
        let needs_none = has_no_unit.iter().any(|end| key.ends_with(end));
        assert!(
            !is_count || kind.contains(", ") || needs_none,
            "{key} has no unit: {kind}"
        );
    }
}

/// `full.yaml` is held to the settings by other tests.
#[test]
fn the_defaults_in_doc_comments_are_those_of_full_yaml() {
    let full: Value = serde_saphyr::from_str(include_str!("../../full.yaml")).unwrap();
    let mut compared = 0;
    for Row { key, sentences, .. } in all_keys() {
        let Some(written) = sentences
            .default
            .strip_prefix('`')
            .and_then(|rest| rest.split('`').next())
        else {
            continue;
        };
        let Some(value) = full
            .pointer(&format!("/{}", key.replace('.', "/")))
            .filter(|value| !value.is_null())
        else {
            continue;
        };
        let read: Value = serde_saphyr::from_str(written).unwrap();
        let is_same = read == *value || read.as_str() == value.as_str() && read.is_string();
        let is_left_out = value == "" || sentences.default.contains("doubled");
        assert!(is_same || is_left_out, "{key}: {written} and {value}");
        compared += 1;
    }
    assert!(compared > 60, "only {compared} defaults were compared");
}

#[test]
fn a_doc_comment_is_taken_apart() {
    let of = |effect: &str, default: &str, advice: &str| Sentences {
        effect: effect.to_owned(),
        default: default.to_owned(),
        advice: advice.to_owned(),
    };
    for (comment, expected) in [
        (
            "How long. Default `1.5s`; raise it\nwhen slow.",
            of("How long.", "`1.5s`", "Raise it when slow."),
        ),
        ("What. Default `;`.", of("What.", "`;`", "")),
        (
            "What. Default `a` (b). Set it. So.",
            of("What.", "`a` (b)", "Set it. So."),
        ),
        ("The name; needed.", of("The name.", "needed", "")),
        ("Default none.", of("", "none", "")),
        ("No Default here.", of("No Default here.", "", "")),
    ] {
        assert_eq!(Sentences::of(comment), expected, "{comment}");
    }
}

#[test]
fn markers_that_lead_nowhere_are_told() {
    let unknown = with_reference("a\n<!-- keys: servers -->\n<!-- end -->\n").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "line 2: there is no block servers in the schema"
    );
    let open = with_reference("<!-- keys: server -->\n").unwrap_err();
    assert_eq!(
        open.to_string(),
        "line 1: <!-- end --> is missing after this marker"
    );
}

#[test]
fn what_stands_between_tables_stays() {
    let page = "# A\n\n<!-- keys: spangraph.reload_endpoint -->\nold\n<!-- end -->\n\ntext\n";
    let written = with_reference(page).unwrap();
    assert!(written.starts_with("# A\n\n<!-- keys: spangraph.reload_endpoint -->\n\n| Key | Type |"));
    assert!(written.ends_with("|\n\n<!-- end -->\n\ntext\n"));
    assert!(!written.contains("old"));
    assert_eq!(with_reference(&written), Ok(written.clone()));
}
