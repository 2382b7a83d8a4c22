//! The keys of the main file that must not be ignored, and what to say about them.

use super::Refused;

pub(super) const NOT_SUPPORTED: &str = "not supported yet; remove it";
pub(super) const FROM_FILE: &str = "not supported yet; name a file with the key that ends in _file";

const OWN_AUTHENTICATION: &str = "not supported; write who may send in spangraph.authentication.receivers";
const TCP_ONLY: &str = "not supported yet; only tcp is";
const TCP: &[&str] = &["tcp", "tcp4", "tcp6"];
const RECEIVER_TLS_PEM: &[&str] = &["ca_pem", "cert_pem", "key_pem"];
const RECEIVER_TLS: &[&str] = &[
    "ca_file",
    "cipher_suites",
    "curve_preferences",
    "include_insecure_cipher_suites",
    "include_system_ca_certs_pool",
    "tpm",
];

/// Keys that must not be ignored.
pub(super) const REFUSED: &[Refused] = &[
    Refused {
        block: "server",
        keys: &["tls_cipher_suites"],
        harmless: &[],
        message: NOT_SUPPORTED,
    },
    Refused {
        block: "server",
        keys: &["proxy_protocol_enabled"],
        harmless: &[],
        message: "not supported yet, so nobody would reach pages and scrapes; let the load balancer send no PROXY header",
    },
    Refused {
        block: "server",
        keys: &["http_listen_network"],
        harmless: TCP,
        message: TCP_ONLY,
    },
    Refused {
        block: "server.http_tls_config",
        keys: &["cert", "client_ca", "key"],
        harmless: &[],
        message: FROM_FILE,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.grpc",
        keys: &["auth", "middlewares"],
        harmless: &[],
        message: OWN_AUTHENTICATION,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.http",
        keys: &["auth", "middlewares"],
        harmless: &[],
        message: OWN_AUTHENTICATION,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.grpc",
        keys: &["transport"],
        harmless: TCP,
        message: TCP_ONLY,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.http",
        keys: &["transport"],
        harmless: TCP,
        message: TCP_ONLY,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.http",
        keys: &["compression_algorithms"],
        harmless: &["", "gzip", "zstd"],
        message: "bodies that are compressed otherwise than by gzip or zstd would be refused; name only these",
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.http",
        keys: &["traces_url_path"],
        harmless: &["/v1/traces", "v1/traces"],
        message: "not supported yet; traces are taken at /v1/traces",
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.grpc.tls",
        keys: RECEIVER_TLS_PEM,
        harmless: &[],
        message: FROM_FILE,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.http.tls",
        keys: RECEIVER_TLS_PEM,
        harmless: &[],
        message: FROM_FILE,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.grpc.tls",
        keys: RECEIVER_TLS,
        harmless: &[],
        message: NOT_SUPPORTED,
    },
    Refused {
        block: "distributor.receivers.otlp.protocols.http.tls",
        keys: RECEIVER_TLS,
        harmless: &[],
        message: NOT_SUPPORTED,
    },
];
