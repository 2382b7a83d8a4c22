//! What has an actor walk over all that it has, one after the other.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// Something that concerns all series at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// All are born.
    Births,
    /// All are updated and collected.
    Collections,
    /// All are written to a page to scrape.
    Scrape,
    /// The pages that tell of all are asked for.
    Pages,
    /// Periods of the limits on labels end.
    Limits,
    /// Settings come under which all go on.
    Reload,
    /// Settings come under which all end.
    Relabel,
    /// All grow stale and end, while their tenant's other series go on.
    Ends,
}

impl Step {
    /// All, in an order in which none takes away what the next one needs.
    pub const ALL: [Self; 8] = [
        Self::Births,
        Self::Collections,
        Self::Scrape,
        Self::Pages,
        Self::Limits,
        Self::Reload,
        Self::Relabel,
        Self::Ends,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        out.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
