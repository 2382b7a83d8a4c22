//! How a call of the shop ended, and what that is by HTTP and by gRPC.

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Success,
    /// The called side failed.
    Broken,
    /// Something that the called side needs failed.
    Unavailable,
}

impl Outcome {
    /// Whether the call ended badly.
    pub fn is_failure(self) -> bool {
        self != Self::Success
    }

    /// The status code of an HTTP response.
    pub fn http_code(self) -> i64 {
        match self {
            Self::Success => 200,
            Self::Broken => 500,
            Self::Unavailable => 503,
        }
    }

    /// The status code of a gRPC response.
    pub fn rpc_code(self) -> &'static str {
        match self {
            Self::Success => "OK",
            Self::Broken => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}
