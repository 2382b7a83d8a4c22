//! Senders that go away while their request arrives or is handled, and those that may not send.

use actix_web::FromRequest as _;
use actix_web::error::PayloadError;
use actix_web::test::TestRequest;
use futures_util::{StreamExt as _, poll, stream};

use super::*;

/// The bytes of `body` in pieces, each after a pause.
fn in_pieces(body: &[u8]) -> actix_web::dev::Payload {
    let pieces: Vec<_> = body
        .chunks(body.len() / 4 + 1)
        .map(Bytes::copy_from_slice)
        .collect();
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        Ok::<_, PayloadError>(piece)
    });
    actix_web::dev::Payload::Stream {
        payload: Box::pin(pieces),
    }
}

#[actix_web::test]
async fn a_sender_that_goes_away_at_any_poll_leaves_nothing_behind() {
    for (content_type, body) in [(PROTOBUF, vec![7; 5000]), (JSON, JSON_SPANS.as_bytes().to_vec())] {
        let sink = RecordingSink::closed();
        let intake = Intake::new(sink.clone(), true, ReceiverMetrics::default());
        let endpoint = TracesEndpoint::new(&settings(), intake, Stopping::default());
        let endpoint = web::Data::new(endpoint);
        for polls in 0..20 {
            let request = TestRequest::post()
                .insert_header(("content-type", content_type))
                .insert_header(("x-scope-orgid", "one"))
                .to_http_request();
            let mut payload = in_pieces(&body);
            let payload = web::Payload::from_request(&request, &mut payload).await.unwrap();
            let mut answer = Box::pin(export::export(request, payload, endpoint.clone()));
            for _ in 0..polls {
                assert!(poll!(answer.as_mut()).is_pending(), "the pipeline answers nobody");
                tokio::task::yield_now().await;
            }
        }
        assert!(!sink.requests().is_empty(), "some came as far as the pipeline");
        assert!(sink.is_empty());
    }
}

#[actix_web::test]
async fn what_the_tenant_may_not_send_is_refused_before_the_body_comes() {
    let refusal = Refusal::RateLimited {
        bytes_per_second: 1,
        retry_after: Duration::from_secs(7),
    };
    let sink = RecordingSink::over_rate(refusal);
    let receiver = start(&settings(), &sink);
    let address = receiver.local_address();
    // The body never comes, and the answer is there all the same.
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = "POST /v1/traces HTTP/1.1\r\nhost: a\r\nx-scope-orgid: one\r\ncontent-type: application/x-protobuf\r\ncontent-length: 900000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 500];
        let length = std::io::Read::read(&mut stream, &mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 429 ") && answer.contains("retry-after: 7"),
        "{answer}"
    );
    assert_eq!(sink.charges(), [900_000]);
    assert!(sink.is_empty());
}

#[actix_web::test]
async fn what_is_not_told_is_charged_for_one_byte_until_it_is_there() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    assert_eq!(sending(JSON, JSON_SPANS).to(&receiver).await.status, 200);
    assert_eq!(sink.charges(), [1]);
}

#[actix_web::test]
async fn a_bomb_is_larger_than_what_may_be_sent_at_once_and_told_so() {
    let receiver = start(&settings(), &RecordingSink::bursting(1_000));
    for content_type in [PROTOBUF, JSON] {
        let answer = sending(content_type, gzip(&vec![b' '; 20 << 20]))
            .header("content-encoding", "gzip")
            .to(&receiver)
            .await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            text.contains("than the 1000 bytes that the tenant may send at once"),
            "{text}"
        );
    }
}
