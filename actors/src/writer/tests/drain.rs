use super::chunks::samples;
use super::endpoint::{Endpoint, Reply, reply};
use super::*;

fn within(milliseconds: u64) -> Drain {
    Drain {
        deadline: Instant::now() + Duration::from_millis(milliseconds),
    }
}

#[actix::test]
async fn a_drain_sends_what_is_queued_and_answers_as_soon_as_it_is_sent() {
    let slow = Reply {
        after: Duration::from_millis(50),
        ..reply(204)
    };
    let endpoint = Endpoint::start(vec![reply(503)]).otherwise(slow);
    let mut parameters = parameters(&endpoint.url);
    (
        parameters.endpoint.queue.max_shards,
        parameters.endpoint.queue.max_samples_per_send,
    ) = (1, 1);
    let writer = start(parameters);
    writer
        .send(samples(&[(1, "up"), (2, "down"), (3, "left")], 1))
        .await
        .unwrap();
    let started = Instant::now();
    assert_eq!(writer.send(within(10_000)).await.unwrap(), Drained::default());
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(endpoint.samples(), ["up=1", "up=1", "down=1", "left=1"]);
}

#[actix::test]
async fn a_drain_of_an_idle_writer_answers_at_once() {
    let endpoint = Endpoint::start(vec![]);
    let writer = start(parameters(&endpoint.url));
    let started = Instant::now();
    assert_eq!(writer.send(within(10_000)).await.unwrap(), Drained::default());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[actix::test]
async fn a_drain_ends_at_its_deadline_and_tells_what_it_left() {
    let endpoint = Endpoint::start(vec![reply(204)]).otherwise(reply(503));
    let mut parameters = parameters(&endpoint.url);
    (
        parameters.endpoint.queue.max_shards,
        parameters.endpoint.queue.max_samples_per_send,
    ) = (1, 2);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer
        .send(samples(&[(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")], 1))
        .await
        .unwrap();
    let started = Instant::now();
    assert_eq!(writer.send(within(200)).await.unwrap().unsent.samples, 3);
    assert!(started.elapsed() >= Duration::from_millis(190));
    assert!(started.elapsed() < Duration::from_secs(5));
    writer.send(samples(&[(1, "late")], 2)).await.unwrap();
    // What was on its way may still come in.
    actix_rt::time::sleep(Duration::from_millis(50)).await;
    let requests = endpoint.received().len();
    actix_rt::time::sleep(Duration::from_millis(100)).await;
    let closed = writer.send(Describe).await.unwrap();
    assert_eq!(
        (closed.sent.samples, closed.dropped.samples, closed.requests),
        (2, 4, 0)
    );
    assert_eq!(
        endpoint.received().len(),
        requests,
        "a closed writer sends nothing"
    );
    assert_eq!(
        metric(&metrics, "samples_dropped_total", &[("reason", "shutdown")]),
        Some(4.0)
    );
}
