//! Tenants that are written to endpoints of their own: nothing of one reaches another's.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::spans::{SpanExt as _, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, ServerConfig, until};

const REQUESTS: &str = "traces_service_graph_request_total";

/// The tenants whose edges a remote took: who the request says they are of, and whose spans made them.
fn taken(remote: &RemoteWriteReceiver) -> BTreeSet<(String, String)> {
    let samples = remote.samples().into_iter();
    let edges = samples.filter(|((_, labels), _)| labels["__name__"] == REQUESTS);
    edges
        .map(|((tenant, labels), _)| (tenant.unwrap_or_default(), labels["client"].clone()))
        .collect()
}

fn of(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(tenant, client)| ((*tenant).to_owned(), (*client).to_owned()))
        .collect()
}

#[test]
fn tenants_with_endpoints_of_their_own_do_not_mix() {
    let [global, acme, globex] = [(); 3].map(|()| RemoteWriteReceiver::start());
    let config = ServerConfig::new().remote_write(&global.url());
    let entries = json!({ "overrides": {
        "acme": { "metrics_generator": {
            "remote_write": [{ "url": acme.url(), "headers": { "X-Whose": "acme" } }],
        } },
        "globex": { "metrics_generator": {
            "remote_write": [{ "url": globex.url(), "name": "own" }],
            "remote_write_mode": "append",
        } },
    } });
    let file = config.folder().join("overrides.yaml");
    fs::write(&file, entries.to_string()).unwrap();
    let server = config
        .with(&json!({
            "multitenancy_enabled": true,
            "overrides": { "per_tenant_override_config": file },
        }))
        .start();

    // The same trace and span ids for all.
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    for tenant in ["acme", "globex", "initech"] {
        let client = of_service(&format!("{tenant}-shop"), vec![span(1, 1, SpanKind::Client)]);
        let called = of_service("cart", vec![span(1, 2, SpanKind::Server).parent(1)]);
        let answer = sender.send_as(Some(tenant), request(vec![client, called]));
        assert_eq!(answer, ALL_ACCEPTED, "{tenant}");
    }
    let expected = [
        (
            &global,
            of(&[("globex", "globex-shop"), ("initech", "initech-shop")]),
        ),
        (&acme, of(&[("acme", "acme-shop")])),
        (&globex, of(&[("globex", "globex-shop")])),
    ];
    until("every remote has its edges", Duration::from_secs(20), || {
        let found: Vec<_> = expected.iter().map(|(remote, _)| taken(remote)).collect();
        check(expected.iter().map(|(_, edges)| edges).eq(&found), || {
            format!("{found:?}")
        })
    });
    for (remote, edges) in &expected {
        let tenants: BTreeSet<_> = edges.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let requests = remote.requests();
        let named: BTreeSet<_> = requests.iter().filter_map(|request| request.tenant()).collect();
        assert_eq!(named, tenants);
    }
    let whose = |remote: &RemoteWriteReceiver| {
        let requests = remote.requests();
        requests
            .iter()
            .filter(|request| request.headers.contains_key("x-whose"))
            .count()
    };
    assert_eq!((whose(&global), whose(&globex)), (0, 0));
    assert_eq!(whose(&acme), acme.requests().len());
    let own = server.own_metrics();
    for (tenant, endpoints) in [("acme", 1), ("globex", 2), ("initech", 1)] {
        let sent = own
            .select("spangraph_remote_write_samples_sent_total", &[("tenant", tenant)])
            .count();
        assert_eq!(sent, endpoints, "{tenant}");
    }
}
