//! The order of the actors on the page, from the query.

use std::cmp::Ordering;

use serde::Deserialize;

use super::report::ActorReport;
use crate::links::Link;
use crate::problem::Problem;

/// The query parameters.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SortQuery {
    /// The column.
    pub sort: Option<String>,
    /// `ascending` or `descending`.
    pub order: Option<String>,
}

/// A column that rows can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The order of a span's way.
    #[default]
    Actor,
    /// Messages that wait.
    Mailbox,
    /// Messages a second.
    Messages,
    /// How long 99 % of the messages waited at most.
    Wait,
    /// How long 99 % of the messages took at most.
    Handle,
    /// The share of the time that it was busy.
    Busy,
}

/// An order of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By which column.
    pub column: Column,
    /// The largest first.
    pub is_descending: bool,
}

impl Column {
    const ALL: [Self; 6] = [
        Self::Actor,
        Self::Mailbox,
        Self::Messages,
        Self::Wait,
        Self::Handle,
        Self::Busy,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Mailbox => "mailbox",
            Self::Messages => "messages",
            Self::Wait => "wait",
            Self::Handle => "handle",
            Self::Busy => "busy",
        }
    }
}

impl Sort {
    /// The order that `query` asks for; numbers begin with the largest when it does not say.
    ///
    /// # Errors
    /// When there is no such column or order.
    pub fn parse(query: &SortQuery) -> Result<Self, Problem> {
        let column = match query.sort.as_deref() {
            None => Column::default(),
            Some(name) => Column::ALL
                .into_iter()
                .find(|column| column.name() == name)
                .ok_or_else(|| Problem::Parameter {
                    name: "sort",
                    reason: format!("{name:?} is none of {}", Column::ALL.map(Column::name).join(", ")),
                })?,
        };
        let is_descending = match query.order.as_deref() {
            None => column != Column::Actor,
            Some("ascending") => false,
            Some("descending") => true,
            Some(other) => {
                return Err(Problem::Parameter {
                    name: "order",
                    reason: format!("{other:?} is neither ascending nor descending"),
                });
            }
        };
        Ok(Self {
            column,
            is_descending,
        })
    }

    /// `actors`, which come in the order of a span's way, in this order.
    #[must_use]
    pub fn sorted<'a>(self, actors: &'a [ActorReport]) -> Vec<&'a ActorReport> {
        let mut sorted: Vec<&'a ActorReport> = actors.iter().collect();
        match (self.column, self.is_descending) {
            (Column::Actor, false) => {}
            (Column::Actor, true) => sorted.reverse(),
            (column, false) => sorted.sort_by(|left, right| compare(column, left, right)),
            (column, true) => sorted.sort_by(|left, right| compare(column, right, left)),
        }
        sorted
    }

    /// The link that sorts by `column`, and the other way round when it is the present one.
    #[must_use]
    pub fn link(self, column: Column) -> Link {
        let is_descending = if self.column == column {
            !self.is_descending
        } else {
            column != Column::Actor
        };
        let order = if is_descending { "descending" } else { "ascending" };
        Link::to("/actors")
            .with("sort", column.name())
            .with("order", order)
    }

    /// The value of `aria-sort` of `column`'s heading.
    #[must_use]
    pub fn aria(self, column: Column) -> Option<&'static str> {
        let order = if self.is_descending {
            "descending"
        } else {
            "ascending"
        };
        (self.column == column).then_some(order)
    }
}

fn compare(column: Column, left: &ActorReport, right: &ActorReport) -> Ordering {
    let key = |actor: &ActorReport| match column {
        Column::Actor => 0.0,
        Column::Mailbox => actor.fill(),
        Column::Messages => actor.messages_per_second,
        Column::Wait => actor.wait_p99_seconds.unwrap_or(-1.0),
        Column::Handle => actor.handle_p99_seconds.unwrap_or(-1.0),
        Column::Busy => actor.busy_share,
    };
    key(left).total_cmp(&key(right))
}

#[cfg(test)]
mod tests {
    use spangraph_actors::activity::Role;

    use super::super::report::tests::actor;
    use super::*;

    fn query(sort: &str, order: Option<&str>) -> SortQuery {
        SortQuery {
            sort: Some(sort.to_owned()),
            order: order.map(str::to_owned),
        }
    }

    fn names(sort: Sort, actors: &[ActorReport]) -> Vec<&str> {
        sort.sorted(actors)
            .iter()
            .map(|actor| actor.role.as_str())
            .collect()
    }

    #[test]
    fn numbers_begin_with_the_largest_and_names_with_the_first() {
        let mut actors = [actor(Role::Ingest), actor(Role::Matcher), actor(Role::Timer)];
        actors[1].busy_share = 0.5;
        actors[2].wait_p99_seconds = Some(0.1);
        for (column, order, expected) in [
            ("actor", None, ["ingest", "matcher", "timer"]),
            ("actor", Some("descending"), ["timer", "matcher", "ingest"]),
            ("busy", None, ["matcher", "ingest", "timer"]),
            ("busy", Some("ascending"), ["ingest", "timer", "matcher"]),
            ("wait", None, ["timer", "ingest", "matcher"]),
        ] {
            let sort = Sort::parse(&query(column, order)).unwrap();
            assert_eq!(names(sort, &actors), expected, "{column} {order:?}");
        }
    }

    #[test]
    fn what_is_no_column_or_order_is_a_problem() {
        assert!(Sort::parse(&query("colour", None)).is_err());
        assert!(Sort::parse(&query("busy", Some("up"))).is_err());
        assert_eq!(Sort::parse(&SortQuery::default()).unwrap(), Sort::default());
    }

    #[test]
    fn a_heading_turns_its_own_order_round() {
        let sort = Sort::parse(&query("busy", None)).unwrap();
        assert_eq!(
            sort.link(Column::Busy).to_string(),
            "/actors?sort=busy&order=ascending"
        );
        assert_eq!(
            sort.link(Column::Wait).to_string(),
            "/actors?sort=wait&order=descending"
        );
        assert_eq!(
            (sort.aria(Column::Busy), sort.aria(Column::Wait)),
            (Some("descending"), None)
        );
    }
}
