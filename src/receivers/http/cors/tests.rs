//! Who is allowed what.

use actix_web::http::header::HeaderName;
use proptest::prelude::*;

use super::*;

fn policy(origins: &[&str], headers: &[&str], max_age_seconds: i64) -> CorsPolicy {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    CorsPolicy::new(&CorsSettings {
        allowed_origins: owned(origins),
        allowed_headers: owned(headers),
        exposed_headers: Vec::new(),
        max_age_seconds,
    })
}

fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

/// The answer to a preflight, as text.
fn preflight(policy: &CorsPolicy, origin: &str, method: &str, names: &str) -> Vec<String> {
    let mut request = headers(&[(ORIGIN, origin), (ACCESS_CONTROL_REQUEST_METHOD, method)]);
    if !names.is_empty() {
        request.insert(
            ACCESS_CONTROL_REQUEST_HEADERS,
            HeaderValue::from_str(names).unwrap(),
        );
    }
    let mut answer = HeaderMap::new();
    policy.answer_preflight(&request, &mut answer);
    let mut lines: Vec<_> = answer
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

const VARY_LINE: &str = "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

#[test]
fn a_preflight_of_an_allowed_origin_is_told_what_it_may_do() {
    let policy = policy(&["https://shop.example"], &["X-Scope-OrgID"], 7200);
    let answer = preflight(
        &policy,
        "https://shop.example",
        "POST",
        "content-type,x-scope-orgid",
    );
    assert_eq!(
        answer,
        [
            "access-control-allow-credentials: true",
            "access-control-allow-headers: content-type,x-scope-orgid",
            "access-control-allow-methods: POST",
            "access-control-allow-origin: https://shop.example",
            "access-control-max-age: 7200",
            VARY_LINE,
        ]
    );
}

#[test]
fn a_preflight_that_is_not_allowed_is_told_nothing() {
    let policy = policy(&["https://shop.example"], &[], 0);
    for (origin, method, names) in [
        ("https://other.example", "POST", "content-type"),
        ("https://shop.example.other", "POST", ""),
        ("null", "POST", ""),
        ("https://shop.example", "PUT", ""),
        ("https://shop.example", "POST", "content-type, authorization"),
    ] {
        assert_eq!(
            preflight(&policy, origin, method, names),
            [VARY_LINE],
            "{origin} {method} {names}"
        );
    }
}

#[test]
fn the_headers_of_otlp_are_allowed_whatever_is_configured() {
    for configured in [&[][..], &["x-mine"]] {
        let policy = policy(&["https://*"], configured, 0);
        let answer = preflight(&policy, "https://a", "POST", "Content-Encoding, content-type");
        assert!(answer.len() > 1, "{configured:?}");
    }
    let any = policy(&["https://*"], &["*"], 0);
    assert!(preflight(&any, "https://a", "POST", "authorization, traceparent").len() > 1);
}

#[test]
fn a_wildcard_stands_for_any_part_of_an_origin() {
    for (pattern, origin, expected) in [
        ("https://*.example.com", "https://a.example.com", true),
        ("https://*.example.com", "https://a.b.example.com:8443", false),
        ("https://*.example.com", "https://A.EXAMPLE.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "http://a.example.com", false),
        ("https://*.example.com", "https://evilexample.com", false),
        ("http://127.0.0.1:*", "http://127.0.0.1:3000", true),
        ("http://a*a", "http://a", false),
    ] {
        let request = headers(&[(ORIGIN, origin)]);
        let found = policy(&[pattern], &[], 0).allowed(&request);
        assert_eq!(found.is_some(), expected, "{pattern} {origin}");
    }
}

#[test]
fn any_origin_is_told_a_star_so_that_browsers_send_it_no_cookies() {
    let policy = policy(&["*"], &[], -1);
    let answer = preflight(&policy, "https://a.example", "POST", "");
    assert!(answer.contains(&"access-control-allow-origin: *".to_owned()));
    assert!(answer.contains(&"access-control-max-age: 0".to_owned()));
}

#[test]
fn other_answers_are_marked_for_allowed_origins_only() {
    let policy = policy(&["https://shop.example"], &[], 0);
    for (origin, is_allowed) in [("https://shop.example", true), ("https://other.example", false)] {
        let origin = policy.allowed(&headers(&[(ORIGIN, origin)]));
        let mut answer = HeaderMap::new();
        policy.mark(origin, &mut answer);
        assert_eq!(answer.get(VARY).unwrap(), "Origin");
        assert_eq!(answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), is_allowed);
        assert_eq!(answer.contains_key(ACCESS_CONTROL_EXPOSE_HEADERS), is_allowed);
    }
    assert_eq!(policy.allowed(&HeaderMap::new()), None);
}

proptest! {
    #[test]
    fn a_pattern_matches_as_a_regular_expression_would(pattern in "[ab*]{0,6}", origin in "[ab]{0,6}") {
        let stars = pattern.matches('*').count();
        prop_assume!(stars <= 1);
        let matches = match pattern.find('*') {
            None => pattern == origin,
            Some(_) => (0..=origin.len()).any(|from| {
                (from..=origin.len()).any(|to| pattern.replace('*', &origin[from..to]) == origin)
            }),
        };
        prop_assert_eq!(OriginPattern::new(&pattern).matches(&origin), matches);
    }
}
