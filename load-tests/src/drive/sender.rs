//! One connection to a receiver, whatever its transport.

use super::answer::Answer;
use super::grpc::GrpcSender;
use super::http::HttpSender;
use super::target::{Target, Transport};

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
