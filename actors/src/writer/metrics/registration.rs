//! The names and the help texts of what the writers count.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};

use super::{EndpointLabels, ReasonLabels, WriterMetrics};

impl WriterMetrics {
    /// Adds the metrics to `registry`, which must add no prefix.
    pub fn register(&self, registry: &mut Registry) {
        self.register_sent(registry);
        self.register_requests(registry);
        self.register_relabelling(registry);
        self.register_lost(registry);
        self.register_histograms(registry);
        self.register_queue(registry);
    }

    fn register_sent(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<EndpointLabels, Counter>| {
            registry.register(format!("spangraph_remote_write_{name}"), help, family.clone());
        };
        counter(
            "samples_sent",
            "Samples that the endpoint took",
            &self.samples_sent,
        );
        counter(
            "exemplars_sent",
            "Exemplars that the endpoint took",
            &self.exemplars_sent,
        );
        counter(
            "seeds_sent",
            "Zeros before new series that the endpoint took",
            &self.seeds_sent,
        );
        counter(
            "seeds_refused",
            "Zeros before new series that the endpoint refused",
            &self.seeds_refused,
        );
        counter(
            "seeds_repeated",
            "Zeros before new series that were sent again after a crash and refused, as the endpoint had them already",
            &self.seeds_repeated,
        );
        counter(
            "samples_retried",
            "Samples that were to be sent again, each time",
            &self.samples_retried,
        );
        counter(
            "bytes_sent",
            "Compressed bytes that the endpoint took",
            &self.bytes_sent,
        );
    }

    fn register_requests(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<EndpointLabels, Counter>| {
            registry.register(format!("spangraph_remote_write_{name}"), help, family.clone());
        };
        counter(
            "requests_cut",
            "Requests that were cut in two to find the series that the endpoint does not take",
            &self.requests_cut,
        );
        counter(
            "pauses",
            "Pauses of the whole endpoint that it asked for with Retry-After",
            &self.pauses,
        );
        let help = "Time for which the endpoint asked to be left alone";
        registry.register_with_unit(
            "spangraph_remote_write_paused",
            help,
            Unit::Seconds,
            self.paused_seconds.clone(),
        );
        let help = "Requests by status code, or error or timeout when there was no answer";
        registry.register("spangraph_remote_write_requests", help, self.requests.clone());
        let help = "Time from a request's start to its answer";
        registry.register_with_unit(
            "spangraph_remote_write_send",
            help,
            Unit::Seconds,
            self.send_seconds.clone(),
        );
    }

    fn register_lost(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<ReasonLabels, Counter>| {
            registry.register(format!("spangraph_remote_write_{name}"), help, family.clone());
        };
        counter(
            "samples_failed",
            "Samples that the endpoint refused for good",
            &self.samples_failed,
        );
        counter(
            "exemplars_failed",
            "Exemplars that the endpoint refused for good",
            &self.exemplars_failed,
        );
        counter(
            "samples_dropped",
            "Samples dropped before they were sent",
            &self.samples_dropped,
        );
        counter(
            "exemplars_dropped",
            "Exemplars dropped before they were sent",
            &self.exemplars_dropped,
        );
        counter(
            "seeds_dropped",
            "Zeros before new series dropped before they were sent",
            &self.seeds_dropped,
        );
    }

    fn register_relabelling(&self, registry: &mut Registry) {
        let help = "Samples, exemplars, seeds and native histograms of series that write_relabel_configs dropped, by the number \
                    of the rule, or after_relabelling when no store can take what the rules made";
        let relabel_dropped = self.relabel_dropped.clone();
        registry.register("spangraph_remote_write_relabel_dropped", help, relabel_dropped);
    }

    fn register_histograms(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<EndpointLabels, Counter>| {
            let name = format!("spangraph_remote_write_histograms_{name}");
            registry.register(name, help, family.clone());
        };
        counter(
            "sent",
            "Native histograms that the endpoint took",
            &self.histograms_sent,
        );
        counter(
            "skipped",
            "Native histograms that were not sent because send_native_histograms is off",
            &self.histograms_skipped,
        );
        counter(
            "retried",
            "Native histograms that were to be sent again, each time",
            &self.histograms_retried,
        );
        let mut counter = |name: &str, help: &str, family: &Family<ReasonLabels, Counter>| {
            let name = format!("spangraph_remote_write_histograms_{name}");
            registry.register(name, help, family.clone());
        };
        counter(
            "failed",
            "Native histograms that the endpoint refused for good, or too often",
            &self.histograms_failed,
        );
        counter(
            "dropped",
            "Native histograms dropped before they were sent",
            &self.histograms_dropped,
        );
    }

    fn register_queue(&self, registry: &mut Registry) {
        let prefix = "spangraph_remote_write_queue";
        let help = "Samples, exemplars and seeds that wait or are under way";
        registry.register(format!("{prefix}_samples"), help, self.queue_samples.clone());
        let help = "Native histograms that wait or are under way";
        registry.register(
            format!("{prefix}_histograms"),
            help,
            self.queue_histograms.clone(),
        );
        let help = "How many of each of the two may wait or be under way before the oldest are dropped";
        registry.register(
            format!("{prefix}_capacity_samples"),
            help,
            self.queue_capacity.clone(),
        );
        let help = "Age of the oldest sample that was not sent yet";
        registry.register_with_unit(
            format!("{prefix}_lag"),
            help,
            Unit::Seconds,
            self.queue_lag.clone(),
        );
    }
}
