//! What the spans of one resource share, found once for all of them.

use spangraph_proto::otlp::ResourceSpans;
use spangraph_proto::wire::DecodeError;

use super::attribute_slots::AttributeSlots;
use super::batch_texts::{BatchTexts, TextFailure};
use super::plan::Plan;
use crate::texts::{TextError, TextId};

/// The resource that the walk is in.
#[derive(Debug)]
pub(super) struct Resource<'r> {
    /// Its asked-for attributes.
    pub(super) attributes: AttributeSlots<'r>,
    /// Its service; none when it has no `service.name`, so that its spans take no part (SPEC §2).
    pub(super) service: Option<TextId>,
    /// Its dimensions in the settings' order; absent where it has none.
    pub(super) dimensions: Vec<TextId>,
    /// Why no span of it can become a half.
    pub(super) unusable: Option<TextError>,
}

impl<'r> Resource<'r> {
    /// No resource yet.
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            attributes: AttributeSlots::new(&plan.resource_keys),
            service: None,
            dimensions: Vec::with_capacity(plan.dimensions.len()),
            unusable: None,
        }
    }

    /// Moves on to the resource of `group`.
    pub(super) fn enter(
        &mut self,
        plan: &Plan,
        group: ResourceSpans<'r>,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        self.attributes.clear();
        for attribute in group.attributes() {
            self.attributes.fill(&plan.resource_keys, attribute?)?;
        }
        self.service = self.attributes.get(plan.service_name).map(|_| TextId::EMPTY);
        self.unusable = None;
        match self.read_labels(plan, texts) {
            Ok(()) => Ok(()),
            Err(TextFailure::Malformed(error)) => Err(error),
            Err(TextFailure::Unusable(error)) => {
                self.unusable = Some(error);
                Ok(())
            }
        }
    }

    fn read_labels(&mut self, plan: &Plan, texts: &mut BatchTexts) -> Result<(), TextFailure> {
        self.dimensions.clear();
        if let Some(name) = self.attributes.get(plan.service_name) {
            self.service = Some(texts.insert(name)?);
        }
        for slots in &plan.dimensions {
            let dimension = self.attributes.get(slots.resource);
            self.dimensions.push(texts.insert_if_present(dimension)?);
        }
        Ok(())
    }
}
