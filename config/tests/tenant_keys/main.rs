//! Every key that an override file knows reaches the settings of the tenant that names it, and of no other.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what tests share fails by panicking"
)]

mod rows;

use std::collections::BTreeSet;

use spangraph_config::{Config, PrintMode, TenantId, TenantSettings};

use rows::{Row, WITHOUT_ROW, rows};

/// `key: written` below the blocks that `key` names, for `tenant`.
fn entry(tenant: &str, key: &str, written: &str) -> String {
    let (mut text, mut indent) = (format!("overrides:\n  {tenant}:\n"), 4);
    let (blocks, last) = key
        .rsplit_once('.')
        .map_or((None, key), |(blocks, last)| (Some(blocks), last));
    for block in blocks.into_iter().flat_map(|blocks| blocks.split('.')) {
        text += &format!("{:indent$}{block}:\n", "");
        indent += 2;
    }
    text + &format!("{:indent$}{last}: {written}\n", "")
}

fn of(config: &Config, tenant: &str) -> TenantSettings {
    config.tenant(&TenantId::parse(tenant).expect("a tenant's id"))
}

/// A main file with these `overrides`. What series are limited by stands there and in no entry.
fn main_file(key: &str, overrides: &str) -> Config {
    let limiter = if key.ends_with("max_active_entities") {
        "entity"
    } else {
        "series"
    };
    let text = format!("metrics_generator: {{limiter_type: {limiter}}}\n{overrides}");
    Config::from_yaml(&text).unwrap_or_else(|mistakes| panic!("{text}{mistakes}"))
}

#[test]
fn each_key_reaches_the_tenant_that_names_it_and_no_other() {
    for Row {
        key,
        written,
        read,
        expected,
    } in rows()
    {
        let main = main_file(key, "");
        let (default, text) = (of(&main, "named"), entry("named", key, written));
        let config = main.with_overrides(&text);
        let config = config.unwrap_or_else(|mistakes| panic!("{text}{mistakes}"));
        assert_eq!(read(&of(&config, "named")), expected, "{key}");
        assert_ne!(read(&default), expected, "{key} is written with its default");
        assert_eq!(of(&config, "other"), default, "{key}");
        let id = TenantId::parse("named").expect("a tenant's id");
        let printed = serde_json::to_value(config.print_tenant(&id, PrintMode::Diff)).expect("a tree");
        let pointer = format!("/{}", key.replace('.', "/"));
        assert!(printed.pointer(&pointer).is_some(), "{key} is not in {printed}");
    }
}

#[test]
fn each_key_that_the_defaults_have_is_overridden_and_no_other_key_with_it() {
    for Row {
        key,
        written,
        read,
        expected,
    } in rows()
    {
        let main = main_file(key, &entry("defaults", key, written));
        let config = main.with_overrides("overrides: {named: {ingestion: {burst_size_bytes: 8}}}");
        let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(read(&of(&config, "named")), expected, "{key} is inherited");
        assert_eq!(of(&config, "named").ingestion.burst_size_bytes, 8, "{key}");
    }
}

/// A key that no block knows makes it tell those that it knows.
fn known_in(block: &str) -> Option<Vec<String>> {
    let probe = format!("{block}.zzzzzzzzzz");
    let text = entry("named", probe.trim_start_matches('.'), "1");
    let told = Config::default().with_overrides(&text).err()?.to_string();
    let known = told.split("known here: ").nth(1)?;
    Some(
        known
            .split(", ")
            .map(|key| format!("{block}.{key}").trim_start_matches('.').to_owned())
            .collect(),
    )
}

fn add_keys(block: &str, listed: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    let known = known_in(block).unwrap_or_else(|| panic!("{block} is a key of the schema and of no row"));
    for key in known {
        if listed.contains(key.as_str()) {
            found.insert(key);
        } else {
            add_keys(&key, listed, found);
        }
    }
}

#[test]
fn the_table_has_every_key_of_the_schema() {
    let rows = rows();
    let mut listed: BTreeSet<_> = rows.iter().map(|row| row.key).collect();
    listed.extend(WITHOUT_ROW);
    let mut found = BTreeSet::new();
    add_keys("", &listed, &mut found);
    assert!(found.iter().map(String::as_str).eq(listed), "{found:?}");
    assert_eq!(
        rows.len() + WITHOUT_ROW.len(),
        found.len(),
        "each key has one row"
    );
}
