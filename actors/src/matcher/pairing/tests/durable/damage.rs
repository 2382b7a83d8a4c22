//! Blocks that cannot be read are named, and none makes the process fail.

use proptest::prelude::*;

use super::*;
use crate::matcher::{BlockFlaw, PairingBlockError};

const EDGES: TableBlock = TableBlock {
    table: 0x1000_0000,
    block: 4,
};
const MARKS: TableBlock = TableBlock {
    table: 0x1000_0001,
    block: 0,
};

fn read(place: TableBlock, block: &[u8]) -> Result<Vec<LoadedPairing>, PairingBlockError> {
    let mut loader = PairingLoader::new(&settings(10), 3);
    loader.read(place, block)?;
    Ok(loader.finish())
}

/// A block of edges and one of marks, as they were written.
fn blocks() -> Blocks {
    let mut shards = Shards::new(&settings(100), 1);
    for trace in 0..20 {
        let service = ["shop", "cart", ""][usize::from(trace) % 3];
        let written = Written {
            filtered: trace % 4 == 0,
            peer: (trace % 5 == 0).then_some("db"),
            ..half(trace, 1, EdgeKind::ALL[usize::from(trace) % 4], service)
        };
        shards.apply(&batch(&[written]), START + Duration::from_millis(trace.into()));
    }
    shards.save()
}

#[test]
fn a_block_that_cannot_be_read_is_named_with_what_is_wrong() {
    let error = read(EDGES, b"\xff").unwrap_err();
    assert!(matches!(error.flaw, BlockFlaw::Encoding(_)), "{error:?}");
    let told = error.to_string();
    assert!(
        told.starts_with("block 4 of table 0x10000000 of pending edges cannot be read: "),
        "{told}"
    );
    // One difference of times, and nothing else.
    let error = read(MARKS, &[0x12, 1, 2]).unwrap_err();
    let expected =
        "block 0 of table 0x10000001 of pending edges cannot be read: keys has 0 values where 24 belong";
    assert_eq!(error.to_string(), expected);
    let other = TableBlock { table: 7, block: 0 };
    assert!(matches!(
        read(other, &[]).unwrap_err().flaw,
        BlockFlaw::UnknownTable
    ));
}

#[test]
fn a_value_that_cannot_be_is_found() {
    let (_, block) = &blocks()[0];
    // The column of kinds: its tag, its length, and a number for each of 15 edges.
    let kinds = block
        .windows(2)
        .position(|bytes| bytes == [9 << 3 | 2, 15])
        .unwrap();
    let mut damaged = block.clone();
    damaged[kinds + 2] = 9;
    let error = read(EDGES, &damaged).unwrap_err();
    assert!(
        matches!(error.flaw, BlockFlaw::Value { column: "kinds" }),
        "{error}"
    );
}

/// Whatever a block that is read says, pairing takes it.
fn take(loaded: Vec<LoadedPairing>) {
    let budgets = PairingBudgets::new(&settings(10));
    for loaded in loaded {
        let mut pairing = Pairing::restored(&settings(10), budgets.clone(), loaded);
        saved(&pairing.freeze(0, &settings(10)).unwrap());
        pairing.expire(PipelineTime::from_unix_milliseconds(i64::MAX));
        assert_eq!(pairing.pending_edges(), 0);
    }
    assert_eq!((budgets.pending.taken(), budgets.markers.taken()), (0, 0));
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_read_or_refused_by_name(bytes in prop::collection::vec(any::<u8>(), 0..200), is_edges: bool) {
        let place = if is_edges { EDGES } else { MARKS };
        match read(place, &bytes) {
            Ok(loaded) => take(loaded),
            Err(error) => prop_assert_eq!(error.place, place),
        }
    }

    #[test]
    fn damaged_blocks_are_read_or_refused_by_name(
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4), cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        for (place, mut block) in blocks() {
            for (position, byte) in &changes {
                let position = position.index(block.len());
                block[position] = *byte;
            }
            if let Some(cut) = cut {
                block.truncate(cut.index(block.len()));
            }
            match read(place, &block) {
                Ok(loaded) => take(loaded),
                Err(error) => prop_assert_eq!(error.place, place),
            }
        }
    }
}
