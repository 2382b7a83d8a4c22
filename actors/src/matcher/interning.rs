//! The texts of waiting edges: a batch's numbers become symbols, each text once a batch.

use super::symbols::{Symbol, Symbols};
use crate::texts::{TextId, Texts};

/// The symbols of one tenant in one shard, and those of the batch under way.
#[derive(Debug, Default)]
pub struct Interning {
    symbols: Symbols,
    /// For each text of the batch its symbol, once it was needed.
    batch: Vec<Symbol>,
}

impl Interning {
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

    /// Forgets the texts that `held` does not name, when there are enough of them; whether it did.
    pub fn sweep(&mut self, held: impl Iterator<Item = Symbol>) -> bool {
        let wanted = self.symbols.wants_sweep();
        if wanted {
            self.symbols.sweep(held);
        }
        wanted
    }
}
