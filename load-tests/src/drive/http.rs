//! Sends encoded requests by OTLP over HTTP/1.1, and reads pages, with hyper's client.

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::answer::Answer;
use super::target::{Compression, Target};

/// One connection with one request at a time; it is made anew after it broke.
pub(super) struct HttpSender {
    target: Target,
    connection: SendRequest<Full<Bytes>>,
}

impl HttpSender {
    pub(super) async fn connect(target: &Target) -> anyhow::Result<Self> {
        Ok(Self {
            connection: open(&target.endpoint).await?,
            target: target.clone(),
        })
    }

    pub(super) fn set_tenant(&mut self, tenant: &str) {
        self.target.tenant = Some(tenant.to_owned());
    }

    pub(super) async fn send(&mut self, request: Vec<u8>) -> Answer {
        match self.try_send(request).await {
            Ok(answer) => answer,
            Err(error) => Answer::unknown(format!("{error:#}")),
        }
    }

    async fn try_send(&mut self, request: Vec<u8>) -> anyhow::Result<Answer> {
        if self.connection.is_closed() {
            self.connection = open(&self.target.endpoint).await?;
        }
        self.connection.ready().await?;
        let response = self.connection.send_request(self.request(request)?).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        if head.status.is_success() {
            return Ok(Answer::accepted(body));
        }
        Ok(Answer::Refused {
            code: head.status.as_u16().to_string(),
            says_when_to_retry: head.headers.contains_key(RETRY_AFTER),
        })
    }

    fn request(&self, body: Vec<u8>) -> anyhow::Result<Request<Full<Bytes>>> {
        let (encoding, body) = compress(self.target.compression, body)?;
        let mut request = Request::post("/v1/traces")
            .header(HOST, &self.target.endpoint)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(Full::new(Bytes::from(body)))?;
        if let Some(encoding) = encoding {
            request
                .headers_mut()
                .insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if let Some(tenant) = &self.target.tenant {
            request
                .headers_mut()
                .insert("x-scope-orgid", HeaderValue::from_str(tenant)?);
        }
        Ok(request)
    }
}

/// The text of a page.
///
/// # Errors
/// When it cannot be had, or the answer is no success.
pub async fn get(address: &str, path: &str) -> anyhow::Result<String> {
    let mut connection = open(address).await?;
    let request = Request::get(path)
        .header(HOST, address)
        .body(Empty::<Bytes>::new())?;
    let response: Response<Incoming> = connection.send_request(request).await?;
    let status = response.status();
    ensure!(status.is_success(), "http://{address}{path} answers {status}");
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
}

/// A connection to `address` that speaks HTTP/1.1.
///
/// # Errors
/// When it cannot be made.
pub(crate) async fn open<B>(address: &str) -> anyhow::Result<SendRequest<B>>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // A connection that breaks is seen where it is used.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// `body` as it is sent, and what that is called in `Content-Encoding`.
///
/// # Errors
/// When the compressor fails.
pub(crate) fn compress(
    compression: Compression,
    body: Vec<u8>,
) -> anyhow::Result<(Option<&'static str>, Vec<u8>)> {
    Ok(match compression {
        Compression::None => (None, body),
        Compression::Gzip => {
            let mut encoder =
                GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::default());
            encoder.write_all(&body)?;
            (Some("gzip"), encoder.finish()?)
        }
        Compression::Zstd => (
            Some("zstd"),
            zstd::bulk::compress(&body, zstd::DEFAULT_COMPRESSION_LEVEL)?,
        ),
    })
}
