//! Puts attribute values into the text table of a request.

use spangraph_proto::otlp::AnyValue;
use spangraph_proto::wire::DecodeError;

use super::attribute_keys::Slot;
use super::attribute_slots::Found;
use super::text_limits::TextLimits;
use crate::batches::{TextError, TextId, Texts};
use crate::label_names::cut;

/// One distinct text is expected in so many bytes of a request, as far as memory is taken for it at once: at most half as
/// much as the request has.
const EXPECTED_SHARE: usize = 64;
/// So many at the most, which have 2 KB: spans repeat most of their texts.
const MOST_EXPECTED: usize = 56;

/// Why an attribute value did not become a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextFailure {
    /// The request is malformed.
    Malformed(DecodeError),
    /// The span cannot be used.
    Unusable(TextError),
}

impl From<DecodeError> for TextFailure {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<TextError> for TextFailure {
    fn from(error: TextError) -> Self {
        Self::Unusable(error)
    }
}

/// Tells a malformed request, which fails, from a text that one span or resource has to do without.
pub(super) fn usable<T>(result: Result<T, TextFailure>) -> Result<Result<T, TextError>, DecodeError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(TextFailure::Unusable(error)) => Ok(Err(error)),
        Err(TextFailure::Malformed(error)) => Err(error),
    }
}

/// The texts of one request, each cut at the tenant's limit, and the memory in which values that are no strings are
/// written.
///
/// What a resource says is written once, however many spans it has; and all values that are no strings together may
/// have no more text than the request has room for, so that numbers with hundreds of digits do not make up for it.
#[derive(Debug)]
pub(super) struct BatchTexts {
    texts: Texts,
    limits: TextLimits,
    /// The bytes of text that may still be made of values that are no strings.
    rendering_left: usize,
    scratch: Vec<u8>,
    /// The texts of the resource's attributes by slot, where they were needed.
    of_resource: Vec<Option<Result<TextId, TextError>>>,
}

impl BatchTexts {
    /// No texts yet, of a request of so many bytes.
    pub(super) fn new(limits: TextLimits, request_bytes: usize) -> Self {
        let room = limits.room(request_bytes);
        let expected = MOST_EXPECTED.min(request_bytes / EXPECTED_SHARE);
        Self {
            texts: Texts::with_room(room, expected),
            limits,
            rendering_left: room,
            scratch: Vec::new(),
            of_resource: Vec::new(),
        }
    }

    /// Moves on to the next resource.
    pub(super) fn enter_resource(&mut self) {
        self.of_resource.clear();
    }

    /// The bounds that these texts keep to.
    pub(super) fn limits(&self) -> TextLimits {
        self.limits
    }

    /// The number of the text of `value`; always inlined, since whether it is on its own changes with what stands beside it.
    #[inline(always)]
    pub(super) fn insert(&mut self, value: AnyValue<'_>) -> Result<TextId, TextFailure> {
        match value {
            AnyValue::String(text) if text.len() <= self.limits.cut_bytes() => Ok(self.texts.insert(text)?),
            AnyValue::String(text) => Ok(self.insert_long(text)?),
            other => self.insert_rendered(other),
        }
    }

    /// The number of `text`.
    pub(super) fn insert_text(&mut self, text: &str) -> Result<TextId, TextError> {
        self.texts.insert(text.as_bytes())
    }

    /// The number of the text of `value`, absent when there is no value.
    #[inline]
    pub(super) fn insert_if_present(&mut self, value: Option<AnyValue<'_>>) -> Result<TextId, TextFailure> {
        value.map_or(Ok(TextId::ABSENT), |value| self.insert(value))
    }

    /// The number of the text of what was found; that of a resource is made once.
    #[inline]
    pub(super) fn insert_found(&mut self, found: Found<'_>) -> Result<TextId, TextFailure> {
        match found {
            Found::OfSpan(value) => self.insert(value),
            Found::OfResource(slot, value) => self.insert_of_resource(slot, value),
        }
    }

    /// The number of the text of what was found, absent when nothing was.
    #[inline]
    pub(super) fn insert_if_found(&mut self, found: Option<Found<'_>>) -> Result<TextId, TextFailure> {
        found.map_or(Ok(TextId::ABSENT), |found| self.insert_found(found))
    }

    /// The number of the texts of `values`, `join` between them; empty ones are left out with their `join`.
    pub(super) fn insert_joined<'r>(
        &mut self,
        values: impl Iterator<Item = Found<'r>>,
        join: &str,
    ) -> Result<TextId, TextFailure> {
        self.scratch.clear();
        for value in values {
            let end = self.scratch.len();
            if end > self.limits.decisive_bytes {
                break;
            }
            if end > 0 {
                self.scratch.extend_from_slice(join.as_bytes());
            }
            let start = self.scratch.len();
            self.append(value)?;
            if self.scratch.len() == start {
                self.scratch.truncate(end);
            }
        }
        Ok(self.insert_scratch(self.limits.decisive_bytes)?)
    }

    /// The number of the text `address:port`.
    pub(super) fn insert_address(
        &mut self,
        address: Found<'_>,
        port: Found<'_>,
    ) -> Result<TextId, TextFailure> {
        self.scratch.clear();
        self.append(address)?;
        if self.scratch.len() <= self.limits.decisive_bytes {
            self.scratch.push(b':');
            self.append(port)?;
        }
        Ok(self.insert_scratch(self.limits.decisive_bytes)?)
    }

    /// The table, to be shared by the shards.
    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }

    /// A text that fails is not tried again for each span.
    fn insert_of_resource(&mut self, slot: Slot, value: AnyValue<'_>) -> Result<TextId, TextFailure> {
        if let Some(Some(known)) = self.of_resource.get(slot.index()) {
            return Ok((*known)?);
        }
        let text = match self.insert(value) {
            Ok(text) => Ok(text),
            Err(TextFailure::Unusable(error)) => Err(error),
            Err(malformed) => return Err(malformed),
        };
        if self.of_resource.len() <= slot.index() {
            self.of_resource.resize(slot.index() + 1, None);
        }
        if let Some(known) = self.of_resource.get_mut(slot.index()) {
            *known = Some(text);
        }
        Ok(text?)
    }

    /// The whole text decides whether it is one, as it does for those that are short.
    #[cold]
    fn insert_long(&mut self, text: &[u8]) -> Result<TextId, TextError> {
        let text = std::str::from_utf8(text).map_err(|_| TextError::InvalidUtf8)?;
        self.texts.insert(cut(text, self.limits.cut_bytes()).as_bytes())
    }

    fn insert_rendered(&mut self, value: AnyValue<'_>) -> Result<TextId, TextFailure> {
        self.scratch.clear();
        self.render(value)?;
        Ok(self.insert_scratch(self.limits.cut_bytes())?)
    }

    /// Appends the text of a part to what is written.
    fn append(&mut self, part: Found<'_>) -> Result<(), TextFailure> {
        match part {
            Found::OfResource(slot, value) => {
                // To make its text may need the memory in which the parts before it stand.
                let written = std::mem::take(&mut self.scratch);
                let text = self.insert_of_resource(slot, value);
                self.scratch = written;
                let text = self.texts.get(text?).as_bytes();
                self.scratch.extend_from_slice(text);
                Ok(())
            }
            Found::OfSpan(AnyValue::String(text)) if text.len() > self.limits.cut_bytes() => {
                let text = std::str::from_utf8(text).map_err(|_| TextError::InvalidUtf8)?;
                let text = cut(text, self.limits.cut_bytes());
                self.scratch.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Found::OfSpan(AnyValue::String(text)) => {
                self.scratch.extend_from_slice(text);
                Ok(())
            }
            Found::OfSpan(other) => self.render(other),
        }
    }

    /// Appends the text of a value that is no string to what is written, when there is room for it.
    fn render(&mut self, value: AnyValue<'_>) -> Result<(), TextFailure> {
        if self.rendering_left == 0 {
            return Err(TextError::Full.into());
        }
        let start = self.scratch.len();
        value.write_text(&mut self.scratch, start + self.limits.cut_bytes())?;
        let written = self.scratch.len() - start;
        self.rendering_left = self.rendering_left.saturating_sub(written);
        Ok(())
    }

    /// The number of what is written, of which at most so many bytes count.
    fn insert_scratch(&mut self, most_bytes: usize) -> Result<TextId, TextError> {
        if self.scratch.len() >= most_bytes {
            self.scratch.truncate(most_bytes);
            cut_split_character(&mut self.scratch);
        }
        self.texts.insert(&self.scratch)
    }
}

/// Takes the start of a character away that a cut left behind.
fn cut_split_character(text: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(text)
        && error.error_len().is_none()
    {
        text.truncate(error.valid_up_to());
    }
}

#[cfg(test)]
mod tests;
