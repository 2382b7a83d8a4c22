//! What a newcomer reads first: where the server listens and what to do next.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use spangraph_config::ServerSettings;
use spangraph_serving::open_listeners::ListenAddresses;

use crate::{cli, error_text};

/// Where the server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// All of them.
    pub listen: ListenAddresses,
    /// Which of them speak TLS.
    pub secure: Secure,
}

/// Which listeners speak TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Secure {
    /// The OTLP gRPC receiver.
    pub grpc: bool,
    /// The OTLP HTTP receiver.
    pub http: bool,
    /// Pages.
    pub pages: bool,
}

impl Secure {
    /// As `settings` say.
    pub fn of(settings: &ServerSettings) -> Self {
        Self {
            grpc: settings.grpc.as_ref().is_some_and(|grpc| grpc.tls.is_some()),
            http: settings.http.as_ref().is_some_and(|http| http.tls.is_some()),
            pages: settings.pages_tls.is_some(),
        }
    }
}

fn scheme(is_secure: bool) -> &'static str {
    if is_secure { "https" } else { "http" }
}

/// Prints it to standard output.
pub fn print(addresses: &Addresses, with_demo: bool) {
    if let Err(error) = cli::print(&text(addresses, with_demo)) {
        tracing::warn!(
            error = error_text::told(&error),
            "nobody was told where the server listens"
        );
    }
}

/// The address to connect to, for one that may say to listen everywhere.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port());
    }
    address
}

fn text(addresses: &Addresses, with_demo: bool) -> String {
    use std::fmt::Write as _;
    let mut text = format!("spangraph {} is running\n\n", env!("CARGO_PKG_VERSION"));
    if let Some(grpc) = addresses.listen.grpc {
        let tls = if addresses.secure.grpc { " (TLS)" } else { "" };
        let _ = writeln!(text, "  send traces by OTLP gRPC   {grpc}{tls}");
    }
    if let Some(http) = addresses.listen.http {
        let scheme = scheme(addresses.secure.http);
        let _ = writeln!(text, "  send traces by OTLP HTTP   {scheme}://{http}/v1/traces");
    }
    let pages = format!(
        "{}://{}",
        scheme(addresses.secure.pages),
        reachable(addresses.listen.pages)
    );
    let _ = writeln!(text, "  pages and live graph       {pages}");
    let _ = writeln!(text, "  service graph to scrape    {pages}/metrics/generated");
    let _ = writeln!(text, "  status in plain text       {pages}/status");
    let _ = writeln!(text, "  own metrics                {pages}/metrics\n");
    let next = if with_demo {
        format!("The demo shop sends traces. In a few seconds look at {pages}/graph\n")
    } else {
        let http = addresses
            .listen
            .http
            .map(|address| (address, addresses.secure.http));
        let endpoint = http.or(addresses
            .listen
            .grpc
            .map(|address| (address, addresses.secure.grpc)));
        let export = endpoint.map_or_else(String::new, |(address, is_secure)| {
            let scheme = scheme(is_secure);
            format!(" OTEL_EXPORTER_OTLP_ENDPOINT={scheme}://{}", reachable(address))
        });
        format!("Next: start a service with{export}, or try `spangraph demo` instead. Ctrl-C stops.\n")
    };
    text + &next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_and_the_next_step_are_named() {
        let addresses = Addresses {
            listen: ListenAddresses {
                grpc: Some(([127, 0, 0, 1], 4317).into()),
                http: None,
                pages: ([0, 0, 0, 0], 3200).into(),
            },
            secure: Secure {
                grpc: true,
                ..Secure::default()
            },
        };
        let text = text(&addresses, true);
        assert!(text.contains("127.0.0.1:4317 (TLS)") && !text.contains("OTLP HTTP"));
        assert!(text.contains("look at http://127.0.0.1:3200/graph"));
    }
}
