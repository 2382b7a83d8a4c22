//! The registry against a map from label sets to values.

use std::collections::{BTreeMap, HashMap};

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{RegistrySettings, ServiceGraphsSettings, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{Identity, decode, registry, written};
use crate::batches::{Connection, Edge, Edges, Latency, Side, TextId};

/// An edge with its texts; numbers are in 64ths, so that sums are exact in any order.
#[derive(Clone, Debug)]
struct Call {
    client: String,
    server: String,
    connection: Connection,
    virtual_side: Option<Side>,
    failed: bool,
    server_64ths: u16,
    client_64ths: u16,
    weight: u8,
    /// Two texts a side.
    dimensions: [Option<String>; 4],
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ab]",
        "größe[12]",
        "aaaaa[bc]",
        Just("€uro".to_owned())
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let side = prop::option::of(prop::sample::select(vec![Side::Client, Side::Server]));
    let texts = (text(), text(), prop::array::uniform4(prop::option::of(text())));
    let numbers = (0u16..1000, 0u16..1000, 0u8..5);
    (texts, connection(), side, any::<bool>(), numbers).prop_map(
        |((client, server, dimensions), connection, virtual_side, failed, numbers)| Call {
            client,
            server,
            connection,
            virtual_side,
            failed,
            server_64ths: numbers.0,
            client_64ths: numbers.1,
            weight: numbers.2,
            dimensions,
        },
    )
}

fn connection() -> impl Strategy<Value = Connection> {
    prop::sample::select(vec![
        Connection::Unset,
        Connection::MessagingSystem,
        Connection::Database,
        Connection::VirtualNode,
    ])
}

fn settings() -> impl Strategy<Value = TenantSettings> {
    (service_graphs(), registry_settings()).prop_map(|(service_graphs, registry)| TenantSettings {
        service_graphs,
        registry,
        ..TenantSettings::default()
    })
}

/// Dimensions that are plain names, names to be cleaned, and names of other labels.
const DIMENSIONS: [&str; 9] = [
    "client",
    "le",
    "__name__",
    "9lives",
    "k8s.x",
    "k8s-x",
    "Zone",
    "virtual_node",
    "cluster",
];

fn service_graphs() -> impl Strategy<Value = ServiceGraphsSettings> {
    let dimensions = vec(prop::sample::select(DIMENSIONS.map(str::to_owned).to_vec()), 2);
    (dimensions, any::<bool>(), any::<bool>()).prop_map(|(dimensions, prefix, virtual_label)| {
        ServiceGraphsSettings {
            dimensions,
            enable_client_server_prefix: prefix,
            enable_virtual_node_label: virtual_label,
            histogram_buckets: vec![0.5, 4.0],
            ..ServiceGraphsSettings::default()
        }
    })
}

fn registry_settings() -> impl Strategy<Value = RegistrySettings> {
    let external = prop::sample::select(vec![
        None,
        Some(("cluster", "c")),
        Some(("client", "shadow")),
        Some(("server", "")),
    ]);
    let max_name = prop::sample::select(vec![0, 6, 100]);
    (external, 0usize..8, max_name).prop_map(|(external, max_value, max_name)| {
        let label = external.map(|(name, value)| (name.to_owned(), value.to_owned()));
        RegistrySettings {
            external_labels: label.into_iter().collect(),
            max_label_value_length: max_value,
            max_label_name_length: max_name,
            ..TenantSettings::default().registry
        }
    })
}

fn batch(calls: &[Call], settings: &TenantSettings) -> Edges {
    let mut batch = Edges::default();
    let width = if settings.service_graphs.enable_client_server_prefix {
        4
    } else {
        2
    };
    for call in calls {
        for dimension in &call.dimensions[..width] {
            let id = dimension
                .as_ref()
                .map(|text| batch.texts.insert(text.as_bytes()).unwrap());
            batch.dimensions.push(id.unwrap_or(TextId::ABSENT));
        }
        batch.edges.push(Edge {
            client: batch.texts.insert(call.client.as_bytes()).unwrap(),
            server: batch.texts.insert(call.server.as_bytes()).unwrap(),
            connection: call.connection,
            virtual_side: call.virtual_side,
            failed: call.failed,
            client_latency: Latency::of_seconds(f64::from(call.client_64ths) / 64.0),
            server_latency: Latency::of_seconds(f64::from(call.server_64ths) / 64.0),
            messaging_seconds: 0.0,
            multiplier: f64::from(call.weight),
            trace_id: [1; 16],
        });
    }
    batch
}

/// The labels of a call, by the rules in their plainest form.
fn labels(call: &Call, settings: &TenantSettings) -> BTreeMap<String, String> {
    let registry = &settings.registry;
    let mut labels = BTreeMap::new();
    for (name, value) in own_labels(call, &settings.service_graphs) {
        let name = cut(name, registry.max_label_name_length);
        labels.insert(name, cut(value, registry.max_label_value_length));
    }
    labels.extend(registry.external_labels.clone());
    labels.remove("__name__");
    labels.remove("le");
    labels.retain(|_, value| !value.is_empty());
    labels
}

/// Those that the edge gives, in the order in which later ones win.
fn own_labels(call: &Call, graphs: &ServiceGraphsSettings) -> Vec<(String, String)> {
    let connection = call.connection.as_str().to_owned();
    let mut own = vec![
        ("client".to_owned(), call.client.clone()),
        ("server".to_owned(), call.server.clone()),
        ("connection_type".to_owned(), connection),
    ];
    let values = dimension_names(graphs).into_iter().zip(call.dimensions.clone());
    own.extend(values.filter_map(|(name, value)| Some((name, value?))));
    if let Some(side) = call.virtual_side.filter(|_| graphs.enable_virtual_node_label) {
        let side = if side == Side::Client { "client" } else { "server" };
        own.push(("virtual_node".to_owned(), side.to_owned()));
    }
    own
}

fn dimension_names(graphs: &ServiceGraphsSettings) -> Vec<String> {
    let prefixes: &[&str] = if graphs.enable_client_server_prefix {
        &["client_", "server_"]
    } else {
        &[""]
    };
    let of_prefix = |prefix: &&str| {
        let names = graphs.dimensions.iter();
        names
            .map(|name| format!("{prefix}{name}").replace(['.', '-'], "_"))
            .collect::<Vec<_>>()
    };
    prefixes.iter().flat_map(of_prefix).collect()
}

/// The start of `text` that has at most `max` bytes; all of it when that is 0.
fn cut(mut text: String, max: usize) -> String {
    while max > 0 && text.len() > max {
        text.pop();
    }
    text
}

/// What `calls` add up to, series by series.
fn model(calls: &[Call], settings: &TenantSettings) -> HashMap<Identity, f64> {
    let mut values = HashMap::new();
    for call in calls {
        let labels = labels(call, settings);
        let mut add = |name: &str, bound: Option<&str>, value: f64| {
            let mut labels = labels.clone();
            labels.insert("__name__".to_owned(), format!("traces_service_graph_{name}"));
            labels.extend(bound.map(|bound| ("le".to_owned(), bound.to_owned())));
            *values.entry(written(labels)).or_insert(0.0) += value;
        };
        let weight = f64::from(call.weight);
        add("request_total", None, weight);
        if call.failed {
            add("request_failed_total", None, weight);
        }
        for (side, seconds) in [("server", call.server_64ths), ("client", call.client_64ths)] {
            let (name, seconds) = (format!("request_{side}_seconds"), f64::from(seconds) / 64.0);
            add(&format!("{name}_sum"), None, seconds * weight);
            add(&format!("{name}_count"), None, weight);
            for (text, bound) in [("0.5", 0.5), ("4", 4.0), ("+Inf", f64::INFINITY)] {
                add(
                    &format!("{name}_bucket"),
                    Some(text),
                    if seconds <= bound { weight } else { 0.0 },
                );
            }
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn series_are_those_of_the_model_however_the_edges_are_batched(
        settings in settings(),
        calls in vec(call(), 0..40),
        batch_size in 1usize..20,
    ) {
        let expected = model(&calls, &settings);
        let mut registry = registry(&settings);
        for calls in calls.chunks(batch_size) {
            registry.apply(&batch(calls, &settings), MINUTE);
        }
        let decoded = decode(&registry.collect(MINUTE + 1_000));
        prop_assert_eq!(decoded.values(), expected.clone());
        prop_assert_eq!(decoded.seeds.len(), expected.len());
        prop_assert_eq!(registry.stats().series.active, expected.len());
    }

    #[test]
    fn series_that_come_and_go_are_those_of_the_edges_since_they_came(
        rounds in vec(vec((0u8..5, 0u8..2), 0..6), 1..25),
    ) {
        let mut settings = TenantSettings::default();
        settings.service_graphs.histogram_buckets = vec![0.2];
        settings.registry.stale_duration = std::time::Duration::from_secs(30);
        let mut registry = registry(&settings);
        let mut model: HashMap<String, (f64, i64)> = HashMap::new();
        for (tick, round) in (0i64..).zip(rounds) {
            let now = MINUTE + tick * 15_000;
            let names: Vec<_> = round.iter().map(|(client, server)| (format!("c{client}"), format!("s{server}"))).collect();
            let pairs: Vec<_> = names.iter().map(|(client, server)| (client.as_str(), server.as_str())).collect();
            registry.apply(&crate::aggregator::decoded::edges(&pairs), now);
            for (client, server) in names {
                let identity = format!("traces_service_graph_request_total{{client={client:?},server={server:?}}}");
                let entry = model.entry(identity).or_insert((0.0, now));
                *entry = (entry.0 + 1.0, now);
            }
            model.retain(|_, (_, updated)| now + 1 - *updated < 30_000);
            let decoded = decode(&registry.collect(now + 1));
            let totals: HashMap<_, _> =
                decoded.values().into_iter().filter(|(identity, _)| identity.contains("request_total")).collect();
            let expected: HashMap<_, _> =
                model.iter().map(|(identity, (value, _))| (identity.clone(), *value)).collect();
            prop_assert_eq!(totals, expected);
            prop_assert_eq!(registry.stats().label_sets, model.len());
            prop_assert_eq!(registry.stats().keys, model.len());
        }
    }
}
