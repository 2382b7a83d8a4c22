//! The HTTP client of one endpoint: one attempt to deliver one body.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use awc::error::SendRequestError;
use awc::http::header::{self, HeaderMap};
use awc::http::uri::{InvalidUri, Uri};
use bytes::Bytes;
use rustls::ClientConfig;
use spangraph_config::{RemoteUrl, TlsClientSettings};
use tokio::time::{Instant, timeout_at};

use super::WriterParameters;
use super::answer::{Answer, followable, read_body};
use super::authentication::{Authentication, AuthenticationError};
use super::echoed_secrets::EchoedSecrets;
use super::headers::{InvalidHeader, headers_of, protocol_headers};
use super::http_headers::HttpHeaders;
use super::redirects::{self, RedirectError};
use super::tls::TlsError;
use super::tls_clients::TlsClients;
use super::transport::Transport;

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
    transport: Transport,
    tls: TlsClientSettings,
    tls_clients: TlsClients,
    follow_redirects: bool,
    secrets: EchoedSecrets,
}

/// A client with its connections; stays on one Arbiter.
pub(super) struct EndpointClient {
    endpoint: Endpoint,
    plain: RefCell<awc::Client>,
    /// Made with the first request that needs TLS, and anew when its material was.
    secure: RefCell<Option<SecureClient>>,
    told_of_redirect: Cell<bool>,
}

struct SecureClient {
    material: Arc<ClientConfig>,
    client: awc::Client,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    #[error("tls_config: {0}")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    #[error("answered {0} to a request that does not expect it, and what follows cannot be read")]
    Interim(u16),
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
        matches!(
            self,
            Self::Authentication(_) | Self::Tls(_) | Self::Unreachable(_)
        )
    }
}

impl Endpoint {
    /// Checks `parameters`. No file is read: that is done when it is first needed.
    pub(super) fn new(parameters: &WriterParameters) -> Result<Self, InvalidEndpoint> {
        let endpoint = &parameters.endpoint;
        let url: Uri = endpoint.url.expose().parse()?;
        if !matches!((url.scheme_str(), url.host()), (Some("http" | "https"), Some(_))) {
            return Err(InvalidEndpoint::UnsupportedUrl);
        }
        let headers = headers_of(parameters)?;
        let configured = headers.contains_key(header::AUTHORIZATION);
        let authentication = if configured {
            Authentication::None
        } else {
            Authentication::of(endpoint)
        };
        let server_name = endpoint.tls.server_name.as_deref().map(uri_of_host).transpose()?;
        Ok(Self {
            url,
            headers,
            http_headers: HttpHeaders::of(parameters)?,
            authentication,
            timeout: endpoint.remote_timeout,
            transport: Transport {
                timeout: endpoint.remote_timeout,
                connections: endpoint.queue.max_shards.max(1),
                server_name,
            },
            tls: endpoint.tls.clone(),
            tls_clients: parameters.tls_clients.clone(),
            follow_redirects: endpoint.follow_redirects,
            secrets: EchoedSecrets::of(parameters),
        })
    }

    /// A client for the current Arbiter.
    pub(super) fn client(self) -> EndpointClient {
        EndpointClient {
            plain: RefCell::new(self.transport.client(None)),
            endpoint: self,
            secure: RefCell::default(),
            told_of_redirect: Cell::default(),
        }
    }

    /// The headers of a request; only the protocol's own to those who are not the configured endpoint.
    async fn headers(&self, is_configured: bool) -> Result<HeaderMap, AuthenticationError> {
        if !is_configured {
            return Ok(protocol_headers());
        }
        let mut headers = self.headers.clone();
        self.http_headers.append_to(&mut headers).await?;
        if let Some(authorization) = self.authentication.header().await? {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        Ok(headers)
    }
}

impl EndpointClient {
    /// Delivers `body` once, redirects followed, within the endpoint's timeout.
    pub(super) async fn send(&self, body: Bytes) -> Result<Answer, NoAnswer> {
        let (limit, deadline) = (self.endpoint.timeout, Instant::now() + self.endpoint.timeout);
        let answer = timeout_at(deadline, self.exchange(body, deadline)).await;
        let mut answer = answer.map_err(|_| NoAnswer::TimedOut(limit))??;
        answer.words = self.endpoint.secrets.hide_in(answer.words);
        Ok(answer)
    }

    async fn exchange(&self, body: Bytes, deadline: Instant) -> Result<Answer, NoAnswer> {
        // An answer with a slow body must stay an answer.
        let body_deadline = deadline - EARLIER;
        let (mut url, mut is_configured) = (self.endpoint.url.clone(), true);
        let mut asked = Vec::new();
        for _ in 0..redirects::MOST_REQUESTS {
            let client = self.client_for(&url).await?;
            let mut request = client.post(url.clone());
            *request.headers_mut() = self.endpoint.headers(is_configured).await?;
            let sent = request.send_body(body.clone()).await;
            let mut response = sent.map_err(|error| transport(&error))?;
            if response.status().is_informational() {
                self.leave_connections();
                return Err(NoAnswer::Interim(response.status().as_u16()));
            }
            let location = followable(&response).filter(|_| self.endpoint.follow_redirects);
            let Some(location) = location else {
                return Ok(Answer::read(response, body_deadline).await);
            };
            let next = redirects::target(&url, location)?;
            self.tell_of_redirect(&next);
            // Its connection can be used again only when its body was read.
            read_body(&mut response, body_deadline).await;
            // Who was led away stays away: what comes back here is no longer our own doing.
            is_configured &= redirects::same_origin(&self.endpoint.url, &next);
            asked.push(std::mem::replace(&mut url, next));
            if asked.contains(&url) {
                return Err(RedirectError::Circle(RemoteUrl::new(url.to_string())).into());
            }
        }
        Err(RedirectError::TooMany.into())
    }

    async fn client_for(&self, url: &Uri) -> Result<awc::Client, NoAnswer> {
        if url.scheme_str() != Some("https") {
            return Ok(self.plain.borrow().clone());
        }
        let endpoint = &self.endpoint;
        let material = endpoint.tls_clients.get(&endpoint.tls).await?;
        let mut secure = self.secure.borrow_mut();
        let known = secure.take_if(|known| !Arc::ptr_eq(&known.material, &material));
        drop(known);
        let made = secure.get_or_insert_with(|| SecureClient {
            client: endpoint.transport.client(Some(Arc::clone(&material))),
            material,
        });
        Ok(made.client.clone())
    }

    /// Uses no connection again that there is: on one of them an answer is still to come, which would be taken as that of
    /// the next request (RFC 9110, 15.2: an interim answer comes before the final one).
    fn leave_connections(&self) {
        self.plain.replace(self.endpoint.transport.client(None));
        self.secure.take();
    }

    /// Once: each request goes twice from now on, which whoever configured the URL can spare.
    fn tell_of_redirect(&self, target: &Uri) {
        if !self.told_of_redirect.replace(true) {
            let target = RemoteUrl::new(target.to_string());
            let url = RemoteUrl::new(self.endpoint.url.to_string());
            tracing::warn!(%url, %target, "endpoint redirects, each request is sent twice: set the url to where it leads");
        }
    }
}

/// Reading a body ends this much before the deadline, so that an answer with a slow body stays an answer.
const EARLIER: Duration = Duration::from_millis(1);

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
