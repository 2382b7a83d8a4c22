//! Writes samples as lines of a page, for failed assertions and errors.

use std::fmt;

use super::{Exemplar, Sample};
use crate::Labels;

impl fmt::Display for Sample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        if !self.labels.is_empty() {
            write_labels(out, &self.labels)?;
        }
        write_numbers(out, self.value, self.timestamp)?;
        match &self.exemplar {
            Some(exemplar) => write!(out, " # {exemplar}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Exemplar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(out, &self.labels)?;
        write_numbers(out, self.value, self.timestamp)
    }
}

fn write_labels(out: &mut fmt::Formatter<'_>, labels: &Labels) -> fmt::Result {
    let mut separator = '{';
    for (name, value) in labels {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        write!(out, "{separator}{name}=\"{value}\"")?;
        separator = ',';
    }
    out.write_str(if labels.is_empty() { "{}" } else { "}" })
}

/// `f64` is written so that it is read as the same, and its infinities as `inf`, which all readers take.
fn write_numbers(out: &mut fmt::Formatter<'_>, value: f64, timestamp: Option<f64>) -> fmt::Result {
    write!(out, " {value}")?;
    match timestamp {
        Some(timestamp) => write!(out, " {timestamp}"),
        None => Ok(()),
    }
}
