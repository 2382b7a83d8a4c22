//! Attributes of spans and resources, named by OpenTelemetry's semantic conventions.

use fastrand::Rng;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::attributes::{bool, double, int, text};
use super::service::{Database, Endpoint, Service};

/// The version of the semantic conventions, as the schema URL of what is sent.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.39.0";

/// `error.type` and `exception.type` of what fails.
pub(super) const EXCEPTION: &str = "ServiceUnavailable";

const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The resource of one instance of a service: 8 to 12 attributes.
pub(super) fn resource(name: &str, language: &str, rng: &mut Rng) -> Vec<KeyValue> {
    let pod = format!("{name}-{:08x}-{:05x}", rng.u32(..), rng.u32(..1 << 20));
    let mut attributes = vec![
        text("service.name", name),
        text("service.namespace", "shop"),
        text(
            "service.version",
            format!("{}.{}.{}", rng.u8(1..9), rng.u8(..20), rng.u8(..50)),
        ),
        text("service.instance.id", uuid(rng)),
        text("deployment.environment.name", "production"),
        text("telemetry.sdk.language", language),
        text("telemetry.sdk.name", "opentelemetry"),
        text("telemetry.sdk.version", "1.38.0"),
    ];
    let more = vec![
        text("k8s.pod.name", pod),
        text("k8s.node.name", format!("node-{:02}", rng.u8(..40))),
        text("k8s.namespace.name", "shop"),
        text("host.arch", "amd64"),
    ];
    attributes.extend(more.into_iter().take(rng.usize(0..=4)));
    attributes
}

/// The span name of a call to `endpoint`, on both sides.
pub(super) fn span_name(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Http(method, route) => format!("{method} {route}"),
        Endpoint::Rpc(method) => method.clone(),
    }
}

/// What the calling side of a call to `callee` says.
pub(super) fn client(endpoint: &Endpoint, callee: &Service, failed: bool, rng: &mut Rng) -> Vec<KeyValue> {
    let mut attributes = match endpoint {
        Endpoint::Http(method, route) => {
            let mut attributes = http(method, failed);
            attributes.push(text(
                "url.full",
                format!("http://{}:8080{}", callee.name, path(route, rng)),
            ));
            attributes
        }
        Endpoint::Rpc(method) => rpc(method, failed),
    };
    attributes.push(text("server.address", callee.name.as_str()));
    attributes.push(int("server.port", 8080));
    attributes
}

/// What the called side says.
pub(super) fn server(endpoint: &Endpoint, service: &Service, failed: bool, rng: &mut Rng) -> Vec<KeyValue> {
    match endpoint {
        Endpoint::Http(method, route) => {
            let mut attributes = http(method, failed);
            attributes.push(text("http.route", route.as_str()));
            attributes.push(text("url.path", path(route, rng)));
            attributes.push(text("url.scheme", "http"));
            attributes
        }
        Endpoint::Rpc(method) => {
            let mut attributes = rpc(method, failed);
            attributes.push(text("server.address", service.name.as_str()));
            attributes
        }
    }
}

/// What the caller of a database says.
pub(super) fn query(database: &Database, domain: &str, failed: bool) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("db.system.name", database.system),
        text("db.namespace", database.namespace.as_str()),
        text("db.operation.name", "SELECT"),
        text("server.address", database.address.as_str()),
        int("server.port", database.port),
    ];
    attributes.extend(failed.then(|| text("error.type", EXCEPTION)));
    attributes.push(text("db.collection.name", domain));
    attributes
}

/// What both sides of a message say; `operation` is `send` or `process`.
pub(super) fn message(topic: &str, operation: &str, failed: bool) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("messaging.system", "kafka"),
        text("messaging.destination.name", topic),
        text("messaging.operation.name", operation),
        text("messaging.operation.type", operation),
    ];
    attributes.extend(failed.then(|| text("error.type", EXCEPTION)));
    attributes
}

/// What the caller of a company outside says.
///
/// The conventions have renamed `peer.service` to `service.peer.name`; service graphs still read the former.
pub(super) fn company(name: &str, failed: bool) -> Vec<KeyValue> {
    let mut attributes = http("POST", failed);
    attributes.push(text("server.address", format!("api.{name}.example")));
    attributes.push(text("peer.service", name));
    attributes.push(text("service.peer.name", name));
    attributes
}

/// What a span within a service says.
pub(super) fn internal(service: &Service, function: &str) -> Vec<KeyValue> {
    vec![
        text(
            "code.function.name",
            format!("com.shop.{}.{function}", service.domain),
        ),
        int("thread.id", 17),
        text("thread.name", "worker-17"),
    ]
}

/// What a span of `kind` may say as well.
pub(super) fn optional(kind: SpanKind, service: &Service, rng: &mut Rng) -> Vec<KeyValue> {
    let mut attributes = common(service, rng);
    attributes.extend(match kind {
        SpanKind::Server => vec![
            text("user_agent.original", USER_AGENT),
            text("client.address", address(rng)),
            int("http.request.body.size", rng.u16(..)),
            text("network.protocol.version", "1.1"),
        ],
        SpanKind::Client => vec![
            int("http.request.resend_count", rng.u8(..3)),
            text("network.protocol.version", "2"),
            text("network.peer.address", address(rng)),
            int("network.peer.port", rng.u16(1024..)),
        ],
        SpanKind::Producer | SpanKind::Consumer => vec![
            text("messaging.client.id", format!("{}-{}", service.name, rng.u8(..))),
            int("messaging.kafka.offset", rng.u32(..)),
            text("messaging.destination.partition.id", rng.u8(..32).to_string()),
            text("messaging.message.id", uuid(rng)),
        ],
        _ => vec![
            int("code.line.number", rng.u16(1..2_000)),
            text(
                "code.file.path",
                format!("src/main/{}/Service.{}", service.domain, service.language),
            ),
            double("app.score", rng.f64()),
            bool("app.cache.hit", rng.bool()),
        ],
    });
    attributes
}

/// What applications add to any span.
fn common(service: &Service, rng: &mut Rng) -> Vec<KeyValue> {
    vec![
        text("enduser.id", uuid(rng)),
        text("session.id", uuid(rng)),
        text("app.tenant.region", "eu-central-1"),
        text("app.feature.variant", "new-recommendations"),
        text("app.request.id", format!("{:032x}", rng.u128(..))),
        text("app.deployment.ring", format!("ring-{}", rng.u8(..4))),
        text("app.component", format!("{}.controller.default", service.domain)),
        int("app.items", rng.u8(..)),
        bool("app.is_retry", rng.u8(..) < 10),
        text("feature_flag.key", "checkout-with-one-click"),
        text("app.trace.note", "sampled by the rule of the gateway, kept whole"),
    ]
}

fn http(method: &str, failed: bool) -> Vec<KeyValue> {
    let status = if failed { 503 } else { 200 };
    let mut attributes = vec![
        text("http.request.method", method),
        int("http.response.status_code", status),
    ];
    attributes.extend(failed.then(|| text("error.type", "503")));
    attributes
}

fn rpc(method: &str, failed: bool) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("rpc.system.name", "grpc"),
        text("rpc.method", method),
        text(
            "rpc.response.status_code",
            if failed { "UNAVAILABLE" } else { "OK" },
        ),
    ];
    attributes.extend(failed.then(|| text("error.type", "UNAVAILABLE")));
    attributes
}

fn path(route: &str, rng: &mut Rng) -> String {
    route.replace("{id}", &rng.u32(1..10_000_000).to_string())
}

fn address(rng: &mut Rng) -> String {
    format!("10.{}.{}.{}", rng.u8(..), rng.u8(..), rng.u8(..))
}

fn uuid(rng: &mut Rng) -> String {
    let (high, low) = (rng.u64(..), rng.u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
