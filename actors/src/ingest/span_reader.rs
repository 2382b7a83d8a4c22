//! Reads one span after the other, and the asked-for attributes of those whose attributes count.

use spangraph_proto::otlp::Span;
use spangraph_proto::wire::DecodeError;

use super::attribute_keys::AttributeKeys;
use super::attribute_slots::AttributeSlots;
use super::edge_kind::edge_kind;

/// The span that the walk is at; its memory is used again for the next one.
#[derive(Debug)]
pub(super) struct SpanReader<'p, 'r> {
    keys: &'p AttributeKeys,
    attributes: AttributeSlots<'r>,
}

/// Of which spans the attributes are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// Of none.
    None,
    /// Of those whose kind makes them halves of edges.
    Halves,
    /// Of all.
    All,
}

impl<'p, 'r> SpanReader<'p, 'r> {
    /// A reader that keeps the attributes in `keys`.
    pub(super) fn new(keys: &'p AttributeKeys) -> Self {
        Self {
            keys,
            attributes: AttributeSlots::new(keys),
        }
    }

    /// The asked-for attributes of the span that was read last, if it is one of those that were to be opened.
    pub(super) fn attributes(&self) -> &AttributeSlots<'r> {
        &self.attributes
    }

    /// Reads a span, and its attributes when it is one of those to be opened.
    #[inline]
    pub(super) fn read(&mut self, message: &'r [u8], opened: Opened) -> Result<Span<'r>, DecodeError> {
        let (span, complete) = self.read_opening(message, opened)?;
        if opened == Opened::Halves && !complete && edge_kind(span.kind).is_some() {
            // The kind stands behind attributes, which no common sender does: only now they are known to count.
            return self.read_opening(message, Opened::All).map(|(span, _)| span);
        }
        Ok(span)
    }

    /// The span, and whether all of its attributes were opened.
    fn read_opening(&mut self, message: &'r [u8], opened: Opened) -> Result<(Span<'r>, bool), DecodeError> {
        let (keys, attributes) = (self.keys, &mut self.attributes);
        attributes.clear();
        let mut complete = true;
        let span = Span::decode(message, |span, attribute| {
            if opened == Opened::All || (opened == Opened::Halves && edge_kind(span.kind).is_some()) {
                return attributes.fill(keys, attribute).map(drop);
            }
            complete = false;
            Ok(())
        })?;
        Ok((span, complete))
    }
}
