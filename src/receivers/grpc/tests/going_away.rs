//! Senders that go away while their request arrives or is handled.

use std::convert::Infallible;
use std::pin::{Pin, pin};

use bytes::Bytes;
use flate2::write::GzEncoder;
use futures_util::{Stream, StreamExt as _, poll, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use tower_service::Service as _;

use super::*;
use crate::receivers::decompression::MAX_INLINE_BYTES;

/// The limit of a request's bytes here.
const MAX_BYTES: usize = 4 * MAX_INLINE_BYTES;

type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>;

/// A request whose body comes in pieces, each after a pause.
fn in_pieces(encoding: &str, flag: u8, message: &[u8]) -> http::Request<StreamBody<Frames>> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = [&[flag][..], &length, message].concat();
    let pieces: Vec<_> = framed
        .chunks(framed.len() / 4 + 1)
        .map(Bytes::copy_from_slice)
        .collect();
    let frames = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        Ok(Frame::data(piece))
    });
    http::Request::post("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        .header("content-type", "application/grpc")
        .header("x-scope-orgid", "one")
        .header("grpc-encoding", encoding)
        .body(StreamBody::new(Box::pin(frames) as Frames))
        .unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn service(sink: &RecordingSink, metrics: &ReceiverMetrics) -> TraceService<RecordingSink> {
    let limits = MessageLimits {
        max_bytes: MAX_BYTES,
        timeout: Duration::from_secs(60),
    };
    let intake = Intake::new(sink.clone(), true, metrics.clone());
    TraceService::new(intake, limits, CancellationToken::new())
}

fn counted(metrics: &ReceiverMetrics, code: &str) -> Option<f64> {
    let mut registry = prometheus_client::registry::Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let labels = [("transport", "grpc"), ("code", code)];
    let page = Scrape::parse(&text).unwrap();
    page.value("spangraph_receiver_requests_total", &labels)
}

/// Waits for what a thread that may block still has of a request that is gone.
async fn until_empty(sink: &RecordingSink) {
    let mut tries = 0;
    while !sink.is_empty() {
        tries += 1;
        assert!(tries < 500, "something is held for nobody");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_sender_that_goes_away_at_any_poll_leaves_nothing_behind() {
    let (plain, large) = (vec![7; 5000], vec![7; 2 * MAX_INLINE_BYTES]);
    for (encoding, flag, message) in [
        ("identity", 0, plain.clone()),
        ("gzip", 1, gzip(&plain)),
        // Inflated by a thread that may block.
        ("gzip", 1, gzip(&large)),
    ] {
        let (sink, metrics) = (RecordingSink::closed(), ReceiverMetrics::default());
        let mut service = service(&sink, &metrics);
        for polls in 0..30 {
            let mut answer = pin!(service.call(in_pieces(encoding, flag, &message)));
            for _ in 0..polls {
                assert!(poll!(answer.as_mut()).is_pending(), "the pipeline answers nobody");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        assert!(!sink.requests().is_empty(), "some came as far as the pipeline");
        drop(service);
        until_empty(&sink).await;
        assert_eq!(counted(&metrics, "CANCELLED"), Some(29.0));
    }
}

#[tokio::test]
async fn what_the_tenant_may_not_send_is_refused_when_its_length_is_known() {
    let refusal = Refusal::RateLimited {
        bytes_per_second: 1,
        retry_after: Duration::from_secs(7),
    };
    let sink = RecordingSink::over_rate(refusal);
    let receiver = start(&settings(), &sink);
    let mut client = client(&receiver).await;
    let message = spans(&"a".repeat(500_000));
    let status = client
        .export(of_tenant(message.clone(), &["one"]))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let wait = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(wait, Some(Duration::from_secs(7)));
    assert_eq!(sink.charges(), [message.encoded_len()]);
    assert!(sink.is_empty() && sink.requests().is_empty());
}

#[tokio::test]
async fn a_compressed_message_is_charged_for_no_more_than_it_is_for_certain() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    let noise: String = (0..4000).map(|_| fastrand::alphanumeric()).collect();
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = client(&receiver).await.send_compressed(encoding);
        client.export(of_tenant(spans(&noise), &["one"])).await.unwrap();
        client.export(of_tenant(spans("a"), &["one"])).await.unwrap();
    }
    // Each is charged when its length is known, and again when it is there.
    let charges = sink.charges();
    assert_eq!(charges.len(), 8);
    assert!(charges.chunks(2).all(|pair| pair[0] == pair[1]), "{charges:?}");
    for large in [charges[0], charges[4]] {
        assert!(
            large > 2000 && large <= spans(&noise).encoded_len(),
            "{charges:?}"
        );
    }
    assert_eq!((charges[2], charges[6]), (1, 1), "so few bytes are not certain");
}

#[tokio::test]
async fn a_bomb_is_larger_than_what_may_be_sent_at_once_and_told_so() {
    let receiver = start(&settings(), &RecordingSink::bursting(1_000));
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = client(&receiver).await.send_compressed(encoding);
        let bomb = of_tenant(spans(&"a".repeat(20 << 20)), &["one"]);
        let status = client.export(bomb).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.details().is_empty(), "it never fits");
        let text = status.message();
        assert!(
            text.contains("than the 1000 bytes that the tenant may send at once"),
            "{text}"
        );
    }
}
