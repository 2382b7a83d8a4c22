//! Tells database calls, and names the database (SPEC §2).

use spangraph_config::ServiceGraphsSettings;

use super::attribute_keys::{AskedKeys, ScopedSlots};
use super::attribute_slots::Attributes;
use super::batch_texts::{BatchTexts, TextFailure};
use crate::batches::TextId;

/// Where database calls and their names are looked for.
#[derive(Debug)]
pub(super) struct DatabaseNames {
    database_names: Vec<ScopedSlots>,
    peer_service: ScopedSlots,
    server_address: ScopedSlots,
    network_peer_address: ScopedSlots,
    network_peer_port: ScopedSlots,
}

/// A span that calls a database.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatabaseCall {
    /// The server's name: the empty text takes the name away that another half gave it, absent leaves it.
    pub(super) server: TextId,
}

impl DatabaseNames {
    /// Asks for the attributes that `settings` and the rule name.
    pub(super) fn compile(settings: &ServiceGraphsSettings, keys: &mut AskedKeys) -> Self {
        Self {
            database_names: settings
                .database_name_attributes
                .iter()
                .map(|key| keys.both(key))
                .collect(),
            peer_service: keys.both("peer.service"),
            server_address: keys.both("server.address"),
            network_peer_address: keys.both("network.peer.address"),
            network_peer_port: keys.both("network.peer.port"),
        }
    }

    /// What the span of a client says of the database that it calls; none when it calls none.
    ///
    /// All attributes are the resource's or else the span's, and the first that is there decides, even an empty one.
    pub(super) fn call(
        &self,
        attributes: Attributes<'_, '_>,
        texts: &mut BatchTexts,
    ) -> Result<Option<DatabaseCall>, TextFailure> {
        let get = |slots: ScopedSlots| attributes.resource_first(slots);
        let mut names = self.database_names.iter();
        let Some(database_name) = names.find_map(|slots| get(*slots)) else {
            return Ok(None);
        };
        let server = if let Some(service) = get(self.peer_service).or_else(|| get(self.server_address)) {
            texts.insert_found(service)?
        } else if let Some(address) = get(self.network_peer_address) {
            match get(self.network_peer_port) {
                Some(port) => texts.insert_address(address, port)?,
                None => texts.insert_found(address)?,
            }
        } else {
            // Without a text it says nothing of the server, unlike the others.
            texts.insert_found(database_name)?.or_absent()
        };
        Ok(Some(DatabaseCall { server }))
    }
}
