//! The symbols of what the edges of one batch name.

use super::Call;
use crate::aggregator::keys::Keys;
use crate::aggregator::symbols::Symbol;
use crate::half_edge::{Connection, Side};
use crate::texts::{TextId, Texts};

/// The symbols of the texts that one batch of edges can name; `None` where no key has them yet.
#[derive(Debug, Default)]
pub struct BatchSymbols {
    texts: Vec<Option<Symbol>>,
    connections: [Option<Symbol>; CONNECTIONS.len()],
    sides: [Option<Symbol>; SIDES.len()],
}

const CONNECTIONS: [Connection; 4] = [
    Connection::Unset,
    Connection::MessagingSystem,
    Connection::Database,
    Connection::VirtualNode,
];
const SIDES: [&str; 2] = ["client", "server"];

impl BatchSymbols {
    /// Looks up all texts of a new batch, each once.
    pub fn begin(&mut self, texts: &Texts, keys: &Keys) {
        let symbols = keys.symbols();
        self.texts.clear();
        self.texts.extend(texts.iter().map(|text| symbols.find(text)));
        self.connections = CONNECTIONS.map(|connection| symbols.find(connection.as_str()));
        self.sides = SIDES.map(|side| symbols.find(side));
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
        let connection = connection_index(call.edge.connection);
        self.connections[connection] = symbols.find(CONNECTIONS[connection].as_str());
        self.sides = SIDES.map(|side| symbols.find(side));
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
        self.connections[connection_index(connection)]
    }

    /// The symbol of the value of `virtual_node`.
    pub fn side(&self, side: Side) -> Option<Symbol> {
        self.sides[side_index(side)]
    }
}

/// The value of the label `virtual_node`.
pub fn side_text(side: Side) -> &'static str {
    SIDES[side_index(side)]
}

fn connection_index(connection: Connection) -> usize {
    match connection {
        Connection::Unset => 0,
        Connection::MessagingSystem => 1,
        Connection::Database => 2,
        Connection::VirtualNode => 3,
    }
}

fn side_index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}
