//! What waited as an epoch was cut, split anew over the shards that there are now.

use spangraph_config::ServiceGraphsSettings;

use super::block_error::{BlockFlaw, PairingBlockError};
use super::loaded_pairing::LoadedPairing;
use super::marks::decode_marks;
use super::records::LayoutRecord;
use super::saved_edges::{SavedEdge, SavedEdges};
use super::tables::PairingTable;
use crate::batches::{Relayout, TextId, Texts};
use crate::durability::TableBlock;
use crate::ingest::shard_of;

/// Reads the blocks of one tenant, those of all shards that it had, in any order.
#[derive(Debug)]
pub struct PairingLoader {
    settings: ServiceGraphsSettings,
    shards: Vec<LoadedPairing>,
}

/// The numbers that the texts of a block have in each shard, once they were needed there.
#[derive(Debug)]
struct BlockTexts<'b> {
    block: &'b SavedEdges,
    ids: Vec<Option<TextId>>,
}

impl PairingLoader {
    /// Nothing yet, for `shards` shards, at least one, that will pair under `settings`.
    #[must_use]
    pub fn new(settings: &ServiceGraphsSettings, shards: usize) -> Self {
        Self {
            settings: settings.clone(),
            shards: std::iter::repeat_with(LoadedPairing::default)
                .take(shards.max(1))
                .collect(),
        }
    }

    /// Takes what is in the block at `place`.
    ///
    /// # Errors
    /// When it cannot be read. Parts of it may have been taken, so nothing of the tenant is to be used then.
    pub fn read(&mut self, place: TableBlock, block: &[u8]) -> Result<(), PairingBlockError> {
        let read = match PairingTable::of(place.table) {
            Some(PairingTable::Edges) => self.read_edges(block),
            Some(PairingTable::Marks) => self.read_marks(block),
            None => Err(BlockFlaw::UnknownTable),
        };
        read.map_err(|flaw| PairingBlockError { place, flaw })
    }

    /// What waits in each shard.
    #[must_use]
    pub fn finish(mut self) -> Vec<LoadedPairing> {
        self.shards.iter_mut().for_each(LoadedPairing::sort);
        self.shards
    }

    fn read_edges(&mut self, block: &[u8]) -> Result<(), BlockFlaw> {
        let block = SavedEdges::decode(block)?;
        let relayout = Relayout::of_edges(&settings_of(block.layout()), &self.settings);
        let mut texts = BlockTexts::new(&block, self.shards.len());
        for edge in block.edges() {
            self.take(&edge?, &mut texts, relayout.as_ref())?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        saved: &SavedEdge<'_>,
        texts: &mut BlockTexts<'_>,
        relayout: Option<&Relayout>,
    ) -> Result<(), BlockFlaw> {
        let number = shard_of(&saved.edge.key.trace_id, self.shards.len());
        let Some(shard) = self.shards.get_mut(number) else {
            return Ok(());
        };
        let mut text = |text: u32| texts.id(number, text, &mut shard.texts);
        let [client, server, peer] = [text(saved.client)?, text(saved.server)?, text(saved.peer)?];
        let dimensions = saved.dimensions.iter().map(|dimension| text(*dimension));
        let dimensions: Vec<_> = dimensions.collect::<Result<_, _>>()?;
        let row = shard.push(saved.edge, [client, server, peer]);
        match relayout {
            Some(relayout) => relayout.put(&dimensions, saved.edge.only_side(), TextId::ABSENT, row),
            None => row.extend_from_slice(&dimensions),
        }
        Ok(())
    }

    fn read_marks(&mut self, block: &[u8]) -> Result<(), BlockFlaw> {
        for mark in decode_marks(block)? {
            let shard = shard_of(&mark.key.trace_id, self.shards.len());
            if let Some(shard) = self.shards.get_mut(shard) {
                shard.marks.push(mark);
            }
        }
        Ok(())
    }
}

impl<'b> BlockTexts<'b> {
    fn new(block: &'b SavedEdges, shards: usize) -> Self {
        Self {
            block,
            ids: vec![None; block.texts() * shards],
        }
    }

    /// The number in `texts`, those of `shard`, of the text that has `number` in the block.
    fn id(&mut self, shard: usize, number: u32, texts: &mut Texts) -> Result<TextId, BlockFlaw> {
        let place = shard * self.block.texts() + number as usize;
        if let Some(Some(known)) = self.ids.get(place)
            && (number as usize) < self.block.texts()
        {
            return Ok(*known);
        }
        let id = match self.block.text(number)? {
            Some(text) => texts
                .insert(text.as_bytes())
                .map_err(|_| BlockFlaw::TooMuchText)?,
            None => TextId::ABSENT,
        };
        if let Some(known) = self.ids.get_mut(place) {
            *known = Some(id);
        }
        Ok(id)
    }
}

fn settings_of(layout: &LayoutRecord) -> ServiceGraphsSettings {
    ServiceGraphsSettings {
        dimensions: layout.dimensions.clone(),
        enable_client_server_prefix: layout.prefixed,
        ..ServiceGraphsSettings::default()
    }
}
