//! What can be configured: the typed schema of Tempo's layout, its defaults, and what of it a tenant gets.

mod config;
mod document;
mod environment;
mod foreign_keys;
mod legacy_overrides;
mod likeness;
mod listen_endpoint;
mod migration;
mod mistake;
mod print;
mod reference;
mod resolve;
mod schema;
mod server_settings;
mod settings;
mod suggestion;
mod tenant_id;

pub use config::Config;
pub use environment::Environment;
pub use listen_endpoint::{InvalidListenAddress, ListenEndpoint, ListenHost};
pub use migration::{Migrated, is_override_file, migrate_overrides};
pub use mistake::{Mistake, Mistakes};
pub use print::{PrintMode, Printout};
pub use reference::{ReferenceError, with_reference};
pub use server_settings::{
    ActorSettings, AdmissionSettings, CorsSettings, DurabilitySettings, GrpcReceiverSettings,
    HttpReceiverSettings, LogFormat, ServerSettings, SpanLogSettings,
};
pub use settings::{
    AcceptedCredential, AttributeScope, AuthenticationSettings, BasicAuthentication, Credential,
    DimensionMapping, FilterKey, FilterPolicy, HistogramKind, HistogramSettings, HostInfoSettings,
    IngestionLimit, IngestionSettings, Intrinsic, IntrinsicDimensions, Limiter, MatchAttribute, MatchValue,
    PolicyMatch, Processors, QueueSettings, RegistrySettings, RelabelAction, RelabelRule, RemoteUrl,
    RemoteWriteEndpoint, Secret, ServiceGraphsSettings, SpanMetricsSettings, SpanNameSanitization, Template,
    TenantSettings, TlsClientSettings, TlsClients, TlsServerSettings,
};
pub use tenant_id::{InvalidTenantId, TenantId};
