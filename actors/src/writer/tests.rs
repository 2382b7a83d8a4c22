//! The writer against HTTP servers of its own on loopback.

mod chunks;
mod delivery;
mod drain;
mod endpoint;
mod histograms;
mod identity;
mod loss;
mod pauses;
mod redirects;
mod seeds;
mod succession;
mod suspects;
mod tls;

use std::time::{Duration, Instant};

use actix::Actor as _;
use prometheus_client::registry::Registry;
use spangraph_config::{QueueSettings, TlsClientSettings};
use spangraph_test_support::exposition::Scrape;

use super::*;
use crate::activity::{ActorName, Role};
use crate::log_lines::Log;
use crate::supervision::Lifelines;

/// Parameters with short pauses, for the tenant `shop`.
pub(crate) fn parameters(url: &str) -> WriterParameters {
    let queue = QueueSettings {
        min_backoff: Duration::from_millis(5),
        max_backoff: Duration::from_millis(20),
        ..QueueSettings::default()
    };
    let endpoint = RemoteWriteEndpoint {
        name: "main".to_owned(),
        url: spangraph_config::RemoteUrl::new(url),
        remote_timeout: Duration::from_secs(5),
        headers: BTreeMap::new(),
        http_headers: BTreeMap::new(),
        basic_auth: None,
        bearer_token: None,
        tls: TlsClientSettings::default(),
        send_exemplars: true,
        send_native_histograms: false,
        write_relabel_rules: Vec::new(),
        follow_redirects: true,
        queue,
    };
    let tenant = TenantId::parse("shop").unwrap();
    let metrics = WriterMetrics::new();
    WriterParameters {
        tenant,
        endpoint,
        tenant_headers: BTreeMap::new(),
        add_org_id: true,
        metrics,
        tls_clients: TlsClients::default(),
        state: None,
    }
}

fn start(parameters: WriterParameters) -> Addr<Writer> {
    let (lifelines, _) = Lifelines::new();
    let parts = WriterParts {
        meter: ActorMeter::new(ActorName::new(Role::Writer, "shop/test"), MAILBOX),
        lifeline: lifelines.attach("writer"),
    };
    Writer::new(WriterBlueprint::new(parameters).unwrap(), parts).start()
}

/// Waits up to 10 s until the writer is as `wanted`.
async fn until(writer: &Addr<Writer>, wanted: impl Fn(&WriterDescription) -> bool) -> WriterDescription {
    let started = Instant::now();
    loop {
        let description = writer.send(Describe).await.unwrap();
        if wanted(&description) {
            return description;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{description:?}");
        actix_rt::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The value of the metric `spangraph_remote_write_` and `name` of the writer of [`parameters`], with `more` labels
/// than those that every one has.
fn metric(metrics: &WriterMetrics, name: &str, more: &[(&str, &str)]) -> Option<f64> {
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let labels = [&[("tenant", "shop"), ("endpoint", "main")], more].concat();
    let page = Scrape::parse(&text).unwrap();
    page.value(&format!("spangraph_remote_write_{name}"), &labels)
}
