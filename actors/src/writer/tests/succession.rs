//! Samples of a series come in order when the settings of an endpoint change, and when one writer comes after another.

use futures_util::future::join;

use super::chunks::samples;
use super::endpoint::{Endpoint, Reply, reply};
use super::*;
use crate::writer::relabel::tests::rules;

fn slow(milliseconds: u64) -> Reply {
    Reply {
        after: Duration::from_millis(milliseconds),
        ..reply(204)
    }
}

fn within(milliseconds: u64) -> Drain {
    Drain {
        deadline: Instant::now() + Duration::from_millis(milliseconds),
    }
}

fn parts(name: &str) -> WriterParts {
    let (lifelines, _) = Lifelines::new();
    WriterParts {
        meter: ActorMeter::new(ActorName::new(Role::Writer, name), MAILBOX),
        lifeline: lifelines.attach("writer"),
    }
}

fn start_after(parameters: WriterParameters, before: &Addr<Writer>) -> Addr<Writer> {
    let writer = Writer::new(WriterBlueprint::new(parameters).unwrap(), parts("shop/test"));
    writer.after(vec![before.clone()]).start()
}

fn changed(parameters: &WriterParameters, change: impl FnOnce(&mut RemoteWriteEndpoint)) -> ChangeEndpoint {
    let mut parameters = parameters.clone();
    change(&mut parameters.endpoint);
    ChangeEndpoint {
        blueprint: WriterBlueprint::new(parameters).unwrap(),
        renamed: None,
    }
}

#[actix::test]
async fn a_writer_goes_on_with_its_queue_when_its_endpoint_changes_and_nothing_overtakes() {
    let endpoint = Endpoint::start(vec![]).otherwise(slow(50));
    let parameters = parameters(&endpoint.url);
    let writer = start(parameters.clone());
    for value in 1..=6 {
        writer.send(samples(&[(1, "up")], value)).await.unwrap();
        let change = changed(&parameters, |it| {
            it.remote_timeout += Duration::from_secs(u64::from(value.unsigned_abs()));
            it.queue.max_samples_per_send = 1;
        });
        writer.send(change).await.unwrap();
    }
    assert_eq!(writer.send(within(10_000)).await.unwrap(), Drained::default());
    let all: Vec<_> = (1..=6).map(|value| format!("up={value}")).collect();
    assert_eq!(endpoint.samples(), all);
}

#[actix::test]
async fn what_waits_when_credentials_change_is_sent_with_the_new_ones() {
    let endpoint = Endpoint::start(vec![]).otherwise(reply(503));
    let parameters = parameters(&endpoint.url);
    let writer = start(parameters.clone());
    writer.send(samples(&[(1, "up")], 1)).await.unwrap();
    until(&writer, |it| it.retried > 0).await;
    let token = spangraph_config::Credential::Inline(Secret::new("renewed"));
    let change = changed(&parameters, |it| it.bearer_token = Some(token));
    writer.send(change).await.unwrap();
    let retried = until(&writer, |_| true).await.retried;
    until(&writer, |it| it.retried > retried + 1).await;
    let endpoint = endpoint.otherwise(reply(204));
    assert_eq!(writer.send(within(10_000)).await.unwrap(), Drained::default());
    let received = endpoint.received();
    assert_eq!(received.first().unwrap().header("authorization"), None);
    assert_eq!(
        received.last().unwrap().header("authorization"),
        Some("Bearer renewed")
    );
}

#[actix::test]
async fn what_new_rules_make_is_sent_when_what_the_old_ones_made_has_ended() {
    let endpoint = Endpoint::start(vec![slow(100)]);
    let parameters = parameters(&endpoint.url);
    let writer = start(parameters.clone());
    writer.send(samples(&[(1, "up")], 1)).await.unwrap();
    until(&writer, |it| it.requests == 1).await;
    let change = changed(&parameters, |it| {
        it.write_relabel_rules =
            rules("[{source_labels: [__name__], regex: down, target_label: __name__, replacement: up}]");
    });
    writer.send(change).await.unwrap();
    writer.send(samples(&[(2, "down")], 2)).await.unwrap();
    assert_eq!(writer.send(within(10_000)).await.unwrap(), Drained::default());
    assert_eq!(endpoint.samples(), ["up=1", "up=2"]);
    let received = endpoint.received();
    let between = received[1].at.duration_since(received[0].at);
    assert!(between >= Duration::from_millis(90), "{between:?}");
}

#[actix::test]
async fn a_renamed_endpoint_is_counted_by_its_new_name_and_leaves_no_queue_under_the_old_one() {
    let endpoint = Endpoint::start(vec![]).otherwise(reply(503));
    let parameters = parameters(&endpoint.url);
    let metrics = parameters.metrics.clone();
    let writer = start(parameters.clone());
    writer.send(samples(&[(1, "up")], 1)).await.unwrap();
    let mut change = changed(&parameters, |it| it.name = "new".to_owned());
    change.renamed = Some(parts("shop/new"));
    writer.send(change).await.unwrap();
    assert_eq!(metric(&metrics, "queue_samples", &[]), Some(0.0));
    assert_eq!(metrics.queued(&parameters.tenant, "new"), 1);
    let endpoint = endpoint.otherwise(reply(204));
    let sent = until(&writer, |it| it.sent.samples == 1).await;
    assert_eq!(sent.endpoint, "new");
    assert_eq!(metric(&metrics, "samples_sent_total", &[]), Some(0.0));
    assert_eq!(metrics.totals().sent, 1);
    assert!(endpoint.samples().iter().all(|sample| sample == "up=1"));
}

#[actix::test]
async fn a_writer_that_comes_after_others_sends_when_these_have_sent_all_they_had() {
    let endpoint = Endpoint::start(vec![]).otherwise(slow(50));
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.queue.max_samples_per_send = 1;
    let first = start(parameters.clone());
    let second = start_after(parameters.clone(), &first);
    let third = start_after(parameters, &second);
    for value in 1..=2 {
        first.send(samples(&[(1, "up")], value)).await.unwrap();
    }
    third.send(samples(&[(1, "up")], 3)).await.unwrap();
    // The second has nothing, and yet does not end before the first.
    let drained = join(second.send(within(10_000)), third.send(within(10_000)));
    let (first, (second, third)) = join(first.send(within(10_000)), drained).await;
    for drained in [first, second, third] {
        assert_eq!(drained.unwrap(), Drained::default());
    }
    assert_eq!(endpoint.samples(), ["up=1", "up=2", "up=3"]);
}

#[actix::test]
async fn a_writer_goes_on_when_the_one_before_it_gave_up() {
    let endpoint = Endpoint::start(vec![]).for_series("old", slow(60_000));
    let first = start(parameters(&endpoint.url));
    let second = start_after(parameters(&endpoint.url), &first);
    first.send(samples(&[(1, "old")], 1)).await.unwrap();
    second.send(samples(&[(1, "up")], 2)).await.unwrap();
    assert_eq!(until(&second, |_| true).await.requests, 0);
    assert_eq!(first.send(within(200)).await.unwrap().unsent.samples, 1);
    until(&second, |it| it.sent.samples == 1).await;
    assert_eq!(endpoint.samples(), ["old=1", "up=2"]);
}

#[actix::test]
async fn a_writer_that_never_has_its_turn_gives_up_at_its_own_deadline() {
    let endpoint = Endpoint::start(vec![]);
    let first = start(parameters(&endpoint.url));
    let second = start_after(parameters(&endpoint.url), &first);
    second.send(samples(&[(1, "up")], 1)).await.unwrap();
    let started = Instant::now();
    assert_eq!(second.send(within(200)).await.unwrap().unsent.samples, 1);
    assert!(started.elapsed() >= Duration::from_millis(190));
    assert_eq!(first.send(within(10_000)).await.unwrap(), Drained::default());
    assert!(endpoint.samples().is_empty());
}
