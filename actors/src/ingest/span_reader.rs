//! Reads one span after the other, and the asked-for attributes of those whose attributes count.

use spangraph_proto::otlp::Span;
use spangraph_proto::wire::DecodeError;

use super::attribute_keys::AttributeKeys;
use super::attribute_slots::AttributeSlots;
use super::edge_kind::edge_kind;
use crate::batches::Side;

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
    /// Of client sides and of servers without a parent, which may have a peer to be named by.
    ClientsAndRoots,
    /// Of those whose kind makes them halves of edges.
    Halves,
    /// Of all.
    All,
}

impl Opened {
    /// Whether those of `span` are, by its kind and its parent.
    #[inline]
    fn includes(self, span: &Span<'_>) -> bool {
        match self {
            Self::None => false,
            Self::ClientsAndRoots => {
                edge_kind(span.kind).is_some_and(|kind| kind.side() == Side::Client || is_root(span))
            }
            Self::Halves => edge_kind(span.kind).is_some(),
            Self::All => true,
        }
    }
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
        let (span, passed_over) = self.read_opening(message, opened)?;
        if passed_over && opened.includes(&span) {
            // What decides stands behind attributes, which no common sender does: only now they are known to count.
            return self.read_opening(message, Opened::All).map(|(span, _)| span);
        }
        Ok(span)
    }

    /// The span, and whether attributes of it were passed over.
    fn read_opening(&mut self, message: &'r [u8], opened: Opened) -> Result<(Span<'r>, bool), DecodeError> {
        let (keys, attributes) = (self.keys, &mut self.attributes);
        attributes.clear();
        let mut passed_over = false;
        let opens = |span: &Span<'r>| {
            let is_opened = opened.includes(span);
            passed_over |= !is_opened;
            is_opened
        };
        let span = Span::decode(message, opens, |attribute| {
            attributes.fill(keys, attribute).map(drop)
        })?;
        Ok((span, passed_over))
    }
}

/// An id of another length than 8 makes the span invalid anyway, so its bytes are not looked at: this is asked once for
/// each run of attributes, of which a span may have millions.
fn is_root(span: &Span<'_>) -> bool {
    matches!(span.parent_span_id, [] | [0, 0, 0, 0, 0, 0, 0, 0])
}
