//! Reads what spangraph writes, apart from the code that wrote it, for tests and for load tests.

use std::collections::BTreeMap;

pub mod exposition;
pub mod remote_write;

/// Names and their values.
pub type Labels = BTreeMap<String, String>;
