//! The rows of the table of answers: the code of gRPC, the status of HTTP, and as what a rejection is counted.

use http::StatusCode;
use spangraph_actors::admission::Refusal;
use spangraph_serving::receiver_metrics::RefusalReason as Reason;
use tonic::Code;

/// One row of the table.
pub(super) struct Verdict {
    /// For gRPC.
    pub(super) code: Code,
    /// For HTTP.
    pub(super) status: StatusCode,
    /// `None` for requests that are no exports at all.
    pub(super) reason: Option<Reason>,
}

impl Verdict {
    const OVERLOADED: Self = Self::counted(
        Code::ResourceExhausted,
        StatusCode::TOO_MANY_REQUESTS,
        Reason::Overloaded,
    );
    const RATE_LIMITED: Self = Self::counted(
        Code::ResourceExhausted,
        StatusCode::TOO_MANY_REQUESTS,
        Reason::RateLimited,
    );
    const TOO_MANY_TENANTS: Self = Self::counted(
        Code::ResourceExhausted,
        StatusCode::TOO_MANY_REQUESTS,
        Reason::TooManyTenants,
    );
    const NOT_LOGGED: Self = Self::counted(
        Code::Unavailable,
        StatusCode::SERVICE_UNAVAILABLE,
        Reason::NotLogged,
    );
    const SHUTTING_DOWN: Self = Self::counted(
        Code::Unavailable,
        StatusCode::SERVICE_UNAVAILABLE,
        Reason::ShuttingDown,
    );
    const BROKEN: Self = Self::counted(Code::Internal, StatusCode::INTERNAL_SERVER_ERROR, Reason::Broken);
    pub(super) const MALFORMED: Self =
        Self::counted(Code::InvalidArgument, StatusCode::BAD_REQUEST, Reason::Malformed);
    pub(super) const TOO_LARGE: Self = Self::counted(
        Code::ResourceExhausted,
        StatusCode::PAYLOAD_TOO_LARGE,
        Reason::TooLarge,
    );
    pub(super) const FORBIDDEN: Self =
        Self::counted(Code::PermissionDenied, StatusCode::FORBIDDEN, Reason::Forbidden);
    pub(super) const UNAUTHENTICATED: Self = Self::counted(
        Code::Unauthenticated,
        StatusCode::UNAUTHORIZED,
        Reason::Unauthenticated,
    );
    pub(super) const UNSUPPORTED_ENCODING: Self = Self::counted(
        Code::Unimplemented,
        StatusCode::BAD_REQUEST,
        Reason::UnsupportedEncoding,
    );
    pub(super) const UNSUPPORTED_MEDIA_TYPE: Self = Self::counted(
        Code::InvalidArgument,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::UnsupportedMediaType,
    );
    pub(super) const UNSUPPORTED_MESSAGE_FORMAT: Self = Self::counted(
        Code::Unimplemented,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::UnsupportedMediaType,
    );
    pub(super) const TIMEOUT: Self = Self::counted(
        Code::DeadlineExceeded,
        StatusCode::REQUEST_TIMEOUT,
        Reason::Timeout,
    );
    pub(super) const UNKNOWN_PATH: Self = Self::no_export(StatusCode::NOT_FOUND);
    pub(super) const METHOD_NOT_ALLOWED: Self = Self::no_export(StatusCode::METHOD_NOT_ALLOWED);

    /// What the pipeline refused.
    pub(super) fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Overloaded { .. } => Self::OVERLOADED,
            Refusal::RateLimited { .. } => Self::RATE_LIMITED,
            Refusal::TooManyTenants { .. } => Self::TOO_MANY_TENANTS,
            Refusal::LargerThanBurst { .. } => Self::TOO_LARGE,
            Refusal::NotLogged { .. } => Self::NOT_LOGGED,
            Refusal::ShuttingDown => Self::SHUTTING_DOWN,
            Refusal::Malformed(_) => Self::MALFORMED,
            Refusal::Broken => Self::BROKEN,
        }
    }

    const fn counted(code: Code, status: StatusCode, reason: Reason) -> Self {
        Self {
            code,
            status,
            reason: Some(reason),
        }
    }

    const fn no_export(status: StatusCode) -> Self {
        Self {
            code: Code::Unimplemented,
            status,
            reason: None,
        }
    }
}
