//! The metrics of all parts, and the registry that has them.

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use spangraph_actors::metrics::PipelineMetrics;
use spangraph_actors::writer::WriterMetrics;
use spangraph_pages::scrapes::Scrapes;
use spangraph_serving::receiver_metrics::ReceiverMetrics;

use crate::build_info;
use crate::configuration::ReloadMetrics;

/// The metrics of all parts.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) pipeline: PipelineMetrics,
    pub(super) writers: WriterMetrics,
    pub(super) receivers: ReceiverMetrics,
    pub(super) reloads: ReloadMetrics,
    pub(super) scrapes: Scrapes,
}

impl Metrics {
    /// A registry with all of them.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        let own = registry.sub_registry_with_prefix("spangraph");
        own.register(
            "build",
            "The version, commit and date of this build",
            Info::new([
                ("version", build_info::VERSION),
                ("revision", build_info::COMMIT),
                ("build_date", build_info::BUILD_DATE),
            ]),
        );
        self.pipeline.register(own);
        self.writers.register(&mut registry);
        self.receivers.register(&mut registry);
        self.scrapes.register(&mut registry);
        self.reloads.register(&mut registry);
        registry
    }
}
