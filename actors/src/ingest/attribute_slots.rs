//! The values of the asked-for attributes of one resource or span.

use spangraph_proto::otlp::{AnyValue, KeyValue};
use spangraph_proto::wire::DecodeError;

use super::attribute_keys::{AttributeKeys, ScopedSlots, Slot};

/// One value a slot, borrowed from the request; the memory is used again for the next span.
#[derive(Debug)]
pub(super) struct AttributeSlots<'r> {
    values: Vec<Option<AnyValue<'r>>>,
    filled: bool,
}

impl<'r> AttributeSlots<'r> {
    /// Empty slots for `keys`.
    pub(super) fn new(keys: &AttributeKeys) -> Self {
        Self {
            values: vec![None; keys.len()],
            filled: false,
        }
    }

    /// Empties all slots.
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.filled {
            self.values.fill(None);
            self.filled = false;
        }
    }

    /// Takes an encoded attribute when its key is asked for and did not come before; gives it back opened.
    ///
    /// # Errors
    /// When the attribute is malformed.
    #[inline(always)]
    pub(super) fn fill(
        &mut self,
        keys: &AttributeKeys,
        attribute: &'r [u8],
    ) -> Result<KeyValue<'r>, DecodeError> {
        let attribute = KeyValue::decode(attribute)?;
        let slot = keys
            .find(attribute.key)
            .and_then(|slot| self.values.get_mut(slot.index()));
        if let Some(slot @ None) = slot {
            *slot = Some(AnyValue::decode(attribute.value)?);
            self.filled = true;
        }
        Ok(attribute)
    }

    /// The attribute in `slot`, if it is there, when these are a resource's.
    #[inline]
    pub(super) fn find_of_resource(&self, slot: Slot) -> Option<Found<'r>> {
        self.get(slot).map(|value| Found::OfResource(slot, value))
    }

    /// The value in `slot`, if the attribute is there.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<AnyValue<'r>> {
        self.values.get(slot.index()).copied().flatten()
    }
}

/// An attribute that was found, and in which scope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found<'r> {
    /// In the resource, which has this value for all its spans.
    OfResource(Slot, AnyValue<'r>),
    /// In the span.
    OfSpan(AnyValue<'r>),
}

/// What one span and its resource have of the asked-for attributes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'s, 'r> {
    /// The resource's.
    pub(super) resource: &'s AttributeSlots<'r>,
    /// The span's own.
    pub(super) span: &'s AttributeSlots<'r>,
}

impl<'r> Attributes<'_, 'r> {
    /// The resource's attribute, or else the span's.
    pub(super) fn resource_first(&self, slots: ScopedSlots) -> Option<Found<'r>> {
        self.resource
            .find_of_resource(slots.resource)
            .or_else(|| self.span.get(slots.span).map(Found::OfSpan))
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute_keys::AskedKeys;
    use super::*;

    #[test]
    fn the_first_of_a_repeated_key_counts() {
        let mut asked = AskedKeys::default();
        let (key, other) = (asked.span("k"), asked.span("other"));
        let (_, keys) = asked.into_tables();
        let mut slots = AttributeSlots::new(&keys);
        slots.fill(&keys, &[0x0a, 1, b'k', 0x12, 2, 0x10, 1]).unwrap();
        slots.fill(&keys, &[0x12, 2, 0x10, 0, 0x0a, 1, b'k']).unwrap();
        slots.fill(&keys, &[0x0a, 1, b'x', 0x12, 2, 0x10, 1]).unwrap();
        assert_eq!(slots.get(key), Some(AnyValue::Bool(true)));
        assert_eq!(slots.get(other), None);
        slots.clear();
        assert_eq!(slots.get(key), None);
        slots.fill(&keys, &[0x0a, 1, b'k']).unwrap();
        assert_eq!(
            slots.get(key),
            Some(AnyValue::Empty),
            "a key without value is there"
        );
    }

    #[test]
    fn a_malformed_attribute_is_refused_but_not_the_value_of_one_that_is_not_asked_for() {
        let mut asked = AskedKeys::default();
        asked.span("k");
        let (_, keys) = asked.into_tables();
        let mut slots = AttributeSlots::new(&keys);
        assert_eq!(
            slots.fill(&keys, &[0x0a, 1, b'k', 0x12, 1, 0x10]),
            Err(DecodeError::Truncated)
        );
        assert!(slots.fill(&keys, &[0x0a, 1, b'x', 0x12, 1, 0x10]).is_ok());
    }
}
