//! Symbols: numbers for the texts that a tenant's label sets are found by.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use slab::Slab;

/// The number of a text among the [`Symbols`] that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// No text at all.
    pub const ABSENT: Self = Self(u32::MAX);
    /// The empty text, which needs no keeping.
    pub const EMPTY: Self = Self(u32::MAX - 1);

    /// The position in a table with one entry a text that is not empty.
    pub fn index(self) -> Option<usize> {
        (self.0 < Self::EMPTY.0).then_some(self.0 as usize)
    }
}

/// Texts that are in use, each once; one that is no longer used is forgotten.
#[derive(Debug, Default)]
pub struct Symbols {
    texts: Slab<CountedText>,
    index: HashTable<u32>,
    hasher: RandomState,
    text_bytes: usize,
}

#[derive(Debug)]
struct CountedText {
    text: Box<str>,
    uses: u32,
}

impl Symbols {
    /// The symbol of `text` when it is in use.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        if text.is_empty() {
            return Some(Symbol::EMPTY);
        }
        let same = |symbol: &u32| &*self.texts[*symbol as usize].text == text;
        self.index
            .find(self.hasher.hash_one(text), same)
            .map(|symbol| Symbol(*symbol))
    }

    /// The text of `symbol`; the empty one for [`Symbol::ABSENT`].
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts
            .get(symbol.0 as usize)
            .map_or("", |counted| &counted.text)
    }

    /// The text at a symbol's index.
    pub fn text_at(&self, index: usize) -> &str {
        self.texts.get(index).map_or("", |counted| &counted.text)
    }

    /// The symbol of `text`, used once more than before.
    pub fn acquire(&mut self, text: &str) -> Symbol {
        match self.find(text) {
            Some(symbol) => {
                if let Some(counted) = self.texts.get_mut(symbol.0 as usize) {
                    counted.uses += 1;
                }
                symbol
            }
            None => self.insert(text),
        }
    }

    /// Uses `symbol` once less than before; after the last use its text is gone.
    pub fn release(&mut self, symbol: Symbol) {
        let Some(counted) = self.texts.get_mut(symbol.0 as usize) else {
            return;
        };
        counted.uses -= 1;
        if counted.uses > 0 {
            return;
        }
        let hash = self.hasher.hash_one(&*counted.text);
        if let Ok(entry) = self.index.find_entry(hash, |number| *number == symbol.0) {
            entry.remove();
        }
        self.text_bytes -= self.texts.remove(symbol.0 as usize).text.len();
    }

    /// How many texts are in use.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Gives memory back when less than half of it is used.
    pub fn shrink(&mut self) {
        if self.texts.capacity() > 2 * self.texts.len() + 16 {
            let (texts, hasher) = (&mut self.texts, &self.hasher);
            texts.shrink_to_fit();
            self.index
                .shrink_to_fit(|symbol| hasher.hash_one(&*texts[*symbol as usize].text));
        }
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.texts.capacity() * size_of::<CountedText>() + self.index.allocation_size() + self.text_bytes
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "4 billion texts would need over 100 GB first"
    )]
    fn insert(&mut self, text: &str) -> Symbol {
        let symbol = self.texts.insert(CountedText {
            text: text.into(),
            uses: 1,
        }) as u32;
        self.text_bytes += text.len();
        let (texts, hasher) = (&self.texts, &self.hasher);
        let rehash = |symbol: &u32| hasher.hash_one(&*texts[*symbol as usize].text);
        self.index.insert_unique(hasher.hash_one(text), symbol, rehash);
        Symbol(symbol)
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
        symbols.shrink();
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
