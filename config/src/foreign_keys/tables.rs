//! The tables of foreign keys, by block.

use super::Keys;

/// Keys that a later version acts on; ignored until then.
pub(super) const NOT_BUILT: &[Keys] = &[Keys {
    block: "",
    keys: &["ingest"],
}];

/// Keys that spangraph has no use for.
pub(super) const IGNORED: &[Keys] = &[
    Keys {
        block: "",
        keys: &[
            "autocomplete_filtering_enabled",
            "backend_scheduler",
            "backend_scheduler_client",
            "backend_worker",
            "block_builder",
            "cache",
            "cache_provider",
            "compactor",
            "enable_go_runtime_metrics",
            "http_api_prefix",
            "ingester",
            "ingester_client",
            "internal_server",
            "live_store",
            "live_store_client",
            "memberlist",
            "metrics_generator_client",
            "querier",
            "query_frontend",
            "shutdown_delay",
            "storage",
            "stream_over_http_enabled",
            "target",
            "usage_report",
            "use_otel_tracer",
        ],
    },
    Keys {
        block: "server",
        keys: &[
            "cluster_validation",
            "graceful_shutdown_timeout",
            "grpc_listen_address",
            "grpc_listen_conn_limit",
            "grpc_listen_network",
            "grpc_listen_port",
            "grpc_server_keepalive_time",
            "grpc_server_keepalive_timeout",
            "grpc_server_max_concurrent_streams",
            "grpc_server_max_connection_age",
            "grpc_server_max_connection_age_grace",
            "grpc_server_max_connection_idle",
            "grpc_server_max_recv_msg_size",
            "grpc_server_max_send_msg_size",
            "grpc_server_min_time_between_pings",
            "grpc_server_num_workers",
            "grpc_server_ping_without_stream_allowed",
            "grpc_server_recv_buffer_pools_enabled",
            "grpc_server_stats_tracking_enabled",
            "grpc_tls_config",
            "http_listen_conn_limit",
            "http_listen_network",
            "http_log_closed_connections_without_response_enabled",
            "http_path_prefix",
            "http_server_idle_timeout",
            "http_server_read_header_timeout",
            "http_server_read_timeout",
            "http_server_write_timeout",
            "log_request_at_info_level_enabled",
            "log_request_exclude_headers_list",
            "log_request_headers",
            "log_source_ips_enabled",
            "log_source_ips_full",
            "log_source_ips_header",
            "log_source_ips_regex",
            "proxy_protocol_enabled",
            "register_instrumentation",
            "report_grpc_codes_in_instrumentation_label_enabled",
        ],
    },
    Keys {
        block: "distributor",
        keys: &[
            "artificial_delay",
            "extend_writes",
            "forwarders",
            "ingester_write_path_enabled",
            "kafka_config",
            "kafka_write_path_enabled",
            "log_discarded_spans",
            "log_received_spans",
            "log_received_traces",
            "max_attribute_bytes",
            "max_span_attr_byte",
            "metric_received_spans",
            "override_ring_key",
            "retry_after_on_resource_exhausted",
            "ring",
            "search_tags_deny_list",
            "usage",
        ],
    },
    Keys {
        block: "distributor.receivers",
        keys: &["jaeger", "kafka", "opencensus", "zipkin"],
    },
    Keys {
        block: "distributor.receivers.otlp.protocols.grpc",
        keys: &[
            "include_metadata",
            "read_buffer_size",
            "transport",
            "write_buffer_size",
        ],
    },
    Keys {
        block: "distributor.receivers.otlp.protocols.grpc.tls",
        keys: &["client_ca_file_reload"],
    },
    Keys {
        block: "distributor.receivers.otlp.protocols.http.tls",
        keys: &["client_ca_file_reload"],
    },
    Keys {
        block: "distributor.receivers.otlp.protocols.grpc.keepalive",
        keys: &["enforcement_policy"],
    },
    Keys {
        block: "distributor.receivers.otlp.protocols.grpc.keepalive.server_parameters",
        keys: &["max_connection_idle", "time", "timeout"],
    },
    Keys {
        block: "distributor.receivers.otlp.protocols.http",
        keys: &[
            "compression_algorithms",
            "cors",
            "idle_timeout",
            "include_metadata",
            "keep_alives_enabled",
            "logs_url_path",
            "metrics_url_path",
            "read_header_timeout",
            "read_timeout",
            "response_headers",
            "transport",
            "write_timeout",
        ],
    },
    Keys {
        block: "metrics_generator",
        keys: &[
            "assigned_partitions",
            "codec",
            "consume_from_kafka",
            "disable_grpc",
            "disable_local_blocks",
            "ingest",
            "ingest_concurrency",
            "instance_id",
            "leave_consumer_group_on_shutdown",
            "override_ring_key",
            "query_timeout",
            "ring",
            "traces_query_storage",
            "traces_storage",
        ],
    },
    Keys {
        block: "metrics_generator.processor",
        keys: &["local_blocks"],
    },
    Keys {
        block: "metrics_generator.processor.service_graphs",
        keys: &["workers"],
    },
    Keys {
        block: "metrics_generator.storage",
        keys: &["path", "wal"],
    },
    Keys {
        block: "overrides",
        keys: &["user_configurable_overrides"],
    },
    Keys {
        block: "overrides.defaults",
        keys: TENANT,
    },
    Keys {
        block: "overrides.defaults.ingestion",
        keys: TENANT_INGESTION,
    },
    Keys {
        block: "overrides.defaults.metrics_generator",
        keys: TENANT_GENERATOR,
    },
    Keys {
        block: "overrides.defaults.metrics_generator.processor",
        keys: TENANT_PROCESSOR,
    },
];

/// Keys of the override file that spangraph has no use for; `*` is every tenant.
pub(super) const IGNORED_OF_TENANTS: &[Keys] = &[
    Keys {
        block: "overrides.*",
        keys: TENANT,
    },
    Keys {
        block: "overrides.*.ingestion",
        keys: TENANT_INGESTION,
    },
    Keys {
        block: "overrides.*.metrics_generator",
        keys: TENANT_GENERATOR,
    },
    Keys {
        block: "overrides.*.metrics_generator.processor",
        keys: TENANT_PROCESSOR,
    },
];

const TENANT: &[&str] = &[
    "compaction",
    "cost_attribution",
    "forwarders",
    "global",
    "read",
    "storage",
];

const TENANT_INGESTION: &[&str] = &[
    "artificial_delay",
    "max_attribute_bytes",
    "max_global_traces_per_user",
    "max_traces_per_user",
    "retry_info_enabled",
    "tenant_shard_size",
];

const TENANT_GENERATOR: &[&str] = &["forwarder", "ring_size"];

const TENANT_PROCESSOR: &[&str] = &["local_blocks"];

const NOT_SUPPORTED: &str = "not supported yet; remove it";
const OWN_AUTHENTICATION: &str = "not supported; write who may send in spangraph.authentication.receivers";
const RECEIVER_TLS_PEM: &[&str] = &["ca_pem", "cert_pem", "key_pem"];
const RECEIVER_TLS: &[&str] = &[
    "ca_file",
    "cipher_suites",
    "curve_preferences",
    "include_insecure_cipher_suites",
    "include_system_ca_certs_pool",
    "tpm",
];
const FROM_FILE: &str = "not supported yet; name a file with the key that ends in _file";

/// Keys that must not be ignored, and what to say about them.
pub(super) const REFUSED: &[(Keys, &str)] = &[
    (
        Keys {
            block: "server",
            keys: &["tls_cipher_suites"],
        },
        NOT_SUPPORTED,
    ),
    (
        Keys {
            block: "server.http_tls_config",
            keys: &["cert", "client_ca", "key"],
        },
        FROM_FILE,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.grpc",
            keys: &["auth", "middlewares"],
        },
        OWN_AUTHENTICATION,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.http",
            keys: &["auth", "middlewares"],
        },
        OWN_AUTHENTICATION,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.grpc.tls",
            keys: RECEIVER_TLS_PEM,
        },
        FROM_FILE,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.http.tls",
            keys: RECEIVER_TLS_PEM,
        },
        FROM_FILE,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.grpc.tls",
            keys: RECEIVER_TLS,
        },
        NOT_SUPPORTED,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.http.tls",
            keys: RECEIVER_TLS,
        },
        NOT_SUPPORTED,
    ),
    (
        Keys {
            block: "distributor.receivers.otlp.protocols.http",
            keys: &["traces_url_path"],
        },
        "not supported yet; traces are taken at /v1/traces",
    ),
];

/// Where lists of endpoints stand in the main file.
pub(super) const ENDPOINTS: &[&str] = &[
    "metrics_generator.storage.remote_write[]",
    "overrides.defaults.metrics_generator.remote_write[]",
];

/// Where they stand in the override file; `*` is every tenant.
pub(super) const ENDPOINTS_OF_TENANTS: &[&str] = &["overrides.*.metrics_generator.remote_write[]"];

/// Keys of an endpoint that spangraph has no use for, by block of the endpoint.
pub(super) const IGNORED_OF_ENDPOINTS: &[Keys] = &[
    Keys {
        block: "",
        keys: &[
            "enable_http2",
            "follow_redirects",
            "metadata_config",
            "round_robin_dns",
        ],
    },
    Keys {
        block: "queue_config",
        keys: &["batch_send_deadline", "min_shards", "retry_on_http_429"],
    },
];

/// Keys of an endpoint that must not be ignored, by block of the endpoint.
pub(super) const REFUSED_OF_ENDPOINTS: &[(Keys, &str)] = &[
    (
        Keys {
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
        },
        NOT_SUPPORTED,
    ),
    (
        Keys {
            block: "basic_auth",
            keys: &["password_ref", "username_file", "username_ref"],
        },
        NOT_SUPPORTED,
    ),
    (
        Keys {
            block: "authorization",
            keys: &["credentials_ref"],
        },
        NOT_SUPPORTED,
    ),
    (
        Keys {
            block: "tls_config",
            keys: &["ca", "cert", "key"],
        },
        FROM_FILE,
    ),
    (
        Keys {
            block: "tls_config",
            keys: &["ca_ref", "cert_ref", "key_ref", "max_version", "min_version"],
        },
        NOT_SUPPORTED,
    ),
];
