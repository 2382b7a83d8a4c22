//! The table of services, which can be sorted.

use maud::{Markup, html};

use super::{View, window};
use crate::links::Link;
use crate::numbers;
use crate::pairing::diagnosis::service_name;
use crate::pairing::report::{SideName, SideReport};
use crate::pairing::sorting::{Column, Sorting};

/// The most rows that are shown; the JSON has all.
pub(super) const MOST_ROWS: usize = 200;

/// What became of halves, a row for each side of a service.
pub(super) fn table(view: &View<'_>) -> Markup {
    let rows = view.sorting.sorted(&view.report.services);
    let total = rows.len();
    let other = Sorting {
        since_start: !view.sorting.since_start,
        ..view.sorting
    };
    html! {
        p {
            @if view.sorting.since_start { "Since the start. " } @else { "From " (window(view.report)) ". " }
            a href=(link(view, other)) data-live {
                @if view.sorting.since_start { "Show what is recent" } @else { "Show all since the start" }
            }
        }
        div .scroll {
            table {
                caption { "Halves by what became of them" }
                thead { tr {
                    @for column in Column::ALL {
                        (heading(view, column))
                        @if column == Column::Service { th scope="col" { "Side" } }
                    }
                } }
                tbody { @for row in rows.into_iter().take(MOST_ROWS) { (service_row(view, row)) } }
            }
        }
        @if total == 0 { p { "No halves yet." } }
        @if total > MOST_ROWS {
            p .quiet { "The first " (MOST_ROWS) " of " (total) " rows; the JSON has all." }
        }
    }
}

fn heading(view: &View<'_>, column: Column) -> Markup {
    let sorted = (view.sorting.column == Some(column)).then_some(if view.sorting.ascending {
        "ascending"
    } else {
        "descending"
    });
    html! {
        th scope="col" class=[(column != Column::Service).then_some("number")] aria-sort=[sorted] {
            a href=(link(view, view.sorting.after_click(column))) data-live { (column.heading()) }
        }
    }
}

fn service_row(view: &View<'_>, row: &SideReport) -> Markup {
    let name = service_name(row.service.as_deref());
    let side = match row.side {
        SideName::Client => "client",
        SideName::Server => "server",
    };
    let fates = view.sorting.fates(row);
    html! {
        tr data-key=(format!("{side} {name}")) {
            th scope="row" { (name) }
            td { (side) }
            @for column in Column::ALL.into_iter().filter(|column| *column != Column::Service) {
                td .number { (numbers::count(column.of(fates))) }
            }
        }
    }
}

/// The page with another order.
fn link(view: &View<'_>, sorting: Sorting) -> Link {
    let order = sorting.ascending.then_some("ascending");
    Link::to("/pairing")
        .with_optional("tenant", view.choice.for_links())
        .with_optional("sort", sorting.column.map(Column::key))
        .with_optional("order", order)
        .with_optional("since", sorting.since_start.then_some("start"))
}
