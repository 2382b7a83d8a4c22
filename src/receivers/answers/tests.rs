//! The table of answers for both transports.

use super::*;

fn overloaded(retry_after: Duration) -> Rejection {
    Refusal::Overloaded {
        what: "spans",
        retry_after,
    }
    .into()
}

fn rate_limited(retry_after: Duration) -> Rejection {
    Refusal::RateLimited {
        bytes_per_second: 1,
        retry_after,
    }
    .into()
}

fn larger_than_burst() -> Rejection {
    Refusal::LargerThanBurst {
        bytes: 2,
        burst_bytes: 1,
    }
    .into()
}

#[test]
fn every_rejection_has_its_row() {
    let text = || "x".to_owned();
    let table: [(Rejection, Code, u16, Option<&str>); 18] = [
        (
            overloaded(Duration::from_secs(1)),
            Code::ResourceExhausted,
            429,
            Some("overloaded"),
        ),
        (
            rate_limited(Duration::from_secs(1)),
            Code::ResourceExhausted,
            429,
            Some("rate_limited"),
        ),
        (
            Refusal::TooManyTenants {
                most: 1,
                retry_after: Duration::from_secs(30),
            }
            .into(),
            Code::ResourceExhausted,
            429,
            Some("too_many_tenants"),
        ),
        (
            larger_than_burst(),
            Code::ResourceExhausted,
            413,
            Some("too_large"),
        ),
        (
            Refusal::ShuttingDown.into(),
            Code::Unavailable,
            503,
            Some("shutting_down"),
        ),
        (
            Refusal::Malformed(text()).into(),
            Code::InvalidArgument,
            400,
            Some("malformed"),
        ),
        (Refusal::Broken.into(), Code::Internal, 500, Some("broken")),
        (
            Rejection::TooLarge { limit: 1 },
            Code::ResourceExhausted,
            413,
            Some("too_large"),
        ),
        (
            Rejection::MissingTenant,
            Code::Unauthenticated,
            401,
            Some("unauthenticated"),
        ),
        (
            Rejection::RepeatedTenant,
            Code::InvalidArgument,
            400,
            Some("malformed"),
        ),
        (
            Rejection::MalformedTenant(InvalidTenantId::Unsafe),
            Code::InvalidArgument,
            400,
            Some("malformed"),
        ),
        (
            Rejection::Corrupted {
                encoding: "gzip",
                reason: text(),
            },
            Code::InvalidArgument,
            400,
            Some("malformed"),
        ),
        (
            Rejection::UnsupportedEncoding(text()),
            Code::Unimplemented,
            400,
            Some("unsupported_encoding"),
        ),
        (
            Rejection::UnsupportedMediaType(text()),
            Code::InvalidArgument,
            415,
            Some("unsupported_media_type"),
        ),
        (
            Rejection::Timeout(Duration::from_secs(1)),
            Code::DeadlineExceeded,
            408,
            Some("timeout"),
        ),
        (Rejection::UnknownPath(text()), Code::Unimplemented, 404, None),
        (
            Rejection::OtherPath {
                path: text(),
                advice: "look elsewhere",
            },
            Code::Unimplemented,
            404,
            None,
        ),
        (
            Rejection::MethodNotAllowed(text()),
            Code::Unimplemented,
            405,
            None,
        ),
    ];
    for (rejection, code, status, reason) in table {
        assert_eq!(rejection.grpc_code(), code, "{rejection}");
        assert_eq!(rejection.http_status().as_u16(), status, "{rejection}");
        assert_eq!(
            rejection.reason().map(|reason| reason.to_string()).as_deref(),
            reason,
            "{rejection}"
        );
    }
}

#[test]
fn only_overload_and_rates_invite_to_come_again() {
    for rejection in [overloaded(Duration::ZERO), rate_limited(Duration::ZERO)] {
        assert_eq!(rejection.retry_after(), Some(Duration::ZERO));
        assert!(!rejection.grpc_status().details().is_empty());
    }
    for rejection in [
        larger_than_burst(),
        Rejection::TooLarge { limit: 1 },
        Refusal::ShuttingDown.into(),
        Refusal::Broken.into(),
    ] {
        assert_eq!(rejection.retry_after(), None);
        assert!(rejection.grpc_status().details().is_empty());
    }
}

#[test]
fn retry_after_is_whole_seconds_rounded_up() {
    for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)] {
        let rejection = overloaded(Duration::from_millis(milliseconds));
        assert_eq!(
            rejection.retry_after_seconds(),
            Some(seconds),
            "{milliseconds} ms"
        );
    }
}

#[test]
fn code_names_are_grpcs_own() {
    assert_eq!(code_name(Code::from_i32(8)), "RESOURCE_EXHAUSTED");
    assert_eq!(code_name(Code::from_i32(0)), "OK");
}
