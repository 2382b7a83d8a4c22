//! What is logged of a request gives the same spans again.

use spangraph_actors::pipeline::LoggedRequest;

use super::*;
use crate::receivers::unpacking;

#[actix_web::test]
async fn what_is_kept_of_a_body_gives_its_spans_again() {
    let sink = RecordingSink::logging();
    let receiver = start(&settings(), &sink);
    let json = JSON_SPANS.as_bytes();
    let (protobuf, unpack) = (vec![7; 900_000], unpacking());
    for (content_type, encoding, body) in [
        (PROTOBUF, "identity", protobuf.clone()),
        (PROTOBUF, "gzip", gzip(&protobuf)),
        (PROTOBUF, "zstd", zstd::encode_all(&protobuf[..], 1).unwrap()),
        (JSON, "identity", json.to_vec()),
        (JSON, "gzip", gzip(json)),
    ] {
        let sending = sending(content_type, body.clone()).header("content-encoding", encoding);
        assert_eq!(sending.to(&receiver).await.status, StatusCode::OK);
        let request = sink.requests().pop().unwrap();
        let kept = request.as_received.unwrap();
        assert!(kept.body == body, "{content_type} {encoding}: as it came");
        let logged = LoggedRequest {
            position: 0,
            tenant: "one".to_owned(),
            stamp_unix_milliseconds: 0,
            encoding: kept.packing,
            body: kept.body.to_vec(),
        };
        let again = unpack(logged).unwrap();
        assert!(again.spans == request.spans, "{content_type} {encoding}");
    }
}

#[actix_web::test]
async fn without_a_log_nothing_is_kept_of_a_body() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    sending(PROTOBUF, "abc").to(&receiver).await;
    assert_eq!(sink.requests().pop().unwrap().as_received, None);
}

#[actix_web::test]
async fn a_request_that_cannot_be_logged_is_to_come_again() {
    let refusal = Refusal::NotLogged {
        reason: "the span log has 9 of at most 9 bytes, so there is no room for the request".to_owned(),
        retry_after: Duration::from_secs(1),
    };
    let receiver = start(&settings(), &RecordingSink::answering(Err(refusal)));
    let answer = sending(JSON, JSON_SPANS).to(&receiver).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let told = answer.json_text();
    assert!(
        told.contains("no room for the request, try again in 1 s"),
        "{told}"
    );
}
