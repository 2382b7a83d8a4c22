//! The registry against a map from label sets to values.

use std::collections::{BTreeMap, HashMap};

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::TenantSettings;

use super::MINUTE;
use crate::aggregator::decoded::{Identity, decode, registry, written};
use crate::edge::{Edge, Edges};
use crate::half_edge::{Connection, Side};
use crate::latency::Latency;
use crate::texts::TextId;

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
    let connection = prop::sample::select(vec![
        Connection::Unset,
        Connection::MessagingSystem,
        Connection::Database,
        Connection::VirtualNode,
    ]);
    let side = prop::option::of(prop::sample::select(vec![Side::Client, Side::Server]));
    let dimensions = [
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
    ];
    (
        text(),
        text(),
        connection,
        side,
        any::<bool>(),
        0u16..1000,
        0u16..1000,
        0u8..5,
        dimensions,
    )
        .prop_map(
            |(
                client,
                server,
                connection,
                virtual_side,
                failed,
                server_64ths,
                client_64ths,
                weight,
                dimensions,
            )| Call {
                client,
                server,
                connection,
                virtual_side,
                failed,
                server_64ths,
                client_64ths,
                weight,
                dimensions,
            },
        )
}

fn settings() -> impl Strategy<Value = TenantSettings> {
    let names = [
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
    let dimensions = vec(prop::sample::select(names.to_vec()), 2);
    let external = prop::sample::select(vec![
        None,
        Some(("cluster", "c")),
        Some(("client", "shadow")),
        Some(("server", "")),
    ]);
    (
        dimensions,
        external,
        any::<bool>(),
        any::<bool>(),
        0usize..8,
        prop::sample::select(vec![0, 6, 100]),
    )
        .prop_map(
            |(dimensions, external, prefix, virtual_label, max_value, max_name)| {
                let mut settings = TenantSettings::default();
                settings.service_graphs.dimensions = dimensions.into_iter().map(str::to_owned).collect();
                settings.service_graphs.enable_client_server_prefix = prefix;
                settings.service_graphs.enable_virtual_node_label = virtual_label;
                settings.service_graphs.histogram_buckets = vec![0.5, 4.0];
                settings.registry.external_labels = external
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                settings.registry.max_label_value_length = max_value;
                settings.registry.max_label_name_length = max_name;
                settings
            },
        )
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
    let graphs = &settings.service_graphs;
    let mut own: Vec<(String, Option<String>)> = vec![
        ("client".to_owned(), Some(call.client.clone())),
        ("server".to_owned(), Some(call.server.clone())),
        (
            "connection_type".to_owned(),
            Some(call.connection.as_str().to_owned()),
        ),
    ];
    let prefixes: &[&str] = if graphs.enable_client_server_prefix {
        &["client_", "server_"]
    } else {
        &[""]
    };
    let names = prefixes.iter().flat_map(|prefix| {
        graphs
            .dimensions
            .iter()
            .map(move |name| format!("{prefix}{name}"))
    });
    own.extend(
        names
            .map(|name| name.replace(['.', '-'], "_"))
            .zip(call.dimensions.iter().cloned()),
    );
    if graphs.enable_virtual_node_label {
        let side = call
            .virtual_side
            .map(|side| if side == Side::Client { "client" } else { "server" });
        own.push(("virtual_node".to_owned(), side.map(str::to_owned)));
    }
    let cut = |text: String, max: usize| {
        let mut text = text;
        while max > 0 && text.len() > max {
            text.pop();
        }
        text
    };
    let registry = &settings.registry;
    let mut labels = BTreeMap::new();
    for (name, value) in own {
        if let Some(value) = value {
            labels.insert(
                cut(name, registry.max_label_name_length),
                cut(value, registry.max_label_value_length),
            );
        }
    }
    labels.extend(registry.external_labels.clone());
    labels.remove("__name__");
    labels.remove("le");
    labels.retain(|_, value| !value.is_empty());
    labels
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
