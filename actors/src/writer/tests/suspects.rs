//! One series that an endpoint fails at costs no other, and does not hold them up.

use super::chunks::chunk;
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::batches::ChunkKind;

/// One collection: `bad` in the middle of other series of many lanes.
fn collection(value: i32) -> Enqueue {
    let lanes = (0..30).map(|lane| {
        let series: &[&str] = if lane == 7 {
            &["up", "bad", "down"]
        } else {
            &["up", "down"]
        };
        chunk(ChunkKind::Samples, lane, series, value)
    });
    Enqueue(Arc::new(lanes.collect::<Vec<_>>().into()))
}

#[actix::test]
async fn the_series_that_is_the_cause_is_dropped_and_all_others_arrive_in_order() {
    let words = Reply {
        body: "something is wrong\n",
        ..reply(500)
    };
    let endpoint = Endpoint::start(vec![]).for_series("bad", words);
    let log = Log::default();
    let _guard = log.start();
    let parameters = parameters(&endpoint.url);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(collection(1)).await.unwrap();
    until(&writer, |writer| writer.sent.samples == 60).await;
    for value in 2..6 {
        writer.send(collection(value)).await.unwrap();
        until(&writer, |writer| {
            writer.sent.samples >= 58 * u64::try_from(value).unwrap()
        })
        .await;
    }
    let description = until(&writer, |writer| writer.failed.samples == 5).await;
    assert_eq!((description.sent.samples, description.requests), (300, 0));
    assert_eq!(
        metric(&metrics, "samples_failed_total", &[("reason", "http_500")]),
        Some(5.0)
    );
    assert!(metric(&metrics, "requests_cut_total", &[]).unwrap() >= 6.0);
    let lines = log.lines_with("500: something is wrong (series {__name__=\"bad\"})");
    assert!(lines.iter().any(|line| line.contains("ERROR")), "{lines:?}");
}

#[actix::test]
async fn samples_that_are_too_old_take_no_other_with_them() {
    let never = Reply {
        body: "too old sample\n",
        ..reply(500)
    };
    let endpoint = Endpoint::start(vec![]).for_series("bad", never);
    let writer = start(parameters(&endpoint.url));
    writer.send(collection(1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 60).await;
    let description = if description.failed.is_empty() {
        until(&writer, |writer| writer.failed.samples == 1).await
    } else {
        description
    };
    assert_eq!(description.failed.samples, 1);
}

#[actix::test]
async fn a_bound_on_retries_holds_for_samples_too() {
    let endpoint = Endpoint::start(vec![]).otherwise(reply(500));
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.queue.max_retries = Some(2);
    let writer = start(parameters);
    writer.send(collection(1)).await.unwrap();
    let description = until(&writer, |writer| writer.failed.samples == 61).await;
    assert_eq!((description.requests, description.sent.samples), (0, 0));
}

#[actix::test]
async fn an_endpoint_that_fails_at_everything_loses_nothing_once_it_is_back() {
    let endpoint = Endpoint::start(vec![reply(500); 200]);
    let writer = start(parameters(&endpoint.url));
    for value in 1..4 {
        writer.send(collection(value)).await.unwrap();
    }
    let description = until(&writer, |writer| writer.sent.samples == 183).await;
    assert!(description.failed.is_empty() && description.dropped.is_empty());
    for name in ["up", "bad", "down"] {
        let values = endpoint.samples_of(name);
        assert!(values.contains(&format!("{name}=3")), "{values:?}");
    }
}
