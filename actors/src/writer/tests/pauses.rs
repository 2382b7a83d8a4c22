//! An endpoint that asks for a pause gets one, for all lanes.

use super::chunks::{chunk, samples};
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::batches::ChunkKind;

/// Sends series of many lanes, one a request, to an endpoint that answers the first with `busy`.
async fn requests_after(busy: Reply) -> (Vec<Duration>, WriterMetrics) {
    let endpoint = Endpoint::start(vec![busy]);
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.queue.max_samples_per_send = 1;
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    until(&writer, |writer| writer.retried > 0).await;
    let others: Vec<_> = (8..40).map(|lane| (lane, "up")).collect();
    writer.send(samples(&others, 1)).await.unwrap();
    until(&writer, |writer| writer.sent.samples == 33).await;
    let received = endpoint.received();
    let first = received[0].at;
    let after = received.iter().skip(1).map(|request| request.at - first);
    (after.collect(), metrics)
}

#[actix::test]
async fn retry_after_holds_up_all_lanes() {
    for status in [429, 503] {
        let busy = Reply {
            header: Some(("retry-after", "1")),
            ..reply(status)
        };
        let (after, metrics) = requests_after(busy).await;
        assert_eq!(after.len(), 33);
        assert!(
            after.iter().all(|after| *after >= Duration::from_millis(990)),
            "a request came within the pause: {after:?}"
        );
        assert_eq!(metric(&metrics, "pauses_total", &[]), Some(1.0));
        let seconds = metric(&metrics, "paused_seconds_total", &[]).unwrap();
        assert!((seconds - 1.0).abs() < 0.01, "{seconds}");
    }
}

#[actix::test]
async fn without_retry_after_only_the_lane_of_the_request_waits() {
    for status in [429, 500, 503] {
        let (after, metrics) = requests_after(reply(status)).await;
        assert!(after[0] < Duration::from_millis(900), "{after:?}");
        assert_eq!(metric(&metrics, "pauses_total", &[]), Some(0.0));
    }
}

#[actix::test]
async fn a_pause_is_told_and_does_not_hold_up_the_end() {
    let busy = Reply {
        header: Some(("retry-after", "3600")),
        ..reply(429)
    };
    let endpoint = Endpoint::start(vec![busy]);
    let writer = start(parameters(&endpoint.url));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| !writer.paused.is_zero()).await;
    assert!(
        description.paused <= retry::LONGEST_RETRY_AFTER && description.paused > Duration::from_secs(200)
    );
    let deadline = Instant::now() + Duration::from_millis(100);
    let drained = writer.send(Drain { deadline }).await.unwrap();
    assert_eq!((drained.unsent.samples, endpoint.received().len()), (1, 1));
}

#[actix::test]
async fn a_body_that_stalls_is_given_up_and_its_status_counts() {
    let endpoint = Endpoint::start(vec![]).otherwise(Reply {
        body: Reply::STALLS,
        ..reply(200)
    });
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.remote_timeout = Duration::from_secs(60);
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    // The writer is waited for 10 s at most.
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!((endpoint.received().len(), description.retried), (1, 0));
}

#[actix::test]
async fn seeds_wait_through_a_pause_too_and_are_not_given_up() {
    let busy = Reply {
        header: Some(("retry-after", "1")),
        ..reply(429)
    };
    let endpoint = Endpoint::start(vec![busy]);
    let writer = start(parameters(&endpoint.url));
    let chunks = vec![
        chunk(ChunkKind::Seeds, 4, &["up"], 0),
        chunk(ChunkKind::Samples, 4, &["up"], 1),
    ];
    writer.send(Enqueue(Arc::new(chunks.into()))).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!((description.sent.seeds, description.failed.seeds), (1, 0));
    let received = endpoint.received();
    assert_eq!(endpoint.samples(), ["up=0", "up=0", "up=1"]);
    assert!(received[1].at - received[0].at >= Duration::from_millis(990));
}
