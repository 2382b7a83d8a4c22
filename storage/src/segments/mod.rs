//! Append-only files with checksums: segments, the frames in them, and what is damaged of them.
//!
//! A segment begins with a header: what it is, the version of this format, its number and a random salt. Frames follow,
//! each with a kind, a payload and two checksums. Those cover the header and the frame's place, so a frame that stands
//! in the wrong place or in the wrong file is no frame. Each frame also says up to where the segment was durable when it
//! was written. So damage below that is told from a torn end, which nobody was told was safe.

mod cursor;
mod damage;
mod extent;
mod format;
mod log;
mod names;
mod salvage;
mod segment;
mod survey;
#[cfg(test)]
mod tests;
mod window;
mod writer;

pub use damage::{Damage, Flaw, SegmentError};
pub use extent::{Extent, Place, SegmentId};
pub use format::{FORMAT_VERSION, FRAME_HEADER_BYTES, HEADER_BYTES, MARK, MAX_PAYLOAD_BYTES};
pub use log::{SegmentLimits, SegmentNumbers, SegmentedLog};
pub use names::{file_name, number_in};
pub use segment::{Frame, Segment};
pub use survey::{Found, Survey, TornEnd};
pub use writer::SegmentWriter;
