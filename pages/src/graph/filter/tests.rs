//! The query of the URL, and what it leaves of a graph, against a naive model.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::graph::model::{Edge, Node, NodeKind};

fn measures(rate: f64, error_share: f64) -> Measures {
    Measures {
        calls: rate * 10.0,
        rate: Some(rate),
        error_share: Some(error_share),
        ..Measures::default()
    }
}

/// Nodes `0`, `1`, … and edges with their rate and share of errors.
fn graph(nodes: usize, edges: &[(usize, usize, u8, u8)]) -> Graph {
    let name = |node: usize| format!("{node:02}");
    Graph {
        nodes: (0..nodes)
            .map(|node| Node {
                service: name(node),
                namespace: None,
                kind: NodeKind::Service,
                measures: measures(0.0, 0.0),
            })
            .collect(),
        edges: edges
            .iter()
            .map(|(from, to, rate, errors)| Edge {
                client: name(*from),
                server: name(*to),
                connection_type: String::new(),
                measures: measures(f64::from(*rate), f64::from(*errors) / 100.0),
            })
            .collect(),
        ..Graph::default()
    }
}

fn order(query: &str, graph: &mut Graph) {
    let query = Query::parse(query).unwrap();
    query.sort.order(graph, query.descending);
}

fn names(graph: &Graph) -> Vec<&str> {
    graph.nodes.iter().map(|node| node.service.as_str()).collect()
}

#[test]
fn a_query_survives_its_link() {
    let text = "?tenant=a&q=x%26y&focus=cart&depth=3&min_rate=0.5&unhealthy=2.5&group=namespace&sort=p95&direction=desc";
    let query = Query::parse(text.trim_start_matches('?')).unwrap();
    assert_eq!((query.depth, query.unhealthy), (3, Some(0.025)));
    assert_eq!(query.link("/graph").to_string(), format!("/graph{text}"));
    assert_eq!(Query::default().link("/graph").to_string(), "/graph");
}

#[test]
fn fields_that_a_form_leaves_empty_and_parameters_of_others_say_nothing() {
    let query = Query::parse("q=&focus=&depth=&min_rate=&group=&direction=&frozen=&view=1");
    assert_eq!(query.unwrap(), Query::default());
}

#[test]
fn a_value_that_makes_no_sense_is_named_with_its_parameter() {
    for (text, parameter) in [
        ("depth=-1", "depth"),
        ("depth=21", "depth"),
        ("min_rate=fast", "min_rate"),
        ("min_rate=NaN", "min_rate"),
        ("min_rate=-1", "min_rate"),
        ("unhealthy=101", "unhealthy"),
        ("group=colour", "group"),
        ("sort=size", "sort"),
        ("direction=up", "direction"),
    ] {
        let problem = Query::parse(text).unwrap_err();
        assert!(
            matches!(&problem, Problem::Parameter { name, .. } if *name == parameter),
            "{text}: {problem}"
        );
    }
}

#[test]
fn unhealthy_is_one_per_cent_unless_said_otherwise() {
    let share = |text| Query::parse(text).unwrap().unhealthy;
    assert_eq!(
        [
            "unhealthy=on",
            "unhealthy=",
            "unhealthy=5",
            "unhealthy=5%25",
            "q=a"
        ]
        .map(share),
        [Some(0.01), Some(0.01), Some(0.05), Some(0.05), None]
    );
}

#[test]
fn search_finds_parts_of_names_in_any_case_and_hides_nothing() {
    let query = Query::parse("q=CAR").unwrap();
    assert!(query.finds("cart") && !query.finds("frontend") && !Query::default().finds("cart"));
    let all = graph(3, &[(0, 1, 1, 0)]);
    assert_eq!(query.shown(query.topology(all.clone())), all);
}

#[test]
fn a_focus_that_is_not_there_leaves_nothing() {
    let query = Query::parse("focus=nobody").unwrap();
    assert_eq!(names(&query.topology(graph(3, &[(0, 1, 1, 0)]))), [""; 0]);
}

#[test]
fn a_rate_that_is_not_known_yet_is_not_too_small() {
    let mut graph = graph(2, &[(0, 1, 1, 0)]);
    for edge in &mut graph.edges {
        edge.measures.rate = None;
    }
    let shown = Query::parse("min_rate=5").unwrap().shown(graph);
    assert_eq!((shown.edges.len(), shown.nodes.len()), (1, 2));
}

#[test]
fn tables_are_sorted_by_numbers_and_names() {
    let mut by_rate = graph(3, &[(0, 1, 5, 0), (0, 2, 9, 0), (1, 2, 1, 0)]);
    order("sort=rate&direction=desc", &mut by_rate);
    let rates: Vec<_> = by_rate
        .edges
        .iter()
        .filter_map(|edge| edge.measures.rate)
        .collect();
    assert_eq!(rates, [9.0, 5.0, 1.0]);
    order("sort=server&direction=desc", &mut by_rate);
    assert_eq!(names(&by_rate), ["02", "01", "00"]);
}

type Edges = Vec<(usize, usize, u8, u8)>;

fn graphs() -> impl Strategy<Value = (usize, Edges)> {
    (1_usize..12).prop_flat_map(|nodes| {
        let edge = (0..nodes, 0..nodes, 0_u8..10, 0_u8..10);
        (Just(nodes), vec(edge, 0..20))
    })
}

/// Steps between all nodes by relaxing edges until nothing changes.
fn steps_from(focus: usize, nodes: usize, edges: &Edges) -> Vec<usize> {
    let mut steps = vec![usize::MAX; nodes];
    steps[focus] = 0;
    for _ in 0..nodes {
        for (from, to, _, _) in edges {
            for (a, b) in [(*from, *to), (*to, *from)] {
                steps[b] = steps[b].min(steps[a].saturating_add(1));
            }
        }
    }
    steps
}

proptest! {
    #[test]
    fn a_focus_leaves_what_is_as_near_as_its_depth((nodes, edges) in graphs(), focus in 0_usize..12, depth in 0_u32..5) {
        let focus = focus % nodes;
        let query = Query { focus: Some(format!("{focus:02}")), depth, ..Query::default() };
        let topology = query.topology(graph(nodes, &edges));
        let steps = steps_from(focus, nodes, &edges);
        let is_near = |node: usize| steps[node] <= depth as usize;
        let near: Vec<_> = (0..nodes).filter(|node| is_near(*node)).map(|node| format!("{node:02}")).collect();
        prop_assert_eq!(names(&topology), near);
        let between = edges.iter().filter(|(from, to, _, _)| is_near(*from) && is_near(*to));
        prop_assert_eq!(topology.edges.len(), between.count());
    }

    #[test]
    fn what_is_slow_or_healthy_is_hidden((nodes, edges) in graphs(), rate in 0_u8..10, percent in 0_u8..10) {
        let query = Query {
            min_rate: Some(f64::from(rate)),
            unhealthy: Some(f64::from(percent) / 100.0),
            ..Query::default()
        };
        let shown = query.shown(graph(nodes, &edges));
        let passing: Vec<_> = edges.iter().filter(|(_, _, r, e)| *r >= rate && *e >= percent).collect();
        prop_assert_eq!(shown.edges.len(), passing.len());
        let is_end = |node: &usize| passing.iter().any(|(from, to, _, _)| from == node || to == node);
        let ends: Vec<_> = (0..nodes)
            .filter(|node| is_end(node) || (rate == 0 && percent == 0))
            .map(|node| format!("{node:02}"))
            .collect();
        prop_assert_eq!(names(&shown), ends);
    }
}
