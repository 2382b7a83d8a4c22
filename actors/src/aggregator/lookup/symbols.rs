//! Symbols: numbers for the texts that a tenant's label sets are found by.

use crate::tables::TextTable;

/// The number of a text among the [`Symbols`] that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// No text at all.
    pub const ABSENT: Self = Self(u32::MAX);
    /// The empty text, which needs no keeping.
    pub const EMPTY: Self = Self(u32::MAX - 1);

    /// The symbol at `place` of a key; [`Self::ABSENT`] when the key has no such place.
    pub fn at(place: usize, key: &[Self]) -> Self {
        key.get(place).copied().unwrap_or(Self::ABSENT)
    }

    /// The position in a table with one entry a text that is not empty.
    pub fn index(self) -> Option<usize> {
        (self.0 < Self::EMPTY.0).then_some(self.0 as usize)
    }
}

/// Texts that are in use, each once; one that is no longer used is forgotten.
#[derive(Debug, Default)]
pub struct Symbols {
    texts: TextTable,
    /// How often the text with the same number is used.
    uses: Vec<u32>,
}

impl Symbols {
    /// The symbol of `text` when it is in use.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        if text.is_empty() {
            return Some(Symbol::EMPTY);
        }
        self.texts.find(text).map(Symbol)
    }

    /// The text of `symbol`; the empty one for [`Symbol::ABSENT`].
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0)
    }

    /// The text at a symbol's index.
    pub fn text_at(&self, index: usize) -> &str {
        u32::try_from(index).map_or("", |row| self.texts.get(row))
    }

    /// The symbol of `text`, used once more than before; [`Symbol::ABSENT`] in the case, which no machine's memory
    /// allows, of 2³² texts.
    pub fn acquire(&mut self, text: &str) -> Symbol {
        if text.is_empty() {
            return Symbol::EMPTY;
        }
        let Some(row) = self.texts.find_or_insert(text, Symbol::EMPTY.0) else {
            return Symbol::ABSENT;
        };
        let index = row as usize;
        if self.uses.len() <= index {
            self.uses.resize(index + 1, 0);
        }
        if let Some(uses) = self.uses.get_mut(index) {
            *uses += 1;
        }
        Symbol(row)
    }

    /// Uses `symbol` once less than before; after the last use its text is gone.
    pub fn release(&mut self, symbol: Symbol) {
        let Some(uses) = symbol.index().and_then(|index| self.uses.get_mut(index)) else {
            return;
        };
        *uses -= 1;
        if *uses == 0 {
            self.texts.remove(symbol.0);
        }
    }

    /// How many texts are in use.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Gives memory back when less than half of it is used, by and by: whether it is done.
    pub fn shrink(&mut self) -> bool {
        let is_done = self.texts.shrink();
        let used = self.texts.rows();
        self.uses.truncate(used);
        if self.uses.capacity() > 2 * used + 16 {
            self.uses.shrink_to_fit();
        }
        is_done
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.texts.memory_bytes() + self.uses.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_empty_text_is_always_known_and_never_kept() {
        let mut symbols = Symbols::default();
        assert_eq!(symbols.find(""), Some(Symbol::EMPTY));
        assert_eq!(symbols.acquire(""), Symbol::EMPTY);
        symbols.release(Symbol::EMPTY);
        symbols.release(Symbol::ABSENT);
        assert_eq!(symbols.len(), 0);
    }

    #[test]
    fn memory_is_given_back() {
        let mut symbols = Symbols::default();
        let empty = symbols.memory_bytes();
        let acquired: Vec<_> = (0..5000)
            .map(|number| symbols.acquire(&format!("service-{number}")))
            .collect();
        assert!(symbols.memory_bytes() > 5000 * 20);
        for symbol in acquired {
            symbols.release(symbol);
        }
        while !symbols.shrink() {}
        assert_eq!(symbols.memory_bytes(), empty);
    }

    proptest! {
        #[test]
        fn a_text_is_known_as_long_as_it_is_used(steps in proptest::collection::vec(any::<(bool, u8)>(), 0..200)) {
            let mut symbols = Symbols::default();
            let mut model: HashMap<String, (Symbol, usize)> = HashMap::new();
            for (acquire, number) in steps {
                let text = format!("text-{}", number % 8);
                if acquire {
                    let symbol = symbols.acquire(&text);
                    let entry = model.entry(text).or_insert((symbol, 0));
                    prop_assert_eq!(entry.0, symbol);
                    entry.1 += 1;
                } else if let Some((symbol, uses)) = model.get_mut(&text) {
                    symbols.release(*symbol);
                    *uses -= 1;
                    model.retain(|_, (_, uses)| *uses > 0);
                }
                prop_assert_eq!(symbols.len(), model.len());
                for number in 0..8 {
                    let text = format!("text-{number}");
                    prop_assert_eq!(symbols.find(&text), model.get(&text).map(|entry| entry.0));
                }
            }
        }
    }
}
