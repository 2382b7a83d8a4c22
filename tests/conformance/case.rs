//! A case's file: what is configured, what is sent, and what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::rows::Row;
use super::series::{self, SeriesSet};

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub about: String,
    /// Merged over the base configuration.
    #[serde(default = "nothing")]
    pub config: Value,
    /// The per-tenant overrides; switches multi-tenancy on.
    pub tenants: Option<Value>,
    pub steps: Vec<Step>,
    /// How long after the last step all is written; seven seconds unless the case needs more.
    pub settle_s: Option<u64>,
}

/// One thing to do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub tenant: Option<String>,
    pub send: Option<Vec<Row>>,
    pub wait_s: Option<u64>,
}

impl Case {
    /// The series that Tempo wrote.
    pub fn expected(&self) -> SeriesSet {
        let file = folder("expected").join(format!("{}.json", self.name));
        series::read_expected(&fs::read_to_string(file).expect("expected series are there"))
    }
}

/// Every case, by name.
pub fn all() -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder("cases"))
        .expect("cases are there")
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

fn read(file: &Path) -> Case {
    let text = fs::read_to_string(file).expect("case is readable");
    let case: Case = serde_saphyr::from_str_with_options(&text, yaml())
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(
        file.file_stem().and_then(|stem| stem.to_str()),
        Some(case.name.as_str())
    );
    case
}

/// A file or folder of the conformance cases.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/conformance")
        .join(name)
}

/// The cases are YAML 1.2, in which `n` and `yes` are texts.
pub fn yaml() -> serde_saphyr::Options {
    serde_saphyr::options! { strict_booleans: true }
}
