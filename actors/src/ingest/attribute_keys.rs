//! Which attribute keys a tenant's settings ask for, and the slot of each.

/// Lengths from this one on share a bucket.
const LONGEST: usize = 63;

/// The place of one asked-for attribute among the slots of its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(usize);

impl Slot {
    /// The position, from 0.
    pub(super) fn index(self) -> usize {
        self.0
    }
}

/// The slots of one key that is looked for in both scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScopedSlots {
    /// Among the resource's attributes.
    pub(super) resource: Slot,
    /// Among the span's attributes.
    pub(super) span: Slot,
}

/// The keys of both scopes while the rules ask for them.
#[derive(Debug, Default)]
pub(super) struct AskedKeys {
    resource: Vec<String>,
    span: Vec<String>,
}

impl AskedKeys {
    /// Asks for a resource attribute.
    pub(super) fn resource(&mut self, key: &str) -> Slot {
        slot_of(&mut self.resource, key)
    }

    /// Asks for a span attribute.
    pub(super) fn span(&mut self, key: &str) -> Slot {
        slot_of(&mut self.span, key)
    }

    /// Asks for an attribute of either.
    pub(super) fn both(&mut self, key: &str) -> ScopedSlots {
        ScopedSlots {
            resource: self.resource(key),
            span: self.span(key),
        }
    }

    /// Whether a span attribute was asked for.
    pub(super) fn asks_spans(&self) -> bool {
        !self.span.is_empty()
    }

    /// The tables to look keys up in: the resource's and the span's.
    pub(super) fn into_tables(self) -> (AttributeKeys, AttributeKeys) {
        (AttributeKeys::new(self.resource), AttributeKeys::new(self.span))
    }
}

/// A key that is asked for twice has one slot.
fn slot_of(keys: &mut Vec<String>, key: &str) -> Slot {
    let known = keys.iter().position(|other| other == key);
    Slot(known.unwrap_or_else(|| {
        keys.push(key.to_owned());
        keys.len() - 1
    }))
}

/// The asked-for keys of one scope, by length and first byte: most keys of a span are told apart by these alone.
#[derive(Debug)]
pub(super) struct AttributeKeys {
    /// For each length the first bytes of its keys, each as the bit of its low six bits.
    first_bytes: [u64; LONGEST + 1],
    /// Where the keys of each length start in `keys`.
    starts: [usize; LONGEST + 2],
    keys: Vec<(Box<[u8]>, Slot)>,
}

impl AttributeKeys {
    /// A table of distinct `names`, which have slots in their order.
    fn new(names: Vec<String>) -> Self {
        let slots = names.into_iter().enumerate();
        let mut keys: Vec<(Box<[u8]>, Slot)> = slots
            .map(|(index, name)| (name.into_bytes().into_boxed_slice(), Slot(index)))
            .collect();
        keys.sort_by_key(|(key, _)| bucket(key));
        let starts = std::array::from_fn(|length| keys.partition_point(|(key, _)| bucket(key) < length));
        let first_bytes = std::array::from_fn(|length| {
            let same_length = keys.iter().filter(|(key, _)| bucket(key) == length);
            same_length.fold(0, |bits, (key, _)| bits | first_byte_bit(key))
        });
        Self {
            first_bytes,
            starts,
            keys,
        }
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The slot of `key`, if it is asked for.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "no bucket is beyond that of the longest, and each has a start and a next one"
    )]
    pub(super) fn find(&self, key: &[u8]) -> Option<Slot> {
        let length = bucket(key);
        if self.first_bytes[length] & first_byte_bit(key) == 0 {
            return None;
        }
        let same_length = self.keys.get(self.starts[length]..self.starts[length + 1])?;
        // The first byte tells most keys of one length apart, without a call to compare them.
        let same = |asked: &[u8]| asked.first() == key.first() && asked == key;
        same_length
            .iter()
            .find(|(asked, _)| same(asked))
            .map(|(_, slot)| *slot)
    }
}

/// The bit of the first byte; the empty key has one too.
#[inline]
fn first_byte_bit(key: &[u8]) -> u64 {
    1 << (key.first().copied().unwrap_or_default() & 63)
}

#[inline]
fn bucket(key: &[u8]) -> usize {
    key.len().min(LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_has_one_slot_in_each_scope() {
        let mut asked = AskedKeys::default();
        let name = asked.resource("service.name");
        let both = asked.both("db.name");
        assert_eq!(asked.resource("service.name"), name);
        assert_eq!(asked.span("db.name"), both.span);
        let (resource, span) = asked.into_tables();
        assert_eq!((resource.len(), span.len()), (2, 1));
        assert_eq!(resource.find(b"db.name"), Some(both.resource));
        assert_eq!(span.find(b"service.name"), None);
    }

    proptest! {
        #[test]
        fn exactly_the_asked_keys_are_found(
            asked in proptest::collection::vec("[ab]{0,3}|x{60,66}", 0..12),
            others in proptest::collection::vec("[abc]{0,3}|[xy]{60,66}", 0..30),
        ) {
            let mut keys = AskedKeys::default();
            let slots: Vec<_> = asked.iter().map(|key| keys.span(key)).collect();
            let (_, table) = keys.into_tables();
            for (key, slot) in asked.iter().zip(slots) {
                prop_assert_eq!(table.find(key.as_bytes()), Some(slot));
                prop_assert!(slot.index() < table.len());
            }
            for other in &others {
                prop_assert_eq!(table.find(other.as_bytes()).is_some(), asked.contains(other));
            }
        }
    }
}
