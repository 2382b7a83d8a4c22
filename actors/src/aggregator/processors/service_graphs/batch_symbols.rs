//! The symbols of what the edges of one batch name.

use super::Call;
use crate::aggregator::lookup::{Keys, Symbol, Symbols};
use crate::batches::{Connection, Side, TextId, Texts};

/// The symbols of the texts that one batch of edges can name; `None` where no key has them yet.
#[derive(Debug, Default)]
pub struct BatchSymbols {
    texts: Vec<Option<Symbol>>,
    fixed: FixedSymbols,
}

/// The symbols of the texts that any batch can name.
#[derive(Debug, Default)]
struct FixedSymbols {
    unset: Option<Symbol>,
    messaging_system: Option<Symbol>,
    database: Option<Symbol>,
    virtual_node: Option<Symbol>,
    client: Option<Symbol>,
    server: Option<Symbol>,
}

impl BatchSymbols {
    /// Looks up all texts of a new batch, each once.
    pub fn begin(&mut self, texts: &Texts, keys: &Keys) {
        let symbols = keys.symbols();
        self.texts.clear();
        self.texts.extend(texts.iter().map(|text| symbols.find(text)));
        self.fixed = FixedSymbols::find(symbols);
    }

    /// Takes up the symbols that the key of `call` has just brought.
    pub fn learn(&mut self, call: Call<'_>, keys: &Keys) {
        let symbols = keys.symbols();
        for text in call
            .dimensions
            .iter()
            .chain([&call.edge.client, &call.edge.server])
        {
            if let Some(symbol) = self.texts.get_mut(text.index()) {
                *symbol = symbols.find(call.texts.get(*text));
            }
        }
        self.fixed = FixedSymbols::find(symbols);
    }

    /// The symbol of a text of the batch.
    pub fn text(&self, text: TextId) -> Option<Symbol> {
        if !text.is_present() {
            return Some(Symbol::ABSENT);
        }
        self.texts.get(text.index()).copied().flatten()
    }

    /// The symbol of the value of `connection_type`.
    pub fn connection(&self, connection: Connection) -> Option<Symbol> {
        match connection {
            Connection::Unset => self.fixed.unset,
            Connection::MessagingSystem => self.fixed.messaging_system,
            Connection::Database => self.fixed.database,
            Connection::VirtualNode => self.fixed.virtual_node,
        }
    }

    /// The symbol of the value of `virtual_node`.
    pub fn side(&self, side: Side) -> Option<Symbol> {
        match side {
            Side::Client => self.fixed.client,
            Side::Server => self.fixed.server,
        }
    }
}

impl FixedSymbols {
    fn find(symbols: &Symbols) -> Self {
        let connection = |connection: Connection| symbols.find(connection.as_str());
        let side = |side| symbols.find(side_text(side));
        Self {
            unset: connection(Connection::Unset),
            messaging_system: connection(Connection::MessagingSystem),
            database: connection(Connection::Database),
            virtual_node: connection(Connection::VirtualNode),
            client: side(Side::Client),
            server: side(Side::Server),
        }
    }
}

/// The value of the label `virtual_node`.
pub fn side_text(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}
