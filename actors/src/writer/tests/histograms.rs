use std::net::TcpListener;

use super::chunks::{chunk, samples};
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::batches::{Chunk, ChunkKind, SeriesEnd};

/// In these tests a body holds histograms when its series have this name.
const HISTOGRAM: &str = "latency";

fn histograms(lane: usize, value: i32) -> Chunk {
    chunk(ChunkKind::NativeHistograms, lane, &[HISTOGRAM], value)
}

/// One collection with a sample and a histogram in the same lane.
fn sample_and_histogram(lane: usize, value: i32) -> Enqueue {
    let chunks = vec![
        chunk(ChunkKind::Samples, lane, &["up"], value),
        histograms(lane, value),
    ];
    Enqueue(Arc::new(chunks.into()))
}

fn taking_histograms(url: &str, max_retries: usize) -> WriterParameters {
    let mut parameters = parameters(url);
    parameters.endpoint.send_native_histograms = true;
    parameters.endpoint.queue.max_retries = Some(max_retries);
    parameters
}

/// An endpoint that answers every request that holds histograms with 500.
fn without_histograms() -> Endpoint {
    let refusal = Reply {
        body: "native histograms are disabled",
        ..reply(500)
    };
    Endpoint::start(vec![]).for_series(HISTOGRAM, refusal)
}

#[actix::test]
async fn histograms_are_passed_over_and_counted_when_the_endpoint_takes_none() {
    let endpoint = Endpoint::start(vec![]);
    let parameters = parameters(&endpoint.url);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(sample_and_histogram(4, 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(endpoint.samples(), ["up=1"]);
    assert!(description.dropped.is_empty() && description.failed.is_empty() && description.queued.is_empty());
    assert_eq!(metric(&metrics, "histograms_skipped_total", &[]), Some(1.0));
}

/// A histogram with so many exemplars.
fn with_exemplars(lane: usize, exemplars: u32) -> Enqueue {
    let chunk = histograms(lane, 1);
    let ends = chunk.ends.iter().map(|end| SeriesEnd { exemplars, ..*end });
    let ends = ends.collect();
    Enqueue(Arc::new(vec![Chunk { ends, ..chunk }].into()))
}

#[actix::test]
async fn exemplars_within_histograms_are_counted_as_sent_or_refused() {
    for (endpoint, counted) in [
        (Endpoint::start(vec![]), "exemplars_sent_total"),
        (without_histograms(), "exemplars_failed_total"),
    ] {
        let parameters = taking_histograms(&endpoint.url, 0);
        let metrics = parameters.metrics.clone();
        let writer = start(parameters);
        for (lane, exemplars) in [(4, 2), (5, 0), (6, 3)] {
            writer.send(with_exemplars(lane, exemplars)).await.unwrap();
        }
        let ended = |writer: &WriterDescription| writer.sent.histograms + writer.failed.histograms == 3;
        let description = until(&writer, ended).await;
        assert!(description.queued.is_empty() && description.queued.histogram_exemplars == 0);
        let more: &[(&str, &str)] = if counted.contains("failed") {
            &[("reason", "http_500")]
        } else {
            &[]
        };
        assert_eq!(metric(&metrics, counted, more), Some(5.0), "{counted}");
    }
}

#[actix::test]
async fn histograms_travel_alone_and_in_order() {
    let endpoint = Endpoint::start(vec![]);
    let parameters = taking_histograms(&endpoint.url, 0);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    for value in 1..=5 {
        writer.send(sample_and_histogram(4, value)).await.unwrap();
    }
    until(&writer, |writer| {
        (writer.sent.samples, writer.sent.histograms) == (5, 5)
    })
    .await;
    for request in endpoint.received() {
        let of_histograms = |sample: &String| sample.starts_with(HISTOGRAM);
        let histograms = request
            .samples
            .iter()
            .filter(|sample| of_histograms(sample))
            .count();
        assert!(
            histograms == 0 || histograms == request.samples.len(),
            "{:?}",
            request.samples
        );
    }
    for series in [HISTOGRAM, "up"] {
        let expected: Vec<_> = (1..=5).map(|value| format!("{series}={value}")).collect();
        assert_eq!(endpoint.samples_of(series), expected);
    }
    assert_eq!(metric(&metrics, "histograms_sent_total", &[]), Some(5.0));
    assert_eq!(metric(&metrics, "samples_sent_total", &[]), Some(5.0));
}

#[actix::test]
async fn an_endpoint_that_fails_at_histograms_for_ever_gets_all_samples_undelayed() {
    let log = Log::default();
    let _guard = log.start();
    let endpoint = without_histograms();
    let mut parameters = taking_histograms(&endpoint.url, 1_000_000);
    // One place for requests and room for one sample: histograms must not use either up.
    let queue = &mut parameters.endpoint.queue;
    (queue.capacity, queue.max_shards) = (1, 1);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    for value in 1..=20 {
        writer.send(sample_and_histogram(4, value)).await.unwrap();
        let sent = u64::try_from(value).unwrap();
        let description = until(&writer, |writer| writer.sent.samples == sent).await;
        assert_eq!((description.dropped.samples, description.failed.samples), (0, 0));
        assert_eq!(
            description.under_way.histograms, 1,
            "a histogram waits for its next attempt"
        );
    }
    let expected: Vec<_> = (1..=20).map(|value| format!("up={value}")).collect();
    assert_eq!(
        endpoint.samples_of("up"),
        expected,
        "each sample is sent once and in order"
    );
    assert_eq!(
        metric(&metrics, "histograms_dropped_total", &[("reason", "queue_full")]),
        Some(18.0)
    );
    assert_eq!(metric(&metrics, "queue_histograms", &[]), Some(2.0));
    assert_eq!(metric(&metrics, "queue_samples", &[]), Some(0.0));
}

#[actix::test]
async fn histograms_are_dropped_after_so_many_retries_and_the_log_says_what_to_change() {
    let log = Log::default();
    let _guard = log.start();
    let endpoint = without_histograms();
    let parameters = taking_histograms(&endpoint.url, 2);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    for value in 1..=2 {
        writer.send(sample_and_histogram(4, value)).await.unwrap();
        let failed = u64::try_from(value).unwrap();
        until(&writer, |writer| writer.failed.histograms == failed).await;
    }
    let description = until(&writer, |writer| writer.sent.samples == 2).await;
    assert_eq!((description.requests, description.failed.samples), (0, 0));
    let attempts = ["latency=1"; 3].into_iter().chain(["latency=2"; 3]);
    assert_eq!(endpoint.samples_of(HISTOGRAM), attempts.collect::<Vec<_>>());
    assert_eq!(
        metric(&metrics, "histograms_failed_total", &[("reason", "http_500")]),
        Some(2.0)
    );
    assert_eq!(
        metric(&metrics, "samples_failed_total", &[("reason", "http_500")]),
        Some(0.0)
    );
    assert_eq!(metric(&metrics, "histograms_retried_total", &[]), Some(4.0));
    let lines = log.lines_with("native histograms were refused and dropped");
    assert_eq!(lines.len(), 1, "one line a minute: {lines:?}");
    for words in [
        "ERROR",
        "500: native histograms are disabled",
        "send_native_histograms: false",
        "--enable-feature=native-histograms",
    ] {
        assert!(lines[0].contains(words), "{words}: {}", lines[0]);
    }
}

#[actix::test]
async fn an_endpoint_that_is_down_does_not_count_as_refusing_histograms() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let parameters = taking_histograms(&format!("http://{address}/api/v1/write"), 0);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters);
    writer.send(sample_and_histogram(4, 1)).await.unwrap();
    until(&writer, |_| {
        metric(&metrics, "histograms_retried_total", &[]) >= Some(5.0)
    })
    .await;
    let endpoint = Endpoint::listen(TcpListener::bind(address).unwrap(), vec![], None);
    let description = until(&writer, |writer| writer.sent.histograms == 1).await;
    assert!(description.failed.is_empty() && description.dropped.is_empty());
    assert_eq!(endpoint.samples_of(HISTOGRAM), ["latency=1"]);
}

#[actix::test]
async fn refused_histograms_do_not_silence_the_line_about_samples() {
    let log = Log::default();
    let _guard = log.start();
    let refusal = Reply {
        body: "too many buckets",
        ..reply(400)
    };
    let endpoint = Endpoint::start(vec![])
        .for_series(HISTOGRAM, refusal)
        .for_series("bad", reply(422));
    let writer = start(taking_histograms(&endpoint.url, 9));
    writer.send(sample_and_histogram(4, 1)).await.unwrap();
    until(&writer, |writer| writer.failed.histograms == 1).await;
    writer.send(samples(&[(5, "bad")], 1)).await.unwrap();
    until(&writer, |writer| writer.failed.samples == 1).await;
    let lines = log.lines_with("native histograms were refused and dropped");
    assert!(
        lines.len() == 1 && lines[0].contains("400: too many buckets"),
        "{lines:?}"
    );
    assert!(
        !lines[0].contains("enable-feature"),
        "it is not the store's switch: {lines:?}"
    );
    assert_eq!(
        log.lines_with("remote write was refused and samples dropped")
            .len(),
        1
    );
}

#[actix::test]
async fn a_drain_waits_for_refused_histograms_only_until_they_are_given_up() {
    let endpoint = without_histograms();
    let writer = start(taking_histograms(&endpoint.url, 2));
    writer.send(sample_and_histogram(4, 1)).await.unwrap();
    let drain = Drain {
        deadline: Instant::now() + Duration::from_secs(10),
    };
    let started = Instant::now();
    assert_eq!(writer.send(drain).await.unwrap(), Drained::default());
    assert!(started.elapsed() < Duration::from_secs(5));
    let description = writer.send(Describe).await.unwrap();
    assert_eq!((description.sent.samples, description.failed.histograms), (1, 1));
}
