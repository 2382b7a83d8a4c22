//! A history as epochs have it: one block for each reading, which is written once.

use spangraph_storage::epochs::StoreError;

use super::history::Reading;
use super::reading;
use crate::durability::{BlockSink, StateImage, Table, TableBlock, Which};

/// The table of the readings, which outlives the process.
pub const GRAPH_READINGS: u32 = 0x2000_0000;

/// A reading that takes more is not kept over a restart: it is that of some 20,000 edges with both latencies in default buckets.
const MOST_BYTES: usize = 4 << 20;

/// The readings of one tenant as of a cut.
#[derive(Debug, Default)]
pub struct GraphHistoryImage {
    readings: Vec<Reading>,
}

impl GraphHistoryImage {
    pub(super) fn of(readings: Vec<Reading>) -> Self {
        Self { readings }
    }
}

impl StateImage for GraphHistoryImage {
    fn save(&self, which: Which, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        let readings = self.readings.iter();
        for reading in readings.filter(|reading| which == Which::All || reading.is_new) {
            let bytes = reading::encode(&reading.description);
            // What lies in its slot is a reading too, if an older one.
            if bytes.len() <= MOST_BYTES {
                sink(place_of(reading.slot), &bytes)?;
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<Table> {
        let slots = self.readings.iter().map(|reading| reading.slot + 1);
        vec![Table {
            table: GRAPH_READINGS,
            blocks: slots.max().unwrap_or(0),
        }]
    }
}

fn place_of(slot: u32) -> TableBlock {
    TableBlock {
        table: GRAPH_READINGS,
        block: slot,
    }
}
