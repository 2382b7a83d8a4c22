//! How the texts of a batch find their label sets: a symbol for each text, a key of symbols for each label set.

mod key_table;
mod keyed_labels;
mod keys;
mod rebuilding;
mod symbols;
mod text_symbols;

pub use key_table::KeyTable;
pub use keyed_labels::KeyedLabels;
pub use keys::{Forgetting, Keys};
pub use symbols::{Symbol, Symbols};
pub use text_symbols::TextSymbols;
