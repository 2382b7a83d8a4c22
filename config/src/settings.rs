//! The effective settings of one tenant: what the actors read, resolved from the file's global and override blocks.

mod filter_policies;
mod histograms;
mod host_info;
mod ingestion;
mod listeners;
mod processors;
mod registry;
mod relabel;
mod remote_url;
mod remote_write;
mod secret;
mod service_graphs;
mod span_metrics;
mod tenant;

pub use filter_policies::{
    AttributeScope, FilterKey, FilterPolicy, Intrinsic, MatchAttribute, MatchValue, PolicyMatch,
};
pub use histograms::{HistogramKind, HistogramSettings};
pub use host_info::HostInfoSettings;
pub use ingestion::{IngestionLimit, IngestionSettings};
pub use listeners::{AcceptedCredential, AuthenticationSettings, TlsClients, TlsServerSettings};
pub use processors::Processors;
pub use registry::{Limiter, RegistrySettings, SpanNameSanitization};
pub use relabel::{RelabelAction, RelabelRule, Template};
pub use remote_url::RemoteUrl;
pub use remote_write::{
    BasicAuthentication, Credential, QueueSettings, RemoteWriteEndpoint, TlsClientSettings,
};
pub use secret::Secret;
pub use service_graphs::ServiceGraphsSettings;
pub use span_metrics::{DimensionMapping, IntrinsicDimensions, SpanMetricsSettings};
pub use tenant::TenantSettings;
