//! What every receiver does with a request that it has read: whose is it, and may it come in.

use spangraph_actors::admission::{Accepted, AsReceived, ExportRequest, Room, TraceSink};
use spangraph_config::{InvalidTenantId, TenantId};
use spangraph_serving::authentication::Authenticator;
use spangraph_serving::listener::Listener;
use spangraph_serving::receiver_metrics::{ReceiverMetrics, Transport};

use super::answers::Rejection;
use super::body_buffer::AdmittedBody;
use super::decompression::{Encoding, decompress};
use super::packing::Packing;

/// The header, or the gRPC metadata, that names the tenant (SPEC §1).
pub const TENANT_HEADER: &str = "x-scope-orgid";

/// The header, or the gRPC metadata, that keeps spans from the processors (SPEC §1).
pub const NO_METRICS_HEADER: &str = "no-generate-metrics";

/// The header, or the gRPC metadata, with credentials.
const AUTHORIZATION: &str = "authorization";

/// The way from a receiver into the pipeline.
#[derive(Clone, Debug)]
pub struct Intake<S> {
    sink: S,
    /// The tenant of all spans, when there is only one.
    single_tenant: Option<TenantId>,
    authenticator: Option<Authenticator>,
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

/// A body as the pipeline takes it, and as it came when it is to be logged.
#[derive(Debug)]
pub struct Unpacked {
    /// Plain protobuf.
    pub body: AdmittedBody,
    /// What it was made of.
    pub as_received: Option<AsReceived>,
}

impl<S: TraceSink> Intake<S> {
    /// A way into `sink`; with `multitenancy_enabled` every request must name its tenant.
    pub fn new(sink: S, multitenancy_enabled: bool, metrics: ReceiverMetrics) -> Self {
        let single_tenant = (!multitenancy_enabled).then(TenantId::single);
        Self {
            sink,
            single_tenant,
            authenticator: None,
            metrics,
        }
    }

    /// Asks every sender for credentials.
    #[must_use]
    pub fn asking(self, authenticator: Option<Authenticator>) -> Self {
        Self {
            authenticator,
            ..self
        }
    }

    /// What this way's receivers count.
    pub fn metrics(&self) -> &ReceiverMetrics {
        &self.metrics
    }

    /// The tenant of a request: that of its credentials, when these have one, else the one that its header names.
    ///
    /// `header` gives the values of a header; credentials are not looked for when nobody is asked.
    ///
    /// # Errors
    /// When the sender is not let in, or not as this tenant; and as [`Self::tenant`].
    pub fn tenant_of<'a, H, V>(&self, listener: Listener, header: H) -> Result<TenantId, Rejection>
    where
        H: Fn(&'static str) -> V,
        V: Iterator<Item = &'a [u8]>,
    {
        let Some(authenticator) = &self.authenticator else {
            return self.tenant(header(TENANT_HEADER));
        };
        let owner = authenticator
            .check(listener, header(AUTHORIZATION))
            .map_err(|failure| Rejection::Unauthenticated {
                failure,
                challenge: authenticator.challenge(),
            })?;
        let Some(owner) = owner else {
            return self.tenant(header(TENANT_HEADER));
        };
        let mut named = header(TENANT_HEADER).filter(|value| !value.is_empty());
        if named.all(|value| value == owner.as_str().as_bytes()) {
            return Ok(owner);
        }
        let _ = authenticator.foreign_tenant(listener);
        Err(Rejection::ForeignTenant)
    }

    /// The tenant that the values of [`TENANT_HEADER`] name.
    ///
    /// # Errors
    /// With multi-tenancy, when there is no value or an empty one, more than one, or a malformed one.
    fn tenant<'a>(&self, mut values: impl Iterator<Item = &'a [u8]>) -> Result<TenantId, Rejection> {
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
    pub fn admit(&self) -> Result<Room, Rejection> {
        Ok(self.sink.admit()?)
    }

    /// Charges the tenant for `certain` bytes, which its request has at the least, before they are read.
    ///
    /// It is charged for one at the least: a tenant that has none left is refused before anything of it is read.
    ///
    /// # Errors
    /// When the tenant may not send as much now.
    pub fn charge(&self, origin: &Origin, certain: usize) -> Result<S::Charge, Rejection> {
        Ok(self.sink.charge(&origin.tenant, certain.max(1))?)
    }

    /// How many bytes a body so packed may arrive as, for what was charged: more can its tenant never send at once.
    pub fn most_arriving(&self, packing: Packing, charge: &S::Charge) -> usize {
        packing.most_arriving(self.sink.most_bytes(charge))
    }

    /// What a body with more than [`Self::most_arriving`] is refused with; it is counted as refused.
    pub fn exceeded(&self, charge: S::Charge) -> Rejection {
        self.sink.exceeded(charge).into()
    }

    /// The `body` as it came, to be logged; none when requests are not.
    pub fn keep(&self, body: &AdmittedBody, packing: Packing) -> Option<AsReceived> {
        self.sink.logs().then(|| AsReceived {
            body: body.bytes.clone(),
            packing: packing.number(),
        })
    }

    /// The plain bytes of `body`, at most `max_bytes`, and what its tenant is charged for them.
    ///
    /// No more of it is decompressed than the tenant may ever send at once, and nothing while it may not send the bytes
    /// that arrived.
    ///
    /// # Errors
    /// When the tenant may not send as much, and when the body is corrupt, too large, or finds no room.
    pub async fn unpack(
        &self,
        body: AdmittedBody,
        packing: Packing,
        max_bytes: usize,
        charge: S::Charge,
    ) -> Result<(AdmittedBody, S::Charge), Rejection> {
        if packing.encoding == Encoding::Identity {
            return Ok((body, charge));
        }
        let certain = packing.certain_bytes(body.bytes.len());
        let charge = self.sink.recharge(charge, certain.max(1))?;
        let most = packing.most_bytes(self.sink.most_bytes(&charge));
        match decompress(body, packing.encoding, max_bytes.min(most)).await {
            Ok(plain) => Ok((plain, charge)),
            Err(Rejection::TooLarge { .. }) if most < max_bytes => Err(self.sink.exceeded(charge).into()),
            Err(rejection) => Err(rejection),
        }
    }

    /// Hands the spans in what was `unpacked` over and awaits what becomes of them.
    ///
    /// # Errors
    /// When the pipeline refuses the request whole.
    pub async fn export(
        &self,
        transport: Transport,
        origin: Origin,
        unpacked: Unpacked,
        charge: S::Charge,
    ) -> Result<Accepted, Rejection> {
        let Unpacked { body, as_received } = unpacked;
        let AdmittedBody {
            bytes: spans,
            mut room,
        } = body;
        let is_plain = |kept: &AsReceived| kept.packing == Packing::PLAIN.number();
        if let Some(kept) = as_received.as_ref().filter(|kept| !is_plain(kept)) {
            room.add_bytes(kept.body.len())?;
        }
        self.metrics.count_body(transport, spans.len());
        let Origin {
            tenant,
            without_metrics,
        } = origin;
        let request = ExportRequest {
            tenant,
            spans,
            without_metrics,
            as_received,
        };
        Ok(self.sink.export(request, room, charge).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::recording_sink::RecordingSink;
    use spangraph_config::{AcceptedCredential, Credential, Secret};

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

    /// Who comes with `credential` and names `tenants`, where `token-a` is `a`'s and `token` anybody's.
    async fn tenant_with(credential: &str, tenants: &[&str]) -> Result<String, Rejection> {
        let accept = |token: &str, tenant: Option<&str>| AcceptedCredential {
            username: None,
            secret: Credential::Inline(Secret::new(token)),
            tenant: tenant.map(|tenant| TenantId::parse(tenant).unwrap()),
        };
        let accepted = [accept("token-a", Some("a")), accept("token", None)];
        let metrics = ReceiverMetrics::default();
        let authenticator = Authenticator::start(&accepted, metrics.authentication()).unwrap();
        let intake = Intake::new(RecordingSink::default(), true, metrics).asking(authenticator);
        let tenant = intake.tenant_of(Listener::Grpc, |name| {
            let values = if name == AUTHORIZATION {
                std::slice::from_ref(&credential)
            } else {
                tenants
            };
            values.iter().map(|value| value.as_bytes())
        });
        tenant.map(|tenant| tenant.to_string())
    }

    #[tokio::test]
    async fn the_tenant_of_a_credential_wins_over_no_header_and_over_its_own() {
        for tenants in [&[][..], &["a"], &[""], &["a", "a"]] {
            assert_eq!(tenant_with("Bearer token-a", tenants).await.unwrap(), "a");
        }
        for tenants in [&["b"][..], &["a", "b"], &["A"], &["a/b"], &["a "]] {
            let refused = tenant_with("Bearer token-a", tenants).await.unwrap_err();
            assert!(matches!(refused, Rejection::ForeignTenant), "{tenants:?}");
        }
    }

    #[tokio::test]
    async fn a_credential_without_a_tenant_leaves_the_header_trusted_and_needed() {
        assert_eq!(tenant_with("Bearer token", &["b"]).await.unwrap(), "b");
        let refused = tenant_with("Bearer token", &[]).await.unwrap_err();
        assert!(matches!(refused, Rejection::MissingTenant));
    }

    #[tokio::test]
    async fn a_tenant_without_a_credential_is_not_let_in() {
        let refused = tenant_with("Bearer other", &["a"]).await.unwrap_err();
        assert!(matches!(refused, Rejection::Unauthenticated { .. }));
        assert_eq!(refused.challenge(), Some("Bearer realm=\"spangraph\""));
    }
}
