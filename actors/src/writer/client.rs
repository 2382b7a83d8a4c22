//! The HTTP client of one endpoint: one attempt to deliver one body.

use std::sync::Arc;
use std::time::Duration;

use actix_service::ServiceExt as _;
use actix_tls::connect::{ConnectInfo, Connection};
use awc::error::SendRequestError;
use awc::http::header::{self, HeaderMap};
use awc::http::uri::{InvalidUri, Uri};
use bytes::Bytes;
use futures_util::StreamExt as _;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use super::WriterParameters;
use super::authentication::{Authentication, AuthenticationError};
use super::echoed_secrets::EchoedSecrets;
use super::headers::{InvalidHeader, headers_of};
use super::http_headers::HttpHeaders;
use super::refusal_log::{WORDS_BYTES, printable};
use super::tls::{TlsError, client_config};

/// How long an idle connection is kept: over the usual collection interval, below most servers' patience.
const IDLE: Duration = Duration::from_secs(45);
/// How much of an answer is read so that its connection can be used again.
const ANSWER_BYTES: usize = 64 * 1024;

/// Why an endpoint cannot be written to as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEndpoint {
    /// The URL is none.
    #[error("url: {0}")]
    Url(#[from] InvalidUri),
    /// The URL lacks a scheme or host, or has a scheme other than `http` and `https`.
    #[error("url: must begin with http:// or https:// and name a host")]
    UnsupportedUrl,
    /// A header cannot be sent.
    #[error("headers: {0}")]
    Header(#[from] InvalidHeader),
    /// TLS cannot be set up.
    #[error("tls_config: {0}")]
    Tls(#[from] TlsError),
    /// The name to expect is none.
    #[error("tls_config: server_name is not a host name")]
    ServerName,
}

/// All that is needed to make a client, checked; can be sent to the Arbiter that will use it.
pub(super) struct Endpoint {
    url: Uri,
    headers: HeaderMap,
    http_headers: HttpHeaders,
    authentication: Authentication,
    timeout: Duration,
    tls: Option<Arc<ClientConfig>>,
    server_name: Option<Uri>,
    connections: usize,
    secrets: EchoedSecrets,
}

/// A client with its connections; stays on one Arbiter.
pub(super) struct EndpointClient {
    endpoint: Endpoint,
    client: awc::Client,
}

/// An endpoint's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    /// The start of the body, printable and without secrets.
    pub(super) words: String,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("{0}")]
    Unreachable(String),
    #[error("{0}")]
    Transport(String),
}

impl NoAnswer {
    /// What it is counted as among the status codes.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "timeout",
            _ => "error",
        }
    }

    /// Whether nothing of the request can have come to the endpoint, so that this says nothing about the request.
    pub(super) fn is_unreached(&self) -> bool {
        matches!(self, Self::Authentication(_) | Self::Unreachable(_))
    }
}

impl Endpoint {
    /// Checks `parameters` and reads the files of its TLS settings.
    pub(super) fn new(parameters: &WriterParameters) -> Result<Self, InvalidEndpoint> {
        let endpoint = &parameters.endpoint;
        let url: Uri = endpoint.url.expose().parse()?;
        let tls = match (url.scheme_str(), url.host()) {
            (Some("http"), Some(_)) => None,
            (Some("https"), Some(_)) => Some(Arc::new(client_config(&endpoint.tls)?)),
            _ => return Err(InvalidEndpoint::UnsupportedUrl),
        };
        let headers = headers_of(parameters)?;
        let configured = headers.contains_key(header::AUTHORIZATION);
        let authentication = if configured {
            Authentication::None
        } else {
            Authentication::of(endpoint)
        };
        let server_name = endpoint.tls.server_name.as_deref().map(uri_of_host).transpose()?;
        let (timeout, connections) = (endpoint.remote_timeout, endpoint.queue.max_shards.max(1));
        Ok(Self {
            url,
            headers,
            http_headers: HttpHeaders::of(parameters)?,
            authentication,
            timeout,
            tls,
            server_name,
            connections,
            secrets: EchoedSecrets::of(parameters),
        })
    }

    /// A client for the current Arbiter.
    pub(super) fn client(self) -> EndpointClient {
        let mut connector = awc::Connector::new()
            .connector(connections(self.server_name.clone()))
            .timeout(self.timeout)
            .handshake_timeout(self.timeout)
            .conn_keep_alive(IDLE)
            .limit(self.connections);
        if let Some(tls) = &self.tls {
            connector = connector.rustls_0_23(Arc::clone(tls));
        }
        let builder = awc::Client::builder()
            .connector(connector)
            .disable_redirects()
            .disable_timeout();
        EndpointClient {
            client: builder.finish(),
            endpoint: self,
        }
    }
}

impl EndpointClient {
    /// Delivers `body` once, within the endpoint's timeout.
    pub(super) async fn send(&self, body: Bytes) -> Result<Answer, NoAnswer> {
        let (limit, deadline) = (self.endpoint.timeout, Instant::now() + self.endpoint.timeout);
        let answer = timeout_at(deadline, self.exchange(body, deadline)).await;
        answer.map_err(|_| NoAnswer::TimedOut(limit))?
    }

    async fn exchange(&self, body: Bytes, deadline: Instant) -> Result<Answer, NoAnswer> {
        let mut request = self.client.post(self.endpoint.url.clone());
        *request.headers_mut() = self.endpoint.headers.clone();
        self.endpoint
            .http_headers
            .append_to(request.headers_mut())
            .await?;
        if let Some(authorization) = self.endpoint.authentication.header().await? {
            request.headers_mut().insert(header::AUTHORIZATION, authorization);
        }
        let mut response = request.send_body(body).await.map_err(|error| transport(&error))?;
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let (status, retry_after) = (response.status().as_u16(), retry_after.map(str::to_owned));
        let mut start = Vec::new();
        // The status decides: what the body does afterwards cannot undo that samples were taken.
        let _ = timeout_at(deadline - EARLIER, read_start(&mut response, &mut start)).await;
        Ok(Answer {
            status,
            retry_after,
            words: self.endpoint.secrets.hide_in(printable(&start)),
        })
    }
}

/// Reading a body ends this much before the deadline, so that an answer with a slow body stays an answer.
const EARLIER: Duration = Duration::from_millis(1);

async fn read_start<B>(body: &mut B, start: &mut Vec<u8>)
where
    B: futures_util::Stream<Item = Result<Bytes, awc::error::PayloadError>> + Unpin,
{
    let mut read = 0;
    while let Some(Ok(bytes)) = body.next().await {
        let room = WORDS_BYTES.saturating_sub(start.len()).min(bytes.len());
        start.extend_from_slice(bytes.get(..room).unwrap_or_default());
        read += bytes.len();
        if read > ANSWER_BYTES {
            return;
        }
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

fn uri_of_host(host: &str) -> Result<Uri, InvalidEndpoint> {
    let uri = Uri::builder()
        .scheme("https")
        .authority(host)
        .path_and_query("/")
        .build();
    uri.ok()
        .filter(|uri| uri.host() == Some(host))
        .ok_or(InvalidEndpoint::ServerName)
}

/// awc prints some errors as nothing but their kind.
fn transport(error: &SendRequestError) -> NoAnswer {
    NoAnswer::Transport(match error {
        SendRequestError::Connect(source) => return NoAnswer::Unreachable(source.to_string()),
        SendRequestError::Send(source) => format!("cannot send the request: {source}"),
        SendRequestError::Response(source) => format!("cannot read the answer: {source}"),
        other => other.to_string(),
    })
}
