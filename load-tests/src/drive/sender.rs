//! One connection to a receiver, whatever its transport.

use super::answer::Answer;
use super::grpc::GrpcSender;
use super::http::HttpSender;
use super::target::{Target, Transport};

/// A connection.
pub(crate) struct Sender(Protocol);

enum Protocol {
    Grpc(Box<GrpcSender>),
    Http(Box<HttpSender>),
}

impl Sender {
    /// Connects.
    ///
    /// # Errors
    /// When the receiver cannot be reached.
    pub(crate) async fn connect(target: &Target) -> anyhow::Result<Self> {
        Ok(Self(match target.transport {
            Transport::Grpc => Protocol::Grpc(Box::new(GrpcSender::connect(target).await?)),
            Transport::Http => Protocol::Http(Box::new(HttpSender::connect(target).await?)),
        }))
    }

    /// Sends one request and waits for its answer.
    pub(crate) async fn send(&mut self, request: Vec<u8>) -> Answer {
        match &mut self.0 {
            Protocol::Grpc(sender) => sender.send(request.into()).await,
            Protocol::Http(sender) => sender.send(request).await,
        }
    }

    /// From now on sends as this tenant.
    ///
    /// # Errors
    /// When no header can hold it.
    pub(super) fn set_tenant(&mut self, tenant: &str) -> anyhow::Result<()> {
        match &mut self.0 {
            Protocol::Grpc(sender) => sender.set_tenant(tenant),
            Protocol::Http(sender) => {
                sender.set_tenant(tenant);
                Ok(())
            }
        }
    }
}
