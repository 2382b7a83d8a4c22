//! OTLP export requests, as protobuf and as JSON.

use std::sync::LazyLock;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use spangraph_actors::ingest::Extractor;
use spangraph_config::{Config, TenantId};
use spangraph_proto::otlp_json;

/// The moment at which all requests are taken, in nanoseconds since the epoch.
const NOW: u64 = 1_700_000_000_000_000_000;

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
    let config = Config::from_yaml(include_str!("every_processor.yaml"));
    match config {
        Ok(config) => Extractor::new(&config.tenant(&TenantId::single()), 2),
        Err(mistakes) => unreachable!("every_processor.yaml: {mistakes}"),
    }
});

/// A request as protobuf: what prost can decode is walked, and no span of it is overlooked.
///
/// # Panics
/// When the walk refuses what prost takes, or does not account for every span.
pub fn otlp_protobuf(request: &[u8]) {
    let walked = EXTRACTOR.extract(request, NOW);
    let Ok(decoded) = ExportTraceServiceRequest::decode(request) else {
        return;
    };
    match walked {
        Ok(extracted) => assert_eq!(extracted.counts.spans, spans_of(&decoded)),
        Err(error) => unreachable!("prost takes what the walk refuses: {error}"),
    }
}

/// A request as JSON: what is taken is a request as protobuf too.
///
/// # Panics
/// When what is taken cannot be decoded, or breaks what holds for protobuf.
pub fn otlp_json(json: &[u8]) {
    if let Ok(read) = otlp_json::to_protobuf(json) {
        let encoded = read.protobuf;
        if let Err(error) = ExportTraceServiceRequest::decode(&encoded[..]) {
            unreachable!("JSON was taken and gave no request: {error}");
        }
        otlp_protobuf(&encoded);
    }
}

fn spans_of(request: &ExportTraceServiceRequest) -> u64 {
    let scopes = request
        .resource_spans
        .iter()
        .flat_map(|resource| &resource.scope_spans);
    scopes.map(|scope| scope.spans.len() as u64).sum()
}
