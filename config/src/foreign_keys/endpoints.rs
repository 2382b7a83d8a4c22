//! The keys of remote-write endpoints that have no effect, and those that are refused, by block of the endpoint.

use super::refused::{FROM_FILE, NOT_SUPPORTED};
use super::{Ignored, Refused};

/// Where lists of endpoints stand in the main file.
pub(super) const LISTS: &[&str] = &[
    "metrics_generator.storage.remote_write[]",
    "overrides.defaults.metrics_generator.remote_write[]",
];

/// Where they stand in the override file; `*` is every tenant.
pub(super) const LISTS_OF_TENANTS: &[&str] = &["overrides.*.metrics_generator.remote_write[]"];

/// Keys that have no effect.
pub(super) const IGNORED: &[Ignored] = &[
    Ignored {
        block: "",
        keys: &["enable_http2", "round_robin_dns"],
        why: "they shape connections; a request that gets no good answer is tried again",
    },
    Ignored {
        block: "",
        keys: &["metadata_config"],
        why: "types and help texts are not sent, and no sample depends on them",
    },
    Ignored {
        block: "queue_config",
        keys: &["batch_send_deadline", "min_shards", "retry_on_http_429"],
        why: "samples are sent as soon as they are collected, by as many shards as are needed, and 429 is always tried again",
    },
];

/// Keys that must not be ignored.
pub(super) const REFUSED: &[Refused] = &[
    Refused {
        block: "",
        keys: &[
            "azuread",
            "google_iam",
            "no_proxy",
            "oauth2",
            "proxy_connect_header",
            "proxy_from_environment",
            "proxy_url",
            "sigv4",
        ],
        harmless: &[],
        message: NOT_SUPPORTED,
    },
    Refused {
        block: "basic_auth",
        keys: &["password_ref", "username_file", "username_ref"],
        harmless: &[],
        message: NOT_SUPPORTED,
    },
    Refused {
        block: "authorization",
        keys: &["credentials_ref"],
        harmless: &[],
        message: NOT_SUPPORTED,
    },
    Refused {
        block: "tls_config",
        keys: &["ca", "cert", "key"],
        harmless: &[],
        message: FROM_FILE,
    },
    Refused {
        block: "tls_config",
        keys: &["ca_ref", "cert_ref", "key_ref", "max_version", "min_version"],
        harmless: &[],
        message: NOT_SUPPORTED,
    },
];
