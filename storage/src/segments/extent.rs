//! Which segment, how much of it, and where in it.

/// Which segment it is. Numbers rise and are never used again; the salt tells segments of other folders apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentId {
    /// Its number, which is in its name.
    pub number: u64,
    /// A random number.
    pub salt: u64,
}

/// A segment and how far it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Which segment.
    pub id: SegmentId,
    /// Its length in bytes, with its header.
    pub bytes: u64,
}

/// Where a frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The number of the segment.
    pub segment: u64,
    /// Where in the file the frame begins, in bytes.
    pub offset: u64,
    /// The length of the whole frame in bytes.
    pub bytes: u64,
}

impl Place {
    /// Where in the file the frame ends.
    #[must_use]
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.bytes)
    }
}
