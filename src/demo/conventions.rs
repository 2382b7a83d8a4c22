//! Attributes of the shop's spans and resources, named by OpenTelemetry's semantic conventions.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::operations::{Endpoint, ExternalCall, Query};
use super::outcome::Outcome;
use super::services::Service;

/// The version of the semantic conventions, as the schema URL of what is sent.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.39.0";

/// `exception.type` of what fails in the shop.
pub const EXCEPTION: &str = "ShopError";

/// The resource of one instance of `service`.
pub fn resource(service: &Service, instance_id: &str) -> Resource {
    Resource {
        attributes: vec![
            text("service.name", service.name),
            text("service.namespace", "shop"),
            text("service.version", service.version),
            text("service.instance.id", instance_id),
            text("deployment.environment.name", "demo"),
            text("k8s.node.name", service.node),
            text("telemetry.sdk.language", service.language),
            text("telemetry.sdk.name", "opentelemetry"),
        ],
        ..Resource::default()
    }
}

/// The span name of a call to `endpoint`, on both sides but for messages, where the verb differs.
pub fn span_name(endpoint: &Endpoint, verb: &str) -> String {
    match endpoint {
        Endpoint::Http(method, route) => format!("{method} {route}"),
        Endpoint::Rpc(method) => (*method).to_owned(),
        Endpoint::Topic(topic) => format!("{verb} {topic}"),
    }
}

/// What both sides of a call to `endpoint` say.
pub fn call(endpoint: &Endpoint, outcome: Outcome) -> Vec<KeyValue> {
    match endpoint {
        Endpoint::Http(method, _) => http(method, outcome),
        Endpoint::Rpc(method) => {
            let mut attributes = vec![
                text("rpc.system.name", "grpc"),
                text("rpc.method", method),
                text("rpc.response.status_code", outcome.rpc_code()),
            ];
            attributes.extend(error_type(outcome, outcome.rpc_code()));
            attributes
        }
        Endpoint::Topic(topic) => {
            let mut attributes = vec![
                text("messaging.system", "kafka"),
                text("messaging.destination.name", topic),
            ];
            attributes.extend(error_type(outcome, EXCEPTION));
            attributes
        }
    }
}

/// What only the calling side of a call to `service` says.
pub fn client(endpoint: &Endpoint, service: &Service) -> Vec<KeyValue> {
    match endpoint {
        Endpoint::Http(_, route) => vec![
            text("url.full", &format!("http://{}:8080{route}", service.name)),
            text("server.address", service.name),
            int("server.port", 8080),
        ],
        Endpoint::Rpc(_) => vec![text("server.address", service.name), int("server.port", 9090)],
        Endpoint::Topic(_) => {
            vec![
                text("messaging.operation.name", "send"),
                text("messaging.operation.type", "send"),
            ]
        }
    }
}

/// What only the called side says; `path` is the one of the URL.
pub fn server(endpoint: &Endpoint, service: &Service, path: &str) -> Vec<KeyValue> {
    match endpoint {
        Endpoint::Http(_, route) => vec![
            text("http.route", route),
            text("url.scheme", "http"),
            text("url.path", path),
            text("network.protocol.version", "1.1"),
            text("server.address", service.name),
        ],
        Endpoint::Rpc(_) => vec![text("server.address", service.name), int("server.port", 9090)],
        Endpoint::Topic(_) => vec![
            text("messaging.operation.name", "process"),
            text("messaging.operation.type", "process"),
            text("messaging.consumer.group.name", service.name),
        ],
    }
}

/// What the caller of a database says.
pub fn query(query: &Query, outcome: Outcome) -> Vec<KeyValue> {
    let (address, port) = query.server;
    let mut attributes = vec![
        text("db.system.name", query.system),
        text("db.namespace", query.namespace),
        text("db.operation.name", query.operation),
        text("db.query.summary", &query_summary(query)),
        text("db.query.text", query.text),
        text("server.address", address),
        int("server.port", port),
    ];
    if !query.collection.is_empty() {
        attributes.push(text("db.collection.name", query.collection));
    }
    attributes.extend(error_type(outcome, "timeout"));
    attributes
}

/// `SELECT products`, or the operation alone: also the name of the span.
pub fn query_summary(query: &Query) -> String {
    format!("{} {}", query.operation, query.collection)
        .trim_end()
        .to_owned()
}

/// What the caller of a company outside says.
///
/// The conventions have renamed `peer.service` to `service.peer.name`; service graphs still read the former.
pub fn external(external: &ExternalCall, outcome: Outcome) -> Vec<KeyValue> {
    let mut attributes = http("POST", outcome);
    attributes.extend([
        text("url.full", &format!("https://{}{}", external.host, external.path)),
        text("server.address", external.host),
        int("server.port", 443),
        text("peer.service", external.peer),
        text("service.peer.name", external.peer),
    ]);
    attributes
}

/// An attribute with a string.
pub fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn http(method: &str, outcome: Outcome) -> Vec<KeyValue> {
    let code = outcome.http_code();
    let mut attributes = vec![
        text("http.request.method", method),
        int("http.response.status_code", code),
    ];
    attributes.extend(error_type(outcome, &code.to_string()));
    attributes
}

fn error_type(outcome: Outcome, name: &str) -> Option<KeyValue> {
    outcome.is_failure().then(|| text("error.type", name))
}

fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
