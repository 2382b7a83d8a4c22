//! The distinct texts that one batch of records refers to.

use crate::tables::{KeyHash, RowIndex};

/// The number of a text in the [`Texts`] of its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextId(u32);

impl TextId {
    /// The empty text, which every [`Texts`] holds.
    pub const EMPTY: Self = Self(0);
    /// No text at all, as of an attribute that a span does not have.
    pub const ABSENT: Self = Self(u32::MAX);

    /// Whether there is a text, an empty one included.
    #[must_use]
    pub fn is_present(self) -> bool {
        self != Self::ABSENT
    }

    /// Whether there is a text with at least one byte.
    #[must_use]
    pub fn is_non_empty(self) -> bool {
        self != Self::ABSENT && self != Self::EMPTY
    }

    /// The same, but absent when it is the empty text.
    #[must_use]
    pub fn or_absent(self) -> Self {
        if self.is_non_empty() { self } else { Self::ABSENT }
    }

    /// The position in a table with one row a text of the batch.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Distinct texts in the order in which they came; the first is the empty text.
///
/// Memory: the texts' bytes, and 16 bytes a text.
#[derive(Clone, Debug)]
pub struct Texts {
    bytes: String,
    ends: Vec<u32>,
    index: RowIndex,
    room: usize,
}

/// The bytes that a text usually has.
const EXPECTED_BYTES: usize = 24;

/// Why a text was not taken into a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The bytes are no UTF-8.
    #[error("text is not valid UTF-8")]
    InvalidUtf8,
    /// There is no room for another text.
    #[error("batch holds too much text")]
    Full,
}

impl Texts {
    /// A table that holds only the empty text, and has room for less than 4 GiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_room(usize::MAX, 0)
    }

    /// A table that holds only the empty text, and has room for so many bytes of others, and less than 4 GiB. It does
    /// not grow before it has about `texts` of them.
    #[must_use]
    pub fn with_room(bytes: usize, texts: usize) -> Self {
        let mut texts = Self {
            bytes: String::with_capacity(texts * EXPECTED_BYTES),
            ends: Vec::with_capacity(texts),
            index: RowIndex::with_capacity(texts),
            room: bytes,
        };
        texts.clear();
        texts
    }

    /// Forgets all texts but the empty one; keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.ends.push(0);
        self.index.clear();
    }

    /// The number of `bytes`, which are checked to be UTF-8 when they are seen for the first time.
    ///
    /// # Errors
    /// When `bytes` are not UTF-8, or the table is full.
    pub fn insert(&mut self, bytes: &[u8]) -> Result<TextId, TextError> {
        if bytes.is_empty() {
            return Ok(TextId::EMPTY);
        }
        let hash = self.index.hash(bytes);
        if let Some(id) = self.find(hash, bytes) {
            return Ok(id);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TextError::InvalidUtf8)?;
        self.append(hash, text)
    }

    /// The text of `id`; the empty text for [`TextId::ABSENT`] and for numbers of another table.
    #[must_use]
    pub fn get(&self, id: TextId) -> &str {
        text_at(&self.bytes, &self.ends, id.index())
    }

    /// The bytes of all texts together.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// How many texts there are, the empty one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Always false: the empty text is there from the start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// All texts in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| text_at(&self.bytes, &self.ends, index))
    }

    fn find(&self, hash: KeyHash, bytes: &[u8]) -> Option<TextId> {
        let same = |index: u32| text_at(&self.bytes, &self.ends, index as usize).as_bytes() == bytes;
        self.index.find(hash, same).map(TextId)
    }

    fn append(&mut self, hash: KeyHash, text: &str) -> Result<TextId, TextError> {
        let index = u32::try_from(self.ends.len()).map_err(|_| TextError::Full)?;
        let end = u32::try_from(self.bytes.len() + text.len()).map_err(|_| TextError::Full)?;
        if index == TextId::ABSENT.0 || end as usize > self.room {
            return Err(TextError::Full);
        }
        self.bytes.push_str(text);
        self.ends.push(end);
        let (stored, ends) = (&self.bytes, &self.ends);
        let bytes_of = |index| text_at(stored, ends, index as usize).as_bytes();
        self.index.insert(hash, index, bytes_of);
        Ok(TextId(index))
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self::new()
    }
}

fn text_at<'a>(bytes: &'a str, ends: &[u32], index: usize) -> &'a str {
    let Some(end) = ends.get(index) else { return "" };
    let start = index
        .checked_sub(1)
        .and_then(|before| ends.get(before))
        .map_or(0, |end| *end as usize);
    bytes.get(start..*end as usize).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_keeps_its_number_and_the_empty_one_is_always_there() {
        let mut texts = Texts::new();
        let cart = texts.insert(b"cart").unwrap();
        assert_eq!(texts.insert(b"shop").unwrap(), TextId(2));
        assert_eq!(texts.insert(b"cart").unwrap(), cart);
        assert_eq!(texts.insert(b"").unwrap(), TextId::EMPTY);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["", "cart", "shop"]);
        texts.clear();
        assert_eq!(texts.len(), 1);
        assert_eq!(texts.get(cart), "");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_and_leave_no_trace() {
        let mut texts = Texts::new();
        assert_eq!(texts.insert(&[0xff, 0x61]), Err(TextError::InvalidUtf8));
        assert_eq!(texts.len(), 1);
        assert_eq!(texts.get(TextId::ABSENT), "");
    }

    #[test]
    fn past_its_room_a_table_takes_only_texts_that_it_has() {
        let mut texts = Texts::with_room(7, 0);
        let cart = texts.insert(b"cart").unwrap();
        assert_eq!(texts.insert(b"shop"), Err(TextError::Full));
        assert_eq!((texts.insert(b"pay").is_ok(), texts.text_bytes()), (true, 7));
        assert_eq!(
            (texts.insert(b"cart"), texts.insert(b"")),
            (Ok(cart), Ok(TextId::EMPTY))
        );
    }

    proptest! {
        #[test]
        fn numbers_stand_for_the_texts_they_were_given_for(inputs in proptest::collection::vec(".{0,6}", 0..200)) {
            let mut texts = Texts::new();
            let ids: Vec<_> = inputs.iter().map(|text| texts.insert(text.as_bytes()).unwrap()).collect();
            for (id, text) in ids.iter().zip(&inputs) {
                prop_assert_eq!(texts.get(*id), text);
            }
            let mut distinct: Vec<_> = inputs.iter().map(String::as_str).chain([""]).collect();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(texts.len(), distinct.len());
        }
    }
}
