//! Texts that outlive the request that brought them, each once and by number.

use std::sync::Arc;

use super::column::Column;
use super::row_index::RowIndex;

/// A table of distinct texts for one owner on one thread, without locks.
///
/// Its owner knows how long a text is wanted. Numbers of texts that are gone are given out again. Texts are counted by
/// reference, so that the table can be frozen without copying them.
#[derive(Debug)]
pub struct TextTable {
    texts: Column<Option<Arc<str>>>,
    /// The numbers that have no text; the last one is given out next.
    free: Vec<u32>,
    index: RowIndex,
    text_bytes: usize,
}

/// The texts of a [`TextTable`] as they were at one time.
#[derive(Debug)]
pub struct FrozenTexts(Column<Option<Arc<str>>>);

/// So many numbers are given back at a time.
const GIVEN_BACK_AT_A_TIME: usize = 65_536;

/// What counting references takes beside a text.
const REFERENCE_COUNTS: usize = 2 * size_of::<usize>();

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
        let row = self.place(text, most)?;
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
            self.vacate(row);
        }
    }

    /// Takes out the texts whose numbers `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.index.retain(&keep);
        for row in rows_from_the_last(&self.texts) {
            if has_text(&self.texts, row) && !keep(row) {
                self.vacate(row);
            }
        }
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The bytes of all texts together.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// One more than the largest number that was given out and not given back.
    pub fn rows(&self) -> usize {
        self.texts.rows()
    }

    /// Gives memory back when less than half of it is used. A large table needs to be told so again and again: whether it is
    /// done.
    pub fn shrink(&mut self) -> bool {
        let rows = self.texts.rows();
        let mut is_done = true;
        if rows > 2 * self.len() + 16 {
            let looked_at = rows_from_the_last(&self.texts).take(GIVEN_BACK_AT_A_TIME);
            let unused = looked_at.take_while(|row| !has_text(&self.texts, *row)).count();
            is_done = unused < GIVEN_BACK_AT_A_TIME;
            self.texts.resize(rows - unused, None);
            self.texts.shrink();
            self.free.retain(|row| (*row as usize) < rows - unused);
            if self.free.capacity() > 2 * self.free.len() + 16 {
                self.free.shrink_to_fit();
            }
        }
        let texts = &self.texts;
        self.index.shrink(|row| text_at(texts, row)) && is_done
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        let texts = self.text_bytes + self.len() * REFERENCE_COUNTS;
        let free = self.free.capacity() * size_of::<u32>();
        self.texts.memory_bytes() + free + self.index.memory_bytes() + texts
    }

    /// The texts that are there now, by number.
    pub fn freeze(&mut self) -> FrozenTexts {
        FrozenTexts(self.texts.freeze())
    }

    fn place(&mut self, text: &str, most: u32) -> Option<u32> {
        let next = self.free.last().copied();
        let row = next.or_else(|| u32::try_from(self.texts.rows()).ok())?;
        if row >= most {
            return None;
        }
        let text = Some(Arc::from(text));
        match self.free.pop() {
            Some(row) => *self.texts.get_mut(row as usize)? = text,
            None => {
                self.texts.push(text);
            }
        }
        Some(row)
    }

    fn vacate(&mut self, row: u32) {
        let text = self.texts.get_mut(row as usize).and_then(Option::take);
        if let Some(text) = text {
            self.text_bytes -= text.len();
            self.free.push(row);
        }
    }
}

impl FrozenTexts {
    /// The text with the number `row`; the empty one when there was none.
    #[inline]
    pub fn get(&self, row: u32) -> &str {
        text_at(&self.0, row)
    }
}

impl Default for TextTable {
    fn default() -> Self {
        Self {
            texts: Column::new(1),
            free: Vec::new(),
            index: RowIndex::default(),
            text_bytes: 0,
        }
    }
}

#[inline]
fn text_at(texts: &Column<Option<Arc<str>>>, row: u32) -> &str {
    let text = texts.get(row as usize).and_then(Option::as_deref);
    text.unwrap_or("")
}

fn has_text(texts: &Column<Option<Arc<str>>>, row: u32) -> bool {
    texts.get(row as usize).is_some_and(Option::is_some)
}

/// All numbers that were given out, the largest first: so the smallest one that becomes free is given out next.
fn rows_from_the_last(texts: &Column<Option<Arc<str>>>) -> impl Iterator<Item = u32> + use<> {
    (0..u32::try_from(texts.rows()).unwrap_or(u32::MAX)).rev()
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
