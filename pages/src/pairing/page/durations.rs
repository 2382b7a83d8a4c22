//! A table of how long something took or waits.

use maud::{Markup, html};

use crate::pairing::report::DurationCount;
use crate::{chart, numbers};

/// What such a table shows.
pub(super) struct Durations<'a> {
    /// What it is about.
    pub(super) caption: &'a str,
    /// What is counted.
    pub(super) unit: &'a str,
    /// How many there are, by bound.
    pub(super) counts: &'a [DurationCount],
}

/// A row for each bound, with a bar that compares it with the others.
pub(super) fn table(durations: &Durations<'_>) -> Markup {
    let most = durations
        .counts
        .iter()
        .map(|each| each.count)
        .max()
        .unwrap_or_default()
        .max(1);
    html! {
        div .scroll {
            table {
                caption { (durations.caption) }
                thead { tr {
                    th scope="col" { "Up to" }
                    th .number scope="col" { (durations.unit) }
                    th scope="col" { "Share of the largest" }
                } }
                tbody { @for each in durations.counts { (row(each, most)) } }
            }
        }
    }
}

fn row(each: &DurationCount, most: u64) -> Markup {
    let bound = each.at_most_seconds.map_or("longer".to_owned(), numbers::seconds);
    #[expect(clippy::cast_precision_loss, reason = "a bar needs no more than 53 bits")]
    let share = each.count as f64 / most as f64;
    html! {
        tr {
            th scope="row" { (bound) }
            td .number { (numbers::count(each.count)) }
            td { (chart::portion(share, &numbers::count(each.count))) }
        }
    }
}
