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

fn too_many_tenants() -> Rejection {
    Refusal::TooManyTenants {
        most: 1,
        retry_after: Duration::from_secs(30),
    }
    .into()
}

fn text() -> String {
    "x".to_owned()
}

/// What is answered, and as what it is counted.
type Row = (Code, u16, Option<&'static str>);

fn assert_row(rejection: impl Into<Rejection>, expected: Row) {
    let rejection = rejection.into();
    let reason = rejection.reason().map(|reason| reason.to_string());
    let (code, status) = (rejection.grpc_code(), rejection.http_status().as_u16());
    assert_eq!((code, status, reason.as_deref()), expected, "{rejection}");
}

#[test]
fn what_the_pipeline_refuses_for_now_may_come_again() {
    let second = Duration::from_secs(1);
    let exhausted = |reason| (Code::ResourceExhausted, 429, Some(reason));
    assert_row(overloaded(second), exhausted("overloaded"));
    assert_row(rate_limited(second), exhausted("rate_limited"));
    assert_row(too_many_tenants(), exhausted("too_many_tenants"));
    assert_row(
        Refusal::ShuttingDown,
        (Code::Unavailable, 503, Some("shutting_down")),
    );
}

#[test]
fn what_is_too_large_cannot_come_again() {
    let too_large = (Code::ResourceExhausted, 413, Some("too_large"));
    assert_row(larger_than_burst(), too_large);
    assert_row(Rejection::TooLarge { limit: 1 }, too_large);
}

#[test]
fn what_is_malformed_is_an_invalid_argument() {
    let malformed = (Code::InvalidArgument, 400, Some("malformed"));
    let corrupted = Rejection::Corrupted {
        encoding: "gzip",
        reason: text(),
    };
    assert_row(Refusal::Malformed(text()), malformed);
    assert_row(Rejection::RepeatedTenant, malformed);
    assert_row(Rejection::MalformedTenant(InvalidTenantId::Unsafe), malformed);
    assert_row(Rejection::BadTransfer(text()), malformed);
    assert_row(corrupted, malformed);
}

#[test]
fn who_is_not_known_is_unauthenticated_and_who_is_another_is_forbidden() {
    let forbidden = (Code::PermissionDenied, 403, Some("forbidden"));
    let unauthenticated = (Code::Unauthenticated, 401, Some("unauthenticated"));
    assert_row(Rejection::MissingTenant, unauthenticated);
    assert_row(Rejection::ForeignTenant, forbidden);
}

#[test]
fn what_is_not_supported_or_late_or_broken_has_a_row_each() {
    let encoding = (Code::Unimplemented, 400, Some("unsupported_encoding"));
    let media_type = (Code::InvalidArgument, 415, Some("unsupported_media_type"));
    let late = Rejection::Timeout(Duration::from_secs(1));
    assert_row(Rejection::UnsupportedEncoding(text()), encoding);
    assert_row(Rejection::UnsupportedMediaType(text()), media_type);
    assert_row(late, (Code::DeadlineExceeded, 408, Some("timeout")));
    assert_row(Refusal::Broken, (Code::Internal, 500, Some("broken")));
}

#[test]
fn what_is_no_export_is_not_counted() {
    let elsewhere = Rejection::OtherPath {
        path: text(),
        advice: "look elsewhere",
    };
    assert_row(elsewhere, (Code::Unimplemented, 404, None));
    assert_row(Rejection::UnknownPath(text()), (Code::Unimplemented, 404, None));
    assert_row(
        Rejection::MethodNotAllowed(text()),
        (Code::Unimplemented, 405, None),
    );
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
