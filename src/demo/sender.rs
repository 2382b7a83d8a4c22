//! Sends the shop's traces over OTLP/gRPC, at a steady pace, for as long as it is let.

use std::future::Future;
use std::time::{Duration, SystemTime};

use futures_util::future::try_join_all;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tracing::{debug, info, warn};

use super::services::{EDGES, SERVICES};
use super::shop::Shop;

/// How long an export may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long the demo waits after a trace that was not taken.
const PAUSE: Duration = Duration::from_millis(500);

/// What the demo sends, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Demo {
    /// The OTLP/gRPC endpoint: `http://127.0.0.1:4317`.
    pub endpoint: String,
    /// The tenant to send as, for servers that have tenants.
    pub tenant: Option<String>,
    /// The pace, above 0 and at most 10000.
    pub traces_per_second: f64,
    /// The seed of all that is random.
    pub seed: u64,
}

/// Why the demo cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The endpoint is no URL.
    #[error("demo endpoint {0:?} is not a URL")]
    Endpoint(String),
    /// The tenant cannot stand in a header.
    #[error("demo tenant {0:?} cannot be sent in a header")]
    Tenant(String),
    /// The pace is not a positive number, or too high.
    #[error("demo pace must be above 0 and at most 10000 traces a second, but is {0}")]
    Pace(f64),
}

struct Sender {
    client: TraceServiceClient<Channel>,
    tenant: Option<MetadataValue<Ascii>>,
    ticks: Interval,
    shop: Shop,
    failing: bool,
}

impl Demo {
    /// A demo that sends 20 traces a second to `endpoint`, other ones at each start.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            tenant: None,
            traces_per_second: 20.0,
            seed: fastrand::u64(..),
        }
    }
}

/// Sends the traces of `demo` until `stop` is done; a server that is away is waited for.
///
/// # Errors
/// When `demo` has an endpoint, tenant or pace that is none.
pub async fn run(demo: Demo, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
    let sender = Sender::new(&demo)?;
    let (services, edges) = (SERVICES.len(), EDGES.len());
    info!(endpoint = %demo.endpoint, demo.traces_per_second, services, edges, "demo shop starts");
    tokio::select! {
        () = stop => {}
        () = Box::pin(sender.send_forever()) => {}
    }
    info!("demo shop stopped");
    Ok(())
}

impl Sender {
    fn new(demo: &Demo) -> Result<Self, DemoError> {
        let endpoint = Endpoint::from_shared(demo.endpoint.clone())
            .ok()
            .filter(|endpoint| endpoint.uri().scheme().is_some())
            .ok_or_else(|| DemoError::Endpoint(demo.endpoint.clone()))?;
        let channel = endpoint.connect_timeout(TIMEOUT).timeout(TIMEOUT).connect_lazy();
        let tenant = demo.tenant.as_deref().map(header).transpose()?;
        let mut ticks = interval(period(demo.traces_per_second)?);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let client = TraceServiceClient::new(channel);
        Ok(Self {
            client,
            tenant,
            ticks,
            shop: Shop::new(demo.seed),
            failing: false,
        })
    }

    async fn send_forever(mut self) {
        loop {
            self.ticks.tick().await;
            let requests = self.shop.next_trace(SystemTime::now());
            let exports = requests.into_iter().map(|request| self.export(request));
            let sent = try_join_all(exports).await;
            self.note(&sent);
            if sent.is_err() {
                sleep(PAUSE).await;
            }
        }
    }

    fn export(&self, spans: ExportTraceServiceRequest) -> impl Future<Output = Result<(), Status>> + use<> {
        let mut client = self.client.clone();
        let mut request = Request::new(spans);
        if let Some(tenant) = &self.tenant {
            request.metadata_mut().insert("x-scope-orgid", tenant.clone());
        }
        async move { client.export(request).await.map(drop) }
    }

    /// Logs the first trace that was not taken, and the first that was taken again.
    fn note(&mut self, sent: &Result<Vec<()>, Status>) {
        match sent {
            Ok(_) if self.failing => info!("demo shop's traces are taken again"),
            Ok(exports) => debug!(requests = exports.len(), "demo trace sent"),
            Err(status) if self.failing => debug!(%status, "demo trace not taken"),
            Err(status) => {
                warn!(code = ?status.code(), error = status.message(), "demo trace not taken, goes on trying")
            }
        }
        self.failing = sent.is_err();
    }
}

fn period(traces_per_second: f64) -> Result<Duration, DemoError> {
    let allowed = traces_per_second > 0.0 && traces_per_second <= 10_000.0;
    Duration::try_from_secs_f64(1.0 / traces_per_second)
        .ok()
        .filter(|_| allowed)
        .ok_or(DemoError::Pace(traces_per_second))
}

fn header(tenant: &str) -> Result<MetadataValue<Ascii>, DemoError> {
    tenant.parse().map_err(|_| DemoError::Tenant(tenant.to_owned()))
}

#[cfg(test)]
mod tests;
