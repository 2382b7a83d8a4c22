//! The rules for targets and hosts (SPEC §3 and §4) by example.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use spangraph_config::Processors;

use super::named_updates::{Labels, NamedUpdates};
use super::requests::{attribute, group, span, texts};
use super::span_metrics::{encoded, settings, updates, values};
use super::*;

/// One span of a resource with these attributes.
fn target(settings: &TenantSettings, resource: Vec<KeyValue>) -> (Labels, Vec<Vec<(String, String)>>) {
    let updates = updates(
        settings,
        vec![group(resource, vec![span(SpanKind::Server, Vec::new())])],
    );
    let labels = &updates.entries[0].labels;
    (labels[labels.len() - 2..].to_vec(), updates.targets)
}

#[test]
fn a_target_has_the_resources_attributes_with_job_and_instance() {
    let settings = settings(|metrics| {
        metrics.enable_target_info = true;
        metrics.target_info_excluded_dimensions = vec!["secret.key".to_owned()];
    });
    let resource = texts(&[
        ("service.name", "a"),
        ("service.namespace", "ns"),
        ("service.instance.id", "i-1"),
        ("k8s.pod.name", "p"),
        ("k8s.pod.name", "again"),
        ("secret.key", "s"),
        ("0zone", "z"),
        ("", "no key"),
        ("empty", ""),
        ("job", "mine"),
    ]);
    let resource = [resource, vec![attribute("host.cpus", Value::IntValue(4))]].concat();
    let (identity, targets) = target(&settings, resource);
    assert_eq!(identity, values(&[Some("ns/a"), Some("i-1")]));
    let expected = [
        ("k8s_pod_name", "p"),
        ("__job", "mine"),
        ("host_cpus", "4"),
        ("job", "ns/a"),
        ("instance", "i-1"),
    ];
    assert_eq!(
        targets,
        [expected.map(|(name, value)| (name.to_owned(), value.to_owned()))]
    );
}

#[test]
fn a_target_needs_a_name_and_another_label() {
    let on = settings(|metrics| metrics.enable_target_info = true);
    let of = |attributes: &[(&str, &str)]| target(&on, texts(attributes));
    assert_eq!(of(&[("service.name", "b")]), (values(&[Some("b"), None]), vec![]));
    assert_eq!(of(&[("pod", "q")]), (values(&[None, None]), vec![]));
    assert_eq!(
        of(&[("service.namespace", "ns"), ("pod", "q")]),
        (values(&[None, None]), vec![])
    );
    let (identity, targets) = of(&[("service.instance.id", "i"), ("pod", "q")]);
    assert_eq!(identity, values(&[None, Some("i")]));
    assert_eq!(targets.len(), 1);
    let all = texts(&[("service.name", "a"), ("service.instance.id", "i"), ("pod", "q")]);
    let without_instance = settings(|metrics| {
        (metrics.enable_target_info, metrics.enable_instance_label) = (true, false);
    });
    let (identity, targets) = target(&without_instance, all.clone());
    assert_eq!(identity, values(&[Some("a"), None]));
    assert_eq!(targets[0].last().unwrap().0, "job");
    assert_eq!(target(&settings(|_| {}), all), (values(&[None, None]), vec![]));
}

#[test]
fn a_resource_without_a_span_that_counts_is_no_target_and_no_host() {
    let mut settings = settings(|metrics| metrics.enable_target_info = true);
    settings.processors.host_info = true;
    let resource = || texts(&[("service.name", "a"), ("host.id", "h")]);
    let old = Span {
        end_time_unix_nano: 1,
        ..span(SpanKind::Server, Vec::new())
    };
    let groups = vec![group(resource(), Vec::new()), group(resource(), vec![old])];
    assert_eq!(updates(&settings, groups), NamedUpdates::default());
}

#[test]
fn a_host_is_the_first_identifier_that_is_a_text() {
    let mut settings = settings(|_| {});
    settings.processors = Processors {
        host_info: true,
        ..Processors::default()
    };
    let one = |resource| group(resource, vec![span(SpanKind::Internal, Vec::new())]);
    let groups = vec![
        one(texts(&[("host.id", "h1"), ("k8s.node.name", "n1")])),
        one(texts(&[("host.id", "h2"), ("k8s.node.name", "")])),
        one(texts(&[("k8s.node.name", "n1")])),
        one(vec![attribute("host.id", Value::IntValue(7))]),
        one(Vec::new()),
    ];
    let updates = updates(&settings, groups);
    let hosts = [("n1", "k8s.node.name"), ("h2", "host.id")];
    assert_eq!(
        updates.hosts,
        hosts.map(|(id, source)| (id.to_owned(), source.to_owned()))
    );
    assert_eq!(updates.entries, []);
}

#[test]
fn a_resource_with_too_many_attributes_is_no_target_and_its_spans_count() {
    let settings = settings(|metrics| metrics.enable_target_info = true);
    for (attributes, targets) in [(512, 1), (513, 0)] {
        let many = (0..attributes).map(|number| attribute(&format!("k{number}"), Value::IntValue(1)));
        let mut resource = texts(&[("service.name", "app")]);
        resource.extend(many);
        let groups = vec![group(resource, vec![span(SpanKind::Client, Vec::new())])];
        let extracted = Extractor::new(&settings, 1)
            .extract(&encoded(groups), NOW)
            .unwrap();
        assert_eq!(extracted.span_updates.targets.len(), targets);
        assert_eq!(extracted.counts.resource_info_dropped, 1 - targets as u64);
        assert_eq!(extracted.counts.metrics_spans, 1);
    }
}
