//! What the spans of one resource share, found once for all of them.

use spangraph_proto::otlp::ResourceSpans;
use spangraph_proto::wire::DecodeError;

use super::attribute_slots::{AttributeSlots, Attributes};
use super::batch_texts::{BatchTexts, TextFailure, usable};
use super::resource_plan::ResourcePlan;
use crate::batches::{TextError, TextId};

/// The resource that the walk is in.
#[derive(Debug)]
pub(super) struct Resource<'r> {
    /// Its asked-for attributes.
    pub(super) attributes: AttributeSlots<'r>,
    /// Where all of it stands.
    pub(super) group: Option<ResourceSpans<'r>>,
    /// Its service; none when it has no `service.name`, so that its spans take no part (SPEC §2).
    pub(super) service: Option<TextId>,
    /// Its dimensions of service graphs in the settings' order; absent where it has none.
    pub(super) dimensions: Vec<TextId>,
    /// Why no span of it can become a half.
    pub(super) unusable: Option<TextError>,
}

impl<'r> Resource<'r> {
    /// No resource yet.
    pub(super) fn new(plan: &ResourcePlan) -> Self {
        Self {
            attributes: AttributeSlots::new(&plan.keys),
            group: None,
            service: None,
            dimensions: Vec::new(),
            unusable: None,
        }
    }

    /// Moves on to the resource of `group`.
    pub(super) fn enter(&mut self, plan: &ResourcePlan, group: ResourceSpans<'r>) -> Result<(), DecodeError> {
        self.group = Some(group);
        self.attributes.clear();
        for attribute in group.attributes() {
            self.attributes.fill(&plan.keys, attribute?)?;
        }
        Ok(())
    }

    /// Finds what its spans share, once there is a span.
    pub(super) fn begin_spans(
        &mut self,
        plan: &ResourcePlan,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        self.service = self.attributes.get(plan.service_name).map(|_| TextId::EMPTY);
        self.unusable = usable(self.read_labels(plan, texts))?.err();
        Ok(())
    }

    /// Its attributes together with those of one of its spans.
    pub(super) fn attributes_with<'s>(&'s self, span: &'s AttributeSlots<'r>) -> Attributes<'s, 'r> {
        Attributes {
            resource: &self.attributes,
            span,
        }
    }

    fn read_labels(&mut self, plan: &ResourcePlan, texts: &mut BatchTexts) -> Result<(), TextFailure> {
        self.dimensions.clear();
        let Some(dimensions) = &plan.dimensions else {
            return Ok(());
        };
        if let Some(name) = self.attributes.find_of_resource(plan.service_name) {
            self.service = Some(texts.insert_found(name)?);
        }
        for &slot in dimensions {
            let dimension = self.attributes.find_of_resource(slot);
            self.dimensions.push(texts.insert_if_found(dimension)?);
        }
        Ok(())
    }
}
