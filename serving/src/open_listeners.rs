//! Where the server listens, and which of its listeners let in anybody from anywhere.

use std::net::SocketAddr;

use spangraph_config::{ServerSettings, TlsServerSettings};

use crate::listener::Listener;
use crate::receiver_metrics::Transport;

/// A listener that other hosts reach and that asks nobody who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenListener {
    /// The listener.
    pub listener: Listener,
    /// Where it listens.
    pub address: SocketAddr,
    /// The key of that address.
    pub address_key: &'static str,
    /// The key of the credentials that it should ask for.
    pub remedy_key: &'static str,
}

/// Where the server listens, names being resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddresses {
    /// OTLP/gRPC; `None` when it is off.
    pub grpc: Option<SocketAddr>,
    /// OTLP/HTTP; `None` when it is off.
    pub http: Option<SocketAddr>,
    /// Pages, own metrics and the scrape.
    pub pages: SocketAddr,
}

/// What is known of all listeners once they listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Where they listen.
    pub addresses: ListenAddresses,
    /// Those that let in anybody from anywhere.
    pub open: Vec<OpenListener>,
}

/// The listeners at `addresses`, under `settings`, that other hosts reach without credentials and without a
/// certificate.
#[must_use]
pub fn open_listeners(settings: &ServerSettings, addresses: &ListenAddresses) -> Vec<OpenListener> {
    let receivers_ask = !settings.authentication.receivers.is_empty();
    let pages_ask = !settings.authentication.pages.is_empty();
    let grpc = settings.grpc.as_ref().zip(addresses.grpc).map(|(grpc, address)| {
        let open = OpenListener {
            listener: Listener::Grpc,
            address,
            address_key: Transport::Grpc.endpoint_key(),
            remedy_key: "spangraph.authentication.receivers",
        };
        (open, grpc.tls.as_ref(), receivers_ask)
    });
    let http = settings.http.as_ref().zip(addresses.http).map(|(http, address)| {
        let open = OpenListener {
            listener: Listener::Http,
            address,
            address_key: Transport::Http.endpoint_key(),
            remedy_key: "spangraph.authentication.receivers",
        };
        (open, http.tls.as_ref(), receivers_ask)
    });
    let pages = OpenListener {
        listener: Listener::Pages,
        address: addresses.pages,
        address_key: "server.http_listen_address",
        remedy_key: "spangraph.authentication.pages",
    };
    let pages = Some((pages, settings.pages_tls.as_ref(), pages_ask));
    let all = [grpc, http, pages].into_iter().flatten();
    all.filter(|(open, tls, asks)| !is_loopback(open.address) && !asks && !asks_for_certificates(*tls))
        .map(|(open, ..)| open)
        .collect()
}

/// Says aloud which listeners are open to anybody.
pub fn warn_of_open(listeners: &[OpenListener]) {
    for open in listeners {
        tracing::warn!(
            listener = %open.listener,
            address = %open.address,
            remedy = open.remedy_key,
            "everybody who reaches this address is let in, without credentials"
        );
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

fn asks_for_certificates(tls: Option<&TlsServerSettings>) -> bool {
    tls.is_some_and(TlsServerSettings::asks_for_certificates)
}

#[cfg(test)]
mod tests {
    use spangraph_config::{Config, ListenEndpoint, ListenHost};

    use super::*;

    /// The open ones of `text`, whose names resolve to `resolved`.
    fn open_at(text: &str, resolved: &str) -> Vec<Listener> {
        let settings = Config::from_yaml(text).unwrap().server();
        let address = |endpoint: &ListenEndpoint| match endpoint.host {
            ListenHost::All => ([0, 0, 0, 0], endpoint.port).into(),
            ListenHost::Address(ip) => (ip, endpoint.port).into(),
            ListenHost::Name(_) => resolved.parse().unwrap(),
        };
        let addresses = ListenAddresses {
            grpc: settings.grpc.as_ref().map(|grpc| address(&grpc.endpoint)),
            http: settings.http.as_ref().map(|http| address(&http.endpoint)),
            pages: address(&settings.pages_endpoint),
        };
        let open = open_listeners(&settings, &addresses);
        open.into_iter().map(|open| open.listener).collect()
    }

    fn open(text: &str) -> Vec<Listener> {
        open_at(text, "192.0.2.1:1")
    }

    #[test]
    fn a_name_is_as_open_as_the_address_that_it_resolves_to() {
        let named = "server: {http_listen_address: tempo}";
        assert_eq!(open_at(named, "10.0.0.1:3200"), [Listener::Pages]);
        assert_eq!(open_at(named, "127.0.1.1:3200"), []);
    }

    #[test]
    fn nothing_is_open_by_default() {
        assert_eq!(open(""), []);
        assert_eq!(open("server: {http_listen_address: '::1'}"), []);
    }

    #[test]
    fn what_other_hosts_reach_is_open_until_it_asks_for_credentials_or_certificates() {
        let receivers = "distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: ':1'}, http: {endpoint: '10.0.0.1:1', tls: {TLS}}}}}}\n";
        let plain = receivers.replace("TLS", "");
        assert_eq!(open(&plain), [Listener::Grpc, Listener::Http]);
        let pages = format!("{plain}server: {{http_listen_address: ''}}\n");
        assert_eq!(open(&pages), [Listener::Grpc, Listener::Http, Listener::Pages]);
        let asking = format!("{pages}spangraph: {{authentication: {{receivers: [{{bearer_token: t}}]}}}}");
        assert_eq!(open(&asking), [Listener::Pages]);
        let mutual = receivers.replace("TLS", "cert_file: c, key_file: k, client_ca_file: a");
        assert_eq!(open(&mutual), [Listener::Grpc]);
        let one_sided = receivers.replace("TLS", "cert_file: c, key_file: k");
        assert_eq!(open(&one_sided), [Listener::Grpc, Listener::Http]);
    }
}
