//! One connection to a receiver, whatever its transport, and how a request on it was answered.

use bytes::Bytes;
use clap::{Args, ValueEnum};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde::Serialize;

use super::grpc::GrpcSender;
use super::http::HttpSender;

/// Where and how traffic is sent.
#[derive(Args, Clone, Debug, Serialize)]
pub struct Target {
    /// Host and port of the receiver.
    #[arg(long, default_value = "127.0.0.1:4317")]
    pub endpoint: String,
    /// The transport of OTLP.
    #[arg(long, value_enum, default_value_t = Transport::Grpc)]
    pub transport: Transport,
    /// How requests are compressed.
    #[arg(long, value_enum, default_value_t = Compression::None)]
    pub compression: Compression,
    /// The tenant to send as, in X-Scope-OrgID.
    #[arg(long)]
    pub tenant: Option<String>,
}

/// A transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// `TraceService/Export` over HTTP/2.
    Grpc,
    /// `POST /v1/traces` over HTTP/1.1.
    Http,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// By gzip, at its usual level.
    Gzip,
    /// By Zstandard, at its usual level.
    Zstd,
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Accepted but for so many spans.
    Accepted { rejected_spans: u64 },
    /// Refused; nothing of it was taken.
    Refused { code: String, says_when_to_retry: bool },
    /// Nobody knows whether it was taken.
    Unknown { reason: String },
}

/// A connection.
pub(super) enum Sender {
    Grpc(Box<GrpcSender>),
    Http(Box<HttpSender>),
}

impl Sender {
    /// Connects.
    ///
    /// # Errors
    /// When the receiver cannot be reached.
    pub(super) async fn connect(target: &Target) -> anyhow::Result<Self> {
        Ok(match target.transport {
            Transport::Grpc => Self::Grpc(Box::new(GrpcSender::connect(target).await?)),
            Transport::Http => Self::Http(Box::new(HttpSender::connect(target).await?)),
        })
    }

    /// Sends one request and waits for its answer.
    pub(super) async fn send(&mut self, request: Vec<u8>) -> Answer {
        match self {
            Self::Grpc(sender) => sender.send(request.into()).await,
            Self::Http(sender) => sender.send(request).await,
        }
    }

    /// From now on sends as this tenant.
    ///
    /// # Errors
    /// When no header can hold it.
    pub(super) fn set_tenant(&mut self, tenant: &str) -> anyhow::Result<()> {
        match self {
            Self::Grpc(sender) => sender.set_tenant(tenant),
            Self::Http(sender) => {
                sender.set_tenant(tenant);
                Ok(())
            }
        }
    }
}

impl Answer {
    /// The answer with this body.
    pub(super) fn accepted(body: Bytes) -> Self {
        let response = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        let rejected = response
            .partial_success
            .map_or(0, |partial| partial.rejected_spans);
        Self::Accepted {
            rejected_spans: u64::try_from(rejected).unwrap_or_default(),
        }
    }

    /// What could not be sent, or whose answer did not come.
    pub(super) fn unknown(error: impl std::fmt::Display) -> Self {
        Self::Unknown {
            reason: error.to_string(),
        }
    }
}
