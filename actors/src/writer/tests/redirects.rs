//! Redirects are followed with the body, and what is secret stays with the configured endpoint.

use spangraph_config::{Credential, Secret};

use super::chunks::samples;
use super::endpoint::{Endpoint, Reply, reply};
use super::*;

fn redirect(status: u16, location: &str) -> Reply {
    let location: &'static str = Box::leak(location.to_owned().into_boxed_str());
    Reply {
        header: Some(("location", location)),
        ..reply(status)
    }
}

/// Parameters with every kind of secret.
fn with_secrets(url: &str) -> WriterParameters {
    let mut parameters = parameters(url);
    parameters.endpoint.bearer_token = Some(Credential::Inline(Secret::new("the-token")));
    let key = ("x-key".to_owned(), Secret::new("the-key"));
    parameters.endpoint.headers.extend([key]);
    let several = vec![Credential::Inline(Secret::new("one-of-several"))];
    parameters
        .endpoint
        .http_headers
        .insert("x-several".to_owned(), several);
    parameters
}

const SECRET_HEADERS: [&str; 4] = ["authorization", "x-key", "x-several", "x-scope-orgid"];

#[actix::test]
async fn a_redirect_on_the_same_host_takes_body_and_headers_along() {
    for status in [307, 308] {
        let endpoint = Endpoint::start(vec![redirect(status, "/new/push")]);
        let writer = start(with_secrets(&endpoint.url));
        writer.send(samples(&[(7, "up")], 1)).await.unwrap();
        let description = until(&writer, |writer| writer.sent.samples == 1).await;
        let [first, second] = &endpoint.received()[..] else {
            panic!("two requests were expected")
        };
        assert_eq!(
            (first.path.as_str(), second.path.as_str()),
            ("/api/v1/write", "/new/push")
        );
        assert_eq!(first.samples, second.samples);
        for header in SECRET_HEADERS {
            assert!(first.header(header).is_some(), "{header}");
            assert_eq!(first.header(header), second.header(header), "{header}");
        }
        assert_eq!((description.retried, description.last_error), (0, None));
    }
}

#[actix::test]
async fn another_host_gets_the_samples_and_nothing_else_also_when_it_leads_back() {
    let back = Endpoint::start(vec![]);
    let elsewhere = Endpoint::start(vec![]).otherwise(redirect(307, &format!("{}-again", back.url)));
    back.answer_next(redirect(308, &elsewhere.url));
    let writer = start(with_secrets(&back.url));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    until(&writer, |writer| writer.sent.samples == 1).await;
    let received = [&back.received()[..], &elsewhere.received()[..]].concat();
    let paths: Vec<_> = received.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/api/v1/write", "/api/v1/write-again", "/api/v1/write"]);
    assert!(received.iter().all(|request| request.samples == ["up=1"]));
    for header in SECRET_HEADERS {
        let values: Vec<_> = received.iter().map(|request| request.header(header)).collect();
        assert!(
            matches!(values[..], [Some(_), None, None]),
            "{header}: {values:?}"
        );
    }
    assert_eq!(received[2].header("content-encoding"), Some("snappy"));
}

#[actix::test]
async fn a_circle_of_redirects_is_left_where_it_closes_and_told() {
    let endpoint = Endpoint::start(vec![
        redirect(308, "/other?key=secret-key"),
        redirect(307, "/third"),
        redirect(308, "/other?key=secret-key"),
    ]);
    let writer = start(parameters(&endpoint.url));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    let message = description.last_error.unwrap().message;
    assert!(
        message.contains("in a circle") && message.contains("/other") && !message.contains("secret-key"),
        "{message}"
    );
    assert_eq!((description.retried, endpoint.received().len()), (1, 4));
}

#[actix::test]
async fn a_request_is_sent_ten_times_at_the_most_wherever_it_is_led() {
    let replies = (0..10)
        .map(|step| redirect(308, &format!("/step-{step}")))
        .collect();
    let endpoint = Endpoint::start(replies);
    let writer = start(parameters(&endpoint.url));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.sent.samples == 1).await;
    let message = description.last_error.unwrap().message;
    assert!(message.contains("redirected a request 10 times"), "{message}");
    assert_eq!((description.retried, endpoint.received().len()), (1, 11));
}

#[actix::test]
async fn what_would_lose_the_body_is_not_followed_and_says_what_to_do() {
    let elsewhere = Endpoint::start(vec![]);
    for status in [301, 302, 303] {
        let endpoint = Endpoint::start(vec![redirect(status, &elsewhere.url)]);
        let writer = start(parameters(&endpoint.url));
        writer.send(samples(&[(7, "up")], 1)).await.unwrap();
        let description = until(&writer, |writer| writer.failed.samples == 1).await;
        let message = description.last_error.unwrap().message;
        let wanted = format!("{status}: redirect to {}", elsewhere.url);
        assert!(
            message.starts_with(&wanted) && message.contains("only 307 and 308"),
            "{message}"
        );
    }
    assert!(elsewhere.received().is_empty());
}

#[actix::test]
async fn no_redirect_is_followed_when_that_is_off() {
    let endpoint = Endpoint::start(vec![redirect(308, "/new/push")]);
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.follow_redirects = false;
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.failed.samples == 1).await;
    let message = description.last_error.unwrap().message;
    assert!(message.contains("follow_redirects is false"), "{message}");
    assert_eq!(endpoint.received().len(), 1);
}
