//! The Rust SDK with its own OTLP exporter.

use opentelemetry::trace::{Span, SpanContext, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::{CALLED, CALLER, wait_for_edge};
use crate::harness::{Server, ServerConfig};

/// An exporter of one protocol to a server.
type MakeExporter = fn(&Server) -> SpanExporter;

fn provider(service: &str, exporter: SpanExporter) -> SdkTracerProvider {
    let resource =
        Resource::builder_empty().with_attribute(KeyValue::new("service.name", service.to_owned()));
    SdkTracerProvider::builder()
        .with_resource(resource.build())
        .with_batch_exporter(exporter)
        .build()
}

/// A client span of one service and its server child in another, as two processes would send them.
fn send_pair(server: &Server, exporter: MakeExporter) {
    let (caller, called) = (
        provider(CALLER, exporter(server)),
        provider(CALLED, exporter(server)),
    );
    let tracer = caller.tracer("test");
    let mut client = tracer
        .span_builder("POST /pay")
        .with_kind(SpanKind::Client)
        .start(&tracer);
    let remote = Context::new().with_remote_span_context(remote_context(client.span_context()));
    let tracer = called.tracer("test");
    tracer
        .span_builder("POST /pay")
        .with_kind(SpanKind::Server)
        .start_with_context(&tracer, &remote)
        .end();
    client.end();
    for provider in [caller, called] {
        provider.force_flush().expect("spans are exported");
        provider.shutdown().expect("exporter stops");
    }
}

/// What the other process gets to know of the caller's span.
fn remote_context(local: &SpanContext) -> SpanContext {
    SpanContext::new(
        local.trace_id(),
        local.span_id(),
        local.trace_flags(),
        true,
        local.trace_state().clone(),
    )
}

#[test]
fn rust_sends_grpc() {
    let server = ServerConfig::new().start();
    // The gRPC exporter needs a Tokio runtime in the background.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let inside = runtime.enter();
    send_pair(&server, |server| {
        SpanExporter::builder()
            .with_tonic()
            .with_endpoint(server.otlp_grpc())
            .build()
            .unwrap()
    });
    drop(inside);
    wait_for_edge(&server);
}

#[test]
fn rust_sends_http_protobuf() {
    let server = ServerConfig::new().start();
    send_pair(&server, |server| {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary);
        exporter
            .with_endpoint(format!("{}/v1/traces", server.otlp_http()))
            .build()
            .unwrap()
    });
    wait_for_edge(&server);
}
