//! A configuration is printed in the layout that it is read in, and reading the print gives the same settings.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests share fails by panicking"
)]

mod files;
mod generated;
mod secrets;
mod tenants;

use spangraph_config::{Config, PrintMode};

fn load(text: &str) -> Config {
    Config::from_yaml(text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

fn load_both(main: &str, overrides: &str) -> Config {
    load(main)
        .with_overrides(overrides)
        .unwrap_or_else(|mistakes| panic!("{mistakes}\n{overrides}"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn assert_same_settings(left: &Config, right: &Config, context: &str) {
    assert_eq!(left.server(), right.server(), "{context}");
    assert!(left.tenants().eq(right.tenants()), "{context}");
}

/// Prints and loads back, with every key and with those that differ.
fn assert_prints_load_back(config: &Config, name: &str) {
    for mode in [PrintMode::Effective, PrintMode::Diff] {
        let main = config.print(mode).to_string();
        let tenants = config.print_tenants(mode).to_string();
        let context = format!("{name}, {mode:?}:\n{main}\n{tenants}");
        assert_same_settings(&load_both(&main, &tenants), config, &context);
    }
}
