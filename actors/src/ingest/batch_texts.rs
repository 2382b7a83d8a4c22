//! Puts attribute values into the text table of a request.

use spangraph_proto::otlp::AnyValue;
use spangraph_proto::wire::DecodeError;

use crate::texts::{TextError, TextId, Texts};

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

/// The texts of one request, and the memory in which values that are no strings are written.
#[derive(Debug, Default)]
pub(super) struct BatchTexts {
    texts: Texts,
    scratch: Vec<u8>,
}

impl BatchTexts {
    /// The number of the text of `value`.
    pub(super) fn insert(&mut self, value: AnyValue<'_>) -> Result<TextId, TextFailure> {
        let text = value.text(&mut self.scratch)?;
        Ok(self.texts.insert(text)?)
    }

    /// The number of `text`.
    pub(super) fn insert_text(&mut self, text: &str) -> Result<TextId, TextError> {
        self.texts.insert(text.as_bytes())
    }

    /// The number of the text of `value`, absent when there is no value.
    pub(super) fn insert_if_present(&mut self, value: Option<AnyValue<'_>>) -> Result<TextId, TextFailure> {
        value.map_or(Ok(TextId::ABSENT), |value| self.insert(value))
    }

    /// The number of the texts of `values`, `join` between them; empty ones are left out with their `join`.
    pub(super) fn insert_joined<'r>(
        &mut self,
        values: impl Iterator<Item = AnyValue<'r>>,
        join: &str,
    ) -> Result<TextId, TextFailure> {
        self.scratch.clear();
        for value in values {
            let end = self.scratch.len();
            if end > 0 {
                self.scratch.extend_from_slice(join.as_bytes());
            }
            let start = self.scratch.len();
            value.write_text(&mut self.scratch)?;
            if self.scratch.len() == start {
                self.scratch.truncate(end);
            }
        }
        Ok(self.texts.insert(&self.scratch)?)
    }

    /// The number of the text `address:port`.
    pub(super) fn insert_address(
        &mut self,
        address: AnyValue<'_>,
        port: AnyValue<'_>,
    ) -> Result<TextId, TextFailure> {
        self.scratch.clear();
        address.write_text(&mut self.scratch)?;
        self.scratch.push(b':');
        port.write_text(&mut self.scratch)?;
        Ok(self.texts.insert(&self.scratch)?)
    }

    /// The table, to be shared by the shards.
    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }
}
