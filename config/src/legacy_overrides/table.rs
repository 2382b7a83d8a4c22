//! The table of the older, flat keys, by the block in which each stands now.

/// Flat keys of one block: each is the prefix and the key of the block.
pub(super) struct Flat {
    /// What stands before the key.
    pub prefix: &'static str,
    /// The block, from the tenant's entry down.
    pub block: &'static str,
    /// The keys of the block that had a flat name.
    pub keys: &'static [&'static str],
}

/// Every flat key of Tempo 2.
pub(super) const FLAT: &[Flat] = &[
    Flat {
        prefix: "ingestion_",
        block: "ingestion",
        keys: &[
            "artificial_delay",
            "burst_size_bytes",
            "max_attribute_bytes",
            "rate_limit_bytes",
            "rate_strategy",
            "retry_info_enabled",
            "tenant_shard_size",
        ],
    },
    Flat {
        prefix: "",
        block: "ingestion",
        keys: &["max_global_traces_per_user", "max_traces_per_user"],
    },
    Flat {
        prefix: "",
        block: "global",
        keys: &["max_bytes_per_trace"],
    },
    Flat {
        prefix: "",
        block: "read",
        keys: &[
            "left_pad_trace_ids",
            "max_blocks_per_tag_values_query",
            "max_bytes_per_tag_values_query",
            "max_condition_groups_per_tag_query",
            "max_metrics_duration",
            "max_search_duration",
            "unsafe_query_hints",
        ],
    },
    Flat {
        prefix: "",
        block: "compaction",
        keys: &["block_retention", "compaction_disabled", "compaction_window"],
    },
    Flat {
        prefix: "",
        block: "storage",
        keys: &["parquet_dedicated_columns"],
    },
    Flat {
        prefix: "",
        block: "",
        keys: &["cost_attribution", "forwarders"],
    },
    Flat {
        prefix: "metrics_generator_",
        block: "metrics_generator",
        keys: &[
            "collection_interval",
            "disable_collection",
            "generate_native_histograms",
            "ingestion_time_range_slack",
            "max_active_entities",
            "max_active_series",
            "max_cardinality_per_label",
            "native_histogram_bucket_factor",
            "native_histogram_max_bucket_number",
            "native_histogram_min_reset_duration",
            "processors",
            "remote_write_headers",
            "ring_size",
            "span_name_sanitization",
            "trace_id_label_name",
        ],
    },
    Flat {
        prefix: "metrics_generator_forwarder_",
        block: "metrics_generator.forwarder",
        keys: &["queue_size", "workers"],
    },
    Flat {
        prefix: "metrics_generator_processor_service_graphs_",
        block: "metrics_generator.processor.service_graphs",
        keys: &[
            "database_name_attributes",
            "dimensions",
            "enable_client_server_prefix",
            "enable_messaging_system_latency_histogram",
            "enable_tracestate_span_multiplier",
            "enable_virtual_node_label",
            "filter_policies",
            "histogram_buckets",
            "max_items",
            "peer_attributes",
            "span_multiplier_key",
            "wait",
        ],
    },
    Flat {
        prefix: "metrics_generator_processor_span_metrics_",
        block: "metrics_generator.processor.span_metrics",
        keys: &[
            "dimension_mappings",
            "dimensions",
            "enable_instance_label",
            "enable_target_info",
            "enable_tracestate_span_multiplier",
            "filter_policies",
            "histogram_buckets",
            "intrinsic_dimensions",
            "span_multiplier_key",
            "target_info_excluded_dimensions",
        ],
    },
    Flat {
        prefix: "metrics_generator_processor_host_info_",
        block: "metrics_generator.processor.host_info",
        keys: &["host_identifiers", "metric_name"],
    },
    Flat {
        prefix: "metrics_generator_processor_local_blocks_",
        block: "metrics_generator.processor.local_blocks",
        keys: &[
            "complete_block_timeout",
            "concurrent_blocks",
            "filter_server_spans",
            "flush_check_period",
            "max_block_bytes",
            "max_block_duration",
            "max_live_traces",
            "time_overlap_cutoff",
            "trace_idle_period",
        ],
    },
];
