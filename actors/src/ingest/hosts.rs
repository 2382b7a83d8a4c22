//! Finds the hosts of a request (SPEC §4).

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use spangraph_config::HostInfoSettings;
use spangraph_proto::otlp::AnyValue;
use spangraph_proto::wire::DecodeError;

use super::attribute_keys::{AskedKeys, Slot};
use super::attribute_slots::AttributeSlots;
use super::batch_texts::{BatchTexts, TextFailure, usable};
use crate::batches::HostInfo;

/// A resource attribute that names a host.
#[derive(Debug)]
pub(super) struct HostIdentifier {
    key: String,
    slot: Slot,
}

/// The distinct hosts of a request so far.
#[derive(Debug)]
pub(super) struct Hosts<'p> {
    identifiers: &'p [HostIdentifier],
    /// The resource that the walk is in has had no span yet that counts.
    pending: bool,
    found: Vec<HostInfo>,
    known: HashSet<HostInfo, RandomState>,
    dropped: u64,
}

impl HostIdentifier {
    /// Asks for the attributes that `settings` name; they stay in order of precedence.
    pub(super) fn compile(settings: &HostInfoSettings, keys: &mut AskedKeys) -> Vec<Self> {
        let identifiers = settings.host_identifiers.iter();
        identifiers
            .map(|key| Self {
                key: key.clone(),
                slot: keys.resource(key),
            })
            .collect()
    }
}

impl<'p> Hosts<'p> {
    /// No hosts yet; none are found when there are no `identifiers`.
    pub(super) fn new(identifiers: &'p [HostIdentifier]) -> Self {
        Self {
            identifiers,
            pending: false,
            found: Vec::new(),
            known: HashSet::default(),
            dropped: 0,
        }
    }

    /// Moves on to the next resource.
    pub(super) fn enter_resource(&mut self) {
        self.pending = !self.identifiers.is_empty();
    }

    /// Takes the host of the resource when this is its first span that counts.
    #[inline]
    pub(super) fn take_span(
        &mut self,
        resource: &AttributeSlots<'_>,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        if !std::mem::take(&mut self.pending) {
            return Ok(());
        }
        match usable(self.find(resource, texts))? {
            Ok(Some(host)) if self.known.insert(host) => self.found.push(host),
            Ok(_) => {}
            Err(_) => self.dropped += 1,
        }
        Ok(())
    }

    /// How many hosts had a name that is no text.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The hosts in the order of their first spans.
    pub(super) fn into_hosts(self) -> Vec<HostInfo> {
        self.found
    }

    fn find(
        &self,
        resource: &AttributeSlots<'_>,
        texts: &mut BatchTexts,
    ) -> Result<Option<HostInfo>, TextFailure> {
        let mut identifiers = self.identifiers.iter();
        let named = identifiers.find_map(|identifier| match resource.get(identifier.slot)? {
            AnyValue::String(name) if !name.is_empty() => Some((identifier, name)),
            _ => None,
        });
        let Some((identifier, name)) = named else {
            return Ok(None);
        };
        Ok(Some(HostInfo {
            id: texts.insert(AnyValue::String(name))?,
            source: texts.insert_text(&identifier.key)?,
        }))
    }
}
