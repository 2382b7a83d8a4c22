//! What every receiver does with a request that it has read: whose is it, and may it come in.

use std::time::SystemTime;

use spangraph_actors::gate::Permit;
use spangraph_actors::intake::{Accepted, ExportRequest, TraceSink};
use spangraph_config::{InvalidTenantId, TenantId};

use super::answers::Rejection;
use super::body_buffer::AdmittedBody;
use super::metrics::{ReceiverMetrics, Transport};

/// The header, or the gRPC metadata, that names the tenant (SPEC §1).
pub const TENANT_HEADER: &str = "x-scope-orgid";

/// The header, or the gRPC metadata, that keeps spans from the processors (SPEC §1).
pub const NO_METRICS_HEADER: &str = "no-generate-metrics";

/// The way from a receiver into the pipeline.
#[derive(Clone, Debug)]
pub struct Intake<S> {
    sink: S,
    /// The tenant of all spans, when there is only one.
    single_tenant: Option<TenantId>,
    metrics: ReceiverMetrics,
}

/// What a request's headers say about its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whose spans they are.
    pub tenant: TenantId,
    /// No processor is to see them.
    pub without_metrics: bool,
}

impl<S: TraceSink> Intake<S> {
    /// A way into `sink`; with `multitenancy_enabled` every request must name its tenant.
    pub fn new(sink: S, multitenancy_enabled: bool, metrics: ReceiverMetrics) -> Self {
        let single_tenant = (!multitenancy_enabled).then(TenantId::single);
        Self {
            sink,
            single_tenant,
            metrics,
        }
    }

    /// What this way's receivers count.
    pub fn metrics(&self) -> &ReceiverMetrics {
        &self.metrics
    }

    /// The tenant that the values of [`TENANT_HEADER`] name.
    ///
    /// # Errors
    /// With multi-tenancy, when there is no value or an empty one, more than one, or a malformed one.
    pub fn tenant<'a>(&self, mut values: impl Iterator<Item = &'a [u8]>) -> Result<TenantId, Rejection> {
        if let Some(tenant) = &self.single_tenant {
            return Ok(tenant.clone());
        }
        let value = values.next().ok_or(Rejection::MissingTenant)?;
        if values.next().is_some() {
            return Err(Rejection::RepeatedTenant);
        }
        match TenantId::parse(&String::from_utf8_lossy(value)) {
            Ok(tenant) => Ok(tenant),
            Err(InvalidTenantId::Empty) => Err(Rejection::MissingTenant),
            Err(reason) => Err(Rejection::MalformedTenant(reason)),
        }
    }

    /// Lets a request in, before its body is read.
    ///
    /// # Errors
    /// When the pipeline lets nothing more in.
    pub fn admit(&self) -> Result<Permit, Rejection> {
        Ok(self.sink.admit()?)
    }

    /// Hands the spans in `body` over and awaits what becomes of them.
    ///
    /// # Errors
    /// When the pipeline refuses the request whole.
    pub async fn export(
        &self,
        transport: Transport,
        origin: Origin,
        body: AdmittedBody,
    ) -> Result<Accepted, Rejection> {
        let AdmittedBody { bytes: spans, permit } = body;
        self.metrics.count_body(transport, spans.len());
        let Origin {
            tenant,
            without_metrics,
        } = origin;
        let request = ExportRequest {
            tenant,
            spans,
            received: SystemTime::now(),
            without_metrics,
        };
        Ok(self.sink.export(request, permit).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::recording_sink::RecordingSink;
    use super::*;

    fn tenant_of(multitenancy_enabled: bool, values: &[&str]) -> Result<String, Rejection> {
        let intake = Intake::new(
            RecordingSink::default(),
            multitenancy_enabled,
            ReceiverMetrics::default(),
        );
        let tenant = intake.tenant(values.iter().map(|value| value.as_bytes()));
        tenant.map(|tenant| tenant.as_str().to_owned())
    }

    #[test]
    fn without_multitenancy_the_header_is_ignored() {
        for values in [&[][..], &["a"], &["a", "b"], &["/"]] {
            assert_eq!(tenant_of(false, values).unwrap(), "single-tenant");
        }
    }

    #[test]
    fn with_multitenancy_exactly_one_valid_header_is_required() {
        assert_eq!(tenant_of(true, &["team-a"]).unwrap(), "team-a");
        assert!(matches!(tenant_of(true, &[]), Err(Rejection::MissingTenant)));
        assert!(matches!(tenant_of(true, &[""]), Err(Rejection::MissingTenant)));
        assert!(matches!(
            tenant_of(true, &["a", "a"]),
            Err(Rejection::RepeatedTenant)
        ));
        for malformed in ["..", "a/b", "a,b", "a|b", &"x".repeat(151)] {
            assert!(
                matches!(tenant_of(true, &[malformed]), Err(Rejection::MalformedTenant(_))),
                "{malformed}"
            );
        }
    }
}
