//! The texts of waiting edges: a batch's numbers become symbols, each text once a batch.

use std::sync::Arc;

use super::budget::Budget;
use super::symbols::{FrozenSymbols, Symbol, Symbols};
use crate::batches::{TextId, Texts};

/// The symbols of one tenant in one shard, and those of the batch under way.
#[derive(Debug)]
pub struct Interning {
    symbols: Symbols,
    /// For each text of the batch its symbol, once it was needed.
    batch: Vec<Symbol>,
    budget: Arc<Budget>,
    /// The bytes that these symbols have taken of the budget.
    taken: usize,
}

impl Interning {
    /// No texts; `budget` bounds the bytes of those of all shards together.
    #[must_use]
    pub fn new(budget: Arc<Budget>) -> Self {
        Self {
            symbols: Symbols::new(),
            batch: Vec::new(),
            budget,
            taken: 0,
        }
    }

    /// Begins a batch with `texts`.
    pub fn begin(&mut self, texts: &Texts) {
        self.batch.clear();
        self.batch.resize(texts.len(), Symbol::ABSENT);
    }

    /// The symbol of a text of the batch; absent when there is none.
    pub fn symbol(&mut self, texts: &Texts, text: TextId) -> Symbol {
        let Some(known) = self.batch.get_mut(text.index()) else {
            return Symbol::ABSENT;
        };
        if !known.is_present() {
            *known = self.symbols.intern(texts.get(text));
        }
        *known
    }

    /// All symbols.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// Whether the texts are within their bound, so that one more edge may wait with its own.
    ///
    /// Texts come before it is known whether their edge is to wait; those of edges that do not are swept.
    #[inline]
    pub fn has_room(&mut self) -> bool {
        self.settle();
        !self.budget.is_passed()
    }

    /// Forgets the texts that `held` does not name, when there are enough of them; whether it did.
    pub fn sweep(&mut self, held: impl Iterator<Item = Symbol>) -> bool {
        self.settle();
        let wanted = self.symbols.wants_sweep() || self.budget.is_passed() && self.symbols.has_grown();
        if wanted {
            self.symbols.sweep(held);
            self.settle();
        }
        wanted
    }

    /// The symbols that have for ever the texts that these have now.
    pub fn freeze(&mut self) -> FrozenSymbols {
        self.symbols.freeze()
    }

    /// Takes what came since the last call, or gives back what went.
    #[inline]
    pub fn settle(&mut self) {
        let bytes = self.symbols.bytes();
        if bytes > self.taken {
            self.budget.take_all(bytes - self.taken);
        } else if bytes < self.taken {
            self.budget.give_back_all(self.taken - bytes);
        }
        self.taken = bytes;
    }
}

impl Drop for Interning {
    fn drop(&mut self) {
        self.budget.give_back_all(self.taken);
    }
}
