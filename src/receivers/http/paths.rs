//! What a path means: traces, or a near miss that gets told the right one.

/// Where traces are taken.
pub(super) const TRACES_PATH: &str = "/v1/traces";

/// Whether `path` is that of traces, but for slashes that are doubled or at the end and mean nothing.
pub(super) fn means_traces(path: &str) -> bool {
    segments(path).eq(segments(TRACES_PATH))
}

/// What a sender that came to `path` should do instead.
pub(super) fn advice(path: &str) -> &'static str {
    let segments: Vec<&str> = segments(path).collect();
    match segments[..] {
        [.., "v1", "traces", "v1", "traces"] => {
            "traces are taken at /v1/traces, which SDKs add to OTEL_EXPORTER_OTLP_ENDPOINT: name the address alone \
             there, or the whole URL in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        }
        [] => {
            "traces are taken at /v1/traces: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it stands, so add the path"
        }
        [.., "v1", "metrics" | "logs"] | [.., "v1development", "profiles"] => {
            "only traces are taken here, at /v1/traces; switch the other signals off, as by \
             OTEL_METRICS_EXPORTER=none and OTEL_LOGS_EXPORTER=none, or send them elsewhere"
        }
        [service, _] if service.starts_with("opentelemetry.proto.collector.") => {
            "this is a method of gRPC, which has a port of its own (4317 by default); over HTTP traces are taken at \
             /v1/traces"
        }
        ["api", "v2", "spans"] | ["api", "v1", "spans"] | ["api", "traces"] => {
            "neither Zipkin's nor Jaeger's spans are taken; send OTLP to /v1/traces"
        }
        ["ready" | "healthz" | "metrics" | "status", ..] => {
            "pages and metrics have a port of their own (server.http_listen_port, 3200 by default); here traces are \
             taken, at /v1/traces"
        }
        _ => "traces are taken at /v1/traces",
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_that_are_doubled_or_at_the_end_mean_nothing() {
        for path in ["/v1/traces", "/v1/traces/", "//v1/traces", "/v1//traces//"] {
            assert!(means_traces(path), "{path}");
        }
        for path in [
            "/",
            "/v1/Traces",
            "/v1/trace",
            "/v1/traces/x",
            "/v1/traces/v1/traces",
            "/otlp/v1/traces",
        ] {
            assert!(!means_traces(path), "{path}");
        }
    }

    #[test]
    fn a_near_miss_is_told_what_to_change() {
        for (path, advice_part) in [
            ("/v1/traces/v1/traces", "name the address alone"),
            ("/otlp/v1/traces//v1/traces/", "name the address alone"),
            ("/", "so add the path"),
            ("/v1/metrics", "OTEL_METRICS_EXPORTER=none"),
            ("/otlp/v1/logs/", "OTEL_LOGS_EXPORTER=none"),
            (
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                "a method of gRPC",
            ),
            ("/api/v2/spans", "send OTLP"),
            ("/ready", "server.http_listen_port"),
            ("/otlp/v1/traces", "traces are taken at /v1/traces"),
        ] {
            let advice = advice(path);
            assert!(
                advice.contains(advice_part) && advice.contains(TRACES_PATH),
                "{path}: {advice}"
            );
        }
    }
}
