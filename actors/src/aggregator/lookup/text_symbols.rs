//! The symbols of one batch's texts, looked up when they are first needed.

use super::symbols::{Symbol, Symbols};
use crate::batches::{TextId, Texts};

/// For each text of a batch its symbol, once it was found.
#[derive(Debug, Default)]
pub struct TextSymbols {
    found: Vec<Option<Symbol>>,
}

impl TextSymbols {
    /// Forgets the batch before; the next one has these `texts`.
    pub fn begin(&mut self, texts: &Texts) {
        self.found.clear();
        self.found.resize(texts.len(), None);
    }

    /// The symbol of `id`, whose text is `text`; `None` when no key has the text yet.
    pub fn find(&mut self, id: TextId, text: &str, symbols: &Symbols) -> Option<Symbol> {
        if !id.is_present() {
            return Some(Symbol::ABSENT);
        }
        let slot = self.found.get_mut(id.index())?;
        if slot.is_none() {
            *slot = symbols.find(text);
        }
        *slot
    }
}
