//! Tenants that are written to endpoints of their own: nothing of one reaches another's.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::spans::{SpanExt as _, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

const REQUESTS: &str = "traces_service_graph_request_total";

/// Of each edge, who the request says that it is of, and whose spans made it.
type Edges = BTreeSet<(String, String)>;

/// The edges that a remote took.
fn taken(remote: &RemoteWriteReceiver) -> Edges {
    let samples = remote.samples().into_iter();
    let edges = samples.filter(|((_, labels), _)| labels["__name__"] == REQUESTS);
    edges
        .map(|((tenant, labels), _)| (tenant.unwrap_or_default(), labels["client"].clone()))
        .collect()
}

fn of(pairs: &[(&str, &str)]) -> Edges {
    let pairs = pairs.iter();
    pairs
        .map(|(tenant, client)| ((*tenant).to_owned(), (*client).to_owned()))
        .collect()
}

/// The endpoint of all tenants, acme's instead of it, and globex's beside it.
struct Remotes {
    global: RemoteWriteReceiver,
    acme: RemoteWriteReceiver,
    globex: RemoteWriteReceiver,
}

impl Remotes {
    fn start() -> Self {
        Self {
            global: RemoteWriteReceiver::start(),
            acme: RemoteWriteReceiver::start(),
            globex: RemoteWriteReceiver::start(),
        }
    }

    /// A server that writes to them.
    fn start_server(&self) -> Server {
        let config = ServerConfig::new().remote_write(&self.global.url());
        let acme = json!([{ "url": self.acme.url(), "headers": { "X-Whose": "acme" } }]);
        let globex = json!([{ "url": self.globex.url(), "name": "own" }]);
        let entries = json!({ "overrides": {
            "acme": { "metrics_generator": { "remote_write": acme } },
            "globex": { "metrics_generator": { "remote_write": globex, "remote_write_mode": "append" } },
        } });
        let file = config.folder().join("overrides.yaml");
        fs::write(&file, entries.to_string()).unwrap();
        let settings = json!({
            "multitenancy_enabled": true,
            "overrides": { "per_tenant_override_config": file },
        });
        config.with(&settings).start()
    }

    /// Each with the edges that it is to take.
    fn expected(&self) -> [(&RemoteWriteReceiver, Edges); 3] {
        let of_all = of(&[("globex", "globex-shop"), ("initech", "initech-shop")]);
        [
            (&self.global, of_all),
            (&self.acme, of(&[("acme", "acme-shop")])),
            (&self.globex, of(&[("globex", "globex-shop")])),
        ]
    }
}

/// An edge of every tenant, with the same trace and span ids for all.
fn send_edges(server: &Server) {
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    for tenant in ["acme", "globex", "initech"] {
        let client = of_service(&format!("{tenant}-shop"), vec![span(1, 1, SpanKind::Client)]);
        let called = of_service("cart", vec![span(1, 2, SpanKind::Server).parent(1)]);
        let answer = sender.send_as(Some(tenant), request(vec![client, called]));
        assert_eq!(answer, ALL_ACCEPTED, "{tenant}");
    }
}

/// Who the requests say that they are of.
fn tenants_named(remote: &RemoteWriteReceiver) -> BTreeSet<String> {
    let requests = remote.requests();
    let tenants = requests.iter().filter_map(|request| request.tenant());
    tenants.map(str::to_owned).collect()
}

/// How many requests have the header that acme's endpoint is sent.
fn requests_of_acme(remote: &RemoteWriteReceiver) -> usize {
    let requests = remote.requests();
    let of_acme = requests
        .iter()
        .filter(|request| request.headers.contains_key("x-whose"));
    of_acme.count()
}

#[test]
fn tenants_with_endpoints_of_their_own_do_not_mix() {
    let remotes = Remotes::start();
    let server = remotes.start_server();
    send_edges(&server);
    let expected = remotes.expected();
    until("every remote has its edges", Duration::from_secs(20), || {
        let found: Vec<_> = expected.iter().map(|(remote, _)| taken(remote)).collect();
        let are_there = expected.iter().map(|(_, edges)| edges).eq(&found);
        check(are_there, || format!("{found:?}"))
    });
    for (remote, edges) in &expected {
        let tenants: BTreeSet<_> = edges.iter().map(|(tenant, _)| tenant.clone()).collect();
        assert_eq!(tenants_named(remote), tenants);
    }
    let Remotes { global, acme, globex } = &remotes;
    assert_eq!((requests_of_acme(global), requests_of_acme(globex)), (0, 0));
    assert_eq!(requests_of_acme(acme), acme.requests().len());
    let own = server.own_metrics();
    for (tenant, endpoints) in [("acme", 1), ("globex", 2), ("initech", 1)] {
        let labels = [("tenant", tenant)];
        let sent = own.select("spangraph_remote_write_samples_sent_total", &labels);
        assert_eq!(sent.count(), endpoints, "{tenant}");
    }
}
