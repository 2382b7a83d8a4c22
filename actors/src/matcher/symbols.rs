//! Texts that outlive their batch, as small numbers; swept when nothing names them any more.

use crate::tables::{FrozenTexts, TextTable};

/// The number of a text in its [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// The empty text, which is always there.
    pub const EMPTY: Self = Self(0);
    /// No text at all.
    pub const ABSENT: Self = Self(u32::MAX);

    /// The position in a table with one row a symbol.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

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
}

/// The texts that one owner names.
///
/// The owner knows which symbols it still holds, and says so when it [sweeps](Self::sweep).
#[derive(Debug)]
pub struct Symbols {
    /// The empty text is the first.
    texts: TextTable,
    rows: usize,
    sweep_at: usize,
    /// The bytes that the last sweep left.
    kept_bytes: usize,
}

/// The texts of [`Symbols`] as they were at one time.
#[derive(Debug)]
pub struct FrozenSymbols {
    texts: FrozenTexts,
    rows: usize,
}

/// Below this many texts a sweep is not worth its walk.
const LEAST_SWEEP: usize = 1024;

/// More bytes than the last sweep left make another one worth its walk: so many, or an eighth of what was left.
const LEAST_SWEEP_BYTES: usize = 1024 * 1024;

/// What a text takes beside its own bytes: its row, its place in the index, and what the allocator adds.
const BYTES_BESIDE: usize = 48;

impl Symbols {
    /// An interner that holds only the empty text.
    #[must_use]
    pub fn new() -> Self {
        let mut symbols = Self {
            texts: TextTable::default(),
            rows: 0,
            sweep_at: LEAST_SWEEP,
            kept_bytes: 0,
        };
        symbols.take("");
        symbols
    }

    /// The symbol of `text`; [`Symbol::ABSENT`] in the case, which no machine's memory allows, of 2³² texts.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if text.is_empty() {
            return Symbol::EMPTY;
        }
        self.take(text)
    }

    /// The text of `symbol`; the empty text when it is absent or was swept.
    #[must_use]
    pub fn get(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0)
    }

    /// How many texts there are, the empty one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The bytes that all texts but the empty one take, estimated.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.texts.text_bytes() + self.len().saturating_sub(1) * BYTES_BESIDE
    }

    /// Whether texts came since the last sweep.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        self.bytes() > self.kept_bytes
    }

    /// One more than the largest number of a text that is there, for tables with one row a symbol.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the texts have doubled since the last sweep, or their bytes have grown enough, so that another one pays.
    #[must_use]
    pub fn wants_sweep(&self) -> bool {
        let growth = LEAST_SWEEP_BYTES.max(self.kept_bytes / 8);
        self.len() >= self.sweep_at || self.bytes() >= self.kept_bytes + growth
    }

    /// Forgets all texts but those of `held`; their symbols stay what they are.
    pub fn sweep(&mut self, held: impl Iterator<Item = Symbol>) {
        let mut keep = vec![false; self.rows];
        for symbol in held.chain([Symbol::EMPTY]) {
            if let Some(row) = keep.get_mut(symbol.index()) {
                *row = true;
            }
        }
        self.texts
            .retain(|row| keep.get(row as usize).copied().unwrap_or(false));
        while !self.texts.shrink() {}
        self.rows = keep
            .iter()
            .rposition(|is_kept| *is_kept)
            .map_or(0, |last| last + 1);
        self.kept_bytes = self.bytes();
        self.sweep_at = LEAST_SWEEP.max(self.len() * 2);
    }

    /// The symbols that have for ever the texts that these have now.
    pub fn freeze(&mut self) -> FrozenSymbols {
        FrozenSymbols {
            texts: self.texts.freeze(),
            rows: self.rows,
        }
    }

    fn take(&mut self, text: &str) -> Symbol {
        let Some(row) = self.texts.find_or_insert(text, Symbol::ABSENT.0) else {
            return Symbol::ABSENT;
        };
        self.rows = self.rows.max(row as usize + 1);
        Symbol(row)
    }
}

impl FrozenSymbols {
    /// The text of `symbol`; the empty text when it is absent.
    #[must_use]
    pub fn get(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0)
    }

    /// One more than the largest number of a text.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl Default for Symbols {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_swept_text_is_gone_and_its_row_is_used_again() {
        let mut symbols = Symbols::new();
        let (cart, shop) = (symbols.intern("cart"), symbols.intern("shop"));
        symbols.sweep([shop].into_iter());
        assert_eq!((symbols.get(cart), symbols.get(shop)), ("", "shop"));
        assert_eq!(symbols.len(), 2);
        assert_eq!(symbols.intern("pay"), cart);
        assert_eq!(symbols.intern("shop"), shop);
        assert_eq!(symbols.rows(), 3);
    }

    #[test]
    fn bytes_make_a_sweep_worth_its_walk_before_numbers_do() {
        let mut symbols = Symbols::new();
        let long = "x".repeat(LEAST_SWEEP_BYTES / 10);
        let held = symbols.intern("held");
        (0..10).for_each(|index| {
            symbols.intern(&format!("{index}{long}"));
        });
        assert!(symbols.wants_sweep() && symbols.len() < LEAST_SWEEP);
        symbols.sweep([held].into_iter());
        assert_eq!(symbols.bytes(), "held".len() + BYTES_BESIDE);
        assert!(!symbols.wants_sweep() && !symbols.has_grown());
    }

    #[test]
    fn rows_behind_the_last_text_that_is_held_are_given_back() {
        let mut symbols = Symbols::new();
        let held = symbols.intern("held");
        (0..1_000).for_each(|index| {
            symbols.intern(&index.to_string());
        });
        symbols.sweep([held].into_iter());
        assert_eq!((symbols.rows(), symbols.get(held)), (2, "held"));
        assert_eq!(symbols.intern("held"), held);
        symbols.intern("next");
        assert_eq!(symbols.rows(), 3);
    }

    #[test]
    fn churn_does_not_grow_the_table() {
        let mut symbols = Symbols::new();
        for round in 0..50 {
            (0..100).for_each(|index| {
                symbols.intern(&format!("{round}-{index}"));
            });
            symbols.sweep(std::iter::empty());
        }
        assert_eq!(symbols.len(), 1);
        assert!(symbols.rows() <= 101, "{}", symbols.rows());
    }

    proptest! {
        #[test]
        fn symbols_stand_for_their_texts_through_sweeps(rounds in proptest::collection::vec(proptest::collection::vec("[a-e]{0,3}", 0..40), 1..6)) {
            let mut symbols = Symbols::new();
            let mut model: HashMap<String, Symbol> = HashMap::new();
            for round in rounds {
                for text in &round {
                    model.insert(text.clone(), symbols.intern(text));
                }
                for (text, symbol) in &model {
                    prop_assert_eq!(symbols.get(*symbol), text);
                }
                model.retain(|text, _| text.len() % 2 == 0);
                symbols.sweep(model.values().copied());
                prop_assert!(symbols.len() <= model.len() + 1);
            }
        }
    }
}
