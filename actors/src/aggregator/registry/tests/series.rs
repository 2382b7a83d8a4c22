//! Which series edges make.

use std::collections::BTreeSet;

use spangraph_config::{Processors, TenantSettings};
use spangraph_test_support::remote_write::WriteRequest;

use super::MINUTE;
use crate::aggregator::decoded::{Decoded, decode, edge, edges, registry};
use crate::aggregator::registry::{Applied, ConnectionCounts};
use crate::batches::{ChunkKind, Connection, Edge, Edges, LANES, Side, TextId};

/// Collects what one changed edge from `a` to `b` makes.
fn collect_one(settings: &TenantSettings, change: impl FnOnce(&mut Edge, &mut Edges)) -> Decoded {
    let mut batch = Edges::default();
    let mut one = edge(&mut batch, "a", "b");
    change(&mut one, &mut batch);
    batch.edges.push(one);
    let mut registry = registry(settings);
    registry.apply(&batch, MINUTE + 1_000);
    decode(&registry.collect(MINUTE + 15_000))
}

fn names(decoded: &Decoded) -> BTreeSet<&str> {
    decoded
        .samples
        .keys()
        .filter_map(|identity| identity.split('{').next())
        .collect()
}

fn settings_with(processors: Processors) -> TenantSettings {
    TenantSettings {
        processors,
        ..TenantSettings::default()
    }
}

#[test]
fn an_edge_is_counted_and_both_its_latencies_are_observed() {
    let values = collect_one(&TenantSettings::default(), |_, _| {}).values();
    let value = |name: &str, rest: &str| {
        values[&format!("traces_service_graph_{name}{{client=\"a\",{rest}server=\"b\"}}")]
    };
    assert_eq!(value("request_total", ""), 1.0);
    assert_eq!(value("request_server_seconds_bucket", "le=\"0.1\","), 0.0);
    assert_eq!(value("request_server_seconds_bucket", "le=\"0.2\","), 1.0);
    assert_eq!(value("request_server_seconds_bucket", "le=\"+Inf\","), 1.0);
    assert_eq!(value("request_server_seconds_count", ""), 1.0);
    assert_eq!(value("request_server_seconds_sum", ""), 0.15);
    assert_eq!(value("request_client_seconds_bucket", "le=\"0.2\","), 0.0);
    assert_eq!(value("request_client_seconds_bucket", "le=\"12.8\","), 1.0);
    assert_eq!(value("request_client_seconds_sum", ""), 0.3);
    assert_eq!(values.len(), 1 + 2 * 11);
}

#[test]
fn only_failed_edges_make_the_series_of_failed_ones() {
    let failed = "traces_service_graph_request_failed_total";
    let without = collect_one(&TenantSettings::default(), |_, _| {});
    assert!(!names(&without).contains(failed));
    let with = collect_one(&TenantSettings::default(), |edge, _| {
        edge.failed = true;
        edge.multiplier = 2.5;
    });
    assert_eq!(
        with.values()[&format!("{failed}{{client=\"a\",server=\"b\"}}")],
        2.5
    );
}

#[test]
fn subprocessors_have_the_families_they_are_named_for() {
    let request = Processors {
        service_graphs_request: true,
        ..Processors::default()
    };
    let latency = Processors {
        service_graphs_latency: true,
        ..Processors::default()
    };
    let info = Processors {
        service_graphs_connection_info: true,
        ..Processors::default()
    };
    let made = |processors| collect_one(&settings_with(processors), |_, _| {});
    assert_eq!(
        names(&made(request)),
        ["traces_service_graph_request_total"].into()
    );
    assert_eq!(made(latency).samples.len(), 22);
    let gauge = "traces_service_graph_connection_info{client=\"a\",server=\"b\"}";
    assert_eq!(made(info).values(), [(gauge.to_owned(), 1.0)].into());
    assert!(made(info).seeds.is_empty(), "gauges are not seeded");
    assert!(made(Processors::default()).samples.is_empty());
}

#[test]
fn messages_are_observed_when_switched_on_and_only_above_zero() {
    let count = "traces_service_graph_request_messaging_system_seconds_count{client=\"a\",connection_type=\"messaging_system\",server=\"b\"}";
    let observed = |on, seconds| {
        let mut settings = TenantSettings::default();
        settings.service_graphs.enable_messaging_system_latency_histogram = on;
        let decoded = collect_one(&settings, |edge, _| {
            edge.connection = Connection::MessagingSystem;
            edge.messaging_seconds = seconds;
        });
        decoded.values().get(count).copied()
    };
    assert_eq!(observed(true, 0.5), Some(1.0));
    assert_eq!(observed(true, 0.0), None);
    assert_eq!(observed(false, 0.5), None);
}

#[test]
fn the_virtual_side_is_a_label_only_when_switched_on() {
    let made = |on| {
        let mut settings = settings_with(Processors {
            service_graphs_request: true,
            ..Processors::default()
        });
        settings.service_graphs.enable_virtual_node_label = on;
        let decoded = collect_one(&settings, |edge, _| {
            edge.connection = Connection::VirtualNode;
            edge.virtual_side = Some(Side::Client);
        });
        decoded.samples.into_keys().next().unwrap()
    };
    let expected =
        "traces_service_graph_request_total{client=\"a\",connection_type=\"virtual_node\",server=\"b\"";
    assert_eq!(made(false), format!("{expected}}}"));
    assert_eq!(made(true), format!("{expected},virtual_node=\"client\"}}"));
}

#[test]
fn dimensions_of_both_sides_have_their_prefixes() {
    let mut settings = settings_with(Processors {
        service_graphs_request: true,
        ..Processors::default()
    });
    settings.service_graphs.dimensions = vec!["k8s.cluster.name".to_owned(), "tier".to_owned()];
    settings.service_graphs.enable_client_server_prefix = true;
    let decoded = collect_one(&settings, |_, batch| {
        let texts = ["c1", "gold", "c2"].map(|text| batch.texts.insert(text.as_bytes()).unwrap());
        batch.dimensions = [texts.as_slice(), &[TextId::ABSENT]].concat();
    });
    let expected = "traces_service_graph_request_total{client=\"a\",client_k8s_cluster_name=\"c1\",\
                    client_tier=\"gold\",server=\"b\",server_k8s_cluster_name=\"c2\"}";
    assert_eq!(decoded.values(), [(expected.to_owned(), 1.0)].into());
}

#[test]
fn a_batch_with_other_dimensions_than_configured_gets_none() {
    let settings = settings_with(Processors {
        service_graphs_request: true,
        ..Processors::default()
    });
    let decoded = collect_one(&settings, |_, batch| batch.dimensions = vec![TextId::EMPTY; 3]);
    assert_eq!(decoded.values().len(), 1);
}

#[test]
fn edges_are_told_by_what_connects_them() {
    let mut batch = edges(&[("a", "b"), ("a", "c"), ("a", "d"), ("a", "e"), ("a", "f")]);
    let kinds = [
        Connection::Database,
        Connection::VirtualNode,
        Connection::MessagingSystem,
        Connection::Database,
    ];
    for (edge, connection) in batch.edges.iter_mut().zip(kinds) {
        edge.connection = connection;
    }
    let applied = registry(&TenantSettings::default()).apply(&batch, MINUTE);
    let edges = ConnectionCounts {
        unset: 1,
        messaging_system: 1,
        database: 2,
        virtual_node: 1,
    };
    assert_eq!(
        applied,
        Applied {
            edges,
            limited_updates: 0
        }
    );
}

#[test]
fn every_cut_between_series_decodes_and_chunks_stay_small() {
    let mut registry = registry(&TenantSettings::default());
    let names: Vec<_> = (0..6000).map(|number| format!("service-{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "db")).collect();
    registry.apply(&edges(&pairs), MINUTE);
    let collected = registry.collect(MINUTE + 15_000);
    assert_eq!(decode(&collected).samples.len(), 6000 * 23);
    let of_kind = |kind| collected.chunks.iter().filter(move |chunk| chunk.kind == kind);
    assert!(
        of_kind(ChunkKind::Samples).count() > LANES,
        "a lane holds more than one chunk"
    );
    for chunk in of_kind(ChunkKind::Samples).take(5) {
        let plain = chunk.series.decompress().unwrap();
        let mut start = 0;
        for end in chunk.ends.iter() {
            let series = &plain[start..end.byte as usize];
            let request: WriteRequest = prost::Message::decode(series).unwrap();
            assert_eq!(request.timeseries.len(), 1);
            start = end.byte as usize;
        }
        assert_eq!(start, plain.len());
    }
}

#[test]
fn a_series_always_travels_in_the_same_lane() {
    let batch = edges(&[("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")]);
    let lanes = || {
        let mut registry = registry(&TenantSettings::default());
        registry.apply(&batch, MINUTE);
        let lanes: BTreeSet<_> = registry
            .collect(MINUTE)
            .chunks
            .iter()
            .map(|chunk| chunk.lane)
            .collect();
        lanes
    };
    assert_eq!(lanes(), lanes());
    assert!(lanes().len() <= 4, "series of one label set share a lane");
}
