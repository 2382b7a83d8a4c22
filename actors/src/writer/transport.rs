//! HTTP clients over plain and TLS connections, for the requests of one endpoint.

use std::sync::Arc;
use std::time::Duration;

use actix_service::ServiceExt as _;
use actix_tls::connect::{ConnectInfo, Connection};
use awc::http::uri::Uri;
use rustls::ClientConfig;

/// How long an idle connection is kept: over the usual collection interval, below most servers' patience.
const IDLE: Duration = Duration::from_secs(45);

/// How the connections of an endpoint are made.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// How long connecting, and the handshake after it, may take.
    pub(super) timeout: Duration,
    /// The most connections at one time.
    pub(super) connections: usize,
    /// The host that certificates must name, when it is not the URL's.
    pub(super) server_name: Option<Uri>,
}

impl Transport {
    /// A client for the current Arbiter; without `tls` it makes only plain connections.
    pub(super) fn client(&self, tls: Option<Arc<ClientConfig>>) -> awc::Client {
        let mut connector = awc::Connector::new()
            .connector(connections(self.server_name.clone()))
            .timeout(self.timeout)
            .handshake_timeout(self.timeout)
            .conn_keep_alive(IDLE)
            .limit(self.connections);
        if let Some(tls) = tls {
            connector = connector.rustls_0_23(tls);
        }
        // The client follows redirects itself: it decides what may go along.
        let builder = awc::Client::builder()
            .connector(connector)
            .disable_redirects()
            .disable_timeout();
        builder.finish()
    }
}

/// Plain connections; TLS on top of them expects the host of `server_name`, when there is one.
fn connections(
    server_name: Option<Uri>,
) -> impl actix_service::Service<
    ConnectInfo<Uri>,
    Response = Connection<Uri, actix_rt::net::TcpStream>,
    Error = actix_tls::connect::ConnectError,
> + Clone {
    let connector = actix_tls::connect::Connector::default().service();
    connector.map(move |connection: Connection<Uri, actix_rt::net::TcpStream>| {
        let (stream, url) = connection.into_parts();
        Connection::new(server_name.clone().unwrap_or(url), stream)
    })
}
