//! What endpoints resolve to.

use std::time::Duration;

use spangraph_config::{Credential, RemoteWriteEndpoint, Secret};

use super::{load, tenant};

/// Endpoints with most of their keys, with few, and with a name.
const ENDPOINTS: &str = "\
metrics_generator:
  storage:
    remote_write_add_org_id_header: false
    remote_write_flush_deadline: 5s
    remote_write:
      - url: https://mimir:8080/api/v1/push
        remote_timeout: 1m
        headers: {X-A: b}
        basic_auth: {username: tempo, password: 0123}
        tls_config: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem, server_name: m, insecure_skip_verify: true}
        send_exemplars: true
        queue_config: {capacity: 1, max_shards: 2, max_samples_per_send: 3, min_backoff: 4ms, max_backoff: 5ms, sample_age_limit: 1d}
      - {url: 'http://mimir:8080/x', authorization: {credentials_file: token}}
      - {url: 'http://mimir:8080/y', bearer_token: t, name: third}
";

fn endpoints() -> [RemoteWriteEndpoint; 3] {
    <[_; 3]>::try_from(tenant(ENDPOINTS).remote_write).unwrap_or_else(|endpoints| panic!("{endpoints:?}"))
}

#[test]
fn what_all_endpoints_share_reaches_the_settings() {
    let settings = tenant(ENDPOINTS);
    assert!(!settings.remote_write_add_org_id_header);
    assert_eq!(settings.remote_write_flush_deadline, Duration::from_secs(5));
}

#[test]
fn endpoints_without_a_name_are_named_after_their_hosts() {
    assert_eq!(
        endpoints().map(|endpoint| endpoint.name),
        ["mimir:8080", "mimir:8080-2", "third"]
    );
}

#[test]
fn endpoints_resolve_as_prometheus_reads_them() {
    let [first, second, _] = endpoints();
    assert_eq!(first.url.expose(), "https://mimir:8080/api/v1/push");
    assert_eq!(first.remote_timeout, Duration::from_secs(60));
    assert_eq!(second.remote_timeout, Duration::from_secs(30));
    assert_eq!(first.headers["X-A"], Secret::new("b"));
    assert!(first.send_exemplars && !second.send_exemplars);
    assert!(first.tls.insecure_skip_verify && first.tls.server_name.as_deref() == Some("m"));
}

#[test]
fn each_endpoint_has_the_credentials_that_it_names() {
    let [first, second, third] = endpoints();
    let basic = first.basic_auth.unwrap();
    assert_eq!(basic.username, "tempo");
    assert_eq!(basic.password, Credential::Inline(Secret::new("0123")));
    assert_eq!(second.bearer_token, Some(Credential::File("token".into())));
    assert_eq!(third.bearer_token, Some(Credential::Inline(Secret::new("t"))));
}

#[test]
fn the_keys_of_a_queue_reach_its_settings() {
    let [first, ..] = endpoints();
    let queue = first.queue;
    assert_eq!(
        (queue.capacity, queue.max_shards, queue.max_samples_per_send),
        (1, 2, 3)
    );
    assert_eq!(queue.min_backoff, Duration::from_millis(4));
    assert_eq!(queue.max_backoff, Duration::from_millis(5));
    assert_eq!(queue.sample_age_limit, Duration::from_secs(86_400));
}

#[test]
fn secrets_are_never_printed() {
    let text = "metrics_generator: {storage: {remote_write: [{url: 'http://a/', headers: {X: hunter2}, basic_auth: {username: u, password: hunter2}}]}}\noverrides: {defaults: {metrics_generator: {remote_write_headers: {Y: hunter2}}}}";
    assert!(!format!("{:?}", load(text)).contains("hunter2"));
}
