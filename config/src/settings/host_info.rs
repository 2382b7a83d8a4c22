//! How hosts are found.

/// How hosts are found (SPEC §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostInfoSettings {
    /// Resource attributes that name a host, in order of precedence.
    pub host_identifiers: Vec<String>,
    /// The gauge's name.
    pub metric_name: String,
}

impl Default for HostInfoSettings {
    fn default() -> Self {
        Self {
            host_identifiers: vec!["k8s.node.name".to_owned(), "host.id".to_owned()],
            metric_name: "traces_host_info".to_owned(),
        }
    }
}
