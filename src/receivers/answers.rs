//! What receivers answer: one table from refusals and receiver errors to gRPC and HTTP (OTLP 1.11).

mod verdict;

use std::time::Duration;

use http::StatusCode;
use spangraph_actors::admission::{Accepted, Refusal};
use spangraph_config::InvalidTenantId;
use spangraph_proto::answers::{ExportAnswer, StatusAnswer};
use spangraph_serving::authentication::{AuthenticationFailure, Challenge};
use spangraph_serving::receiver_metrics::RefusalReason;
use tonic::{Code, Status};

use verdict::Verdict;

/// Why a request is refused whole.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The pipeline refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It has too many bytes, before or after decompression.
    #[error("request is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes allowed.
        limit: usize,
    },
    /// It names no tenant.
    #[error("no tenant: send its id as X-Scope-OrgID")]
    MissingTenant,
    /// It names more than one tenant.
    #[error("X-Scope-OrgID is given more than once")]
    RepeatedTenant,
    /// What it names is no tenant id.
    #[error("X-Scope-OrgID is malformed: {0}")]
    MalformedTenant(InvalidTenantId),
    /// Its sender is not let in.
    #[error("{failure}")]
    Unauthenticated {
        /// Why not.
        failure: AuthenticationFailure,
        /// What is asked for.
        challenge: Challenge,
    },
    /// Its credentials are another tenant's.
    #[error("{}", AuthenticationFailure::ForeignTenant)]
    ForeignTenant,
    /// It cannot be decompressed.
    #[error("request is not valid {encoding}: {reason}")]
    Corrupted {
        /// How it claims to be compressed.
        encoding: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// Its bytes do not follow the transport's rules.
    #[error("request is malformed: {0}")]
    BadTransfer(String),
    /// It is compressed in a way we do not know.
    #[error("encoding {0:?} is not supported; send gzip, zstd or identity")]
    UnsupportedEncoding(String),
    /// It is neither protobuf nor JSON.
    #[error("content type {0:?} is not supported; send application/x-protobuf or application/json")]
    UnsupportedMediaType(String),
    /// It is gRPC whose messages are no protobuf.
    #[error("content type {0:?} is not supported; send application/grpc or application/grpc+proto")]
    UnsupportedMessageFormat(String),
    /// It took too long to arrive.
    #[error("request did not arrive within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// There is no such gRPC method.
    #[error("unknown path {0:?}")]
    UnknownPath(String),
    /// There is no such path over HTTP.
    #[error("unknown path {path:?}: {advice}")]
    OtherPath {
        /// The path.
        path: String,
        /// What the sender should do.
        advice: &'static str,
    },
    /// The path takes POST only.
    #[error("method {0} is not allowed; send POST")]
    MethodNotAllowed(String),
}

impl Rejection {
    /// The code of the gRPC answer, and of the `google.rpc.Status` in an HTTP answer.
    #[must_use]
    pub fn grpc_code(&self) -> Code {
        self.verdict().code
    }

    /// The status of the HTTP answer.
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        self.verdict().status
    }

    /// As what it is counted; `None` for requests that are no exports at all.
    #[must_use]
    pub fn reason(&self) -> Option<RefusalReason> {
        self.verdict().reason
    }

    /// When the sender may come again, where we know.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(
                Refusal::Overloaded { retry_after, .. }
                | Refusal::RateLimited { retry_after, .. }
                | Refusal::TooManyTenants { retry_after, .. }
                | Refusal::NotLogged { retry_after, .. },
            ) => Some(*retry_after),
            _ => None,
        }
    }

    /// The value of `Retry-After`: whole seconds, rounded up, at least 1. It comes with every 429 and 503.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        if matches!(self, Self::Refused(Refusal::ShuttingDown)) {
            return Some(1);
        }
        let wait = self.retry_after()?;
        Some(
            wait.as_secs()
                .saturating_add(u64::from(wait.subsec_nanos() > 0))
                .max(1),
        )
    }

    /// The value of `WWW-Authenticate`, where credentials are asked for.
    #[must_use]
    pub fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Unauthenticated { challenge, .. } => Some(challenge.header()),
            _ => None,
        }
    }

    /// The `google.rpc.Status` of the answer, with `RetryInfo` where the sender may come again.
    #[must_use]
    pub fn status_answer(&self) -> StatusAnswer {
        let code = i32::from(self.grpc_code());
        StatusAnswer {
            code,
            message: self.to_string(),
            retry_after: self.retry_after(),
        }
    }

    /// The gRPC answer; it has details only where the sender may come again.
    #[must_use]
    pub fn grpc_status(&self) -> Status {
        if self.retry_after().is_none() {
            return Status::new(self.grpc_code(), self.to_string());
        }
        let details = self.status_answer().to_protobuf();
        Status::with_details(self.grpc_code(), self.to_string(), details)
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Refused(refusal) => Verdict::of_refusal(refusal),
            Self::Corrupted { .. }
            | Self::BadTransfer(_)
            | Self::RepeatedTenant
            | Self::MalformedTenant(_) => Verdict::MALFORMED,
            Self::TooLarge { .. } => Verdict::TOO_LARGE,
            Self::ForeignTenant => Verdict::FORBIDDEN,
            Self::MissingTenant | Self::Unauthenticated { .. } => Verdict::UNAUTHENTICATED,
            Self::UnsupportedEncoding(_) => Verdict::UNSUPPORTED_ENCODING,
            Self::UnsupportedMediaType(_) => Verdict::UNSUPPORTED_MEDIA_TYPE,
            Self::UnsupportedMessageFormat(_) => Verdict::UNSUPPORTED_MESSAGE_FORMAT,
            Self::Timeout(_) => Verdict::TIMEOUT,
            Self::UnknownPath(_) | Self::OtherPath { .. } => Verdict::UNKNOWN_PATH,
            Self::MethodNotAllowed(_) => Verdict::METHOD_NOT_ALLOWED,
        }
    }
}

/// The answer to a request that was taken, whole or in part.
#[must_use]
pub fn export_answer(accepted: Accepted) -> ExportAnswer {
    ExportAnswer {
        rejected_spans: accepted.rejected_spans,
        reason: accepted.reason,
    }
}

/// The name of `code` as the gRPC specification spells it.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests;
