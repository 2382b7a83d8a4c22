//! Asks a running server whether it takes spans.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use awc::{Client, Connector};
use http::Uri;
use spangraph_actors::writer::client_config;
use spangraph_config::{ListenEndpoint, ListenHost, ServerSettings, TlsClientSettings};

/// The most of an answer that is read and told.
const ANSWER_BYTES: usize = 1024;

/// Where a server with `settings` tells whether it is ready.
///
/// # Errors
/// When there is no such URL, which no address makes.
pub fn url_of(settings: &ServerSettings) -> anyhow::Result<Uri> {
    let scheme = if settings.pages_tls.is_some() {
        "https"
    } else {
        "http"
    };
    let endpoint = &settings.pages_endpoint;
    let host = match &endpoint.host {
        // It listens on every address, and this is the nearest.
        ListenHost::All | ListenHost::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => {
            ListenHost::Address(Ipv4Addr::LOCALHOST.into())
        }
        ListenHost::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => {
            ListenHost::Address(Ipv6Addr::LOCALHOST.into())
        }
        host => host.clone(),
    };
    let port = endpoint.port;
    let url = format!("{scheme}://{}/ready", ListenEndpoint { host, port });
    url.parse().with_context(|| format!("{url} is no URL"))
}

/// Returns when the server at `url` says within `patience` that it is ready; to be called within an actix system.
///
/// Any certificate will do: it is made out to the name that others know the server by, and nothing secret is sent.
///
/// # Errors
/// What it says instead, or why it does not answer.
pub async fn ask(url: Uri, patience: Duration) -> anyhow::Result<()> {
    let trust = TlsClientSettings {
        insecure_skip_verify: true,
        ..TlsClientSettings::default()
    };
    let connector = Connector::new().rustls_0_23(Arc::new(client_config(&trust)?));
    let client = Client::builder()
        .connector(connector)
        .timeout(patience)
        .disable_redirects()
        .finish();
    let request = client.get(url.to_string());
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => bail!("{url} does not answer: {error}"),
    };
    if answer.status().is_success() {
        return Ok(());
    }
    let body = answer.body().limit(ANSWER_BYTES).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&body);
    bail!(
        "{url} answers {}: {}",
        answer.status(),
        said.trim().escape_debug()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_means_all_is_asked_at_loopback() {
        for (address, url) in [
            ("127.0.0.1:3200", "http://127.0.0.1:3200/ready"),
            ("0.0.0.0:80", "http://127.0.0.1:80/ready"),
            ("[::]:3200", "http://[::1]:3200/ready"),
            (":3200", "http://127.0.0.1:3200/ready"),
            ("tempo:3200", "http://tempo:3200/ready"),
            ("192.0.2.1:1", "http://192.0.2.1:1/ready"),
        ] {
            let settings = ServerSettings {
                pages_endpoint: address.parse().unwrap(),
                ..spangraph_config::Config::default().server()
            };
            assert_eq!(url_of(&settings).unwrap().to_string(), url);
        }
    }
}
