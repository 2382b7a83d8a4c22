use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::chunks::{chunk, samples};
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::batches::ChunkKind;

#[actix::test]
async fn a_request_has_the_protocols_headers_and_a_compressed_body() {
    let endpoint = Endpoint::start(vec![]);
    let parameters = parameters(&endpoint.url);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(samples(&[(0, "up"), (63, "down")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 2).await;
    let [request] = &endpoint.received()[..] else {
        panic!("one request was expected")
    };
    assert_eq!(
        (request.path.as_str(), &request.samples[..]),
        ("/api/v1/write", &["up=1".to_owned(), "down=1".to_owned()][..])
    );
    assert_eq!(request.header("content-encoding"), Some("snappy"));
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(request.header("x-prometheus-remote-write-version"), Some("0.1.0"));
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("spangraph/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(
        (description.requests, description.lag, description.last_error),
        (0, Duration::ZERO, None)
    );
    assert_eq!(metric(&metrics, "samples_sent_total", &[]), Some(2.0));
    assert_eq!(metric(&metrics, "requests_total", &[("code", "204")]), Some(1.0));
    assert_eq!(metric(&metrics, "queue_capacity_samples", &[]), Some(500_000.0));
    assert_eq!(metric(&metrics, "queue_samples", &[]), Some(0.0));
    assert_eq!(metric(&metrics, "queue_lag_seconds", &[]), Some(0.0));
    assert_eq!(metric(&metrics, "send_seconds_count", &[]), Some(1.0));
    assert!(metric(&metrics, "bytes_sent_total", &[]).unwrap() > 20.0);
}

#[actix::test]
async fn a_failed_request_is_sent_again_before_anything_newer_of_its_series() {
    let endpoint = Endpoint::start(vec![reply(500), reply(503)]);
    let writer = start(parameters(&endpoint.url));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    writer.send(samples(&[(7, "up")], 2)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 2).await;
    assert_eq!(endpoint.samples(), ["up=1", "up=1", "up=1", "up=2"]);
    assert_eq!(description.retried, 2);
    assert!(description.last_error.unwrap().message.starts_with("503"));
}

/// Answers 103 to a request, 204 to the next, which must come on another connection, and then 503 to the first.
fn answer_in_two_steps(listener: &TcpListener) {
    let next = || {
        let (mut stream, _) = listener.accept().unwrap();
        let _request = stream.read(&mut [0; 64 * 1024]).unwrap();
        stream
    };
    let mut first = next();
    first.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").unwrap();
    let mut second = next();
    let _ = first.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n");
    second.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
}

#[actix::test]
async fn an_interim_answer_is_none_and_what_follows_it_is_no_others() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let parameters = parameters(&format!("http://{}/", listener.local_addr().unwrap()));
    let metrics = parameters.metrics.clone();
    thread::spawn(move || answer_in_two_steps(&listener));
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(description.failed.samples, 0);
    assert!(description.last_error.unwrap().message.contains("103"));
    let answers = |code| metric(&metrics, "requests_total", &[("code", code)]);
    assert_eq!(
        (answers("error"), answers("204"), answers("503")),
        (Some(1.0), Some(1.0), None)
    );
}

#[actix::test]
async fn retry_after_is_waited_for() {
    let busy = Reply {
        header: Some(("retry-after", "1")),
        ..reply(429)
    };
    let endpoint = Endpoint::start(vec![busy]);
    let writer = start(parameters(&endpoint.url));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    until(&writer, |writer| writer.sent.samples == 1).await;
    let received = endpoint.received();
    assert!(
        received[1].at - received[0].at >= Duration::from_millis(990),
        "it came too early"
    );
}

#[actix::test]
async fn a_request_that_takes_too_long_is_sent_again() {
    let slow = Reply {
        after: Duration::from_millis(400),
        ..reply(204)
    };
    let endpoint = Endpoint::start(vec![slow]);
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.remote_timeout = Duration::from_millis(100);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(description.last_error.unwrap().message, "no answer within 100 ms");
    assert_eq!(
        metric(&metrics, "requests_total", &[("code", "timeout")]),
        Some(1.0)
    );
}

#[actix::test]
async fn an_endpoint_that_was_down_gets_everything_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut parameters = parameters(&format!("http://{address}/api/v1/write"));
    parameters.endpoint.queue.max_samples_per_send = 7;
    let writer = start(parameters);
    let names: Vec<_> = (0..40).map(|lane| format!("series_{lane}")).collect();
    for value in 0..10 {
        let series: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(lane, name)| (lane, name.as_str()))
            .collect();
        writer.send(samples(&series, value)).await.unwrap();
    }
    let down = until(&writer, |writer| writer.retried > 0).await;
    assert!(down.last_error.is_some() && down.lag > Duration::ZERO);
    let endpoint = Endpoint::listen(TcpListener::bind(address).unwrap(), vec![], None);
    let up = until(&writer, |writer| writer.sent.samples == 400).await;
    assert!(up.dropped.is_empty() && up.failed.is_empty());
    let samples = endpoint.samples();
    for name in &names {
        let of_series = samples
            .iter()
            .filter_map(|sample| sample.strip_prefix(&format!("{name}=")));
        let expected: Vec<_> = (0..10).map(|value| value.to_string()).collect();
        assert_eq!(of_series.collect::<Vec<_>>(), expected, "{name}");
    }
}

#[actix::test]
async fn a_slow_endpoint_gets_as_many_requests_as_there_are_shards_and_holds_nothing_up() {
    let slow = Reply {
        after: Duration::from_millis(250),
        ..reply(200)
    };
    let endpoint = Endpoint::start(vec![]).otherwise(slow);
    let mut parameters = parameters(&endpoint.url);
    (
        parameters.endpoint.queue.max_shards,
        parameters.endpoint.queue.max_samples_per_send,
    ) = (3, 1);
    let writer = start(parameters);
    let series: Vec<_> = (0..9).map(|lane| (lane, "up")).collect();
    let started = Instant::now();
    writer.send(samples(&series, 1)).await.unwrap();
    let busy = writer.send(Describe).await.unwrap();
    assert!(
        started.elapsed() < Duration::from_millis(240),
        "the mailbox waited for the endpoint"
    );
    assert_eq!(
        (busy.requests, busy.under_way.samples, busy.queued.samples),
        (3, 3, 6)
    );
    until(&writer, |writer| writer.sent.samples == 9).await;
    assert_eq!(endpoint.most_at_once(), 3);
}

#[actix::test]
async fn exemplars_go_along_only_when_they_are_wanted() {
    for (wanted, sent) in [(true, vec!["up=1", "up=2"]), (false, vec!["up=1"])] {
        let endpoint = Endpoint::start(vec![]);
        let mut parameters = parameters(&endpoint.url);
        parameters.endpoint.send_exemplars = wanted;
        let writer = start(parameters);
        let chunks = vec![
            chunk(ChunkKind::Samples, 4, &["up"], 1),
            chunk(ChunkKind::Exemplars, 4, &["up"], 2),
        ];
        writer.send(Enqueue(Arc::new(chunks.into()))).await.unwrap();
        until(&writer, |writer| writer.sent.samples == 1 && writer.requests == 0).await;
        assert_eq!(endpoint.samples(), sent);
    }
}
