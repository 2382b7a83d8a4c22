//! Tells database calls, and names the database (SPEC §2).

use spangraph_config::ServiceGraphsSettings;

use super::attribute_keys::{AskedKeys, ScopedSlots, Slot};
use super::attribute_slots::Attributes;
use super::batch_texts::{BatchTexts, TextFailure};
use crate::texts::TextId;

/// Where database calls and their names are looked for.
#[derive(Debug)]
pub(super) struct DatabaseNames {
    database_names: Vec<ScopedSlots>,
    peer_service: Slot,
    server_address: Slot,
    network_peer_address: Slot,
    network_peer_port: Slot,
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
            peer_service: keys.span("peer.service"),
            server_address: keys.span("server.address"),
            network_peer_address: keys.span("network.peer.address"),
            network_peer_port: keys.span("network.peer.port"),
        }
    }

    /// The server's name when the span of a client calls a database; it may be the empty text.
    ///
    /// The first attribute that is there gives the name, even an empty one.
    pub(super) fn server_name(
        &self,
        attributes: Attributes<'_, '_>,
        texts: &mut BatchTexts,
    ) -> Result<Option<TextId>, TextFailure> {
        let mut names = self.database_names.iter();
        let Some(database_name) = names.find_map(|slots| attributes.resource_first(*slots)) else {
            return Ok(None);
        };
        let get = |slot| attributes.span.get(slot);
        let service = get(self.peer_service).or_else(|| get(self.server_address));
        let name = match (
            service,
            get(self.network_peer_address),
            get(self.network_peer_port),
        ) {
            (None, Some(address), Some(port)) => texts.insert_address(address, port)?,
            (service, address, _) => texts.insert(service.or(address).unwrap_or(database_name))?,
        };
        Ok(Some(name))
    }
}
