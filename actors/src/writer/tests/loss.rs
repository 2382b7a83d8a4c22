use spangraph_config::Credential;

use super::chunks::{chunk, samples};
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::batches::ChunkKind;

#[actix::test]
async fn refused_samples_are_dropped_with_the_endpoints_words_and_the_next_are_sent() {
    let log = Log::default();
    let _guard = log.start();
    let refusal = Reply {
        body: "out of order sample\n",
        ..reply(400)
    };
    let endpoint = Endpoint::start(vec![refusal.clone(), refusal]);
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.queue.max_samples_per_send = 1;
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    for value in 1..=3 {
        writer.send(samples(&[(7, "up")], value)).await.unwrap();
    }
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(endpoint.samples(), ["up=1", "up=2", "up=3"]);
    assert_eq!((description.failed.samples, description.retried), (2, 0));
    assert_eq!(
        description.last_error.unwrap().message,
        "400: out of order sample (series {__name__=\"up\"})"
    );
    let lines = log.lines_with("400: out of order sample");
    assert_eq!(lines.len(), 1, "one line a minute: {lines:?}");
    assert!(
        lines[0].contains("ERROR") && lines[0].contains("endpoint=main") && lines[0].contains("dropped=1")
    );
    assert_eq!(
        metric(&metrics, "samples_failed_total", &[("reason", "http_400")]),
        Some(2.0)
    );
}

#[actix::test]
async fn a_token_that_the_endpoint_echoes_is_neither_logged_nor_told() {
    let log = Log::default();
    let _guard = log.start();
    let endpoint = Endpoint::start(vec![Reply {
        body: "unknown token echoed-token\n",
        ..reply(400)
    }]);
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.bearer_token = Some(Credential::Inline(Secret::new("echoed-token")));
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.failed.samples == 1).await;
    assert_eq!(
        description.last_error.unwrap().message,
        "400: unknown token <secret>"
    );
    assert_eq!(log.lines_with("400: unknown token <secret>").len(), 1);
    assert_eq!(log.lines_with("echoed-token"), [""; 0]);
}

#[actix::test]
async fn what_will_never_be_taken_is_not_sent_again_whatever_the_status() {
    for status in [400, 409, 422, 500, 503] {
        let refusal = Reply {
            body: "too old sample\n",
            header: Some(("retry-after", "60")),
            ..reply(status)
        };
        let endpoint = Endpoint::start(vec![refusal]);
        let writer = start(parameters(&endpoint.url));
        writer.send(samples(&[(7, "up")], 1)).await.unwrap();
        writer.send(samples(&[(7, "up")], 2)).await.unwrap();
        let description = until(&writer, |writer| writer.sent.samples == 1).await;
        assert_eq!(endpoint.samples(), ["up=1", "up=2"], "{status}");
        assert_eq!(
            (description.failed.samples, description.retried),
            (1, 0),
            "{status}"
        );
    }
}

#[actix::test]
async fn refused_seeds_cost_no_sample_and_are_no_error() {
    let log = Log::default();
    let _guard = log.start();
    let endpoint = Endpoint::start(vec![reply(400)]);
    let parameters = parameters(&endpoint.url);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    let chunks = vec![
        chunk(ChunkKind::Seeds, 4, &["up"], 0),
        chunk(ChunkKind::Samples, 4, &["up"], 1),
    ];
    writer.send(Enqueue(Arc::new(chunks.into()))).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(endpoint.samples(), ["up=0", "up=1"]);
    assert_eq!(
        (
            description.failed.seeds,
            description.failed.samples,
            description.last_error
        ),
        (1, 0, None)
    );
    assert!(log.lines_with("ERROR").is_empty());
    assert_eq!(metric(&metrics, "seeds_refused_total", &[]), Some(1.0));
}

#[actix::test]
async fn a_full_queue_drops_the_oldest_and_says_so() {
    let log = Log::default();
    let _guard = log.start();
    let hanging = Reply {
        after: Duration::from_millis(300),
        ..reply(204)
    };
    let endpoint = Endpoint::start(vec![hanging]);
    let mut parameters = parameters(&endpoint.url);
    (
        parameters.endpoint.queue.capacity,
        parameters.endpoint.queue.max_shards,
    ) = (3, 1);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    for value in 1..=6 {
        writer.send(samples(&[(7, "up")], value)).await.unwrap();
    }
    let description = until(&writer, |writer| writer.sent.samples == 3).await;
    assert_eq!(endpoint.samples(), ["up=1", "up=5", "up=6"]);
    assert_eq!(description.dropped.samples, 3);
    assert_eq!(
        metric(&metrics, "samples_dropped_total", &[("reason", "queue_full")]),
        Some(3.0)
    );
    assert_eq!(log.lines_with("reason=\"queue_full\"").len(), 1);
}

#[actix::test]
async fn samples_past_the_age_limit_are_dropped_instead_of_retried() {
    let endpoint = Endpoint::start(vec![]).otherwise(reply(503));
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.queue.sample_age_limit = Duration::from_millis(100);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    writer.send(samples(&[(7, "up")], 2)).await.unwrap();
    let description = until(&writer, |writer| writer.dropped.samples == 2).await;
    assert_eq!((description.requests, description.sent.samples), (0, 0));
    assert!(description.retried > 0);
    assert_eq!(
        metric(&metrics, "samples_dropped_total", &[("reason", "too_old")]),
        Some(2.0)
    );
}

#[actix::test]
async fn what_was_lost_before_it_came_is_counted_as_far_as_the_endpoint_would_have_got_it() {
    let endpoint = Endpoint::start(vec![]);
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.send_exemplars = false;
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    let lost = Counts {
        seeds: 1,
        samples: 2,
        exemplars: 3,
        histograms: 4,
        histogram_exemplars: 0,
    };
    writer.send(NoteLost(lost)).await.unwrap();
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    let counted = Counts {
        exemplars: 0,
        histograms: 0,
        histogram_exemplars: 0,
        ..lost
    };
    assert_eq!(description.dropped, counted);
    assert_eq!(
        metric(&metrics, "samples_dropped_total", &[("reason", "writer_busy")]),
        Some(2.0)
    );
    assert_eq!(
        metric(&metrics, "seeds_dropped_total", &[("reason", "writer_busy")]),
        Some(1.0)
    );
}
