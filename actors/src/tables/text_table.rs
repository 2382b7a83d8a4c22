//! Texts that outlive the request that brought them, each once and by number.

use slab::Slab;

use super::row_index::RowIndex;

/// A table of distinct texts for one owner on one thread: no locks, no reference counts.
///
/// Its owner knows how long a text is wanted. Numbers of texts that are gone are given out again.
#[derive(Debug, Default)]
pub struct TextTable {
    texts: Slab<Box<str>>,
    index: RowIndex,
    text_bytes: usize,
}

impl TextTable {
    /// The number of `text` when it is there.
    #[inline]
    pub fn find(&self, text: &str) -> Option<u32> {
        self.index
            .find(self.index.hash(text), |row| self.get(row) == text)
    }

    /// The number of `text`, which is put in when it is not there; none when there are `most` numbers already.
    pub fn find_or_insert(&mut self, text: &str, most: u32) -> Option<u32> {
        let hash = self.index.hash(text);
        if let Some(row) = self.index.find(hash, |row| self.get(row) == text) {
            return Some(row);
        }
        let row = u32::try_from(self.texts.vacant_key())
            .ok()
            .filter(|row| *row < most)?;
        self.texts.insert(text.into());
        self.text_bytes += text.len();
        let texts = &self.texts;
        self.index.insert(hash, row, |row| text_at(texts, row));
        Some(row)
    }

    /// The text with the number `row`; the empty one when there is none.
    #[inline]
    pub fn get(&self, row: u32) -> &str {
        text_at(&self.texts, row)
    }

    /// Takes the text with the number `row` out.
    pub fn remove(&mut self, row: u32) {
        let hash = self.index.hash(self.get(row));
        if self.index.remove(hash, row) {
            self.text_bytes -= self.texts.remove(row as usize).len();
        }
    }

    /// Takes out the texts whose numbers `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.index.retain(&keep);
        let text_bytes = &mut self.text_bytes;
        self.texts.retain(|row, text| {
            let is_kept = u32::try_from(row).is_ok_and(&keep);
            *text_bytes -= if is_kept { 0 } else { text.len() };
            is_kept
        });
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The bytes of all texts together.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Gives memory back when less than half of it is used.
    pub fn shrink(&mut self) {
        if self.texts.capacity() > 2 * self.texts.len() + 16 {
            self.texts.shrink_to_fit();
            let texts = &self.texts;
            self.index.shrink(|row| text_at(texts, row));
        }
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.texts.capacity() * size_of::<Box<str>>() + self.index.memory_bytes() + self.text_bytes
    }
}

fn text_at(texts: &Slab<Box<str>>, row: u32) -> &str {
    texts.get(row as usize).map_or("", |text| text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_that_is_full_takes_only_what_it_has() {
        let mut table = TextTable::default();
        assert_eq!(table.find_or_insert("cart", 1), Some(0));
        assert_eq!(table.find_or_insert("shop", 1), None);
        assert_eq!(table.find_or_insert("cart", 1), Some(0));
        table.remove(0);
        assert_eq!(table.find_or_insert("shop", 1), Some(0));
    }

    proptest! {
        #[test]
        fn a_table_is_what_was_put_in_and_not_taken_out(steps in proptest::collection::vec((0..3_u8, "[a-d]{0,2}"), 0..300)) {
            let mut table = TextTable::default();
            let mut model: BTreeMap<String, u32> = BTreeMap::new();
            for (step, text) in steps {
                match step {
                    0 => {
                        if let Some(row) = model.remove(&text) {
                            table.remove(row);
                        }
                    }
                    1 if text.is_empty() => {
                        table.retain(|row| row % 2 == 0);
                        model.retain(|_, row| *row % 2 == 0);
                        table.shrink();
                    }
                    _ => {
                        let row = table.find_or_insert(&text, u32::MAX).unwrap();
                        prop_assert_eq!(*model.entry(text).or_insert(row), row);
                    }
                }
                prop_assert_eq!(table.len(), model.len());
                prop_assert_eq!(table.text_bytes(), model.keys().map(String::len).sum::<usize>());
                for (text, row) in &model {
                    prop_assert_eq!(table.find(text), Some(*row));
                    prop_assert_eq!(table.get(*row), text);
                }
            }
        }
    }
}
