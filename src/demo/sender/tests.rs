//! The demo against a collector on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tonic::Response;
use tonic::transport::Server;

use super::*;

const ENOUGH: usize = 20;

/// Keeps the tenants of the requests that came in; tells when there are enough.
#[derive(Clone, Default)]
struct Collector {
    tenants: Arc<Mutex<Vec<Option<String>>>>,
    enough: Arc<Notify>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let tenant = request
            .metadata()
            .get("x-scope-orgid")
            .map(|id| id.to_str().unwrap().to_owned());
        let spans = &request.get_ref().resource_spans[0].scope_spans[0].spans;
        assert!(!spans.is_empty());
        let mut tenants = self.tenants.lock().unwrap();
        tenants.push(tenant);
        if tenants.len() >= ENOUGH {
            self.enough.notify_one();
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn unused_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

fn demo(address: SocketAddr) -> Demo {
    Demo {
        traces_per_second: 200.0,
        tenant: Some("shop".to_owned()),
        ..Demo::new(format!("http://{address}"))
    }
}

#[tokio::test]
async fn a_server_that_comes_up_later_gets_the_traces_until_the_demo_is_stopped() {
    let address = unused_address().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(run(demo(address), async { drop(stopped.await) }));
    sleep(Duration::from_millis(50)).await;
    let collector = Collector::default();
    let service = TraceServiceServer::new(collector.clone());
    let server = tokio::spawn(Server::builder().add_service(service).serve(address));
    tokio::time::timeout(Duration::from_secs(20), collector.enough.notified())
        .await
        .expect("traces arrive");
    stop.send(()).unwrap();
    assert!(running.await.unwrap().is_ok());
    server.abort();
    let tenants = collector.tenants.lock().unwrap();
    assert!(tenants.iter().all(|tenant| tenant.as_deref() == Some("shop")));
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_the_start() {
    let address = unused_address().await;
    let refused = |demo| async move { run(demo, std::future::ready(())).await.unwrap_err().to_string() };
    for text in ["no url", "127.0.0.1:4317", ""] {
        let error = refused(Demo::new(text)).await;
        assert_eq!(error, format!("demo endpoint {text:?} is not a URL"));
    }
    for pace in [0.0, -1.0, f64::NAN, f64::INFINITY, 10_001.0, 1e-300] {
        let error = refused(Demo {
            traces_per_second: pace,
            ..demo(address)
        })
        .await;
        assert!(error.contains("at most 10000 traces a second"), "{error}");
    }
    let error = refused(Demo {
        tenant: Some("a\nb".to_owned()),
        ..demo(address)
    })
    .await;
    assert_eq!(error, "demo tenant \"a\\nb\" cannot be sent in a header");
}
