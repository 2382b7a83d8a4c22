//! What waits goes on waiting under other settings.

use super::*;

fn with(wait: u64, dimensions: &[&str], prefixed: bool) -> ServiceGraphsSettings {
    ServiceGraphsSettings {
        wait: Duration::from_secs(wait),
        dimensions: dimensions.iter().map(|name| (*name).to_owned()).collect(),
        enable_client_server_prefix: prefixed,
        max_items: 10,
        ..ServiceGraphsSettings::default()
    }
}

/// One half with these values of its dimensions.
fn half_with(kind: EdgeKind, service: &'static str, values: &[&str]) -> HalfEdges {
    let mut batch = batch(&[half(1, 1, kind, service)]);
    let mut texts = Texts::clone(&batch.texts);
    let value = |value: &&str| texts.insert(value.as_bytes()).unwrap();
    batch.dimensions = values.iter().map(value).collect();
    batch.texts = Arc::new(texts);
    batch
}

fn started(settings: &ServiceGraphsSettings) -> Pairing {
    Pairing::new(settings, PairingBudgets::new(settings))
}

/// The dimensions of the only edge, the absent ones empty.
fn dimensions(edges: &Edges) -> Vec<&str> {
    let text = |id: &TextId| if id.is_present() { edges.texts.get(*id) } else { "" };
    edges.dimensions.iter().map(text).collect()
}

#[test]
fn a_half_that_waits_meets_its_other_half_with_the_dimensions_that_are_still_asked_for() {
    let (old, new) = (
        with(2, &["zone", "team"], false),
        with(2, &["tier", "zone"], false),
    );
    let (mut pairing, now) = (started(&old), START);
    pairing.apply(&half_with(EdgeKind::Client, "shop", &["z1", "t1"]), now);
    pairing.reconfigure(&old, &new);
    pairing.apply(&half_with(EdgeKind::Server, "cart", &["gold", ""]), now);
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(names(&edges), [("shop", "cart", "")]);
    assert_eq!(dimensions(&edges), ["gold", ""], "the later half's value wins");
    assert_eq!((outcomes.paired, pairing.budgets.pending.taken()), (2, 0));
}

#[test]
fn a_half_that_waits_gives_its_values_to_the_prefix_of_its_side() {
    let (old, new) = (with(2, &["zone"], false), with(2, &["zone"], true));
    let (mut pairing, now) = (started(&old), START);
    pairing.apply(&half_with(EdgeKind::Server, "cart", &["z1"]), now);
    pairing.reconfigure(&old, &new);
    pairing.apply(&half_with(EdgeKind::Client, "shop", &["z2"]), now);
    assert_eq!(dimensions(&pairing.take_edges()), ["z2", "z1"]);
}

#[test]
fn edges_that_were_not_handed_on_yet_have_the_new_dimensions_too() {
    let (old, new) = (with(2, &["zone", "team"], false), with(2, &["team"], false));
    let (mut pairing, now) = (started(&old), START);
    pairing.apply(&half_with(EdgeKind::Client, "shop", &["z1", "t1"]), now);
    pairing.apply(&half_with(EdgeKind::Server, "cart", &["z1", "t1"]), now);
    pairing.reconfigure(&old, &new);
    assert_eq!(dimensions(&pairing.take_edges()), ["t1"]);
}

#[test]
fn the_new_wait_counts_from_when_a_half_came() {
    for (old, new) in [(10, 3), (3, 10)] {
        let (old_settings, new_settings) = (with(old, &[], false), with(new, &[], false));
        let (mut pairing, start) = (started(&old_settings), START);
        pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), start);
        pairing.apply(
            &batch(&[half(2, 1, EdgeKind::Client, "shop")]),
            start + Duration::from_secs(1),
        );
        pairing.reconfigure(&old_settings, &new_settings);
        let mut left = |seconds| {
            pairing.expire(start + Duration::from_secs(seconds));
            pairing.pending_edges()
        };
        assert_eq!(
            [left(new - 1), left(new), left(new + 1)],
            [2, 1, 0],
            "{old} to {new}"
        );
    }
}
