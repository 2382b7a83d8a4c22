//! Span metrics once more over owned messages, as slowly and plainly as they are written in SPEC.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use prost::Message as _;
use spangraph_config::SpanMetricsSettings;

use super::super::super::trace_state::sampling_multiplier;
use super::model::{DROPPED, find, find_text, invalid, latency, text};
use super::named_updates::{Labels, NamedEntry, NamedObservation, NamedUpdates};
use super::*;

/// Labels that target info shares with span metrics.
const RESERVED: [&str; 7] = [
    "service",
    "span_name",
    "span_kind",
    "status_code",
    "status_message",
    "job",
    "instance",
];

/// What one span of a request gives to span metrics, as if it had come alone.
pub(super) fn one_by_one(settings: &TenantSettings, request: &ExportTraceServiceRequest) -> NamedUpdates {
    let mut all = NamedUpdates::default();
    for group in &request.resource_spans {
        let resource = group
            .resource
            .as_ref()
            .map_or(&[][..], |resource| &resource.attributes);
        let spans = group.scope_spans.iter().flat_map(|scope| &scope.spans);
        let mut of_group = NamedUpdates::default();
        for span in spans.filter(|span| inside(settings, span)) {
            let mut alone = updates_of(settings, resource, span);
            alone.hosts = host(&settings.host_info.host_identifiers, resource)
                .into_iter()
                .collect();
            of_group.add(alone);
        }
        of_group.targets.truncate(1);
        all.add(of_group);
    }
    all
}

fn inside(settings: &TenantSettings, span: &Span) -> bool {
    let slack = settings.ingestion_time_range_slack.as_nanos();
    invalid(span).is_none() && u128::from(span.end_time_unix_nano.abs_diff(NOW)) <= slack
}

fn updates_of(tenant: &TenantSettings, resource: &[KeyValue], span: &Span) -> NamedUpdates {
    let settings = &tenant.span_metrics;
    let drop = find("drop", &[&span.attributes]).and_then(|value| value.value);
    if drop == Some(Value::StringValue(DROPPED.to_owned())) {
        return NamedUpdates::default();
    }
    let (job, instance) = identity(settings, resource);
    let mut labels = intrinsics(resource, span);
    labels.extend(attribute_labels(settings, resource, span));
    labels.extend([job.clone(), instance.clone()]);
    let labels: Labels = labels
        .into_iter()
        .map(|text| text.filter(|text| !text.is_empty()))
        .collect();
    let weight = multiplier(settings, resource, span);
    NamedUpdates {
        entries: vec![NamedEntry {
            labels: labels.clone(),
            calls: weight,
            size_bytes: size(span),
        }],
        observations: latency(tenant, span)
            .map(|seconds| NamedObservation {
                labels,
                seconds,
                weight,
                trace_id: span.trace_id.clone().try_into().unwrap(),
            })
            .into_iter()
            .collect(),
        targets: target(settings, resource, [job, instance]).into_iter().collect(),
        hosts: Vec::new(),
    }
}

/// That of the span with a status, as Tempo encodes all of them.
fn size(span: &Span) -> f64 {
    let status = Some(span.status.clone().unwrap_or_default());
    let with_status = Span {
        status,
        ..span.clone()
    };
    f64::from(u32::try_from(with_status.encoded_len()).unwrap())
}

fn intrinsics(resource: &[KeyValue], span: &Span) -> Labels {
    let status = span.status.clone().unwrap_or_default();
    let kind =
        SpanKind::try_from(span.kind).map_or(span.kind.to_string(), |kind| kind.as_str_name().to_owned());
    let code = StatusCode::try_from(status.code)
        .map_or(status.code.to_string(), |code| code.as_str_name().to_owned());
    vec![
        find_text("service.name", &[resource]),
        Some(span.name.clone()),
        Some(kind),
        Some(code),
        Some(status.message),
    ]
}

fn attribute_labels(settings: &SpanMetricsSettings, resource: &[KeyValue], span: &Span) -> Labels {
    let scopes: [&[KeyValue]; 2] = [resource, &span.attributes];
    let dimensions = settings.dimensions.iter().map(|key| find_text(key, &scopes));
    let mappings = settings.dimension_mappings.iter().map(|mapping| {
        let texts = mapping
            .source_labels
            .iter()
            .filter_map(|key| find_text(key, &scopes));
        let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
        Some(texts.join(&mapping.join))
    });
    dimensions.chain(mappings).collect()
}

fn identity(settings: &SpanMetricsSettings, resource: &[KeyValue]) -> (Option<String>, Option<String>) {
    if !settings.enable_target_info {
        return (None, None);
    }
    let get = |key| find_text(key, &[resource]).filter(|text| !text.is_empty());
    let job = get("service.name").map(|name| match get("service.namespace") {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name,
    });
    let instance = get("service.instance.id").filter(|_| settings.enable_instance_label);
    (job, instance)
}

fn target(
    settings: &SpanMetricsSettings,
    resource: &[KeyValue],
    identity: [Option<String>; 2],
) -> Option<Vec<(String, String)>> {
    let is_first = |index: usize| {
        let mut before = resource[..index].iter();
        before.all(|other| other.key != resource[index].key)
    };
    let labels = (0..resource.len())
        .filter(|index| is_first(*index) && is_told(settings, &resource[*index].key))
        .map(|index| target_label(&resource[index]));
    let mut labels: Vec<_> = labels.filter(|(_, value)| !value.is_empty()).collect();
    if labels.is_empty() || identity.iter().all(Option::is_none) {
        return None;
    }
    let names = ["job", "instance"].into_iter().zip(identity);
    labels.extend(names.filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Some(labels)
}

/// Whether the resource's attribute `key` is told of a target.
fn is_told(settings: &SpanMetricsSettings, key: &str) -> bool {
    let of_identity = ["service.name", "service.namespace", "service.instance.id"].contains(&key);
    let mut excluded = settings.target_info_excluded_dimensions.iter();
    let begins_well = key.starts_with(|first: char| !first.is_ascii_digit());
    begins_well && !of_identity && !excluded.any(|other| other == key)
}

fn target_label(attribute: &KeyValue) -> (String, String) {
    let name = attribute
        .key
        .replace(|one: char| !one.is_ascii_alphanumeric(), "_");
    let prefix = if RESERVED.contains(&name.as_str()) {
        "__"
    } else {
        ""
    };
    let value = text(&attribute.value.clone().unwrap_or_default());
    (format!("{prefix}{name}"), value)
}

fn host(identifiers: &[String], resource: &[KeyValue]) -> Option<(String, String)> {
    identifiers
        .iter()
        .find_map(|key| match find(key, &[resource])?.value {
            Some(Value::StringValue(name)) if !name.is_empty() => Some((name, key.clone())),
            _ => None,
        })
}

fn multiplier(settings: &SpanMetricsSettings, resource: &[KeyValue], span: &Span) -> f64 {
    let of_state = sampling_multiplier(span.trace_state.as_bytes());
    let of_state = of_state.filter(|_| settings.enable_tracestate_span_multiplier);
    let ratio = |scope| match find(settings.span_multiplier_key.as_deref()?, &[scope])?.value {
        Some(Value::DoubleValue(ratio)) if ratio > 0.0 => Some(1.0 / ratio),
        _ => None,
    };
    of_state
        .or_else(|| ratio(&span.attributes))
        .or_else(|| ratio(resource))
        .unwrap_or(1.0)
}
