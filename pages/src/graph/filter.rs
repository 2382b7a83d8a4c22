//! The question to the graph: the query of the URL, and what of the graph it leaves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::model::Graph;
use super::rates::Measures;
use super::sort::Sort;
use crate::links::Link;
use crate::problem::Problem;

/// How far round the focus one sees unless the query says otherwise.
const DEPTH: u32 = 1;
/// The farthest one may ask for.
const DEEPEST: u32 = 20;
/// What is unhealthy when the query does not say from how many per cent on.
const UNHEALTHY_PERCENT: f64 = 1.0;

/// What the URL asks for; unknown parameters are left alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The tenant's id.
    pub tenant: Option<String>,
    /// Names with this in them stand out.
    pub search: Option<String>,
    /// Only this service and what is near it.
    pub focus: Option<String>,
    /// How many steps round the focus, in both directions.
    pub depth: u32,
    /// Only calls of at least so many a second.
    pub min_rate: Option<f64>,
    /// Only what fails at least at this share, 0 to 1.
    pub unhealthy: Option<f64>,
    /// Nodes of a namespace stand together.
    pub by_namespace: bool,
    /// The order of the tables.
    pub sort: Sort,
    /// From the largest or last to the smallest or first.
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            tenant: None,
            search: None,
            focus: None,
            depth: DEPTH,
            min_rate: None,
            unhealthy: None,
            by_namespace: false,
            sort: Sort::default(),
            descending: false,
        }
    }
}

impl Query {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// When a parameter has a value that makes no sense.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(text);
        let pairs = pairs.map_err(|error| problem("query", error.to_string()))?;
        let mut query = Self::default();
        for (name, value) in pairs.into_inner() {
            query.set(&name, value.trim())?;
        }
        Ok(query)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let text = || Some(value.to_owned()).filter(|text| !text.is_empty());
        match name {
            "tenant" => self.tenant = text(),
            "q" => self.search = text(),
            "focus" => self.focus = text(),
            "depth" => self.depth = depth(value)?,
            "min_rate" => self.min_rate = min_rate(value)?,
            "unhealthy" => self.unhealthy = Some(unhealthy(value)?),
            "group" => self.by_namespace = group(value)?,
            "sort" => self.sort = Sort::parse(value).map_err(|reason| problem("sort", reason))?,
            "direction" => self.descending = direction(value)?,
            _ => {}
        }
        Ok(())
    }

    /// A link to `path` that asks the same; what is as by default is left out.
    #[must_use]
    pub fn link(&self, path: &str) -> Link {
        let depth = (self.depth != DEPTH).then(|| self.depth.to_string());
        let min_rate = self.min_rate.map(|rate| rate.to_string());
        let unhealthy = self.unhealthy_percent().map(|percent| percent.to_string());
        let sort = (self.sort != Sort::default()).then(|| self.sort.word());
        Link::to(path)
            .with_optional("tenant", self.tenant.as_deref())
            .with_optional("q", self.search.as_deref())
            .with_optional("focus", self.focus.as_deref())
            .with_optional("depth", depth.as_deref())
            .with_optional("min_rate", min_rate.as_deref())
            .with_optional("unhealthy", unhealthy.as_deref())
            .with_optional("group", self.by_namespace.then_some("namespace"))
            .with_optional("sort", sort)
            .with_optional("direction", self.descending.then_some("desc"))
    }

    /// From how many per cent of failures on things are shown, when only those are.
    #[must_use]
    pub fn unhealthy_percent(&self) -> Option<f64> {
        self.unhealthy.map(|share| (share * 1e8).round() / 1e6)
    }

    /// Whether `name` is searched for.
    #[must_use]
    pub fn finds(&self, name: &str) -> bool {
        let contains = |search: &String| name.to_lowercase().contains(&search.to_lowercase());
        self.search.as_ref().is_some_and(contains)
    }

    /// The part of `graph` that is drawn, be all of it shown or not: the topology stays while rates change.
    #[must_use]
    pub fn topology(&self, mut graph: Graph) -> Graph {
        let Some(focus) = &self.focus else { return graph };
        let near: BTreeSet<String> = near(&graph, focus, self.depth)
            .into_iter()
            .map(str::to_owned)
            .collect();
        graph.nodes.retain(|node| near.contains(&node.service));
        graph
            .edges
            .retain(|edge| near.contains(&edge.client) && near.contains(&edge.server));
        graph
    }

    /// The part of a topology that is shown.
    #[must_use]
    pub fn shown(&self, mut topology: Graph) -> Graph {
        if self.min_rate.is_none() && self.unhealthy.is_none() {
            return topology;
        }
        topology.edges.retain(|edge| self.passes(&edge.measures));
        let ends = topology
            .edges
            .iter()
            .flat_map(|edge| [&edge.client, &edge.server]);
        let ends: BTreeSet<String> = ends.cloned().collect();
        topology.nodes.retain(|node| {
            let is_focus = self.focus.as_deref() == Some(node.service.as_str());
            is_focus || ends.contains(&node.service) || self.passes(&node.measures)
        });
        topology
    }

    /// A rate that is not known yet is not held to be too small.
    fn passes(&self, measures: &Measures) -> bool {
        let fast = |least| measures.rate.is_none_or(|rate| rate >= least);
        let sick = |least| measures.error_share.is_some_and(|share| share >= least);
        self.min_rate.is_none_or(fast) && self.unhealthy.is_none_or(sick)
    }
}

/// What is at most `depth` steps from `focus`, in both directions; nothing when there is no such node.
fn near<'a>(graph: &'a Graph, focus: &str, depth: u32) -> BTreeSet<&'a str> {
    let mut neighbours = BTreeMap::<&str, Vec<&str>>::new();
    for edge in &graph.edges {
        neighbours.entry(&edge.client).or_default().push(&edge.server);
        neighbours.entry(&edge.server).or_default().push(&edge.client);
    }
    let start = graph.node(focus).map(|node| node.service.as_str());
    let mut near: BTreeSet<&str> = start.into_iter().collect();
    let mut next: VecDeque<_> = start.map(|start| (start, 0)).into_iter().collect();
    while let Some((node, steps)) = next.pop_front() {
        if steps == depth {
            continue;
        }
        for neighbour in neighbours.get(node).into_iter().flatten() {
            if near.insert(neighbour) {
                next.push_back((neighbour, steps + 1));
            }
        }
    }
    near
}

fn problem(name: &'static str, reason: String) -> Problem {
    Problem::Parameter { name, reason }
}

fn depth(value: &str) -> Result<u32, Problem> {
    if value.is_empty() {
        return Ok(DEPTH);
    }
    let parsed = value.parse().ok().filter(|depth| *depth <= DEEPEST);
    parsed.ok_or_else(|| {
        problem(
            "depth",
            format!("{value:?} is not a whole number from 0 to {DEEPEST}"),
        )
    })
}

fn min_rate(value: &str) -> Result<Option<f64>, Problem> {
    if value.is_empty() {
        return Ok(None);
    }
    let parsed = value
        .parse::<f64>()
        .ok()
        .filter(|rate| rate.is_finite() && *rate >= 0.0);
    parsed.map(Some).ok_or_else(|| {
        problem(
            "min_rate",
            format!("{value:?} is not a number of calls a second, such as 0.5"),
        )
    })
}

fn unhealthy(value: &str) -> Result<f64, Problem> {
    if matches!(value, "" | "on" | "true") {
        return Ok(UNHEALTHY_PERCENT / 100.0);
    }
    let number = value.trim_end_matches('%').trim_end().parse::<f64>().ok();
    let percent = number.filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or_else(|| {
        problem(
            "unhealthy",
            format!("{value:?} is not a share of failures in per cent, 0 to 100"),
        )
    })
}

fn group(value: &str) -> Result<bool, Problem> {
    match value {
        "namespace" => Ok(true),
        "" | "none" => Ok(false),
        other => Err(problem(
            "group",
            format!("{other:?} is neither namespace nor none"),
        )),
    }
}

fn direction(value: &str) -> Result<bool, Problem> {
    match value {
        "desc" => Ok(true),
        "" | "asc" => Ok(false),
        other => Err(problem("direction", format!("{other:?} is neither asc nor desc"))),
    }
}

#[cfg(test)]
mod tests;
