//! Labels that are made of attributes: dimensions and their mappings.

use spangraph_config::DimensionMapping;

use crate::batches::TextId;
use crate::ingest::attribute_keys::{AskedKeys, ScopedSlots};
use crate::ingest::attribute_slots::{AttributeSlots, Attributes};
use crate::ingest::batch_texts::{BatchTexts, TextFailure};

/// Where the value of one label comes from (SPEC §3).
#[derive(Debug)]
pub(super) enum AttributeLabel {
    /// One attribute.
    Dimension(ScopedSlots),
    /// Several attributes, joined.
    Mapping {
        /// The attributes in their order.
        sources: Vec<ScopedSlots>,
        /// What stands between two of them.
        join: String,
    },
}

impl AttributeLabel {
    /// Asks for the attribute `key`.
    pub(super) fn dimension(key: &str, keys: &mut AskedKeys) -> Self {
        Self::Dimension(keys.both(key))
    }

    /// Asks for the attributes of `mapping`.
    pub(super) fn mapping(mapping: &DimensionMapping, keys: &mut AskedKeys) -> Self {
        let sources = mapping.source_labels.iter();
        Self::Mapping {
            sources: sources.map(|key| keys.both(key)).collect(),
            join: mapping.join.clone(),
        }
    }

    /// The value for all spans of a resource; absent when it depends on the span.
    pub(super) fn read_resource(
        &self,
        resource: &AttributeSlots<'_>,
        texts: &mut BatchTexts,
    ) -> Result<TextId, TextFailure> {
        match self {
            Self::Dimension(slots) => texts.insert_if_found(resource.find_of_resource(slots.resource)),
            Self::Mapping { sources, join } => {
                let get = |slots: &ScopedSlots| resource.find_of_resource(slots.resource);
                if !sources.iter().all(|slots| get(slots).is_some()) {
                    return Ok(TextId::ABSENT);
                }
                texts.insert_joined(sources.iter().filter_map(get), join)
            }
        }
    }

    /// The value for one span, of which the resource has no part or not all; it may be the empty text.
    pub(super) fn read_span(
        &self,
        attributes: Attributes<'_, '_>,
        texts: &mut BatchTexts,
    ) -> Result<TextId, TextFailure> {
        match self {
            Self::Dimension(slots) => texts.insert_if_present(attributes.span.get(slots.span)),
            Self::Mapping { sources, join } => {
                let get = |slots: &ScopedSlots| attributes.resource_first(*slots);
                texts.insert_joined(sources.iter().filter_map(get), join)
            }
        }
    }
}
