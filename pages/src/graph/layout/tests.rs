//! Layouts of given and of random topologies.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn topology(nodes: usize, groups: &[u8], edges: &[(usize, usize)]) -> Topology {
    let mut edges: Vec<_> = edges.iter().copied().filter(|(from, to)| from != to).collect();
    edges.sort_unstable();
    edges.dedup();
    Topology {
        nodes: (0..nodes).map(|node| format!("service-{node:04}")).collect(),
        groups: groups
            .iter()
            .map(|group| Some(format!("space-{group}")).filter(|_| *group > 0))
            .collect(),
        edges,
    }
}

fn overlaps(a: &Rectangle, b: &Rectangle) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

fn contains(outer: &Rectangle, inner: &Rectangle) -> bool {
    outer.x <= inner.x
        && outer.y <= inner.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height
}

fn check(topology: &Topology) -> Layout {
    let layout = topology.lay_out();
    assert_eq!(layout.nodes.len(), topology.nodes.len(), "a node has no place");
    let whole = Rectangle {
        width: layout.size.width,
        height: layout.size.height,
        ..Rectangle::default()
    };
    check_apart(&layout.nodes, &whole);
    check_apart(&layout.groups, &whole);
    for (node, group) in topology.nodes.iter().zip(&topology.groups) {
        assert!(
            contains(&layout.groups[group], &layout.nodes[node]),
            "{node} is out of its box"
        );
    }
    for ((client, server), points) in &layout.passes {
        assert!(layout.nodes.contains_key(client) && layout.nodes.contains_key(server));
        for point in points {
            let inside = |rectangle: &&Rectangle| {
                overlaps(
                    rectangle,
                    &Rectangle {
                        x: point.x,
                        y: point.y,
                        width: 0.1,
                        height: 0.1,
                    },
                )
            };
            assert_eq!(
                layout.nodes.values().find(inside),
                None,
                "an edge passes through a node"
            );
        }
    }
    layout
}

fn check_apart<K: std::fmt::Debug>(places: &BTreeMap<K, Rectangle>, whole: &Rectangle) {
    let all: Vec<_> = places.iter().collect();
    for (index, (name, place)) in all.iter().enumerate() {
        assert!(contains(whole, place), "{name:?} is off the drawing: {place:?}");
        for (other, there) in &all[index + 1..] {
            assert!(!overlaps(place, there), "{name:?} overlaps {other:?}");
        }
    }
}

#[test]
fn callers_stand_left_of_what_they_call() {
    let layout = check(&topology(4, &[], &[(0, 1), (1, 2), (0, 2), (0, 3)]));
    let x = |node: &str| layout.nodes[node].x;
    assert!(x("service-0000") < x("service-0001") && x("service-0001") < x("service-0002"));
    assert_eq!(x("service-0001"), x("service-0003"));
    assert_eq!(layout.passes.len(), 1);
}

#[test]
fn nothing_has_a_layout_too() {
    assert!(check(&topology(0, &[], &[])).nodes.is_empty());
}

#[test]
fn a_namespace_has_a_box_round_its_nodes() {
    let layout = check(&topology(5, &[1, 1, 2, 0, 2], &[(0, 1), (1, 2), (2, 4), (4, 3)]));
    assert_eq!(layout.groups.len(), 3);
}

#[test]
fn five_hundred_services_with_a_thousand_calls_have_a_layout() {
    let mut random = 1_u32;
    let mut next = |below: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(random >> 8).unwrap() % below
    };
    let edges: Vec<_> = (0..1_000).map(|_| (next(500), next(500))).collect();
    check(&topology(500, &[], &edges));
    let tiers: Vec<_> = edges
        .iter()
        .map(|(from, to)| (from.min(to) / 10, *from.max(to)))
        .collect();
    check(&topology(500, &[], &tiers));
}

#[test]
fn a_long_chain_and_a_dense_core_have_a_layout() {
    let chain: Vec<_> = (0..499).map(|node| (node, node + 1)).collect();
    check(&topology(500, &[], &chain));
    let skipping: Vec<_> = chain
        .iter()
        .copied()
        .chain((0..498).map(|node| (node, 499)))
        .collect();
    check(&topology(500, &[], &skipping));
    let dense: Vec<_> = (0..40).flat_map(|a| (0..40).map(move |b| (a, b))).collect();
    check(&topology(40, &[], &dense));
}

/// Nodes, their groups and edges, with cycles, duplicates, self-loops and nodes without edges.
fn topologies() -> impl Strategy<Value = (usize, Vec<u8>, Vec<(usize, usize)>)> {
    (1_usize..28).prop_flat_map(|nodes| {
        let groups = prop_oneof![Just(Vec::new()), vec(0_u8..4, nodes)];
        (Just(nodes), groups, vec((0..nodes, 0..nodes), 0..60))
    })
}

proptest! {
    #[test]
    fn every_node_has_a_place_of_its_own((nodes, groups, edges) in topologies()) {
        check(&topology(nodes, &groups, &edges));
    }

    #[test]
    fn the_order_of_edges_makes_no_difference((nodes, groups, edges) in topologies(), seed in any::<u64>()) {
        let graph = |edges: &[(usize, usize)]| Graph {
            nodes: (0..nodes)
                .map(|node| super::super::model::Node {
                    service: format!("{node}"),
                    namespace: groups.get(node).map(|group| group.to_string()),
                    kind: Default::default(),
                    measures: Default::default(),
                })
                .collect(),
            edges: edges
                .iter()
                .map(|(from, to)| super::super::model::Edge {
                    client: from.to_string(),
                    server: to.to_string(),
                    connection_type: String::new(),
                    measures: Default::default(),
                })
                .collect(),
            ..Graph::default()
        };
        let mut shuffled = edges.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        let one = Topology::of(&graph(&edges), !groups.is_empty());
        let other = Topology::of(&graph(&shuffled), !groups.is_empty());
        prop_assert_eq!(one.lay_out(), other.lay_out());
    }
}
