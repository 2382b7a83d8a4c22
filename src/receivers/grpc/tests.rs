//! The gRPC receiver through real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use spangraph_actors::admission::{Accepted, Refusal};
use spangraph_serving::receiver_metrics::ReceiverMetrics;
use spangraph_test_support::exposition::Scrape;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::*;
use crate::receivers::recording_sink::RecordingSink;

mod going_away;
mod health;
mod idle_streams;
mod lifetime;
mod wire;

type Client = TraceServiceClient<Channel>;

fn settings() -> GrpcReceiverSettings {
    GrpcReceiverSettings {
        endpoint: SocketAddr::from(([127, 0, 0, 1], 0)).into(),
        max_message_bytes: 1 << 20,
        max_concurrent_streams: 100,
        max_connections: 10,
        max_connection_age: None,
        max_connection_age_grace: Duration::from_secs(10),
        tls: None,
    }
}

fn always_ready() -> IsReady {
    Arc::new(|| true)
}

fn start(settings: &GrpcReceiverSettings, sink: &RecordingSink) -> GrpcReceiver {
    let intake = Intake::new(sink.clone(), true, ReceiverMetrics::default());
    GrpcReceiver::start(settings, intake, 1, always_ready()).unwrap()
}

async fn client(receiver: &GrpcReceiver) -> Client {
    let url = format!("http://{}", receiver.local_address());
    TraceServiceClient::connect(url).await.unwrap()
}

fn spans(name: &str) -> ExportTraceServiceRequest {
    let span = Span {
        name: name.to_owned(),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans,
            ..ResourceSpans::default()
        }],
    }
}

fn of_tenant<T>(message: T, tenants: &[&str]) -> Request<T> {
    let mut request = Request::new(message);
    for tenant in tenants {
        request
            .metadata_mut()
            .append("x-scope-orgid", tenant.parse().unwrap());
    }
    request
}

async fn export(
    sink: &RecordingSink,
    request: Request<ExportTraceServiceRequest>,
) -> Result<ExportTraceServiceResponse, Status> {
    let receiver = start(&settings(), sink);
    let outcome = client(&receiver).await.export(request).await;
    assert!(receiver.stop(Duration::from_secs(5)).await);
    outcome.map(tonic::Response::into_inner)
}

async fn refused(refusal: Refusal) -> Status {
    let sink = RecordingSink::answering(Err(refusal));
    export(&sink, of_tenant(spans("a"), &["one"])).await.unwrap_err()
}

#[tokio::test]
async fn the_bytes_reach_the_pipeline_as_sent_whatever_the_compression() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    let client = client(&receiver).await;
    for encoding in [
        None,
        Some(CompressionEncoding::Gzip),
        Some(CompressionEncoding::Zstd),
    ] {
        // Big enough to come in several frames, and to be decompressed off the thread that serves.
        for message in [spans("a"), spans(&"long".repeat(200_000))] {
            let mut client = client.clone();
            if let Some(encoding) = encoding {
                client = client.send_compressed(encoding);
            }
            let response = client.export(of_tenant(message.clone(), &["one"])).await.unwrap();
            assert_eq!(
                response.into_inner(),
                ExportTraceServiceResponse {
                    partial_success: None
                }
            );
            let request = sink.requests().pop().unwrap();
            assert_eq!(request.tenant.as_str(), "one");
            assert!(!request.without_metrics);
            assert!(request.spans == message.encode_to_vec(), "{encoding:?}");
        }
    }
    assert_eq!(sink.requests().len(), 6);
}

#[tokio::test]
async fn partial_success_tells_count_and_reason() {
    let accepted = Accepted {
        spans: 4,
        rejected_spans: 2,
        reason: Some("empty trace id".to_owned()),
    };
    let sink = RecordingSink::answering(Ok(accepted));
    let response = export(&sink, of_tenant(spans("a"), &["one"])).await.unwrap();
    let partial = response.partial_success.unwrap();
    assert_eq!(
        (partial.rejected_spans, partial.error_message.as_str()),
        (2, "empty trace id")
    );
}

#[tokio::test]
async fn overload_is_resource_exhausted_with_retry_info() {
    let retry_after = Duration::from_millis(1500);
    let status = refused(Refusal::Overloaded {
        what: "admission",
        retry_after,
    })
    .await;
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(
        status.get_details_retry_info().unwrap().retry_delay,
        Some(retry_after)
    );
}

#[tokio::test]
async fn other_refusals_have_their_codes_and_no_details() {
    for (refusal, code) in [
        (Refusal::ShuttingDown, Code::Unavailable),
        (Refusal::Malformed("no".to_owned()), Code::InvalidArgument),
        (Refusal::Broken, Code::Internal),
    ] {
        let status = refused(refusal.clone()).await;
        assert_eq!(
            (status.code(), status.message()),
            (code, refusal.to_string().as_str())
        );
        assert!(status.details().is_empty());
    }
}

#[tokio::test]
async fn large_messages_and_bombs_are_resource_exhausted_without_retry_info() {
    let sink = RecordingSink::default();
    let settings = GrpcReceiverSettings {
        max_message_bytes: 100_000,
        ..settings()
    };
    let receiver = start(&settings, &sink);
    let client = client(&receiver).await;
    for (encoding, length) in [
        (None, 100_001),
        (Some(CompressionEncoding::Gzip), 100 << 20),
        (Some(CompressionEncoding::Zstd), 100 << 20),
    ] {
        let mut client = client.clone();
        if let Some(encoding) = encoding {
            client = client.send_compressed(encoding);
        }
        let request = of_tenant(spans(&"0".repeat(length)), &["one"]);
        let status = client.export(request).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        assert_eq!(status.message(), "request is larger than 100000 bytes");
        assert!(status.get_details_retry_info().is_none());
    }
    assert!(sink.requests().is_empty());
}

#[tokio::test]
async fn tenants_must_be_named_once_and_well() {
    let sink = RecordingSink::default();
    for (tenants, code) in [
        (&[][..], Code::Unauthenticated),
        (&["../up"], Code::InvalidArgument),
        (&["one", "two"], Code::InvalidArgument),
    ] {
        let status = export(&sink, of_tenant(spans("a"), tenants)).await.unwrap_err();
        assert_eq!(status.code(), code, "{tenants:?}");
        assert!(status.message().contains("X-Scope-OrgID"), "{status}");
    }
    assert!(sink.requests().is_empty());
}

#[tokio::test]
async fn without_multitenancy_there_is_one_tenant() {
    let sink = RecordingSink::default();
    let intake = Intake::new(sink.clone(), false, ReceiverMetrics::default());
    let receiver = GrpcReceiver::start(&settings(), intake, 1, always_ready()).unwrap();
    client(&receiver)
        .await
        .export(of_tenant(spans("a"), &["one", "two"]))
        .await
        .unwrap();
    assert_eq!(sink.requests()[0].tenant.as_str(), "single-tenant");
}

#[tokio::test]
async fn no_generate_metrics_goes_along() {
    let sink = RecordingSink::default();
    let mut request = of_tenant(spans("a"), &["one"]);
    request
        .metadata_mut()
        .insert("no-generate-metrics", "".parse().unwrap());
    export(&sink, request).await.unwrap();
    assert!(sink.requests()[0].without_metrics);
}

#[tokio::test]
async fn what_was_answered_is_counted() {
    let sink = RecordingSink::default();
    let metrics = ReceiverMetrics::default();
    let mut registry = prometheus_client::registry::Registry::default();
    metrics.register(&mut registry);
    let receiver =
        GrpcReceiver::start(&settings(), Intake::new(sink, true, metrics), 1, always_ready()).unwrap();
    let mut client = client(&receiver).await;
    let message = spans("a");
    client.export(of_tenant(message.clone(), &["one"])).await.unwrap();
    client.export(of_tenant(message.clone(), &[])).await.unwrap_err();
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let expected = format!(
        r#"
spangraph_receiver_requests_total{{transport="grpc",code="OK"}} 1
spangraph_receiver_requests_total{{transport="grpc",code="UNAUTHENTICATED"}} 1
spangraph_receiver_refused_total{{transport="grpc",reason="unauthenticated"}} 1
spangraph_receiver_body_bytes_total{{transport="grpc"}} {}
spangraph_receiver_connections{{transport="grpc"}} 1
spangraph_receiver_request_seconds_count{{transport="grpc"}} 2
"#,
        message.encoded_len()
    );
    let expected = Scrape::parse(&expected).unwrap();
    let missing = expected.missing_from(&Scrape::parse(&text).unwrap());
    assert!(missing.is_empty(), "{missing:?} in\n{text}");
}
