//! What an operator can most likely do about an endpoint's last error.

/// Words in an error, in lower case, that tell what to do; the first that is found counts.
const BY_WORDS: [(&[&str], &str); 11] = [
    (
        &["native histogram"],
        "The store was not started for native histograms. Prometheus: --enable-feature=native-histograms; or set \
         send_native_histograms: false at the endpoint.",
    ),
    (
        &["out of order", "out-of-order", "duplicate sample"],
        "The store has a newer sample of the series: usually two processes write the same one. Give each process \
         its own spangraph.instance_label, or allow an out_of_order_time_window in the store.",
    ),
    (
        &["too far in the future"],
        "The clock of this machine is ahead of the store's. Compare the clocks.",
    ),
    (
        &["too old", "too far in the past", "out of bounds"],
        "The samples are older than the store takes, as after a long outage or with a wrong clock. Compare the \
         clocks, and set queue_config.sample_age_limit to what the store takes.",
    ),
    (
        &["series limit", "max-global-series", "max_series"],
        "The tenant has more series in the store than it may. Raise the store's limit, or lower max_active_series \
         and the dimensions.",
    ),
    (
        &["no org id", "x-scope-orgid"],
        "The store wants a tenant. Set X-Scope-OrgID among the endpoint's headers.",
    ),
    (
        &["corrupt message", "invalidcontenttype"],
        "The endpoint speaks no TLS at this port. Write http:// in its url, or name the port that does.",
    ),
    (
        &["certificate", "handshake", "fatal alert", "peer is incompatible"],
        "The TLS connection is not trusted. Set tls_config.ca_file to the authority that signed the server's \
         certificate, or tls_config.server_name to the name in it.",
    ),
    (
        &["connection refused"],
        "Nothing listens there. Check host and port of the url, and that the store runs.",
    ),
    (
        &["resolving", "dns records", "name or service not known"],
        "The host's name is not known. Check the host of the url, and the name server of this machine.",
    ),
    (
        &[
            "no answer within",
            "timeout",
            "timed out",
            "unreachable",
            "no route",
        ],
        "The store does not answer in time. Check the network and the store's load; remote_timeout is how long it \
         is waited for.",
    ),
];

/// The likely fix of the error `message`, which begins with the status when the endpoint answered.
///
/// What the endpoint says goes before its status, which is often a plain 400.
#[must_use]
pub fn likely_fix(message: &str) -> Option<&'static str> {
    let lower = message.to_lowercase();
    let has_any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let by_words = BY_WORDS.iter().find(|(words, _)| has_any(words));
    by_words
        .map(|(_, fix)| *fix)
        .or_else(|| by_status(status_of(message)?))
}

/// The status that the message begins with.
fn status_of(message: &str) -> Option<u16> {
    message.split_once(':')?.0.trim().parse().ok()
}

fn by_status(status: u16) -> Option<&'static str> {
    Some(match status {
        300..=399 => "The url leads elsewhere, and this redirect is not followed. Set url to where it leads.",
        401 | 403 => {
            "We are not let in. Check basic_auth, authorization or bearer_token, and headers of the endpoint."
        }
        404 => {
            "Nothing takes samples at this path. Prometheus: start it with --web.enable-remote-write-receiver and \
             write to /api/v1/write. Mimir: /api/v1/push."
        }
        405 => {
            "The path takes no POST. Check the path of the url: Prometheus has /api/v1/write, Mimir /api/v1/push."
        }
        413 => {
            "A request is too large for the store or a proxy before it. Lower queue_config.max_samples_per_send."
        }
        415 => "The receiver does not speak remote write 1.0. Check the url.",
        429 => {
            "The store takes no more for now; samples wait and are sent again. Raise its ingestion limits, or send \
             fewer series: fewer dimensions, or a longer collection_interval."
        }
        500..=599 => "The store has trouble of its own; samples wait and are sent again. Look at its log.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_error_has_its_fix() {
        for (message, part) in [
            (
                "404: Not Found (check the url's path)",
                "--web.enable-remote-write-receiver",
            ),
            ("404: ", "--web.enable-remote-write-receiver"),
            ("400: out of order sample", "out_of_order_time_window"),
            ("400: err-mimir-sample-out-of-order", "out_of_order_time_window"),
            ("400: duplicate sample for timestamp", "two processes"),
            ("400: the sample is too far in the past", "sample_age_limit"),
            ("400: out of bounds", "sample_age_limit"),
            ("400: too far in the future", "ahead"),
            (
                "500: native histograms are disabled",
                "--enable-feature=native-histograms",
            ),
            ("400: per-user series limit of 5 exceeded", "max_active_series"),
            ("401: no org id", "X-Scope-OrgID"),
            ("401: unauthorized", "basic_auth"),
            ("403: ", "basic_auth"),
            ("413: body too large", "max_samples_per_send"),
            ("415: ", "remote write 1.0"),
            ("429: too many requests", "ingestion limits"),
            ("301: moved", "where it leads"),
            ("405: ", "POST"),
            ("503: ", "Look at its log"),
            (
                "Failed to connect to host: Connection refused (os error 111)",
                "Nothing listens",
            ),
            ("Failed resolving hostname: no such host", "name server"),
            ("No DNS records found for the input", "name server"),
            ("no answer within 30000 ms", "remote_timeout"),
            ("invalid peer certificate: UnknownIssuer", "ca_file"),
            ("received fatal alert: HandshakeFailure", "ca_file"),
            ("received corrupt message of type InvalidContentType", "no TLS"),
        ] {
            let fix = likely_fix(message).unwrap_or_default();
            assert!(fix.contains(part), "{message}: {fix}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_fix() {
        for message in [
            "",
            "400: bad request",
            "418: teapot with castles",
            "the request cannot be compressed",
            "70000: x",
        ] {
            assert_eq!(likely_fix(message), None, "{message}");
        }
    }
}
