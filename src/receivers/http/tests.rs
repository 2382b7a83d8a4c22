//! The HTTP receiver through real sockets.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use spangraph_actors::admission::{Accepted, Refusal};
use spangraph_serving::receiver_metrics::ReceiverMetrics;
use spangraph_test_support::exposition::Scrape;
use tonic_types::{StatusExt, pb};

use super::*;
use crate::receivers::recording_sink::RecordingSink;

mod cors;
mod going_away;
mod lifetime;
mod logged;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
const JSON_SPANS: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#;

/// A request to be sent; protobuf of tenant `one` unless changed.
struct Sending {
    method: Method,
    path: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

struct Answer {
    status: StatusCode,
    headers: awc::http::header::HeaderMap,
    body: Bytes,
}

fn settings() -> HttpReceiverSettings {
    HttpReceiverSettings {
        endpoint: SocketAddr::from(([127, 0, 0, 1], 0)).into(),
        max_body_bytes: 1 << 20,
        body_timeout: Duration::from_secs(10),
        max_connections: 10,
        tls: None,
        cors: None,
    }
}

fn start(settings: &HttpReceiverSettings, sink: &RecordingSink) -> HttpReceiver {
    let intake = Intake::new(sink.clone(), true, ReceiverMetrics::default());
    HttpReceiver::start(settings, intake, 1).unwrap()
}

fn sending(content_type: &'static str, body: impl Into<Vec<u8>>) -> Sending {
    let headers = vec![("content-type", content_type), ("x-scope-orgid", "one")];
    Sending {
        method: Method::POST,
        path: "/v1/traces",
        headers,
        body: body.into(),
    }
}

impl Sending {
    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    async fn to(self, receiver: &HttpReceiver) -> Answer {
        let url = format!("http://{}{}", receiver.local_address(), self.path);
        let mut request = awc::Client::default().request(self.method, url);
        for header in self.headers {
            request = request.append_header(header);
        }
        let mut response = request.send_body(self.body).await.unwrap();
        let body = response.body().limit(1 << 20).await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        }
    }
}

impl Answer {
    fn content_type(&self) -> &str {
        self.headers.get("content-type").unwrap().to_str().unwrap()
    }

    fn protobuf_status(&self) -> pb::Status {
        assert_eq!(self.content_type(), PROTOBUF);
        pb::Status::decode(self.body.clone()).unwrap()
    }

    fn json_text(&self) -> &str {
        assert_eq!(self.content_type(), JSON);
        std::str::from_utf8(&self.body).unwrap()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[actix_web::test]
async fn protobuf_reaches_the_pipeline_as_sent_whatever_the_compression() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    for plain in [b"abc".to_vec(), vec![7; 900_000]] {
        for (encoding, body) in [
            ("identity", plain.clone()),
            ("gzip", gzip(&plain)),
            ("zstd", zstd::encode_all(&plain[..], 1).unwrap()),
        ] {
            let answer = sending(PROTOBUF, body)
                .header("content-encoding", encoding)
                .to(&receiver)
                .await;
            assert_eq!((answer.status, answer.content_type()), (StatusCode::OK, PROTOBUF));
            assert!(answer.body.is_empty(), "partial_success is not to be set");
            let request = sink.requests().pop().unwrap();
            assert_eq!((request.tenant.as_str(), request.without_metrics), ("one", false));
            assert!(request.spans == plain, "{encoding}");
        }
    }
}

#[actix_web::test]
async fn json_reaches_the_pipeline_as_protobuf() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    let padded = format!("{}{JSON_SPANS}", " ".repeat(400_000));
    for (encoding, body) in [
        ("identity", JSON_SPANS.as_bytes().to_vec()),
        ("gzip", gzip(JSON_SPANS.as_bytes())),
        ("identity", padded.into_bytes()),
    ] {
        let answer = sending("application/json; charset=utf-8", body)
            .header("content-encoding", encoding)
            .to(&receiver)
            .await;
        assert_eq!((answer.status, answer.json_text()), (StatusCode::OK, "{}"));
        let spans = ExportTraceServiceRequest::decode(sink.requests().pop().unwrap().spans).unwrap();
        assert_eq!(spans.resource_spans[0].scope_spans[0].spans[0].name, "a");
    }
}

#[actix_web::test]
async fn partial_success_tells_count_and_reason() {
    let accepted = Accepted {
        spans: 4,
        rejected_spans: 2,
        reason: Some("empty trace id".to_owned()),
    };
    let receiver = start(&settings(), &RecordingSink::answering(Ok(accepted)));
    let answer = sending(PROTOBUF, "").to(&receiver).await;
    let partial = ExportTraceServiceResponse::decode(answer.body)
        .unwrap()
        .partial_success
        .unwrap();
    assert_eq!(
        (partial.rejected_spans, partial.error_message.as_str()),
        (2, "empty trace id")
    );
    let answer = sending(JSON, "{}").to(&receiver).await;
    assert!(
        answer.json_text().contains(r#""rejectedSpans":"2""#),
        "{}",
        answer.json_text()
    );
}

#[actix_web::test]
async fn overload_tells_when_to_come_again() {
    let overloaded = Refusal::Overloaded {
        what: "admission",
        retry_after: Duration::from_millis(1500),
    };
    let receiver = start(&settings(), &RecordingSink::answering(Err(overloaded)));
    let answer = sending(PROTOBUF, "").to(&receiver).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers.get("retry-after").unwrap(), "2");
    let status = answer.protobuf_status();
    assert_eq!(status.code, 8);
    let details = tonic::Status::with_details(tonic::Code::ResourceExhausted, "", answer.body);
    let retry_delay = details.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(retry_delay, Some(Duration::from_millis(1500)));
    let answer = sending(JSON, "{}").to(&receiver).await;
    assert!(
        answer.json_text().contains(r#""retryDelay":"1.500s""#),
        "{}",
        answer.json_text()
    );
}

#[actix_web::test]
async fn other_refusals_have_their_statuses() {
    for (refusal, http, grpc) in [
        (Refusal::ShuttingDown, 503, 14),
        (Refusal::Malformed("no".to_owned()), 400, 3),
        (Refusal::Broken, 500, 13),
    ] {
        let receiver = start(&settings(), &RecordingSink::answering(Err(refusal.clone())));
        let answer = sending(PROTOBUF, "").to(&receiver).await;
        assert_eq!(answer.status.as_u16(), http);
        assert_eq!(answer.headers.contains_key("retry-after"), http == 503);
        let status = answer.protobuf_status();
        assert_eq!(
            (status.code, status.message, status.details.len()),
            (grpc, refusal.to_string(), 0)
        );
    }
}

#[actix_web::test]
async fn bodies_that_are_not_what_they_claim_are_bad_requests() {
    let receiver = start(&settings(), &RecordingSink::default());
    for (content_type, encoding, body, expected) in [
        (PROTOBUF, "gzip", &b"no gzip"[..], "not valid gzip"),
        (PROTOBUF, "zstd", b"no zstd", "not valid zstd"),
        (PROTOBUF, "gzip", b"", "not valid gzip"),
        (PROTOBUF, "br", b"", "send gzip, zstd or identity"),
        (
            JSON,
            "identity",
            b"{\"resourceSpans\":7}",
            "not a valid ExportTraceServiceRequest",
        ),
        (JSON, "identity", b"", "not a valid ExportTraceServiceRequest"),
    ] {
        let answer = sending(content_type, body)
            .header("content-encoding", encoding)
            .to(&receiver)
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{expected}");
        assert_eq!(answer.content_type(), content_type);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(text.contains(expected), "{text}");
    }
}

#[actix_web::test]
async fn tenants_must_be_named_once_and_well() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    for (tenants, status) in [(&[][..], 401), (&["../up"], 400), (&["one", "two"], 400)] {
        let mut request = sending(JSON, "{}");
        request.headers.truncate(1);
        request
            .headers
            .extend(tenants.iter().map(|tenant| ("x-scope-orgid", *tenant)));
        let answer = request.to(&receiver).await;
        assert_eq!(answer.status.as_u16(), status, "{tenants:?}");
        assert!(
            answer.json_text().contains("X-Scope-OrgID"),
            "{}",
            answer.json_text()
        );
    }
    assert!(sink.requests().is_empty());
}

#[actix_web::test]
async fn no_generate_metrics_goes_along() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    sending(PROTOBUF, "")
        .header("no-generate-metrics", "true")
        .to(&receiver)
        .await;
    assert!(sink.requests()[0].without_metrics);
}

#[actix_web::test]
async fn other_paths_methods_and_types_are_told_apart() {
    let receiver = start(&settings(), &RecordingSink::default());
    let answer = Sending {
        path: "/v1/metrics",
        ..sending(PROTOBUF, "")
    }
    .to(&receiver)
    .await;
    assert_eq!(
        (answer.status, answer.protobuf_status().code),
        (StatusCode::NOT_FOUND, 12)
    );
    let answer = Sending {
        method: Method::GET,
        ..sending(JSON, "")
    }
    .to(&receiver)
    .await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers.get("allow").unwrap(), "POST");
    for content_type in ["text/plain", "application/protobuf2", ""] {
        let answer = sending(content_type, "").to(&receiver).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(
            answer
                .json_text()
                .contains("application/x-protobuf or application/json")
        );
    }
}

#[actix_web::test]
async fn large_bodies_and_bombs_are_refused_fast() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    let zeros = vec![0; 100 << 20];
    for (encoding, body) in [
        ("identity", vec![0; (1 << 20) + 1]),
        ("identity", vec![0; 20 << 20]),
        ("gzip", gzip(&zeros)),
        ("zstd", zstd::encode_all(&zeros[..], 1).unwrap()),
    ] {
        let began = Instant::now();
        let answer = sending(PROTOBUF, body)
            .header("content-encoding", encoding)
            .to(&receiver)
            .await;
        assert!(began.elapsed() < Duration::from_secs(3), "{encoding}");
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(!answer.headers.contains_key("retry-after"));
        assert_eq!(
            answer.protobuf_status().message,
            "request is larger than 1048576 bytes"
        );
    }
    assert!(sink.requests().is_empty());
}

#[actix_web::test]
async fn what_was_answered_is_counted() {
    let metrics = ReceiverMetrics::default();
    let mut registry = prometheus_client::registry::Registry::default();
    metrics.register(&mut registry);
    let intake = Intake::new(RecordingSink::default(), true, metrics);
    let receiver = HttpReceiver::start(&settings(), intake, 1).unwrap();
    sending(PROTOBUF, gzip(b"abc"))
        .header("content-encoding", "gzip")
        .to(&receiver)
        .await;
    sending("text/plain", "").to(&receiver).await;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let expected = r#"
spangraph_receiver_requests_total{transport="http",code="200"} 1
spangraph_receiver_requests_total{transport="http",code="415"} 1
spangraph_receiver_refused_total{transport="http",reason="unsupported_media_type"} 1
spangraph_receiver_body_bytes_total{transport="http"} 3
spangraph_receiver_request_seconds_count{transport="http"} 2
"#;
    let expected = Scrape::parse(expected).unwrap();
    let missing = expected.missing_from(&Scrape::parse(&text).unwrap());
    assert!(missing.is_empty(), "{missing:?} in\n{text}");
}
