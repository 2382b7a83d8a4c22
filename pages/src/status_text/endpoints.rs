//! `/status/endpoints`: what can be asked of the server, and where.

use std::fmt::Write as _;

use actix_web::web;
use spangraph_config::{ListenEndpoint, ServerSettings};

use super::PlainText;
use crate::{PagesContent, resource};

/// Every path with its methods.
pub async fn show(content: web::Data<PagesContent>) -> PlainText {
    PlainText(text(&content))
}

/// Every path with its methods.
pub fn text(content: &PagesContent) -> String {
    let mut text = receivers(&content.settings);
    for path in resource::paths() {
        let _ = writeln!(text, "GET, HEAD  {path}");
    }
    text
}

fn receivers(server: &ServerSettings) -> String {
    let grpc = server.grpc.as_ref().map(|grpc| &grpc.endpoint);
    let http = server.http.as_ref().map(|http| &http.endpoint);
    let mut text = String::new();
    let mut write = |endpoint: Option<&ListenEndpoint>, what: &str| {
        if let Some(endpoint) = endpoint {
            let _ = writeln!(text, "POST       {what}  at {endpoint}");
        }
    };
    write(
        grpc,
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    );
    write(http, "/v1/traces");
    text
}

#[cfg(test)]
mod tests {
    use spangraph_config::Config;

    use super::*;

    #[test]
    fn receivers_are_listed_when_they_are_on() {
        let config = Config::from_yaml("distributor: {receivers: {otlp: {protocols: {http: }}}}");
        let text = receivers(&config.unwrap().server());
        assert_eq!(text, "POST       /v1/traces  at 127.0.0.1:4318\n");
        assert_eq!(receivers(&Config::default().server()).lines().count(), 2);
    }
}
