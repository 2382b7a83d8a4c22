//! Gives each service a row for as long as the server runs, found by symbol without looking at its name.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::symbols::{Symbol, Symbols};

/// The most services with a row of their own.
pub const MOST_SERVICES: usize = 1_000;

/// The row of all services that found none.
const OTHERS: u32 = 0;

/// Not looked up since symbols last changed their texts.
const UNKNOWN: u32 = u32::MAX;

/// The rows of one tenant's services in one shard.
#[derive(Debug)]
pub struct ServiceRows {
    names: Vec<Option<Arc<str>>>,
    rows: HashMap<Arc<str>, u32, RandomState>,
    by_symbol: Vec<u32>,
}

impl ServiceRows {
    /// The row of the rest, and no other.
    #[must_use]
    pub fn new() -> Self {
        Self {
            names: vec![None],
            rows: HashMap::default(),
            by_symbol: Vec::new(),
        }
    }

    /// The row of the service that `symbol` names; the first one when there is none left.
    #[inline]
    pub fn row(&mut self, symbol: Symbol, symbols: &Symbols) -> usize {
        match self.by_symbol.get(symbol.index()) {
            Some(row) if *row != UNKNOWN => *row as usize,
            _ => self.look_up(symbol, symbols),
        }
    }

    /// The names by row; `None` for the first.
    #[must_use]
    pub fn names(&self) -> &[Option<Arc<str>>] {
        &self.names
    }

    /// Must be called when symbols change their texts.
    pub fn forget_symbols(&mut self) {
        self.by_symbol.clear();
    }

    #[cold]
    fn look_up(&mut self, symbol: Symbol, symbols: &Symbols) -> usize {
        if self.by_symbol.len() < symbols.rows() {
            self.by_symbol.resize(symbols.rows(), UNKNOWN);
        }
        let row = self.row_of_name(symbols.get(symbol));
        if let Some(known) = self.by_symbol.get_mut(symbol.index()) {
            *known = row;
        }
        row as usize
    }

    fn row_of_name(&mut self, name: &str) -> u32 {
        if let Some(row) = self.rows.get(name) {
            return *row;
        }
        match u32::try_from(self.names.len()) {
            Ok(row) if self.rows.len() < MOST_SERVICES => {
                let name = Arc::<str>::from(name);
                self.names.push(Some(Arc::clone(&name)));
                self.rows.insert(name, row);
                row
            }
            _ => OTHERS,
        }
    }
}

impl Default for ServiceRows {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_keeps_its_row_when_its_symbol_is_given_to_another() {
        let (mut rows, mut symbols) = (ServiceRows::new(), Symbols::new());
        let shop = symbols.intern("shop");
        assert_eq!(
            [rows.row(shop, &symbols), rows.row(Symbol::EMPTY, &symbols)],
            [1, 2]
        );
        symbols.sweep(std::iter::empty());
        rows.forget_symbols();
        let cart = symbols.intern("cart");
        assert_eq!(cart, shop);
        assert_eq!(rows.row(cart, &symbols), 3);
        let shop = symbols.intern("shop");
        assert_eq!(rows.row(shop, &symbols), 1);
        let names: Vec<_> = rows.names().iter().map(Option::as_deref).collect();
        assert_eq!(names, [None, Some("shop"), Some(""), Some("cart")]);
    }

    #[test]
    fn services_past_the_bound_share_a_row() {
        let (mut rows, mut symbols) = (ServiceRows::new(), Symbols::new());
        for index in 0..MOST_SERVICES + 5 {
            let symbol = symbols.intern(&format!("service-{index}"));
            let expected = if index < MOST_SERVICES { index + 1 } else { 0 };
            assert_eq!(rows.row(symbol, &symbols), expected);
        }
        assert_eq!(rows.names().len(), MOST_SERVICES + 1);
    }
}
