//! A writer whose endpoint's settings change goes on with its queue, so that nothing is lost and each series stays in order.

use std::rc::Rc;
use std::time::Duration;

use actix::{Handler, Message};
use spangraph_config::RemoteWriteEndpoint;

use super::counts::Counts;
use super::limits::QueueLimits;
use super::metrics::EndpointMetrics;
use super::relabel::Relabeler;
use super::{Phase, Writer, WriterBlueprint, WriterParts};

/// Go on as `blueprint` says, which leads to the same destination. Requests under way end as they began; what waits is
/// sent the new way, but keeps the labels that it has.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChangeEndpoint {
    /// The endpoint as it is from now on.
    pub blueprint: WriterBlueprint,
    /// What ties the writer to those who watch it, when it has another name now.
    pub renamed: Option<WriterParts>,
}

impl Handler<ChangeEndpoint> for Writer {
    type Result = ();

    fn handle(&mut self, change: ChangeEndpoint, context: &mut Self::Context) {
        if let Some(parts) = change.renamed {
            self.rename(&change.blueprint, parts);
        }
        let _handling = self.meter.chore();
        let WriterBlueprint { parameters, endpoint } = change.blueprint;
        self.client = Some(Rc::new(endpoint.client()));
        self.follow(parameters.endpoint);
        self.pump(context);
    }
}

impl Writer {
    /// Counts as the endpoint of the new name from now on; what was counted before stays where it is.
    fn rename(&mut self, blueprint: &WriterBlueprint, mut parts: WriterParts) {
        let parameters = &blueprint.parameters;
        let (tenant, endpoint) = (self.tenant.to_string(), parameters.endpoint.name.clone());
        self.metrics.queue(Counts::default(), Duration::ZERO);
        self.metrics = EndpointMetrics::new(parameters.metrics.clone(), tenant, endpoint);
        if let Some(feeding) = &mut self.feeding {
            feeding.rename(self.tenant.as_str(), &parameters.endpoint.name);
        }
        self.lifeline.finish();
        if self.phase != Phase::Open {
            parts.lifeline.finish();
        }
        (self.meter, self.lifeline) = (parts.meter, parts.lifeline);
    }

    fn follow(&mut self, endpoint: RemoteWriteEndpoint) {
        let limits = QueueLimits::of_samples(&endpoint);
        self.metrics.capacity(limits.samples);
        self.queue.follow(limits, endpoint.send_native_histograms);
        if endpoint.write_relabel_rules != self.endpoint.write_relabel_rules {
            self.relabeler = Relabeler::new(&endpoint.write_relabel_rules);
            self.queue.part();
        }
        self.endpoint = endpoint;
    }
}
