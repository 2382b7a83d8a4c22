//! Seeds that an endpoint does not take: everything else arrives, in order and soon.

use super::chunks::chunk;
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::batches::ChunkKind;

/// One collection in which each of `names` has a seed and then a value, each in a lane of its own.
fn born(names: &[&str], value: i32) -> Enqueue {
    let of = |kind, value| {
        let names = names.iter().enumerate();
        names.map(move |(lane, name)| chunk(kind, lane, &[name], value))
    };
    let chunks: Vec<_> = of(ChunkKind::Seeds, 0)
        .chain(of(ChunkKind::Samples, value))
        .collect();
    Enqueue(Arc::new(chunks.into()))
}

#[actix::test]
async fn whatever_answers_seeds_values_go_on_in_order_and_soon() {
    let hanging = Reply {
        after: Duration::from_secs(3),
        ..reply(204)
    };
    let replies = [
        reply(400),
        reply(404),
        reply(429),
        reply(500),
        reply(503),
        hanging,
    ];
    let names: Vec<_> = (0..60).map(|number| format!("series_{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for unwilling in replies {
        let what = format!("{unwilling:?}");
        let endpoint = Endpoint::start(vec![]).for_seeds(unwilling);
        let mut parameters = parameters(&endpoint.url);
        parameters.endpoint.remote_timeout = Duration::from_millis(500);
        let metrics = parameters.metrics.clone();
        let (writer, started) = (start(parameters), Instant::now());
        for value in 1..=3 {
            let collection = if value == 1 {
                born(&names, 1)
            } else {
                of_values(&names, value)
            };
            writer.send(collection).await.unwrap();
        }
        let description = until(&writer, |writer| writer.sent.samples == 180).await;
        assert!(started.elapsed() < Duration::from_secs(9), "{what}");
        assert_eq!(
            (description.failed.seeds, description.failed.samples),
            (60, 0),
            "{what}"
        );
        assert!(
            description.dropped.is_empty() && description.requests == 0,
            "{what}: {description:?}"
        );
        for name in &names {
            let mut values = endpoint.samples_of(name);
            values.retain(|sample| !sample.ends_with("=0"));
            assert_eq!(values, [1, 2, 3].map(|value| format!("{name}={value}")), "{what}");
        }
        let refused = metric(&metrics, "seeds_refused_total", &[]);
        assert_eq!(refused, Some(60.0), "{what}");
    }
}

#[actix::test]
async fn one_seed_that_the_endpoint_fails_at_takes_no_other_with_it() {
    for status in [400, 500, 503] {
        let endpoint = Endpoint::start(vec![]).for_seeds_of("back", reply(status));
        let mut parameters = parameters(&endpoint.url);
        parameters.endpoint.queue.max_backoff = Duration::from_millis(5);
        let writer = start(parameters);
        let names: Vec<_> = (0..20).map(|number| format!("series_{number}")).collect();
        let mut names: Vec<_> = names.iter().map(String::as_str).collect();
        names.insert(13, "back");
        writer.send(born(&names, 1)).await.unwrap();
        let description = until(&writer, |writer| {
            writer.requests == 0 && writer.sent.samples == 21
        })
        .await;
        assert_eq!(
            (description.sent.seeds, description.failed.seeds),
            (20, 1),
            "{status}"
        );
        for name in names.iter().filter(|name| **name != "back") {
            let samples = endpoint.samples_of(name);
            let first_value = samples.iter().position(|sample| sample.ends_with("=1")).unwrap();
            assert_eq!(
                first_value,
                samples.len() - 1,
                "{status}: the seed of {name} comes first"
            );
        }
    }
}

#[actix::test]
async fn lanes_whose_seeds_are_taken_do_not_wait_for_those_of_others() {
    let slow = Reply {
        after: Duration::from_millis(400),
        ..reply(500)
    };
    let endpoint = Endpoint::start(vec![]).for_seeds_of("back", slow);
    let writer = start(parameters(&endpoint.url));
    writer.send(born(&["front", "back"], 1)).await.unwrap();
    let early = until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!((early.sent.seeds, early.failed.seeds), (1, 0));
    let last = until(&writer, |writer| writer.sent.samples == 2).await;
    assert_eq!((last.sent.seeds, last.failed.seeds), (1, 1));
}

#[actix::test]
async fn an_endpoint_that_asks_for_a_pause_at_every_seed_gets_its_values() {
    let busy = Reply {
        header: Some(("retry-after", "1")),
        ..reply(429)
    };
    let endpoint = Endpoint::start(vec![]).for_seeds(busy);
    let writer = start(parameters(&endpoint.url));
    writer.send(born(&["front", "back"], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 2).await;
    assert_eq!(description.failed.seeds, 2);
    assert_eq!(endpoint.received().len(), 3 + 1, "three times with seeds");
}

#[actix::test]
async fn seeds_wait_while_nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let writer = start(parameters(&format!("http://{address}/api/v1/write")));
    writer.send(born(&["up"], 1)).await.unwrap();
    actix_rt::time::sleep(Duration::from_millis(400)).await;
    let endpoint = Endpoint::listen(std::net::TcpListener::bind(address).unwrap(), vec![], None);
    until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(endpoint.samples(), ["up=0", "up=1"]);
}

#[actix::test]
async fn an_endpoint_that_fails_at_seeds_is_told_of_once_a_minute() {
    let log = Log::default();
    let _guard = log.start();
    let endpoint = Endpoint::start(vec![]).for_seeds(reply(500));
    let writer = start(parameters(&endpoint.url));
    for (name, value) in [("a", 1), ("b", 2)] {
        writer.send(born(&[name; 9], value)).await.unwrap();
        until(&writer, |writer| {
            writer.sent.samples == 9 * u64::from(value.unsigned_abs())
        })
        .await;
    }
    assert_eq!(log.lines_with("the endpoint fails at seeds").len(), 1);
}

fn of_values(names: &[&str], value: i32) -> Enqueue {
    let names: Vec<_> = names.iter().copied().enumerate().collect();
    super::chunks::samples(&names, value)
}
