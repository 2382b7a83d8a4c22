//! Counts connections that speak another protocol than their listener, and tells of them once a minute.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use spangraph_actors::writer::LineLimit;

use super::Spoken;
use crate::listener::Listener;

/// What all listeners know of each other and count together; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ProtocolMismatches {
    connections: Family<MismatchLabels, Counter>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    listeners: Listeners,
    lines: HashMap<(Listener, Spoken), LineLimit>,
}

/// Where the listeners are that are there.
#[derive(Debug, Default)]
struct Listeners(Vec<Place>);

#[derive(Clone, Copy, Debug)]
struct Place {
    listener: Listener,
    port: u16,
    has_tls: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MismatchLabels {
    listener: Listener,
    protocol: Spoken,
}

impl ProtocolMismatches {
    /// Adds the metric to `registry`, under its whole name.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spangraph_listener_protocol_mismatches",
            "Connections that spoke another protocol than their listener, by listener and what they spoke",
            self.connections.clone(),
        );
    }

    /// Lets others be sent to `listener`, at `address`.
    pub fn add_listener(&self, listener: Listener, address: SocketAddr, has_tls: bool) {
        let place = Place {
            listener,
            port: address.port(),
            has_tls,
        };
        self.with(|shared| shared.listeners.0.push(place));
    }

    /// Counts one connection of `peer` and logs one line a minute for each listener and protocol; gives what the peer is
    /// to be told.
    pub fn note(&self, listener: Listener, spoken: Spoken, peer: Option<SocketAddr>) -> String {
        let protocol = spoken;
        self.connections
            .get_or_create(&MismatchLabels { listener, protocol })
            .inc();
        let (line, port, remedy) = self.with(|shared| {
            let line = shared.lines.entry((listener, spoken)).or_default();
            let line = line.note(1, Instant::now());
            let port = shared.listeners.place(listener).map(|place| place.port);
            (line, port, shared.listeners.remedy(listener, spoken))
        });
        if let Some(connections) = line {
            tracing::warn!(
                %listener,
                protocol = %spoken,
                peer = peer.map(canonical).map(tracing::field::display),
                port,
                connections,
                remedy,
                "connections speak another protocol than their listener; one line a minute tells of them"
            );
        }
        remedy
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> T {
        act(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `peer` as it is known to itself, where we listen on the addresses of both families.
fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

impl Listeners {
    fn place(&self, listener: Listener) -> Option<&Place> {
        self.0.iter().find(|place| place.listener == listener)
    }

    /// What a client at `listener` should do that speaks `spoken`.
    fn remedy(&self, listener: Listener, spoken: Spoken) -> String {
        let own = Purpose(listener);
        let here = self.place(listener);
        let has_tls = here.is_some_and(|place| place.has_tls);
        let port = here.map_or(0, |place| place.port);
        match (listener, spoken) {
            (_, Spoken::Tls) => {
                format!("port {port} ({own}) does not speak TLS: send in plain text, http://")
            }
            (_, Spoken::Unknown) => format!("port {port} takes {own}, and this is neither HTTP nor TLS"),
            (Listener::Grpc, Spoken::Http1) => format!(
                "port {port} takes {own}: send OTLP over HTTP to {}, or set the protocol to grpc",
                self.directions(Listener::Http)
            ),
            (Listener::Http | Listener::Pages, Spoken::Http2) => format!(
                "port {port} has {own}, over HTTP/1.1: send gRPC to {}",
                self.directions(Listener::Grpc)
            ),
            _ if has_tls => format!("port {port} ({own}) speaks TLS: use https://"),
            _ => format!("port {port} takes {own}"),
        }
    }

    fn directions(&self, listener: Listener) -> String {
        match self.place(listener) {
            Some(Place {
                port, has_tls: true, ..
            }) => format!("port {port}, with TLS"),
            Some(Place { port, .. }) => format!("port {port}"),
            None => "a server that takes it, which is switched off here".to_owned(),
        }
    }
}

/// What a listener is for, in the words of those who configure senders.
struct Purpose(Listener);

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Listener::Grpc => "OTLP over gRPC",
            Listener::Http => "OTLP over HTTP",
            Listener::Pages => "the pages",
        })
    }
}

#[cfg(test)]
mod tests {
    use spangraph_test_support::exposition::Scrape;

    use super::*;

    fn listeners() -> ProtocolMismatches {
        let mismatches = ProtocolMismatches::default();
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        mismatches.add_listener(Listener::Pages, at(3200), true);
        mismatches.add_listener(Listener::Grpc, at(4317), false);
        mismatches.add_listener(Listener::Http, at(4318), false);
        mismatches
    }

    #[test]
    fn each_is_told_the_port_to_use() {
        let mismatches = listeners();
        for (listener, spoken, told) in [
            (Listener::Grpc, Spoken::Http1, "send OTLP over HTTP to port 4318"),
            (
                Listener::Grpc,
                Spoken::Tls,
                "port 4317 (OTLP over gRPC) does not speak TLS",
            ),
            (Listener::Http, Spoken::Http2, "send gRPC to port 4317"),
            (Listener::Pages, Spoken::Http2, "send gRPC to port 4317"),
            (
                Listener::Pages,
                Spoken::Http1,
                "port 3200 (the pages) speaks TLS: use https://",
            ),
            (Listener::Http, Spoken::Unknown, "port 4318 takes OTLP over HTTP"),
        ] {
            let said = mismatches.note(listener, spoken, None);
            assert!(said.contains(told), "{said}");
        }
    }

    #[test]
    fn a_listener_that_is_not_there_is_said_to_be_off() {
        let mismatches = ProtocolMismatches::default();
        let said = mismatches.note(Listener::Http, Spoken::Http2, None);
        assert!(said.contains("switched off here"), "{said}");
    }

    #[test]
    fn every_connection_is_counted_by_listener_and_protocol() {
        let (mismatches, mut registry) = (listeners(), Registry::default());
        mismatches.register(&mut registry);
        for _ in 0..3 {
            mismatches.note(Listener::Http, Spoken::Tls, None);
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let labels = [("listener", "http"), ("protocol", "tls")];
        let page = Scrape::parse(&text).unwrap();
        let connections = page.value("spangraph_listener_protocol_mismatches_total", &labels);
        assert_eq!(connections, Some(3.0), "{text}");
    }
}
