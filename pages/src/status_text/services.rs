//! `/status/services`: each part of the server with its state.

use std::fmt::Write as _;

use actix_web::web;
use spangraph_config::{ListenEndpoint, ServerSettings};

use super::PlainText;
use crate::PagesContent;
use crate::readiness::Phase;

/// One part of the server.
struct Service {
    name: String,
    state: &'static str,
    detail: String,
}

/// Every part, a line each.
pub async fn show(content: web::Data<PagesContent>) -> PlainText {
    PlainText(text(&content))
}

/// Every part, a line each.
pub fn text(content: &PagesContent) -> String {
    let (phase, server) = (content.readiness.phase(), &content.settings);
    let mut services = receivers(server, phase);
    services.push(pipeline(server, phase));
    services.push(Service {
        name: "pages".to_owned(),
        // The pages are the first to start and the last to stop.
        state: Phase::Running.as_str(),
        detail: server.pages_endpoint.to_string(),
    });
    for tenant in content.pipeline.tenants() {
        services.push(Service {
            name: format!("tenant {}", tenant.profile.id),
            state: phase.as_str(),
            detail: format!("{} endpoints", tenant.writers.len()),
        });
    }
    lines(&services)
}

fn receivers(server: &ServerSettings, phase: Phase) -> Vec<Service> {
    let grpc = server.grpc.as_ref().map(|grpc| &grpc.endpoint);
    let http = server.http.as_ref().map(|http| &http.endpoint);
    let receivers = [("receiver grpc", grpc), ("receiver http", http)];
    let service = |(name, endpoint): (&str, Option<&ListenEndpoint>)| Service {
        name: name.to_owned(),
        state: endpoint.map_or("off", |_| phase.as_str()),
        detail: endpoint.map(ToString::to_string).unwrap_or_default(),
    };
    receivers.map(service).into()
}

fn pipeline(server: &ServerSettings, phase: Phase) -> Service {
    let actors = &server.actors;
    // Actors start before anything listens, and end only when the server does.
    let state = match phase {
        Phase::Starting | Phase::Running => Phase::Running,
        Phase::Stopping => Phase::Stopping,
    };
    Service {
        name: "pipeline".to_owned(),
        state: state.as_str(),
        detail: format!(
            "{} ingest, {} matchers",
            actors.ingest_actors, actors.matcher_shards
        ),
    }
}

fn lines(services: &[Service]) -> String {
    let width = services
        .iter()
        .map(|service| service.name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for Service { name, state, detail } in services {
        let line = format!("{name:<width$}  {state:<8}  {detail}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use spangraph_config::Config;

    use super::*;

    #[test]
    fn a_receiver_that_is_not_configured_is_off() {
        let config = Config::from_yaml("distributor: {receivers: {otlp: {protocols: {http: }}}}");
        let server = config.unwrap().server();
        let text = lines(&receivers(&server, Phase::Starting));
        assert_eq!(
            text,
            "receiver grpc  off\nreceiver http  starting  127.0.0.1:4318\n"
        );
        assert_eq!(pipeline(&server, Phase::Stopping).state, "stopping");
    }
}
