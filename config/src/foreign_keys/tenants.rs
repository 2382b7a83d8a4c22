//! The keys of a tenant's entry, and of `overrides.defaults`, that have no effect, each with why nothing is lost by that.

use super::Ignored;

/// Where entries stand in the main file.
pub(super) const DEFAULTS: &str = "overrides.defaults";

/// Where they stand in the override file; `*` is every tenant.
pub(super) const ENTRIES: &str = "overrides.*";

/// Keys that are named together in one notice, by block of the entry.
pub(super) const IGNORED: &[Ignored] = &[
    Ignored {
        block: "",
        keys: &["compaction", "global", "read", "storage"],
        why: "they limit how traces are stored and found",
    },
    Ignored {
        block: "",
        keys: &["cost_attribution"],
        why: "Tempo counts received bytes by it in metrics of its own; series are not made by it",
    },
    Ignored {
        block: "ingestion",
        keys: &[
            "artificial_delay",
            "max_global_traces_per_user",
            "max_traces_per_user",
            "tenant_shard_size",
        ],
        why: "they limit traces that are stored, and the ring of those who store them",
    },
    Ignored {
        block: "ingestion",
        keys: &["retry_info_enabled"],
        why: "every refusal that may be tried again says when",
    },
    Ignored {
        block: "metrics_generator",
        keys: &["forwarder", "ring_size"],
        why: "every process is whole: spans are not forwarded to generators",
    },
    Ignored {
        block: "metrics_generator.processor",
        keys: &["local_blocks"],
        why: "the processor stores traces and makes no series",
    },
];

/// Keys that each get a notice of their own, which is `why`.
pub(super) const TOLD: &[Ignored] = &[
    Ignored {
        block: "",
        keys: &["forwarders"],
        why: "spangraph passes no spans on; Tempo or a Collector must do it",
    },
    Ignored {
        block: "ingestion",
        keys: &["max_attribute_bytes"],
        why: "attributes are not cut when they come; metrics_generator.registry.max_label_value_length cuts labels",
    },
];
