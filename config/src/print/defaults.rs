//! The defaults of the main file and of one remote-write endpoint, as `full.yaml` has them.

use std::sync::LazyLock;

use serde_json::Value;

use super::tree;

const FULL: &str = include_str!("../../full.yaml");

static OF_FILE: LazyLock<Value> = LazyLock::new(|| parse(FULL));

static OF_ENDPOINT: LazyLock<Value> = LazyLock::new(|| {
    let uncommented = FULL
        .replace("    remote_write: []\n", "    remote_write:\n")
        .replace("    #:", "     ");
    tree::at(&parse(&uncommented), "/metrics_generator/storage/remote_write/0")
});

/// Every key of the main file with its default.
pub fn of_file() -> Value {
    OF_FILE.clone()
}

/// The defaults of one endpoint, which stand behind `#:`.
pub fn of_endpoint() -> Value {
    OF_ENDPOINT.clone()
}

fn parse(text: &str) -> Value {
    // A test reads the embedded file and finds every key of the schema in it.
    serde_saphyr::from_str(text).unwrap_or_default()
}
