//! Makes half-edges of spans that take part.

use spangraph_proto::otlp::Span;

use super::attribute_slots::{AttributeSlots, Attributes};
use super::batch_texts::{BatchTexts, TextFailure};
use super::database::DatabaseCall;
use super::edge_kind::connection;
use super::filter::FilterWalk;
use super::graph_plan::GraphPlan;
use super::resource::Resource;
use crate::batches::{CallKey, Connection, EdgeKind, HalfEdge, Latency, Side, TextId};

/// The rules for halves, and the dimensions of the half that was built last.
#[derive(Debug)]
pub(super) struct HalfBuilder<'p> {
    plan: &'p GraphPlan,
    filter: FilterWalk<'p>,
    dimensions: Vec<TextId>,
}

/// A span that is a half, with all that tells about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalfSpan<'s, 'r> {
    /// The span.
    pub(super) span: &'s Span<'r>,
    /// The call that it is a half of.
    pub(super) key: CallKey,
    /// Its kind.
    pub(super) kind: EdgeKind,
    /// How long it took.
    pub(super) latency: Latency,
    /// Its resource.
    pub(super) resource: &'s Resource<'r>,
    /// Its own attributes.
    pub(super) attributes: &'s AttributeSlots<'r>,
}

impl<'s, 'r> HalfSpan<'s, 'r> {
    /// The attributes of both scopes.
    pub(super) fn all_attributes(&self) -> Attributes<'s, 'r> {
        self.resource.attributes_with(self.attributes)
    }

    /// A server side with a parent and a named service never does: its edge completes, or is counted as expired.
    /// (Only several server sides of one call, a later one without a name, could leave an edge to it.)
    fn needs_peer(&self) -> bool {
        let is_named = self.resource.service.is_some_and(TextId::is_non_empty);
        self.kind.side() == Side::Client || self.key.is_root() || !is_named
    }
}

impl<'p> HalfBuilder<'p> {
    /// A builder that goes by `plan`.
    pub(super) fn new(plan: &'p GraphPlan) -> Self {
        let dimensions = Vec::with_capacity(plan.dimensions.len());
        let filter = FilterWalk::new(&plan.filter);
        Self {
            plan,
            filter,
            dimensions,
        }
    }

    /// Moves on to the next resource.
    pub(super) fn enter_resource(&mut self) {
        self.filter.enter_resource();
    }

    /// Whether the span takes part.
    pub(super) fn admits(&mut self, half: HalfSpan<'_, '_>) -> bool {
        self.filter.admits(half.span, half.all_attributes())
    }

    /// The dimensions of the half that was built last, in the settings' order.
    pub(super) fn dimensions(&self) -> &[TextId] {
        &self.dimensions
    }

    /// The half-edge of a span that takes part (SPEC §2).
    pub(super) fn build(
        &mut self,
        half: HalfSpan<'_, '_>,
        texts: &mut BatchTexts,
    ) -> Result<HalfEdge, TextFailure> {
        if let Some(error) = half.resource.unusable {
            return Err(error.into());
        }
        self.read_dimensions(half, texts)?;
        let database = self.database(half, texts)?;
        Ok(HalfEdge {
            key: half.key,
            kind: half.kind,
            filtered: false,
            failed: half.span.status_code == Span::STATUS_ERROR,
            connection: database.map_or(connection(half.kind), |_| Connection::Database),
            service: half.resource.service.unwrap_or(TextId::EMPTY),
            peer: self.peer(half, texts)?,
            database: database.map_or(TextId::ABSENT, |call| call.server),
            start_unix_nanoseconds: half.span.start_time_unix_nano,
            end_unix_nanoseconds: half.span.end_time_unix_nano,
            multiplier: self.plan.multiplier.of(half.span, half.all_attributes()),
            latency: half.latency,
        })
    }

    /// The half-edge of a span that a filter policy dropped: only its call, kind and service are known.
    pub(super) fn build_marker(&mut self, half: HalfSpan<'_, '_>) -> HalfEdge {
        self.dimensions.clear();
        self.dimensions.resize(self.plan.dimensions.len(), TextId::ABSENT);
        HalfEdge {
            key: half.key,
            kind: half.kind,
            filtered: true,
            failed: false,
            connection: Connection::Unset,
            service: half.resource.service.unwrap_or(TextId::EMPTY),
            peer: TextId::ABSENT,
            database: TextId::ABSENT,
            start_unix_nanoseconds: 0,
            end_unix_nanoseconds: 0,
            multiplier: 1.0,
            latency: Latency::ZERO,
        }
    }

    /// The resource's dimensions are texts already; the span fills the gaps.
    fn read_dimensions(&mut self, half: HalfSpan<'_, '_>, texts: &mut BatchTexts) -> Result<(), TextFailure> {
        self.dimensions.clone_from(&half.resource.dimensions);
        for (dimension, slots) in self.dimensions.iter_mut().zip(&self.plan.dimensions) {
            if !dimension.is_present() {
                *dimension = texts.insert_if_present(half.attributes.get(slots.span))?;
            }
        }
        Ok(())
    }

    fn database(
        &self,
        half: HalfSpan<'_, '_>,
        texts: &mut BatchTexts,
    ) -> Result<Option<DatabaseCall>, TextFailure> {
        match half.kind.side() {
            Side::Client => self.plan.database.call(half.all_attributes(), texts),
            Side::Server => Ok(None),
        }
    }

    /// The first peer attribute that the span has, where an edge could be named by it. One without text ends the
    /// search too, and takes away the peer that the other half named.
    fn peer(&self, half: HalfSpan<'_, '_>, texts: &mut BatchTexts) -> Result<TextId, TextFailure> {
        if !half.needs_peer() {
            return Ok(TextId::ABSENT);
        }
        let mut peers = self.plan.peers.iter();
        texts.insert_if_present(peers.find_map(|slot| half.attributes.get(*slot)))
    }
}
