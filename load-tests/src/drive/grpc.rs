//! Sends encoded requests by gRPC, with tonic's client.

use anyhow::Context as _;
use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::answer::Answer;
use super::codec::BytesCodec;
use super::target::{Compression, Target};

const EXPORT: PathAndQuery =
    PathAndQuery::from_static("/opentelemetry.proto.collector.trace.v1.TraceService/Export");

/// One HTTP/2 connection with one request at a time.
pub(super) struct GrpcSender {
    client: Grpc<Channel>,
    tenant: Option<AsciiMetadataValue>,
}

impl GrpcSender {
    pub(super) async fn connect(target: &Target) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(format!("http://{}", target.endpoint))?.tcp_nodelay(true);
        let channel = endpoint
            .connect()
            .await
            .with_context(|| format!("cannot connect to {}", target.endpoint))?;
        let client = Grpc::new(channel);
        let client = match target.compression {
            Compression::None => client,
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
            Compression::Zstd => client.send_compressed(CompressionEncoding::Zstd),
        };
        let tenant = target.tenant.as_deref().map(str::parse).transpose()?;
        Ok(Self { client, tenant })
    }

    pub(super) fn set_tenant(&mut self, tenant: &str) -> anyhow::Result<()> {
        self.tenant = Some(tenant.parse()?);
        Ok(())
    }

    pub(super) async fn send(&mut self, request: Bytes) -> Answer {
        if let Err(error) = self.client.ready().await {
            return Answer::unknown(error);
        }
        let mut request = Request::new(request);
        if let Some(tenant) = &self.tenant {
            request.metadata_mut().insert("x-scope-orgid", tenant.clone());
        }
        match self.client.unary(request, EXPORT, BytesCodec).await {
            Ok(response) => Answer::accepted(response.into_inner()),
            Err(status) => refusal(&status),
        }
    }
}

/// A code that the receiver sends is a refusal; those that the client makes up itself tell nothing.
fn refusal(status: &Status) -> Answer {
    let from_receiver = !matches!(status.code(), Code::Unknown | Code::Cancelled | Code::Internal);
    if !from_receiver || std::error::Error::source(status).is_some() {
        return Answer::unknown(status);
    }
    Answer::Refused {
        code: format!("{:?}", status.code()),
        says_when_to_retry: !status.details().is_empty(),
    }
}
