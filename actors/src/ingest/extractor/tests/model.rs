//! The rules once more over owned messages, as slowly and plainly as they are written in SPEC.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use spangraph_config::{AttributeScope, FilterKey, FilterPolicy};

use super::super::super::span_ids::InvalidSpan;
use super::super::super::trace_state::sampling_multiplier;
use super::rules::excluding;
use super::*;
use crate::batches::Side;

/// The model leaves filters to this: a span with the attribute `drop` = the string "a" is out.
pub(super) const DROPPED: &str = "a";

/// The only policy that the model knows.
pub(super) fn without_dropped() -> Vec<FilterPolicy> {
    let drop = FilterKey::Attribute(AttributeScope::Span, "drop".to_owned());
    excluding(drop, DROPPED)
}

pub(super) struct Model<'s> {
    pub(super) settings: &'s TenantSettings,
    pub(super) halves: Vec<NamedHalf>,
    pub(super) counts: SpanCounts,
}

impl Model<'_> {
    pub(super) fn run(&mut self, request: &ExportTraceServiceRequest) {
        for group in &request.resource_spans {
            let resource = group
                .resource
                .as_ref()
                .map_or(&[][..], |resource| &resource.attributes);
            for span in group.scope_spans.iter().flat_map(|scope| &scope.spans) {
                self.counts.spans += 1;
                self.add(resource, span);
            }
        }
    }

    fn add(&mut self, resource: &[KeyValue], span: &Span) {
        if let Some(reason) = invalid(span) {
            self.counts.invalid += 1;
            self.counts.invalid_reason.get_or_insert(reason);
            return;
        }
        let slack = i128::try_from(self.settings.ingestion_time_range_slack.as_nanos()).unwrap();
        let ahead = i128::from(span.end_time_unix_nano) - i128::from(NOW);
        let kinds = [
            None,
            None,
            Some(EdgeKind::Server),
            Some(EdgeKind::Client),
            Some(EdgeKind::Producer),
        ];
        let kinds = kinds
            .into_iter()
            .chain([Some(EdgeKind::Consumer)])
            .collect::<Vec<_>>();
        let kind = kinds.get(usize::try_from(span.kind).unwrap()).copied().flatten();
        if ahead.abs() <= slack && latency(self.settings, span).is_none() {
            let count = match span.start_time_unix_nano {
                0 => &mut self.counts.no_start,
                _ => &mut self.counts.too_long,
            };
            *count += 1;
        }
        match (kind, find("service.name", &[resource])) {
            _ if ahead < -slack => self.counts.too_old += 1,
            _ if ahead > slack => self.counts.too_new += 1,
            (None, _) => self.counts.not_an_edge_half += 1,
            (_, None) => self.counts.no_service_name += 1,
            (Some(kind), Some(service)) => self.add_half(resource, span, kind, &service),
        }
    }

    fn add_half(&mut self, resource: &[KeyValue], span: &Span, kind: EdgeKind, service: &AnyValue) {
        let key = call_key(span, kind);
        if self.drops(span) {
            self.add_marker(key, kind, text(service));
            return;
        }
        let database = self.database(resource, span, kind);
        let dimensions = self.settings.service_graphs.dimensions.iter();
        self.counts.half_edges += 1;
        self.halves.push(NamedHalf {
            key,
            kind,
            filtered: false,
            failed: span.status.as_ref().is_some_and(|status| status.code == 2),
            connection: connection(kind, database.is_some()),
            service: Some(text(service)),
            peer: self
                .peer(span)
                .filter(|_| is_client(kind) || key.is_root() || text(service).is_empty()),
            database: database.flatten(),
            times: (span.start_time_unix_nano, span.end_time_unix_nano),
            multiplier: self.multiplier(resource, span),
            latency: latency(self.settings, span),
            dimensions: dimensions
                .map(|key| find_text(key, &[resource, &span.attributes]))
                .collect(),
        });
    }

    fn drops(&self, span: &Span) -> bool {
        let drop = find("drop", &[&span.attributes]).and_then(|value| value.value);
        let has_filter = !self.settings.service_graphs.filter_policies.is_empty();
        has_filter && drop == Some(Value::StringValue(DROPPED.to_owned()))
    }

    fn peer(&self, span: &Span) -> Option<String> {
        let mut peers = self.settings.service_graphs.peer_attributes.iter();
        peers.find_map(|key| find_text(key, &[&span.attributes]))
    }

    fn add_marker(&mut self, key: CallKey, kind: EdgeKind, service: String) {
        if kind.side() == Side::Server && key.span_id == [0; 8] {
            self.counts.filtered_root += 1;
            return;
        }
        self.counts.half_edges += 1;
        self.counts.filtered += 1;
        self.halves.push(NamedHalf {
            key,
            kind,
            filtered: true,
            failed: false,
            connection: Connection::Unset,
            service: Some(service),
            peer: None,
            database: None,
            times: (0, 0),
            multiplier: 1.0,
            latency: Some(0.0),
            dimensions: vec![None; self.settings.service_graphs.dimensions.len()],
        });
    }

    /// Whether it calls a database, and what its server is called, if it says that.
    fn database(&self, resource: &[KeyValue], span: &Span, kind: EdgeKind) -> Option<Option<String>> {
        let get = |key: &str| find_text(key, &[resource, &span.attributes]).filter(|_| is_client(kind));
        let mut names = self.settings.service_graphs.database_name_attributes.iter();
        let matched = names.find_map(|key| get(key))?;
        let address = get("network.peer.address").map(|address| match get("network.peer.port") {
            Some(port) => format!("{address}:{port}"),
            None => address,
        });
        let named = get("peer.service").or(get("server.address")).or(address);
        Some(named.or(Some(matched).filter(|name| !name.is_empty())))
    }

    fn multiplier(&self, resource: &[KeyValue], span: &Span) -> f64 {
        if self.settings.service_graphs.enable_tracestate_span_multiplier
            && let Some(multiplier) = sampling_multiplier(span.trace_state.as_bytes())
        {
            return multiplier;
        }
        let Some(key) = &self.settings.service_graphs.span_multiplier_key else {
            return 1.0;
        };
        for scope in [&span.attributes, resource] {
            if let Some(AnyValue {
                value: Some(Value::DoubleValue(ratio)),
            }) = find(key, &[scope])
                && ratio > 0.0
            {
                return 1.0 / ratio;
            }
        }
        1.0
    }
}

fn is_client(kind: EdgeKind) -> bool {
    matches!(kind, EdgeKind::Client | EdgeKind::Producer)
}

fn connection(kind: EdgeKind, calls_database: bool) -> Connection {
    match kind {
        _ if calls_database => Connection::Database,
        EdgeKind::Producer | EdgeKind::Consumer => Connection::MessagingSystem,
        EdgeKind::Client | EdgeKind::Server => Connection::Unset,
    }
}

/// The span of the client: `span` itself or its parent.
fn call_key(span: &Span, kind: EdgeKind) -> CallKey {
    let parent = match span.parent_span_id.as_slice() {
        [] => vec![0; 8],
        parent => parent.to_vec(),
    };
    let span_id = if is_client(kind) {
        span.span_id.clone()
    } else {
        parent
    };
    CallKey {
        trace_id: span.trace_id.clone().try_into().unwrap(),
        span_id: span_id.try_into().unwrap(),
    }
}

/// What histograms take of `span`: nothing that is longer than a day and the slack, as from 1970 on.
pub(super) fn latency(settings: &TenantSettings, span: &Span) -> Option<f64> {
    let longest = settings.ingestion_time_range_slack.as_secs_f64().max(86_400.0);
    let seconds = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano) as f64 / 1e9;
    (span.start_time_unix_nano > 0 && seconds <= longest).then_some(seconds)
}

pub(super) fn invalid(span: &Span) -> Option<InvalidSpan> {
    let wrong = |id: &[u8], length| id.len() != length || id.iter().all(|byte| *byte == 0);
    if wrong(&span.trace_id, 16) {
        Some(InvalidSpan::TraceId(span.trace_id.len()))
    } else if wrong(&span.span_id, 8) {
        Some(InvalidSpan::SpanId(span.span_id.len()))
    } else if ![0, 8].contains(&span.parent_span_id.len()) {
        Some(InvalidSpan::ParentSpanId(span.parent_span_id.len()))
    } else {
        None
    }
}

pub(super) fn find(key: &str, scopes: &[&[KeyValue]]) -> Option<AnyValue> {
    let found = scopes
        .iter()
        .copied()
        .flatten()
        .find(|attribute| attribute.key == key)?;
    Some(found.value.clone().unwrap_or_default())
}

pub(super) fn find_text(key: &str, scopes: &[&[KeyValue]]) -> Option<String> {
    find(key, scopes).map(|value| text(&value))
}

pub(super) fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(truth)) => truth.to_string(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::ArrayValue(array)) => format!("[{}]", array.values.iter().map(text).collect::<String>()),
        _ => String::new(),
    }
}
