//! The order of the table of services, as the query asks for it.

use std::cmp::Ordering;

use crate::problem::Problem;

use super::report::{FateReport, SideReport};

/// A column that rows can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The service's name, then its side.
    Service,
    /// Halves whose edge was completed.
    Completed,
    /// Halves whose other side was made up.
    VirtualNode,
    /// Halves that were given up.
    Expired,
    /// Halves that found no room.
    DroppedFull,
    /// Halves that a filter policy dropped.
    DroppedFiltered,
    /// Halves that came late.
    Late,
}

/// Which counts the table shows, and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    /// The column; `None` for the report's own order.
    pub column: Option<Column>,
    /// The smallest first.
    pub ascending: bool,
    /// All counts since the start, instead of the recent ones.
    pub since_start: bool,
}

impl Column {
    /// Every column, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Service,
        Self::Completed,
        Self::VirtualNode,
        Self::Expired,
        Self::DroppedFull,
        Self::DroppedFiltered,
        Self::Late,
    ];

    /// The value in the query.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Completed => "completed",
            Self::VirtualNode => "virtual_node",
            Self::Expired => "expired",
            Self::DroppedFull => "dropped_full",
            Self::DroppedFiltered => "dropped_filtered",
            Self::Late => "late",
        }
    }

    /// The heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Completed => "Completed",
            Self::VirtualNode => "Virtual",
            Self::Expired => "Expired",
            Self::DroppedFull => "No room",
            Self::DroppedFiltered => "Filtered",
            Self::Late => "Late",
        }
    }

    /// The number in this column; 0 for the service.
    #[must_use]
    pub fn of(self, fates: &FateReport) -> u64 {
        match self {
            Self::Service => 0,
            Self::Completed => fates.completed,
            Self::VirtualNode => fates.virtual_node,
            Self::Expired => fates.expired,
            Self::DroppedFull => fates.dropped_full,
            Self::DroppedFiltered => fates.dropped_filtered,
            Self::Late => fates.late,
        }
    }
}

impl Sorting {
    /// The order that the parameters `sort`, `order` and `since` ask for.
    ///
    /// # Errors
    /// When one of them has a value that does not exist.
    pub fn parse(sort: Option<&str>, order: Option<&str>, since: Option<&str>) -> Result<Self, Problem> {
        let column = match sort {
            None | Some("") => None,
            Some(key) => Some(
                Column::ALL
                    .into_iter()
                    .find(|column| column.key() == key)
                    .ok_or_else(|| unknown("sort", &Column::ALL.map(Column::key)))?,
            ),
        };
        Ok(Self {
            column,
            ascending: choice("order", order, ["descending", "ascending"])?,
            since_start: choice("since", since, ["recent", "start"])?,
        })
    }

    /// What a row shows.
    #[must_use]
    pub fn fates(self, row: &SideReport) -> &FateReport {
        if self.since_start {
            &row.since_start
        } else {
            &row.recent
        }
    }

    /// The rows in order; rows that are equal stay in the report's.
    #[must_use]
    pub fn sorted(self, rows: &[SideReport]) -> Vec<&SideReport> {
        let mut rows: Vec<_> = rows.iter().collect();
        if let Some(column) = self.column {
            rows.sort_by(|left, right| {
                let order = self.compare(column, left, right);
                if self.ascending { order } else { order.reverse() }
            });
        }
        rows
    }

    /// The order after a click on the heading of `column`: the other way round when it is sorted by already. Names
    /// begin with the first, numbers with the largest.
    #[must_use]
    pub fn after_click(self, column: Column) -> Self {
        let ascending = if self.column == Some(column) {
            !self.ascending
        } else {
            column == Column::Service
        };
        Self {
            column: Some(column),
            ascending,
            ..self
        }
    }

    fn compare(self, column: Column, left: &SideReport, right: &SideReport) -> Ordering {
        match column {
            Column::Service => (&left.service, left.side).cmp(&(&right.service, right.side)),
            column => column.of(self.fates(left)).cmp(&column.of(self.fates(right))),
        }
    }
}

/// Whether the second of two values was chosen; the first is the default.
fn choice(name: &'static str, value: Option<&str>, values: [&str; 2]) -> Result<bool, Problem> {
    match value {
        None | Some("") => Ok(false),
        Some(value) if value == values[0] => Ok(false),
        Some(value) if value == values[1] => Ok(true),
        Some(_) => Err(unknown(name, &values)),
    }
}

fn unknown(name: &'static str, values: &[&str]) -> Problem {
    Problem::Parameter {
        name,
        reason: format!("is one of {}", values.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::SideName;
    use super::*;

    fn row(service: &str, recent: u64, since_start: u64) -> SideReport {
        let fates = |expired| FateReport {
            expired,
            ..FateReport::default()
        };
        SideReport {
            service: Some(service.to_owned()),
            side: SideName::Client,
            recent: fates(recent),
            since_start: fates(since_start),
        }
    }

    fn names(sorting: Sorting) -> Vec<String> {
        let rows = [row("b", 2, 7), row("c", 1, 9), row("a", 3, 8)];
        let sorted = sorting.sorted(&rows);
        sorted.iter().filter_map(|row| row.service.clone()).collect()
    }

    #[test]
    fn rows_are_sorted_by_what_they_show() {
        let parse = |sort, order, since| Sorting::parse(sort, order, since).unwrap();
        assert_eq!(names(parse(None, None, None)), ["b", "c", "a"]);
        assert_eq!(names(parse(Some("expired"), None, None)), ["a", "b", "c"]);
        assert_eq!(
            names(parse(Some("expired"), None, Some("start"))),
            ["c", "a", "b"]
        );
        assert_eq!(
            names(parse(Some("service"), Some("ascending"), None)),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let first = Sorting::default().after_click(Column::Expired);
        assert_eq!((first.column, first.ascending), (Some(Column::Expired), false));
        assert!(first.after_click(Column::Expired).ascending);
        assert!(first.after_click(Column::Service).ascending);
    }

    #[test]
    fn values_that_do_not_exist_are_refused_with_those_that_do() {
        let wrong = Sorting::parse(None, Some("up"), None).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "parameter order: is one of descending, ascending"
        );
        assert!(Sorting::parse(Some("x"), None, None).is_err());
        assert!(Sorting::parse(None, None, Some("x")).is_err());
        assert!(Sorting::parse(Some(""), Some(""), Some("")).is_ok());
    }
}
