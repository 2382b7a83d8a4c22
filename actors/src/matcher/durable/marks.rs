//! Marks of filtered halves in blocks.

use prost::Message as _;

use super::block_error::BlockFlaw;
use super::edge_encoder::{Differences, push_key};
use super::records::{KEY_BYTES, MarksRecord};
use super::saved_edges::{check_lengths, keys};
use crate::batches::Side;
use crate::matcher::markers::Mark;

/// The block of these marks.
pub fn encode_marks<'m>(marks: impl Iterator<Item = &'m Mark>) -> Vec<u8> {
    let (mut record, mut left) = (MarksRecord::default(), Differences::default());
    for mark in marks {
        push_key(&mark.key, &mut record.keys);
        record.left.push(left.next(mark.left));
        record.of_servers.push(mark.side == Side::Server);
        record.taken.push(mark.is_taken);
    }
    record.encode_to_vec()
}

/// The marks of a block, in the order in which they were left.
pub fn decode_marks(block: &[u8]) -> Result<Vec<Mark>, BlockFlaw> {
    let record = MarksRecord::decode(block)?;
    let marks = record.left.len();
    check_lengths([
        ("keys", record.keys.len(), KEY_BYTES * marks),
        ("of_servers", record.of_servers.len(), marks),
        ("taken", record.taken.len(), marks),
    ])?;
    let mut time = Differences::default();
    let left = record.left.iter().map(|left| time.add(*left));
    let flags = record.of_servers.iter().zip(&record.taken);
    let marks = keys(&record.keys).zip(left).zip(flags);
    let mark = |((key, left), (of_server, is_taken)): ((_, _), (&bool, &bool))| {
        let side = if *of_server { Side::Server } else { Side::Client };
        Mark {
            is_taken: *is_taken,
            ..Mark::new(key, side, left)
        }
    };
    Ok(marks.map(mark).collect())
}
